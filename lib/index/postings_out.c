/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "index/index.h"
#include "index/postings_internal.h"

/* Bounds of buffers for one frame or one list, never reached by far. */
#define LIST_BUF_MAX ((size_t)1 << 30)

#define LEAF_HEAD 14	/* u16 count, u48 docs offset, u48 pos offset */
#define LEVEL1_HEAD 6	/* u16 count, u32 first leaf */

int
mp_key_compare(const uint8_t *a, size_t a_len, const uint8_t *b,
    size_t b_len)
{
	size_t common = a_len < b_len ? a_len : b_len;
	int diff = common != 0 ? memcmp(a, b, common) : 0;

	if (diff != 0)
		return diff;
	return a_len < b_len ? -1 : a_len > b_len;
}

unsigned
mp_docs_k(uint32_t segment_docs, uint32_t df)
{
	return mp_rice_k(segment_docs, df);
}

/* What bodies of some hundred words and short headers make the best of. */
void
mp_positions_k(unsigned *first_k, unsigned *gap_k, unsigned field)
{
	*first_k = field == MP_FIELD_BODY ? 8 : 3;
	*gap_k = field == MP_FIELD_BODY ? 6 : 3;
}

void
mp_postings_init(struct mp_postings_out *out, struct mp_blocks_out *blocks,
    uint32_t docs)
{
	memset(out, 0, sizeof *out);
	out->blocks = blocks;
	out->segment_docs = docs;
	mp_buf_init(&out->docs, LIST_BUF_MAX);
	mp_buf_init(&out->pos, SIZE_MAX / 2);
	mp_buf_init(&out->skips, LIST_BUF_MAX);
	mp_buf_init(&out->leaf, MP_BLOCK_SMALL);
	mp_buf_init(&out->level1, MP_BLOCK_SMALL);
	mp_buf_init(&out->level2, MP_TRAILER_MAX);
}

void
mp_postings_clear(struct mp_postings_out *out)
{
	free(out->values);
	mp_buf_clear(&out->docs);
	mp_buf_clear(&out->pos);
	mp_buf_clear(&out->skips);
	mp_buf_clear(&out->leaf);
	mp_buf_clear(&out->level1);
	mp_buf_clear(&out->level2);
}

static void
begin_frame(struct mp_postings_out *out)
{
	out->frame_count = 0;
	out->value_count = 0;
	out->first_sum = out->gap_sum = 0;
}

void
mp_postings_begin(struct mp_postings_out *out, unsigned field)
{
	out->field = field;
	out->df = 0;
	out->last = UINT32_MAX;
	out->docs_at = out->blocks->sections[MP_SECTION_DOCS].length;
	out->pos_at = out->blocks->sections[MP_SECTION_POS].length;
	mp_buf_reset(&out->skips);
	begin_frame(out);
}

/* --- frames of documents -------------------------------------------- */

/* Differences less one of the frame's docids, and the bits they need. */
static unsigned
frame_gaps(uint32_t gaps[MP_FRAME_DOCS], const struct mp_postings_out *out)
{
	uint32_t last = out->last, all = 0, i;

	for (i = 0; i < out->frame_count; i++) {
		gaps[i] = out->frame[i] - last - 1;
		last = out->frame[i];
		all |= gaps[i];
	}
	return all == 0 ? 0 : 32 - (unsigned)__builtin_clz(all);
}

/* The frame of a longer list: varints, or bits of equal width. */
static void
encode_frame(struct mp_postings_out *out)
{
	uint32_t gaps[MP_FRAME_DOCS], i;
	unsigned width = frame_gaps(gaps, out);
	struct mp_bits_out bits = { 0 };
	uint8_t *to;
	size_t len = 1;

	mp_buf_reset(&out->docs);
	to = mp_buf_reserve(&out->docs, 1 + 8 * MP_FRAME_DOCS);
	to[0] = 0;
	for (i = 0; i < out->frame_count; i++)
		len += mp_put_varint(to + len, gaps[i]);
	if (out->frame_count == MP_FRAME_DOCS &&
	    (size_t)width * MP_FRAME_DOCS / 8 + 1 < len) {
		to[0] = (uint8_t)(1 + width);
		bits.next = to + 1;
		for (i = 0; i < MP_FRAME_DOCS; i++)
			mp_bits_put(&bits, gaps[i], width);
		len = (size_t)(mp_bits_end(&bits) - to);
	}
	out->docs.len = len;
}

/* The only frame of a short list. */
static void
put_docs(struct mp_bits_out *bits, const struct mp_postings_out *out)
{
	unsigned k = mp_docs_k(out->segment_docs, out->df);
	uint32_t last = out->last, i;

	for (i = 0; i < out->frame_count; i++) {
		mp_rice_put(bits, out->frame[i] - last - 1, k);
		last = out->frame[i];
	}
}

/* --- frames of positions -------------------------------------------- */

static void
put_positions(struct mp_bits_out *bits, const struct mp_postings_out *out,
    unsigned first_k, unsigned gap_k)
{
	const uint32_t *value = out->values;
	uint32_t i, left;

	for (i = 0; i < out->frame_count; i++) {
		mp_rice_put(bits, out->tf[i] - 1, 0);
		mp_rice_put(bits, *value++, first_k);
		for (left = out->tf[i]; --left != 0;)
			mp_rice_put(bits, *value++, gap_k);
	}
}

/* Encode the positions of the frame, if the field has any. */
static void
encode_positions(struct mp_postings_out *out)
{
	struct mp_bits_out bits = { 0 };
	unsigned first_k, gap_k;
	uint8_t *to;

	mp_buf_reset(&out->pos);
	if (out->value_count == 0)
		return;
	to = mp_buf_reserve(&out->pos, 1 + MP_RICE_BYTES *
	    (out->value_count + out->frame_count + 1));
	bits.next = to;
	mp_positions_k(&first_k, &gap_k, out->field);
	if (out->frame_count >= MP_FEW_DOCS) {
		first_k = mp_rice_k(out->first_sum, out->frame_count);
		gap_k = mp_rice_k(out->gap_sum,
		    (uint32_t)(out->value_count - out->frame_count));
		*bits.next++ = (uint8_t)(first_k << 4 | gap_k);
	}
	put_positions(&bits, out, first_k, gap_k);
	out->pos.len = (size_t)(mp_bits_end(&bits) - to);
}

static void
write_frame(struct mp_postings_out *out)
{
	encode_frame(out);
	encode_positions(out);
	mp_section_add(out->blocks, MP_SECTION_DOCS, out->docs.data,
	    out->docs.len);
	mp_section_add(out->blocks, MP_SECTION_POS, out->pos.data,
	    out->pos.len);
}

/* A further frame follows: write this one and note where it ends. */
static void
next_frame(struct mp_postings_out *out)
{
	uint32_t last = out->frame[MP_FRAME_DOCS - 1];

	write_frame(out);
	mp_buf_varint(&out->skips, last - out->last);
	mp_buf_varint(&out->skips, out->docs.len);
	mp_buf_varint(&out->skips, out->pos.len);
	out->last = last;
	begin_frame(out);
}

/* A word whose place is not known (memory ran out) stands at the start. */
static void
close_document(struct mp_postings_out *out)
{
	if (out->frame_count != 0 && mp_field_has_positions(out->field) &&
	    out->tf[out->frame_count - 1] == 0)
		mp_postings_position(out, 0);
}

void
mp_postings_doc(struct mp_postings_out *out, uint32_t docid)
{
	close_document(out);
	if (out->frame_count == MP_FRAME_DOCS)
		next_frame(out);
	out->tf[out->frame_count] = 0;
	out->frame[out->frame_count++] = docid;
	out->df++;
}

void
mp_postings_grow(struct mp_postings_out *out)
{
	out->value_cap = out->value_cap * 2 + 1024;
	out->values = mp_realloc_array(out->values, out->value_cap,
	    sizeof *out->values);
}

/* --- dictionary ----------------------------------------------------- */

static size_t
common_prefix(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	size_t most = a_len < b_len ? a_len : b_len, len = 0;

	while (len < most && a[len] == b[len])
		len++;
	return len;
}

/* Append a key as what differs from the one before. */
static size_t
put_key(uint8_t *to, size_t shared, const uint8_t *key, size_t key_len)
{
	size_t rest = key_len - shared, len = 1;

	to[0] = (uint8_t)((shared < 15 ? shared : 15) << 4 |
	    (rest < 15 ? rest : 15));
	if (shared >= 15)
		len += mp_put_varint(to + len, shared - 15);
	if (rest >= 15)
		len += mp_put_varint(to + len, rest - 15);
	memcpy(to + len, key + shared, rest);
	return len + rest;
}

static void
put_u48(uint8_t *to, uint64_t value)
{
	mp_put_u32(to, (uint32_t)value);
	mp_put_u16(to + 4, (uint16_t)(value >> 32));
}

/* Write a block of the dictionary, padded to its full size. */
static void
write_padded(struct mp_postings_out *out, enum mp_section section,
    struct mp_buf *block)
{
	size_t pad = MP_BLOCK_SMALL - block->len;
	uint8_t *to = mp_buf_reserve(block, pad);

	memset(to, 0, pad);
	mp_section_add(out->blocks, section, block->data, MP_BLOCK_SMALL);
	mp_buf_reset(block);
}

static void
write_level1(struct mp_postings_out *out)
{
	mp_put_u16(out->level1.data, (uint16_t)out->level1_count);
	write_padded(out, MP_SECTION_LEVEL1, &out->level1);
	out->level1_count = 0;
}

/* Enter the first key of a new leaf in the levels above. */
static void
add_level1(struct mp_postings_out *out, const uint8_t *key, size_t key_len)
{
	uint8_t entry[MP_KEY_MAX + 8];
	size_t shared = common_prefix(out->level1_key, out->level1_key_len,
	    key, key_len), len;

	if (out->level1_count == 0)
		shared = 0;
	len = put_key(entry, shared, key, key_len);
	if (out->level1_count != 0 && out->level1.len + len > MP_BLOCK_SMALL)
		write_level1(out);
	if (out->level1_count == 0) {
		mp_buf_u16(&out->level1, 0);
		mp_buf_u32(&out->level1, out->leaves);
		mp_buf_blob(&out->level2, key, key_len);
		out->level2_count++;
		len = put_key(entry, 0, key, key_len);
	}
	mp_buf_add(&out->level1, entry, len);
	memcpy(out->level1_key, key, key_len);
	out->level1_key_len = key_len;
	out->level1_count++;
}

static void
write_leaf(struct mp_postings_out *out)
{
	mp_put_u16(out->leaf.data, (uint16_t)out->leaf_count);
	write_padded(out, MP_SECTION_LEAF, &out->leaf);
	out->leaf_count = 0;
	out->leaves++;
}

static void
start_leaf(struct mp_postings_out *out, const uint8_t *key, size_t key_len)
{
	size_t shared = common_prefix(out->key, out->key_len, key, key_len);
	uint8_t *head = mp_buf_reserve(&out->leaf, LEAF_HEAD);

	/* The shortest key that is above all of the leaf before. */
	add_level1(out, key, shared < key_len ? shared + 1 : key_len);
	put_u48(head + 2, out->docs_at);
	put_u48(head + 8, out->pos_at);
	out->leaf.len += LEAF_HEAD;
}

static void
add_entry(struct mp_postings_out *out, const uint8_t *key, size_t key_len,
    const uint8_t *value, size_t value_len)
{
	uint8_t entry[MP_KEY_MAX + 8];
	size_t shared = common_prefix(out->key, out->key_len, key, key_len);
	size_t len = put_key(entry, shared, key, key_len);

	if (out->leaf_count != 0 &&
	    out->leaf.len + len + value_len > MP_BLOCK_SMALL)
		write_leaf(out);
	if (out->leaf_count == 0) {
		start_leaf(out, key, key_len);
		len = put_key(entry, 0, key, key_len);
	}
	mp_buf_add(&out->leaf, entry, len);
	mp_buf_add(&out->leaf, value, value_len);
	out->leaf_count++;
	memcpy(out->key, key, key_len);
	out->key_len = key_len;
}

/*
 * A byte of df and length begins an entry: the low half is the length of an
 * inline list, 0 for another; the high half is df - 1, 15 for more, which
 * then follow.
 */
static size_t
put_head(uint8_t *to, uint32_t df, size_t inline_len)
{
	to[0] = (uint8_t)((df < 16 ? df - 1 : 15) << 4 | inline_len);
	return df < 16 ? 1 : 1 + mp_put_varint(to + 1, df - 16);
}

/* Put a list of few documents and positions into value, if it fits: > 0. */
static size_t
put_inline(uint8_t *value, const struct mp_postings_out *out)
{
	uint8_t bytes[MP_RICE_BYTES * (4 * MP_INLINE_MAX + 1)];
	struct mp_bits_out bits = { .next = bytes };
	unsigned first_k, gap_k;
	size_t len;

	if (out->df >= MP_FEW_DOCS || out->value_count > 2 * MP_INLINE_MAX)
		return 0;
	put_docs(&bits, out);
	if (out->value_count != 0) {
		mp_positions_k(&first_k, &gap_k, out->field);
		put_positions(&bits, out, first_k, gap_k);
	}
	len = (size_t)(mp_bits_end(&bits) - bytes);
	if (len > MP_INLINE_MAX)
		return 0;
	(void)put_head(value, out->df, len);
	memcpy(value + 1, bytes, len);
	return 1 + len;
}

/* Write the list that does not fit into the dictionary. */
static size_t
write_list(struct mp_postings_out *out, uint8_t *value)
{
	const struct mp_section_out *sections = out->blocks->sections;
	uint8_t bytes[MP_RICE_BYTES * (MP_FRAME_DOCS + 1)];
	struct mp_bits_out bits = { .next = bytes };
	size_t len = put_head(value, out->df, 0);

	if (out->df > MP_FRAME_DOCS) {
		write_frame(out);
		mp_section_add(out->blocks, MP_SECTION_DOCS, out->skips.data,
		    out->skips.len);
	} else {
		put_docs(&bits, out);
		mp_section_add(out->blocks, MP_SECTION_DOCS, bytes,
		    (size_t)(mp_bits_end(&bits) - bytes));
		encode_positions(out);
		mp_section_add(out->blocks, MP_SECTION_POS, out->pos.data,
		    out->pos.len);
	}
	len += mp_put_varint(value + len, out->frame[out->frame_count - 1]);
	len += mp_put_varint(value + len,
	    sections[MP_SECTION_DOCS].length - out->docs_at);
	if (out->df > MP_FRAME_DOCS)
		len += mp_put_varint(value + len, out->skips.len);
	if (mp_field_has_positions(out->field))
		len += mp_put_varint(value + len,
		    sections[MP_SECTION_POS].length - out->pos_at);
	return len;
}

void
mp_postings_end(struct mp_postings_out *out, const uint8_t *key,
    size_t key_len)
{
	uint8_t value[6 * MP_VARINT_MAX];
	size_t len;

	if (out->df == 0)
		return;
	close_document(out);
	len = put_inline(value, out);
	if (len == 0)
		len = write_list(out, value);
	add_entry(out, key, key_len, value, len);
}

void
mp_postings_finish(struct mp_postings_out *out, struct mp_buf *trailer)
{
	if (out->leaf_count != 0)
		write_leaf(out);
	if (out->level1_count != 0)
		write_level1(out);
	mp_buf_varint(trailer, out->level2_count);
	mp_buf_add(trailer, out->level2.data, out->level2.len);
}
