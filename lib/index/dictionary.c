/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/bytes.h"
#include "index/postings_internal.h"

#define LEAF_HEAD 14
#define LEVEL1_HEAD 6

static uint64_t
get_u48(const uint8_t *from)
{
	return mp_get_u32(from) | (uint64_t)mp_get_u16(from + 4) << 32;
}

/* Read the key that follows as what differs from the one before. */
static bool
get_key(uint8_t *key, size_t *key_len, struct mp_cursor *cur)
{
	uint8_t lengths = mp_cursor_byte(cur);
	uint64_t shared = lengths >> 4, rest = lengths & 15;
	const uint8_t *bytes;

	if (shared == 15)
		shared += mp_cursor_varint(cur);
	if (rest == 15)
		rest += mp_cursor_varint(cur);
	if (shared > *key_len || rest > MP_KEY_MAX ||
	    shared + rest > MP_KEY_MAX)
		return false;
	bytes = mp_cursor_bytes(cur, (size_t)rest);
	if (bytes == NULL)
		return false;
	memcpy(key + shared, bytes, (size_t)rest);
	*key_len = (size_t)(shared + rest);
	return true;
}

static bool
get_inline(struct mp_list *list, size_t len, struct mp_cursor *cur)
{
	const uint8_t *bytes = mp_cursor_bytes(cur, len);

	if (bytes == NULL || len > MP_INLINE_MAX || list->df >= MP_FEW_DOCS)
		return false;
	memcpy(list->bytes, bytes, len);
	list->bytes_len = len;
	list->docs_len = list->pos_len = 0;
	return true;
}

static bool
get_list(struct mp_dict_cursor *cursor, struct mp_cursor *cur)
{
	struct mp_list *list = &cursor->list;
	uint8_t head = mp_cursor_byte(cur);
	uint64_t df = (uint64_t)(head >> 4) + 1, last, skips = 0;

	if (df == 16)
		df += mp_cursor_varint(cur);
	if (df < 1 || df > mp_segment_docs(cursor->segment))
		return false;
	list->field = cursor->key[0];
	list->df = (uint32_t)df;
	list->is_inline = (head & 15) != 0;
	list->skips_len = 0;
	list->last = UINT32_MAX;
	list->docs_at = cursor->docs_next;
	list->pos_at = cursor->pos_next;
	if (list->is_inline)
		return get_inline(list, head & 15, cur);
	last = mp_cursor_varint(cur);
	list->docs_len = mp_cursor_varint(cur);
	if (list->df > MP_FRAME_DOCS)
		skips = mp_cursor_varint(cur);
	list->pos_len = mp_field_has_positions(cursor->key[0]) ?
	    mp_cursor_varint(cur) : 0;
	if (cur->bad || last >= mp_segment_docs(cursor->segment) ||
	    skips > list->docs_len || skips > UINT32_MAX ||
	    list->docs_len > cursor->segment->ref.length ||
	    list->pos_len > cursor->segment->ref.length)
		return false;
	list->last = (uint32_t)last;
	list->skips_len = (uint32_t)skips;
	list->bytes_len = 0;
	cursor->docs_next += list->docs_len;
	cursor->pos_next += list->pos_len;
	return true;
}

static enum mp_status
load_leaf(struct mp_dict_cursor *cursor, uint64_t leaf, struct mp_err *err)
{
	enum mp_status status;

	cursor->leaf = leaf;
	cursor->left = 0;
	cursor->key_len = 0;
	cursor->at_end = leaf >= mp_section_length(cursor->segment,
	    MP_SECTION_LEAF) / MP_BLOCK_SMALL;
	if (cursor->at_end)
		return MP_OK;
	status = mp_section_read(cursor->block, cursor->segment,
	    MP_SECTION_LEAF, leaf * MP_BLOCK_SMALL, MP_BLOCK_SMALL, err);
	if (status != MP_OK)
		return status;
	cursor->left = mp_get_u16(cursor->block);
	cursor->docs_next = get_u48(cursor->block + 2);
	cursor->pos_next = get_u48(cursor->block + 8);
	cursor->block_at = LEAF_HEAD;
	if (cursor->left == 0)
		return mp_segment_malformed(cursor->segment, MP_SECTION_LEAF,
		    err);
	return MP_OK;
}

enum mp_status
mp_dict_next(struct mp_dict_cursor *cursor, struct mp_err *err)
{
	struct mp_cursor cur;
	enum mp_status status;

	if (cursor->left == 0 && !cursor->at_end) {
		status = load_leaf(cursor, cursor->leaf + 1, err);
		if (status != MP_OK)
			return status;
	}
	if (cursor->at_end)
		return MP_OK;
	mp_cursor_init(&cur, cursor->block, sizeof cursor->block);
	cur.pos = cursor->block_at;
	if (!get_key(cursor->key, &cursor->key_len, &cur) ||
	    cursor->key_len == 0 || !get_list(cursor, &cur))
		return mp_segment_malformed(cursor->segment, MP_SECTION_LEAF,
		    err);
	cursor->block_at = cur.pos;
	cursor->left--;
	return MP_OK;
}

/* The last block of level 1 whose first key is not above the given one. */
static uint64_t
find_level1(const struct mp_segment *segment, const uint8_t *key,
    size_t key_len)
{
	size_t low = 0, high = segment->level2_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (mp_key_compare(segment->level2[middle].key,
		    segment->level2[middle].len, key, key_len) <= 0)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* The leaf in which the key is, if anywhere. */
static enum mp_status
find_leaf(uint64_t *leaf, struct mp_segment *segment, const uint8_t *key,
    size_t key_len, struct mp_err *err)
{
	uint8_t block[MP_BLOCK_SMALL], at[MP_KEY_MAX];
	size_t at_len = 0;
	struct mp_cursor cur;
	enum mp_status status;
	uint32_t count, i;

	*leaf = 0;
	if (segment->level2_count == 0)
		return MP_OK;
	status = mp_section_read(block, segment, MP_SECTION_LEVEL1,
	    find_level1(segment, key, key_len) * MP_BLOCK_SMALL,
	    sizeof block, err);
	if (status != MP_OK)
		return status;
	mp_cursor_init(&cur, block, sizeof block);
	count = mp_cursor_u16(&cur);
	*leaf = mp_cursor_u32(&cur);
	for (i = 0; i < count; i++) {
		if (!get_key(at, &at_len, &cur))
			return mp_segment_malformed(segment,
			    MP_SECTION_LEVEL1, err);
		if (mp_key_compare(at, at_len, key, key_len) > 0)
			break;
		*leaf += i != 0;
	}
	return MP_OK;
}

enum mp_status
mp_dict_seek(struct mp_dict_cursor *cursor, struct mp_segment *segment,
    const uint8_t *key, size_t key_len, struct mp_err *err)
{
	enum mp_status status = mp_segment_load(segment, err);
	uint64_t leaf = 0;

	cursor->segment = segment;
	if (status == MP_OK)
		status = find_leaf(&leaf, segment, key, key_len, err);
	if (status == MP_OK)
		status = load_leaf(cursor, leaf, err);
	while (status == MP_OK && !cursor->at_end) {
		status = mp_dict_next(cursor, err);
		if (status != MP_OK || mp_key_compare(cursor->key,
		    cursor->key_len, key, key_len) >= 0)
			break;
	}
	return status;
}
