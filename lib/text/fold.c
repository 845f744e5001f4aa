/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/text.h"

#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "text/fold_internal.h"

#define FOLD_POINTS 24		/* U+FDFA, the longest, decomposes to 18 */

/* Letters with a stroke or two letters in one, which do not decompose. */
static const struct {
	uint16_t point;
	char to[3];
} plain_letters[] = {
	{ 0x00e6, "ae" }, { 0x00f0, "d" }, { 0x00f8, "o" }, { 0x00fe, "th" },
	{ 0x0111, "d" }, { 0x0127, "h" }, { 0x0131, "i" }, { 0x0142, "l" },
	{ 0x0153, "oe" }, { 0x0167, "t" }
};

static bool
is_wordchar(uint32_t point)
{
	return uc_is_general_category_withtable(point, UC_CATEGORY_MASK_L |
	    UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_N | UC_CATEGORY_MASK_Pc);
}

/*
 * Accents and vowel points go; marks that make another letter of it stay
 * (viramas, nuktas, kana voicing, South-East Asian vowels and tones).
 */
static bool
is_accent(uint32_t point)
{
	int class = uc_combining_class(point);

	return class == 1 || (class >= 10 && class <= 36) || class >= 200;
}

static bool
is_cjk(uint32_t point)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x0e01, 0x0eff },	/* Thai, Lao */
		{ 0x1000, 0x109f },	/* Myanmar */
		{ 0x1100, 0x11ff },	/* Hangul letters */
		{ 0x1780, 0x17ff },	/* Khmer */
		{ 0x2e80, 0x2fdf }, { 0x3005, 0x3007 }, { 0x3021, 0x303c },
		{ 0x3041, 0x318f }, { 0x31a0, 0x31ff }, { 0x3400, 0x4dbf },
		{ 0x4e00, 0xa4cf }, { 0xa960, 0xa97f }, { 0xac00, 0xd7ff },
		{ 0xf900, 0xfaff }, { 0xff66, 0xffdc }, { 0x1aff0, 0x1b16f },
		{ 0x20000, 0x3ffff }
	};
	size_t i;

	for (i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (point <= ranges[i].last)
			return point >= ranges[i].first;
	return false;
}

/* Case folding and compatibility decomposition, to where both are stable. */
static size_t
decompose(uint32_t *points, uint32_t point)
{
	uint32_t lower[FOLD_POINTS];
	size_t len = 1, i;
	int round;

	points[0] = point;
	for (round = 0; round < 3; round++) {
		size_t got = FOLD_POINTS;
		uint32_t *to = u32_casefold(points, len, NULL, UNINORM_NFKD,
		    lower, &got);
		bool same;

		if (to != lower) {
			free(to);
			points[0] = point;
			return 1;
		}
		same = got == len && memcmp(points, lower, len * 4) == 0;
		memcpy(points, lower, got * 4);
		len = got;
		if (same)
			break;
	}
	for (i = 0, round = 0; i < len; i++)
		if (!is_accent(points[i]))
			points[round++] = points[i];
	return (size_t)round;
}

static const char *
plain_letter(uint32_t point)
{
	size_t i;

	for (i = 0; i < sizeof plain_letters / sizeof *plain_letters; i++)
		if (plain_letters[i].point == point)
			return plain_letters[i].to;
	return NULL;
}

/*
 * Write the folded form of a word character. One that would fall apart
 * into more than word characters (a half: 1, fraction slash, 2) or into
 * very many stays itself in lower case.
 */
static size_t
fold_point(char *to, uint32_t point)
{
	uint32_t points[FOLD_POINTS];
	size_t count = decompose(points, point), len = 0, i;
	char text[FOLD_POINTS * 4];

	for (i = 0; i < count; i++) {
		const char *plain = plain_letter(points[i]);

		if (!is_wordchar(points[i]))
			break;
		if (plain != NULL) {
			memcpy(text + len, plain, strlen(plain));
			len += strlen(plain);
		} else {
			len += (size_t)u8_uctomb((uint8_t *)text + len,
			    points[i], 4);
		}
	}
	if (i == count)
		len = mp_char_compose(text, len, sizeof text);
	if (i < count || len > MP_CHAR_FOLD_MAX)
		len = (size_t)u8_uctomb((uint8_t *)text, uc_tolower(point), 4);
	memcpy(to, text, len);
	return len;
}

size_t
mp_char_compose(char *text, size_t len, size_t size)
{
	size_t got = 0;
	uint8_t *to = u8_normalize(UNINORM_NFC, (const uint8_t *)text, len,
	    NULL, &got);

	if (to == NULL && len != 0)
		mp_no_memory();
	if (got <= size && to != NULL)
		memcpy(text, to, got);
	free(to);
	return got;
}

/* Does the folded text start with what composes with a character before? */
static bool
starts_composing(const struct mp_char *as)
{
	uint32_t point;

	if (mp_utf8_decode(&point, as->folded, as->len) == 0)
		return false;
	return uc_combining_class(point) != 0 ||
	    (point >= 0x1161 && point <= 0x11ff) ||	/* Hangul vowels */
	    uc_is_general_category_withtable(point, UC_CATEGORY_MASK_M);
}

_Thread_local struct mp_char mp_char_cache[MP_CHAR_CACHE];

const struct mp_char *
mp_char_fill(uint32_t point)
{
	struct mp_char *as = &mp_char_cache[point % MP_CHAR_CACHE];

	memset(as, 0, sizeof *as);
	as->point = point;
	if (is_wordchar(point)) {
		as->class = is_cjk(point) ? MP_CHAR_CJK :
		    uc_is_general_category_withtable(point,
		    UC_CATEGORY_MASK_Nd) ? MP_CHAR_DIGIT : MP_CHAR_WORD;
		as->len = (uint8_t)fold_point(as->folded, point);
		as->compose = starts_composing(as);
	} else if (uc_is_general_category_withtable(point,
	    UC_CATEGORY_MASK_Z)) {
		as->folded[as->len++] = ' ';
	} else {
		as->len = (uint8_t)u8_uctomb((uint8_t *)as->folded, point, 4);
	}
	return as;
}

void
mp_text_fold(struct mp_buf *to, const char *text, size_t len)
{
	size_t start = to->len, i = 0;
	bool compose = false;

	while (i < len) {
		const struct mp_char *as;
		uint32_t point;
		size_t step;

		if ((unsigned char)text[i] < 0x80) {
			bool upper = text[i] >= 'A' && text[i] <= 'Z';

			mp_buf_byte(to, (uint8_t)(text[i++] |
			    (upper ? 0x20 : 0)));
			continue;
		}
		step = mp_utf8_decode(&point, text + i, len - i);
		i += step != 0 ? step : 1;
		as = mp_char_look(point);
		mp_buf_add(to, as->folded, as->len);
		compose = compose || as->compose;
	}
	if (compose && !to->overflow) {
		uint8_t *whole = u8_normalize(UNINORM_NFC, to->data + start,
		    to->len - start, NULL, &i);

		if (whole == NULL)
			mp_no_memory();
		to->len = start;
		mp_buf_add(to, whole, i);
		free(whole);
	}
}
