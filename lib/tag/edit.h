/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_TAG_EDIT_H
#define MP_TAG_EDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "store/docset.h"
#include "store/store.h"

/*
 * Changes of tags: words "+TAG" and "-TAG". A tag is 1 to MP_TAG_MAX bytes of
 * UTF-8 without control characters that does not start with '-' (which would
 * look like taking away) or '+'.
 */
#define MP_TAG_MAX 200

struct mp_tag_edit {
	struct mp_strlist add;
	struct mp_strlist remove;	/* disjoint from add */
	bool remove_all;	/* take all other tags away first */
};

#define MP_TAG_EDIT_INIT { MP_STRLIST_INIT, MP_STRLIST_INIT, false }

void mp_tag_edit_clear(struct mp_tag_edit *edit);

/* MP_USAGE: text is no tag. */
enum mp_status mp_tag_check(const char *text, struct mp_err *err) MP_CHECKED;

/* Add a word; of two that speak of one tag the later counts. MP_USAGE. */
enum mp_status mp_tag_edit_word(struct mp_tag_edit *edit, const char *word,
    struct mp_err *err) MP_CHECKED;

bool mp_tag_edit_empty(const struct mp_tag_edit *edit);

/* Change the tags of the set, in the open transaction. */
enum mp_status mp_tag_edit_apply(struct mp_store *store,
    const struct mp_tag_edit *edit, const struct mp_docset *set,
    struct mp_err *err) MP_CHECKED;

/*
 * All messages with the tag from get the tag to instead.
 * MP_NOT_FOUND: no message has the tag from.
 */
enum mp_status mp_tag_rename(struct mp_store *store, const char *from,
    const char *to, struct mp_err *err) MP_CHECKED;

#endif
