/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_SEARCH_SEARCH_H
#define MP_SEARCH_SEARCH_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strlist.h"
#include "index/index.h"
#include "query/query.h"
#include "store/docset.h"

/*
 * Queries with the user's settings: hidden tags (search.hidden), language of
 * stems (search.language), own addresses (user.addresses) and saved queries
 * (query.NAME).
 */
struct mp_search {
	struct mp_index *index;
	enum mp_query_syntax syntax;
	bool show_hidden;	/* leave no tag out */
	struct mp_strlist hidden;
	struct mp_strlist own;
	char *language;
};

/* Read the settings. Clear also after a failure. */
enum mp_status mp_search_init(struct mp_search *search,
    struct mp_index *index, struct mp_err *err) MP_CHECKED;
void mp_search_clear(struct mp_search *search);

/* As mp_query_parse. */
enum mp_status mp_search_parse(struct mp_query **query,
    struct mp_search *search, const char *text, struct mp_query_place *place,
    struct mp_err *err) MP_CHECKED;

/* As mp_query_match. */
enum mp_status mp_search_match(struct mp_docset *set,
    struct mp_search *search, const struct mp_query *query,
    struct mp_buf *explain, struct mp_err *err) MP_CHECKED;

/* Both. The caller clears *set in any case. */
enum mp_status mp_search_run(struct mp_docset *set, struct mp_search *search,
    const char *text, struct mp_err *err) MP_CHECKED;

#endif
