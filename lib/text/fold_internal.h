/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_TEXT_FOLD_INTERNAL_H
#define MP_TEXT_FOLD_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the word splitter knows of one code point. */

#define MP_CHAR_FOLD_MAX 9

enum mp_char_class {
	MP_CHAR_OTHER,		/* separates words */
	MP_CHAR_WORD,
	MP_CHAR_DIGIT,
	MP_CHAR_CJK		/* of a script written without blanks */
};

struct mp_char {
	uint32_t point;
	uint8_t class;		/* enum mp_char_class */
	bool compose;		/* may combine with the character before it */
	uint8_t len;		/* bytes of folded; 0 for an accent */
	char folded[MP_CHAR_FOLD_MAX];
};

/* A power of two; mail uses few hundred characters of one script. */
#define MP_CHAR_CACHE 1024

extern _Thread_local struct mp_char mp_char_cache[MP_CHAR_CACHE];

/* Put a code point into its place in the cache. */
const struct mp_char *mp_char_fill(uint32_t point);

/* Look a code point up; valid until the next call in this thread. */
static inline const struct mp_char *
mp_char_look(uint32_t point)
{
	const struct mp_char *as = &mp_char_cache[point % MP_CHAR_CACHE];

	/* An empty entry is that of NUL. */
	return as->point == point ? as : mp_char_fill(point);
}

/*
 * Compose the len bytes at text (NFC) in place when they fit size bytes
 * afterwards; gives the new length, more than size when they do not.
 */
size_t mp_char_compose(char *text, size_t len, size_t size);

#endif
