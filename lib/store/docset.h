/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_STORE_DOCSET_H
#define MP_STORE_DOCSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * A set of docids below a fixed size, one bit each: what tags are in the
 * catalogue and what queries compute with. 10 million documents are
 * 1.25 MB.
 *
 * Invariant: bits at and beyond size are zero.
 */
struct mp_docset {
	uint64_t *words;
	uint32_t size;
};

#define MP_DOCSET_INIT { NULL, 0 }

/* The empty set of docids below size. */
void mp_docset_init(struct mp_docset *set, uint32_t size);
void mp_docset_clear(struct mp_docset *set);
void mp_docset_copy(struct mp_docset *to, const struct mp_docset *from);

/* Make it hold docids below size; what is at and beyond that is dropped. */
void mp_docset_resize(struct mp_docset *set, uint32_t size);

/* A docid at or beyond size is never in the set and is not added. */
bool mp_docset_has(const struct mp_docset *set, uint32_t docid);
void mp_docset_add(struct mp_docset *set, uint32_t docid);
void mp_docset_remove(struct mp_docset *set, uint32_t docid);

/* All of first .. end - 1. */
void mp_docset_add_range(struct mp_docset *set, uint32_t first, uint32_t end);

/* In place: to = to OP from. Sizes may differ; to keeps its own. */
void mp_docset_or(struct mp_docset *to, const struct mp_docset *from);
void mp_docset_and(struct mp_docset *to, const struct mp_docset *from);
void mp_docset_andnot(struct mp_docset *to, const struct mp_docset *from);
void mp_docset_xor(struct mp_docset *to, const struct mp_docset *from);
void mp_docset_invert(struct mp_docset *set);

uint32_t mp_docset_count(const struct mp_docset *set);
bool mp_docset_empty(const struct mp_docset *set);

/*
 * The first member at or after docid, and the last one before docid;
 * MP_DOCSET_END when there is none.
 */
#define MP_DOCSET_END UINT32_MAX
uint32_t mp_docset_next(const struct mp_docset *set, uint32_t docid);
uint32_t mp_docset_prev(const struct mp_docset *set, uint32_t docid);

/*
 * Append the members of first .. end - 1 in the smallest of three forms
 * (mp-store.5: docset): sorted differences, runs, or bits.
 */
void mp_docset_encode(struct mp_buf *to, const struct mp_docset *set,
    uint32_t first, uint32_t end);

/* Add to set what mp_docset_encode wrote. MP_CORRUPT on any other bytes. */
enum mp_status mp_docset_decode(struct mp_docset *set, struct mp_cursor *cur,
    struct mp_err *err) MP_CHECKED;

#endif
