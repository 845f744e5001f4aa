/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CLI_RESULTS_H
#define MP_CLI_RESULTS_H

#include <stddef.h>

#include "base/err.h"
#include "cli/cli.h"
#include "index/index.h"
#include "query/sort.h"
#include "store/docset.h"

/*
 * A set of messages as records (mp-records.5). Messages with the same id
 * and different bytes count as one and show as the one that came first.
 */
enum mp_output {
	MP_OUTPUT_SUMMARY,	/* id, date, from, subject, tags */
	MP_OUTPUT_IDS,
	MP_OUTPUT_THREADS,
	MP_OUTPUT_TAGS,
	MP_OUTPUT_ADDRESSES,	/* of senders */
	MP_OUTPUT_COUNT
};

#define MP_OUTPUT_WORDS "summary|ids|threads|tags|addresses|count"

struct mp_results {
	struct mp_cli *cli;
	struct mp_index *index;
	enum mp_output output;
	enum mp_sort sort;
	size_t offset;	/* records to pass over; not with count and tags */
	size_t limit;	/* MP_SORT_ALL: no limit */
};

/* Take out of set the later ones of messages with the same id. */
enum mp_status mp_results_unique(struct mp_docset *set,
    struct mp_index *index, struct mp_err *err) MP_CHECKED;

/* Write the records. Changes set as mp_results_unique does. */
enum mp_status mp_results_write(const struct mp_results *results,
    struct mp_docset *set, struct mp_err *err) MP_CHECKED;

#endif
