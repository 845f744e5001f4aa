/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_INDEX_INDEXER_H
#define MP_INDEX_INDEXER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "index/index.h"

/*
 * The writing side: parses messages, extracts terms, threads them and
 * writes segments, in an open transaction of the store. Threads work on
 * contiguous ranges of docids, each with its own accumulator.
 *
 * All of the index is in its segments, nothing in the catalogue but their
 * list: thread joins found while indexing ("root a is now root b") are a
 * section of the segment that found them, read by every reader and folded
 * away when segments merge.
 */
struct mp_indexer;

struct mp_index_input {
	uint32_t docid;
	const uint8_t *raw;
	size_t len;
	const char *id;		/* as in mp_arrival */
	uint64_t id_hash;
	struct mp_place place;
	uint8_t sha256[8];
};

struct mp_indexer_options {
	unsigned threads;	/* 0: as many as processors */
	size_t memory;		/* bytes of all accumulators; 0: default */
	bool fresh;		/* first indexing: set the tags attachment,
				   signed and encrypted */
};

/* Covers docids from mp_indexer_new's first on, in ascending order. */
enum mp_status mp_indexer_new(struct mp_indexer **indexer,
    struct mp_index *index, const struct mp_indexer_options *options,
    struct mp_err *err) MP_CHECKED;
void mp_indexer_free(struct mp_indexer *indexer);

/* Take in a batch; all its raw bytes may go after the call. */
enum mp_status mp_indexer_add(struct mp_indexer *indexer,
    const struct mp_index_input *inputs, size_t count, struct mp_err *err)
    MP_CHECKED;

/*
 * Write what is gathered, merge where the tiers ask for it, and hand the
 * new list of segments to the store. The caller commits.
 */
enum mp_status mp_indexer_finish(struct mp_indexer *indexer,
    struct mp_err *err) MP_CHECKED;

/*
 * Index from the packs: all pending messages, or, with all, every message
 * anew, dropping all segments first. each is called for each docid after
 * the commit that covers it; batches are committed as they fill.
 */
typedef void mp_indexed_fn(void *arg, uint32_t docid, const char *id);

enum mp_status mp_index_pending(struct mp_store *store,
    const struct mp_indexer_options *options, bool all, mp_indexed_fn *each,
    void *arg, struct mp_err *err) MP_CHECKED;

/*
 * Merge everything into one segment, drop removed messages from it, and
 * give their space in the packs back.
 */
enum mp_status mp_index_optimize(struct mp_store *store, struct mp_err *err)
    MP_CHECKED;

#endif
