/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/log.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/io.h"
#include "crypto/hash.h"
#include "pack/recfile.h"
#include "store/store.h"

#define LOG_FILE_MAX (UINT64_C(64) << 20)	/* a new file past this */
#define BATCH_MAX ((size_t)1 << 31)

struct gathered {
	uint8_t type;
	size_t at;	/* in bodies */
	size_t len;
};

struct mp_log {
	char *dir;
	const struct mp_keys *keys;
	struct mp_recfile *file;	/* the one in use */
	struct mp_mac *mac;
	struct gathered *events;
	size_t count;
	size_t cap;
	struct mp_buf bodies;
	bool broken;	/* a failed write could not be taken back */
};

struct mp_log *
mp_log_new(const char *folder, const struct mp_keys *keys)
{
	struct mp_log *log = mp_calloc(1, sizeof *log);
	uint8_t key[MP_SHA256_LEN];

	log->dir = mp_strdup(folder);
	log->keys = keys;
	mp_keys_derive(key, sizeof key, keys, "commit", NULL, 0);
	log->mac = mp_mac_new(key, sizeof key);
	explicit_bzero(key, sizeof key);
	mp_buf_init(&log->bodies, BATCH_MAX);
	return log;
}

void
mp_log_free(struct mp_log *log)
{
	if (log == NULL)
		return;
	mp_recfile_close(log->file);
	mp_mac_free(log->mac);
	mp_buf_clear(&log->bodies);
	free(log->events);
	free(log->dir);
	free(log);
}

char *
mp_log_path(const struct mp_log *log, uint64_t id)
{
	return mp_asprintf("%s/%016llx", log->dir, (unsigned long long)id);
}

void
mp_log_add(struct mp_log *log, uint8_t type, const void *body, size_t len)
{
	struct gathered *event;

	if (log->count == log->cap) {
		log->cap = log->cap < 16 ? 16 : log->cap * 2;
		log->events = mp_realloc_array(log->events, log->cap,
		    sizeof *log->events);
	}
	event = &log->events[log->count++];
	event->type = type;
	event->at = log->bodies.len;
	event->len = len;
	mp_buf_add(&log->bodies, body, len);
}

void
mp_log_drop(struct mp_log *log)
{
	log->count = 0;
	mp_buf_reset(&log->bodies);
}

bool
mp_log_pending(const struct mp_log *log)
{
	return log->count != 0;
}

/* Have log->file be the file id, open for reading or writing. */
static enum mp_status
use_file(struct mp_log *log, uint64_t id, bool writable, struct mp_err *err)
{
	enum mp_status status;
	char *path;

	if (log->file != NULL && mp_recfile_id(log->file) == id && !writable)
		return MP_OK;
	mp_recfile_close(log->file);
	log->file = NULL;
	path = mp_log_path(log, id);
	status = mp_recfile_open(&log->file, path, MP_RECFILE_LOG, id,
	    log->keys, writable, err);
	free(path);
	return status;
}

/*
 * Start the log's next file. It gets its name only when its header is on
 * disk, so that a broken header is always damage, never a crash.
 */
static enum mp_status
next_file(struct mp_log *log, struct mp_log_state *state, struct mp_err *err)
{
	char *path = mp_log_path(log, state->file + 1);
	char *new_path = mp_asprintf("%s.new", path);
	struct mp_recfile *file = NULL;
	enum mp_status status;

	(void)mp_io.unlink(new_path);
	status = mp_recfile_create(&file, new_path, MP_RECFILE_LOG,
	    state->file + 1, log->keys, state->file, state->end, err);
	if (status == MP_OK)
		status = mp_recfile_sync(file, err);
	mp_recfile_close(file);
	if (status == MP_OK)
		status = mp_path_rename(new_path, path, err);
	if (status == MP_OK)
		status = mp_path_sync_dir(log->dir, err);
	free(new_path);
	free(path);
	if (status != MP_OK)
		return status;
	state->file++;
	state->end = MP_RECFILE_HEADER;
	return use_file(log, state->file, true, err);
}

/* The body of a COMMIT; sets state->mac from the previous one. */
static void
encode_commit(struct mp_buf *body, struct mp_log *log,
    struct mp_log_state *state, const char *writer)
{
	uint8_t mac[MP_SHA256_LEN];

	mp_buf_u64(body, state->epoch);
	mp_buf_u64(body, (uint64_t)state->time);
	mp_buf_u32(body, state->doc_end);
	mp_buf_u64(body, state->pack);
	mp_buf_u64(body, state->pack_end);
	mp_buf_blob(body, writer, strlen(writer));
	mp_buf_add(body, state->mac, MP_COMMIT_MAC);
	mp_mac_compute(mac, log->mac, body->data, body->len);
	memcpy(state->mac, mac, MP_COMMIT_MAC);
	mp_buf_add(body, mac, MP_COMMIT_MAC);
}

static bool
decode_commit(struct mp_log_state *next, char **writer, struct mp_log *log,
    const struct mp_log_state *state, const uint8_t *body, size_t len)
{
	uint8_t mac[MP_SHA256_LEN];
	const uint8_t *previous, *own;
	struct mp_cursor cur;

	mp_cursor_init(&cur, body, len);
	next->epoch = mp_cursor_u64(&cur);
	next->time = (int64_t)mp_cursor_u64(&cur);
	next->doc_end = mp_cursor_u32(&cur);
	next->pack = mp_cursor_u64(&cur);
	next->pack_end = mp_cursor_u64(&cur);
	*writer = mp_cursor_string(&cur);
	previous = mp_cursor_bytes(&cur, MP_COMMIT_MAC);
	mp_mac_compute(mac, log->mac, body, cur.pos);
	own = mp_cursor_bytes(&cur, MP_COMMIT_MAC);
	if (own == NULL || mp_cursor_left(&cur) != 0 ||
	    next->epoch != state->epoch + 1 ||
	    !mp_equal(previous, state->mac, MP_COMMIT_MAC) ||
	    !mp_equal(own, mac, MP_COMMIT_MAC)) {
		free(*writer);
		*writer = NULL;
		return false;
	}
	memcpy(next->mac, own, MP_COMMIT_MAC);
	return true;
}

static void
seal_batch(struct mp_buf *out, struct mp_log *log,
    struct mp_log_state *state, const char *writer)
{
	struct mp_sealer *sealer = mp_sealer_new(log->file);
	struct mp_buf commit = MP_BUF_INIT(4096);
	size_t i;

	for (i = 0; i < log->count; i++)
		mp_sealer_record(out, sealer, log->events[i].type, 0, 0,
		    state->events++, log->bodies.data + log->events[i].at,
		    log->events[i].len);
	state->epoch++;
	state->time = (int64_t)time(NULL);
	encode_commit(&commit, log, state, writer);
	mp_sealer_record(out, sealer, MP_EVENT_COMMIT, 0, 0, state->events++,
	    commit.data, commit.len);
	mp_buf_clear(&commit);
	mp_sealer_free(sealer);
}

/*
 * A batch that could not be written or synced is cut off again: what is
 * committed later in its place may be shorter, and its COMMIT must not be
 * found behind that. When even this fails nothing more may be written.
 */
static enum mp_status
take_back(struct mp_log *log, uint64_t end, struct mp_err *err)
{
	struct mp_err second = MP_ERR_INIT;

	if (mp_recfile_truncate(log->file, end, &second) != MP_OK)
		log->broken = true;
	return err->status;
}

enum mp_status
mp_log_commit(struct mp_log *log, struct mp_log_state *state,
    const char *writer, struct mp_err *err)
{
	struct mp_buf sealed = MP_BUF_INIT(BATCH_MAX);
	struct mp_log_state next = *state;
	enum mp_status status;
	uint64_t start;

	if (log->broken)
		return mp_err_set(err, MP_IO, "the log cannot be written "
		    "any more after a failure");
	if (next.file == 0 || next.end > LOG_FILE_MAX)
		status = next_file(log, &next, err);
	else
		status = use_file(log, next.file, true, err);
	if (status != MP_OK)
		return status;
	seal_batch(&sealed, log, &next, writer);
	if (sealed.overflow || log->bodies.overflow)
		status = mp_err_set(err, MP_RETRY,
		    "cannot commit: over %zu bytes of events", BATCH_MAX);
	start = next.end;
	if (status == MP_OK)
		status = mp_recfile_write(log->file, sealed.data, sealed.len,
		    next.end, err);
	if (status == MP_OK)
		status = mp_recfile_sync(log->file, err);
	next.end += sealed.len;
	mp_buf_clear(&sealed);
	if (status != MP_OK)
		return take_back(log, start, err);
	*state = next;
	mp_log_drop(log);
	return MP_OK;
}

/* The events of a batch as they are read, bodies copied. */
struct reading {
	struct gathered *events;
	size_t count;
	size_t cap;
	struct mp_buf bodies;
};

static void
gather(struct reading *batch, const struct mp_record *record)
{
	if (batch->count == batch->cap) {
		batch->cap = batch->cap < 16 ? 16 : batch->cap * 2;
		batch->events = mp_realloc_array(batch->events, batch->cap,
		    sizeof *batch->events);
	}
	batch->events[batch->count].type = record->type;
	batch->events[batch->count].at = batch->bodies.len;
	batch->events[batch->count].len = record->body_len;
	batch->count++;
	mp_buf_add(&batch->bodies, record->body, record->body_len);
}

static enum mp_status
hand_over(const struct reading *batch, const struct mp_log_state *state,
    const char *writer, mp_log_batch_fn *fn, void *arg, struct mp_err *err)
{
	struct mp_log_event *events = mp_calloc(batch->count, sizeof *events);
	struct mp_log_batch out = { events, batch->count, writer, state };
	enum mp_status status;
	size_t i;

	for (i = 0; i < batch->count; i++) {
		events[i].type = batch->events[i].type;
		events[i].body = batch->bodies.data + batch->events[i].at;
		events[i].len = batch->events[i].len;
	}
	status = fn(arg, &out, err);
	free(events);
	return status;
}

/*
 * Read the batch after state from the file in use, bringing state forward.
 * MP_NOT_FOUND: the file ends here. MP_CORRUPT: what follows is no batch.
 */
static enum mp_status
read_batch(struct mp_log *log, struct mp_log_state *state,
    struct reading *batch, mp_log_batch_fn *fn, void *arg,
    struct mp_err *err)
{
	struct mp_log_state next = *state;
	struct mp_record record;
	enum mp_status status;
	uint64_t size;
	char *writer;

	batch->count = 0;
	mp_buf_reset(&batch->bodies);
	if (mp_recfile_size(&size, log->file, err) != MP_OK)
		return err->status;
	if (next.end == size)
		return mp_err_set(err, MP_NOT_FOUND, "the log ends");
	for (;;) {
		if (mp_recfile_read(&record, log->file, next.end, err) !=
		    MP_OK)
			return err->status;
		if (record.seq != next.events)
			return mp_err_set(err, MP_CORRUPT,
			    "damage in '%s' at byte %llu: an event is out of "
			    "order", mp_recfile_path(log->file),
			    (unsigned long long)record.offset);
		next.end = record.next;
		next.events++;
		if (record.type == MP_EVENT_COMMIT)
			break;
		gather(batch, &record);
	}
	if (!decode_commit(&next, &writer, log, state, record.body,
	    record.body_len))
		return mp_err_set(err, MP_CORRUPT,
		    "damage in '%s' at byte %llu: a commit does not follow "
		    "the one before it", mp_recfile_path(log->file),
		    (unsigned long long)record.offset);
	*state = next;
	status = hand_over(batch, state, writer, fn, arg, err);
	free(writer);
	return status;
}

/* Does a COMMIT that opens follow the damage after state? */
static bool
commit_follows(struct mp_log *log, const struct mp_log_state *state)
{
	struct mp_err ignored = MP_ERR_INIT;
	uint64_t at = state->end, found;

	while (mp_recfile_find(&found, log->file, at, &ignored) == MP_OK) {
		struct mp_record record;

		if (mp_recfile_read(&record, log->file, found, &ignored) !=
		    MP_OK)
			return true;
		if (record.type == MP_EVENT_COMMIT)
			return true;
		at = record.next;
	}
	return false;
}

static bool
next_exists(const struct mp_log *log, const struct mp_log_state *state)
{
	char *path = mp_log_path(log, state->file + 1);
	bool exists = mp_path_exists(path);

	free(path);
	return exists;
}

/* Go on to the file after state's, when there is one that continues it. */
static enum mp_status
enter_next(bool *entered, struct mp_log *log, struct mp_log_state *state,
    struct mp_err *err)
{
	*entered = false;
	if (!next_exists(log, state))
		return MP_OK;
	if (use_file(log, state->file + 1, false, err) != MP_OK)
		return err->status;
	if (mp_recfile_previous_id(log->file) != state->file ||
	    (state->file != 0 &&
	    mp_recfile_previous_length(log->file) != state->end))
		return mp_err_set(err, MP_CORRUPT,
		    "cannot read '%s': it does not continue the log file "
		    "before it", mp_recfile_path(log->file));
	state->file++;
	state->end = MP_RECFILE_HEADER;
	*entered = true;
	return MP_OK;
}

static enum mp_status
walk_batches(bool *tail, struct mp_log *log, struct mp_log_state *state,
    struct reading *batch, mp_log_batch_fn *fn, void *arg,
    struct mp_err *err)
{
	bool entered = true;

	*tail = false;
	if (state->file == 0) {
		if (enter_next(&entered, log, state, err) != MP_OK)
			return err->status;
		if (!entered)
			return MP_OK;
	} else if (use_file(log, state->file, false, err) != MP_OK) {
		return err->status;
	}
	for (;;) {
		struct mp_log_state before = *state;
		enum mp_status status;

		status = read_batch(log, state, batch, fn, arg, err);
		if (status == MP_OK)
			continue;
		if (state->epoch != before.epoch)
			return status;	/* fn's own */
		if (status == MP_CORRUPT) {
			if (commit_follows(log, state) ||
			    next_exists(log, state))
				return MP_CORRUPT;
			*tail = true;
			mp_err_clear(err);
			return MP_OK;
		}
		if (mp_err_allow(err, status, MP_NOT_FOUND) != MP_OK)
			return status;
		if (enter_next(&entered, log, state, err) != MP_OK)
			return err->status;
		if (!entered)
			return MP_OK;
	}
}

static enum mp_status
check_length(struct mp_log *log, const struct mp_log_state *state,
    struct mp_err *err)
{
	char *path = mp_log_path(log, state->file);
	struct stat st;
	enum mp_status status = MP_OK;

	if (stat(path, &st) != 0 || (uint64_t)st.st_size < state->end)
		status = mp_err_set(err, MP_CORRUPT,
		    "damage in '%s': missing or shorter than %llu bytes",
		    path, (unsigned long long)state->end);
	free(path);
	return status;
}

enum mp_status
mp_log_walk(bool *tail, struct mp_log *log, struct mp_log_state *state,
    mp_log_batch_fn *fn, void *arg, struct mp_err *err)
{
	struct reading batch = { NULL, 0, 0, MP_BUF_INIT(BATCH_MAX) };
	enum mp_status status = MP_OK;

	*tail = false;
	if (state->file != 0)
		status = check_length(log, state, err);
	if (status == MP_OK)
		status = walk_batches(tail, log, state, &batch, fn, arg, err);
	mp_buf_clear(&batch.bodies);
	free(batch.events);
	return status;
}

enum mp_status
mp_log_ahead(bool *ahead, struct mp_log *log,
    const struct mp_log_state *state, struct mp_err *err)
{
	char *path;
	struct stat st;

	*ahead = false;
	if (state->file != 0) {
		if (check_length(log, state, err) != MP_OK)
			return err->status;
		path = mp_log_path(log, state->file);
		*ahead = stat(path, &st) == 0 &&
		    (uint64_t)st.st_size > state->end;
		free(path);
	}
	*ahead = *ahead || next_exists(log, state);
	return MP_OK;
}
