/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "html/html.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tap.h"

#define OUT_MAX ((size_t)256 << 20)

/* The text with its line ends as "|", since TAP has one line a test. */
static char *
one_line(const char *text)
{
	char *line = mp_strdup(text), *c;

	for (c = line; *c != '\0'; c++)
		if (*c == '\n')
			*c = '|';
	return line;
}

static void
check(const char *what, const char *html, const char *got, const char *want)
{
	char *in = one_line(html), *out = one_line(got);

	ok(strcmp(got, want) == 0, "%s of %s: %s", what, in, out);
	free(in);
	free(out);
}

static void
text(const char *html, const char *want)
{
	struct mp_buf got = MP_BUF_INIT(OUT_MAX);
	struct mp_err err = MP_ERR_INIT;

	if (mp_html_text(&got, html, strlen(html), MP_HTML_LINKS, 40,
	    &err) != MP_OK)
		ok(false, "%s", err.text);
	check("text", html, mp_buf_text(&got), want);
	mp_buf_clear(&got);
}

static void
plain(const char *html, const char *want)
{
	struct mp_buf got = MP_BUF_INIT(OUT_MAX);
	struct mp_err err = MP_ERR_INIT;

	if (mp_html_text(&got, html, strlen(html), MP_HTML_PLAIN, 0,
	    &err) != MP_OK)
		ok(false, "%s", err.text);
	check("plain", html, mp_buf_text(&got), want);
	mp_buf_clear(&got);
}

static void
safe(const char *html, const char *want)
{
	struct mp_buf got = MP_BUF_INIT(OUT_MAX);
	struct mp_err err = MP_ERR_INIT;

	if (mp_html_sanitize(&got, html, strlen(html), true, &err) != MP_OK)
		ok(false, "%s", err.text);
	check("safe", html, mp_buf_text(&got), want);
	mp_buf_clear(&got);
}

static void
test_blocks(void)
{
	text("", "");
	text("a  b\n c", "a b c\n");
	text("<p>one<p>two<div>three</div>four", "one\n\ntwo\n\nthree\nfour\n");
	text("a<br>b<br><br>c", "a\nb\n\nc\n");
	text("<h1>T</h1>x<hr>y",
	    "T\n\nx\n----------------------------------------\ny\n");
	text("<ul><li>a<li>b<ol start=9><li>c<li>d</ol></ul>e",
	    "* a\n* b\n 9. c\n10. d\n\ne\n");
	text("<dl><dt>t<dd>d</dl>", "t\n    d\n");
	text("x<blockquote>q<blockquote>r</blockquote></blockquote>",
	    "x\n\n> q\n>\n> > r\n");
	text("<pre>\n a\n\n  b\tc\n</pre>d", " a\n\n  b     c\n\nd\n");
	text("<table><tr><td>a<td>b</tr><tr><td>c<td><p>d</table>",
	    "a  b\nc  d\n");
	text("<table><tr><td>a<br>b<td>c<tr><td><td>d</table>",
	    "a\nb\nc\nd\n");
	text("<table><tr><td><p>a</p><td><p>b</p><p>c</p><td>d</table>",
	    "a  b\n\nc\n\nd\n");
	text("<p>aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii",
	    "aaaa bbbb cccc dddd eeee ffff gggg hhhh\niiii\n");
	text("<li>aaaa bbbb cccc dddd eeee ffff gggg hhhh",
	    "* aaaa bbbb cccc dddd eeee ffff gggg\nhhhh\n");
	text("漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢",
	    "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字\n漢\n");
	text("a<img alt=Logo>b<img>c<img alt=' '>", "a[Logo]bc\n");
	text("&lt;b&gt; &amp;amp; &eacute;&#8364;&#x80;", "<b> &amp; é€€\n");
	text("a\xff" "b", "a\xef\xbf\xbd" "b\n");
}

static void
test_hidden(void)
{
	static const char *const hidden[] = {
		"<script>x</script>", "<style>x</style>",
		"<template>x</template>", "<title>x</title>",
		"<noscript>x</noscript>", "<textarea>x</textarea>",
		"<select><option>x</select>", "<svg><text>x</text></svg>",
		"<math><mi>x</mi></math>", "<object>x</object>",
		"<iframe>x</iframe>", "<!-- x -->", "<?x?>", "<!x>",
		"<div hidden>x</div>", "<div style='display:none'>x</div>",
		"<div style='DISPLAY : None !important'>x</div>",
		"<b style='color:red;visibility:hidden'>x</b>",
		"<b style='font-size:0px'>x</b>",
		"<b style='opacity:0.0'>x</b>",
		"<b style='color:#fff;background-color:#FFF'>x</b>",
		"<div style='max-height:0;overflow:hidden'>x</div>",
		"<b style='display:/**/none'>x</b>",
		"<div hidden><div>x</div>x<b>x</b></div>"
	};
	size_t i;
	char html[200];

	for (i = 0; i < sizeof hidden / sizeof *hidden; i++) {
		(void)snprintf(html, sizeof html, "a %s b", hidden[i]);
		text(html, "a b\n");
	}
	text("a <b style='font-size:10px;opacity:0.5'>x</b> b", "a x b\n");
	text("a\xe2\x80\xae\xe2\x80\x8b\xc2\xad&#8294;b\x1b", "ab\xef\xbf\xbd\n");
}

static void
test_links(void)
{
	text("<a href=http://a.example/x>t</a> u <a href=http://a.example/x>"
	    "v</a>", "t [1] u v [1]\n\n[1] a.example  http://a.example/x\n");
	text("<a href=#x>t</a> <a>u</a> <a href=rel>v</a>", "t u v\n");
	text("<a href=http://a.example><div>t</div></a>",
	    "t [1]\n\n[1] a.example  http://a.example\n");
	text("<a href=http://a.example><img></a>",
	    "[image] [1]\n\n[1] a.example  http://a.example\n");
	text("<a href=mailto:x@b.example>m</a>",
	    "m [1]\n\n[1] b.example  mailto:x@b.example\n");
}

/* What makes a link suspect, or that nothing does. */
static void
link_notes(const char *href, const char *shown, const char *want)
{
	struct mp_buf got = MP_BUF_INIT(OUT_MAX);
	struct mp_err err = MP_ERR_INIT;
	char html[500];
	const char *note;

	(void)snprintf(html, sizeof html, "<a href=\"%s\">%s</a>", href,
	    shown);
	if (mp_html_text(&got, html, strlen(html), MP_HTML_LINKS, 0, &err) !=
	    MP_OK)
		ok(false, "%s", err.text);
	note = strstr(mp_buf_text(&got), "  [!] ");
	if (want == NULL)
		ok(note == NULL, "%s as %s is fine%s", href, shown,
		    note != NULL ? note : "");
	else
		ok(note != NULL && strstr(note, want) != NULL &&
		    strstr(mp_buf_text(&got), "[1][!]") != NULL,
		    "%s as %s: %s", href, shown, want);
	mp_buf_clear(&got);
}

static void
test_suspects(void)
{
	link_notes("http://www.bank.com/x", "bank.com", NULL);
	link_notes("https://mail.bank.co.uk/x", "https://bank.co.uk", NULL);
	link_notes("https://a.example/", "see readme.txt", NULL);
	link_notes("https://a.example:443/", "click", NULL);
	link_notes("https://evil.co.uk/x", "www.bank.co.uk",
	    "the text names www.bank.co.uk");
	link_notes("http://evil.example/", "https://bank.com/login",
	    "the text names bank.com");
	link_notes("http://evil.example/", "bank.com", "names bank.com");
	link_notes("http://evil.example/", "HTTP://Bank.COM", "bank.com");
	link_notes("http://bank.com@evil.example/", "x", "user name");
	link_notes("http://192.0.2.1/", "x", "numeric address");
	link_notes("http://0x7f000001/", "x", "numeric address");
	link_notes("http://[::1]/", "x", "numeric address");
	link_notes("http://a.example:8080/", "x", "port 8080");
	link_notes("http://xn--bcher-kva.example/", "x",
	    "may be shown as bücher.example");
	link_notes("http://xn--pypal-4ve.com/", "x", "mixes alphabets");
	link_notes("http://p\xd0\xb0ypal.com/", "x", "mixes alphabets");
	link_notes("javascript:alert(1)", "x", "not a web address");
	link_notes("java&#10;script:alert(1)", "x", "not a web address");
	link_notes("data:text/html,x", "x", "not a web address");
	link_notes("http:\\\\evil.example\\x", "bank.com", "names bank.com");
	link_notes("//evil.example/x", "bank.com", "names bank.com");
	link_notes("http://evil%2eexample/", "www.evil.example", NULL);
}

static void
test_plain(void)
{
	plain("<p>a<b>b</b> c<br>d", "\nab c\nd");
	plain("a<div hidden>x<div>y</div></div>b", "a\nb");
	plain("&amp;&eacute;&notit;&unknown; &copyx &AMP", "&é¬it;&unknown; "
	    "©x &");
	plain("a<!-- <b> -->b<!-->c<script>'</b>'</script >d", "abcd");
	plain("<a title='>' href=x>t</a", "t");
	plain("1 < 2 <3 </>", "1 < 2 <3 ");
	plain("<svg><text>x</text></svg>y", "y");
	plain("a<select><option>x<option>y</select>b", "a\nb");
	plain("<script><!--\n'</b>'\n--></script>a", "a");
	plain("<script><!--<script></script>x--></script>a", "a");
}

static void
test_safe(void)
{
	safe("<p onclick=x class=y id=z title='a\"b'>t", "<p title="
	    "\"a&quot;b\">t</p>");
	safe("<script>x</script><b>t</b><form><input>u</form>", "<b>t</b>u");
	safe("<p style='color:red;position:fixed;background-color:url(x);"
	    "margin:-9px;padding:1px'>t", "<p style=\"color: red; "
	    "padding: 1px\">t</p>");
	safe("<img src=http://x/ alt=A><img src=cid:a@b><img src=x width=1>",
	    "<span>[image: A]</span><img src=\"cid:a@b\">");
	safe("<a href=javascript:x>t</a>", "<a>t</a> <strong>[! not a web "
	    "address]</strong>");
	safe("<a href='mailto:a@b.example?body=x&subject=s&attach=/etc'>t",
	    "<a href=\"mailto:a@b.example?subject=s\" rel=\"noopener "
	    "noreferrer nofollow\" target=\"_blank\">t</a>");
	safe("<a href=//a.example>t</a>", "<a href=\"https://a.example\" "
	    "rel=\"noopener noreferrer nofollow\" target=\"_blank\">t</a> "
	    "<small>[a.example]</small>");
	safe("a&#x202e;b&#x2069;<p title='&#x202d;c'>",
	    "ab<p title=\"c\"></p>");
	safe("<td>x<table><tr><td width=5% height=1e9>c",
	    "x<table><tbody><tr><td width=\"5%\">c</td></tr></tbody></table>");
}

/* Deep, wide and misnested documents end soon and keep their text. */
static void
test_hostile(void)
{
	static const char *const pieces[] = {
		"<div>", "<b>", "<blockquote>", "<ul><li>", "<p><font a=%d>",
		"<table><tr><td>", "<svg><g>", "</p><a href=x>", "<!--", "&#1",
		"漢漢", "&aaaaaa"
	};
	size_t i;
	unsigned n;

	for (i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		struct mp_buf in = MP_BUF_INIT(OUT_MAX);
		struct mp_buf out = MP_BUF_INIT(OUT_MAX);
		struct mp_err err = MP_ERR_INIT;
		unsigned times = i == 0 || pieces[i][0] != '<' ? 100000 :
		    5000;
		clock_t start = clock();
		bool fine;

		mp_buf_str(&in, "begin ");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
#pragma GCC diagnostic ignored "-Wformat-security"
		for (n = 0; n < times; n++)
			mp_buf_printf(&in, pieces[i], n);
#pragma GCC diagnostic pop
		fine = mp_html_text(&out, mp_buf_text(&in), in.len,
		    MP_HTML_LINKS, 80, &err) == MP_OK &&
		    strstr(mp_buf_text(&out), "begin") != NULL;
		mp_buf_reset(&out);
		fine = fine && mp_html_sanitize(&out, mp_buf_text(&in),
		    in.len, false, &err) == MP_OK &&
		    strstr(mp_buf_text(&out), "begin") != NULL;
		ok(fine, "%s %u times", pieces[i], times);
		ok(clock() - start < 8 * CLOCKS_PER_SEC, "soon enough");
		mp_buf_clear(&in);
		mp_buf_clear(&out);
	}
}

static void
decode(const char *what, const char *html, size_t len, const char *charset,
    const char *want)
{
	struct mp_buf got = MP_BUF_INIT(OUT_MAX);
	struct mp_err err = MP_ERR_INIT;

	if (mp_html_decode(&got, html, len, charset, &err) != MP_OK)
		ok(want == NULL, "%s: %s", what, err.text);
	else
		ok(want != NULL && strcmp(mp_buf_text(&got), want) == 0,
		    "%s: %s", what, mp_buf_text(&got));
	mp_buf_clear(&got);
}

#define DECODE(what, html, charset, want) \
	decode(what, html, sizeof(html) - 1, charset, want)

static void
test_decode(void)
{
	DECODE("empty", "", NULL, "");
	DECODE("UTF-8 by itself", "\xc3\xa9", NULL, "é");
	DECODE("windows-1252 by itself", "\xe9\x80", NULL, "é€");
	DECODE("given", "\xe9", "ISO-8859-1", "é");
	DECODE("given, koi8", "\xd0\xd2", "koi8-r", "пр");
	DECODE("unknown", "x", "no-such-set", NULL);
	DECODE("a mark", "\xef\xbb\xbf\xc3\xa9", "koi8-r", "é");
	DECODE("UTF-16", "\xff\xfe" "a\0\xe9\0", NULL, "aé");
	DECODE("half of UTF-16", "\xfe\xff\0a\0", NULL, "a\xef\xbf\xbd");
	DECODE("meta", "<META charset='koi8-r'>\xd0", NULL,
	    "<META charset='koi8-r'>п");
	DECODE("old meta", "<meta http-equiv=Content-Type content=\"text/html;"
	    " charset=koi8-r\">\xd0", NULL, "<meta http-equiv=Content-Type "
	    "content=\"text/html; charset=koi8-r\">п");
	DECODE("meta of nonsense", "<meta charset=x-y-z>\xe9", NULL,
	    "<meta charset=x-y-z>é");
	DECODE("meta that cannot be", "<meta charset=utf-16>\xc3\xa9", NULL,
	    "<meta charset=utf-16>é");
	DECODE("not of the set", "a\xff" "b", "utf-8", "a\xef\xbf\xbd" "b");
	DECODE("not of the set", "a\x81\xff" "b", "shift_jis",
	    "a\xef\xbf\xbd\xef\xbf\xbd" "b");
}

static void
test_limits(void)
{
	struct mp_buf small = MP_BUF_INIT(10);
	struct mp_err err = MP_ERR_INIT;

	ok(mp_html_text(&small, NULL, 0, 0, 0, &err) == MP_OK &&
	    mp_html_text(&small, NULL, 0, MP_HTML_PLAIN, 0, &err) == MP_OK &&
	    mp_html_sanitize(&small, NULL, 0, false, &err) == MP_OK &&
	    small.len == 0, "nothing at all");
	ok(mp_html_text(&small, "<p>0123456789", 13, 0, 0, &err) ==
	    MP_INVALID, "%s", err.text);
	mp_buf_reset(&small);
	ok(mp_html_text(&small, "", (size_t)33 << 20, 0, 0, &err) ==
	    MP_INVALID, "%s", err.text);
	ok(mp_html_sanitize(&small, "<p>0123456789", 13, 0, &err) ==
	    MP_INVALID, "%s", err.text);
	mp_buf_clear(&small);
}

int
main(void)
{
	test_blocks();
	test_hidden();
	test_links();
	test_suspects();
	test_plain();
	test_safe();
	test_hostile();
	test_decode();
	test_limits();
	return done_testing();
}
