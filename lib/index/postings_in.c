/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/bytes.h"
#include "index/postings_internal.h"

/* Skips of 2^32 documents at the most they can take. */
#define SKIPS_MAX ((size_t)1 << 29)

void
mp_list_in_init(struct mp_list_in *in, size_t buf_size)
{
	memset(in, 0, sizeof *in);
	mp_stream_init(&in->docs, buf_size);
	mp_stream_init(&in->pos, buf_size);
	mp_buf_init(&in->skips, SKIPS_MAX);
}

void
mp_list_in_clear(struct mp_list_in *in)
{
	mp_stream_clear(&in->docs);
	mp_stream_clear(&in->pos);
	mp_buf_clear(&in->skips);
}

/* Make absolute what the gaps in the frame say. */
static void
sum_gaps(struct mp_list_in *in)
{
	uint64_t at = (uint64_t)in->last + 1;
	uint32_t i;

	if (in->last == UINT32_MAX)
		at = 0;
	for (i = 0; i < in->frame_count; i++) {
		at += in->frame[i];
		if (at >= in->limit) {
			mp_stream_malformed(&in->docs);
			in->frame_count = 0;
			in->frames_left = 0;
			return;
		}
		in->frame[i] = (uint32_t)at++;
	}
	if (in->frame_count != 0)
		in->last = in->frame[in->frame_count - 1];
}

static void
unpack_bits(struct mp_list_in *in, unsigned width)
{
	uint8_t raw[4 * MP_FRAME_DOCS + 8] = { 0 };
	uint64_t mask = (UINT64_C(1) << width) - 1;
	unsigned i, bit = 0;

	mp_stream_read(&in->docs, raw, (size_t)width * MP_FRAME_DOCS / 8);
	for (i = 0; i < MP_FRAME_DOCS; i++, bit += width)
		in->frame[i] = (uint32_t)(mp_get_u64(raw + bit / 8) >>
		    bit % 8 & mask);
}

/* The only frame of a short list. */
static void
get_docs(struct mp_list_in *in, struct mp_bits_in *bits)
{
	unsigned k = mp_docs_k(in->limit, in->list.df);
	uint32_t i;

	for (i = 0; i < in->list.df; i++)
		in->frame[i] = mp_rice_get(bits, k);
}

static void
get_frame(struct mp_list_in *in, uint32_t count)
{
	uint8_t tag;
	uint32_t i;

	mp_stream_read(&in->docs, &tag, 1);
	if (tag > 33 || (tag != 0 && count != MP_FRAME_DOCS)) {
		mp_stream_malformed(&in->docs);
	} else if (tag != 0) {
		unpack_bits(in, tag - 1u);
	} else {
		for (i = 0; i < count; i++)
			in->frame[i] = mp_stream_varint(&in->docs);
	}
}

/* Pass over the positions of the current document that were not read. */
static void
finish_positions(struct mp_list_in *in)
{
	uint32_t position;

	while (mp_list_position(in, &position))
		;
}

/* A frame of more than a few documents says how it is written. */
static void
start_positions(struct mp_list_in *in, uint32_t count)
{
	uint32_t byte;

	mp_bits_align(&in->bits);
	mp_positions_k(&in->first_k, &in->gap_k, in->list.field);
	if (count < MP_FEW_DOCS)
		return;
	byte = mp_bits_get(&in->bits, 8);
	in->first_k = byte >> 4;
	in->gap_k = byte & 15;
}

/* Decode the next frame. */
static void
load_frame(struct mp_list_in *in)
{
	uint32_t count = in->frames_left < MP_FRAME_DOCS ? in->frames_left :
	    MP_FRAME_DOCS;
	struct mp_bits_in bits;

	if (in->list.df > MP_FRAME_DOCS) {
		get_frame(in, count);
	} else {
		mp_bits_start(&bits, &in->docs);
		get_docs(in, &bits);
	}
	if (in->list.is_inline)
		in->bits = bits;	/* positions follow, unaligned */
	else if (in->positions)
		start_positions(in, count);
	in->frame_at = 0;
	in->frame_count = in->docs.bad ? 0 : count;
	in->frames_left -= count;
	in->frames_read++;
	sum_gaps(in);
}

void
mp_list_open(struct mp_list_in *in, struct mp_segment *segment,
    const struct mp_list *list, bool positions, struct mp_err *err)
{
	in->list = *list;
	in->limit = mp_segment_docs(segment);
	in->frames_left = list->df;
	in->last = UINT32_MAX;
	in->frame_count = in->frame_at = 0;
	in->positions = positions;
	in->fresh = false;
	in->positions_left = 0;
	in->skips_loaded = false;
	in->skip_last = UINT32_MAX;
	in->skip_docs = list->docs_at;
	in->skip_pos = list->pos_at;
	in->skip_frames = in->frames_read = 0;
	in->first_k = in->gap_k = 0;
	mp_bits_start(&in->bits, &in->pos);
	if (list->is_inline) {
		mp_positions_k(&in->first_k, &in->gap_k, list->field);
		mp_stream_bytes(&in->docs, segment, MP_SECTION_LEAF,
		    in->list.bytes, in->list.bytes_len, err);
		mp_stream_bytes(&in->pos, segment, MP_SECTION_LEAF,
		    in->list.bytes, 0, err);
		return;
	}
	mp_stream_section(&in->docs, segment, MP_SECTION_DOCS, list->docs_at,
	    list->docs_len - list->skips_len, err);
	mp_stream_section(&in->pos, segment, MP_SECTION_POS, list->pos_at,
	    positions ? list->pos_len : 0, err);
}

bool
mp_list_next(struct mp_list_in *in)
{
	if (in->positions) {
		finish_positions(in);
		if (in->bits.stream->bad)
			return false;
	}
	if (in->frame_at == in->frame_count) {
		if (in->frames_left == 0 || in->docs.bad)
			return false;
		load_frame(in);
		if (in->frame_count == 0)
			return false;
	}
	in->docid = in->frame[in->frame_at++];
	in->fresh = in->positions;
	return true;
}

bool
mp_list_position(struct mp_list_in *in, uint32_t *position)
{
	if (in->fresh) {
		in->fresh = false;
		in->positions_left = mp_rice_get(&in->bits, 0);
		in->position = mp_rice_get(&in->bits, in->first_k);
	} else {
		if (in->positions_left == 0)
			return false;
		in->positions_left--;
		in->position += mp_rice_get(&in->bits, in->gap_k) + 1;
	}
	*position = in->position;
	if (in->bits.stream->bad)
		in->positions_left = 0;
	return !in->bits.stream->bad;
}

enum mp_status
mp_list_status(const struct mp_list_in *in)
{
	if (in->docs.bad)
		return in->docs.err->status;
	return in->pos.bad ? in->pos.err->status : MP_OK;
}

/* --- skipping ------------------------------------------------------- */

static void
load_skips(struct mp_list_in *in)
{
	uint8_t *to = NULL;

	in->skips_loaded = true;
	mp_buf_reset(&in->skips);
	if (in->list.df > MP_FRAME_DOCS)
		to = mp_buf_reserve(&in->skips, in->list.skips_len);
	if (to != NULL && mp_section_read(to, in->docs.segment,
	    MP_SECTION_DOCS, in->list.docs_at + in->list.docs_len -
	    in->list.skips_len, in->list.skips_len, in->docs.err) == MP_OK)
		in->skips.len = in->list.skips_len;
	else if (in->list.df > MP_FRAME_DOCS)
		in->docs.bad = true;
	mp_cursor_init(&in->skip, in->skips.data, in->skips.len);
}

/* Read where the frame at skip_frames ends, and go there if before docid. */
static bool
skip_one(struct mp_list_in *in, uint64_t docid)
{
	struct mp_cursor peek = in->skip;
	uint64_t last = (uint64_t)(uint32_t)(in->skip_last + 1) +
	    mp_cursor_varint(&peek) - 1;
	uint64_t docs = mp_cursor_varint(&peek);
	uint64_t pos = mp_cursor_varint(&peek);

	if (peek.bad || last >= in->limit || docs > in->list.docs_len ||
	    pos > in->list.pos_len) {
		mp_stream_malformed(&in->docs);
		return false;
	}
	if (last >= docid)
		return false;
	in->skip = peek;
	in->skip_last = (uint32_t)last;
	in->skip_docs += docs;
	in->skip_pos += pos;
	in->skip_frames++;
	return true;
}

/* Go to the start of the frame that the skips have come to. */
static void
restart_streams(struct mp_list_in *in)
{
	const struct mp_list *list = &in->list;
	uint64_t docs_end = list->docs_at + list->docs_len - list->skips_len;
	uint64_t pos_end = list->pos_at + list->pos_len;

	if (in->skip_docs > docs_end || in->skip_pos > pos_end) {
		mp_stream_malformed(&in->docs);
		return;
	}
	mp_stream_section(&in->docs, in->docs.segment, MP_SECTION_DOCS,
	    in->skip_docs, docs_end - in->skip_docs, in->docs.err);
	mp_stream_section(&in->pos, in->docs.segment, MP_SECTION_POS,
	    in->skip_pos, in->positions ? pos_end - in->skip_pos : 0,
	    in->docs.err);
	in->frames_left = list->df - in->skip_frames * MP_FRAME_DOCS;
	in->frames_read = in->skip_frames;
	in->last = in->skip_last;
	in->frame_count = in->frame_at = 0;
	mp_bits_start(&in->bits, &in->pos);
	in->fresh = false;
	in->positions_left = 0;
}

/* Pass over the whole frames that end before docid. */
static void
skip_frames(struct mp_list_in *in, uint32_t docid)
{
	uint32_t frames = (in->list.df - 1) / MP_FRAME_DOCS;

	if (in->list.df <= MP_FRAME_DOCS || in->docs.bad || in->pos.bad ||
	    (in->frame_at < in->frame_count &&
	    in->frame[in->frame_count - 1] >= docid))
		return;
	if (!in->skips_loaded)
		load_skips(in);
	while (in->skip_frames < in->frames_read &&
	    in->skip_frames < frames && skip_one(in, UINT64_MAX))
		;
	while (in->skip_frames < frames && skip_one(in, docid))
		;
	if (in->skip_frames > in->frames_read && !in->docs.bad)
		restart_streams(in);
}

bool
mp_list_seek(struct mp_list_in *in, uint32_t docid)
{
	skip_frames(in, docid);
	while (mp_list_next(in))
		if (in->docid >= docid)
			return true;
	return false;
}

/* --- whole lists ---------------------------------------------------- */

enum mp_status
mp_list_add(struct mp_docset *set, struct mp_segment *segment,
    const struct mp_list *list, struct mp_list_in *scratch,
    struct mp_err *err)
{
	uint32_t first = segment->ref.first, i;

	mp_list_open(scratch, segment, list, false, err);
	while (mp_list_next(scratch)) {
		for (i = scratch->frame_at - 1; i < scratch->frame_count; i++)
			mp_docset_add(set, first + scratch->frame[i]);
		scratch->frame_at = scratch->frame_count;
	}
	return mp_list_status(scratch);
}

enum mp_status
mp_list_last(uint32_t *last, struct mp_segment *segment,
    const struct mp_list *list, struct mp_err *err)
{
	struct mp_list_in in;
	enum mp_status status;

	*last = list->last;
	if (!list->is_inline)
		return MP_OK;
	mp_list_in_init(&in, 1);
	mp_list_open(&in, segment, list, false, err);
	while (mp_list_next(&in))
		*last = in.docid;
	status = mp_list_status(&in);
	mp_list_in_clear(&in);
	return status;
}
