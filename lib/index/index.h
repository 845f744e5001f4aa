/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_INDEX_INDEX_H
#define MP_INDEX_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/docset.h"
#include "store/store.h"

/*
 * The index as readers see it: all segments of the store's manifest as one,
 * and the pending messages found by id only (mp-index.5). Every block is
 * sealed; a broken seal is MP_CORRUPT naming file, section and block, never
 * an empty result. One mp_index serves one thread.
 */
struct mp_index;

enum mp_field {
	MP_FIELD_BODY,
	MP_FIELD_SUBJECT,
	MP_FIELD_FROM,		/* names and addresses of From */
	MP_FIELD_TO,		/* To */
	MP_FIELD_CC,		/* Cc and Bcc */
	MP_FIELD_ATTACHMENT,	/* file names */
	MP_FIELD_MIMETYPE,	/* "text", "html" ... as words, positions */
	MP_FIELD_LIST,		/* List-Id */
	MP_FIELD_MUA,		/* User-Agent, X-Mailer */
	MP_FIELD_FLAG,		/* exact: "attachment", "image", "missing-date"
				   "signed", "encrypted", ...: has:, missing: */
	MP_FIELD_PROPERTY,	/* exact: "KEY=VALUE" */
	MP_FIELD_PERSON_FROM,	/* exact: "ADDRESS TAB NAME", address folded */
	MP_FIELD_PERSON_TO,	/* the same of To, Cc */
	MP_FIELDS
};

#define MP_EXACT_MAX 255	/* bytes of a term of an exact field */

/*
 * Open all segments, reading nothing yet. When one vanished because a writer
 * merged it, a reading store is refreshed: it may be at a later epoch
 * afterwards. MP_CORRUPT: a segment is missing.
 */
enum mp_status mp_index_open(struct mp_index **index, struct mp_store *store,
    struct mp_err *err) MP_CHECKED;
void mp_index_close(struct mp_index *index);

struct mp_store *mp_index_store(const struct mp_index *index);

/* One more than the last docid; sets of results have this size. */
uint32_t mp_index_end(const struct mp_index *index);

/* Documents that some segment covers. */
enum mp_status mp_index_covered(struct mp_docset *set,
    struct mp_index *index, struct mp_err *err) MP_CHECKED;

/* --- terms ---------------------------------------------------------- */

/* Add the documents that hold the term to set. An absent term adds none. */
enum mp_status mp_index_term(struct mp_docset *set, struct mp_index *index,
    enum mp_field field, const char *term, size_t len, struct mp_err *err)
    MP_CHECKED;

/* Upper bound of the number of documents with the term, without postings. */
enum mp_status mp_index_frequency(uint32_t *df, struct mp_index *index,
    enum mp_field field, const char *term, size_t len, struct mp_err *err)
    MP_CHECKED;

/* Not MP_OK ends the walk and becomes its status. */
typedef enum mp_status mp_vocabulary_fn(void *arg, const char *term,
    size_t len, uint32_t df, uint32_t last_docid, struct mp_err *err);

/* Every term of the field that starts with prefix, sorted by bytes. */
enum mp_status mp_index_vocabulary(struct mp_index *index,
    enum mp_field field, const char *prefix, size_t prefix_len,
    mp_vocabulary_fn *fn, void *arg, struct mp_err *err) MP_CHECKED;

/* Add the documents of all terms that start with prefix. */
enum mp_status mp_index_prefix(struct mp_docset *set,
    struct mp_index *index, enum mp_field field, const char *prefix,
    size_t len, struct mp_err *err) MP_CHECKED;

/*
 * Positional match. Each of the count places is a set of alternative terms
 * (one for a plain word, several for stems). Adds the documents where terms
 * of all places stand within window positions: in this order when ordered,
 * next to each other when window equals count.
 */
struct mp_phrase_place {
	const char *const *terms;
	size_t count;
};

enum mp_status mp_index_near(struct mp_docset *set, struct mp_index *index,
    enum mp_field field, const struct mp_phrase_place *places, size_t count,
    uint32_t window, bool ordered, struct mp_err *err) MP_CHECKED;

/* --- documents ------------------------------------------------------ */

/* Documents with this Message-ID, pending ones too. */
enum mp_status mp_index_find_id(struct mp_docset *set,
    struct mp_index *index, const char *id, struct mp_err *err) MP_CHECKED;

/*
 * Does the store hold a message with the same bytes? Then *docid says which
 * (removed ones do not count). MP_NOT_FOUND otherwise; *variants says how
 * many documents have the same id but other bytes.
 */
enum mp_status mp_index_find_same(uint32_t *docid, uint32_t *variants,
    struct mp_index *index, const char *id, const uint8_t sha256[32],
    struct mp_err *err) MP_CHECKED;

enum mp_status mp_index_place(struct mp_place *place,
    struct mp_index *index, uint32_t docid, struct mp_err *err) MP_CHECKED;

struct mp_summary {
	char *id;	/* as records show it: "id:..." escaped */
	char *from;
	char *subject;
	int64_t date;	/* 0: none */
};

void mp_summary_clear(struct mp_summary *summary);

/* The id alone, as records show it; the caller frees it. */
enum mp_status mp_index_id(char **id, struct mp_index *index,
    uint32_t docid, struct mp_err *err) MP_CHECKED;

/* What a listing shows, without opening the message unless pending. */
enum mp_status mp_index_summary(struct mp_summary *summary,
    struct mp_index *index, uint32_t docid, struct mp_err *err) MP_CHECKED;

/* Columns: date (Unix seconds), size (bytes), thread (root docid). */
enum mp_status mp_index_date(uint32_t *date, struct mp_index *index,
    uint32_t docid, struct mp_err *err) MP_CHECKED;
enum mp_status mp_index_size(uint32_t *size, struct mp_index *index,
    uint32_t docid, struct mp_err *err) MP_CHECKED;
enum mp_status mp_index_thread(uint32_t *root, struct mp_index *index,
    uint32_t docid, struct mp_err *err) MP_CHECKED;

/*
 * Add the documents whose date (size) is in first .. last, both included.
 * Those without a date are in no range of dates.
 */
enum mp_status mp_index_date_range(struct mp_docset *set,
    struct mp_index *index, uint32_t first, uint32_t last,
    struct mp_err *err) MP_CHECKED;
enum mp_status mp_index_size_range(struct mp_docset *set,
    struct mp_index *index, uint32_t first, uint32_t last,
    struct mp_err *err) MP_CHECKED;

/* Add all documents of the threads that have a member in set. */
enum mp_status mp_index_threads(struct mp_docset *set,
    struct mp_index *index, struct mp_err *err) MP_CHECKED;

/* The documents of one thread as parent links: parent MP_DOCSET_END: none */
struct mp_thread_node {
	uint32_t docid;
	uint32_t parent;
};

/* *nodes is the caller's to free(3); by date, parents before children. */
enum mp_status mp_index_thread_nodes(struct mp_thread_node **nodes,
    size_t *count, struct mp_index *index, uint32_t root,
    struct mp_err *err) MP_CHECKED;

#endif
