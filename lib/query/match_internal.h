/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_MATCH_INTERNAL_H
#define MP_MATCH_INTERNAL_H

#include "query/match.h"
#include "query/query_internal.h"
#include "text/text.h"

/* What one match works with. */
struct match {
	struct mp_index *index;
	const struct mp_match_options *options;
	struct mp_docset alive;		/* all documents but removed ones */
	struct mp_stemmer *stemmer;	/* made at the first stem */
	bool plain;			/* ... there is none */
	struct mp_strlist *lines;	/* of explain, or NULL */
	unsigned depth;
	struct mp_err *err;
};

/*
 * The leaves: add to set, which has the size of alive, the documents of a
 * node. within, unless NULL, holds all that matter; more may be added.
 */
enum mp_status mp_match_word(struct mp_docset *set, struct match *match,
    const struct node *node) MP_CHECKED;
enum mp_status mp_match_phrase(struct mp_docset *set, struct match *match,
    const struct node *node) MP_CHECKED;
enum mp_status mp_match_prefix(struct mp_docset *set, struct match *match,
    const struct node *node) MP_CHECKED;
enum mp_status mp_match_empty(struct mp_docset *set, struct match *match,
    const struct node *node) MP_CHECKED;
enum mp_status mp_match_tag(struct mp_docset *set, struct match *match,
    const struct node *node) MP_CHECKED;
enum mp_status mp_match_folder(struct mp_docset *set, struct match *match,
    const struct node *node) MP_CHECKED;
enum mp_status mp_match_regex(struct mp_docset *set, struct match *match,
    const struct node *node, const struct mp_docset *within) MP_CHECKED;
enum mp_status mp_match_range(struct mp_docset *set, struct match *match,
    const struct node *node) MP_CHECKED;
enum mp_status mp_match_personal(struct mp_docset *set, struct match *match)
    MP_CHECKED;
enum mp_status mp_match_known(struct mp_docset *set, struct match *match)
    MP_CHECKED;

/* An estimate of the documents of a word or phrase node, an upper bound. */
enum mp_status mp_match_word_cost(uint64_t *cost, struct match *match,
    const struct node *node) MP_CHECKED;

#endif
