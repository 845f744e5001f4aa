/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/text.h"

#include <string.h>
#include <uninorm.h>
#include <unistr.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/utf8.h"
#include "text/fold_internal.h"

/*
 * Nearly all mail is ASCII words between blanks, and this is the hottest
 * loop of the indexer: the text is taken in blocks of 64 bytes, which are
 * folded and turned into bit masks at once, and words that end at something
 * plain are handed on where they stand in the folded block. Whatever may
 * need the rules of infixes, suffixes, initials or Unicode goes through
 * full_word().
 */
#define BLOCK 64

struct block {
	uint64_t words;		/* bit i: byte i is an ASCII word character */
	uint64_t high;		/* bit i: byte i is not ASCII */
	char folded[BLOCK + MP_TERM_PAD];	/* all else is as it was */
};

/* What an ASCII byte is; those that are not ASCII count as special. */
enum {
	BLANK = 0,		/* ends a word, whatever follows */
	INFIX = 1,		/* may be inside a word: ' & */
	DIGIT_INFIX = 2,	/* . , ; */
	SUFFIX = 3,		/* + # */
	SPECIAL = 4,
	FIRST_FOLDED = 5	/* from here on: the folded character */
};

#define R4(a) a, a, a, a
#define R16(a) R4(a), R4(a), R4(a), R4(a)
static const uint8_t ascii[256] = {
	R16(BLANK), R16(BLANK),
	/*       ! " #                     $ % &             ' */
	BLANK, BLANK, BLANK, SUFFIX, BLANK, BLANK, INFIX, INFIX,
	/* ( )     *      +       ,            -      .            / */
	BLANK, BLANK, BLANK, SUFFIX, DIGIT_INFIX, BLANK, DIGIT_INFIX, BLANK,
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
	char text[MP_TERM_MAX + MP_CHAR_FOLD_MAX];	/* at least the pad */
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

static bool
is_ascii_word(const uint8_t *at, const uint8_t *end)
{
	return at < end && ascii[*at] >= FIRST_FOLDED;
}

static bool
continues(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

/* Decode and look up; *step is the bytes, 0 at the end of the text. */
static inline const struct mp_char *
look(size_t *step, uint32_t *point, const uint8_t *at, const uint8_t *end)
{
	/* Nearly all there is; E0 and ED have rules of their own. */
	if (end - at > 2 && at[0] >= 0xc2 && at[0] < 0xe0 &&
	    continues(at[1])) {
		*point = (at[0] & 0x1fu) << 6 | (at[1] & 0x3fu);
		*step = 2;
	} else if (end - at > 2 && (at[0] & 0xf0) == 0xe0 && at[0] != 0xe0 &&
	    at[0] != 0xed && continues(at[1]) && continues(at[2])) {
		*point = (at[0] & 0xfu) << 12 | (at[1] & 0x3fu) << 6 |
		    (at[2] & 0x3fu);
		*step = 3;
	} else {
		*step = mp_utf8_decode(point, (const char *)at,
		    (size_t)(end - at));
		if (*step == 0 && at < end)
			*step = 1;
	}
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
	if (word->len + as->len <= MP_TERM_MAX)	/* a constant size is fast */
		memcpy(word->text + word->len, as->folded, sizeof as->folded);
	word->len += as->len;
	word->compose = word->compose || as->compose;
}

static void
word_add_point(struct word *word, uint32_t point)
{
	uint8_t text[4];
	int len = u8_uctomb(text, point, sizeof text);

	word_add(word, (const char *)text, (size_t)len);
}

/* Add word characters as far as they go; *digit: was the last a digit? */
static const uint8_t *
word_run(struct word *word, bool *digit, const uint8_t *at,
    const uint8_t *end)
{
	const struct mp_char *as;
	uint32_t point;
	size_t step;

	for (;;) {
		while (is_ascii_word(at, end)) {
			if (word->len < MP_TERM_MAX)
				word->text[word->len] = (char)ascii[*at];
			word->len++;
			*digit = is_digit(*at++);
		}
		if (at == end || *at < 0x80)
			return at;
		as = look(&step, &point, at, end);
		if (as->class != MP_CHAR_WORD && as->class != MP_CHAR_DIGIT)
			return at;
		word_add_char(word, as);
		*digit = as->class == MP_CHAR_DIGIT;
		at += step;
	}
}

/* One word by all the rules; at stands on a word character, not CJK. */
static const uint8_t *
full_word(struct sink *sink, const uint8_t *at, const uint8_t *end)
{
	struct word word = { .len = 0 };
	const struct mp_char *as;
	const uint8_t *after;
	uint32_t point, infix;
	size_t step;

	if (is_upper(*at)) {
		after = initials(&word, at, end);
		if (after != NULL) {
			word_emit(&word, sink);
			return after;
		}
	}
	for (;;) {
		bool digit = false;

		at = word_run(&word, &digit, at, end);
		as = look(&step, &infix, at, end);
		if (step == 0 || as->class == MP_CHAR_CJK)
			break;
		after = at + step;
		as = look(&step, &point, after, end);
		if (as->class == MP_CHAR_OTHER || as->class == MP_CHAR_CJK)
			infix = 0;
		else if (digit && as->class == MP_CHAR_DIGIT)
			infix = digit_infix(infix);
		else
			infix = letter_infix(infix);
		if (infix == 0) {
			at = suffix(&word, at, end);
			break;
		}
		if (infix != IGNORED)
			word_add_point(&word, infix);
		at = after;
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
	uint32_t first, second, both;

	if (mp_utf8_decode(&first, last->text, last->len) != last->len ||
	    mp_utf8_decode(&second, as->folded, as->len) != as->len)
		return false;
	both = uc_composition(first, second);
	if (both == 0)
		return false;
	last->len = 0;
	word_add_point(last, both);
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
	if (kind == SUFFIX)	/* "fish+chips" */
		return next >= FIRST_FOLDED;
	if (next < FIRST_FOLDED)
		return true;
	return kind == DIGIT_INFIX && at - start > 1 &&
	    !(is_digit(at[-1]) && is_digit(next));
}

#ifdef __SSE2__

/* Bytes of x that are at least first and less than first + count. */
static __m128i
in_range(__m128i x, uint8_t first, uint8_t count)
{
	__m128i low = _mm_set1_epi8((char)(0x80 - first));

	return _mm_cmplt_epi8(_mm_add_epi8(x, low),
	    _mm_set1_epi8((char)(0x80 + count)));
}

static void
block_fold(struct block *block, const uint8_t *from)
{
	const __m128i case_bit = _mm_set1_epi8(0x20);
	unsigned i;

	block->words = block->high = 0;
	for (i = 0; i < BLOCK; i += 16) {
		__m128i x = _mm_loadu_si128((const void *)(from + i));
		__m128i alpha = in_range(_mm_or_si128(x, case_bit), 'a', 26);
		__m128i word = _mm_or_si128(alpha, in_range(x, '0', 10));

		word = _mm_or_si128(word,
		    _mm_cmpeq_epi8(x, _mm_set1_epi8('_')));
		block->words |= (uint64_t)_mm_movemask_epi8(word) << i;
		block->high |= (uint64_t)_mm_movemask_epi8(x) << i;
		_mm_storeu_si128((void *)(block->folded + i),
		    _mm_or_si128(x, _mm_and_si128(alpha, case_bit)));
	}
}

#else

static void
block_fold(struct block *block, const uint8_t *from)
{
	unsigned i;

	block->words = block->high = 0;
	for (i = 0; i < BLOCK; i++) {
		uint8_t got = ascii[from[i]];

		block->words |= (uint64_t)(got >= FIRST_FOLDED) << i;
		block->high |= (uint64_t)(from[i] >> 7) << i;
		block->folded[i] = (char)(got >= FIRST_FOLDED ? got :
		    from[i]);
	}
}

#endif

/* A word that fills a whole block. */
static const uint8_t *
long_word(struct sink *sink, const struct block *block, const uint8_t *start,
    const uint8_t *end)
{
	const uint8_t *at = start + BLOCK;

	while (is_ascii_word(at, end))
		at++;
	if (!ends_plainly(start, at, end))
		return full_word(sink, start, end);
	if (at - start == MP_TERM_MAX)
		sink->fn(sink->arg, block->folded, MP_TERM_MAX,
		    sink->position++);
	return at;
}

/*
 * All words that begin in the block that was made from the text at base;
 * gives where to go on.
 */
static const uint8_t *
block_words(struct sink *sink, const struct block *block,
    const uint8_t *base, const uint8_t *end)
{
	const uint64_t words = block->words;
	uint64_t starts = (words & ~(words << 1)) | block->high;
	uint64_t stops = ~words & words << 1;

	while (starts != 0) {
		int i = __builtin_ctzll(starts), stop;
		const uint8_t *at = base + i;

		if ((block->high >> i & 1) != 0) {
			at = full_step(sink, at, end);
		} else if (stops == 0) {	/* goes on in the next block */
			return i != 0 ? at : long_word(sink, block, at, end);
		} else {
			stop = __builtin_ctzll(stops);
			if (ascii[(uint8_t)block->folded[stop]] == BLANK ||
			    ends_plainly(at, base + stop, end)) {
				sink->fn(sink->arg, block->folded + i,
				    (size_t)(stop - i), sink->position++);
				starts &= starts - 1;
				stops &= stops - 1;
				continue;
			}
			at = full_word(sink, at, end);
		}
		if (at - base >= BLOCK)
			return at;
		starts &= ~UINT64_C(0) << (at - base);
		stops &= ~UINT64_C(1) << (at - base);
	}
	return end - base > BLOCK ? base + BLOCK : end;
}

void
mp_text_terms(const char *text, size_t len, uint32_t *position,
    mp_term_fn *fn, void *arg)
{
	const uint8_t *at = (const uint8_t *)text, *end;
	struct sink sink = { fn, arg, *position };
	struct block block;

	if (len == 0)	/* text may be NULL */
		return;
	end = at + len;
	while (end - at >= BLOCK) {
		block_fold(&block, at);
		at = block_words(&sink, &block, at, end);
	}
	while (at < end) {
		uint8_t last[BLOCK] = { 0 };

		memcpy(last, at, (size_t)(end - at));
		block_fold(&block, last);
		at = block_words(&sink, &block, at, end);
	}
	*position = sink.position;
}
