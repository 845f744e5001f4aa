/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/text.h"

#include <string.h>

#include "base/utf8.h"
#include "text/fold_internal.h"

/*
 * Nearly all mail is ASCII words between blanks, and this is the hottest
 * loop of the indexer: runs of ASCII word characters that end at something
 * plain are folded by a table into a small buffer. Whatever may need the
 * rules of infixes, suffixes, initials or Unicode goes through full_word().
 */

/* What an ASCII byte is to the fast path; non-ASCII counts as special. */
enum {
	BLANK = 0,		/* ends a word, whatever follows */
	INFIX = 1,		/* may be inside a word: ' & */
	DIGIT_INFIX = 2,	/* . , ; */
	SPECIAL = 3,		/* + # and bytes of Unicode */
	FIRST_FOLDED = 4	/* from here on: the folded character */
};

#define R4(a) a, a, a, a
#define R16(a) R4(a), R4(a), R4(a), R4(a)
static const uint8_t ascii[256] = {
	R16(BLANK), R16(BLANK),
	/*       ! " #                      $ % &             ' */
	BLANK, BLANK, BLANK, SPECIAL, BLANK, BLANK, INFIX, INFIX,
	/* ( )     *      +        ,            -      .            / */
	BLANK, BLANK, BLANK, SPECIAL, DIGIT_INFIX, BLANK, DIGIT_INFIX, BLANK,
	'0', '1', '2', '3', '4', '5', '6', '7', '8', '9',
	BLANK, DIGIT_INFIX, BLANK, BLANK, BLANK, BLANK,
	BLANK, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l',
	'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z',
	BLANK, BLANK, BLANK, BLANK, '_',
	BLANK, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l',
	'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z',
	BLANK, BLANK, BLANK, BLANK, BLANK,
	R16(SPECIAL), R16(SPECIAL), R16(SPECIAL), R16(SPECIAL),
	R16(SPECIAL), R16(SPECIAL), R16(SPECIAL), R16(SPECIAL)
};

#define IGNORED UINT32_MAX	/* an infix that leaves no trace */
#define SUFFIX_MAX 3

struct sink {
	mp_term_fn *fn;
	void *arg;
	uint32_t position;
};

/* A word being put together; past MP_TERM_MAX it is only counted. */
struct word {
	size_t len;
	bool compose;
	char text[MP_TERM_MAX + 1];
};

static bool
is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

static bool
is_upper(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z';
}

static void
word_add(struct word *word, const char *text, size_t len)
{
	if (word->len + len <= MP_TERM_MAX)
		memcpy(word->text + word->len, text, len);
	word->len += len;
}

static void
word_emit(struct word *word, struct sink *sink)
{
	if (word->compose && word->len <= MP_TERM_MAX)
		word->len = mp_char_compose(word->text, word->len,
		    MP_TERM_MAX);
	if (word->len == 0 || word->len > MP_TERM_MAX)
		return;
	sink->fn(sink->arg, word->text, word->len, sink->position++);
}

/* Decode and look up; *step is the bytes, 0 at the end of the text. */
static const struct mp_char *
look(size_t *step, uint32_t *point, const uint8_t *at, const uint8_t *end)
{
	*step = mp_utf8_decode(point, (const char *)at, (size_t)(end - at));
	if (*step == 0 && at < end)
		*step = 1;
	return mp_char_look(*point);
}

/* What stands in the term for an infix between letters; 0 if it is none. */
static uint32_t
letter_infix(uint32_t point)
{
	switch (point) {
	case 0x2019:	/* right single quotation mark */
	case 0x201b:	/* the same, reversed */
		return '\'';
	case '\'':
	case '&':
	case 0xb7:	/* middle dot: Catalan */
	case 0x5f4:	/* gershayim: Hebrew */
	case 0x2027:	/* hyphenation point */
		return point;
	case 0xad:	/* soft hyphen */
	case 0x200b:	/* zero width: space, non-joiner, joiner */
	case 0x200c:
	case 0x200d:
	case 0x2060:	/* word joiner */
	case 0xfeff:
		return IGNORED;
	default:
		return 0;
	}
}

/* The same between digits. */
static uint32_t
digit_infix(uint32_t point)
{
	switch (point) {
	case ',':
	case 0xfe10:	/* vertical comma */
		return ',';
	case ';':
	case 0x37e:	/* Greek question mark */
	case 0xfe14:	/* vertical semicolon */
		return ';';
	case '.':
	case 0x589:	/* Armenian full stop */
	case 0x60d:	/* Arabic date separator */
	case 0x7f8:	/* N'Ko comma */
	case 0x2044:	/* fraction slash */
	case 0xfe13:	/* vertical colon */
		return point;
	default:
		return letter_infix(point) == IGNORED ? IGNORED : 0;
	}
}

/* Initials, "U.N.O.": gives where they end, NULL when there are none. */
static const uint8_t *
initials(struct word *word, const uint8_t *at, const uint8_t *end)
{
	uint32_t point;
	size_t step;

	for (;;) {
		char lower = (char)(*at++ | 0x20);

		word_add(word, &lower, 1);
		if (at == end || *at != '.')
			break;
		if (++at == end || !is_upper(*at))
			break;
	}
	if (word->len > 1 && (at == end ||
	    look(&step, &point, at, end)->class == MP_CHAR_OTHER))
		return at;
	word->len = 0;
	return NULL;
}

/* Up to three '+' or '#' belong to a word that ends after them. */
static const uint8_t *
suffix(struct word *word, const uint8_t *at, const uint8_t *end)
{
	size_t plain = word->len, count = 0, step;
	uint32_t point;

	while (at < end && (*at == '+' || *at == '#')) {
		if (++count > SUFFIX_MAX) {
			word->len = plain;
			return at;
		}
		word_add(word, (const char *)at++, 1);
	}
	if (at < end && look(&step, &point, at, end)->class != MP_CHAR_OTHER)
		word->len = plain;
	return at;
}

static void
word_add_char(struct word *word, const struct mp_char *as)
{
	word_add(word, as->folded, as->len);
	word->compose = word->compose || as->compose;
}

static void
word_add_infix(struct word *word, uint32_t point)
{
	char text[4];
	size_t len = 0;

	if (point < 0x80) {
		text[len++] = (char)point;
	} else {
		if (point < 0x800) {
			text[len++] = (char)(0xc0 | point >> 6);
		} else {
			text[len++] = (char)(0xe0 | point >> 12);
			text[len++] = (char)(0x80 | (point >> 6 & 0x3f));
		}
		text[len++] = (char)(0x80 | (point & 0x3f));
	}
	word_add(word, text, len);
}

/* One word by all the rules; at stands on a word character, not CJK. */
static const uint8_t *
full_word(struct sink *sink, const uint8_t *at, const uint8_t *end)
{
	struct word word = { .len = 0 };
	const struct mp_char *as;
	uint32_t point, infix;
	size_t step;

	if (is_upper(*at)) {
		const uint8_t *after = initials(&word, at, end);

		if (after != NULL) {
			word_emit(&word, sink);
			return after;
		}
	}
	as = look(&step, &point, at, end);
	for (;;) {
		bool digit;

		do {
			word_add_char(&word, as);
			digit = as->class == MP_CHAR_DIGIT;
			at += step;
			as = look(&step, &point, at, end);
		} while (step != 0 && (as->class == MP_CHAR_WORD ||
		    as->class == MP_CHAR_DIGIT));
		if (step == 0 || as->class == MP_CHAR_CJK)
			break;
		infix = point;
		as = look(&step, &point, at + step, end);
		if (as->class == MP_CHAR_OTHER || as->class == MP_CHAR_CJK) {
			at = suffix(&word, at, end);
			break;
		}
		infix = digit && as->class == MP_CHAR_DIGIT ?
		    digit_infix(infix) : letter_infix(infix);
		if (infix == 0) {
			at = suffix(&word, at, end);
			break;
		}
		if (infix != IGNORED)
			word_add_infix(&word, infix);
		look(&step, &point, at, end);
		at += step;
		as = look(&step, &point, at, end);
	}
	word_emit(&word, sink);
	return at;
}

/* Give the character in first, and the pair when there is a second. */
static void
emit_grams(struct sink *sink, const struct word *first,
    const struct word *second)
{
	struct word pair;

	if (first->len == 0)
		return;
	sink->fn(sink->arg, first->text, first->len, sink->position);
	if (second->len != 0) {
		pair = *first;
		word_add(&pair, second->text, second->len);
		pair.compose = second->compose;
		word_emit(&pair, sink);
	} else {
		sink->position++;
	}
}

/* Add a character to the one before it if Unicode makes them one. */
static bool
join(struct word *last, const struct mp_char *as)
{
	struct word both = *last;
	uint32_t point;

	word_add(&both, as->folded, as->len);
	both.len = mp_char_compose(both.text, both.len, MP_TERM_MAX);
	if (mp_utf8_decode(&point, both.text, both.len) != both.len)
		return false;
	*last = both;
	return true;
}

/*
 * A run of CJK: each character and each overlapping pair. Marks and Hangul
 * letters join the character before them as far as Unicode composes them.
 */
static const uint8_t *
cjk_run(struct sink *sink, const uint8_t *at, const uint8_t *end)
{
	struct word last = { .len = 0 }, next = { .len = 0 };
	const struct mp_char *as;
	uint32_t point;
	size_t step;

	for (;;) {
		as = look(&step, &point, at, end);
		if (step == 0 || as->class != MP_CHAR_CJK)
			break;
		at += step;
		if (as->len == 0)
			continue;
		if (as->compose && join(&last, as))
			continue;
		next.len = 0;
		next.compose = false;
		word_add_char(&next, as);
		emit_grams(sink, &last, &next);
		last = next;
	}
	next.len = 0;
	emit_grams(sink, &last, &next);
	return at;
}

/* At a byte that the fast path left alone: one word, run or separator. */
static const uint8_t *
full_step(struct sink *sink, const uint8_t *at, const uint8_t *end)
{
	uint32_t point;
	size_t step;

	switch ((enum mp_char_class)look(&step, &point, at, end)->class) {
	case MP_CHAR_WORD:
	case MP_CHAR_DIGIT:
		return full_word(sink, at, end);
	case MP_CHAR_CJK:
		return cjk_run(sink, at, end);
	case MP_CHAR_OTHER:
	default:
		return at + step;
	}
}

/* Does the run of ASCII word characters from start to at end there? */
static bool
ends_plainly(const uint8_t *start, const uint8_t *at, const uint8_t *end)
{
	uint8_t kind, next;

	if (at == end)
		return true;
	kind = ascii[*at];
	if (kind == BLANK)
		return true;
	if (kind == SPECIAL)
		return false;
	next = at + 1 < end ? ascii[at[1]] : BLANK;
	if (next == SPECIAL)
		return false;
	if (next < FIRST_FOLDED)
		return true;
	return kind == DIGIT_INFIX && at - start > 1 &&
	    !(is_digit(at[-1]) && is_digit(next));
}

void
mp_text_terms(const char *text, size_t len, uint32_t *position,
    mp_term_fn *fn, void *arg)
{
	const uint8_t *at = (const uint8_t *)text, *end = at + len;
	struct sink sink = { fn, arg, *position };
	char word[MP_TERM_MAX + 1];

	while (at < end) {
		const uint8_t *start = at;
		uint8_t got = ascii[*at];
		size_t used = 0;

		if (got < FIRST_FOLDED) {
			at = got == SPECIAL ? full_step(&sink, at, end) :
			    at + 1;
			continue;
		}
		do {
			word[used] = (char)got;
			used += used < MP_TERM_MAX;
			if (++at == end)
				break;
			got = ascii[*at];
		} while (got >= FIRST_FOLDED);
		if (!ends_plainly(start, at, end))
			at = full_word(&sink, start, end);
		else if (at - start <= MP_TERM_MAX)
			fn(arg, word, used, sink.position++);
	}
	*position = sink.position;
}
