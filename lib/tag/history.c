/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tag/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define FIRST_LOOK 64	/* epochs looked back at first */

static void
change_clear(struct mp_tag_change *change)
{
	size_t i;

	for (i = 0; i < change->count; i++) {
		free(change->events[i].name);
		mp_docset_clear(&change->events[i].added);
		mp_docset_clear(&change->events[i].removed);
	}
	free(change->events);
	free(change->writer);
	memset(change, 0, sizeof *change);
}

void
mp_tag_history_clear(struct mp_tag_history *history)
{
	size_t i;

	for (i = 0; i < history->count; i++)
		change_clear(&history->changes[i]);
	free(history->changes);
	history->changes = NULL;
	history->count = 0;
}

/* A walk: the last max changes so far, and the one being gathered. */
struct walk {
	struct mp_tag_history *history;
	size_t max;
	struct mp_tag_change current;
	bool new_mail;	/* the commit brought messages */
};

static void
close_change(struct walk *walk)
{
	struct mp_tag_history *history = walk->history;

	if (walk->current.count == 0 || walk->new_mail ||
	    strcmp(walk->current.writer, "mp-index") == 0 ||
	    walk->max == 0) {
		change_clear(&walk->current);
		return;
	}
	if (history->count == walk->max) {
		change_clear(&history->changes[0]);
		history->count--;
		memmove(history->changes, history->changes + 1,
		    history->count * sizeof *history->changes);
	}
	history->changes = mp_realloc_array(history->changes,
	    history->count + 1, sizeof *history->changes);
	history->changes[history->count++] = walk->current;
	memset(&walk->current, 0, sizeof walk->current);
}

static void
add_event(struct mp_tag_change *change, const struct mp_event *event)
{
	struct mp_tag_event *added;

	change->events = mp_realloc_array(change->events, change->count + 1,
	    sizeof *change->events);
	added = &change->events[change->count++];
	memset(added, 0, sizeof *added);
	added->name = mp_strdup(event->name);
	if (event->added != NULL)
		mp_docset_copy(&added->added, event->added);
	if (event->removed != NULL)
		mp_docset_copy(&added->removed, event->removed);
}

static enum mp_status
take_event(void *arg, const struct mp_event *event, struct mp_err *err)
{
	struct walk *walk = arg;

	(void)err;
	if (event->epoch != walk->current.epoch) {
		close_change(walk);
		walk->current.epoch = event->epoch;
		walk->new_mail = false;
	}
	if (event->type == MP_EVENT_MESSAGES)
		walk->new_mail = true;
	if (event->type != MP_EVENT_BITS ||
	    strncmp(event->name, "t:", 2) != 0)
		return MP_OK;
	if (walk->current.writer == NULL) {
		walk->current.writer = mp_strdup(event->writer);
		walk->current.time = event->time;
	}
	add_event(&walk->current, event);
	return MP_OK;
}

static enum mp_status
walk_from(struct mp_tag_history *history, struct mp_store *store,
    uint64_t from, size_t max, struct mp_err *err)
{
	struct walk walk = { .history = history, .max = max };
	enum mp_status status;

	status = mp_store_history(store, from, take_event, &walk, err);
	close_change(&walk);
	return status;
}

enum mp_status
mp_tag_history_load(struct mp_tag_history *history, struct mp_store *store,
    size_t max, struct mp_err *err)
{
	uint64_t epoch = mp_store_epoch(store), back = FIRST_LOOK, from;
	enum mp_status status;

	*history = (struct mp_tag_history)MP_TAG_HISTORY_INIT;
	for (;; back *= 8) {
		from = max == SIZE_MAX || back >= epoch ? 0 : epoch - back;
		status = walk_from(history, store, from, max, err);
		if (status != MP_OK || from == 0 || history->count == max)
			return status;
		mp_tag_history_clear(history);
	}
}

static void
add_word(struct mp_strlist *words, char sign, const char *name,
    const struct mp_docset *set)
{
	uint32_t count = mp_docset_count(set);

	if (count > 0)
		mp_strlist_take(words, mp_asprintf("%c%s:%u", sign, name + 2,
		    count));
}

void
mp_tag_change_words(struct mp_strlist *words,
    const struct mp_tag_change *change)
{
	size_t i;

	for (i = 0; i < change->count; i++) {
		add_word(words, '+', change->events[i].name,
		    &change->events[i].added);
		add_word(words, '-', change->events[i].name,
		    &change->events[i].removed);
	}
}

/* Messages removed since then keep what they have. */
static enum mp_status
turn_back(struct mp_docset *set, struct mp_store *store,
    struct mp_tag_event *event, const struct mp_docset *removed,
    struct mp_err *err)
{
	mp_docset_andnot(&event->added, removed);
	mp_docset_andnot(&event->removed, removed);
	mp_docset_or(set, &event->added);
	mp_docset_or(set, &event->removed);
	return mp_store_bits_change(store, event->name, &event->removed,
	    &event->added, err);
}

enum mp_status
mp_tag_undo(struct mp_docset *set, struct mp_store *store, size_t count,
    struct mp_err *err)
{
	struct mp_tag_history history;
	struct mp_docset removed = MP_DOCSET_INIT;
	enum mp_status status;
	size_t i, j;

	status = mp_tag_history_load(&history, store, count, err);
	if (status == MP_OK && history.count < count)
		status = history.count == 0 ?
		    mp_err_set(err, MP_NOT_FOUND, "there is nothing to undo") :
		    mp_err_set(err, MP_NOT_FOUND, "there are only %zu "
		    "changes to undo", history.count);
	if (status == MP_OK)
		status = mp_store_bits_load(&removed, store, "x:removed",
		    err);
	for (i = history.count; i-- > 0 && status == MP_OK;)
		for (j = history.changes[i].count; j-- > 0 &&
		    status == MP_OK;)
			status = turn_back(set, store,
			    &history.changes[i].events[j], &removed, err);
	mp_docset_clear(&removed);
	mp_tag_history_clear(&history);
	return status;
}
