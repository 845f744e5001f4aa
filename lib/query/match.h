/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_QUERY_MATCH_H
#define MP_QUERY_MATCH_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strlist.h"
#include "index/index.h"
#include "query/query.h"
#include "store/docset.h"

/*
 * Which messages a query means, computed as sets of docids: cheapest parts
 * of an "and" first, and nothing after they leave none. Stems are looked up
 * in the vocabulary, since the index holds words as they are.
 *
 * Removed messages never match. Messages not yet indexed match by what the
 * store knows of them: tags, folders, id.
 */
struct mp_match_options {
	const struct mp_strlist *hidden;	/* tags; NULL: none */
	const struct mp_strlist *own;	/* the user's addresses; NULL: none */
	const char *language;	/* of stems; NULL: "english" */
};

/*
 * Make *set of the matching documents, which the caller clears also after a
 * failure. Documents with a hidden tag are left out unless the query names
 * that tag. explain, unless NULL, gets one line for each part of the query:
 * number of messages, TAB, the part, indented below what it is part of; "-"
 * as the number of parts that needed no look.
 *
 * MP_CONFIG: the query needs the user's own addresses and there are none.
 * MP_CORRUPT: a block of the index fails its seal.
 */
enum mp_status mp_query_match(struct mp_docset *set, struct mp_index *index,
    const struct mp_query *query, const struct mp_match_options *options,
    struct mp_buf *explain, struct mp_err *err) MP_CHECKED;

/*
 * Add to the empty set the documents with the id as somebody wrote it: as it is, or with the
 * escapes of records (base/encode.h), or in angle brackets; the first of
 * these that exists.
 */
enum mp_status mp_match_find_id(struct mp_docset *set, struct mp_index *index,
    const char *text, struct mp_err *err) MP_CHECKED;

#endif
