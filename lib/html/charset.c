/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "html/html.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "html/html_internal.h"

#define META_WITHIN 1024	/* bytes searched for a <meta> */
#define NAME_MAX_LEN 40
#define REPLACEMENT "\xef\xbf\xbd"

static const char *
mark_charset(const uint8_t *html, size_t len, size_t *mark_len)
{
	*mark_len = 2;
	if (len >= 2 && html[0] == 0xfe && html[1] == 0xff)
		return "UTF-16BE";
	if (len >= 2 && html[0] == 0xff && html[1] == 0xfe)
		return "UTF-16LE";
	*mark_len = 3;
	if (len >= 3 && memcmp(html, "\xef\xbb\xbf", 3) == 0)
		return "UTF-8";
	*mark_len = 0;
	return NULL;
}

/* What follows "charset=" in the first <meta> that has it. */
static bool
meta_charset(char *name, const char *html, size_t len)
{
	const char *end = html + (len < META_WITHIN ? len : META_WITHIN);
	const char *at = html;
	bool in_meta = false;

	for (; end - at > 8; at++) {
		size_t used = 0;

		if (*at == '<')
			in_meta = strncasecmp(at, "<meta", 5) == 0;
		if (!in_meta || strncasecmp(at, "charset", 7) != 0)
			continue;
		for (at += 7; at < end && strchr(" =\"'", *at) != NULL; at++)
			;
		while (at < end && used < NAME_MAX_LEN && *at > ' ' &&
		    strchr("\"';>/", *at) == NULL)
			name[used++] = *at++;
		name[used] = '\0';
		return used > 0;
	}
	return false;
}

/* As browsers do, since the writers of mail confuse them. */
static const char *
real_charset(const char *name)
{
	static const char *const latin[] = {
		"iso-8859-1", "iso8859-1", "latin1", "us-ascii", "ascii"
	};
	size_t i;

	for (i = 0; i < sizeof latin / sizeof *latin; i++)
		if (strcasecmp(name, latin[i]) == 0)
			return "WINDOWS-1252";
	return name;
}

static void
convert(struct mp_buf *to, iconv_t from, const uint8_t *html, size_t len)
{
	/* iconv does not write there; its type is older than const. */
	char *in = (char *)(uintptr_t)html;
	size_t left = len;

	while (left > 0 && !to->overflow) {
		char part[4096], *out = part;
		size_t room = sizeof part;
		size_t got = iconv(from, &in, &left, &out, &room);

		mp_buf_add(to, part, (size_t)(out - part));
		if (got != (size_t)-1 || errno == E2BIG)
			continue;
		mp_buf_str(to, REPLACEMENT);
		if (errno == EINVAL)	/* cut off at the end */
			break;
		in++;
		left--;
	}
}

enum mp_status
mp_html_decode(struct mp_buf *to, const void *html, size_t len,
    const char *charset, struct mp_err *err)
{
	size_t mark_len;
	const char *mark = mark_charset(html, len, &mark_len);
	const uint8_t *at = html;
	char name[NAME_MAX_LEN + 1];
	iconv_t from = (iconv_t)-1;

	if (len > MP_HTML_MAX)
		return mp_err_set(err, MP_INVALID,
		    "cannot read HTML: over %zu bytes", MP_HTML_MAX);
	if (mark != NULL)
		from = iconv_open("UTF-8", mark);
	else if (charset != NULL)
		from = iconv_open("UTF-8", real_charset(charset));
	else if (meta_charset(name, html, len) &&
	    strncasecmp(name, "utf-16", 6) != 0 &&
	    strncasecmp(name, "utf-32", 6) != 0)
		from = iconv_open("UTF-8", real_charset(name));
	if (from == (iconv_t)-1 && mark == NULL && charset != NULL)
		return mp_err_set(err, MP_USAGE,
		    "cannot read HTML in '%s': unknown character set",
		    charset);
	if (from == (iconv_t)-1 && !mp_utf8_valid(html, len))
		from = iconv_open("UTF-8", "WINDOWS-1252");
	if (from == (iconv_t)-1) {
		mp_utf8_repair(to, html, len);
	} else {
		convert(to, from, at + mark_len, len - mark_len);
		(void)iconv_close(from);
	}
	if (to->overflow)
		return mp_err_set(err, MP_INVALID,
		    "cannot read HTML: over %zu bytes as UTF-8", to->max);
	return MP_OK;
}
