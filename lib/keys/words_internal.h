/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_KEYS_WORDS_INTERNAL_H
#define MP_KEYS_WORDS_INTERNAL_H

/* The words of recovery codes, sorted; the first four letters differ. */
#define MP_WORDS 2048
#define MP_WORD_MAX 8

extern const char mp_words[MP_WORDS][MP_WORD_MAX + 1];

#endif
