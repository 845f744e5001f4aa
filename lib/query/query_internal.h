/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_QUERY_INTERNAL_H
#define MP_QUERY_INTERNAL_H

#include <regex.h>

#include "index/index.h"
#include "query/query.h"

#define FIELD_BIT(field) (1u << (field))

/* Where a word without a field is looked for, as notmuch does. */
#define FIELDS_ANY (FIELD_BIT(MP_FIELD_BODY) | FIELD_BIT(MP_FIELD_SUBJECT) | \
    FIELD_BIT(MP_FIELD_FROM) | FIELD_BIT(MP_FIELD_TO) | \
    FIELD_BIT(MP_FIELD_CC) | FIELD_BIT(MP_FIELD_ATTACHMENT) | \
    FIELD_BIT(MP_FIELD_MIMETYPE))

enum node_kind {
	NODE_ALL,
	NODE_NONE,
	NODE_AND,	/* children */
	NODE_OR,
	NODE_XOR,
	NODE_NOT,	/* one child */
	NODE_WORD,	/* words[0] in fields; stem */
	NODE_PREFIX,	/* terms that start with words[0] in fields */
	NODE_PHRASE,	/* words in fields within window; last_prefix */
	NODE_EMPTY,	/* no term at all in fields */
	NODE_EXACT,	/* the term text in the one exact field */
	NODE_TAG,	/* text; last_prefix: tags that start with it */
	NODE_FOLDER,	/* text; recursive; maildir */
	NODE_ID,	/* text */
	NODE_THREAD,	/* threads of the child's results */
	NODE_DOCID,	/* first */
	NODE_REGEX,	/* text on subject "on" */
	NODE_DATE,	/* first .. last */
	NODE_SIZE,
	NODE_LASTMOD,
	NODE_PERSONAL,	/* to one of the user's own addresses */
	NODE_KNOWN	/* from somebody the user has written to */
};

enum regex_on {
	ON_FROM,
	ON_SUBJECT,
	ON_ID,
	ON_TAG,
	ON_FOLDER
};

/* Invariant: only what the kind says above is set, all else is zero. */
struct node {
	enum node_kind kind;
	unsigned fields;
	bool stem;
	bool last_prefix;
	bool ordered;
	bool recursive;
	bool maildir;		/* cur and new are no part of the name */
	uint32_t window;
	enum regex_on on;
	struct mp_strlist words;
	char *text;
	regex_t *regex;
	int64_t first;
	int64_t last;
	struct node **children;
	size_t count;
	size_t cap;
};

struct mp_query {
	struct node *root;
	char *note;
	struct mp_strlist tags;	/* named ones */
};

struct node *mp_node_new(enum node_kind kind);
void mp_node_free(struct node *node);	/* NULL is fine */

/* parent takes the child. */
void mp_node_add(struct node *parent, struct node *child);

/*
 * left KIND right for the kinds with many children, which are associative:
 * right becomes one more child of such a left. Either may be NULL, then the
 * other is the result. Takes both.
 */
struct node *mp_node_join(enum node_kind kind, struct node *left,
    struct node *right);
struct node *mp_node_not(struct node *child);

/* Append the node as mp_query_print does. */
void mp_node_print(struct mp_buf *to, const struct node *node);

/* --- the parser's state, shared by its files ------------------------ */

struct limits {
	size_t nodes;
	size_t depth;
};

/*
 * A text being parsed. A value such as thread:{...} or a saved query is a
 * text of its own, with the same limits.
 */
struct parser {
	const char *text;
	size_t len;
	size_t at;
	const struct mp_query_options *options;
	struct limits *limits;
	struct mp_query *query;
	unsigned fields;	/* of plain words: FIELDS_ANY outside a(...) */
	bool saved;		/* a saved query: errors all stand at base */
	size_t base;		/* where text starts in the outermost */
	struct mp_query_place *place;
	const char *whole;	/* the outermost text */
	size_t whole_len;
	struct mp_err *err;
};

/* "at column N: ..." for the offset at of p's text; MP_USAGE. */
enum mp_status mp_parse_error(struct parser *p, size_t at, const char *fmt, ...)
    MP_PRINTF(3, 4);

/* One more node, one more level; MP_USAGE past the limits. */
enum mp_status mp_parse_count(struct parser *p, size_t at) MP_CHECKED;

/* Parse a whole text inside another one: a value, a saved query. */
enum mp_status mp_parse_inner(struct node **node, struct parser *outer,
    const char *text, size_t len, size_t at, unsigned fields, bool exact)
    MP_CHECKED;

/* The or-expression at p->at, up to a ')' or the end. */
enum mp_status mp_parse_expression(struct node **node, struct parser *p)
    MP_CHECKED;

/* --- characters and words (words.c) --------------------------------- */

bool mp_is_blank_at(const struct parser *p, size_t at, size_t *step);
bool mp_is_word_at(const struct parser *p, size_t at);
size_t mp_quote_at(const struct parser *p, size_t at);	/* 0: none */
void mp_skip_blanks(struct parser *p);

/*
 * The word at p->at with all that hangs together with it ("a-b", "x@y.z",
 * "word*"); *node is NULL when it holds no term.
 */
enum mp_status mp_parse_word(struct node **node, struct parser *p,
    unsigned fields) MP_CHECKED;

/* The words of text as a phrase; NULL when there are none. */
struct node *mp_phrase_of(const char *text, size_t len, unsigned fields);

/* "..." at p->at. */
enum mp_status mp_parse_phrase(struct node **node, struct parser *p,
    unsigned fields) MP_CHECKED;

/* The end of the plain word (letters only) at at, for operators. */
size_t mp_plain_word_end(const struct parser *p, size_t at);

/* --- fields (fields.c) ---------------------------------------------- */

/*
 * Is there "field:" with a known field and a value at p->at? Then parse it:
 * *group is the number of the field when its values in one run are
 * alternatives, else -1. *node is NULL without setting *group when it is
 * no field.
 */
enum mp_status mp_parse_field(struct node **node, int *group, bool *is_field,
    struct parser *p) MP_CHECKED;

#define FIELD_GROUPS 64	/* group < this */

#endif
