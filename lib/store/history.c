/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/store_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct history {
	struct mp_store *store;
	uint64_t from;
	mp_event_fn *fn;
	void *arg;
};

static enum mp_status
show_bits(const struct history *history, struct mp_event *shown,
    const struct mp_log_event *event, uint32_t doc_end, struct mp_err *err)
{
	struct bits_event bits = { NULL, MP_DOCSET_INIT, MP_DOCSET_INIT };
	enum mp_status status;

	status = mp_decode_bits(&bits, event, doc_end, err);
	if (status == MP_OK) {
		shown->name = bits.name;
		shown->added = &bits.added;
		shown->removed = &bits.removed;
		status = history->fn(history->arg, shown, err);
	}
	mp_bits_event_clear(&bits);
	return status;
}

static enum mp_status
show_value(const struct history *history, struct mp_event *shown,
    const struct mp_log_event *event, struct mp_err *err)
{
	struct value_event value = { NULL, NULL, NULL, 0 };
	enum mp_status status;

	status = mp_decode_value(&value, event, err);
	if (status == MP_OK) {
		shown->name = value.table;
		shown->key = value.key;
		shown->value = value.value;
		shown->value_len = value.len;
		status = history->fn(history->arg, shown, err);
	}
	mp_value_event_clear(&value);
	return status;
}

static enum mp_status
show_messages(const struct history *history, struct mp_event *shown,
    const struct mp_log_event *event, uint32_t doc_end, struct mp_err *err)
{
	struct mp_docset added;
	struct mp_pending *list;
	enum mp_status status;
	size_t count, i;

	status = mp_decode_messages(&list, &count, event, err);
	if (status != MP_OK)
		return status;
	mp_docset_init(&added, doc_end);
	for (i = 0; i < count; i++)
		mp_docset_add(&added, list[i].docid);
	shown->added = &added;
	status = history->fn(history->arg, shown, err);
	mp_docset_clear(&added);
	free(list);
	return status;
}

static enum mp_status
show_event(const struct history *history, const struct mp_log_batch *batch,
    const struct mp_log_event *event, struct mp_err *err)
{
	struct mp_event shown = {
		.epoch = batch->state->epoch,
		.time = batch->state->time,
		.writer = batch->writer,
		.name = "",
		.key = "",
	};

	switch (event->type) {
	case MP_EVENT_BITS:
		shown.type = MP_EVENT_BITS;
		return show_bits(history, &shown, event,
		    batch->state->doc_end, err);
	case MP_EVENT_VALUE:
		shown.type = MP_EVENT_VALUE;
		return show_value(history, &shown, event, err);
	case MP_EVENT_MESSAGES:
		shown.type = MP_EVENT_MESSAGES;
		return show_messages(history, &shown, event,
		    batch->state->doc_end, err);
	default:
		return MP_OK;
	}
}

static enum mp_status
show_batch(void *arg, const struct mp_log_batch *batch, struct mp_err *err)
{
	const struct history *history = arg;
	enum mp_status status = MP_OK;
	struct mp_event commit = {
		.type = MP_EVENT_COMMIT,
		.epoch = batch->state->epoch,
		.time = batch->state->time,
		.writer = batch->writer,
		.name = "",
		.key = "",
	};
	size_t i;

	if (batch->state->epoch < history->from ||
	    batch->state->epoch > history->store->manifest.log.epoch)
		return MP_OK;
	for (i = 0; i < batch->count && status == MP_OK; i++)
		status = show_event(history, batch, &batch->events[i], err);
	if (status == MP_OK)
		status = history->fn(history->arg, &commit, err);
	return status;
}

/* Walk the whole log with a reader of its own. */
static enum mp_status
walk(struct mp_store *store, mp_log_batch_fn *fn, void *arg,
    struct mp_err *err)
{
	char *folder = mp_store_file(store, "log");
	struct mp_log *log = mp_log_new(folder, store->keys);
	struct mp_log_state state = { 0 };
	enum mp_status status;
	bool tail;

	status = mp_log_walk(&tail, log, &state, fn, arg, err);
	if (status == MP_OK && state.epoch < store->manifest.log.epoch)
		status = mp_err_set(err, MP_CORRUPT, "damage in the log: it "
		    "ends at commit %llu of %llu",
		    (unsigned long long)state.epoch,
		    (unsigned long long)store->manifest.log.epoch);
	mp_log_free(log);
	free(folder);
	return status;
}

enum mp_status
mp_store_history(struct mp_store *store, uint64_t from, mp_event_fn *fn,
    void *arg, struct mp_err *err)
{
	struct history history = { store, from, fn, arg };

	return walk(store, show_batch, &history, err);
}

static enum mp_status
collect_messages(void *arg, const struct mp_log_batch *batch,
    struct mp_err *err)
{
	struct mp_buf *all = arg;
	size_t i;

	for (i = 0; i < batch->count; i++) {
		struct mp_pending *list;
		size_t count;

		if (batch->events[i].type != MP_EVENT_MESSAGES)
			continue;
		if (mp_decode_messages(&list, &count, &batch->events[i],
		    err) != MP_OK)
			return err->status;
		mp_buf_add(all, list, count * sizeof *list);
		free(list);
	}
	return MP_OK;
}

enum mp_status
mp_store_all(struct mp_pending **list, size_t *count,
    struct mp_store *store, struct mp_err *err)
{
	struct mp_buf all = MP_BUF_INIT((size_t)1 << 37);
	enum mp_status status = walk(store, collect_messages, &all, err);

	if (status != MP_OK)
		mp_buf_clear(&all);
	*list = (struct mp_pending *)(void *)all.data;
	*count = mp_pending_order(*list, all.len / sizeof **list);
	return status;
}
