/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_INDEX_MERGE_INTERNAL_H
#define MP_INDEX_MERGE_INTERNAL_H

#include "index/documents_internal.h"

/*
 * Merge adjacent segments, in order, into out, which is made for their
 * range. roots knows all joins, those of other segments too; when these
 * are the whole index, none need be kept. Terms and summaries of the documents in removed (NULL: none) are left out; their
 * columns stay and their ids go on joining threads. Memory is bounded
 * whatever the size.
 */
enum mp_status mp_segment_merge(struct mp_segment_out *out,
    struct mp_segment *const *segments, size_t count,
    const struct mp_roots *roots, bool whole,
    const struct mp_docset *removed, struct mp_err *err) MP_CHECKED;

/*
 * Which segments to merge next: *first and *count of a run of adjacent
 * ones, false when none. Tiers: MP_TIER_SMALL of a size below
 * MP_TIER_BORDER bytes, MP_TIER_LARGE above, MP_SEGMENTS_MAX in all.
 */
enum mp_merge_policy {
	MP_TIER_SMALL = 4,
	MP_TIER_LARGE = 8,
	MP_TIER_BORDER = 1 << 20,
	MP_SEGMENTS_MAX = 12
};

bool mp_merge_choose(size_t *first, size_t *count, const uint64_t *lengths,
    size_t segments);

#endif
