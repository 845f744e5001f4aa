/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_TAG_HISTORY_H
#define MP_TAG_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "store/docset.h"
#include "store/store.h"

/*
 * The changes of tags as the store's log has them, one for each commit that
 * changed tags of messages that were there before: what somebody did, not
 * what mp-fetch and mp-index give to new mail.
 */
struct mp_tag_event {
	char *name;		/* "t:TAG" */
	struct mp_docset added;
	struct mp_docset removed;
};

struct mp_tag_change {
	uint64_t epoch;
	int64_t time;
	char *writer;		/* the command */
	struct mp_tag_event *events;
	size_t count;
};

struct mp_tag_history {
	struct mp_tag_change *changes;	/* oldest first */
	size_t count;
};

#define MP_TAG_HISTORY_INIT { NULL, 0 }

/* The last changes, at most max of them. Clear also after a failure. */
enum mp_status mp_tag_history_load(struct mp_tag_history *history,
    struct mp_store *store, size_t max, struct mp_err *err) MP_CHECKED;
void mp_tag_history_clear(struct mp_tag_history *history);

/* "+TAG:N" and "-TAG:N", N messages each. */
void mp_tag_change_words(struct mp_strlist *words,
    const struct mp_tag_change *change);

/*
 * Turn back the last count changes, in the open transaction; set gains the
 * messages touched. That is a change, too, so undoing it does them again.
 *
 * MP_NOT_FOUND: there are not so many changes; nothing is undone.
 */
enum mp_status mp_tag_undo(struct mp_docset *set, struct mp_store *store,
    size_t count, struct mp_err *err) MP_CHECKED;

#endif
