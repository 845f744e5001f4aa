/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/store_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/*
 * Recovery, by the holder of the writer lock. The log is the truth: the
 * catalogue is brought up to it, or made anew from it. Bytes that no COMMIT
 * covers are moved into aside/, never dropped: should the catalogue or the
 * log be what is damaged, they may be mail.
 */

static enum mp_status
replay_batch(void *arg, const struct mp_log_batch *batch, struct mp_err *err)
{
	struct mp_store *store = arg;
	enum mp_status status = MP_OK;
	size_t i;

	store->next.log = *batch->state;
	for (i = 0; i < batch->count && status == MP_OK; i++)
		status = mp_apply_event(store, &batch->events[i], err);
	return status;
}

/* Copy the bytes of path from offset on to a new file in aside/. */
static enum mp_status
copy_aside(struct mp_store *store, const struct mp_file *file,
    uint64_t offset, uint64_t size, const char *kind, uint64_t id,
    struct mp_err *err)
{
	char *dir = mp_store_file(store, "aside");
	char *path = mp_asprintf("%s/%s-%016llx-%llu-%llu", dir, kind,
	    (unsigned long long)id, (unsigned long long)offset,
	    (unsigned long long)store->manifest.log.epoch);
	struct mp_file copy = MP_FILE_INIT;
	uint8_t *bytes = mp_malloc(1 << 20);
	enum mp_status status = mp_path_make(dir, err);
	uint64_t done = 0;

	if (status == MP_OK)
		status = mp_file_open(&copy, path,
		    O_WRONLY | O_CREAT | O_TRUNC, err);
	while (status == MP_OK && offset + done < size) {
		size_t take = size - offset - done < 1 << 20 ?
		    (size_t)(size - offset - done) : 1 << 20;

		status = mp_file_read(file, bytes, take, offset + done, err);
		if (status == MP_OK)
			status = mp_file_write(&copy, bytes, take, done, err);
		done += take;
	}
	if (status == MP_OK)
		status = mp_file_sync(&copy, err);
	if (status == MP_OK)
		status = mp_path_sync_dir(dir, err);
	mp_file_close(&copy);
	free(bytes);
	free(path);
	free(dir);
	return status;
}

enum mp_status
mp_cut_tail(struct mp_store *store, const char *path, uint64_t committed,
    const char *kind, uint64_t id, struct mp_err *err)
{
	struct mp_file file = MP_FILE_INIT;
	enum mp_status status;
	uint64_t size = 0;

	status = mp_file_open(&file, path, O_RDWR, err);
	if (status == MP_OK)
		status = mp_file_size(&size, &file, err);
	if (status == MP_OK && size < committed)
		status = mp_err_set(err, MP_CORRUPT,
		    "damage in '%s': %llu bytes long, but %llu were "
		    "committed", path, (unsigned long long)size,
		    (unsigned long long)committed);
	if (status == MP_OK && size > committed) {
		status = copy_aside(store, &file, committed, size, kind, id,
		    err);
		if (status == MP_OK)
			status = mp_file_truncate(&file, committed, err);
		if (status == MP_OK)
			status = mp_file_sync(&file, err);
	}
	mp_file_close(&file);
	return status;
}

static enum mp_status
cut_pack(struct mp_store *store, struct mp_err *err)
{
	const struct mp_log_state *log = &store->next.log;
	char *path = mp_pack_path(store, log->pack);
	char *later = mp_pack_path(store, log->pack + 1);
	char *aside = mp_asprintf("%s/aside/pack-%016llx-whole-%llu",
	    store->path, (unsigned long long)log->pack + 1,
	    (unsigned long long)log->epoch);
	enum mp_status status = MP_OK;

	if (log->pack != 0)
		status = mp_cut_tail(store, path, log->pack_end, "pack",
		    log->pack, err);
	if (status == MP_CORRUPT || status == MP_NOT_FOUND) {
		/* mp-fsck tells what is lost; new mail goes elsewhere */
		mp_err_clear(err);
		store->pack_broken = true;
		status = MP_OK;
	}
	if (status == MP_OK && mp_path_exists(later))
		status = mp_path_rename(later, aside, err);
	free(aside);
	free(later);
	free(path);
	return status;
}

/* Remove segment files that were never committed, and temporary names. */
static void
sweep_folder(struct mp_store *store)
{
	char *dir = mp_store_file(store, "seg");
	DIR *folder = opendir(dir);
	const struct dirent *entry;

	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		bool named = entry->d_name[0] == '.';
		char *end, *path;
		size_t i;
		uint64_t id = strtoull(entry->d_name, &end, 16);

		for (i = 0; i < store->next.segment_count && *end == '\0';
		    i++)
			if (store->next.segments[i].id == id)
				named = true;
		if (named)
			continue;
		path = mp_asprintf("%s/%s", dir, entry->d_name);
		(void)mp_io.unlink(path);
		free(path);
	}
	if (folder != NULL)
		(void)closedir(folder);
	free(dir);
}

static enum mp_status
load_catalogue(struct mp_store *store, struct mp_err *err)
{
	char *path = mp_store_file(store, "cat.tdb");
	enum mp_status status;

	status = mp_catalogue_open(&store->catalogue, path, store->keys, err);
	free(path);
	return status == MP_OK ? mp_manifest_load(store, err) : status;
}

uint64_t
mp_catalogue_epoch(struct mp_store *store)
{
	struct mp_err ignored = MP_ERR_INIT;
	uint64_t epoch = 0;

	if (load_catalogue(store, &ignored) == MP_OK)
		epoch = store->manifest.log.epoch;
	mp_catalogue_close(store->catalogue);
	store->catalogue = NULL;
	return epoch;
}

static enum mp_status
walk_log(bool *tail, struct mp_store *store, struct mp_log_state *state,
    struct mp_err *err)
{
	enum mp_status status = mp_log_walk(tail, store->log, state,
	    replay_batch, store, err);

	store->next.log = *state;
	return status;
}

enum mp_status
mp_store_replay(bool *tail, struct mp_store *store,
    struct mp_log_state *state, struct mp_err *err)
{
	char *path = mp_store_file(store, "cat.tdb.new");
	enum mp_status status;

	(void)mp_io.unlink(path);
	mp_catalogue_close(store->catalogue);
	store->catalogue = NULL;
	memset(&store->manifest, 0, sizeof store->manifest);
	store->next = store->manifest;
	memset(state, 0, sizeof *state);
	status = mp_catalogue_create(&store->catalogue, path, store->keys,
	    err);
	free(path);
	return status == MP_OK ? walk_log(tail, store, state, err) : status;
}

enum mp_status
mp_store_install(struct mp_store *store, struct mp_err *err)
{
	char *new_path = mp_store_file(store, "cat.tdb.new");
	char *path = mp_store_file(store, "cat.tdb");
	enum mp_status status = mp_path_rename(new_path, path, err);

	if (status == MP_OK)
		status = mp_path_sync_dir(store->path, err);
	free(path);
	free(new_path);
	return status;
}

static enum mp_status
save_catalogue(struct mp_store *store, struct mp_err *err)
{
	mp_manifest_save(store);
	return mp_catalogue_flush(store->catalogue, err);
}

/* Make the catalogue anew from the log. */
static enum mp_status
remake(bool *tail, struct mp_store *store, struct mp_err *err)
{
	struct mp_log_state state;
	enum mp_status status = mp_store_replay(tail, store, &state, err);

	if (status == MP_OK)
		status = save_catalogue(store, err);
	return status == MP_OK ? mp_store_install(store, err) : status;
}

/* Replay what the log has beyond the catalogue. */
static enum mp_status
catch_up(bool *tail, struct mp_store *store, struct mp_err *err)
{
	struct mp_log_state state = store->next.log;
	enum mp_status status = walk_log(tail, store, &state, err);

	if (status == MP_OK && state.epoch != store->manifest.log.epoch)
		status = save_catalogue(store, err);
	return status;
}

enum mp_status
mp_store_remake(struct mp_store *store, struct mp_err *err)
{
	enum mp_status status;
	bool tail;

	status = remake(&tail, store, err);
	if (status == MP_OK)
		store->manifest = store->next;
	return status;
}

static enum mp_status
cut_log(struct mp_store *store, struct mp_err *err)
{
	char *path = mp_log_path(store->log, store->next.log.file);
	enum mp_status status = mp_cut_tail(store, path, store->next.log.end,
	    "log", store->next.log.file, err);

	free(path);
	return status;
}

enum mp_status
mp_store_recover(struct mp_store *store, struct mp_err *err)
{
	enum mp_status status = load_catalogue(store, err);
	bool tail = false;

	if (status == MP_NOT_FOUND || status == MP_CORRUPT) {
		mp_err_clear(err);
		status = remake(&tail, store, err);
	} else if (status == MP_OK) {
		status = catch_up(&tail, store, err);
	}
	if (status == MP_OK && tail)
		status = cut_log(store, err);
	if (status == MP_OK)
		status = cut_pack(store, err);
	if (status == MP_OK)
		sweep_folder(store);
	if (status == MP_OK)
		store->manifest = store->next;
	return status;
}
