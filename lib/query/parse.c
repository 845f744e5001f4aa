/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "query/date.h"
#include "query/query_internal.h"

#define NEAR_DEFAULT 10		/* words, as Xapian's NEAR and ADJ */
#define NEAR_MAX 10000

enum operator {
	OP_NONE,
	OP_AND,
	OP_OR,
	OP_XOR,
	OP_NOT,
	OP_NEAR,
	OP_ADJ
};

/* The column, in characters from 1, of a byte offset. */
static size_t
column_of(const char *text, size_t len, size_t at)
{
	size_t column = 1, pos = 0, step;
	uint32_t point;

	while (pos < at && pos < len) {
		step = mp_utf8_decode(&point, text + pos, len - pos);
		pos += step == 0 ? 1 : step;
		column++;
	}
	return column;
}

enum mp_status
mp_parse_error(struct parser *p, size_t at, const char *fmt, ...)
{
	size_t byte = p->saved ? p->base : p->base + at, column;
	char reason[300];
	va_list args;

	if (byte > p->whole_len)
		byte = p->whole_len;
	column = column_of(p->whole, p->whole_len, byte);
	if (p->place != NULL) {
		p->place->byte = byte;
		p->place->column = column;
	}
	va_start(args, fmt);
	(void)vsnprintf(reason, sizeof reason, fmt, args);
	va_end(args);
	return mp_err_set(p->err, MP_USAGE, "at column %zu: %s%s", column,
	    p->saved ? "in the saved query: " : "", reason);
}

enum mp_status
mp_parse_count(struct parser *p, size_t at)
{
	if (++p->limits->nodes > MP_QUERY_NODES)
		return mp_parse_error(p, at, "expected at most %d terms",
		    MP_QUERY_NODES);
	return MP_OK;
}

static enum mp_status
enter(struct parser *p, size_t at)
{
	if (++p->limits->depth > MP_QUERY_DEPTH)
		return mp_parse_error(p, at, "expected at most %d levels of "
		    "nesting", MP_QUERY_DEPTH);
	return MP_OK;
}

static void
leave(struct parser *p)
{
	p->limits->depth--;
}

/* --- operators ------------------------------------------------------ */

static enum operator
operator_of(const char *word, size_t len)
{
	static const struct { const char *name; enum operator op; } names[] = {
		{ "and", OP_AND }, { "or", OP_OR }, { "xor", OP_XOR },
		{ "not", OP_NOT }, { "near", OP_NEAR }, { "adj", OP_ADJ }
	};
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strlen(names[i].name) == len &&
		    strncasecmp(names[i].name, word, len) == 0)
			return names[i].op;
	return OP_NONE;
}

/* The operator at p->at, *end after it; not near and adj. */
static enum operator
peek_operator(struct parser *p, size_t *end)
{
	enum operator op;

	if (p->options->syntax == MP_QUERY_MAILPILE)
		return OP_NONE;
	*end = mp_plain_word_end(p, p->at);
	op = operator_of(p->text + p->at, *end - p->at);
	if (*end < p->len && p->text[*end] == ':')
		return OP_NONE;
	return op == OP_NEAR || op == OP_ADJ ? OP_NONE : op;
}

static bool
accept(struct parser *p, enum operator op)
{
	size_t end;

	mp_skip_blanks(p);
	if (peek_operator(p, &end) != op)
		return false;
	p->at = end;
	return true;
}

/*
 * Near and adj join single words only, otherwise they are words: gives the
 * operator and its *window when one stands at p->at between two words, and
 * moves to the second word.
 */
static enum operator
accept_near(struct parser *p, uint32_t *window)
{
	size_t start = p->at, end, step;
	enum operator op;

	mp_skip_blanks(p);
	end = p->at;
	while (end < p->len && isalpha((unsigned char)p->text[end]))
		end++;
	op = operator_of(p->text + p->at, end - p->at);
	*window = 0;
	if (end < p->len && p->text[end] == '/') {
		for (end++; end < p->len &&
		    isdigit((unsigned char)p->text[end]); end++)
			if (*window <= NEAR_MAX)
				*window = *window * 10 +
				    (uint32_t)(p->text[end] - '0');
	} else {
		*window = NEAR_DEFAULT;
	}
	if ((op == OP_NEAR || op == OP_ADJ) && *window > 0 &&
	    mp_is_blank_at(p, end, &step)) {
		p->at = end;
		mp_skip_blanks(p);
		if (mp_is_word_at(p, p->at) &&
		    peek_operator(p, &end) == OP_NONE) {
			if (*window > NEAR_MAX)
				*window = NEAR_MAX;
			return op;
		}
	}
	p->at = start;
	return OP_NONE;
}

/* word NEAR word ...: *node is the first word and becomes the phrase. */
static enum mp_status
near_words(struct node **node, struct parser *p)
{
	enum operator first, op;
	uint32_t window, widest = 0;
	struct node *right = NULL;
	enum mp_status status = MP_OK;
	size_t start = p->at;

	if (*node == NULL || (*node)->kind != NODE_WORD)
		return MP_OK;
	for (first = op = accept_near(p, &window); op != OP_NONE;
	    op = accept_near(p, &window)) {
		if (op != first)
			return mp_parse_error(p, p->at, "expected '%s' here as "
			    "before, not both", first == OP_NEAR ? "near" :
			    "adj");
		status = mp_parse_word(&right, p, (*node)->fields);
		if (status == MP_OK && right != NULL &&
		    right->kind == NODE_WORD)
			mp_strlist_add(&(*node)->words,
			    right->words.items[0]);
		else
			p->at = start;
		mp_node_free(right);
		right = NULL;
		if (status != MP_OK || p->at == start)
			break;
		start = p->at;
		if (window > widest)
			widest = window;
	}
	if (status != MP_OK)
		return status;
	if ((*node)->words.count > 1) {
		(*node)->kind = NODE_PHRASE;
		(*node)->stem = false;
		(*node)->ordered = first == OP_ADJ;
		(*node)->window = widest +
		    (uint32_t)(*node)->words.count - 1;
	}
	return MP_OK;
}

/* --- items ---------------------------------------------------------- */

static bool
is_char_at(const struct parser *p, size_t at, char ch)
{
	return at < p->len && p->text[at] == ch;
}

/* A '*' of its own: all messages. */
static bool
is_star(const struct parser *p)
{
	size_t step;

	return is_char_at(p, p->at, '*') && (p->at + 1 == p->len ||
	    is_char_at(p, p->at + 1, ')') ||
	    mp_is_blank_at(p, p->at + 1, &step)) && (p->at == 0 ||
	    strchr("+-(", p->text[p->at - 1]) != NULL ||
	    mp_is_blank_at(p, p->at - 1, &step));
}

/* Without the date: prefix notmuch takes SECONDS..SECONDS as dates. */
static enum mp_status
timestamps(struct node **node, struct parser *p)
{
	int64_t number[2] = { 0, 0 };
	size_t at = p->at, digits, i, step;

	for (i = 0; i < 2; i++) {
		for (digits = 0; at < p->len &&
		    isdigit((unsigned char)p->text[at]) && digits < 12;
		    digits++)
			number[i] = number[i] * 10 + (p->text[at++] - '0');
		if (digits == 0)
			return MP_OK;
		if (i == 0) {
			if (!is_char_at(p, at, '.') ||
			    !is_char_at(p, at + 1, '.'))
				return MP_OK;
			at += 2;
		}
	}
	if (at < p->len && !is_char_at(p, at, ')') &&
	    !mp_is_blank_at(p, at, &step))
		return MP_OK;
	*node = mp_node_new(NODE_DATE);
	(*node)->first = number[0];
	(*node)->last = number[1];
	p->at = at;
	return mp_parse_count(p, at);
}

static enum mp_status
parenthesis(struct node **node, struct parser *p)
{
	size_t start = p->at++;
	enum mp_status status;

	if ((status = mp_parse_expression(node, p)) != MP_OK)
		return status;
	if (!is_char_at(p, p->at, ')'))
		return mp_parse_error(p, start, "expected ')' for this '('");
	p->at++;
	return MP_OK;
}

/*
 * One item. *node is NULL for characters that mean nothing, which are
 * passed over. *group: its field, when its values are alternatives.
 */
static enum mp_status
parse_item(struct node **node, int *group, struct parser *p)
{
	enum mp_status status;
	bool is_field;
	size_t step;

	*node = NULL;
	*group = -1;
	if (is_char_at(p, p->at, '('))
		return parenthesis(node, p);
	if (mp_quote_at(p, p->at) != 0)
		return mp_parse_phrase(node, p, p->fields);
	if (is_star(p)) {
		p->at++;
		*node = mp_node_new(NODE_ALL);
		return mp_parse_count(p, p->at);
	}
	if (!mp_is_word_at(p, p->at)) {
		(void)mp_is_blank_at(p, p->at, &step);
		p->at += step;
		return MP_OK;
	}
	status = mp_parse_field(node, group, &is_field, p);
	if (status != MP_OK || is_field)
		return status;
	status = timestamps(node, p);
	if (status != MP_OK || *node != NULL)
		return status;
	status = mp_parse_word(node, p, p->fields);
	return status != MP_OK || p->options->syntax == MP_QUERY_MAILPILE ?
	    status : near_words(node, p);
}

/* '+' or '-' that belongs to the item after it; moves over it. */
static char
accept_sign(struct parser *p)
{
	char ch = p->at < p->len ? p->text[p->at] : '\0';
	size_t step;

	if ((ch != '+' && ch != '-') || p->at + 1 >= p->len ||
	    mp_is_blank_at(p, p->at + 1, &step) ||
	    strchr("+-)", p->text[p->at + 1]) != NULL)
		return '\0';
	if (p->at > 0 && p->text[p->at - 1] != '(' &&
	    (unsigned char)p->text[p->at - 1] > ' ')
		return '\0';
	p->at++;
	return ch;
}

/* --- runs: items side by side --------------------------------------- */

struct run {
	struct node *all;	/* joined by and */
	struct node *groups[FIELD_GROUPS];	/* each joined by or */
	struct node *none;	/* what must not match, joined by or */
};

static void
run_clear(struct run *run)
{
	size_t i;

	mp_node_free(run->all);
	mp_node_free(run->none);
	for (i = 0; i < FIELD_GROUPS; i++)
		mp_node_free(run->groups[i]);
}

/* The run as one node, and empty it. */
static struct node *
run_take(struct run *run)
{
	struct node *node = run->all;
	size_t i;

	for (i = 0; i < FIELD_GROUPS; i++)
		node = mp_node_join(NODE_AND, node, run->groups[i]);
	if (run->none != NULL)
		node = mp_node_join(NODE_AND, node, mp_node_not(run->none));
	memset(run, 0, sizeof *run);
	return node;
}

static void
run_add(struct run *run, struct node *node, int group, char sign)
{
	if (sign == '-')
		run->none = mp_node_join(NODE_OR, run->none, node);
	else if (group >= 0)
		run->groups[group] = mp_node_join(NODE_OR, run->groups[group],
		    node);
	else
		run->all = mp_node_join(NODE_AND, run->all, node);
}

static bool
at_run_end(struct parser *p)
{
	size_t end;

	mp_skip_blanks(p);
	return p->at >= p->len || p->text[p->at] == ')' ||
	    peek_operator(p, &end) != OP_NONE;
}

/* *node is NULL when there is no item. */
static enum mp_status
parse_run(struct node **node, struct parser *p)
{
	struct run run = { 0 };
	struct node *item;
	enum mp_status status = MP_OK;
	int group;

	while (!at_run_end(p)) {
		char sign = accept_sign(p);

		status = parse_item(&item, &group, p);
		if (status != MP_OK) {
			mp_node_free(item);
			break;
		}
		if (item != NULL)
			run_add(&run, item, group, sign);
	}
	*node = status == MP_OK ? run_take(&run) : NULL;
	run_clear(&run);
	return status;
}

/* A run that must be there, after the operator named before. */
static enum mp_status
need_run(struct node **node, struct parser *p, const char *before)
{
	enum mp_status status;
	bool negated = false;

	while (accept(p, OP_NOT))
		negated = !negated;
	status = parse_run(node, p);
	if (status != MP_OK)
		return status;
	if (*node == NULL)
		return mp_parse_error(p, p->at, "expected a search term after "
		    "'%s'", before);
	if (negated)
		*node = mp_node_not(*node);
	return MP_OK;
}

/* --- operators, by precedence --------------------------------------- */

static enum mp_status
missing_left(struct parser *p)
{
	size_t end;

	mp_skip_blanks(p);
	if (peek_operator(p, &end) == OP_NONE)
		return MP_OK;
	return mp_parse_error(p, p->at, "expected a search term before '%.*s'",
	    (int)(end - p->at), p->text + p->at);
}

static enum mp_status
parse_and(struct node **node, struct parser *p)
{
	struct node *right = NULL;
	enum mp_status status;

	*node = NULL;
	if (accept(p, OP_NOT)) {
		if ((status = need_run(&right, p, "not")) == MP_OK)
			*node = mp_node_not(right);
	} else {
		status = parse_run(node, p);
	}
	if (status == MP_OK && *node == NULL)
		status = missing_left(p);
	while (status == MP_OK && *node != NULL) {
		bool negated = false;

		right = NULL;
		if (accept(p, OP_AND))
			status = need_run(&right, p, "and");
		else if ((negated = accept(p, OP_NOT)))
			status = need_run(&right, p, "not");
		else
			break;
		if (status != MP_OK)
			break;
		if (negated)
			right = mp_node_not(right);
		*node = mp_node_join(NODE_AND, *node, right);
	}
	return status;
}

static enum mp_status
need_and(struct node **node, struct parser *p, const char *before)
{
	enum mp_status status;

	mp_skip_blanks(p);
	status = parse_and(node, p);
	if (status == MP_OK && *node == NULL)
		status = mp_parse_error(p, p->at,
		    "expected a search term after "
		    "'%s'", before);
	return status;
}

static enum mp_status
parse_xor(struct node **node, struct parser *p, const char *before)
{
	struct node *right = NULL;
	enum mp_status status;

	status = before == NULL ? parse_and(node, p) :
	    need_and(node, p, before);
	while (status == MP_OK && *node != NULL && accept(p, OP_XOR)) {
		status = need_and(&right, p, "xor");
		*node = mp_node_join(NODE_XOR, *node, right);
		right = NULL;
	}
	return status;
}

static enum mp_status
parse_or(struct node **node, struct parser *p)
{
	struct node *right = NULL;
	enum mp_status status;

	*node = NULL;
	status = parse_xor(node, p, NULL);
	while (status == MP_OK && *node != NULL && accept(p, OP_OR)) {
		status = parse_xor(&right, p, "or");
		*node = mp_node_join(NODE_OR, *node, right);
		right = NULL;
	}
	return status;
}

/* Left to right: a plain term narrows, +term adds, -term takes away. */
static enum mp_status
parse_mailpile(struct node **node, struct parser *p)
{
	struct node *item;
	enum mp_status status;
	int group;

	*node = NULL;
	while (!at_run_end(p)) {
		char sign = accept_sign(p);

		status = parse_item(&item, &group, p);
		if (status != MP_OK) {
			mp_node_free(item);
			return status;
		}
		if (item == NULL)
			continue;
		if (sign == '-')
			item = mp_node_not(item);
		*node = mp_node_join(sign == '+' ? NODE_OR : NODE_AND, *node,
		    item);
	}
	return MP_OK;
}

enum mp_status
mp_parse_expression(struct node **node, struct parser *p)
{
	size_t start = p->at;
	enum mp_status status;

	*node = NULL;
	if ((status = enter(p, start)) != MP_OK)
		return status;
	status = p->options->syntax == MP_QUERY_MAILPILE ?
	    parse_mailpile(node, p) : parse_or(node, p);
	leave(p);
	if (status == MP_OK && *node == NULL)
		status = mp_parse_error(p, p->at, "expected a search term");
	if (status != MP_OK) {
		mp_node_free(*node);
		*node = NULL;
	}
	return status;
}

/* A text to its end. */
static enum mp_status
parse_all(struct node **node, struct parser *p)
{
	enum mp_status status = mp_parse_expression(node, p);

	if (status == MP_OK && p->at < p->len) {
		mp_node_free(*node);
		*node = NULL;
		status = mp_parse_error(p, p->at,
		    "expected no ')' here: no '(' "
		    "is open");
	}
	return status;
}

enum mp_status
mp_parse_inner(struct node **node, struct parser *outer, const char *text,
    size_t len, size_t at, unsigned fields, bool exact)
{
	struct parser p = *outer;
	enum mp_status status;

	*node = NULL;
	p.text = text;
	p.len = len;
	p.at = 0;
	p.fields = fields;
	if (!outer->saved)
		p.base = outer->base + at;
	p.saved = outer->saved || !exact;
	if ((status = enter(outer, at)) != MP_OK)
		return status;
	status = parse_all(node, &p);
	leave(outer);
	return status;
}

static bool
is_all_blank(struct parser *p)
{
	mp_skip_blanks(p);
	return p->at == p->len;
}

enum mp_status
mp_query_parse(struct mp_query **query, const char *text,
    const struct mp_query_options *options, struct mp_query_place *place,
    struct mp_err *err)
{
	struct limits limits = { 0, 0 };
	struct parser p = {
		.text = text, .len = strlen(text), .options = options,
		.limits = &limits, .fields = FIELDS_ANY, .place = place,
		.whole = text, .whole_len = strlen(text), .err = err
	};
	enum mp_status status;

	*query = NULL;
	if (p.len > MP_QUERY_BYTES)
		return mp_parse_error(&p, MP_QUERY_BYTES, "expected a query of "
		    "at most %u bytes", MP_QUERY_BYTES);
	p.query = mp_calloc(1, sizeof *p.query);
	if (is_all_blank(&p)) {
		p.query->root = mp_node_new(NODE_ALL);
		status = MP_OK;
	} else {
		status = parse_all(&p.query->root, &p);
	}
	if (status == MP_OK)
		*query = p.query;
	else
		mp_query_free(p.query);
	return status;
}
