/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/merge_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"

#define STREAM_BYTES 16384	/* of each of a list's two streams */

/* --- columns -------------------------------------------------------- */

enum column {
	COLUMN_DATE,
	COLUMN_SIZE,
	COLUMN_PLACE,
	COLUMN_THREAD,
	COLUMN_SHA,
	COLUMN_REF_INDEX,
	COLUMN_REFS,
	COLUMNS
};

static const enum mp_section column_sections[COLUMNS] = {
	MP_SECTION_DATE, MP_SECTION_SIZE, MP_SECTION_PLACE,
	MP_SECTION_THREAD, MP_SECTION_SHA, MP_SECTION_REF_INDEX,
	MP_SECTION_REFS
};

struct columns_in {
	struct mp_stream streams[COLUMNS];
	struct mp_summary_in summaries;
	uint32_t refs_end;
	uint64_t refs[MP_REFS_KEPT];
};

static uint32_t
read_u32(struct columns_in *in, enum column column)
{
	uint8_t raw[4];

	mp_stream_read(&in->streams[column], raw, sizeof raw);
	return mp_get_u32(raw);
}

static void
read_refs(struct mp_doc *doc, struct columns_in *in)
{
	uint32_t end = read_u32(in, COLUMN_REF_INDEX), i;

	if (end < in->refs_end || end - in->refs_end > MP_REFS_KEPT) {
		mp_stream_malformed(&in->streams[COLUMN_REF_INDEX]);
		end = in->refs_end;
	}
	doc->refs = in->refs;
	doc->ref_count = end - in->refs_end;
	for (i = 0; i < doc->ref_count; i++) {
		uint8_t raw[8];

		mp_stream_read(&in->streams[COLUMN_REFS], raw, sizeof raw);
		in->refs[i] = mp_get_u64(raw);
	}
	in->refs_end = end;
}

static bool
columns_bad(const struct columns_in *in)
{
	bool bad = false;
	unsigned i;

	for (i = 0; i < COLUMNS; i++)
		bad |= in->streams[i].bad;
	return bad;
}

static enum mp_status
copy_document(struct mp_segment_out *out, struct columns_in *in,
    uint32_t docid, const struct mp_roots *roots, bool removed,
    struct mp_err *err)
{
	struct mp_doc doc = { 0 };
	enum mp_status status = MP_OK;
	size_t len = 0;

	doc.date = read_u32(in, COLUMN_DATE);
	doc.size = read_u32(in, COLUMN_SIZE);
	doc.place.pack = read_u32(in, COLUMN_PLACE);
	doc.place.offset = read_u32(in, COLUMN_PLACE);
	doc.thread = mp_roots_find(roots, read_u32(in, COLUMN_THREAD));
	mp_stream_read(&in->streams[COLUMN_SHA], doc.sha256,
	    sizeof doc.sha256);
	read_refs(&doc, in);
	if (columns_bad(in))
		return err->status;
	if (!removed)
		status = mp_summary_in_get(&doc.summary, &len,
		    &in->summaries, docid, err);
	doc.summary_len = (uint32_t)len;
	if (status == MP_OK)
		mp_segment_out_doc(out, &doc);
	return status;
}

static enum mp_status
copy_documents(struct mp_segment_out *out, struct mp_segment *segment,
    const struct mp_roots *roots, const struct mp_docset *removed,
    struct mp_err *err)
{
	struct columns_in in = { 0 };
	enum mp_status status = mp_segment_load(segment, err);
	uint32_t docid;
	unsigned i;

	if (status != MP_OK)
		return status;
	mp_summary_in_init(&in.summaries, segment);
	for (i = 0; i < COLUMNS; i++) {
		mp_stream_init(&in.streams[i], MP_BLOCK_SMALL);
		mp_stream_section(&in.streams[i], segment,
		    column_sections[i], 0,
		    mp_section_length(segment, column_sections[i]), err);
	}
	for (docid = segment->ref.first; docid < segment->ref.end &&
	    status == MP_OK; docid++)
		status = copy_document(out, &in, docid, roots, removed !=
		    NULL && mp_docset_has(removed, docid), err);
	for (i = 0; i < COLUMNS; i++)
		mp_stream_clear(&in.streams[i]);
	mp_summary_in_clear(&in.summaries);
	return status;
}

/* --- postings ------------------------------------------------------- */

struct merge_source {
	struct mp_dict_cursor cursor;
	struct mp_list_in list;
};

static const struct mp_dict_cursor *
least_key(const struct merge_source *sources, size_t count)
{
	const struct mp_dict_cursor *least = NULL;
	size_t i;

	for (i = 0; i < count; i++) {
		const struct mp_dict_cursor *cursor = &sources[i].cursor;

		if (!cursor->at_end && (least == NULL ||
		    mp_key_compare(cursor->key, cursor->key_len, least->key,
		    least->key_len) < 0))
			least = cursor;
	}
	return least;
}

/* Append the source's list, whose documents all are behind those before. */
static enum mp_status
copy_list(struct mp_segment_out *out, struct merge_source *source,
    const struct mp_docset *removed, struct mp_err *err)
{
	struct mp_dict_cursor *cursor = &source->cursor;
	struct mp_list_in *list = &source->list;
	bool positions = mp_field_has_positions(cursor->key[0]);
	uint32_t first = cursor->segment->ref.first, position;

	mp_list_open(list, cursor->segment, &cursor->list, positions, err);
	while (mp_list_next(list)) {
		if (removed != NULL &&
		    mp_docset_has(removed, first + list->docid))
			continue;
		mp_postings_doc(&out->postings,
		    first - out->first + list->docid);
		while (positions && mp_list_position(list, &position))
			mp_postings_position(&out->postings, position);
	}
	return mp_list_status(list);
}

static enum mp_status
copy_term(struct mp_segment_out *out, struct merge_source *sources,
    size_t count, const struct mp_docset *removed, struct mp_err *err)
{
	const struct mp_dict_cursor *least = least_key(sources, count);
	enum mp_status status = MP_OK;
	uint8_t key[MP_KEY_MAX];
	size_t key_len = least->key_len, i;

	memcpy(key, least->key, key_len);
	mp_postings_begin(&out->postings, key[0]);
	for (i = 0; i < count && status == MP_OK; i++) {
		struct mp_dict_cursor *cursor = &sources[i].cursor;

		if (cursor->at_end || mp_key_compare(cursor->key,
		    cursor->key_len, key, key_len) != 0)
			continue;
		status = copy_list(out, &sources[i], removed, err);
		if (status == MP_OK)
			status = mp_dict_next(cursor, err);
	}
	if (status == MP_OK)
		mp_postings_end(&out->postings, key, key_len);
	return status;
}

static enum mp_status
copy_postings(struct mp_segment_out *out, struct mp_segment *const *segments,
    size_t count, const struct mp_docset *removed, struct mp_err *err)
{
	struct merge_source *sources = mp_calloc(count, sizeof *sources);
	enum mp_status status = MP_OK;
	size_t i;

	for (i = 0; i < count; i++) {
		mp_list_in_init(&sources[i].list, STREAM_BYTES);
		if (status == MP_OK)
			status = mp_dict_seek(&sources[i].cursor,
			    segments[i], NULL, 0, err);
	}
	while (status == MP_OK && least_key(sources, count) != NULL)
		status = copy_term(out, sources, count, removed, err);
	for (i = 0; i < count; i++)
		mp_list_in_clear(&sources[i].list);
	free(sources);
	return status;
}

/* --- ids and joins -------------------------------------------------- */

struct mid_source {
	struct mp_segment *segment;
	uint64_t at;
	uint64_t count;
	struct mp_mid mid;	/* docid made relative to out */
};

static enum mp_status
next_mid(struct mid_source *source, const struct mp_segment_out *out,
    const struct mp_docset *removed, struct mp_err *err)
{
	uint32_t first = source->segment->ref.first;
	enum mp_status status;

	if (source->at++ >= source->count)
		return MP_OK;
	status = mp_mid_get(&source->mid, source->segment, source->at - 1,
	    err);
	if (removed != NULL &&
	    mp_docset_has(removed, first + source->mid.docid))
		source->mid.phantom = true;
	source->mid.docid += first - out->first;
	return status;
}

static struct mid_source *
least_mid(struct mid_source *sources, size_t count)
{
	struct mid_source *least = NULL;
	size_t i;

	for (i = 0; i < count; i++)
		if (sources[i].at <= sources[i].count && (least == NULL ||
		    sources[i].mid.hash < least->mid.hash))
			least = &sources[i];
	return least;
}

static enum mp_status
copy_mids(struct mp_segment_out *out, struct mid_source *sources,
    size_t count, const struct mp_docset *removed, struct mp_err *err)
{
	struct mid_source *least;
	struct mp_mid phantom = { 0, 0, false };
	bool owned = true;
	enum mp_status status = MP_OK;

	/* A phantom is written unless an owner of the same hash follows. */
	while (status == MP_OK &&
	    (least = least_mid(sources, count)) != NULL) {
		if (least->mid.hash != phantom.hash || !phantom.phantom) {
			if (!owned)
				mp_segment_out_mid(out, &phantom);
			phantom = least->mid;
			phantom.phantom = true;
			owned = false;
		}
		if (!least->mid.phantom) {
			mp_segment_out_mid(out, &least->mid);
			owned = true;
		}
		status = next_mid(least, out, removed, err);
	}
	if (!owned)
		mp_segment_out_mid(out, &phantom);
	return status;
}

static enum mp_status
copy_ids(struct mp_segment_out *out, struct mp_segment *const *segments,
    size_t count, const struct mp_docset *removed, struct mp_err *err)
{
	struct mid_source *sources = mp_calloc(count, sizeof *sources);
	enum mp_status status = MP_OK;
	size_t i;

	for (i = 0; i < count && status == MP_OK; i++) {
		sources[i].segment = segments[i];
		sources[i].count = mp_mid_count(segments[i]);
		status = next_mid(&sources[i], out, removed, err);
	}
	if (status == MP_OK)
		status = copy_mids(out, sources, count, removed, err);
	free(sources);
	return status;
}

/* Joins are of use as long as a segment may hold an old root. */
static enum mp_status
copy_joins(struct mp_segment_out *out, struct mp_segment *const *segments,
    size_t count, const struct mp_roots *roots, struct mp_err *err)
{
	enum mp_status status = MP_OK;
	size_t i, at;

	for (i = 0; i < count && status == MP_OK; i++) {
		struct mp_roots joins;

		mp_roots_init(&joins);
		status = mp_roots_load(&joins, segments[i], err);
		for (at = 0; at <= joins.mask && status == MP_OK; at++) {
			uint32_t from = joins.table[at].from;

			if (from != MP_DOCSET_END)
				mp_segment_out_join(out, from,
				    mp_roots_find(roots, from));
		}
		mp_roots_clear(&joins);
	}
	return status;
}

enum mp_status
mp_segment_merge(struct mp_segment_out *out,
    struct mp_segment *const *segments, size_t count,
    const struct mp_roots *roots, bool whole,
    const struct mp_docset *removed, struct mp_err *err)
{
	enum mp_status status = MP_OK;
	size_t i;

	for (i = 0; i < count && status == MP_OK; i++)
		status = copy_documents(out, segments[i], roots, removed,
		    err);
	if (status == MP_OK)
		status = copy_postings(out, segments, count, removed, err);
	if (status == MP_OK)
		status = copy_ids(out, segments, count, removed, err);
	if (status == MP_OK && !whole)
		status = copy_joins(out, segments, count, roots, err);
	return status;
}

/* --- policy --------------------------------------------------------- */

/* Sizes of one tier differ by less than its fan-out. */
static unsigned
tier(uint64_t length)
{
	unsigned number = 0;
	uint64_t border = MP_TIER_BORDER;

	if (length < border) {
		while (border > length && border > 4096) {
			border /= MP_TIER_SMALL;
			number++;
		}
		return 100 - number;
	}
	while (length >= border && number < 20) {
		border *= MP_TIER_LARGE;
		number++;
	}
	return 100 + number;
}

static bool
choose_tier(size_t *first, size_t *count, const uint64_t *lengths,
    size_t segments)
{
	size_t start, run;

	for (start = segments; start-- > 0;) {
		unsigned at = tier(lengths[start]);
		size_t fan = lengths[start] < MP_TIER_BORDER ?
		    MP_TIER_SMALL : MP_TIER_LARGE;

		/* Smaller ones that lie between are taken along. */
		for (run = 0; run <= start &&
		    tier(lengths[start - run]) <= at; run++)
			;
		if (run >= fan) {
			*first = start + 1 - run;
			*count = segments - *first;
			return true;
		}
	}
	return false;
}

bool
mp_merge_choose(size_t *first, size_t *count, const uint64_t *lengths,
    size_t segments)
{
	uint64_t least = UINT64_MAX, sum;
	size_t i, width;

	if (choose_tier(first, count, lengths, segments))
		return true;
	if (segments <= MP_SEGMENTS_MAX)
		return false;
	/* Too many: the neighbours that cost the least to merge. */
	width = segments - MP_SEGMENTS_MAX + MP_TIER_SMALL;
	for (i = 0; i + width <= segments; i++) {
		size_t k;

		for (sum = 0, k = 0; k < width; k++)
			sum += lengths[i + k];
		if (sum < least) {
			least = sum;
			*first = i;
			*count = width;
		}
	}
	return true;
}
