/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/store_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/*
 * Checking the log, and mending it: a new one is built of what stands before
 * the first damage and of every later event that still opens, committed
 * anew; then the two change places at once, and the damaged one is kept in
 * aside/. Messages whose MESSAGES event is lost are found again in the packs
 * (mp_store_check_packs).
 */
struct salvage {
	struct mp_store *store;
	mp_log_tell_fn *tell;
	void *arg;
	struct mp_buf bodies;
	struct salvaged {
		uint8_t type;
		size_t at;
		size_t len;
	} *events;
	size_t count;
	size_t cap;
};

static void
keep_event(struct salvage *salvage, const struct mp_record *record)
{
	struct salvaged *event;

	if (salvage->count == salvage->cap) {
		salvage->cap = salvage->cap < 64 ? 64 : salvage->cap * 2;
		salvage->events = mp_realloc_array(salvage->events,
		    salvage->cap, sizeof *salvage->events);
	}
	event = &salvage->events[salvage->count++];
	event->type = record->type;
	event->at = salvage->bodies.len;
	event->len = record->body_len;
	mp_buf_add(&salvage->bodies, record->body, record->body_len);
}

static enum mp_status
ignore_batch(void *arg, const struct mp_log_batch *batch, struct mp_err *err)
{
	(void)arg;
	(void)batch;
	(void)err;
	return MP_OK;
}

/* Collect what opens in one log file from at on, and tell the gaps. */
static void
salvage_file(struct salvage *salvage, uint64_t id, uint64_t at,
    uint64_t *next_event)
{
	char *path = mp_log_path(salvage->store->log, id);
	struct mp_err err = MP_ERR_INIT;
	struct mp_recfile *file = NULL;
	struct mp_record record;
	char text[256];

	if (mp_recfile_open(&file, path, MP_RECFILE_LOG, id,
	    salvage->store->keys, false, &err) != MP_OK)
		salvage->tell(salvage->arg, MP_DAMAGE_LOSS, id, 0, err.text);
	while (file != NULL &&
	    mp_recfile_find(&at, file, at, &err) == MP_OK &&
	    mp_recfile_read(&record, file, at, &err) == MP_OK) {
		if (record.seq > *next_event) {
			(void)snprintf(text, sizeof text, "events %" PRIu64
			    " to %" PRIu64 " are lost", *next_event,
			    record.seq - 1);
			salvage->tell(salvage->arg, MP_DAMAGE_LOSS, id, at,
			    text);
		}
		at = record.next;
		/* an old event put in a later place must not come true again */
		if (record.seq < *next_event)
			continue;
		*next_event = record.seq + 1;
		if (record.type != MP_EVENT_COMMIT)
			keep_event(salvage, &record);
	}
	mp_recfile_close(file);
	free(path);
}

/* The log file that is there with the highest number. */
static uint64_t
last_file(const struct mp_store *store, const char *folder)
{
	char *dir = mp_store_file(store, folder);
	DIR *open_dir = opendir(dir);
	const struct dirent *entry;
	uint64_t last = 0;

	while (open_dir != NULL && (entry = readdir(open_dir)) != NULL) {
		char *end;
		uint64_t id = strtoull(entry->d_name, &end, 16);

		if (*end == '\0' && id > last)
			last = id;
	}
	if (open_dir != NULL)
		(void)closedir(open_dir);
	free(dir);
	return last;
}

/* --- the mended log, built beside the damaged one ---------------------- */

#define COPY_BYTES (1u << 20)

/* The first len bytes of a log file, in a new file. */
static enum mp_status
copy_start(const char *from, const char *to, uint64_t len,
    struct mp_err *err)
{
	struct mp_file in = MP_FILE_INIT, out = MP_FILE_INIT;
	uint8_t *bytes = mp_malloc(COPY_BYTES);
	enum mp_status status = mp_file_open(&in, from, O_RDONLY, err);
	uint64_t at = 0;

	if (status == MP_OK)
		status = mp_file_open(&out, to, O_WRONLY | O_CREAT | O_EXCL,
		    err);
	while (status == MP_OK && at < len) {
		size_t take = len - at < COPY_BYTES ? (size_t)(len - at) :
		    COPY_BYTES;

		status = mp_file_read(&in, bytes, take, at, err);
		if (status == MP_OK)
			status = mp_file_write(&out, bytes, take, at, err);
		at += take;
	}
	if (status == MP_OK)
		status = mp_file_sync(&out, err);
	mp_file_close(&in);
	mp_file_close(&out);
	free(bytes);
	return status;
}

/* Empty the folder, which holds files only. */
static void
empty_folder(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char *file = mp_asprintf("%s/%s", path, entry->d_name);

		if (entry->d_name[0] != '.')
			(void)mp_io.unlink(file);
		free(file);
	}
	if (dir != NULL)
		(void)closedir(dir);
}

/* Make log.new/ with the log as it is up to state. */
static enum mp_status
copy_log(struct mp_store *store, const struct mp_log_state *state,
    struct mp_err *err)
{
	char *folder = mp_store_file(store, "log.new");
	enum mp_status status = mp_path_make(folder, err);
	uint64_t id;

	empty_folder(folder);	/* of an attempt that was cut short */
	for (id = 1; id <= state->file && status == MP_OK; id++) {
		char *from = mp_log_path(store->log, id);
		char *to = mp_asprintf("%s/%016" PRIx64, folder, id);
		uint64_t len = state->end;
		struct mp_file file = MP_FILE_INIT;

		if (id != state->file) {
			status = mp_file_open(&file, from, O_RDONLY, err);
			if (status == MP_OK)
				status = mp_file_size(&len, &file, err);
			mp_file_close(&file);
		}
		if (status == MP_OK)
			status = copy_start(from, to, len, err);
		free(to);
		free(from);
	}
	if (status == MP_OK)
		status = mp_path_sync_dir(folder, err);
	free(folder);
	return status;
}

/*
 * Put the mended log into the place of the damaged one, which goes whole
 * into aside/. At no moment is there none, or a part of one; the catalogue,
 * which knows the damaged log, goes first.
 */
static enum mp_status
exchange_logs(struct mp_store *store, uint64_t epoch, struct mp_err *err)
{
	char *log = mp_store_file(store, "log");
	char *new_log = mp_store_file(store, "log.new");
	char *catalogue = mp_store_file(store, "cat.tdb");
	char *aside = mp_asprintf("%s/aside/log-%" PRIu64 "-%lld",
	    store->path, epoch, (long long)store->next.log.time);
	enum mp_status status;

	(void)mp_io.unlink(catalogue);
	status = mp_path_sync_dir(store->path, err);
	if (status == MP_OK)
		status = mp_path_exchange(log, new_log, err);
	if (status == MP_OK)
		status = mp_path_rename(new_log, aside, err);
	if (status == MP_OK)
		status = mp_path_sync_dir(store->path, err);
	free(aside);
	free(catalogue);
	free(new_log);
	free(log);
	return status;
}

/* One more than the highest docid of a readable record in the pack. */
static uint32_t
scan_pack(struct mp_store *store, uint64_t id)
{
	char *path = mp_pack_path(store, id);
	struct mp_err err = MP_ERR_INIT;
	struct mp_recfile *pack = NULL;
	struct mp_record record;
	uint64_t at = 0;
	uint32_t end = 0;

	if (mp_recfile_open(&pack, path, MP_RECFILE_PACK, id, store->keys,
	    false, &err) == MP_OK) {
		while (mp_recfile_find(&at, pack, at, &err) == MP_OK &&
		    mp_recfile_read(&record, pack, at, &err) == MP_OK) {
			if (record.type == MP_PACK_FRAME &&
			    record.seq >= end && record.seq < UINT32_MAX - 1)
				end = (uint32_t)record.seq + 1;
			at = record.next;
		}
	}
	mp_recfile_close(pack);
	free(path);
	return end;
}

/* What the packs are, whatever the log says: its lost part gave it out. */
static enum mp_status
find_packs(struct mp_store *store, struct mp_err *err)
{
	struct mp_log_state *log = &store->next.log;
	struct mp_file file = MP_FILE_INIT;
	uint64_t last = last_file(store, "pack"), id;
	enum mp_status status = MP_OK;
	char *path = mp_pack_path(store, last);

	if (last != 0)
		status = mp_file_open(&file, path, 0, err);
	if (status == MP_OK && last != 0)
		status = mp_file_size(&log->pack_end, &file, err);
	mp_file_close(&file);
	free(path);
	log->pack = last;
	for (id = 1; id <= last; id++) {
		uint32_t end = scan_pack(store, id);

		if (end > log->doc_end)
			log->doc_end = end;
	}
	return status;
}

static enum mp_status
commit_salvaged(struct salvage *salvage, struct mp_err *err)
{
	struct mp_store *store = salvage->store;
	enum mp_status status = find_packs(store, err);
	size_t i;

	for (i = 0; i < salvage->count && status == MP_OK; i++) {
		struct mp_log_event event = { salvage->events[i].type,
		    salvage->bodies.data + salvage->events[i].at,
		    salvage->events[i].len };
		struct mp_err bad = MP_ERR_INIT;

		if (event.type == MP_EVENT_SEGMENTS)
			continue;	/* derived: indexed again */
		if (mp_apply_event(store, &event, &bad) == MP_OK)
			mp_log_add(store->log, event.type, event.body,
			    event.len);
		else
			salvage->tell(salvage->arg, MP_DAMAGE_LOSS,
			    store->next.log.file, 0, bad.text);
	}
	if (status == MP_OK)
		status = mp_log_commit(store->log, &store->next.log,
		    store->writer, err);
	return status;
}

static enum mp_status
mend(struct salvage *salvage, const struct mp_log_state *state,
    struct mp_err *err)
{
	struct mp_store *store = salvage->store;
	struct mp_log_state at = { 0 };
	enum mp_status status = copy_log(store, state, err);
	bool tail;

	mp_store_use_log(store, "log.new");
	/* the catalogue of the good part, in which the rest is applied */
	if (status == MP_OK)
		status = mp_store_replay(&tail, store, &at, err);
	if (status == MP_OK)
		status = commit_salvaged(salvage, err);
	if (status == MP_OK) {
		mp_manifest_save(store);
		status = mp_catalogue_flush(store->catalogue, err);
	}
	if (status == MP_OK)
		status = exchange_logs(store, state->epoch, err);
	if (status == MP_OK)
		status = mp_store_install(store, err);
	mp_store_use_log(store, "log");
	if (status == MP_OK) {
		store->manifest = store->next;
		mp_anchor_save(store);
	}
	return status;
}

/* Both headers of each log file. */
static enum mp_status
check_headers(struct salvage *salvage, bool repair, uint64_t last,
    struct mp_err *err)
{
	uint64_t id;

	for (id = 1; id <= last; id++) {
		char *path = mp_log_path(salvage->store->log, id);
		struct mp_recfile *file = NULL;
		struct mp_err bad = MP_ERR_INIT;
		enum mp_status status = MP_OK;
		bool damaged = false;

		if (mp_recfile_open(&file, path, MP_RECFILE_LOG, id,
		    salvage->store->keys, repair, &bad) == MP_OK)
			status = mp_recfile_check_header(&damaged, file,
			    repair, err);
		mp_recfile_close(file);
		free(path);
		if (damaged)
			salvage->tell(salvage->arg, MP_DAMAGE_MENDABLE, id, 0,
			    "one of the two headers is damaged");
		if (status != MP_OK)
			return status;
	}
	return MP_OK;
}

static enum mp_status
check_log(struct salvage *salvage, bool repair, struct mp_err *err)
{
	struct mp_store *store = salvage->store;
	struct mp_log_state state = { 0 };
	uint64_t last = last_file(store, "log"), id, next_event;
	enum mp_status status;
	bool tail;

	status = check_headers(salvage, repair, last, err);
	if (status != MP_OK)
		return status;
	status = mp_log_walk(&tail, store->log, &state, ignore_batch, NULL,
	    err);
	if (status == MP_OK && mp_catalogue_epoch(store) > state.epoch) {
		status = mp_err_set(err, MP_CORRUPT,
		    "the log ends before commit %" PRIu64 ", which the "
		    "catalogue has seen", mp_catalogue_epoch(store));
	}
	if (status != MP_CORRUPT)
		return status;
	salvage->tell(salvage->arg, MP_DAMAGE_LOSS, state.file, state.end,
	    err->text);
	next_event = state.events;
	for (id = state.file == 0 ? 1 : state.file; id <= last; id++)
		salvage_file(salvage, id, id == state.file ? state.end : 0,
		    &next_event);
	mp_err_clear(err);
	if (!repair)
		return MP_OK;
	if (salvage->bodies.overflow)
		return mp_err_set(err, MP_RETRY, "cannot mend the log: over "
		    "%zu bytes of events", salvage->bodies.max);
	return mend(salvage, &state, err);
}

enum mp_status
mp_salvage_log(const struct mp_store_options *options, bool repair,
    mp_log_tell_fn *tell, void *arg, struct mp_err *err)
{
	struct salvage salvage = { .tell = tell, .arg = arg,
	    .bodies = MP_BUF_INIT((size_t)1 << 32) };
	enum mp_status status;

	salvage.store = mp_store_prepare(options);
	status = mp_lock_take(salvage.store, options->wait_s, err);
	if (status == MP_OK)
		status = check_log(&salvage, repair, err);
	mp_store_close(salvage.store);
	mp_buf_clear(&salvage.bodies);
	free(salvage.events);
	return status;
}
