/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_INDEX_DOCUMENTS_INTERNAL_H
#define MP_INDEX_DOCUMENTS_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "index/postings_internal.h"

/*
 * What a segment holds of each document besides its terms, the writer of
 * whole segments, and threads.
 */

#define MP_REFS_KEPT 8		/* references of a document in a segment */
#define MP_REFS_MAX 1000	/* those that join threads when indexing */

struct mp_doc {
	uint32_t date;
	uint32_t size;
	struct mp_place place;
	uint32_t thread;	/* root */
	uint8_t sha256[8];
	uint64_t id_hash;
	const uint64_t *refs;	/* hashes of ids, the parent last */
	uint32_t ref_count;
	uint32_t summary_len;
	const uint8_t *summary;	/* blobs: id, from, subject */
};

struct mp_mid {
	uint64_t hash;
	uint32_t docid;		/* relative */
	bool phantom;		/* the document only refers to the id */
};

/* --- writing a segment ---------------------------------------------- */

struct mp_segment_out {
	struct mp_blocks_out blocks;
	struct mp_postings_out postings;
	uint64_t id;
	uint32_t first;
	uint32_t end;
	uint32_t docs;		/* entered so far */
	uint32_t date_min;
	uint32_t date_max;
	uint32_t refs;
	struct mp_buf ids;	/* of the group being filled */
	struct mp_buf group;	/* and the rest of its summaries */
	struct mp_buf packed;
};

/* file and keys outlive it. */
struct mp_segment_out *mp_segment_out_new(struct mp_file *file,
    const struct mp_keys *keys, uint64_t id, uint32_t first, uint32_t end);
void mp_segment_out_free(struct mp_segment_out *out);

/* All documents first .. end - 1 in order. */
void mp_segment_out_doc(struct mp_segment_out *out, const struct mp_doc *doc);

/* In the order of hashes. */
void mp_segment_out_mid(struct mp_segment_out *out, const struct mp_mid *mid);
void mp_segment_out_join(struct mp_segment_out *out, uint32_t from,
    uint32_t to);

/* Write the rest; ref is what the manifest shall say. Not synced. */
enum mp_status mp_segment_out_finish(struct mp_segment_ref *ref,
    struct mp_segment_out *out, struct mp_err *err) MP_CHECKED;

/* --- reading documents ---------------------------------------------- */

/* One value of a column of u32; docid is absolute and in the segment. */
enum mp_status mp_segment_u32(uint32_t *value, struct mp_segment *segment,
    enum mp_section section, uint32_t docid, struct mp_err *err) MP_CHECKED;

/*
 * Up to max values of a column of width bytes from docid on, as they are
 * in the file; *count says how many.
 */
enum mp_status mp_segment_column(void *to, uint32_t *count, uint32_t max,
    struct mp_segment *segment, enum mp_section section, size_t width,
    uint32_t docid, struct mp_err *err) MP_CHECKED;

/* Append the blobs of a document's summary. */
enum mp_status mp_segment_summary(struct mp_buf *to,
    struct mp_segment *segment, uint32_t docid, struct mp_err *err)
    MP_CHECKED;

/*
 * Reads the summaries of one document after the other, each group once.
 */
struct mp_group_in {
	enum mp_section index;
	enum mp_section section;
	uint32_t group;		/* in plain; UINT32_MAX: none */
	uint32_t next;		/* document of it that left is at */
	struct mp_cursor left;
	struct mp_buf plain;
};

struct mp_summary_in {
	struct mp_segment *segment;
	struct mp_group_in ids;
	struct mp_group_in rest;
	struct mp_buf packed;
	struct mp_buf whole;
};

void mp_summary_in_init(struct mp_summary_in *in, struct mp_segment *segment);
void mp_summary_in_clear(struct mp_summary_in *in);

/* The id alone; *id stays valid until the next call. */
enum mp_status mp_summary_in_id(const uint8_t **id, size_t *len,
    struct mp_summary_in *in, uint32_t docid, struct mp_err *err) MP_CHECKED;

/* *summary stays valid until the next call. */
enum mp_status mp_summary_in_get(const uint8_t **summary, size_t *len,
    struct mp_summary_in *in, uint32_t docid, struct mp_err *err) MP_CHECKED;

/* Up to MP_REFS_KEPT references of a document. */
enum mp_status mp_segment_refs(uint64_t refs[MP_REFS_KEPT], uint32_t *count,
    struct mp_segment *segment, uint32_t docid, struct mp_err *err)
    MP_CHECKED;

uint64_t mp_mid_count(const struct mp_segment *segment);
enum mp_status mp_mid_get(struct mp_mid *mid, struct mp_segment *segment,
    uint64_t index, struct mp_err *err) MP_CHECKED;

/* The index of the first entry whose hash is not below hash. */
enum mp_status mp_mid_find(uint64_t *index, struct mp_segment *segment,
    uint64_t hash, struct mp_err *err) MP_CHECKED;

/* --- threads -------------------------------------------------------- */

/*
 * Which root took over which: a union of sets of docids, where the lowest
 * docid of a set is its root. A docid that is not in it is its own root.
 */
struct mp_join {
	uint32_t from;
	uint32_t to;
};

struct mp_roots {
	struct mp_join *table;	/* from MP_DOCSET_END: empty */
	size_t mask;
	size_t count;
};

void mp_roots_init(struct mp_roots *roots);
void mp_roots_clear(struct mp_roots *roots);
uint32_t mp_roots_find(const struct mp_roots *roots, uint32_t docid);

/* Join the sets of a and b; the root that is one no more, or MP_DOCSET_END */
uint32_t mp_roots_join(struct mp_roots *roots, uint32_t a, uint32_t b);

/* Take in the joins that the segment holds. */
enum mp_status mp_roots_load(struct mp_roots *roots,
    struct mp_segment *segment, struct mp_err *err) MP_CHECKED;

/* Id hashes of new documents, owned and referred to. */
struct mp_id_use {
	uint64_t hash;
	uint32_t docid;		/* relative to the first of the new ones */
	bool phantom;
};

struct mp_threading {
	struct mp_roots roots;	/* of all documents */
	uint32_t first;		/* the new documents */
	uint32_t count;
	struct mp_id_use *uses;	/* sorted: hash, owners first, docid */
	size_t use_count;
	struct mp_join *joins;	/* of documents that were there before */
	size_t join_count;
	size_t join_cap;
};

void mp_threading_init(struct mp_threading *threading);
void mp_threading_clear(struct mp_threading *threading);

/*
 * Thread count new documents from docid first on, given all segments with
 * other ones: fills doc->thread, threading->uses and ->joins. A document
 * whose id_hash is 0 is missing: its docid is left empty.
 */
enum mp_status mp_threading_run(struct mp_threading *threading,
    struct mp_doc *docs, uint32_t count, uint32_t first,
    struct mp_segment *const *segments, size_t segment_count,
    struct mp_err *err) MP_CHECKED;

/* Write the mid table of new documents first .. end - 1 (relative). */
void mp_threading_write(struct mp_segment_out *out,
    const struct mp_threading *threading, uint32_t first, uint32_t end);

#endif
