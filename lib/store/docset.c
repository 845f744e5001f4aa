/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/docset.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"

enum docset_form {
	FORM_LIST = 0,	/* differences of the members */
	FORM_RUNS = 1,	/* gap and length of each run */
	FORM_BITS = 2	/* one bit each, from the first docid on */
};

static size_t
words_of(uint32_t size)
{
	return ((size_t)size + 63) / 64;
}

void
mp_docset_init(struct mp_docset *set, uint32_t size)
{
	set->words = mp_calloc(words_of(size), sizeof *set->words);
	set->size = size;
}

void
mp_docset_clear(struct mp_docset *set)
{
	free(set->words);
	set->words = NULL;
	set->size = 0;
}

void
mp_docset_copy(struct mp_docset *to, const struct mp_docset *from)
{
	mp_docset_init(to, from->size);
	if (from->size != 0)
		memcpy(to->words, from->words,
		    words_of(from->size) * sizeof *to->words);
}

/* Zero the bits at and beyond size in the last word. */
static void
trim(struct mp_docset *set)
{
	if (set->size % 64 != 0)
		set->words[set->size / 64] &=
		    (UINT64_C(1) << set->size % 64) - 1;
}

void
mp_docset_resize(struct mp_docset *set, uint32_t size)
{
	size_t old = words_of(set->size), new = words_of(size);

	set->words = mp_realloc_array(set->words, new, sizeof *set->words);
	if (new > old)
		memset(set->words + old, 0,
		    (new - old) * sizeof *set->words);
	set->size = size;
	trim(set);
}

bool
mp_docset_has(const struct mp_docset *set, uint32_t docid)
{
	return docid < set->size && (set->words[docid / 64] >> docid % 64 & 1);
}

void
mp_docset_add(struct mp_docset *set, uint32_t docid)
{
	if (docid < set->size)
		set->words[docid / 64] |= UINT64_C(1) << docid % 64;
}

void
mp_docset_remove(struct mp_docset *set, uint32_t docid)
{
	if (docid < set->size)
		set->words[docid / 64] &= ~(UINT64_C(1) << docid % 64);
}

void
mp_docset_add_range(struct mp_docset *set, uint32_t first, uint32_t end)
{
	if (end > set->size)
		end = set->size;
	while (first < end && first % 64 != 0)
		mp_docset_add(set, first++);
	while (end > first && end % 64 != 0)
		mp_docset_add(set, --end);
	if (first < end)
		memset(set->words + first / 64, 0xff, (end - first) / 8);
}

static size_t
common_words(const struct mp_docset *a, const struct mp_docset *b)
{
	return words_of(a->size < b->size ? a->size : b->size);
}

void
mp_docset_or(struct mp_docset *to, const struct mp_docset *from)
{
	size_t count = common_words(to, from), i;

	for (i = 0; i < count; i++)
		to->words[i] |= from->words[i];
	trim(to);
}

void
mp_docset_and(struct mp_docset *to, const struct mp_docset *from)
{
	size_t count = common_words(to, from), i;

	for (i = 0; i < count; i++)
		to->words[i] &= from->words[i];
	if (count < words_of(to->size))
		memset(to->words + count, 0,
		    (words_of(to->size) - count) * sizeof *to->words);
}

void
mp_docset_andnot(struct mp_docset *to, const struct mp_docset *from)
{
	size_t count = common_words(to, from), i;

	for (i = 0; i < count; i++)
		to->words[i] &= ~from->words[i];
}

void
mp_docset_xor(struct mp_docset *to, const struct mp_docset *from)
{
	size_t count = common_words(to, from), i;

	for (i = 0; i < count; i++)
		to->words[i] ^= from->words[i];
	trim(to);
}

void
mp_docset_invert(struct mp_docset *set)
{
	size_t count = words_of(set->size), i;

	for (i = 0; i < count; i++)
		set->words[i] = ~set->words[i];
	trim(set);
}

uint32_t
mp_docset_count(const struct mp_docset *set)
{
	size_t count = words_of(set->size), i;
	uint32_t members = 0;

	for (i = 0; i < count; i++)
		members += (uint32_t)__builtin_popcountll(set->words[i]);
	return members;
}

bool
mp_docset_empty(const struct mp_docset *set)
{
	return mp_docset_next(set, 0) == MP_DOCSET_END;
}

uint32_t
mp_docset_next(const struct mp_docset *set, uint32_t docid)
{
	size_t at = docid / 64, count = words_of(set->size);
	uint64_t word;

	if (docid >= set->size)
		return MP_DOCSET_END;
	word = set->words[at] >> docid % 64 << docid % 64;
	while (word == 0) {
		if (++at == count)
			return MP_DOCSET_END;
		word = set->words[at];
	}
	return (uint32_t)(at * 64 + (unsigned)__builtin_ctzll(word));
}

uint32_t
mp_docset_prev(const struct mp_docset *set, uint32_t docid)
{
	size_t at;
	uint64_t word;

	if (docid > set->size)
		docid = set->size;
	if (docid == 0)
		return MP_DOCSET_END;
	at = (docid - 1) / 64;
	word = set->words[at];
	if (docid % 64 != 0)
		word &= (UINT64_C(1) << docid % 64) - 1;
	while (word == 0) {
		if (at-- == 0)
			return MP_DOCSET_END;
		word = set->words[at];
	}
	return (uint32_t)(at * 64 + 63 - (unsigned)__builtin_clzll(word));
}

/* The first docid at or after docid that is not in the set, at most end. */
static uint32_t
next_absent(const struct mp_docset *set, uint32_t docid, uint32_t end)
{
	while (docid < end) {
		uint64_t word = ~set->words[docid / 64] >> docid % 64;

		if (word != 0) {
			docid += (uint32_t)__builtin_ctzll(word);
			break;
		}
		docid += 64 - docid % 64;
	}
	return docid < end ? docid : end;
}

static void
encode_list(struct mp_buf *to, const struct mp_docset *set, uint32_t first,
    uint32_t end)
{
	uint32_t at = mp_docset_next(set, first), last = first;

	for (; at < end; at = mp_docset_next(set, at + 1)) {
		mp_buf_varint(to, at - last);
		last = at;
	}
}

static void
encode_runs(struct mp_buf *to, const struct mp_docset *set, uint32_t first,
    uint32_t end)
{
	uint32_t at = mp_docset_next(set, first), last = first;

	while (at < end) {
		uint32_t stop = next_absent(set, at, end);

		mp_buf_varint(to, at - last);
		mp_buf_varint(to, stop - at);
		last = stop;
		at = mp_docset_next(set, stop);
	}
}

static void
encode_bits(struct mp_buf *to, const struct mp_docset *set, uint32_t first,
    uint32_t end)
{
	uint32_t at, bit;

	for (at = first; at < end; at += 8) {
		uint8_t byte = 0;

		for (bit = 0; bit < 8 && at + bit < end; bit++)
			if (mp_docset_has(set, at + bit))
				byte = (uint8_t)(byte | 1u << bit);
		mp_buf_byte(to, byte);
	}
}

static unsigned
varint_len(uint32_t value)
{
	unsigned len = 1;

	while (value >= 0x80) {
		value >>= 7;
		len++;
	}
	return len;
}

/* The number of items and bytes that a list and a run form would take. */
struct docset_cost {
	uint32_t members;
	uint32_t runs;
	size_t list_bytes;
	size_t run_bytes;
};

static void
measure(struct docset_cost *cost, const struct mp_docset *set,
    uint32_t first, uint32_t end)
{
	uint32_t at = mp_docset_next(set, first), last = first;

	memset(cost, 0, sizeof *cost);
	while (at < end) {
		uint32_t stop = next_absent(set, at, end);

		cost->runs++;
		cost->members += stop - at;
		cost->run_bytes += varint_len(at - last) +
		    varint_len(stop - at);
		cost->list_bytes += varint_len(at - (cost->runs > 1 ?
		    last - 1 : first)) + (stop - at - 1);
		last = stop;
		at = mp_docset_next(set, stop);
	}
}

void
mp_docset_encode(struct mp_buf *to, const struct mp_docset *set,
    uint32_t first, uint32_t end)
{
	struct docset_cost cost;
	size_t bits;

	if (end > set->size)
		end = set->size;
	if (end < first)
		end = first;
	bits = ((size_t)(end - first) + 7) / 8;
	measure(&cost, set, first, end);
	mp_buf_varint(to, first);
	if (bits < cost.list_bytes && bits < cost.run_bytes) {
		mp_buf_byte(to, FORM_BITS);
		mp_buf_varint(to, end - first);
		encode_bits(to, set, first, end);
	} else if (cost.run_bytes < cost.list_bytes) {
		mp_buf_byte(to, FORM_RUNS);
		mp_buf_varint(to, cost.runs);
		encode_runs(to, set, first, end);
	} else {
		mp_buf_byte(to, FORM_LIST);
		mp_buf_varint(to, cost.members);
		encode_list(to, set, first, end);
	}
}

static bool
decode_bits(struct mp_docset *set, struct mp_cursor *cur, uint64_t first,
    uint64_t count)
{
	const uint8_t *bytes;
	uint64_t i;

	if (count > set->size || first > set->size - count)
		return false;
	bytes = mp_cursor_bytes(cur, (size_t)((count + 7) / 8));
	if (bytes == NULL)
		return false;
	for (i = 0; i < count; i++)
		if (bytes[i / 8] >> i % 8 & 1)
			mp_docset_add(set, (uint32_t)(first + i));
	return true;
}

static bool
decode_items(struct mp_docset *set, struct mp_cursor *cur, uint64_t first,
    uint64_t count, bool runs)
{
	uint64_t at = first;

	while (count-- != 0) {
		uint64_t gap = mp_cursor_varint(cur);
		uint64_t len = runs ? mp_cursor_varint(cur) : 1;

		if (cur->bad || gap > set->size || len > set->size ||
		    at + gap + len > set->size)
			return false;
		at += gap;
		mp_docset_add_range(set, (uint32_t)at, (uint32_t)(at + len));
		if (runs)
			at += len;
	}
	return true;
}

enum mp_status
mp_docset_decode(struct mp_docset *set, struct mp_cursor *cur,
    struct mp_err *err)
{
	uint64_t first = mp_cursor_varint(cur);
	uint8_t form = mp_cursor_byte(cur);
	uint64_t count = mp_cursor_varint(cur);
	bool good = !cur->bad && first <= set->size;

	if (good && form == FORM_BITS)
		good = decode_bits(set, cur, first, count);
	else if (good && (form == FORM_LIST || form == FORM_RUNS))
		good = decode_items(set, cur, first, count,
		    form == FORM_RUNS);
	else
		good = false;
	if (!good)
		return mp_err_set(err, MP_CORRUPT,
		    "malformed set of documents");
	return MP_OK;
}
