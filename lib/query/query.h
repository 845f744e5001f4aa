/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_QUERY_QUERY_H
#define MP_QUERY_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strlist.h"

/*
 * From the text of a query (mp-query.7) to a tree. The grammar is that of
 * notmuch, which is that of Xapian's query parser:
 *
 *	or:	xor { OR xor }
 *	xor:	and { XOR and }
 *	and:	run { (AND | NOT | AND NOT) run }	left to right
 *	run:	item { item }			an implicit and
 *	item:	['+' | '-'] ( word | "phrase" | field:value | '(' or ')' )
 *
 * In one run the values of the same exact field are alternatives
 * ("from:a from:b", "tag:x tag:y"). Nothing here touches a store.
 *
 * Bounds: MP_QUERY_DEPTH levels of nesting (parentheses, not, subqueries and
 * saved queries together), MP_QUERY_NODES nodes, MP_QUERY_BYTES of text.
 */
#define MP_QUERY_DEPTH 1000
#define MP_QUERY_NODES 10000
#define MP_QUERY_BYTES (1u << 20)

enum mp_query_syntax {
	MP_QUERY_NOTMUCH,
	MP_QUERY_MAILPILE	/* left to right: term, +term, -term */
};

/*
 * Append the text of the saved query name. MP_NOT_FOUND: there is none.
 */
typedef enum mp_status mp_query_saved_fn(void *arg, struct mp_buf *text,
    const char *name, struct mp_err *err);

struct mp_query_options {
	int64_t now;			/* for dates, Unix seconds */
	enum mp_query_syntax syntax;
	mp_query_saved_fn *saved;	/* NULL: no saved queries */
	void *saved_arg;
};

/* Where in the text an error is. */
struct mp_query_place {
	size_t byte;	/* offset from 0 */
	size_t column;	/* in characters, from 1 */
};

struct mp_query;

/*
 * Parse text into *query, which the caller frees. An empty text means all
 * messages.
 *
 * MP_USAGE: it is no query; err says "at column N: what was expected" and
 * *place, which may be NULL, where. Any status of the saved function.
 */
enum mp_status mp_query_parse(struct mp_query **query, const char *text,
    const struct mp_query_options *options, struct mp_query_place *place,
    struct mp_err *err) MP_CHECKED;
void mp_query_free(struct mp_query *query);

/* What the user should know of the reading, e.g. a quote closed; or NULL. */
const char *mp_query_note(const struct mp_query *query);

/*
 * Append the tree as one line, the same for queries that mean the same
 * to the parser: (and any:linux~ (not tag:"spam")).
 */
void mp_query_print(struct mp_buf *to, const struct mp_query *query);

/* Does the query speak of this tag? Then it is not hidden in its results. */
bool mp_query_names_tag(const struct mp_query *query, const char *tag);

#endif
