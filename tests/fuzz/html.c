/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as HTML: text is UTF-8 without controls; what the sanitizer
 * gives holds, parsed anew, nothing but allowed elements and attributes,
 * harmless URLs and styles, and sanitizes without end or crash again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "html/html.h"

#include "../lib/html_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OUT_MAX ((size_t)64 << 20)

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
check_text(const struct mp_buf *text)
{
	size_t i;

	must(mp_utf8_valid(mp_buf_text(text), text->len));
	for (i = 0; i < text->len; i++)
		must(text->data[i] >= 0x20 || text->data[i] == '\n');
}

static void
check_safe(const char *html, size_t len, bool attached)
{
	struct mp_buf safe = MP_BUF_INIT(OUT_MAX);
	struct mp_err err;

	if (mp_html_sanitize(&safe, html, len, attached, &err) == MP_OK) {
		must(html_check(mp_buf_text(&safe), safe.len) == NULL);
		must(mp_utf8_valid(mp_buf_text(&safe), safe.len));
	}
	mp_buf_clear(&safe);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mp_buf text = MP_BUF_INIT(OUT_MAX);
	struct mp_err err;
	char *html;

	if (size < 2 || size > 1 << 16)
		return 0;
	html = malloc(size - 1);
	if (html == NULL)
		return 0;
	memcpy(html, data + 1, size - 1);
	if (mp_html_text(&text, html, size - 1, MP_HTML_LINKS,
	    data[0] & 0x7f, &err) == MP_OK)
		check_text(&text);
	mp_buf_reset(&text);
	must(mp_html_text(&text, html, size - 1, MP_HTML_PLAIN, 0, &err) ==
	    MP_OK);
	check_safe(html, size - 1, (data[0] & 0x80) != 0);
	mp_buf_clear(&text);
	free(html);
	return 0;
}
