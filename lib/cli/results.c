/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/results.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/encode.h"
#include "cli/record.h"
#include "cli/results_internal.h"

#define TAGS_LOAD_MIN 200	/* results from which all tags are loaded */
#define WINDOW 4096	/* results whose summaries are read together */

/* --- tags of documents ---------------------------------------------- */

enum mp_status
mp_tagger_init(struct tagger *tagger, struct mp_index *index, size_t count,
    struct mp_err *err)
{
	enum mp_status status = MP_OK;
	size_t i;

	memset(tagger, 0, sizeof *tagger);
	tagger->store = mp_index_store(index);
	if (count < TAGS_LOAD_MIN)
		return MP_OK;
	status = mp_store_bits_names(&tagger->names, tagger->store, "t:",
	    err);
	tagger->sets = mp_calloc(tagger->names.count + 1,
	    sizeof *tagger->sets);
	for (i = 0; i < tagger->names.count && status == MP_OK; i++)
		status = mp_store_bits_load(&tagger->sets[i], tagger->store,
		    tagger->names.items[i], err);
	return status;
}

void
mp_tagger_clear(struct tagger *tagger)
{
	size_t i;

	for (i = 0; tagger->sets != NULL && i < tagger->names.count; i++)
		mp_docset_clear(&tagger->sets[i]);
	free(tagger->sets);
	mp_strlist_clear(&tagger->names);
}

enum mp_status
mp_tagger_add(struct mp_strlist *tags, struct tagger *tagger, uint32_t docid,
    struct mp_err *err)
{
	struct mp_strlist names = MP_STRLIST_INIT;
	enum mp_status status = MP_OK;
	size_t i;

	if (tagger->sets != NULL) {
		for (i = 0; i < tagger->names.count; i++)
			if (mp_docset_has(&tagger->sets[i], docid))
				mp_strlist_add(tags,
				    tagger->names.items[i] + 2);
		return MP_OK;
	}
	status = mp_store_bits_of(&names, tagger->store, docid, "t:", err);
	for (i = 0; i < names.count; i++)
		mp_strlist_add(tags, names.items[i] + 2);
	mp_strlist_clear(&names);
	return status;
}

/* --- one id once ---------------------------------------------------- */

/* Is a message with the same id before docid in the set? */
static enum mp_status
has_earlier(bool *has, const struct mp_docset *set, struct mp_index *index,
    uint32_t docid, struct mp_err *err)
{
	struct mp_buf id = MP_BUF_INIT((size_t)1 << 20);
	struct mp_summary summary;
	struct mp_docset same;
	enum mp_status status;

	*has = false;
	status = mp_index_summary(&summary, index, docid, err);
	if (status != MP_OK)
		return status;
	mp_docset_init(&same, set->size);
	mp_id_unescape(&id, summary.id + 3, strlen(summary.id + 3));
	status = mp_index_find_id(&same, index, mp_buf_text(&id), err);
	mp_docset_and(&same, set);
	*has = mp_docset_next(&same, 0) < docid;
	mp_docset_clear(&same);
	mp_buf_clear(&id);
	mp_summary_clear(&summary);
	return status;
}

enum mp_status
mp_results_unique(struct mp_docset *set, struct mp_index *index,
    struct mp_err *err)
{
	struct mp_docset variants = MP_DOCSET_INIT;
	enum mp_status status;
	uint32_t docid;
	bool has;

	status = mp_store_bits_load(&variants, mp_index_store(index),
	    "x:variant", err);
	mp_docset_and(&variants, set);
	for (docid = mp_docset_next(&variants, 0);
	    docid != MP_DOCSET_END && status == MP_OK;
	    docid = mp_docset_next(&variants, docid + 1)) {
		status = has_earlier(&has, set, index, docid, err);
		if (status == MP_OK && has)
			mp_docset_remove(set, docid);
	}
	mp_docset_clear(&variants);
	return status;
}

/* --- messages ------------------------------------------------------- */

char *
mp_thread_name(uint32_t root)
{
	return mp_asprintf("thread:%08" PRIx32, root);
}

static enum mp_status
add_details(struct mp_records *records, struct mp_index *index,
    struct tagger *tagger, uint32_t docid, const struct mp_summary *summary,
    struct mp_err *err)
{
	struct mp_strlist tags = MP_STRLIST_INIT;
	enum mp_status status;
	uint32_t root = docid;
	char *thread;

	status = mp_tagger_add(&tags, tagger, docid, err);
	if (status == MP_OK)
		status = mp_err_allow(err, mp_index_thread(&root, index,
		    docid, err), MP_NOT_FOUND);
	thread = mp_thread_name(root);
	mp_record_time(records, "date", summary->date);
	mp_record_text(records, "from", summary->from);
	mp_record_text(records, "subject", summary->subject);
	mp_record_list(records, "tags", &tags);
	mp_record_more(records, "thread", thread);
	free(thread);
	mp_strlist_clear(&tags);
	return status;
}

static int
by_value(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

/*
 * Read the summaries of some results, or their ids alone. Neighbours lie in one block, which is
 * opened once when they are read in docid order, whatever the results' is.
 */
static enum mp_status
load_window(struct mp_summary *summaries, struct mp_index *index,
    bool ids_only, const uint32_t *docids, size_t count, struct mp_err *err)
{
	uint64_t order[WINDOW];
	enum mp_status status = MP_OK;
	size_t i;

	memset(summaries, 0, count * sizeof *summaries);
	for (i = 0; i < count; i++)
		order[i] = (uint64_t)docids[i] << 32 | i;
	if (count > 1)
		qsort(order, count, sizeof *order, by_value);
	for (i = 0; i < count && status == MP_OK; i++) {
		struct mp_summary *to = &summaries[(uint32_t)order[i]];
		uint32_t docid = (uint32_t)(order[i] >> 32);

		status = ids_only ? mp_index_id(&to->id, index, docid, err) :
		    mp_index_summary(to, index, docid, err);
	}
	return status;
}

static enum mp_status
write_window(const struct mp_results *results, struct mp_records *records,
    struct tagger *tagger, struct mp_summary *summaries,
    const uint32_t *docids, size_t count, struct mp_err *err)
{
	enum mp_status status = load_window(summaries, results->index,
	    results->output == MP_OUTPUT_IDS, docids, count, err);
	size_t i;

	for (i = 0; i < count && status == MP_OK; i++) {
		mp_record_id(records, summaries[i].id);
		if (results->output == MP_OUTPUT_SUMMARY)
			status = add_details(records, results->index, tagger,
			    docids[i], &summaries[i], err);
		mp_record_end(records);
	}
	for (i = 0; i < count; i++)
		mp_summary_clear(&summaries[i]);
	return status;
}

static enum mp_status
write_messages(const struct mp_results *results, struct mp_records *records,
    const struct mp_docset *set, struct mp_err *err)
{
	struct mp_summary *summaries;
	struct tagger tagger = { 0 };
	uint32_t *docids;
	size_t count, done, take;
	enum mp_status status;

	status = mp_sort_docs(&docids, &count, results->index, set,
	    results->sort, results->offset, results->limit, err);
	if (status == MP_OK && results->output == MP_OUTPUT_SUMMARY)
		status = mp_tagger_init(&tagger, results->index, count, err);
	summaries = mp_calloc(count < WINDOW ? count : WINDOW,
	    sizeof *summaries);
	for (done = 0; done < count && status == MP_OK; done += take) {
		take = count - done < WINDOW ? count - done : WINDOW;
		status = write_window(results, records, &tagger, summaries,
		    docids + done, take, err);
	}
	mp_tagger_clear(&tagger);
	free(summaries);
	free(docids);
	return status;
}

/* --- tags and counts ------------------------------------------------ */

static enum mp_status
write_tags(const struct mp_results *results, struct mp_records *records,
    const struct mp_docset *set, struct mp_err *err)
{
	struct mp_store *store = mp_index_store(results->index);
	struct mp_strlist names = MP_STRLIST_INIT;
	enum mp_status status;
	size_t i;

	status = mp_store_bits_names(&names, store, "t:", err);
	for (i = 0; i < names.count && status == MP_OK; i++) {
		struct mp_docset tagged = MP_DOCSET_INIT;

		status = mp_store_bits_load(&tagged, store, names.items[i],
		    err);
		mp_docset_and(&tagged, set);
		if (status == MP_OK && !mp_docset_empty(&tagged)) {
			mp_record_text(records, "tag", names.items[i] + 2);
			mp_record_end(records);
		}
		mp_docset_clear(&tagged);
	}
	mp_strlist_clear(&names);
	return status;
}

static void
write_count(struct mp_records *records, const struct mp_docset *set)
{
	mp_record_number(records, "count", mp_docset_count(set));
	mp_record_end(records);
}

enum mp_status
mp_results_write(const struct mp_results *results, struct mp_docset *set,
    struct mp_err *err)
{
	struct mp_records *records = mp_records_new(results->cli);
	enum mp_status status = mp_results_unique(set, results->index, err);

	if (status != MP_OK) {
		mp_records_free(records);
		return status;
	}
	switch (results->output) {
	case MP_OUTPUT_SUMMARY:
	case MP_OUTPUT_IDS:
		status = write_messages(results, records, set, err);
		break;
	case MP_OUTPUT_THREADS:
		status = mp_write_threads(results, records, set, err);
		break;
	case MP_OUTPUT_TAGS:
		status = write_tags(results, records, set, err);
		break;
	case MP_OUTPUT_ADDRESSES:
		status = mp_write_addresses(results, records, set, err);
		break;
	case MP_OUTPUT_COUNT:
		write_count(records, set);
		break;
	}
	if (status == MP_OK)
		return mp_records_close(records, err);
	mp_records_free(records);
	return status;
}
