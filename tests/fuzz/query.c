/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a query, in both syntaxes: it parses to a tree that prints,
 * or to an error whose place lies in the text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "query/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Saved queries are the input itself: "a" to "z" a tail of it. */
static enum mp_status
saved(void *arg, struct mp_buf *text, const char *name, struct mp_err *err)
{
	const char *whole = arg;
	size_t at = (size_t)(name[0] - 'a');

	if (name[0] < 'a' || name[0] > 'z' || at >= strlen(whole))
		return mp_err_set(err, MP_NOT_FOUND, "no such query");
	mp_buf_str(text, whole + at);
	return MP_OK;
}

static void
parse(char *text, enum mp_query_syntax syntax)
{
	struct mp_query_options options = {
		.now = 1795520945, .syntax = syntax, .saved = saved,
		.saved_arg = text
	};
	struct mp_buf out = MP_BUF_INIT(64u << 20);
	struct mp_query_place place = { 0, 0 };
	struct mp_err err = MP_ERR_INIT;
	struct mp_query *query;

	if (mp_query_parse(&query, text, &options, &place, &err) == MP_OK) {
		mp_query_print(&out, query);
		if (out.len == 0)
			abort();
	} else if (query != NULL || err.status != MP_USAGE ||
	    place.byte > strlen(text) || place.column == 0 ||
	    place.column > place.byte + 1) {
		abort();
	}
	mp_query_free(query);
	mp_buf_clear(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size > 4096)
		return 0;
	text = mp_strndup((const char *)data, size);
	parse(text, MP_QUERY_NOTMUCH);
	parse(text, MP_QUERY_MAILPILE);
	free(text);
	return 0;
}
