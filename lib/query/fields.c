/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "query/date.h"
#include "query/query_internal.h"

#define VALUE_MAX 65536
#define REGEX_MAX 500		/* bytes of a pattern */
#define REPEAT_MAX 1000		/* product of its {n} counts */

/*
 * What a value means. Of the kinds before KIND_VALUES the value is parsed
 * like text; the others take what stands up to a blank or ')', or in quotes
 * with "" for a quote.
 */
enum kind {
	KIND_TEXT,		/* word, phrase or (expression) */
	KIND_HEADER,		/* the same, but a value is one phrase; /x/ */
	KIND_TAG,
	KIND_ID,
	KIND_THREAD,
	KIND_FOLDER,
	KIND_DATE,
	KIND_LASTMOD,
	KIND_LARGER,
	KIND_SMALLER,
	KIND_SIZE,
	KIND_PROPERTY,
	KIND_HAS,
	KIND_MISSING,
	KIND_SENDER,
	KIND_SAVED
};

struct field {
	const char *name;
	enum kind kind;
	unsigned fields;	/* of text */
	bool alternatives;	/* repeated in a run: or, not and */
};

static const struct field fields[] = {
	{ "body", KIND_TEXT, FIELD_BIT(MP_FIELD_BODY), false },
	{ "from", KIND_HEADER, FIELD_BIT(MP_FIELD_FROM), true },
	{ "to", KIND_TEXT, FIELD_BIT(MP_FIELD_TO) | FIELD_BIT(MP_FIELD_CC),
	    false },
	{ "cc", KIND_TEXT, FIELD_BIT(MP_FIELD_CC), false },
	{ "subject", KIND_HEADER, FIELD_BIT(MP_FIELD_SUBJECT), true },
	{ "attachment", KIND_TEXT, FIELD_BIT(MP_FIELD_ATTACHMENT), false },
	{ "att", KIND_TEXT, FIELD_BIT(MP_FIELD_ATTACHMENT), false },
	{ "mimetype", KIND_TEXT, FIELD_BIT(MP_FIELD_MIMETYPE), false },
	{ "list", KIND_HEADER, FIELD_BIT(MP_FIELD_LIST), true },
	{ "mua", KIND_TEXT, FIELD_BIT(MP_FIELD_MUA), false },
	{ "tag", KIND_TAG, 0, true },
	{ "is", KIND_TAG, 0, true },
	{ "in", KIND_TAG, 0, true },
	{ "id", KIND_ID, 0, true },
	{ "mid", KIND_ID, 0, true },
	{ "thread", KIND_THREAD, 0, true },
	{ "path", KIND_FOLDER, 0, true },
	{ "folder", KIND_FOLDER, 0, true },
	{ "date", KIND_DATE, 0, true },
	{ "dates", KIND_DATE, 0, true },
	{ "lastmod", KIND_LASTMOD, 0, true },
	{ "larger", KIND_LARGER, 0, false },
	{ "smaller", KIND_SMALLER, 0, false },
	{ "size", KIND_SIZE, 0, true },
	{ "property", KIND_PROPERTY, 0, true },
	{ "has", KIND_HAS, 0, false },
	{ "missing", KIND_MISSING, 0, false },
	{ "sender", KIND_SENDER, 0, false },
	{ "query", KIND_SAVED, 0, true }
};

#define N_FIELDS (sizeof fields / sizeof fields[0])
_Static_assert(N_FIELDS <= FIELD_GROUPS, "room for groups");

/* The value of a field: where it starts in the text, and its bytes. */
struct value {
	size_t at;
	bool quoted;
	const char *text;	/* NUL-ended */
	size_t len;
	struct mp_buf buf;
};

/* A regular expression ends at a '/' with a blank, ')' or nothing after. */
static size_t
regex_end(const struct parser *p, size_t at)
{
	size_t end, step;

	for (end = at + 1; end < p->len; end++)
		if (p->text[end] == '/' && (end + 1 == p->len ||
		    p->text[end + 1] == ')' ||
		    mp_is_blank_at(p, end + 1, &step)))
			return end + 1;
	return 0;
}

/* A subquery ends at the '}' that closes it; quotes hide braces. */
static size_t
braces_end(const struct parser *p, size_t at)
{
	size_t depth = 0;
	bool quoted = false;

	for (; at < p->len; at++) {
		if (p->text[at] == '"')
			quoted = !quoted;
		else if (!quoted && p->text[at] == '{')
			depth++;
		else if (!quoted && p->text[at] == '}' && --depth == 0)
			return at + 1;
	}
	return 0;
}

static size_t
plain_value_end(const struct parser *p, size_t at)
{
	size_t end = 0, step;

	if (p->text[at] == '/')
		end = regex_end(p, at);
	else if (p->text[at] == '{')
		end = braces_end(p, at);
	if (end != 0)
		return end;
	while (at < p->len && p->text[at] != ')' &&
	    !mp_is_blank_at(p, at, &step))
		at++;
	return at;
}

static void
read_quoted(struct value *value, struct parser *p)
{
	bool plain = p->text[p->at] == '"';
	size_t at = p->at + mp_quote_at(p, p->at), step;

	while (at < p->len) {
		step = mp_quote_at(p, at);
		if (step == 0 || (plain && p->text[at] != '"')) {
			mp_buf_byte(&value->buf, (uint8_t)p->text[at++]);
		} else if (plain && at + 1 < p->len &&
		    p->text[at + 1] == '"') {
			mp_buf_byte(&value->buf, '"');
			at += 2;
		} else {
			p->at = at + step;
			return;
		}
	}
	p->at = at;
	if (p->query->note == NULL)
		p->query->note = mp_strdup("the quote is not closed: taken "
		    "as closed at the end");
}

static enum mp_status
read_value(struct value *value, struct parser *p)
{
	size_t end;

	mp_buf_init(&value->buf, VALUE_MAX);
	value->quoted = mp_quote_at(p, p->at) != 0;
	value->at = p->at;
	if (value->quoted) {
		read_quoted(value, p);
		value->at++;
	} else {
		end = plain_value_end(p, p->at);
		mp_buf_add(&value->buf, p->text + p->at, end - p->at);
		p->at = end;
	}
	value->text = mp_buf_text(&value->buf);
	value->len = strlen(value->text);
	if (value->buf.overflow)
		return mp_parse_error(p, value->at,
		    "the value is longer than %d bytes", VALUE_MAX);
	return MP_OK;
}

static struct node *
text_node(enum node_kind kind, const char *text)
{
	struct node *node = mp_node_new(kind);

	node->text = mp_strdup(text);
	return node;
}

static struct node *
any_term(unsigned mask)
{
	struct node *node = mp_node_new(NODE_PREFIX);

	node->fields = mask;
	mp_strlist_add(&node->words, "");
	return node;
}

/* --- regular expressions -------------------------------------------- */

/* Counts in braces multiply; regcomp would take memory without bound. */
static bool
repeats_too_often(const char *pattern)
{
	uint64_t product = 1, count;
	char *end;

	for (; *pattern != '\0'; pattern++) {
		if (*pattern != '{')
			continue;
		count = strtoull(pattern + 1, &end, 10);
		if (*end == ',' && isdigit((unsigned char)end[1]))
			count = strtoull(end + 1, &end, 10);
		if (count > REPEAT_MAX)
			return true;
		product *= count < 2 ? 2 : count;
		if (product > REPEAT_MAX)
			return true;
	}
	return false;
}

static enum mp_status
regex_node(struct node **node, struct parser *p, const struct value *value,
    enum regex_on on)
{
	char *pattern, reason[120];
	int code;

	if (value->len < 2 || value->text[value->len - 1] != '/')
		return mp_parse_error(p, value->at,
		    "expected '/' at the end of "
		    "the regular expression");
	if (value->len - 2 > REGEX_MAX)
		return mp_parse_error(p, value->at, "expected a regular "
		    "expression of at most %d bytes", REGEX_MAX);
	pattern = mp_strndup(value->text + 1, value->len - 2);
	if (repeats_too_often(pattern)) {
		free(pattern);
		return mp_parse_error(p, value->at, "expected a regular "
		    "expression that repeats at most %d times", REPEAT_MAX);
	}
	*node = mp_node_new(NODE_REGEX);
	(*node)->on = on;
	(*node)->text = pattern;
	(*node)->regex = mp_malloc(sizeof *(*node)->regex);
	code = regcomp((*node)->regex, pattern, REG_EXTENDED | REG_NOSUB);
	if (code == 0)
		return MP_OK;
	(void)regerror(code, (*node)->regex, reason, sizeof reason);
	free((*node)->regex);
	(*node)->regex = NULL;
	mp_node_free(*node);
	*node = NULL;
	return mp_parse_error(p, value->at, "bad regular expression: %s",
	    reason);
}

static bool
is_regex(const struct value *value)
{
	return value->text[0] == '/';
}

/* --- text ----------------------------------------------------------- */

static enum mp_status
group_node(struct node **node, struct parser *p, unsigned mask)
{
	unsigned outer = p->fields;
	size_t start = p->at++;
	enum mp_status status;

	p->fields = mask;
	status = mp_parse_expression(node, p);
	p->fields = outer;
	if (status != MP_OK)
		return status;
	if (p->at < p->len && p->text[p->at] == ')') {
		p->at++;
		return MP_OK;
	}
	mp_node_free(*node);
	*node = NULL;
	return mp_parse_error(p, start, "expected ')' for this '('");
}

static enum mp_status
text_value(struct node **node, struct parser *p, unsigned mask)
{
	size_t step;

	if (mp_quote_at(p, p->at) != 0)
		return mp_parse_phrase(node, p, mask);
	if (p->text[p->at] == '(')
		return group_node(node, p, mask);
	if (p->text[p->at] == '*' && (p->at + 1 == p->len ||
	    mp_is_blank_at(p, p->at + 1, &step) || p->text[p->at + 1] == ')')) {
		p->at++;
		*node = any_term(mask);
		return MP_OK;
	}
	while (p->at < p->len && strchr(".-/\\@", p->text[p->at]) != NULL)
		p->at++;
	return mp_parse_word(node, p, mask);
}

/* Whether what stands after "name:" can be a value of a text field. */
static bool
is_text_value(const struct parser *p, size_t at)
{
	if (at < p->len && (p->text[at] == '(' || p->text[at] == '*'))
		return true;
	while (at < p->len && p->text[at] != '\0' &&
	    strchr(".-/\\@", p->text[at]) != NULL)
		at++;
	return at < p->len && (mp_quote_at(p, at) != 0 || mp_is_word_at(p, at));
}

static enum mp_status
header_value(struct node **node, struct parser *p, const struct value *value,
    const struct field *field)
{
	bool star = value->len > 0 && value->text[value->len - 1] == '*' &&
	    strpbrk(value->text, " \t") == NULL;

	if (is_regex(value) && field->fields != FIELD_BIT(MP_FIELD_LIST))
		return regex_node(node, p, value,
		    field->fields == FIELD_BIT(MP_FIELD_FROM) ? ON_FROM :
		    ON_SUBJECT);
	if (value->quoted && value->text[0] == '(')
		return mp_parse_inner(node, p, value->text, value->len,
		    value->at, field->fields, true);
	if (value->len == 0) {
		*node = mp_node_new(NODE_EMPTY);
		(*node)->fields = field->fields;
		return MP_OK;
	}
	*node = mp_phrase_of(value->text, value->len, field->fields);
	if (star && *node == NULL)
		*node = any_term(field->fields);
	else if (star && (*node)->kind == NODE_WORD)
		(*node)->kind = NODE_PREFIX;
	else if (star)
		(*node)->last_prefix = true;
	if (*node == NULL)
		return mp_parse_error(p, value->at, "expected a word after "
		    "'%s:'", field->name);
	return MP_OK;
}

/* --- exact values --------------------------------------------------- */

static enum mp_status
tag_value(struct node **node, struct parser *p, const struct value *value,
    const struct field *field)
{
	size_t len = value->len;

	if (is_regex(value))
		return regex_node(node, p, value, ON_TAG);
	if (len == 0)
		return mp_parse_error(p, value->at, "expected a tag after "
		    "'%s:'", field->name);
	if (strcmp(field->name, "is") == 0 &&
	    strcmp(value->text, "personal") == 0) {
		*node = mp_node_new(NODE_OR);
		mp_node_add(*node, mp_node_new(NODE_PERSONAL));
		mp_node_add(*node, text_node(NODE_TAG, "personal"));
		return MP_OK;
	}
	*node = text_node(NODE_TAG, value->text);
	if (!value->quoted && value->text[len - 1] == '*') {
		(*node)->text[len - 1] = '\0';
		(*node)->last_prefix = true;
	} else {
		mp_strlist_add(&p->query->tags, value->text);
	}
	return MP_OK;
}

static enum mp_status
id_value(struct node **node, struct parser *p, const struct value *value,
    const struct field *field)
{
	if (is_regex(value) && strcmp(field->name, "mid") == 0)
		return regex_node(node, p, value, ON_ID);
	if (value->len == 0)
		return mp_parse_error(p, value->at, "expected a message id "
		    "after '%s:'", field->name);
	*node = text_node(NODE_ID, value->text);
	return MP_OK;
}

static enum mp_status
thread_value(struct node **node, struct parser *p, const struct value *value)
{
	enum mp_status status;
	struct node *child = NULL;
	unsigned long long number;
	char *end;

	if (value->text[0] == '{') {
		if (value->text[value->len - 1] != '}')
			return mp_parse_error(p, value->at,
			    "expected '}' at the "
			    "end of the subquery");
		status = mp_parse_inner(&child, p, value->text + 1,
		    value->len - 2, value->at + 1, FIELDS_ANY, true);
		if (status != MP_OK)
			return status;
	} else {
		number = strtoull(value->text, &end, 16);
		if (value->len == 0 || value->len > 16 || *end != '\0' ||
		    !isxdigit((unsigned char)value->text[0]))
			return mp_parse_error(p, value->at, "expected a thread "
			    "number or a {subquery} after 'thread:'");
		child = mp_node_new(NODE_DOCID);
		child->first = number > UINT32_MAX ? UINT32_MAX :
		    (int64_t)number;
	}
	*node = mp_node_new(NODE_THREAD);
	mp_node_add(*node, child);
	return MP_OK;
}

static enum mp_status
folder_value(struct node **node, struct parser *p, const struct value *value,
    const struct field *field)
{
	bool path = strcmp(field->name, "path") == 0;
	size_t len = value->len;
	enum mp_status status;

	if (is_regex(value)) {
		status = regex_node(node, p, value, ON_FOLDER);
		if (status == MP_OK)
			(*node)->maildir = !path;
		return status;
	}
	*node = text_node(NODE_FOLDER, value->text);
	(*node)->maildir = !path;
	if (path && len >= 2 && memcmp(value->text + len - 2, "**", 2) == 0 &&
	    (len == 2 || value->text[len - 3] == '/')) {
		(*node)->recursive = true;
		len -= 2;
	}
	while (len > 0 && value->text[len - 1] == '/')
		len--;
	(*node)->text[len] = '\0';
	return MP_OK;
}

static struct node *
range_node(enum node_kind kind, int64_t first, int64_t last)
{
	struct node *node = mp_node_new(kind);

	node->first = first;
	node->last = last;
	return node;
}

static enum mp_status
date_value(struct node **node, struct parser *p, const struct value *value)
{
	struct mp_err err = MP_ERR_INIT;
	int64_t first, last;
	size_t bad;

	if (mp_date_range(&first, &last, &bad, value->text, value->len,
	    p->options->now, &err) != MP_OK)
		return mp_parse_error(p, value->at + bad, "%s", err.text);
	*node = range_node(NODE_DATE, first, last);
	return MP_OK;
}

/* "A..B", either side may be empty; or A alone. Bytes of the sides. */
static void
split_range(const char **second, size_t *first_len, const char *text)
{
	const char *dots = strstr(text, "..");

	*first_len = dots == NULL ? strlen(text) : (size_t)(dots - text);
	*second = dots == NULL ? text : dots + 2;
}

static bool
read_revision(int64_t *number, const char *text, size_t len)
{
	size_t i;

	*number = 0;
	for (i = 0; i < len; i++) {
		if (!isdigit((unsigned char)text[i]) || i == 18)
			return false;
		*number = *number * 10 + (text[i] - '0');
	}
	return len > 0;
}

/* 10, 10k, 10m, 1.5g: bytes. */
static bool
read_size(int64_t *size, const char *text, size_t len)
{
	int64_t unit = 1, tenth = 0;
	size_t digits = len;

	if (len > 0 && tolower((unsigned char)text[len - 1]) == 'b')
		digits = --len;
	if (len > 0 && strchr("kKmMgG", text[len - 1]) != NULL) {
		unit = INT64_C(1) << (tolower((unsigned char)text[len - 1]) ==
		    'k' ? 10 : tolower((unsigned char)text[len - 1]) == 'm' ?
		    20 : 30);
		digits = len - 1;
	}
	if (digits > 2 && text[digits - 2] == '.' &&
	    isdigit((unsigned char)text[digits - 1])) {
		tenth = text[digits - 1] - '0';
		digits -= 2;
	}
	if (digits > 9 || !read_revision(size, text, digits))
		return false;
	*size = *size * unit + tenth * unit / 10;
	return true;
}

typedef bool read_fn(int64_t *number, const char *text, size_t len);

static enum mp_status
range_value(struct node **node, struct parser *p, const struct value *value,
    enum node_kind kind, read_fn *read, const char *expected)
{
	int64_t first = MP_DATE_FIRST, last = MP_DATE_LAST;
	const char *second;
	size_t len, second_len;
	bool range = strstr(value->text, "..") != NULL;

	split_range(&second, &len, value->text);
	second_len = strlen(second);
	if (range ? (len > 0 && !read(&first, value->text, len)) ||
	    (second_len > 0 && !read(&last, second, second_len)) :
	    kind == NODE_SIZE || !read(&first, value->text, len) ||
	    !read(&last, value->text, len))
		return mp_parse_error(p, value->at, "expected %s", expected);
	*node = range_node(kind, first, last);
	return MP_OK;
}

static enum mp_status
limit_value(struct node **node, struct parser *p, const struct value *value,
    enum kind kind)
{
	int64_t size;

	if (!read_size(&size, value->text, value->len))
		return mp_parse_error(p, value->at, "expected a size such as "
		    "500k, 10m or 1g");
	*node = kind == KIND_LARGER ?
	    range_node(NODE_SIZE, size + 1, MP_DATE_LAST) :
	    range_node(NODE_SIZE, MP_DATE_FIRST, size - 1);
	return MP_OK;
}

static struct node *
exact_node(enum mp_field field, const char *text)
{
	struct node *node = text_node(NODE_EXACT, text);

	node->fields = FIELD_BIT(field);
	return node;
}

static enum mp_status
property_value(struct node **node, struct parser *p,
    const struct value *value)
{
	if (value->text[0] == '=' || strchr(value->text, '=') == NULL)
		return mp_parse_error(p, value->at, "expected KEY=VALUE after "
		    "'property:'");
	*node = exact_node(MP_FIELD_PROPERTY, value->text);
	return MP_OK;
}

/* The flags that the index gives, so that a slip of the pen is no answer. */
static enum mp_status
flag_value(struct node **node, struct parser *p, const struct value *value,
    enum kind kind)
{
	static const char things[] = " attachment image document code audio "
	    "video archive crypto signed encrypted ";
	static const char missing[] = " date subject from to ";
	const char *known = kind == KIND_HAS ? things : missing;
	char *word = mp_asprintf(" %s ", value->text), *flag;
	bool found = value->len > 0 && strstr(known, word) != NULL &&
	    strchr(value->text, ' ') == NULL;

	free(word);
	if (!found)
		return mp_parse_error(p, value->at, "expected one of:%.*s",
		    (int)strlen(known) - 1, known);
	flag = kind == KIND_HAS ? mp_strdup(value->text) :
	    mp_asprintf("missing-%s", value->text);
	*node = exact_node(MP_FIELD_FLAG, flag);
	free(flag);
	return MP_OK;
}

static enum mp_status
sender_value(struct node **node, struct parser *p, const struct value *value)
{
	bool known = strcmp(value->text, "known") == 0;

	if (!known && strcmp(value->text, "unknown") != 0)
		return mp_parse_error(p, value->at, "expected known or unknown "
		    "after 'sender:'");
	*node = mp_node_new(NODE_KNOWN);
	if (!known)
		*node = mp_node_not(*node);
	return MP_OK;
}

static enum mp_status
saved_value(struct node **node, struct parser *p, const struct value *value)
{
	struct mp_err err = MP_ERR_INIT;
	struct mp_buf text = MP_BUF_INIT(MP_QUERY_BYTES);
	enum mp_status status = MP_NOT_FOUND;

	if (p->options->saved != NULL)
		status = p->options->saved(p->options->saved_arg, &text,
		    value->text, &err);
	if (status == MP_NOT_FOUND) {
		status = mp_parse_error(p, value->at, "expected the name of a "
		    "saved query, not '%.60s'", value->text);
	} else if (status != MP_OK) {
		*p->err = err;
	} else {
		status = mp_parse_inner(node, p, mp_buf_text(&text), text.len,
		    value->at, FIELDS_ANY, false);
	}
	mp_buf_clear(&text);
	return status;
}

static enum mp_status
exact_value(struct node **node, struct parser *p, const struct value *value,
    const struct field *field)
{
	switch (field->kind) {
	case KIND_TEXT:
		break;
	case KIND_HEADER:
		return header_value(node, p, value, field);
	case KIND_TAG:
		return tag_value(node, p, value, field);
	case KIND_ID:
		return id_value(node, p, value, field);
	case KIND_THREAD:
		return thread_value(node, p, value);
	case KIND_FOLDER:
		return folder_value(node, p, value, field);
	case KIND_DATE:
		return date_value(node, p, value);
	case KIND_LASTMOD:
		return range_value(node, p, value, NODE_LASTMOD,
		    read_revision, "a revision or a range such as 100..200");
	case KIND_LARGER:
	case KIND_SMALLER:
		return limit_value(node, p, value, field->kind);
	case KIND_SIZE:
		return range_value(node, p, value, NODE_SIZE, read_size,
		    "a range of sizes such as 1m..10m");
	case KIND_PROPERTY:
		return property_value(node, p, value);
	case KIND_HAS:
	case KIND_MISSING:
		return flag_value(node, p, value, field->kind);
	case KIND_SENDER:
		return sender_value(node, p, value);
	case KIND_SAVED:
		return saved_value(node, p, value);
	}
	return mp_err_set(p->err, MP_BUG, "no value of '%s'", field->name);
}

/* The field whose "name:" stands at p->at, with something after it. */
static const struct field *
find_field(const struct parser *p, size_t *value_at)
{
	size_t len = 0, i, step, at;

	while (p->at + len < p->len &&
	    islower((unsigned char)p->text[p->at + len]))
		len++;
	at = p->at + len + 1;
	if (len == 0 || at >= p->len || p->text[at - 1] != ':' ||
	    mp_is_blank_at(p, at, &step) || p->text[at] == ')')
		return NULL;
	for (i = 0; i < N_FIELDS; i++)
		if (strlen(fields[i].name) == len &&
		    memcmp(fields[i].name, p->text + p->at, len) == 0)
			break;
	if (i == N_FIELDS || (fields[i].kind == KIND_TEXT &&
	    !is_text_value(p, at)))
		return NULL;
	*value_at = at;
	return &fields[i];
}

enum mp_status
mp_parse_field(struct node **node, int *group, bool *is_field, struct parser *p)
{
	const struct field *field;
	struct value value;
	size_t at = 0;
	enum mp_status status;

	*node = NULL;
	*group = -1;
	field = find_field(p, &at);
	*is_field = field != NULL;
	if (field == NULL)
		return MP_OK;
	if ((status = mp_parse_count(p, p->at)) != MP_OK)
		return status;
	p->at = at;
	if (field->kind == KIND_TEXT)
		return text_value(node, p, field->fields);
	if (field->alternatives)
		*group = (int)(field - fields);
	if (field->kind == KIND_HEADER && p->text[at] == '(')
		return group_node(node, p, field->fields);
	if ((status = read_value(&value, p)) == MP_OK)
		status = exact_value(node, p, &value, field);
	mp_buf_clear(&value.buf);
	return status;
}
