/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "index/documents_internal.h"
#include "pack/compress.h"

/* Interpolations before halving: hashes are spread evenly. */
#define GUESSES 4

enum mp_status
mp_segment_column(void *to, uint32_t *count, uint32_t max,
    struct mp_segment *segment, enum mp_section section, size_t width,
    uint32_t docid, struct mp_err *err)
{
	uint32_t left = segment->ref.end - docid;

	*count = left < max ? left : max;
	return mp_section_read(to, segment, section,
	    (uint64_t)(docid - segment->ref.first) * width, *count * width,
	    err);
}

enum mp_status
mp_segment_u32(uint32_t *value, struct mp_segment *segment,
    enum mp_section section, uint32_t docid, struct mp_err *err)
{
	uint8_t raw[4] = { 0 };
	uint32_t count;
	enum mp_status status = mp_segment_column(raw, &count, 1, segment,
	    section, sizeof raw, docid, err);

	*value = mp_get_u32(raw);
	return status;
}

/* --- summaries ------------------------------------------------------ */

static void
group_init(struct mp_group_in *in, enum mp_section index,
    enum mp_section section)
{
	in->index = index;
	in->section = section;
	in->group = UINT32_MAX;
	mp_buf_init(&in->plain, MP_COMPRESS_MAX);
}

void
mp_summary_in_init(struct mp_summary_in *in, struct mp_segment *segment)
{
	in->segment = segment;
	group_init(&in->ids, MP_SECTION_ID_INDEX, MP_SECTION_IDS);
	group_init(&in->rest, MP_SECTION_SUM_INDEX, MP_SECTION_SUMMARY);
	mp_buf_init(&in->packed, 2 * MP_COMPRESS_MAX);
	mp_buf_init(&in->whole, MP_COMPRESS_MAX + MP_VARINT_MAX);
}

void
mp_summary_in_clear(struct mp_summary_in *in)
{
	mp_buf_clear(&in->ids.plain);
	mp_buf_clear(&in->rest.plain);
	mp_buf_clear(&in->packed);
	mp_buf_clear(&in->whole);
}

static enum mp_status
load_group(struct mp_group_in *in, struct mp_segment *segment,
    struct mp_buf *packed, uint32_t group, struct mp_err *err)
{
	uint8_t raw[2 * MP_VARINT_MAX];
	uint64_t at, left, plain_len, packed_len;
	enum mp_status status;
	struct mp_cursor cur;
	uint8_t *to;

	in->group = UINT32_MAX;
	status = mp_section_read(raw, segment, in->index,
	    (uint64_t)group * 8, 8, err);
	if (status != MP_OK)
		return status;
	at = mp_get_u64(raw);
	left = mp_section_length(segment, in->section);
	if (at >= left)
		return mp_segment_malformed(segment, in->index, err);
	left -= at;
	left = left < sizeof raw ? left : sizeof raw;
	status = mp_section_read(raw, segment, in->section, at, (size_t)left,
	    err);
	if (status != MP_OK)
		return status;
	mp_cursor_init(&cur, raw, (size_t)left);
	plain_len = mp_cursor_varint(&cur);
	packed_len = mp_cursor_varint(&cur);
	mp_buf_reset(&in->plain);
	mp_buf_reset(packed);
	if (cur.bad || plain_len > in->plain.max || packed_len > packed->max)
		return mp_segment_malformed(segment, in->section, err);
	to = mp_buf_reserve(packed, (size_t)packed_len);
	status = mp_section_read(to, segment, in->section, at + cur.pos,
	    (size_t)packed_len, err);
	if (status != MP_OK)
		return status;
	if (!mp_decompress(mp_buf_reserve(&in->plain, (size_t)plain_len),
	    (size_t)plain_len, to, (size_t)packed_len))
		return mp_segment_malformed(segment, in->section, err);
	in->plain.len = (size_t)plain_len;
	in->group = group;
	in->next = 0;
	mp_cursor_init(&in->left, in->plain.data, in->plain.len);
	return MP_OK;
}

/* What the group has of the document; documents in order cost one step. */
static enum mp_status
group_get(const uint8_t **bytes, size_t *len, struct mp_group_in *in,
    struct mp_summary_in *whole, uint32_t docid, struct mp_err *err)
{
	uint32_t at = docid - whole->segment->ref.first;
	uint32_t group = at / MP_SUMMARY_GROUP;
	enum mp_status status = MP_OK;

	at %= MP_SUMMARY_GROUP;
	if (in->group != group)
		status = load_group(in, whole->segment, &whole->packed, group,
		    err);
	if (status != MP_OK)
		return status;
	if (at < in->next) {
		in->next = 0;
		mp_cursor_init(&in->left, in->plain.data, in->plain.len);
	}
	do
		*bytes = mp_cursor_blob(&in->left, len);
	while (in->next++ < at);
	if (in->left.bad)
		return mp_segment_malformed(whole->segment, in->section, err);
	return MP_OK;
}

enum mp_status
mp_summary_in_id(const uint8_t **id, size_t *len, struct mp_summary_in *in,
    uint32_t docid, struct mp_err *err)
{
	return group_get(id, len, &in->ids, in, docid, err);
}

enum mp_status
mp_summary_in_get(const uint8_t **summary, size_t *len,
    struct mp_summary_in *in, uint32_t docid, struct mp_err *err)
{
	const uint8_t *id, *rest;
	size_t id_len, rest_len;
	enum mp_status status;

	status = group_get(&id, &id_len, &in->ids, in, docid, err);
	if (status == MP_OK)
		status = group_get(&rest, &rest_len, &in->rest, in, docid,
		    err);
	if (status != MP_OK)
		return status;
	mp_buf_reset(&in->whole);
	if (id_len + rest_len != 0) {	/* else it was removed */
		mp_buf_blob(&in->whole, id, id_len);
		mp_buf_add(&in->whole, rest, rest_len);
	}
	*summary = in->whole.data;
	*len = in->whole.len;
	return MP_OK;
}

enum mp_status
mp_segment_summary(struct mp_buf *to, struct mp_segment *segment,
    uint32_t docid, struct mp_err *err)
{
	struct mp_summary_in in;
	const uint8_t *summary;
	enum mp_status status;
	size_t len;

	mp_summary_in_init(&in, segment);
	status = mp_summary_in_get(&summary, &len, &in, docid, err);
	if (status == MP_OK)
		mp_buf_add(to, summary, len);
	mp_summary_in_clear(&in);
	return status;
}

/* --- references and ids --------------------------------------------- */

enum mp_status
mp_segment_refs(uint64_t refs[MP_REFS_KEPT], uint32_t *count,
    struct mp_segment *segment, uint32_t docid, struct mp_err *err)
{
	uint8_t raw[8 * MP_REFS_KEPT];
	uint32_t from = 0, to, i;
	enum mp_status status;

	*count = 0;
	status = mp_segment_u32(&to, segment, MP_SECTION_REF_INDEX, docid,
	    err);
	if (status == MP_OK && docid != segment->ref.first)
		status = mp_segment_u32(&from, segment, MP_SECTION_REF_INDEX,
		    docid - 1, err);
	if (status != MP_OK)
		return status;
	if (from > to || to - from > MP_REFS_KEPT)
		return mp_segment_malformed(segment, MP_SECTION_REF_INDEX,
		    err);
	status = mp_section_read(raw, segment, MP_SECTION_REFS,
	    (uint64_t)from * 8, (size_t)(to - from) * 8, err);
	if (status != MP_OK)
		return status;
	*count = to - from;
	for (i = 0; i < *count; i++)
		refs[i] = mp_get_u64(raw + 8 * (size_t)i);
	return MP_OK;
}

uint64_t
mp_mid_count(const struct mp_segment *segment)
{
	return mp_section_length(segment, MP_SECTION_MID) / MP_MID_ENTRY;
}

enum mp_status
mp_mid_get(struct mp_mid *mid, struct mp_segment *segment, uint64_t index,
    struct mp_err *err)
{
	uint8_t raw[MP_MID_ENTRY] = { 0 };
	enum mp_status status = mp_section_read(raw, segment, MP_SECTION_MID,
	    index * MP_MID_ENTRY, sizeof raw, err);

	mid->hash = mp_get_u64(raw);
	mid->docid = mp_get_u32(raw + 8) >> 1;
	mid->phantom = raw[8] & 1;
	if (status == MP_OK && mid->docid >= mp_segment_docs(segment))
		return mp_segment_malformed(segment, MP_SECTION_MID, err);
	return status;
}

/* Where a hash stands among those between, if they are spread evenly. */
static uint64_t
interpolate(uint64_t low, uint64_t high, uint64_t low_hash,
    uint64_t high_hash, uint64_t hash)
{
	double part = (double)(hash - low_hash) /
	    ((double)(high_hash - low_hash) + 1.0);
	uint64_t at = low + (uint64_t)(part * (double)(high - low));

	return at < high ? at : high - 1;
}

enum mp_status
mp_mid_find(uint64_t *index, struct mp_segment *segment, uint64_t hash,
    struct mp_err *err)
{
	enum mp_status status = mp_segment_load(segment, err);
	uint64_t low = 0, high, low_hash = 0, high_hash = UINT64_MAX;
	struct mp_mid mid;
	unsigned guess;

	if (status != MP_OK)
		return status;
	high = mp_mid_count(segment);
	for (guess = 0; low < high; guess++) {
		uint64_t at = guess < GUESSES && low_hash <= hash &&
		    hash <= high_hash ? interpolate(low, high, low_hash,
		    high_hash, hash) : low + (high - low) / 2;

		status = mp_mid_get(&mid, segment, at, err);
		if (status != MP_OK)
			return status;
		if (mid.hash < hash) {
			low = at + 1;
			low_hash = mid.hash;
		} else {
			high = at;
			high_hash = mid.hash;
		}
	}
	*index = low;
	return MP_OK;
}
