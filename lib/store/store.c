/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/store_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"

char *
mp_store_file(const struct mp_store *store, const char *name)
{
	return mp_asprintf("%s/%s", store->path, name);
}

void
mp_store_use_log(struct mp_store *store, const char *folder)
{
	char *path = mp_store_file(store, folder);

	mp_log_free(store->log);
	store->log = mp_log_new(path, store->keys);
	free(path);
}

static struct mp_store *
new_store(const char *path, const struct mp_keys *keys,
    enum mp_store_mode mode)
{
	struct mp_store *store = mp_calloc(1, sizeof *store);
	uint8_t key[MP_SHA256_LEN];

	store->path = mp_strdup(path);
	store->keys = keys;
	store->mode = mode;
	store->lock = -1;
	mp_store_use_log(store, "log");
	mp_keys_derive(key, sizeof key, keys, "ids", NULL, 0);
	store->ids = mp_mac_new(key, sizeof key);
	explicit_bzero(key, sizeof key);
	return store;
}

void
mp_store_close(struct mp_store *store)
{
	if (store == NULL)
		return;
	if (store->changing)
		mp_store_rollback(store);
	mp_pack_forget(store);
	mp_catalogue_close(store->catalogue);
	mp_log_free(store->log);
	mp_mac_free(store->ids);
	mp_lock_drop(store);
	free(store->added);
	free(store->new_segments);
	free(store->path);
	free(store->anchor);
	free(store->writer);
	free(store);
}

enum mp_status
mp_store_create(const char *path, const struct mp_keys *keys,
    struct mp_err *err)
{
	static const char *const folders[] = { "log", "pack", "seg",
	    "spool", "aside" };
	struct mp_store *store;
	enum mp_status status;
	char *name;
	size_t i;

	if (mp_path_make(path, err) != MP_OK)
		return err->status;
	store = new_store(path, keys, MP_STORE_WRITE);
	store->writer = mp_strdup("mp-init");
	name = mp_log_path(store->log, 1);
	status = mp_path_exists(name) ? mp_err_set(err, MP_EXISTS,
	    "cannot make a store in '%s': there is one", path) : MP_OK;
	free(name);
	if (status == MP_OK)
		status = mp_lock_take(store, 0, err);
	for (i = 0; i < sizeof folders / sizeof folders[0] &&
	    status == MP_OK; i++) {
		name = mp_store_file(store, folders[i]);
		status = mp_path_make(name, err);
		free(name);
	}
	/* an empty first commit: the log says that a store is here */
	if (status == MP_OK)
		status = mp_log_commit(store->log, &store->next.log,
		    store->writer, err);
	if (status == MP_OK)
		status = mp_store_recover(store, err);
	if (status == MP_OK)
		status = mp_path_sync_dir(path, err);
	mp_store_close(store);
	return status;
}

struct mp_store *
mp_store_prepare(const struct mp_store_options *options)
{
	struct mp_store *store = new_store(options->path, options->keys,
	    options->mode);

	store->writer = mp_strdup(options->writer);
	if (options->anchor != NULL)
		store->anchor = mp_strdup(options->anchor);
	return store;
}

static enum mp_status
open_catalogue(struct mp_store *store, struct mp_err *err)
{
	char *path = mp_store_file(store, "cat.tdb");
	enum mp_status status;

	status = mp_catalogue_open(&store->catalogue, path, store->keys, err);
	free(path);
	return status == MP_OK ? mp_manifest_load(store, err) : status;
}

/*
 * A reader that finds the catalogue missing, broken or behind the log mends
 * it as a writer would, unless a writer is at work or there is no room for
 * it: then the catalogue's own state is the one to see, or, without any, to
 * wait for.
 */
static enum mp_status
mend_for_reader(struct mp_store *store, enum mp_status status,
    struct mp_err *err)
{
	struct mp_err locked = MP_ERR_INIT;
	bool readable = status == MP_OK;

	if (mp_lock_take(store, status == MP_OK ? 0 : 5, &locked) != MP_OK) {
		if (status != MP_OK)
			*err = locked;
		return status == MP_OK ? MP_OK : locked.status;
	}
	mp_err_clear(err);
	mp_catalogue_close(store->catalogue);
	store->catalogue = NULL;
	status = mp_store_recover(store, err);
	mp_lock_drop(store);
	if (status == MP_RETRY && readable) {
		mp_err_clear(err);
		mp_catalogue_close(store->catalogue);
		store->catalogue = NULL;
		status = open_catalogue(store, err);
	}
	return status;
}

static enum mp_status
open_for_reading(struct mp_store *store, struct mp_err *err)
{
	enum mp_status status = open_catalogue(store, err);
	bool ahead = false;

	if (status == MP_OK &&
	    mp_log_ahead(&ahead, store->log, &store->manifest.log, err) !=
	    MP_OK)
		return err->status;
	if (ahead || status == MP_NOT_FOUND || status == MP_CORRUPT)
		status = mend_for_reader(store, status, err);
	return status;
}

enum mp_status
mp_store_open(struct mp_store **out, const struct mp_store_options *options,
    struct mp_err *err)
{
	struct mp_store *store = mp_store_prepare(options);
	char *log = mp_log_path(store->log, 1);
	/* before the store: a writer may be at work between the two */
	uint64_t seen = mp_anchor_load(store);
	enum mp_status status = MP_OK;

	*out = NULL;
	if (!mp_path_exists(log))
		status = mp_err_set(err, MP_NOT_FOUND,
		    "no store in '%s'", options->path);
	free(log);
	if (status == MP_OK && options->mode == MP_STORE_WRITE) {
		status = mp_lock_take(store, options->wait_s, err);
		if (status == MP_OK)
			status = mp_store_recover(store, err);
	} else if (status == MP_OK) {
		status = open_for_reading(store, err);
	}
	if (status == MP_OK)
		status = mp_anchor_check(store, seen, err);
	if (status != MP_OK) {
		mp_store_close(store);
		return status;
	}
	mp_anchor_save(store);
	*out = store;
	return MP_OK;
}

enum mp_status
mp_store_refresh(bool *changed, struct mp_store *store, struct mp_err *err)
{
	uint64_t before = store->manifest.log.epoch;
	enum mp_status status = MP_OK;

	if (store->mode == MP_STORE_READ)
		status = mp_manifest_load(store, err);
	*changed = store->manifest.log.epoch != before;
	return status;
}

const char *
mp_store_path(const struct mp_store *store)
{
	return store->path;
}

const struct mp_keys *
mp_store_keys(const struct mp_store *store)
{
	return store->keys;
}

uint64_t
mp_store_epoch(const struct mp_store *store)
{
	return store->manifest.log.epoch;
}

int64_t
mp_store_time(const struct mp_store *store)
{
	return store->manifest.log.time;
}

uint32_t
mp_store_end(const struct mp_store *store)
{
	return store->next.log.doc_end;
}

uint64_t
mp_store_id_hash(struct mp_store *store, const char *id)
{
	uint8_t mac[MP_SHA256_LEN];

	mp_mac_compute(mac, store->ids, id, strlen(id));
	return mp_get_u64(mac);
}

/* --- transactions ---------------------------------------------------------- */

enum mp_status
mp_store_begin(struct mp_store *store, struct mp_err *err)
{
	if (store->lagging)
		return mp_err_set(err, MP_RETRY,
		    "the store must be opened again after a failure");
	if (store->changing || store->lock < 0)
		return mp_err_set(err, MP_BUG,
		    "a transaction in a store that is %s",
		    store->changing ? "in one already" : "open to read");
	store->next = store->manifest;
	store->changing = true;
	return MP_OK;
}

static void
remove_segment(const struct mp_store *store, uint64_t id)
{
	char *path = mp_store_segment_path(store, id);

	(void)mp_io.unlink(path);
	free(path);
}

static bool
names_segment(const struct manifest *manifest, uint64_t id)
{
	size_t i;

	for (i = 0; i < manifest->segment_count; i++)
		if (manifest->segments[i].id == id)
			return true;
	return false;
}

/* Remove the files of segments that keep does not name. */
static void
sweep_segments(struct mp_store *store, const struct manifest *keep,
    const struct manifest *old)
{
	size_t i;

	for (i = 0; i < old->segment_count; i++)
		if (!names_segment(keep, old->segments[i].id))
			remove_segment(store, old->segments[i].id);
	for (i = 0; i < store->new_segment_count; i++)
		if (!names_segment(keep, store->new_segments[i]))
			remove_segment(store, store->new_segments[i]);
	store->new_segment_count = 0;
}

void
mp_store_rollback(struct mp_store *store)
{
	if (!store->changing)
		return;
	sweep_segments(store, &store->manifest, &store->manifest);
	mp_pack_take_back(store);
	mp_log_drop(store->log);
	mp_catalogue_drop(store->catalogue);
	store->added_count = 0;
	store->next = store->manifest;
	store->changing = false;
}

enum mp_status
mp_store_commit(struct mp_store *store, struct mp_err *err)
{
	enum mp_status status;

	if (!store->changing)
		return mp_err_set(err, MP_BUG, "a commit without a begin");
	if (store->added_count != 0) {
		status = mp_apply_messages(store, store->added,
		    store->added_count, err);
		if (status != MP_OK)
			return status;
		mp_messages_flush(store);
	}
	if (!mp_log_pending(store->log)) {
		mp_store_rollback(store);
		return MP_OK;
	}
	if (mp_pack_sync(store, err) != MP_OK)
		return err->status;
	if (mp_log_commit(store->log, &store->next.log, store->writer, err) !=
	    MP_OK)
		return err->status;
	/* the commit point: what follows is done again by any later open */
	mp_manifest_save(store);
	status = mp_catalogue_flush(store->catalogue, err);
	if (status != MP_OK) {
		/* the next open replays it; until then this one is blind */
		mp_catalogue_drop(store->catalogue);
		store->new_segment_count = 0;
		store->changing = false;
		store->lagging = true;
		mp_err_context(err, "committed, but the catalogue lags");
		return status;
	}
	sweep_segments(store, &store->next, &store->manifest);
	store->manifest = store->next;
	store->changing = false;
	mp_anchor_save(store);
	return MP_OK;
}

/* --- changes --------------------------------------------------------------- */

/* The part of change that would change current, in *real. */
static void
only_real(struct mp_docset *real, const struct mp_docset *change,
    const struct mp_docset *current, bool adding, uint32_t end)
{
	mp_docset_init(real, end);
	if (change == NULL)
		return;
	mp_docset_or(real, change);
	if (adding)
		mp_docset_andnot(real, current);
	else
		mp_docset_and(real, current);
}

enum mp_status
mp_store_bits_change(struct mp_store *store, const char *name,
    const struct mp_docset *add, const struct mp_docset *remove,
    struct mp_err *err)
{
	struct mp_docset now = MP_DOCSET_INIT, added, removed;
	uint32_t end = mp_store_end(store);
	struct mp_buf body = MP_BUF_INIT(MP_RECORD_MAX);
	enum mp_status status;

	if (!store->changing)
		return mp_err_set(err, MP_BUG, "a change outside of one");
	status = mp_store_bits_load(&now, store, name, err);
	only_real(&added, add, &now, true, end);
	only_real(&removed, remove, &now, false, end);
	if (remove != NULL)
		mp_docset_andnot(&added, remove);
	if (status == MP_OK &&
	    !(mp_docset_empty(&added) && mp_docset_empty(&removed))) {
		mp_buf_blob(&body, name, strlen(name));
		mp_docset_encode(&body, &added, 0, end);
		mp_docset_encode(&body, &removed, 0, end);
		mp_log_add(store->log, MP_EVENT_BITS, body.data, body.len);
		status = mp_apply_bits(store, name, &added, &removed, err);
	}
	mp_docset_clear(&now);
	mp_docset_clear(&added);
	mp_docset_clear(&removed);
	mp_buf_clear(&body);
	return status;
}

static enum mp_status
change_value(struct mp_store *store, const char *table, const char *key,
    const void *value, size_t len, struct mp_err *err)
{
	struct mp_buf body = MP_BUF_INIT(MP_VALUE_MAX + 4096);

	if (!store->changing)
		return mp_err_set(err, MP_BUG, "a change outside of one");
	mp_buf_blob(&body, table, strlen(table));
	mp_buf_blob(&body, key, strlen(key));
	mp_buf_byte(&body, value != NULL);
	mp_buf_add(&body, value, len);
	if (body.overflow || len > MP_VALUE_MAX) {
		mp_buf_clear(&body);
		return mp_err_set(err, MP_INVALID,
		    "cannot keep '%s': over %u bytes", key, MP_VALUE_MAX);
	}
	mp_log_add(store->log, MP_EVENT_VALUE, body.data, body.len);
	mp_buf_clear(&body);
	return mp_apply_value(store, table, key, value, len, err);
}

enum mp_status
mp_store_put(struct mp_store *store, const char *table, const char *key,
    const void *value, size_t len, struct mp_err *err)
{
	return change_value(store, table, key, value != NULL ? value : "",
	    len, err);
}

enum mp_status
mp_store_delete(struct mp_store *store, const char *table, const char *key,
    struct mp_err *err)
{
	struct mp_buf value = MP_BUF_INIT(CATALOGUE_VALUE_MAX);
	enum mp_status status = mp_store_get(&value, store, table, key, err);

	mp_buf_clear(&value);
	if (status != MP_OK)
		return mp_err_allow(err, status, MP_NOT_FOUND);
	return change_value(store, table, key, NULL, 0, err);
}
