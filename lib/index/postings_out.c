/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/bytes.h"
#include "index/index.h"
#include "index/postings_internal.h"

/* Bounds of buffers for one frame or one list, never reached by far. */
#define LIST_BUF_MAX ((size_t)1 << 30)

#define LEAF_HEAD 14	/* u16 count, u48 docs offset, u48 pos offset */
#define LEVEL1_HEAD 6	/* u16 count, u32 first leaf */

bool
mp_field_has_positions(unsigned field)
{
	return field < MP_FIELD_FLAG;
}

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

void
mp_postings_init(struct mp_postings_out *out, struct mp_blocks_out *blocks)
{
	memset(out, 0, sizeof *out);
	out->blocks = blocks;
	mp_buf_init(&out->deltas, LIST_BUF_MAX);
	mp_buf_init(&out->docs, LIST_BUF_MAX);
	mp_buf_init(&out->pos, LIST_BUF_MAX);
	mp_buf_init(&out->skips, LIST_BUF_MAX);
	mp_buf_init(&out->leaf, MP_BLOCK_SMALL);
	mp_buf_init(&out->level1, MP_BLOCK_SMALL);
	mp_buf_init(&out->level2, MP_TRAILER_MAX);
}

void
mp_postings_clear(struct mp_postings_out *out)
{
	mp_buf_clear(&out->deltas);
	mp_buf_clear(&out->docs);
	mp_buf_clear(&out->pos);
	mp_buf_clear(&out->skips);
	mp_buf_clear(&out->leaf);
	mp_buf_clear(&out->level1);
	mp_buf_clear(&out->level2);
}

void
mp_postings_begin(struct mp_postings_out *out)
{
	out->df = 0;
	out->last = UINT32_MAX;
	out->frame_count = 0;
	out->tf = 0;
	out->docs_at = out->blocks->sections[MP_SECTION_DOCS].length;
	out->pos_at = out->blocks->sections[MP_SECTION_POS].length;
	mp_buf_reset(&out->docs);
	mp_buf_reset(&out->pos);
	mp_buf_reset(&out->skips);
}

/* Append the positions of the document at hand to those of its frame. */
static void
close_document(struct mp_postings_out *out)
{
	if (out->tf == 0)
		return;
	mp_buf_varint(&out->pos, (uint64_t)out->first_position << 1 |
	    (out->tf > 1));
	if (out->tf > 1) {
		mp_buf_varint(&out->pos, out->tf - 2);
		mp_buf_add(&out->pos, out->deltas.data, out->deltas.len);
		mp_buf_reset(&out->deltas);
	}
	out->tf = 0;
}

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

static void
pack_bits(struct mp_buf *to, const uint32_t gaps[MP_FRAME_DOCS],
    unsigned width)
{
	uint64_t bits = 0;
	unsigned held = 0, i;

	for (i = 0; i < MP_FRAME_DOCS; i++) {
		bits |= (uint64_t)gaps[i] << held;
		held += width;
		while (held >= 8) {
			mp_buf_byte(to, (uint8_t)bits);
			bits >>= 8;
			held -= 8;
		}
	}
}

/*
 * Encode the frame in its smaller form: varints, or bits of equal width;
 * a list of one frame has varints and no tag.
 */
static void
encode_frame(struct mp_postings_out *out, bool tagged)
{
	uint32_t gaps[MP_FRAME_DOCS], i;
	unsigned width = frame_gaps(gaps, out);
	uint8_t *to;
	size_t len = 0;

	mp_buf_reset(&out->docs);
	to = mp_buf_reserve(&out->docs, 1 + 5 * MP_FRAME_DOCS);
	if (tagged)
		to[len++] = 0;
	for (i = 0; i < out->frame_count; i++)
		len += mp_put_varint(to + len, gaps[i]);
	out->docs.len = len;
	if (tagged && out->frame_count == MP_FRAME_DOCS &&
	    (size_t)width * MP_FRAME_DOCS / 8 + 1 < len) {
		mp_buf_reset(&out->docs);
		mp_buf_byte(&out->docs, (uint8_t)(1 + width));
		pack_bits(&out->docs, gaps, width);
	}
}

static void
write_frame(struct mp_postings_out *out)
{
	encode_frame(out, true);
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

	close_document(out);
	write_frame(out);
	mp_buf_varint(&out->skips, last - out->last);
	mp_buf_varint(&out->skips, out->docs.len);
	mp_buf_varint(&out->skips, out->pos.len);
	out->last = last;
	out->frame_count = 0;
	mp_buf_reset(&out->pos);
}

void
mp_postings_doc(struct mp_postings_out *out, uint32_t docid)
{
	if (out->frame_count == MP_FRAME_DOCS)
		next_frame(out);
	else
		close_document(out);
	out->frame[out->frame_count++] = docid;
	out->df++;
}

void
mp_postings_position(struct mp_postings_out *out, uint32_t position)
{
	if (out->tf++ == 0)
		out->first_position = position;
	else
		mp_buf_varint(&out->deltas, position - out->position - 1);
	out->position = position;
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

/* Write the list that does not fit into the dictionary. */
static size_t
write_list(struct mp_postings_out *out, uint8_t *value, bool positions)
{
	const struct mp_section_out *sections = out->blocks->sections;
	size_t len = mp_put_varint(value, (uint64_t)out->df << 1);

	if (out->df > MP_FRAME_DOCS) {
		write_frame(out);
		mp_section_add(out->blocks, MP_SECTION_DOCS, out->skips.data,
		    out->skips.len);
	} else {
		mp_section_add(out->blocks, MP_SECTION_DOCS, out->docs.data,
		    out->docs.len);
		mp_section_add(out->blocks, MP_SECTION_POS, out->pos.data,
		    out->pos.len);
	}
	len += mp_put_varint(value + len, out->frame[out->frame_count - 1]);
	len += mp_put_varint(value + len,
	    sections[MP_SECTION_DOCS].length - out->docs_at);
	if (out->df > MP_FRAME_DOCS)
		len += mp_put_varint(value + len, out->skips.len);
	if (positions)
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
	if (out->df <= MP_FRAME_DOCS)
		encode_frame(out, false);
	if (out->df <= MP_INLINE_MAX &&
	    out->docs.len + out->pos.len <= MP_INLINE_MAX) {
		len = mp_put_varint(value, (uint64_t)out->df << 1 | 1);
		value[len++] = (uint8_t)(out->docs.len + out->pos.len);
		memcpy(value + len, out->docs.data, out->docs.len);
		len += out->docs.len;
		if (out->pos.len != 0)
			memcpy(value + len, out->pos.data, out->pos.len);
		len += out->pos.len;
	} else {
		len = write_list(out, value, mp_field_has_positions(key[0]));
	}
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
