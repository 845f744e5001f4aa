/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "query/query_internal.h"
#include "text/text.h"

#define SUFFIX_MAX 3	/* of '+' and '#', as in "c++" */

static unsigned char
byte_at(const struct parser *p, size_t at)
{
	return at < p->len ? (unsigned char)p->text[at] : 0;
}

/* The code point at at; *step is its bytes, 0 at the end. */
static uint32_t
point_at(const struct parser *p, size_t at, size_t *step)
{
	uint32_t point;

	*step = 0;
	if (at >= p->len)
		return 0;
	*step = mp_utf8_decode(&point, p->text + at, p->len - at);
	if (*step == 0)
		*step = 1;
	return point;
}

bool
mp_is_blank_at(const struct parser *p, size_t at, size_t *step)
{
	uint32_t point = point_at(p, at, step);

	if (*step == 0)
		return false;
	return point <= ' ' || point == 0x7f || point == 0xa0 ||
	    (point >= 0x2000 && point <= 0x200a) || point == 0x2028 ||
	    point == 0x2029 || point == 0x202f || point == 0x3000;
}

size_t
mp_quote_at(const struct parser *p, size_t at)
{
	size_t step;
	uint32_t point = point_at(p, at, &step);

	return point == '"' || (point >= 0x201c && point <= 0x201f) ? step :
	    0;
}

bool
mp_is_word_at(const struct parser *p, size_t at)
{
	unsigned char ch = byte_at(p, at);
	size_t step;

	if (ch < 0x80)
		return isalnum(ch) || ch == '_';
	return !mp_is_blank_at(p, at, &step) && mp_quote_at(p, at) == 0;
}

void
mp_skip_blanks(struct parser *p)
{
	size_t step;

	while (mp_is_blank_at(p, p->at, &step))
		p->at += step;
}

static bool
is_generator(unsigned char ch)
{
	return ch != 0 && strchr(".-/:\\@", ch) != NULL;
}

/* After such a character a word is meant as it is written. */
static bool
prevents_stem(unsigned char ch)
{
	return ch != 0 && strchr("(/\\@<>=*[{\"", ch) != NULL;
}

/* Whether a word that starts so is written with a capital or a digit. */
static bool
is_raised(uint32_t point)
{
	if (point < 0x80)
		return !islower((int)point);
	if ((point >= 0x139 && point <= 0x148) ||
	    (point >= 0x179 && point <= 0x17e))
		return point % 2 == 1;
	return (point >= 0xc0 && point <= 0xde) ||
	    (point >= 0x100 && point <= 0x178 && point % 2 == 0) ||
	    (point >= 0x386 && point <= 0x3a9) ||
	    (point >= 0x400 && point <= 0x42f);
}

/* Infixes that stay inside one word, as the text module splits. */
static size_t
infix_at(const struct parser *p, size_t at)
{
	unsigned char ch = byte_at(p, at), before = byte_at(p, at - 1);

	if (!mp_is_word_at(p, at + 1))
		return 0;
	if (ch == '\'' || ch == '&')
		return 1;
	if ((ch == '.' || ch == ',' || ch == ';') && isdigit(before) &&
	    isdigit(byte_at(p, at + 1)))
		return 1;
	return 0;
}

/* "U.N.O.": capitals with dots, two at least, with no word after it. */
static size_t
initials_end(const struct parser *p, size_t at)
{
	unsigned count = 0;

	while (isupper(byte_at(p, at))) {
		count++;
		at++;
		if (byte_at(p, at) != '.')
			break;
		at++;
	}
	return count > 1 && !mp_is_word_at(p, at) ? at : 0;
}

/* The end of the one word that starts at at. */
static size_t
one_word_end(const struct parser *p, size_t at)
{
	size_t end = initials_end(p, at), suffix = 0, step;

	if (end != 0)
		return end;
	do {
		at++;
		while (mp_is_word_at(p, at)) {
			(void)point_at(p, at, &step);
			at += step;
		}
	} while (infix_at(p, at) != 0);
	while (byte_at(p, at + suffix) == '+' ||
	    byte_at(p, at + suffix) == '#')
		suffix++;
	return suffix <= SUFFIX_MAX && !mp_is_word_at(p, at + suffix) ?
	    at + suffix : at;
}

size_t
mp_plain_word_end(const struct parser *p, size_t at)
{
	size_t end = at;

	while (end < p->len && isalpha((unsigned char)p->text[end]))
		end++;
	if (mp_is_word_at(p, end) || infix_at(p, end) != 0 ||
	    byte_at(p, end) == '*' || byte_at(p, end) == '+' ||
	    byte_at(p, end) == '#' || (is_generator(byte_at(p, end)) &&
	    mp_is_word_at(p, end + 1)))
		return at;
	return end;
}

struct places {
	struct mp_strlist words;
	uint32_t position;	/* of the last one */
	bool pair;		/* the last one is a pair of two characters */
	bool single;		/* ... or the second half of one, alone */
};

/*
 * One word a position. Where text without blanks gives a character and a
 * pair, the pair says more.
 */
static void
take_term(void *arg, const char *term, size_t len, uint32_t position)
{
	struct places *places = arg;
	struct mp_strlist *words = &places->words;

	if (words->count > 0 && places->position == position) {
		free(words->items[words->count - 1]);
		words->items[words->count - 1] = mp_strndup(term, len);
		places->pair = true;
		return;
	}
	if (places->pair) {
		const char *pair = words->items[words->count - 1];
		size_t pair_len = strlen(pair);

		places->single = pair_len > len &&
		    memcmp(pair + pair_len - len, term, len) == 0;
	} else {
		places->single = false;
	}
	places->pair = false;
	places->position = position;
	mp_strlist_addn(words, term, len);
}

static void
add_terms(struct places *places, uint32_t *position, const char *text,
    size_t len)
{
	mp_text_terms(text, len, position, take_term, places);
}

/* The last half of a run of pairs is part of the pair before it. */
static void
drop_single(struct places *places)
{
	if (places->single && !places->pair && places->words.count > 1)
		free(places->words.items[--places->words.count]);
}

static struct node *
words_node(struct places *places, unsigned fields)
{
	struct node *node;

	drop_single(places);
	if (places->words.count == 0) {
		mp_strlist_clear(&places->words);
		return NULL;
	}
	node = mp_node_new(places->words.count == 1 ? NODE_WORD : NODE_PHRASE);
	node->fields = fields;
	node->words = places->words;
	if (node->kind == NODE_PHRASE) {
		node->window = (uint32_t)node->words.count;
		node->ordered = true;
	}
	return node;
}

struct node *
mp_phrase_of(const char *text, size_t len, unsigned fields)
{
	struct places places = { MP_STRLIST_INIT, 0, false, false };
	uint32_t position = 1;

	add_terms(&places, &position, text, len);
	return words_node(&places, fields);
}

static void
make_prefix(struct node *node)
{
	if (node->kind == NODE_WORD)
		node->kind = NODE_PREFIX;
	else
		node->last_prefix = true;
}

/* A word before ":x" was perhaps meant as a field: "frm:joe". */
static void
note_no_field(struct parser *p, size_t start, size_t end)
{
	size_t i;

	if (p->query->note != NULL || byte_at(p, end) != ':' ||
	    !mp_is_word_at(p, end + 1))
		return;
	for (i = start; i < end; i++)
		if (p->text[i] < 'a' || p->text[i] > 'z')
			return;
	p->query->note = mp_asprintf("there is no field '%.*s:': looked for "
	    "as words", (int)(end - start), p->text + start);
}

enum mp_status
mp_parse_word(struct node **node, struct parser *p, unsigned fields)
{
	struct places places = { MP_STRLIST_INIT, 0, false, false };
	size_t start = p->at, step, end, parts = 0;
	uint32_t position = 1, first = point_at(p, start, &step);

	for (;;) {
		end = one_word_end(p, p->at);
		if (parts == 0)
			note_no_field(p, start, end);
		add_terms(&places, &position, p->text + p->at, end - p->at);
		parts++;
		p->at = end;
		while (is_generator(byte_at(p, end)))
			end++;
		if (end == p->at || !mp_is_word_at(p, end))
			break;
		p->at = end;
	}
	*node = words_node(&places, fields);
	if (*node != NULL && byte_at(p, p->at) == '*' &&
	    !mp_is_word_at(p, p->at + 1)) {
		make_prefix(*node);
		p->at++;
	} else if (*node != NULL && (*node)->kind == NODE_WORD) {
		(*node)->stem = parts == 1 && !is_raised(first) &&
		    !prevents_stem(byte_at(p, p->at));
	}
	return *node == NULL ? MP_OK : mp_parse_count(p, start);
}

enum mp_status
mp_parse_phrase(struct node **node, struct parser *p, unsigned fields)
{
	size_t start = p->at, begin = start + mp_quote_at(p, start);
	size_t end = begin, step;

	while (end < p->len && mp_quote_at(p, end) == 0) {
		(void)point_at(p, end, &step);
		end += step;
	}
	*node = mp_phrase_of(p->text + begin, end - begin, fields);
	p->at = end + mp_quote_at(p, end);
	if (end == p->len && p->query->note == NULL)
		p->query->note = mp_strdup("the quote is not closed: taken "
		    "as closed at the end");
	return *node == NULL ? MP_OK : mp_parse_count(p, start);
}
