/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ingest/ingest.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/encode.h"
#include "crypto/hash.h"
#include "index/indexer.h"
#include "ingest/changes.h"
#include "ingest/id.h"
#include "ingest/ingest_internal.h"
#include "tag/rules.h"

#define BATCH ((size_t)32 << 20)
#define INDEX_BATCHES 8		/* batches a commit when indexing, too */
#define SAMPLE ((size_t)1 << 20)
#define ADDED_MAX 100000	/* kept before the index is opened anew */

/*
 * What this run added since the index was opened, by its SHA-256 and by that
 * of its id.
 */
struct added {
	uint64_t hash[2];	/* both 0: a free slot */
	uint32_t docid;
};

struct mp_ingest {
	struct mp_store *store;
	struct mp_ingest_options options;
	struct mp_strlist new_tags;
	size_t batch_bytes;
	bool changing;		/* a transaction is open */
	unsigned batches;	/* in it */

	struct mp_batch batch;
	struct mp_strlist folders;	/* names that the batch points to */
	struct mp_changes *changes;
	struct mp_strlist stored;	/* ids to tell after the commit */
	uint32_t first_docid;		/* of this transaction */
	uint32_t next_docid;

	struct mp_index *index;
	struct mp_indexer *indexer;
	struct added *added;
	size_t added_cap;
	size_t added_count;

	mp_before_commit_fn *hook;
	void *hook_arg;
};

static enum mp_status
open_index(struct mp_ingest *ingest, struct mp_err *err)
{
	mp_index_close(ingest->index);
	ingest->index = NULL;
	if (ingest->added_count != 0)
		memset(ingest->added, 0,
		    ingest->added_cap * sizeof *ingest->added);
	ingest->added_count = 0;
	ingest->next_docid = mp_store_end(ingest->store);
	ingest->first_docid = ingest->next_docid;
	return mp_index_open(&ingest->index, ingest->store, err);
}

/* Segments cover docids in order: what waits for its index goes first. */
static enum mp_status
index_older(struct mp_ingest *ingest, struct mp_err *err)
{
	const struct mp_indexer_options how = {
		.threads = ingest->options.threads,
		.fresh = true
	};

	if (!ingest->options.index || ingest->options.dry_run)
		return MP_OK;
	return mp_index_pending(ingest->store, &how, false, NULL, NULL, err);
}

enum mp_status
mp_ingest_new(struct mp_ingest **ingest, struct mp_store *store,
    const struct mp_ingest_options *options, struct mp_err *err)
{
	struct mp_ingest *made = mp_calloc(1, sizeof *made);
	size_t i;

	*ingest = NULL;
	made->store = store;
	made->options = *options;
	made->options.new_tags = NULL;
	for (i = 0; options->new_tags != NULL &&
	    i < options->new_tags->count; i++)
		mp_strlist_add(&made->new_tags, options->new_tags->items[i]);
	made->batch_bytes = options->batch != 0 ? options->batch : BATCH;
	if (made->options.threads == 0)
		made->options.threads = 2;
	if (made->options.threads > MP_INGEST_THREADS_MAX)
		made->options.threads = MP_INGEST_THREADS_MAX;
	mp_buf_init(&made->batch.bytes, made->batch_bytes + MP_MAIL_MAX);
	made->changes = mp_changes_new();
	if (index_older(made, err) != MP_OK || open_index(made, err) != MP_OK) {
		mp_ingest_free(made);
		return err->status;
	}
	*ingest = made;
	return MP_OK;
}

void
mp_ingest_free(struct mp_ingest *ingest)
{
	if (ingest == NULL)
		return;
	mp_indexer_free(ingest->indexer);
	mp_index_close(ingest->index);
	if (ingest->changing)
		mp_store_rollback(ingest->store);
	mp_batch_reset(&ingest->batch);
	mp_buf_clear(&ingest->batch.bytes);
	free(ingest->batch.mails);
	mp_changes_free(ingest->changes);
	mp_strlist_clear(&ingest->folders);
	mp_strlist_clear(&ingest->stored);
	mp_strlist_clear(&ingest->new_tags);
	free(ingest->added);
	free(ingest);
}

void
mp_ingest_hook(struct mp_ingest *ingest, mp_before_commit_fn *fn, void *arg)
{
	ingest->hook = fn;
	ingest->hook_arg = arg;
}

struct mp_store *
mp_ingest_store(struct mp_ingest *ingest)
{
	return ingest->store;
}

/* --- what this run added -------------------------------------------- */

static struct added *
added_slot(const struct mp_ingest *ingest, const uint8_t sha256[32])
{
	uint64_t first = mp_get_u64(sha256), second = mp_get_u64(sha256 + 8);
	size_t mask = ingest->added_cap - 1;
	size_t at = (size_t)first & mask;

	for (;; at = (at + 1) & mask) {
		struct added *slot = &ingest->added[at];

		if ((slot->hash[0] == first && slot->hash[1] == second) ||
		    (slot->hash[0] == 0 && slot->hash[1] == 0))
			return slot;
	}
}

static void
grow_added(struct mp_ingest *ingest)
{
	struct added *old = ingest->added;
	size_t old_cap = ingest->added_cap, i;

	ingest->added_cap = old_cap == 0 ? 1024 : old_cap * 2;
	ingest->added = mp_calloc(ingest->added_cap, sizeof *old);
	for (i = 0; i < old_cap; i++) {
		uint8_t key[32] = { 0 };

		mp_put_u64(key, old[i].hash[0]);
		mp_put_u64(key + 8, old[i].hash[1]);
		if (old[i].hash[0] != 0 || old[i].hash[1] != 0)
			*added_slot(ingest, key) = old[i];
	}
	free(old);
}

/* --- one batch ------------------------------------------------------ */

static void
fill_slot(struct mp_ingest *ingest, struct added *slot,
    const uint8_t hash[32], uint32_t docid)
{
	slot->hash[0] = mp_get_u64(hash);
	slot->hash[1] = mp_get_u64(hash + 8);
	slot->docid = docid;
	ingest->added_count++;
}

/* Did this run add a message with the id before? Notes that now it did. */
static bool
id_added(struct mp_ingest *ingest, const char *id, uint32_t docid)
{
	struct added *slot;
	uint8_t hash[32];

	mp_sha256(hash, id, strlen(id));
	slot = added_slot(ingest, hash);
	if (slot->hash[0] != 0 || slot->hash[1] != 0)
		return true;
	fill_slot(ingest, slot, hash, docid);
	return false;
}

/* Decide what becomes of the message, and give a new one its docid. */
static enum mp_status
classify(struct mp_ingest *ingest, struct mp_batch_mail *mail,
    struct mp_err *err)
{
	const uint8_t *sha256 = mail->arrival.sha256;
	enum mp_status status = MP_NOT_FOUND;
	struct added *slot;
	uint32_t variants = 0;

	if ((ingest->added_count + 2) * 2 >= ingest->added_cap)
		grow_added(ingest);
	slot = added_slot(ingest, sha256);
	mail->fate = MP_BATCH_KNOWN;
	if (slot->hash[0] != 0 || slot->hash[1] != 0) {
		mail->docid = slot->docid;
		return MP_OK;
	}
	if (mp_index_end(ingest->index) != 0)
		status = mp_index_find_same(&mail->docid, &variants,
		    ingest->index, mail->id, sha256, err);
	if (status != MP_NOT_FOUND)
		return status;
	mp_err_clear(err);
	mail->fate = MP_BATCH_IGNORED;
	if (mail->again)
		return MP_OK;
	mail->fate = MP_BATCH_NEW;
	mail->docid = ingest->next_docid++;
	fill_slot(ingest, slot, sha256, mail->docid);
	mail->variant = id_added(ingest, mail->id, mail->docid) ||
	    variants != 0;
	return MP_OK;
}

static char *
record_id(const char *id)
{
	struct mp_buf text = MP_BUF_INIT(4 * MP_ID_MAX);

	mp_buf_str(&text, "id:");
	mp_id_escape(&text, id, strlen(id));
	return (char *)text.data;
}

static void
tell(const struct mp_ingest *ingest, const struct mp_batch_mail *mail)
{
	char *id;

	if (mail->fate != MP_BATCH_KNOWN || ingest->options.known == NULL ||
	    mail->again)
		return;
	id = record_id(mail->id);
	ingest->options.known(ingest->options.arg, id);
	free(id);
}

static void
note_changes(struct mp_ingest *ingest, const struct mp_batch_mail *mail)
{
	struct mp_changes *changes = ingest->changes;

	if (mail->fate == MP_BATCH_IGNORED)
		return;
	if (mail->fate == MP_BATCH_NEW)
		mp_changes_tags(changes, mail->docid, &ingest->new_tags,
		    mail->flags);
	else if (mail->again)
		mp_changes_flags(changes, mail->docid, mail->old_flags,
		    mail->flags);
	if (mail->fate == MP_BATCH_NEW && mail->variant)
		mp_changes_add(changes, "x:", "variant", mail->docid, true);
	if (mail->folder != NULL)
		mp_changes_add(changes, "p:", mail->folder, mail->docid,
		    true);
	if (mail->left_folder != NULL)
		mp_changes_add(changes, "p:", mail->left_folder,
		    mail->docid, false);
}

static enum mp_status
begin(struct mp_ingest *ingest, struct mp_err *err)
{
	if (ingest->changing)
		return MP_OK;
	if (mp_store_begin(ingest->store, err) != MP_OK)
		return err->status;
	ingest->changing = true;
	return MP_OK;
}

static enum mp_status
append(struct mp_ingest *ingest, const struct mp_batch_job *job,
    struct mp_index_input *inputs, size_t *count, struct mp_err *err)
{
	size_t i;

	for (i = job->first; i < job->end; i++) {
		const struct mp_batch_mail *mail = &ingest->batch.mails[i];
		struct mp_index_input *input = &inputs[*count];
		struct mp_buf sealed = {
			.data = job->sealed.data + mail->sealed,
			.len = mail->sealed_len,
			.overflow = job->sealed.overflow
		};

		if (mail->fate != MP_BATCH_NEW)
			continue;
		input->docid = mail->docid;
		input->raw = mail->arrival.raw;
		input->len = mail->arrival.len;
		input->id = mail->id;
		input->id_hash = mp_store_id_hash(ingest->store, mail->id);
		memcpy(input->sha256, mail->arrival.sha256,
		    sizeof input->sha256);
		if (mp_store_append(&input->place, ingest->store, &sealed,
		    mail->docid, &mail->arrival, err) != MP_OK)
			return err->status;
		mp_strlist_take(&ingest->stored, record_id(mail->id));
		++*count;
	}
	return MP_OK;
}

static enum mp_status
index_batch(struct mp_ingest *ingest, const struct mp_index_input *inputs,
    size_t count, struct mp_err *err)
{
	const struct mp_indexer_options options = {
		.threads = ingest->options.threads,
		.fresh = true
	};

	if (!ingest->options.index || count == 0)
		return MP_OK;
	if (ingest->indexer == NULL && mp_indexer_new(&ingest->indexer,
	    ingest->index, &options, err) != MP_OK)
		return err->status;
	return mp_indexer_add(ingest->indexer, inputs, count, err);
}

static enum mp_status
store_batch(struct mp_ingest *ingest, struct mp_err *err)
{
	struct mp_batch_job jobs[MP_INGEST_THREADS_MAX];
	struct mp_batch *batch = &ingest->batch;
	size_t sample = batch->bytes.len < SAMPLE ? batch->bytes.len : SAMPLE;
	size_t job_count = mp_batch_split(jobs, ingest->options.threads,
	    batch);
	struct mp_index_input *inputs = mp_calloc(batch->count,
	    sizeof *inputs);
	enum mp_status status = MP_OK;
	size_t i, count = 0;

	for (i = 0; i < job_count && status == MP_OK; i++)
		status = mp_store_sealer_new(&jobs[i].sealer, ingest->store,
		    batch->bytes.data, sample, err);
	if (status == MP_OK)
		mp_batch_seal(jobs, job_count);
	for (i = 0; i < job_count; i++) {
		if (status == MP_OK)
			status = append(ingest, &jobs[i], inputs, &count,
			    err);
		mp_store_sealer_free(jobs[i].sealer);
		mp_buf_clear(&jobs[i].sealed);
	}
	if (status == MP_OK)
		status = index_batch(ingest, inputs, count, err);
	free(inputs);
	return status;
}

/* Nothing is written: say what would be new. */
static void
pretend(struct mp_ingest *ingest)
{
	size_t i;

	for (i = 0; i < ingest->batch.count; i++)
		if (ingest->batch.mails[i].fate == MP_BATCH_NEW)
			mp_strlist_take(&ingest->stored,
			    record_id(ingest->batch.mails[i].id));
}

static enum mp_status
take_batch(struct mp_ingest *ingest, struct mp_err *err)
{
	struct mp_batch *batch = &ingest->batch;
	enum mp_status status = MP_OK;
	bool any_new = false;
	size_t i;

	if (batch->count == 0)
		return MP_OK;
	mp_batch_prepare(batch, ingest->options.threads);
	for (i = 0; i < batch->count && status == MP_OK; i++) {
		struct mp_batch_mail *mail = &batch->mails[i];

		status = classify(ingest, mail, err);
		if (status != MP_OK)
			break;
		any_new |= mail->fate == MP_BATCH_NEW;
		tell(ingest, mail);
		if (!ingest->options.dry_run)
			note_changes(ingest, mail);
	}
	if (status == MP_OK && ingest->options.dry_run) {
		pretend(ingest);
	} else if (status == MP_OK) {
		status = begin(ingest, err);
		if (status == MP_OK && any_new)
			status = store_batch(ingest, err);
		ingest->batches++;
	}
	mp_batch_reset(batch);
	mp_strlist_clear(&ingest->folders);
	return status;
}

/* --- what callers see ----------------------------------------------- */

/* A copy of the name that lives as long as the batch. */
static const char *
keep_folder(struct mp_ingest *ingest, const char *name)
{
	struct mp_strlist *kept = &ingest->folders;

	if (name == NULL)
		return NULL;
	if (kept->count == 0 ||
	    strcmp(kept->items[kept->count - 1], name) != 0)
		mp_strlist_add(kept, name);
	return kept->items[kept->count - 1];
}

enum mp_status
mp_ingest_add(struct mp_ingest *ingest, const struct mp_mail *mail,
    struct mp_err *err)
{
	struct mp_batch *batch = &ingest->batch;
	struct mp_batch_mail *kept;

	if (mail->len > MP_MAIL_MAX)
		return mp_err_set(err, MP_INVALID,
		    "a message of %zu bytes is too large", mail->len);
	if (batch->count != 0 &&
	    batch->bytes.len + mail->len > ingest->batch_bytes) {
		if (take_batch(ingest, err) != MP_OK)
			return err->status;
		if ((!ingest->options.index ||
		    ingest->batches >= INDEX_BATCHES) &&
		    mp_ingest_commit(ingest, err) != MP_OK)
			return err->status;
	}
	if (batch->count == batch->cap) {
		batch->cap = batch->cap == 0 ? 64 : batch->cap * 2;
		batch->mails = mp_realloc_array(batch->mails, batch->cap,
		    sizeof *batch->mails);
	}
	kept = &batch->mails[batch->count++];
	memset(kept, 0, sizeof *kept);
	kept->offset = batch->bytes.len;
	kept->arrival.len = mail->len;
	kept->folder = keep_folder(ingest, mail->folder);
	kept->arrival.folder = kept->folder != NULL ? kept->folder : "";
	kept->arrival.received = mail->received;
	kept->flags = mail->flags;
	kept->old_flags = mail->old_flags;
	kept->again = mail->again;
	kept->left_folder = keep_folder(ingest, mail->left_folder);
	mp_buf_add(&batch->bytes, mail->raw, mail->len);
	return MP_OK;
}

enum mp_status
mp_ingest_touch(struct mp_store **store, struct mp_ingest *ingest,
    struct mp_err *err)
{
	*store = ingest->store;
	return begin(ingest, err);
}

static void
tell_stored(struct mp_ingest *ingest)
{
	size_t i;

	for (i = 0; i < ingest->stored.count; i++)
		if (ingest->options.stored != NULL)
			ingest->options.stored(ingest->options.arg,
			    ingest->stored.items[i]);
	mp_strlist_clear(&ingest->stored);
}

/* The user's rules, for what the transaction before brought and indexed. */
static enum mp_status
run_rules(struct mp_ingest *ingest, uint32_t first, struct mp_err *err)
{
	struct mp_docset docs;
	enum mp_status status;

	if (!ingest->options.index || first == ingest->next_docid)
		return MP_OK;
	mp_docset_init(&docs, ingest->next_docid);
	mp_docset_add_range(&docs, first, ingest->next_docid);
	status = mp_rules_run(ingest->index, &docs, err);
	mp_docset_clear(&docs);
	return status;
}

enum mp_status
mp_ingest_commit(struct mp_ingest *ingest, struct mp_err *err)
{
	enum mp_status status = take_batch(ingest, err);
	uint32_t first = ingest->first_docid;

	if (status == MP_OK && ingest->changing && ingest->hook != NULL)
		status = ingest->hook(ingest->hook_arg, ingest->store, err);
	if (status == MP_OK && ingest->changing)
		status = mp_changes_apply(ingest->changes, ingest->store,
		    err);
	if (status == MP_OK && ingest->indexer != NULL)
		status = mp_indexer_finish(ingest->indexer, err);
	mp_indexer_free(ingest->indexer);
	ingest->indexer = NULL;
	if (status == MP_OK && ingest->changing)
		status = mp_store_commit(ingest->store, err);
	if (status != MP_OK)
		return status;
	tell_stored(ingest);
	if (ingest->changing) {
		ingest->changing = false;
		ingest->batches = 0;
		/* the old index plus what was added say as much */
		if (ingest->options.index || ingest->added_count > ADDED_MAX)
			status = open_index(ingest, err);
		if (status == MP_OK)
			status = run_rules(ingest, first, err);
	}
	return status;
}
