/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_TEXT_TEXT_H
#define MP_TEXT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/strlist.h"

/*
 * From text to index terms, the same for mail and for queries.
 *
 * A word is a run of letters, digits, marks and connector punctuation, with
 * single apostrophes and ampersands inside it, with '.' ',' ';' inside runs
 * of digits, and with up to three '+' or '#' at its end, as Xapian's
 * TermGenerator splits; initials ("U.N.O.") become one word. A typographic
 * apostrophe counts as a plain one, zero-width characters and soft hyphens
 * inside a word as nothing. Terms longer than MP_TERM_MAX bytes are left
 * out and count as no position, as if they were not there.
 *
 * On purpose otherwise than Xapian: terms are NFKC, case folded and without
 * accents (and so are letters with strokes and ligatures: "Łódź" is "lodz",
 * "Æ" is "ae"), soft hyphens vanish, and runs of scripts that are written
 * without blanks (Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese) give
 * each character and each overlapping pair.
 *
 * What stays for the callers: notmuch leaves a gap of 100 positions after
 * each text it indexes, and Xapian's query parser takes a word without its
 * '+' or '#' when only that is in the index.
 */
#define MP_TERM_MAX 64
#define MP_TERM_PAD 8

/*
 * One term, valid during the call; MP_TERM_PAD bytes after it may be read
 * (their content means nothing), so that it can be hashed by words. position
 * counts words from *position of the call on; the second term of a CJK
 * place has the same position as its first.
 */
typedef void mp_term_fn(void *arg, const char *term, size_t len,
    uint32_t position);

/*
 * Give all terms of UTF-8 text (bytes that are not UTF-8 separate words).
 * *position is where to start and, afterwards, where to go on.
 */
void mp_text_terms(const char *text, size_t len, uint32_t *position,
    mp_term_fn *fn, void *arg);

/* Fold one string as terms are folded, without splitting: for names. */
void mp_text_fold(struct mp_buf *to, const char *text, size_t len);

/* The stem of a folded word in the language ("english", "german", ...). */
struct mp_stemmer;

/* NULL when libstemmer knows no such language. */
struct mp_stemmer *mp_stemmer_new(const char *language);
void mp_stemmer_free(struct mp_stemmer *stemmer);

/* The stem, valid until the next call; *len is set. */
const char *mp_stemmer_stem(struct mp_stemmer *stemmer, const char *word,
    size_t word_len, size_t *len);

/* Columns a terminal needs for the text (wcwidth rules; -1 counts as 0). */
size_t mp_text_width(const char *text, size_t len);

#endif
