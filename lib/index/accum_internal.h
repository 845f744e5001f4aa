/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_INDEX_ACCUM_INTERNAL_H
#define MP_INDEX_ACCUM_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "index/postings_internal.h"

/*
 * Terms of messages gathered in memory until they are written as a segment.
 * One accumulator serves one worker thread. All of it is in one arena whose
 * bytes are never moved; lists grow in chunks of it.
 */
struct mp_accum;

/* memory: bytes after which mp_accum_full says so. */
struct mp_accum *mp_accum_new(size_t memory);
void mp_accum_free(struct mp_accum *accum);
void mp_accum_reset(struct mp_accum *accum);
bool mp_accum_full(const struct mp_accum *accum);

/* Begin document docid, above the one before, relative to the flush. */
void mp_accum_document(struct mp_accum *accum, uint32_t docid);

/*
 * Note that the document has the term, at the position where the field has
 * positions; the positions of one term must ascend, others are left out.
 * A document gives at most MP_ACCUM_DOCUMENT_TERMS terms that are new.
 * MP_TERM_PAD bytes after the term may be read.
 */
#define MP_ACCUM_DOCUMENT_TERMS 200000
void mp_accum_add(struct mp_accum *accum, unsigned field, const char *term,
    size_t len, uint32_t position);

/* Memory of the arena, aligned to 8, valid until the reset. */
void *mp_accum_alloc(struct mp_accum *accum, size_t size);

/* Put the terms in order, before mp_accum_write. */
void mp_accum_sort(struct mp_accum *accum);

/*
 * Write the lists of all accumulators, sorted before, restricted to the
 * documents first .. end - 1, relative to first. The accumulators are only
 * read, so several threads may write different ranges at once.
 */
void mp_accum_write(struct mp_postings_out *out,
    struct mp_accum *const *accums, size_t count, uint32_t first,
    uint32_t end);

#endif
