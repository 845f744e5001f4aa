/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/store_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* The pack that is being worked on, and what it takes to read it. */
struct purge {
	struct mp_store *store;
	struct mp_recfile *pack;
	struct mp_dictionary *dictionary;
	struct mp_buf raw;
	struct mp_buf meta;
	struct mp_docset done;
	uint64_t start;		/* bytes to give back, not given yet */
	uint64_t end;
	uint64_t freed;
};

/*
 * Neighbours are given back together: a file system frees whole blocks, and
 * most mails are smaller than one.
 */
static enum mp_status
give_back(struct purge *purge, struct mp_err *err)
{
	uint64_t len = purge->end - purge->start;
	enum mp_status status = MP_OK;

	if (len != 0)
		status = mp_recfile_punch(purge->pack, purge->start, len,
		    err);
	if (status == MP_OK)
		purge->freed += len;
	purge->start = purge->end = 0;
	return status;
}

static void
leave_pack(struct purge *purge)
{
	mp_recfile_close(purge->pack);
	purge->pack = NULL;
	mp_dictionary_free(purge->dictionary);
	purge->dictionary = NULL;
}

static enum mp_status
enter_pack(struct purge *purge, uint64_t id, struct mp_err *err)
{
	enum mp_status status;
	char *path;

	if (purge->pack != NULL && mp_recfile_id(purge->pack) == id)
		return MP_OK;
	if (purge->pack != NULL && (give_back(purge, err) != MP_OK ||
	    mp_recfile_sync(purge->pack, err) != MP_OK))
		return err->status;
	leave_pack(purge);
	path = mp_pack_path(purge->store, id);
	status = mp_recfile_open(&purge->pack, path, MP_RECFILE_PACK, id,
	    purge->store->keys, true, err);
	if (status == MP_OK)
		status = mp_dictionary_load(&purge->dictionary, purge->pack,
		    err);
	free(path);
	return status;
}

/* A message that cannot be read has no known end: it is left as it is. */
static enum mp_status
purge_message(struct purge *purge, const struct mp_pending *message,
    struct mp_err *err)
{
	uint64_t at = message->place.offset, next;
	enum mp_status status = enter_pack(purge, message->place.pack, err);

	mp_buf_reset(&purge->raw);
	mp_buf_reset(&purge->meta);
	if (status == MP_OK)
		status = mp_frames_read(&purge->raw, &purge->meta, &next,
		    purge->pack, purge->dictionary, message->docid, at, err);
	if (status == MP_OK && at != purge->end) {
		status = give_back(purge, err);
		purge->start = at;
	}
	if (status == MP_OK)
		purge->end = next;
	if (status == MP_CORRUPT) {
		mp_err_clear(err);
		status = MP_OK;
	}
	if (status == MP_OK)
		mp_docset_add(&purge->done, message->docid);
	return status;
}

static enum mp_status
purge_all(struct purge *purge, const struct mp_docset *targets,
    struct mp_err *err)
{
	struct mp_pending *list;
	enum mp_status status;
	size_t count, i;

	status = mp_store_all(&list, &count, purge->store, err);
	for (i = 0; i < count && status == MP_OK; i++)
		if (mp_docset_has(targets, list[i].docid))
			status = purge_message(purge, &list[i], err);
	if (status == MP_OK && purge->pack != NULL)
		status = give_back(purge, err);
	if (status == MP_OK && purge->pack != NULL)
		status = mp_recfile_sync(purge->pack, err);
	leave_pack(purge);
	free(list);
	return status;
}

/*
 * First the space, then the note that it is gone: between the two a removed
 * message is damaged, which nobody minds.
 */
enum mp_status
mp_store_purge(uint64_t *freed, struct mp_store *store, struct mp_err *err)
{
	struct purge purge = { .store = store,
	    .raw = MP_BUF_INIT(MP_FRAME_MESSAGE_MAX),
	    .meta = MP_BUF_INIT(MP_RECORD_MAX) };
	struct mp_docset targets = MP_DOCSET_INIT, gone = MP_DOCSET_INIT;
	enum mp_status status;

	*freed = 0;
	status = mp_store_bits_load(&targets, store, "x:removed", err);
	if (status == MP_OK)
		status = mp_store_bits_load(&gone, store, "x:purged", err);
	if (status == MP_OK)
		mp_docset_andnot(&targets, &gone);
	mp_docset_init(&purge.done, mp_store_end(store));
	if (status == MP_OK && !mp_docset_empty(&targets)) {
		status = purge_all(&purge, &targets, err);
		if (status == MP_OK)
			status = mp_store_bits_change(store, "x:purged",
			    &purge.done, NULL, err);
	}
	*freed = purge.freed;
	mp_docset_clear(&targets);
	mp_docset_clear(&gone);
	mp_docset_clear(&purge.done);
	mp_buf_clear(&purge.raw);
	mp_buf_clear(&purge.meta);
	return status;
}
