/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_QUERY_SORT_H
#define MP_QUERY_SORT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "index/index.h"
#include "store/docset.h"

enum mp_sort {
	MP_SORT_NEWEST,		/* by date, later arrivals first among equals */
	MP_SORT_OLDEST,
	MP_SORT_ARRIVAL		/* as they came into the store, newest first */
};

#define MP_SORT_ALL SIZE_MAX

/*
 * Put limit members of the set, from the offset-th on, in order into *docids,
 * which the caller frees (NULL when there are none). Needs memory for
 * offset + limit members only, not for the whole set.
 */
enum mp_status mp_sort_docs(uint32_t **docids, size_t *count,
    struct mp_index *index, const struct mp_docset *set, enum mp_sort order,
    size_t offset, size_t limit, struct mp_err *err) MP_CHECKED;

#endif
