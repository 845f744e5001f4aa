/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "index/documents_internal.h"
#include "pack/compress.h"

struct mp_segment_out *
mp_segment_out_new(struct mp_file *file, const struct mp_keys *keys,
    uint64_t id, uint32_t first, uint32_t end)
{
	struct mp_segment_out *out = mp_calloc(1, sizeof *out);

	mp_blocks_out_init(&out->blocks, file, keys, id);
	mp_postings_init(&out->postings, &out->blocks, end - first);
	out->id = id;
	out->first = first;
	out->end = end;
	mp_buf_init(&out->ids, MP_COMPRESS_MAX);
	mp_buf_init(&out->group, MP_COMPRESS_MAX);
	mp_buf_init(&out->packed, 2 * MP_COMPRESS_MAX);
	return out;
}

void
mp_segment_out_free(struct mp_segment_out *out)
{
	if (out == NULL)
		return;
	mp_blocks_out_clear(&out->blocks);
	mp_postings_clear(&out->postings);
	mp_buf_clear(&out->ids);
	mp_buf_clear(&out->group);
	mp_buf_clear(&out->packed);
	free(out);
}

static void
write_date_range(struct mp_segment_out *out)
{
	mp_section_u32(&out->blocks, MP_SECTION_DATE_RANGE, out->date_min);
	mp_section_u32(&out->blocks, MP_SECTION_DATE_RANGE, out->date_max);
}

static void
add_date(struct mp_segment_out *out, uint32_t date)
{
	if (out->docs % MP_DATE_GROUP == 0) {
		if (out->docs != 0)
			write_date_range(out);
		out->date_min = out->date_max = date;
	}
	if (date < out->date_min)
		out->date_min = date;
	if (date > out->date_max)
		out->date_max = date;
	mp_section_u32(&out->blocks, MP_SECTION_DATE, date);
}

static void
write_group(struct mp_segment_out *out, struct mp_buf *group,
    enum mp_section index, enum mp_section section)
{
	struct mp_blocks_out *blocks = &out->blocks;
	uint8_t head[2 * MP_VARINT_MAX], *to;
	size_t head_len, len;

	mp_buf_reset(&out->packed);
	to = mp_buf_reserve(&out->packed, mp_compress_bound(group->len));
	len = mp_compress(to, group->data, group->len);
	head_len = mp_put_varint(head, group->len);
	head_len += mp_put_varint(head + head_len, len);
	mp_section_u64(blocks, index, blocks->sections[section].length);
	mp_section_add(blocks, section, head, head_len);
	mp_section_add(blocks, section, to, len);
	mp_buf_reset(group);
}

static void
write_groups(struct mp_segment_out *out)
{
	write_group(out, &out->ids, MP_SECTION_ID_INDEX, MP_SECTION_IDS);
	write_group(out, &out->group, MP_SECTION_SUM_INDEX,
	    MP_SECTION_SUMMARY);
}

/*
 * The id of a summary apart from the rest: most who want ids want nothing
 * else. Of a removed document both are empty.
 */
static void
add_summary(struct mp_segment_out *out, const uint8_t *summary, size_t len)
{
	const uint8_t *id, *rest;
	struct mp_cursor cur;
	size_t id_len, rest_len;

	mp_cursor_init(&cur, summary, len);
	id = mp_cursor_blob(&cur, &id_len);
	rest_len = cur.bad ? 0 : mp_cursor_left(&cur);
	rest = mp_cursor_bytes(&cur, rest_len);
	mp_buf_blob(&out->ids, id, id_len);
	mp_buf_blob(&out->group, rest, rest_len);
}

void
mp_segment_out_doc(struct mp_segment_out *out, const struct mp_doc *doc)
{
	struct mp_blocks_out *blocks = &out->blocks;
	uint32_t kept = doc->ref_count < MP_REFS_KEPT ? doc->ref_count :
	    MP_REFS_KEPT, i;

	add_date(out, doc->date);
	mp_section_u32(blocks, MP_SECTION_SIZE, doc->size);
	mp_section_u32(blocks, MP_SECTION_PLACE, doc->place.pack);
	mp_section_u32(blocks, MP_SECTION_PLACE, doc->place.offset);
	mp_section_u32(blocks, MP_SECTION_THREAD, doc->thread);
	mp_section_add(blocks, MP_SECTION_SHA, doc->sha256,
	    sizeof doc->sha256);
	out->refs += kept;
	mp_section_u32(blocks, MP_SECTION_REF_INDEX, out->refs);
	for (i = doc->ref_count - kept; i < doc->ref_count; i++)
		mp_section_u64(blocks, MP_SECTION_REFS, doc->refs[i]);
	add_summary(out, doc->summary, doc->summary_len);
	out->docs++;
	if (out->docs % MP_SUMMARY_GROUP == 0)
		write_groups(out);
}

void
mp_segment_out_mid(struct mp_segment_out *out, const struct mp_mid *mid)
{
	mp_section_u64(&out->blocks, MP_SECTION_MID, mid->hash);
	mp_section_u32(&out->blocks, MP_SECTION_MID,
	    mid->docid << 1 | mid->phantom);
}

void
mp_segment_out_join(struct mp_segment_out *out, uint32_t from, uint32_t to)
{
	mp_section_u32(&out->blocks, MP_SECTION_JOINS, from);
	mp_section_u32(&out->blocks, MP_SECTION_JOINS, to);
}

enum mp_status
mp_segment_out_finish(struct mp_segment_ref *ref, struct mp_segment_out *out,
    struct mp_err *err)
{
	struct mp_buf extra = MP_BUF_INIT(MP_TRAILER_MAX);
	enum mp_status status;

	if (out->docs % MP_SUMMARY_GROUP != 0)
		write_groups(out);
	if (out->docs != 0)
		write_date_range(out);
	mp_buf_u32(&extra, out->first);
	mp_buf_u32(&extra, out->end);
	mp_postings_finish(&out->postings, &extra);
	ref->id = out->id;
	ref->first = out->first;
	ref->end = out->end;
	status = mp_blocks_finish(&ref->length, ref->mac, &out->blocks,
	    &extra, err);
	mp_buf_clear(&extra);
	return status;
}
