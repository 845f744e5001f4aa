/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CLI_RESULTS_INTERNAL_H
#define MP_CLI_RESULTS_INTERNAL_H

#include "base/strlist.h"
#include "cli/record.h"
#include "cli/results.h"

/*
 * Tags of many documents: each looked up for a few, all sets loaded at once
 * for many (sets not NULL).
 */
struct tagger {
	struct mp_store *store;
	struct mp_strlist names;	/* with "t:" */
	struct mp_docset *sets;
};

/* For count documents. Clear in any case. */
enum mp_status mp_tagger_init(struct tagger *tagger, struct mp_index *index,
    size_t count, struct mp_err *err) MP_CHECKED;
void mp_tagger_clear(struct tagger *tagger);

/* Add the document's tags, sorted. */
enum mp_status mp_tagger_add(struct mp_strlist *tags, struct tagger *tagger,
    uint32_t docid, struct mp_err *err) MP_CHECKED;

/* "thread:..." of a root; the caller frees it. */
char *mp_thread_name(uint32_t root);

enum mp_status mp_write_threads(const struct mp_results *results,
    struct mp_records *records, const struct mp_docset *set,
    struct mp_err *err) MP_CHECKED;
enum mp_status mp_write_addresses(const struct mp_results *results,
    struct mp_records *records, const struct mp_docset *set,
    struct mp_err *err) MP_CHECKED;

#endif
