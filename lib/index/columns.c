/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/encode.h"
#include "index/index_internal.h"

#define SUMMARY_MAX (1u << 16)

/* --- what is loaded on demand --------------------------------------- */

enum mp_status
mp_index_load_roots(struct mp_index *index, struct mp_err *err)
{
	enum mp_status status = MP_OK;
	size_t i;

	if (index->roots_loaded)
		return MP_OK;
	mp_roots_clear(&index->roots);
	mp_roots_init(&index->roots);
	for (i = 0; i < index->segment_count && status == MP_OK; i++)
		status = mp_roots_load(&index->roots, index->segments[i],
		    err);
	index->roots_loaded = status == MP_OK;
	return status;
}

enum mp_status
mp_index_load_pending(struct mp_index *index, struct mp_err *err)
{
	enum mp_status status;

	if (index->pending_loaded)
		return MP_OK;
	status = mp_store_pending(&index->pending, &index->pending_count,
	    index->store, err);
	index->pending_loaded = status == MP_OK;
	return status;
}

static enum mp_status
load_removed(struct mp_index *index, struct mp_err *err)
{
	enum mp_status status;

	if (index->removed_loaded)
		return MP_OK;
	mp_docset_clear(&index->removed);
	mp_docset_init(&index->removed, mp_index_end(index));
	status = mp_store_bits_load(&index->removed, index->store,
	    "x:removed", err);
	index->removed_loaded = status == MP_OK;
	return status;
}

const struct mp_pending *
mp_index_pending_of(const struct mp_index *index, uint32_t docid)
{
	size_t low = 0, high = index->pending_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (index->pending[middle].docid < docid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < index->pending_count &&
	    index->pending[low].docid == docid ? &index->pending[low] : NULL;
}

static enum mp_status
unknown_document(uint32_t docid, struct mp_err *err)
{
	return mp_err_set(err, MP_NOT_FOUND,
	    "cannot find document %lu: the store has none of that number",
	    (unsigned long)docid);
}

/* Read and parse a message that is not indexed yet. */
static enum mp_status
pending_message(struct mp_index *index, uint32_t docid, struct mp_err *err)
{
	struct mp_message_info info = { 0 };
	const struct mp_pending *pending;
	enum mp_status status;

	if (index->message_docid == docid)
		return MP_OK;
	status = mp_index_load_pending(index, err);
	if (status != MP_OK)
		return status;
	pending = mp_index_pending_of(index, docid);
	if (pending == NULL)
		return unknown_document(docid, err);
	index->message_docid = MP_DOCSET_END;
	mp_message_free(index->message);
	index->message = NULL;
	free(index->message_id);
	index->message_id = NULL;
	mp_buf_reset(&index->raw);
	if (index->reader == NULL)
		index->reader = mp_store_reader_new(index->store);
	status = mp_store_read(&index->raw, &info, index->reader, docid,
	    pending->place, err);
	if (status != MP_OK)
		return status;
	free(info.folder);
	index->message_id = info.id;
	index->message = mp_message_new(index->raw.data, index->raw.len);
	index->message_docid = docid;
	return MP_OK;
}

/* --- ids ------------------------------------------------------------ */

enum mp_status
mp_index_owners(struct mp_index *index, uint64_t hash, mp_owner_fn *fn,
    void *arg, struct mp_err *err)
{
	enum mp_status status = MP_OK;
	size_t i;

	for (i = 0; i < index->segment_count && status == MP_OK; i++) {
		struct mp_segment *segment = index->segments[i];
		struct mp_mid mid;
		uint64_t at;

		status = mp_mid_find(&at, segment, hash, err);
		for (; status == MP_OK && at < mp_mid_count(segment); at++) {
			status = mp_mid_get(&mid, segment, at, err);
			if (status != MP_OK || mid.hash != hash)
				break;
			if (!mid.phantom)
				status = fn(arg, segment,
				    segment->ref.first + mid.docid, err);
		}
	}
	return status;
}

static enum mp_status
add_owner(void *arg, struct mp_segment *segment, uint32_t docid,
    struct mp_err *err)
{
	(void)segment;
	(void)err;
	mp_docset_add(arg, docid);
	return MP_OK;
}

enum mp_status
mp_index_find_id(struct mp_docset *set, struct mp_index *index,
    const char *id, struct mp_err *err)
{
	uint64_t hash = mp_store_id_hash(index->store, id);
	enum mp_status status = mp_index_load_pending(index, err);
	size_t i;

	if (status != MP_OK)
		return status;
	for (i = 0; i < index->pending_count; i++)
		if (index->pending[i].id_hash == hash)
			mp_docset_add(set, index->pending[i].docid);
	return mp_index_owners(index, hash, add_owner, set, err);
}

struct same_search {
	struct mp_index *index;
	const uint8_t *sha256;
	uint32_t docid;
	uint32_t variants;
};

static void
compare_same(struct same_search *search, uint32_t docid,
    const uint8_t sha256[8])
{
	if (mp_docset_has(&search->index->removed, docid))
		return;
	if (memcmp(sha256, search->sha256, 8) == 0)
		search->docid = docid;
	else
		search->variants++;
}

static enum mp_status
compare_owner(void *arg, struct mp_segment *segment, uint32_t docid,
    struct mp_err *err)
{
	uint8_t sha256[8];
	uint32_t count;
	enum mp_status status = mp_segment_column(sha256, &count, 1, segment,
	    MP_SECTION_SHA, sizeof sha256, docid, err);

	if (status == MP_OK)
		compare_same(arg, docid, sha256);
	return status;
}

static int
by_id(const void *a, const void *b)
{
	const struct mp_pending *x = *(const struct mp_pending *const *)a;
	const struct mp_pending *y = *(const struct mp_pending *const *)b;

	if (x->id_hash != y->id_hash)
		return x->id_hash < y->id_hash ? -1 : 1;
	return x->docid < y->docid ? -1 : x->docid > y->docid;
}

/*
 * Sort what is pending by id: whoever asks whether a message is there asks
 * for thousands.
 */
static void
sort_pending(struct mp_index *index)
{
	size_t i;

	if (index->pending_by_id != NULL || index->pending_count == 0)
		return;
	index->pending_by_id = mp_realloc_array(NULL, index->pending_count,
	    sizeof *index->pending_by_id);
	for (i = 0; i < index->pending_count; i++)
		index->pending_by_id[i] = &index->pending[i];
	qsort(index->pending_by_id, index->pending_count,
	    sizeof *index->pending_by_id, by_id);
}

/* The place of the first pending message with that hash or a higher one. */
static size_t
first_pending(struct mp_index *index, uint64_t hash)
{
	size_t low = 0, high = index->pending_count;

	sort_pending(index);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (index->pending_by_id[middle]->id_hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

enum mp_status
mp_index_find_same(uint32_t *docid, uint32_t *variants,
    struct mp_index *index, const char *id, const uint8_t sha256[32],
    struct mp_err *err)
{
	struct same_search search = { index, sha256, MP_DOCSET_END, 0 };
	uint64_t hash = mp_store_id_hash(index->store, id);
	enum mp_status status = mp_index_load_pending(index, err);
	size_t i;

	if (status == MP_OK)
		status = load_removed(index, err);
	if (status == MP_OK)
		status = mp_index_owners(index, hash, compare_owner, &search,
		    err);
	if (status != MP_OK)
		return status;
	for (i = first_pending(index, hash); i < index->pending_count &&
	    index->pending_by_id[i]->id_hash == hash; i++)
		compare_same(&search, index->pending_by_id[i]->docid,
		    index->pending_by_id[i]->sha256);
	*docid = search.docid;
	*variants = search.variants;
	if (search.docid == MP_DOCSET_END)
		return mp_err_set(err, MP_NOT_FOUND,
		    "cannot find '%s' with these bytes: not in the store",
		    id);
	return MP_OK;
}

/* --- columns -------------------------------------------------------- */

static enum mp_status
column_value(uint32_t *value, struct mp_column_window *window,
    struct mp_segment *segment, enum mp_section section, uint32_t docid,
    struct mp_err *err)
{
	if (window->segment != segment || docid < window->first ||
	    docid - window->first >= window->count) {
		uint32_t at = docid - segment->ref.first;
		enum mp_status status;

		window->segment = NULL;
		window->first = docid - at % MP_WINDOW;
		status = mp_segment_column(window->raw, &window->count,
		    MP_WINDOW, segment, section, 4, window->first, err);
		if (status != MP_OK)
			return status;
		window->segment = segment;
	}
	*value = mp_get_u32(window->raw + (size_t)4 *
	    (docid - window->first));
	return MP_OK;
}

uint32_t
mp_index_clamp_date(int64_t date)
{
	if (date <= 0)
		return 0;
	return date > UINT32_MAX ? UINT32_MAX : (uint32_t)date;
}

enum mp_status
mp_index_date(uint32_t *date, struct mp_index *index, uint32_t docid,
    struct mp_err *err)
{
	struct mp_segment *segment = mp_index_segment_of(index, docid);
	enum mp_status status;

	*date = 0;
	if (segment != NULL)
		return column_value(date, &index->date, segment,
		    MP_SECTION_DATE, docid, err);
	status = pending_message(index, docid, err);
	if (status == MP_OK)
		*date = mp_index_clamp_date(mp_message_date(index->message));
	return status;
}

enum mp_status
mp_index_size(uint32_t *size, struct mp_index *index, uint32_t docid,
    struct mp_err *err)
{
	struct mp_segment *segment = mp_index_segment_of(index, docid);
	enum mp_status status;

	*size = 0;
	if (segment != NULL)
		return column_value(size, &index->size, segment,
		    MP_SECTION_SIZE, docid, err);
	status = pending_message(index, docid, err);
	if (status == MP_OK)
		*size = index->raw.len < UINT32_MAX ?
		    (uint32_t)index->raw.len : UINT32_MAX;
	return status;
}

enum mp_status
mp_index_thread(uint32_t *root, struct mp_index *index, uint32_t docid,
    struct mp_err *err)
{
	struct mp_segment *segment = mp_index_segment_of(index, docid);
	enum mp_status status = mp_index_load_roots(index, err);

	*root = docid;
	if (status != MP_OK || segment == NULL)
		return status;
	status = column_value(root, &index->thread, segment,
	    MP_SECTION_THREAD, docid, err);
	*root = mp_roots_find(&index->roots, *root);
	return status;
}

enum mp_status
mp_index_place(struct mp_place *place, struct mp_index *index,
    uint32_t docid, struct mp_err *err)
{
	struct mp_segment *segment = mp_index_segment_of(index, docid);
	const struct mp_pending *pending;
	enum mp_status status;
	uint8_t raw[8] = { 0 };
	uint32_t count;

	if (segment != NULL) {
		status = mp_segment_column(raw, &count, 1, segment,
		    MP_SECTION_PLACE, sizeof raw, docid, err);
		place->pack = mp_get_u32(raw);
		place->offset = mp_get_u32(raw + 4);
		return status;
	}
	status = mp_index_load_pending(index, err);
	if (status != MP_OK)
		return status;
	pending = mp_index_pending_of(index, docid);
	if (pending == NULL)
		return unknown_document(docid, err);
	*place = pending->place;
	return MP_OK;
}

/* --- summaries ------------------------------------------------------ */

void
mp_summary_clear(struct mp_summary *summary)
{
	free(summary->id);
	free(summary->from);
	free(summary->subject);
	memset(summary, 0, sizeof *summary);
}

static char *
record_id(const char *id, size_t len)
{
	struct mp_buf text = MP_BUF_INIT(4 * SUMMARY_MAX);
	char *copy;

	mp_buf_str(&text, "id:");
	mp_id_escape(&text, id, len);
	copy = mp_strdup(mp_buf_text(&text));
	mp_buf_clear(&text);
	return copy;
}

static void
read_from(struct mp_index *index, struct mp_segment *segment)
{
	if (index->summaries.segment == segment)
		return;
	mp_summary_in_clear(&index->summaries);
	mp_summary_in_init(&index->summaries, segment);
}

enum mp_status
mp_index_id(char **id, struct mp_index *index, uint32_t docid,
    struct mp_err *err)
{
	struct mp_segment *segment = mp_index_segment_of(index, docid);
	const uint8_t *bytes = NULL;
	enum mp_status status;
	size_t len = 0;

	*id = NULL;
	if (segment == NULL) {
		status = pending_message(index, docid, err);
		if (status == MP_OK)
			*id = record_id(index->message_id,
			    strlen(index->message_id));
		return status;
	}
	read_from(index, segment);
	status = mp_summary_in_id(&bytes, &len, &index->summaries, docid,
	    err);
	if (status == MP_OK)
		*id = record_id(bytes != NULL ? (const char *)bytes : "",
		    len);
	return status;
}

static enum mp_status
segment_summary(struct mp_summary *summary, struct mp_index *index,
    struct mp_segment *segment, uint32_t docid, struct mp_err *err)
{
	const uint8_t *bytes, *id;
	struct mp_cursor cur;
	enum mp_status status;
	size_t len;
	bool gone;

	read_from(index, segment);
	status = mp_summary_in_get(&bytes, &len, &index->summaries, docid,
	    err);
	if (status != MP_OK)
		return status;
	mp_cursor_init(&cur, bytes, len);
	gone = len == 0;	/* removed when the segment was written */
	id = mp_cursor_blob(&cur, &len);
	summary->id = record_id(id != NULL ? (const char *)id : "", len);
	summary->from = mp_cursor_string(&cur);
	summary->subject = mp_cursor_string(&cur);
	if (cur.bad && !gone)
		return mp_segment_malformed(segment, MP_SECTION_SUMMARY, err);
	return MP_OK;
}

enum mp_status
mp_index_summary(struct mp_summary *summary, struct mp_index *index,
    uint32_t docid, struct mp_err *err)
{
	struct mp_segment *segment = mp_index_segment_of(index, docid);
	enum mp_status status;
	uint32_t date = 0;

	memset(summary, 0, sizeof *summary);
	if (segment != NULL) {
		status = segment_summary(summary, index, segment, docid, err);
	} else {
		status = pending_message(index, docid, err);
		if (status == MP_OK) {
			summary->id = record_id(index->message_id,
			    strlen(index->message_id));
			summary->from = mp_strdup(
			    mp_message_from(index->message));
			summary->subject = mp_strdup(
			    mp_message_subject(index->message));
		}
	}
	if (status == MP_OK)
		status = mp_index_date(&date, index, docid, err);
	summary->date = date;
	if (status != MP_OK)
		mp_summary_clear(summary);
	return status;
}

/* --- ranges --------------------------------------------------------- */

/* Add the documents from docid on, up to count, whose value is in range. */
static enum mp_status
scan_values(struct mp_docset *set, struct mp_segment *segment,
    enum mp_section section, uint32_t docid, uint32_t count, uint32_t first,
    uint32_t last, struct mp_err *err)
{
	uint8_t raw[4 * MP_DATE_GROUP];
	uint32_t got, i;
	enum mp_status status = mp_segment_column(raw, &got, count, segment,
	    section, 4, docid, err);

	if (status != MP_OK)
		return status;
	for (i = 0; i < got; i++) {
		uint32_t value = mp_get_u32(raw + (size_t)4 * i);

		if (value >= first && value <= last)
			mp_docset_add(set, docid + i);
	}
	return MP_OK;
}

static enum mp_status
date_group(struct mp_docset *set, struct mp_segment *segment,
    uint32_t docid, uint32_t first, uint32_t last, struct mp_err *err)
{
	uint8_t raw[8] = { 0 };
	enum mp_status status = mp_section_read(raw, segment,
	    MP_SECTION_DATE_RANGE, (uint64_t)(docid - segment->ref.first) /
	    MP_DATE_GROUP * 8, sizeof raw, err);
	uint32_t low = mp_get_u32(raw), high = mp_get_u32(raw + 4);
	uint32_t left = segment->ref.end - docid;

	if (status != MP_OK || high < first || low > last)
		return status;
	if (low < first || high > last)
		return scan_values(set, segment, MP_SECTION_DATE, docid,
		    MP_DATE_GROUP, first, last, err);
	mp_docset_add_range(set, docid, docid +
	    (left < MP_DATE_GROUP ? left : MP_DATE_GROUP));
	return MP_OK;
}

/* Walk all documents in steps of MP_DATE_GROUP. */
static enum mp_status
scan_range(struct mp_docset *set, struct mp_index *index,
    enum mp_section section, uint32_t first, uint32_t last,
    struct mp_err *err)
{
	enum mp_status status = MP_OK;
	size_t i;

	for (i = 0; i < index->segment_count; i++) {
		struct mp_segment *segment = index->segments[i];
		uint64_t docid = segment->ref.first;

		for (; docid < segment->ref.end && status == MP_OK;
		    docid += MP_DATE_GROUP)
			status = section == MP_SECTION_DATE ?
			    date_group(set, segment, (uint32_t)docid, first,
			    last, err) : scan_values(set, segment, section,
			    (uint32_t)docid, MP_DATE_GROUP, first, last,
			    err);
	}
	return status;
}

enum mp_status
mp_index_date_range(struct mp_docset *set, struct mp_index *index,
    uint32_t first, uint32_t last, struct mp_err *err)
{
	if (first == 0)
		first = 1;	/* 0 is no date */
	return scan_range(set, index, MP_SECTION_DATE, first, last, err);
}

enum mp_status
mp_index_size_range(struct mp_docset *set, struct mp_index *index,
    uint32_t first, uint32_t last, struct mp_err *err)
{
	return scan_range(set, index, MP_SECTION_SIZE, first, last, err);
}
