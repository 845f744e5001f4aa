/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_INDEX_INDEXER_INTERNAL_H
#define MP_INDEX_INDEXER_INTERNAL_H

#include "base/strlist.h"
#include "index/indexer.h"

/*
 * Take in as many of the inputs as memory allows, all when *taken equals
 * count; otherwise mp_indexer_flush makes room. Inputs without raw bytes
 * are read from the packs; one that cannot be read leaves its docid empty
 * and is counted. *ids, unless NULL, gets the ids of what was taken, "" for
 * those.
 */
enum mp_status mp_indexer_take(size_t *taken, struct mp_strlist *ids,
    struct mp_indexer *indexer, const struct mp_index_input *inputs,
    size_t count, struct mp_err *err) MP_CHECKED;
enum mp_status mp_indexer_flush(struct mp_indexer *indexer,
    struct mp_err *err) MP_CHECKED;

/* How many could not be read; *damage is the first one's error. */
uint32_t mp_indexer_unread(struct mp_err *damage,
    const struct mp_indexer *indexer);

/* Index everything anew: the present segments are left out of account. */
enum mp_status mp_indexer_start_over(struct mp_indexer *indexer,
    struct mp_err *err) MP_CHECKED;

/* Merge all segments into one, without the removed messages. */
enum mp_status mp_indexer_merge_all(struct mp_indexer *indexer,
    struct mp_err *err) MP_CHECKED;

#endif
