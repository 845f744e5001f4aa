/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/store_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"

#define PACK_MAX (UINT64_C(1) << 30)	/* a new pack past this ... */
#define PACK_FIRST_MAX (UINT64_C(1) << 20)	/* ... or, with a dictionary
					   made of too little mail, this */
enum { DICTIONARY_FAIR = 32 << 10, META_MAX = 16 << 10 };

char *
mp_pack_path(const struct mp_store *store, uint64_t id)
{
	return mp_asprintf("%s/pack/%016llx", store->path,
	    (unsigned long long)id);
}

void
mp_pack_forget(struct mp_store *store)
{
	mp_recfile_close(store->pack);
	store->pack = NULL;
	mp_dictionary_free(store->dictionary);
	store->dictionary = NULL;
	store->pack_dirty = false;
}

void
mp_pack_take_back(struct mp_store *store)
{
	struct mp_err ignored = MP_ERR_INIT;

	/* should it fail, the next open moves the tail aside */
	if (store->pack != NULL &&
	    mp_recfile_id(store->pack) == store->manifest.log.pack &&
	    mp_recfile_truncate(store->pack, store->manifest.log.pack_end,
	    &ignored) != MP_OK)
		mp_err_clear(&ignored);
	mp_pack_forget(store);
}

enum mp_status
mp_pack_sync(struct mp_store *store, struct mp_err *err)
{
	if (!store->pack_dirty)
		return MP_OK;
	if (mp_recfile_sync(store->pack, err) != MP_OK)
		return err->status;
	store->pack_dirty = false;
	return MP_OK;
}

/* --- the pack that is appended to ------------------------------------------ */

static enum mp_status
open_pack(struct mp_store *store, struct mp_err *err)
{
	uint64_t id = store->next.log.pack;
	char *path = mp_pack_path(store, id);
	enum mp_status status;

	status = mp_recfile_open(&store->pack, path, MP_RECFILE_PACK, id,
	    store->keys, true, err);
	if (status == MP_OK)
		status = mp_dictionary_load(&store->dictionary, store->pack,
		    err);
	free(path);
	if (status != MP_OK)
		mp_pack_forget(store);
	return status;
}

/* Write header and dictionary of a new pack under its temporary name. */
static enum mp_status
write_pack(uint64_t *end, const char *path, struct mp_store *store,
    const void *sample, size_t sample_len, struct mp_err *err)
{
	struct mp_buf bytes = MP_BUF_INIT(MP_DICTIONARY_MAX);
	struct mp_buf sealed = MP_BUF_INIT(MP_RECORD_MAX);
	struct mp_log_state *log = &store->next.log;
	struct mp_recfile *pack = NULL;
	struct mp_dictionary *dictionary;
	struct mp_sealer *sealer;
	enum mp_status status;

	status = mp_recfile_create(&pack, path, MP_RECFILE_PACK,
	    log->pack + 1, store->keys, log->pack, log->pack_end, err);
	if (status == MP_OK) {
		mp_dictionary_train(&bytes, sample, sample_len);
		dictionary = mp_dictionary_new(bytes.data, bytes.len);
		sealer = mp_sealer_new(pack);
		mp_dictionary_seal(&sealed, sealer, dictionary);
		status = mp_recfile_write(pack, sealed.data, sealed.len,
		    MP_RECFILE_HEADER, err);
		mp_sealer_free(sealer);
		mp_dictionary_free(dictionary);
	}
	if (status == MP_OK)
		status = mp_recfile_sync(pack, err);
	*end = MP_RECFILE_HEADER + sealed.len;
	mp_recfile_close(pack);
	mp_buf_clear(&sealed);
	mp_buf_clear(&bytes);
	return status;
}

/* Like a log file, a pack gets its name when its start is on disk. */
static enum mp_status
start_pack(struct mp_store *store, const void *sample, size_t sample_len,
    struct mp_err *err)
{
	char *path = mp_pack_path(store, store->next.log.pack + 1);
	char *new_path = mp_asprintf("%s.new", path);
	char *dir = mp_store_file(store, "pack");
	enum mp_status status = MP_OK;
	uint64_t end = 0;

	/* the old one must be whole before the new one says so */
	if (store->pack_dirty)
		status = mp_pack_sync(store, err);
	mp_pack_forget(store);
	(void)mp_io.unlink(new_path);
	if (status == MP_OK)
		status = write_pack(&end, new_path, store, sample, sample_len,
		    err);
	if (status == MP_OK)
		status = mp_path_rename(new_path, path, err);
	if (status == MP_OK)
		status = mp_path_sync_dir(dir, err);
	free(dir);
	free(new_path);
	free(path);
	if (status != MP_OK)
		return status;
	store->pack_broken = false;
	store->next.log.pack++;
	store->next.log.pack_end = end;
	return open_pack(store, err);
}

static bool
pack_is_full(const struct mp_store *store)
{
	uint64_t end = store->next.log.pack_end;

	return end > PACK_MAX || (end > PACK_FIRST_MAX &&
	    mp_dictionary_len(store->dictionary) < DICTIONARY_FAIR);
}

struct mp_message_sealer {
	struct mp_frame_sealer *frames;
};

enum mp_status
mp_store_sealer_new(struct mp_message_sealer **sealer,
    struct mp_store *store, const void *sample, size_t sample_len,
    struct mp_err *err)
{
	enum mp_status status = MP_OK;

	*sealer = NULL;
	if (store->pack == NULL && store->next.log.pack != 0 &&
	    !store->pack_broken)
		status = open_pack(store, err);
	if (status == MP_CORRUPT) {
		/* nothing more goes into a damaged pack */
		store->pack_broken = true;
		status = MP_OK;
	}
	if (status == MP_OK && (store->pack == NULL || pack_is_full(store)))
		status = start_pack(store, sample, sample_len, err);
	if (status != MP_OK)
		return status;
	*sealer = mp_calloc(1, sizeof **sealer);
	(*sealer)->frames = mp_frame_sealer_new(store->pack,
	    store->dictionary);
	return MP_OK;
}

void
mp_store_sealer_free(struct mp_message_sealer *sealer)
{
	if (sealer == NULL)
		return;
	mp_frame_sealer_free(sealer->frames);
	free(sealer);
}

void
mp_store_seal(struct mp_buf *out, struct mp_message_sealer *sealer,
    uint32_t docid, struct mp_arrival *arrival)
{
	struct mp_buf meta = MP_BUF_INIT(META_MAX);

	if (!arrival->hashed)
		mp_sha256(arrival->sha256, arrival->raw, arrival->len);
	mp_buf_add(&meta, arrival->sha256, sizeof arrival->sha256);
	mp_buf_varint(&meta, arrival->len);
	mp_buf_u64(&meta, (uint64_t)arrival->received);
	mp_buf_blob(&meta, arrival->id, strlen(arrival->id));
	mp_buf_blob(&meta, arrival->folder, strlen(arrival->folder));
	if (meta.overflow)
		out->overflow = true;
	else
		mp_frames_seal(out, sealer->frames, docid, meta.data,
		    meta.len, arrival->raw, arrival->len);
	mp_buf_clear(&meta);
}

static struct mp_pending *
new_added(struct mp_store *store)
{
	if (store->added_count == store->added_cap) {
		store->added_cap = store->added_cap < 16 ? 16 :
		    store->added_cap * 2;
		store->added = mp_realloc_array(store->added,
		    store->added_cap, sizeof *store->added);
	}
	return &store->added[store->added_count++];
}

static void
note_added(struct mp_store *store, uint32_t docid, struct mp_place place,
    const struct mp_arrival *arrival)
{
	struct mp_pending *entry = new_added(store);

	entry->docid = docid;
	entry->place = place;
	entry->id_hash = mp_store_id_hash(store, arrival->id);
	memcpy(entry->sha256, arrival->sha256, sizeof entry->sha256);
}

enum mp_status
mp_messages_adopt(struct mp_store *store, const struct mp_pending *message,
    struct mp_err *err)
{
	if (message->docid >= UINT32_MAX - 1)
		return mp_err_set(err, MP_CORRUPT,
		    "a message of impossible number %lu",
		    (unsigned long)message->docid);
	*new_added(store) = *message;
	if (message->docid >= store->next.log.doc_end)
		store->next.log.doc_end = message->docid + 1;
	return MP_OK;
}

enum mp_status
mp_store_append(struct mp_place *place, struct mp_store *store,
    const struct mp_buf *sealed, uint32_t docid,
    const struct mp_arrival *arrival, struct mp_err *err)
{
	struct mp_log_state *log = &store->next.log;

	if (!store->changing || store->pack == NULL || docid != log->doc_end)
		return mp_err_set(err, MP_BUG, "a message out of its turn");
	if (sealed->overflow)
		return mp_err_set(err, MP_INVALID,
		    "cannot store a message of %zu bytes: too large",
		    arrival->len);
	if (docid == UINT32_MAX - 1 || log->pack > UINT32_MAX ||
	    log->pack_end > UINT32_MAX)
		return mp_err_set(err, MP_RETRY, "the store is full");
	if (mp_recfile_write(store->pack, sealed->data, sealed->len,
	    log->pack_end, err) != MP_OK)
		return err->status;
	store->pack_dirty = true;
	place->pack = (uint32_t)log->pack;
	place->offset = (uint32_t)log->pack_end;
	log->pack_end += sealed->len;
	log->doc_end++;
	note_added(store, docid, *place, arrival);
	return MP_OK;
}

enum mp_status
mp_store_add(uint32_t *docid, struct mp_place *place,
    struct mp_store *store, struct mp_arrival *arrival, struct mp_err *err)
{
	struct mp_message_sealer *sealer;
	struct mp_buf sealed = MP_BUF_INIT(SIZE_MAX / 2);
	enum mp_status status;

	*docid = mp_store_end(store);
	status = mp_store_sealer_new(&sealer, store, arrival->raw,
	    arrival->len, err);
	if (status == MP_OK) {
		mp_store_seal(&sealed, sealer, *docid, arrival);
		status = mp_store_append(place, store, &sealed, *docid,
		    arrival, err);
	}
	mp_store_sealer_free(sealer);
	mp_buf_clear(&sealed);
	return status;
}

/* --- reading ---------------------------------------------------------------- */

struct mp_message_reader {
	struct mp_store *store;
	struct mp_recfile *pack;
	struct mp_dictionary *dictionary;
	struct mp_buf meta;
};

struct mp_message_reader *
mp_store_reader_new(struct mp_store *store)
{
	struct mp_message_reader *reader = mp_calloc(1, sizeof *reader);

	reader->store = store;
	mp_buf_init(&reader->meta, META_MAX * 2);
	return reader;
}

static void
leave_pack(struct mp_message_reader *reader)
{
	mp_recfile_close(reader->pack);
	reader->pack = NULL;
	mp_dictionary_free(reader->dictionary);
	reader->dictionary = NULL;
}

void
mp_store_reader_free(struct mp_message_reader *reader)
{
	if (reader == NULL)
		return;
	leave_pack(reader);
	mp_buf_clear(&reader->meta);
	free(reader);
}

static enum mp_status
enter_pack(struct mp_message_reader *reader, uint64_t id, struct mp_err *err)
{
	enum mp_status status;
	char *path;

	if (reader->pack != NULL && mp_recfile_id(reader->pack) == id)
		return MP_OK;
	leave_pack(reader);
	path = mp_pack_path(reader->store, id);
	status = mp_recfile_open(&reader->pack, path, MP_RECFILE_PACK, id,
	    reader->store->keys, false, err);
	if (status == MP_NOT_FOUND)
		status = mp_err_set(err, MP_CORRUPT,
		    "damage: '%s' is missing", path);
	if (status == MP_OK)
		status = mp_dictionary_load(&reader->dictionary, reader->pack,
		    err);
	free(path);
	if (status != MP_OK)
		leave_pack(reader);
	return status;
}

static bool
read_meta(struct mp_message_info *info, const struct mp_buf *meta,
    size_t raw_len, const uint8_t sha256[32])
{
	struct mp_cursor cur;
	const uint8_t *hash;
	uint64_t len;

	mp_cursor_init(&cur, meta->data, meta->len);
	hash = mp_cursor_bytes(&cur, MP_SHA256_LEN);
	len = mp_cursor_varint(&cur);
	if (hash == NULL || len != raw_len ||
	    !mp_equal(hash, sha256, MP_SHA256_LEN))
		return false;
	if (info == NULL)
		return true;
	memcpy(info->sha256, hash, sizeof info->sha256);
	info->received = (int64_t)mp_cursor_u64(&cur);
	info->id = mp_cursor_string(&cur);
	info->folder = mp_cursor_string(&cur);
	if (cur.bad) {
		free(info->id);
		free(info->folder);
		info->id = info->folder = NULL;
	}
	return !cur.bad;
}

enum mp_status
mp_store_read(struct mp_buf *raw, struct mp_message_info *info,
    struct mp_message_reader *reader, uint32_t docid, struct mp_place place,
    struct mp_err *err)
{
	size_t start = raw->len;
	uint8_t sha256[MP_SHA256_LEN];

	if (info != NULL)
		memset(info, 0, sizeof *info);
	if (enter_pack(reader, place.pack, err) != MP_OK)
		return err->status;
	mp_buf_reset(&reader->meta);
	if (mp_frames_read(raw, &reader->meta, NULL, reader->pack,
	    reader->dictionary, docid, place.offset, err) != MP_OK)
		return err->status;
	mp_sha256(sha256, raw->data != NULL ? raw->data + start : sha256,
	    raw->len - start);
	if (!read_meta(info, &reader->meta, raw->len - start, sha256))
		return mp_err_set(err, MP_CORRUPT,
		    "damage in '%s' at byte %lu: not the bytes that were "
		    "stored", mp_recfile_path(reader->pack),
		    (unsigned long)place.offset);
	return MP_OK;
}
