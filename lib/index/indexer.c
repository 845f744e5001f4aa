/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/indexer_internal.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "index/extract_internal.h"
#include "index/index_internal.h"
#include "index/merge_internal.h"

enum indexer_sizes {
	THREADS_MAX = 16,
	GRAB = 8,		/* messages a worker takes at a time */
	THREAD_WORTH = 64,	/* messages that are worth a thread */
	SEGMENT_WORTH = 4096,	/* and those worth a segment of their own */
	MEMORY_DEFAULT = 112 << 20,
	MEMORY_MIN = 4 << 20
};

struct worker {
	struct mp_indexer *indexer;
	struct mp_accum *accum;
	struct mp_extractor *extractor;
	struct mp_message_reader *reader;
	struct mp_buf raw;
	pthread_t thread;
	uint32_t unread;
	struct mp_err damage;
	/* while flushing */
	struct mp_segment_ref ref;
	struct mp_file file;
	uint32_t first;		/* of its segment, relative to the flush */
	uint32_t end;
	enum mp_status status;
	struct mp_err err;
};

struct held_segment {
	struct mp_segment *segment;
	bool owned;		/* else the index's */
};

struct mp_indexer {
	struct mp_index *index;
	struct mp_store *store;
	bool fresh;
	struct worker *workers;
	unsigned worker_count;
	pthread_mutex_t hash_lock;
	/* segments so far, by first docid */
	struct held_segment *segments;
	size_t segment_count;
	size_t segment_cap;
	bool changed;
	uint32_t cover_end;	/* what the segments must cover at the end */
	struct mp_docset unread;	/* purged or lost: no surprise */
	struct mp_docset pending;	/* not covered when this began */
	/* documents since the last flush */
	uint32_t first;
	struct mp_doc *docs;
	uint8_t *flags;		/* enum mp_doc_flags of each */
	uint32_t doc_count;
	uint32_t doc_cap;
	struct mp_threading threading;
	/* the batch at hand */
	const struct mp_index_input *inputs;
	size_t input_count;
	atomic_size_t next_input;
	atomic_bool full;
	/* tags to set when fresh */
	struct mp_docset tagged[3];
};

static const struct {
	unsigned flag;
	const char *name;
} automatic_tags[3] = {
	{ MP_DOC_ATTACHMENT, "t:attachment" },
	{ MP_DOC_SIGNED, "t:signed" },
	{ MP_DOC_ENCRYPTED, "t:encrypted" }
};

/* --- set-up --------------------------------------------------------- */

static uint64_t
hash_id(void *arg, const char *id)
{
	struct mp_indexer *indexer = arg;
	uint64_t hash;

	/* The store's keyed state serves one thread at a time. */
	(void)pthread_mutex_lock(&indexer->hash_lock);
	hash = mp_store_id_hash(indexer->store, id);
	(void)pthread_mutex_unlock(&indexer->hash_lock);
	return hash;
}

static void
make_workers(struct mp_indexer *indexer,
    const struct mp_indexer_options *options)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned count = options->threads != 0 ? options->threads :
	    processors > 0 ? (unsigned)processors : 1, i;
	size_t memory = options->memory != 0 ? options->memory :
	    MEMORY_DEFAULT;

	if (count > THREADS_MAX)
		count = THREADS_MAX;
	memory /= count;
	if (memory < MEMORY_MIN)
		memory = MEMORY_MIN;
	indexer->workers = mp_calloc(count, sizeof *indexer->workers);
	indexer->worker_count = count;
	for (i = 0; i < count; i++) {
		struct worker *worker = &indexer->workers[i];

		worker->indexer = indexer;
		worker->accum = mp_accum_new(memory);
		worker->extractor = mp_extractor_new(worker->accum, hash_id,
		    indexer);
		mp_buf_init(&worker->raw, SIZE_MAX / 2);
		worker->file = (struct mp_file)MP_FILE_INIT;
	}
}

static void
hold_segment(struct mp_indexer *indexer, struct mp_segment *segment,
    bool owned)
{
	struct held_segment *to;
	size_t at = indexer->segment_count;

	if (indexer->segment_count == indexer->segment_cap) {
		indexer->segment_cap = indexer->segment_cap * 2 + 16;
		indexer->segments = mp_realloc_array(indexer->segments,
		    indexer->segment_cap, sizeof *indexer->segments);
	}
	to = indexer->segments;
	while (at != 0 && to[at - 1].segment->ref.first > segment->ref.first)
		at--;
	memmove(to + at + 1, to + at, (indexer->segment_count - at) *
	    sizeof *to);
	to[at] = (struct held_segment){ segment, owned };
	indexer->segment_count++;
}

static void
drop_segments(struct mp_indexer *indexer, size_t at, size_t count)
{
	size_t i;

	for (i = at; i < at + count; i++)
		if (indexer->segments[i].owned)
			mp_segment_close(indexer->segments[i].segment);
	indexer->segment_count -= count;
	if (indexer->segment_count != at)
		memmove(indexer->segments + at, indexer->segments + at +
		    count, (indexer->segment_count - at) *
		    sizeof *indexer->segments);
}

static enum mp_status
load_sets(struct mp_indexer *indexer, struct mp_err *err)
{
	struct mp_pending *list = NULL;
	size_t count, i;
	enum mp_status status;

	mp_docset_init(&indexer->unread, mp_store_end(indexer->store));
	mp_docset_init(&indexer->pending, mp_store_end(indexer->store));
	status = mp_store_bits_load(&indexer->unread, indexer->store,
	    "x:purged", err);
	if (status == MP_OK)
		status = mp_store_bits_load(&indexer->unread, indexer->store,
		    "x:lost", err);
	if (status == MP_OK)
		status = mp_store_pending(&list, &count, indexer->store,
		    err);
	for (i = 0; status == MP_OK && i < count; i++)
		mp_docset_add(&indexer->pending, list[i].docid);
	free(list);
	return status;
}

enum mp_status
mp_indexer_new(struct mp_indexer **indexer, struct mp_index *index,
    const struct mp_indexer_options *options, struct mp_err *err)
{
	struct mp_indexer *new = mp_calloc(1, sizeof *new);
	enum mp_status status;
	size_t i;

	new->index = index;
	new->store = index->store;
	new->fresh = options->fresh;
	(void)pthread_mutex_init(&new->hash_lock, NULL);
	make_workers(new, options);
	for (i = 0; i < index->segment_count; i++)
		hold_segment(new, index->segments[i], false);
	status = load_sets(new, err);
	*indexer = NULL;
	if (status == MP_OK)
		*indexer = new;
	else
		mp_indexer_free(new);
	return status;
}

void
mp_indexer_free(struct mp_indexer *indexer)
{
	unsigned i;

	if (indexer == NULL)
		return;
	for (i = 0; i < indexer->worker_count; i++) {
		struct worker *worker = &indexer->workers[i];

		mp_extractor_free(worker->extractor);
		mp_accum_free(worker->accum);
		mp_store_reader_free(worker->reader);
		mp_buf_clear(&worker->raw);
		mp_file_close(&worker->file);
	}
	free(indexer->workers);
	drop_segments(indexer, 0, indexer->segment_count);
	free(indexer->segments);
	mp_docset_clear(&indexer->unread);
	mp_docset_clear(&indexer->pending);
	for (i = 0; i < 3; i++)
		mp_docset_clear(&indexer->tagged[i]);
	free(indexer->docs);
	free(indexer->flags);
	mp_threading_clear(&indexer->threading);
	(void)pthread_mutex_destroy(&indexer->hash_lock);
	free(indexer);
}

enum mp_status
mp_indexer_start_over(struct mp_indexer *indexer, struct mp_err *err)
{
	const struct mp_segment_ref *old;
	size_t count;

	if (indexer->doc_count != 0 || indexer->changed)
		return mp_err_set(err, MP_BUG, "starting over too late");
	old = mp_store_segments(&count, indexer->store);
	if (count != 0)
		indexer->cover_end = old[count - 1].end;
	drop_segments(indexer, 0, indexer->segment_count);
	indexer->changed = true;
	return MP_OK;
}

uint32_t
mp_indexer_unread(struct mp_err *damage, const struct mp_indexer *indexer)
{
	uint32_t count = 0;
	unsigned i;

	for (i = 0; i < indexer->worker_count; i++) {
		if (indexer->workers[i].unread != 0)
			*damage = indexer->workers[i].damage;
		count += indexer->workers[i].unread;
	}
	return count;
}

/* --- workers -------------------------------------------------------- */

typedef void *worker_fn(void *worker);

/* Run fn for the first count workers at once; this thread is the first. */
static void
run_workers(struct mp_indexer *indexer, unsigned count, worker_fn *fn)
{
	bool started[THREADS_MAX] = { false };
	unsigned i;

	for (i = 1; i < count; i++)
		started[i] = pthread_create(&indexer->workers[i].thread, NULL,
		    fn, &indexer->workers[i]) == 0;
	(void)fn(&indexer->workers[0]);
	for (i = 1; i < count; i++) {
		if (started[i])
			(void)pthread_join(indexer->workers[i].thread, NULL);
		else
			(void)fn(&indexer->workers[i]);
	}
}

/* Read a message that is in the packs only. */
static bool
read_stored(struct mp_index_input *input, char **id, struct worker *worker,
    const struct mp_index_input *from)
{
	struct mp_indexer *indexer = worker->indexer;
	struct mp_message_info info;
	struct mp_err err = MP_ERR_INIT;

	if (worker->reader == NULL)
		worker->reader = mp_store_reader_new(indexer->store);
	mp_buf_reset(&worker->raw);
	if (mp_store_read(&worker->raw, &info, worker->reader, from->docid,
	    from->place, &err) != MP_OK) {
		if (mp_docset_has(&indexer->unread, from->docid))
			return false;
		if (worker->unread++ == 0)
			worker->damage = err;
		return false;
	}
	free(info.folder);
	*id = info.id;
	*input = *from;
	input->raw = worker->raw.data;
	input->len = worker->raw.len;
	input->id = info.id;
	return true;
}

static void
take_input(struct worker *worker, const struct mp_index_input *from)
{
	struct mp_indexer *indexer = worker->indexer;
	uint32_t at = from->docid - indexer->first;
	struct mp_doc *doc = &indexer->docs[at];
	struct mp_index_input input = *from;
	char *id = NULL;

	doc->place = from->place;
	doc->id_hash = from->id_hash;
	memcpy(doc->sha256, from->sha256, sizeof doc->sha256);
	if (input.raw == NULL && !read_stored(&input, &id, worker, from))
		return;
	indexer->flags[at] = (uint8_t)mp_extract(doc, worker->extractor, at,
	    input.id, input.raw, input.len);
	free(id);
}

static void *
take_inputs(void *arg)
{
	struct worker *worker = arg;
	struct mp_indexer *indexer = worker->indexer;

	while (!atomic_load(&indexer->full)) {
		size_t at = atomic_fetch_add(&indexer->next_input, GRAB);
		size_t end = at + GRAB;

		if (at >= indexer->input_count)
			break;
		if (end > indexer->input_count)
			end = indexer->input_count;
		for (; at < end; at++)
			take_input(worker, &indexer->inputs[at]);
		if (mp_accum_full(worker->accum))
			atomic_store(&indexer->full, true);
	}
	return NULL;
}

/* --- taking documents ----------------------------------------------- */

/* May docids from .. end - 1 be covered although nothing is known of them? */
static bool
is_free(const struct mp_indexer *indexer, uint32_t from, uint32_t end)
{
	size_t i;

	for (i = 0; i < indexer->segment_count; i++) {
		const struct mp_segment_ref *ref =
		    &indexer->segments[i].segment->ref;

		if (ref->first < end && ref->end > from)
			return false;
	}
	return mp_docset_next(&indexer->pending, from) >= end;
}

static uint32_t
end_before(const struct mp_indexer *indexer, uint32_t docid)
{
	uint32_t end = 0;
	size_t i;

	for (i = 0; i < indexer->segment_count; i++)
		if (indexer->segments[i].segment->ref.end <= docid)
			end = indexer->segments[i].segment->ref.end;
	return end;
}

/* Make room for docids up to end - 1; those not taken stay empty. */
static void
grow_docs(struct mp_indexer *indexer, uint32_t end)
{
	uint32_t count = end - indexer->first;

	if (count > indexer->doc_cap) {
		indexer->doc_cap = count + count / 2 + 1024;
		indexer->docs = mp_realloc_array(indexer->docs,
		    indexer->doc_cap, sizeof *indexer->docs);
		indexer->flags = mp_realloc(indexer->flags,
		    indexer->doc_cap);
	}
	if (count <= indexer->doc_count)
		return;
	memset(indexer->docs + indexer->doc_count, 0,
	    (count - indexer->doc_count) * sizeof *indexer->docs);
	memset(indexer->flags + indexer->doc_count, 0,
	    count - indexer->doc_count);
	indexer->doc_count = count;
}

/*
 * How many of the inputs follow so closely that they can be of the same
 * flush: 0 when what was gathered must be flushed first.
 */
static size_t
count_adjacent(const struct mp_indexer *indexer,
    const struct mp_index_input *inputs, size_t count)
{
	uint32_t next = indexer->first + indexer->doc_count;
	size_t i;

	for (i = 0; i < count; i++) {
		if (inputs[i].docid < next || (inputs[i].docid != next &&
		    !is_free(indexer, next, inputs[i].docid)))
			break;
		next = inputs[i].docid + 1;
	}
	return i;
}

static void
give_ids(struct mp_strlist *ids, const struct mp_indexer *indexer,
    const struct mp_index_input *inputs, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		const struct mp_doc *doc =
		    &indexer->docs[inputs[i].docid - indexer->first];
		const uint8_t *id = (const uint8_t *)"";
		struct mp_cursor cur;
		size_t len = 0;

		if (doc->summary != NULL) {
			mp_cursor_init(&cur, doc->summary, doc->summary_len);
			id = mp_cursor_blob(&cur, &len);
		}
		mp_strlist_addn(ids, (const char *)id, len);
	}
}

enum mp_status
mp_indexer_take(size_t *taken, struct mp_strlist *ids,
    struct mp_indexer *indexer, const struct mp_index_input *inputs,
    size_t count, struct mp_err *err)
{
	unsigned threads = indexer->worker_count;

	(void)err;
	*taken = 0;
	if (count == 0)
		return MP_OK;
	if (indexer->doc_count == 0) {
		uint32_t docid = inputs[0].docid;
		uint32_t end = end_before(indexer, docid);

		indexer->first = is_free(indexer, end, docid) ? end : docid;
	}
	count = count_adjacent(indexer, inputs, count);
	if (count == 0)
		return MP_OK;
	grow_docs(indexer, inputs[count - 1].docid + 1);
	if (threads > 1 + count / THREAD_WORTH)
		threads = 1 + (unsigned)(count / THREAD_WORTH);
	indexer->inputs = inputs;
	indexer->input_count = count;
	atomic_store(&indexer->next_input, 0);
	atomic_store(&indexer->full, false);
	run_workers(indexer, threads, take_inputs);
	*taken = atomic_load(&indexer->next_input);
	if (*taken > count)
		*taken = count;
	indexer->doc_count = inputs[*taken - 1].docid + 1 - indexer->first;
	if (ids != NULL)
		give_ids(ids, indexer, inputs, *taken);
	return MP_OK;
}

enum mp_status
mp_indexer_add(struct mp_indexer *indexer,
    const struct mp_index_input *inputs, size_t count, struct mp_err *err)
{
	enum mp_status status = MP_OK;
	size_t done = 0, taken;

	while (done < count && status == MP_OK) {
		status = mp_indexer_take(&taken, NULL, indexer,
		    inputs + done, count - done, err);
		done += taken;
		if (status == MP_OK && done < count)
			status = mp_indexer_flush(indexer, err);
	}
	return status;
}

/* --- flushing ------------------------------------------------------- */

static void *
sort_terms(void *arg)
{
	struct worker *worker = arg;

	mp_accum_sort(worker->accum);
	return NULL;
}

/* Write the documents first .. end - 1 of all accumulators. */
static void *
write_segment(void *arg)
{
	struct worker *worker = arg;
	struct mp_indexer *indexer = worker->indexer;
	const struct mp_threading *threading = &indexer->threading;
	struct mp_accum *accums[THREADS_MAX];
	struct mp_segment_out *out;
	uint32_t i;

	out = mp_segment_out_new(&worker->file,
	    mp_store_keys(indexer->store), worker->ref.id,
	    indexer->first + worker->first, indexer->first + worker->end);
	for (i = worker->first; i < worker->end; i++)
		mp_segment_out_doc(out, &indexer->docs[i]);
	for (i = 0; i < indexer->worker_count; i++)
		accums[i] = indexer->workers[i].accum;
	mp_accum_write(&out->postings, accums, indexer->worker_count,
	    worker->first, worker->end);
	mp_threading_write(out, threading, worker->first, worker->end);
	if (worker->end == indexer->doc_count)	/* the last one has them */
		for (i = 0; i < threading->join_count; i++)
			mp_segment_out_join(out, threading->joins[i].from,
			    threading->joins[i].to);
	worker->status = mp_segment_out_finish(&worker->ref, out,
	    &worker->err);
	mp_segment_out_free(out);
	return NULL;
}

static enum mp_status
thread_documents(struct mp_indexer *indexer, struct mp_err *err)
{
	struct mp_segment **segments = mp_calloc(indexer->segment_count + 1,
	    sizeof *segments);
	enum mp_status status = MP_OK;
	size_t i;

	mp_threading_clear(&indexer->threading);
	mp_threading_init(&indexer->threading);
	for (i = 0; i < indexer->segment_count && status == MP_OK; i++) {
		segments[i] = indexer->segments[i].segment;
		status = mp_roots_load(&indexer->threading.roots,
		    segments[i], err);
	}
	if (status == MP_OK)
		status = mp_threading_run(&indexer->threading, indexer->docs,
		    indexer->doc_count, indexer->first, segments,
		    indexer->segment_count, err);
	free(segments);
	return status;
}

/* Give the finished file its name and open it for reading. */
static enum mp_status
take_segment(struct mp_indexer *indexer, const struct mp_segment_ref *ref,
    struct mp_file *file, struct mp_err *err)
{
	struct mp_segment *segment;
	enum mp_status status;
	char *path;

	status = mp_store_segment_done(indexer->store, ref->id, file, err);
	if (status != MP_OK)
		return status;
	path = mp_store_segment_path(indexer->store, ref->id);
	status = mp_segment_open(&segment, path, ref,
	    mp_store_keys(indexer->store), indexer->index->cache, err);
	free(path);
	if (status == MP_OK)
		hold_segment(indexer, segment, true);
	return status;
}

static void
note_tags(struct mp_indexer *indexer)
{
	uint32_t end = mp_store_end(indexer->store), i;
	unsigned tag;

	for (tag = 0; tag < 3 && indexer->fresh; tag++) {
		mp_docset_resize(&indexer->tagged[tag], end);
		for (i = 0; i < indexer->doc_count; i++)
			if (indexer->flags[i] & automatic_tags[tag].flag)
				mp_docset_add(&indexer->tagged[tag],
				    indexer->first + i);
	}
}

static enum mp_status
write_segments(struct mp_indexer *indexer, struct mp_err *err)
{
	unsigned count = 1 + indexer->doc_count / SEGMENT_WORTH, i;
	enum mp_status status = MP_OK;

	if (count > indexer->worker_count)
		count = indexer->worker_count;
	for (i = 0; i < count && status == MP_OK; i++) {
		struct worker *worker = &indexer->workers[i];

		worker->first = (uint32_t)((uint64_t)indexer->doc_count * i /
		    count);
		worker->end = (uint32_t)((uint64_t)indexer->doc_count *
		    (i + 1) / count);
		status = mp_store_segment_new(&worker->ref.id, &worker->file,
		    indexer->store, err);
	}
	if (status == MP_OK)
		run_workers(indexer, count, write_segment);
	for (i = 0; i < count && status == MP_OK; i++) {
		struct worker *worker = &indexer->workers[i];

		status = worker->status == MP_OK ? take_segment(indexer,
		    &worker->ref, &worker->file, err) : mp_err_set(err,
		    worker->status, "%s", worker->err.text);
	}
	return status;
}

static enum mp_status merge_tiers(struct mp_indexer *indexer,
    struct mp_err *err) MP_CHECKED;

enum mp_status
mp_indexer_flush(struct mp_indexer *indexer, struct mp_err *err)
{
	enum mp_status status;
	unsigned i;

	if (indexer->doc_count == 0)
		return MP_OK;
	status = thread_documents(indexer, err);
	if (status == MP_OK) {
		run_workers(indexer, indexer->worker_count, sort_terms);
		status = write_segments(indexer, err);
	}
	if (status != MP_OK)
		return status;
	note_tags(indexer);
	for (i = 0; i < indexer->worker_count; i++)
		mp_accum_reset(indexer->workers[i].accum);
	indexer->doc_count = 0;
	indexer->changed = true;
	return merge_tiers(indexer, err);
}

/* --- merging -------------------------------------------------------- */

static enum mp_status
merge_run(struct mp_indexer *indexer, size_t first, size_t count,
    const struct mp_docset *removed, struct mp_err *err)
{
	struct mp_segment **segments = mp_calloc(count, sizeof *segments);
	bool whole = count == indexer->segment_count;
	struct mp_segment_ref ref = { 0 };
	struct mp_file file = MP_FILE_INIT;
	struct mp_segment_out *out = NULL;
	struct mp_roots roots;
	enum mp_status status = MP_OK;
	size_t i;

	mp_roots_init(&roots);
	for (i = 0; i < indexer->segment_count && status == MP_OK; i++)
		status = mp_roots_load(&roots, indexer->segments[i].segment,
		    err);
	for (i = 0; i < count; i++)
		segments[i] = indexer->segments[first + i].segment;
	if (status == MP_OK)
		status = mp_store_segment_new(&ref.id, &file, indexer->store,
		    err);
	if (status == MP_OK) {
		out = mp_segment_out_new(&file, mp_store_keys(indexer->store),
		    ref.id, segments[0]->ref.first,
		    segments[count - 1]->ref.end);
		status = mp_segment_merge(out, segments, count, &roots,
		    whole, removed, err);
	}
	if (status == MP_OK)
		status = mp_segment_out_finish(&ref, out, err);
	if (status == MP_OK) {
		drop_segments(indexer, first, count);
		status = take_segment(indexer, &ref, &file, err);
		indexer->changed = true;
	}
	mp_segment_out_free(out);
	mp_file_close(&file);
	mp_roots_clear(&roots);
	free(segments);
	return status;
}

/* The end of the run of segments from first on that leave no gap. */
static size_t
run_end(const struct mp_indexer *indexer, size_t first)
{
	size_t end = first + 1;

	while (end < indexer->segment_count &&
	    indexer->segments[end].segment->ref.first ==
	    indexer->segments[end - 1].segment->ref.end)
		end++;
	return end;
}

static enum mp_status
merge_tiers(struct mp_indexer *indexer, struct mp_err *err)
{
	size_t start = 0;

	while (start < indexer->segment_count) {
		size_t end = run_end(indexer, start), first, count, i;
		uint64_t *lengths = mp_calloc(end - start, sizeof *lengths);
		bool wanted;

		for (i = start; i < end; i++)
			lengths[i - start] =
			    indexer->segments[i].segment->ref.length;
		wanted = mp_merge_choose(&first, &count, lengths,
		    end - start);
		free(lengths);
		if (!wanted)
			start = end;
		else if (merge_run(indexer, start + first, count, NULL,
		    err) != MP_OK)
			return err->status;
	}
	return MP_OK;
}

enum mp_status
mp_indexer_merge_all(struct mp_indexer *indexer, struct mp_err *err)
{
	struct mp_docset removed = MP_DOCSET_INIT;
	enum mp_status status = MP_OK;
	size_t start, end;

	mp_docset_init(&removed, mp_store_end(indexer->store));
	status = mp_store_bits_load(&removed, indexer->store, "x:removed",
	    err);
	for (start = 0; start < indexer->segment_count && status == MP_OK;
	    start++) {
		end = run_end(indexer, start);
		status = merge_run(indexer, start, end - start, &removed,
		    err);
	}
	mp_docset_clear(&removed);
	return status;
}

/* --- the end -------------------------------------------------------- */

/* The store wants all docids covered that were, if there is mail or not. */
static void
fill_to_end(struct mp_indexer *indexer)
{
	if (indexer->doc_count == 0)
		indexer->first = end_before(indexer, UINT32_MAX);
	if (indexer->cover_end > indexer->first + indexer->doc_count)
		grow_docs(indexer, indexer->cover_end);
}

static enum mp_status
set_tags(struct mp_indexer *indexer, struct mp_err *err)
{
	enum mp_status status = MP_OK;
	unsigned tag;

	for (tag = 0; tag < 3 && status == MP_OK; tag++)
		if (indexer->tagged[tag].size != 0)
			status = mp_store_bits_change(indexer->store,
			    automatic_tags[tag].name, &indexer->tagged[tag],
			    NULL, err);
	return status;
}

enum mp_status
mp_indexer_finish(struct mp_indexer *indexer, struct mp_err *err)
{
	struct mp_segment_ref *refs;
	enum mp_status status;
	size_t i;

	fill_to_end(indexer);
	status = mp_indexer_flush(indexer, err);
	if (status == MP_OK)
		status = set_tags(indexer, err);
	if (status != MP_OK || !indexer->changed)
		return status;
	refs = mp_calloc(indexer->segment_count + 1, sizeof *refs);
	for (i = 0; i < indexer->segment_count; i++)
		refs[i] = indexer->segments[i].segment->ref;
	status = mp_store_segments_set(indexer->store, refs,
	    indexer->segment_count, err);
	free(refs);
	return status;
}
