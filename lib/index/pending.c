/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "index/index_internal.h"
#include "index/indexer_internal.h"

#define BATCH 1024	/* messages handed to the workers at once */

/* What is to be indexed and how far it has come. */
struct job {
	struct mp_store *store;
	struct mp_indexer_options options;
	bool all;
	struct mp_pending *list;
	size_t count;
	size_t done;
	mp_indexed_fn *each;
	void *arg;
	uint32_t unread;
	struct mp_err damage;
};

static enum mp_status
take_batch(bool *full, struct mp_strlist *ids, struct mp_indexer *indexer,
    struct job *job, struct mp_err *err)
{
	static const struct mp_index_input empty;
	struct mp_index_input inputs[BATCH];
	size_t count = job->count - job->done, taken, i;
	enum mp_status status;

	if (count > BATCH)
		count = BATCH;
	for (i = 0; i < count; i++) {
		const struct mp_pending *from = &job->list[job->done + i];

		inputs[i] = empty;
		inputs[i].docid = from->docid;
		inputs[i].id_hash = from->id_hash;
		inputs[i].place = from->place;
		memcpy(inputs[i].sha256, from->sha256,
		    sizeof from->sha256);
	}
	status = mp_indexer_take(&taken, job->each != NULL ? ids : NULL,
	    indexer, inputs, count, err);
	job->done += taken;
	*full = taken < count;
	return status;
}

/* Take until memory is full or, when everything is made anew, the end. */
static enum mp_status
take_some(struct mp_strlist *ids, struct mp_indexer *indexer,
    struct job *job, struct mp_err *err)
{
	enum mp_status status = MP_OK;
	bool full = false;

	if (job->all)
		status = mp_indexer_start_over(indexer, err);
	while (status == MP_OK && job->done < job->count) {
		status = take_batch(&full, ids, indexer, job, err);
		if (status == MP_OK && full && !job->all)
			break;
		if (status == MP_OK && full)
			status = mp_indexer_flush(indexer, err);
	}
	if (status == MP_OK)
		status = mp_indexer_finish(indexer, err);
	return status;
}

/* One transaction. */
static enum mp_status
index_some(struct job *job, struct mp_err *err)
{
	struct mp_strlist ids = MP_STRLIST_INIT;
	struct mp_index *index = NULL;
	struct mp_indexer *indexer = NULL;
	size_t first = job->done, i;
	enum mp_status status;

	status = mp_store_begin(job->store, err);
	if (status != MP_OK)
		return status;
	if (job->all)
		index = mp_index_bare(job->store);
	else
		status = mp_index_open(&index, job->store, err);
	if (status == MP_OK)
		status = mp_indexer_new(&indexer, index, &job->options, err);
	if (status == MP_OK)
		status = take_some(&ids, indexer, job, err);
	if (indexer != NULL)
		job->unread += mp_indexer_unread(&job->damage, indexer);
	mp_indexer_free(indexer);
	mp_index_close(index);
	if (status == MP_OK)
		status = mp_store_commit(job->store, err);
	else
		mp_store_rollback(job->store);
	for (i = 0; i < ids.count && status == MP_OK; i++)
		if (*ids.items[i] != '\0')
			job->each(job->arg, job->list[first + i].docid,
			    ids.items[i]);
	mp_strlist_clear(&ids);
	return status;
}

enum mp_status
mp_index_pending(struct mp_store *store,
    const struct mp_indexer_options *options, bool all, mp_indexed_fn *each,
    void *arg, struct mp_err *err)
{
	struct job job = { .store = store, .options = *options, .all = all,
	    .each = each, .arg = arg };
	enum mp_status status;

	status = all ? mp_store_all(&job.list, &job.count, store, err) :
	    mp_store_pending(&job.list, &job.count, store, err);
	if (status == MP_OK && all && job.count == 0)
		job.all = false;
	while (status == MP_OK && job.done < job.count)
		status = index_some(&job, err);
	free(job.list);
	if (status == MP_OK && job.unread != 0)
		status = mp_err_set(err, MP_CORRUPT,
		    "cannot index %lu messages: %s",
		    (unsigned long)job.unread, job.damage.text);
	return status;
}

enum mp_status
mp_index_optimize(struct mp_store *store, struct mp_err *err)
{
	const struct mp_indexer_options options = { .threads = 1 };
	struct mp_index *index = NULL;
	struct mp_indexer *indexer = NULL;
	enum mp_status status = mp_store_begin(store, err);
	uint64_t freed;

	if (status != MP_OK)
		return status;
	status = mp_index_open(&index, store, err);
	if (status == MP_OK)
		status = mp_indexer_new(&indexer, index, &options, err);
	if (status == MP_OK)
		status = mp_indexer_merge_all(indexer, err);
	if (status == MP_OK)
		status = mp_indexer_finish(indexer, err);
	mp_indexer_free(indexer);
	mp_index_close(index);
	if (status == MP_OK)
		status = mp_store_purge(&freed, store, err);
	if (status == MP_OK)
		status = mp_store_commit(store, err);
	else
		mp_store_rollback(store);
	return status;
}
