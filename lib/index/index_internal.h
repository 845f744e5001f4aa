/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_INDEX_INDEX_INTERNAL_H
#define MP_INDEX_INDEX_INTERNAL_H

#include "index/documents_internal.h"
#include "index/index.h"
#include "message/message.h"

#define MP_WINDOW 1020		/* values of a column read at once */

/* The values around the last one asked for. */
struct mp_column_window {
	const struct mp_segment *segment;
	uint32_t first;
	uint32_t count;
	uint8_t raw[4 * MP_WINDOW];
};

struct mp_index {
	struct mp_store *store;
	struct mp_segment **segments;
	size_t segment_count;
	struct mp_block_cache *cache;
	struct mp_list_in list;		/* scratch */
	struct mp_summary_in summaries;
	struct mp_column_window date;
	struct mp_column_window size;
	struct mp_column_window thread;
	struct mp_roots roots;
	bool roots_loaded;
	struct mp_docset removed;
	bool removed_loaded;
	struct mp_pending *pending;	/* sorted by docid */
	size_t pending_count;
	const struct mp_pending **pending_by_id;	/* NULL until asked for */
	bool pending_loaded;
	/* the pending message read last */
	struct mp_message_reader *reader;
	struct mp_buf raw;
	struct mp_message *message;
	char *message_id;
	uint32_t message_docid;
};

/* Without any segment: for a rebuild, which needs none of the old ones. */
struct mp_index *mp_index_bare(struct mp_store *store);

/* The segment that covers docid, or NULL. */
struct mp_segment *mp_index_segment_of(const struct mp_index *index,
    uint32_t docid);

/* Sets *list when the segment has the term: *found. */
enum mp_status mp_index_lookup(struct mp_list *list, bool *found,
    struct mp_segment *segment, enum mp_field field, const char *term,
    size_t len, struct mp_err *err) MP_CHECKED;

/* As the date column holds it: 0 for none and for what is before 1970. */
uint32_t mp_index_clamp_date(int64_t date);

/* Load what is loaded on demand. */
enum mp_status mp_index_load_roots(struct mp_index *index,
    struct mp_err *err) MP_CHECKED;
enum mp_status mp_index_load_pending(struct mp_index *index,
    struct mp_err *err) MP_CHECKED;

/* The pending entry of docid, or NULL; mp_index_load_pending comes first. */
const struct mp_pending *mp_index_pending_of(const struct mp_index *index,
    uint32_t docid);

/*
 * Call fn for each indexed document with the id hash, until it gives
 * something else than MP_OK.
 */
typedef enum mp_status mp_owner_fn(void *arg, struct mp_segment *segment,
    uint32_t docid, struct mp_err *err);

enum mp_status mp_index_owners(struct mp_index *index, uint64_t hash,
    mp_owner_fn *fn, void *arg, struct mp_err *err) MP_CHECKED;

#endif
