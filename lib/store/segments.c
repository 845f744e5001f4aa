/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/store_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "crypto/random.h"

const struct mp_segment_ref *
mp_store_segments(size_t *count, const struct mp_store *store)
{
	*count = store->next.segment_count;
	return store->next.segments;
}

char *
mp_store_segment_path(const struct mp_store *store, uint64_t id)
{
	return mp_asprintf("%s/seg/%016llx", store->path,
	    (unsigned long long)id);
}

enum mp_status
mp_store_segment_new(uint64_t *id, struct mp_file *file,
    struct mp_store *store, struct mp_err *err)
{
	enum mp_status status;
	char *path, *new_path;

	mp_random(id, sizeof *id);
	path = mp_store_segment_path(store, *id);
	new_path = mp_asprintf("%s.new", path);
	status = mp_file_open(file, new_path, O_RDWR | O_CREAT | O_EXCL, err);
	free(new_path);
	free(path);
	return status;
}

enum mp_status
mp_store_segment_done(struct mp_store *store, uint64_t id,
    struct mp_file *file, struct mp_err *err)
{
	char *path = mp_store_segment_path(store, id);
	char *dir = mp_store_file(store, "seg");
	enum mp_status status;

	status = mp_file_sync(file, err);
	if (status == MP_OK)
		status = mp_path_rename(file->path, path, err);
	if (status == MP_OK)
		status = mp_path_sync_dir(dir, err);
	mp_file_close(file);
	if (status == MP_OK) {
		store->new_segments = mp_realloc_array(store->new_segments,
		    store->new_segment_count + 1,
		    sizeof *store->new_segments);
		store->new_segments[store->new_segment_count++] = id;
	}
	free(dir);
	free(path);
	return status;
}

enum mp_status
mp_store_segments_set(struct mp_store *store,
    const struct mp_segment_ref *list, size_t count, struct mp_err *err)
{
	struct mp_buf body = MP_BUF_INIT(1 << 20);
	size_t i;

	if (!store->changing)
		return mp_err_set(err, MP_BUG, "a change outside of one");
	/* what this transaction added counts as pending from here on */
	if (store->added_count != 0) {
		if (mp_apply_messages(store, store->added,
		    store->added_count, err) != MP_OK)
			return err->status;
		mp_messages_flush(store);
	}
	mp_buf_varint(&body, count);
	for (i = 0; i < count; i++)
		mp_segment_ref_encode(&body, &list[i]);
	mp_log_add(store->log, MP_EVENT_SEGMENTS, body.data, body.len);
	mp_buf_clear(&body);
	return mp_apply_segments(store, list, count, err);
}
