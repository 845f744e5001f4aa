/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "query/sort.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/*
 * The key of a document: date above docid, flipped for the newest first, so
 * that the smallest keys are wanted. The best ones are kept in a heap with
 * the worst of them on top.
 */
struct best {
	uint64_t *keys;
	size_t count;
	size_t max;
	size_t cap;
};

static void
sift_down(struct best *best, size_t at)
{
	uint64_t key = best->keys[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= best->count)
			break;
		if (child + 1 < best->count &&
		    best->keys[child + 1] > best->keys[child])
			child++;
		if (best->keys[child] <= key)
			break;
		best->keys[at] = best->keys[child];
		at = child;
	}
	best->keys[at] = key;
}

static void
take_key(struct best *best, uint64_t key)
{
	size_t at;

	if (best->count < best->max) {
		if (best->count == best->cap) {
			best->cap = best->cap == 0 ? 256 : best->cap * 2;
			best->keys = mp_realloc_array(best->keys, best->cap,
			    sizeof *best->keys);
		}
		best->keys[best->count++] = key;
		if (best->count == best->max)
			for (at = best->count / 2; at-- > 0;)
				sift_down(best, at);
	} else if (best->max > 0 && key < best->keys[0]) {
		best->keys[0] = key;
		sift_down(best, 0);
	}
}

static int
compare_keys(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x < y ? -1 : x > y;
}

static enum mp_status
key_of(uint64_t *key, struct mp_index *index, uint32_t docid,
    enum mp_sort order, struct mp_err *err)
{
	enum mp_status status = MP_OK;
	uint32_t date = 0;

	if (order != MP_SORT_ARRIVAL)
		status = mp_index_date(&date, index, docid, err);
	*key = (uint64_t)date << 32 | docid;
	if (order != MP_SORT_OLDEST)
		*key = ~*key;
	return status;
}

enum mp_status
mp_sort_docs(uint32_t **docids, size_t *count, struct mp_index *index,
    const struct mp_docset *set, enum mp_sort order, size_t offset,
    size_t limit, struct mp_err *err)
{
	struct best best = { NULL, 0, limit > SIZE_MAX - offset ? SIZE_MAX :
		offset + limit, 0 };
	enum mp_status status = MP_OK;
	uint32_t docid;
	uint64_t key;
	size_t i;

	*docids = NULL;
	*count = 0;
	for (docid = mp_docset_next(set, 0);
	    docid != MP_DOCSET_END && status == MP_OK;
	    docid = mp_docset_next(set, docid + 1)) {
		status = key_of(&key, index, docid, order, err);
		take_key(&best, key);
	}
	if (status == MP_OK && best.count > offset) {
		qsort(best.keys, best.count, sizeof *best.keys, compare_keys);
		*count = best.count - offset;
		*docids = mp_malloc(*count * sizeof **docids);
		for (i = 0; i < *count; i++) {
			key = best.keys[offset + i];
			(*docids)[i] = (uint32_t)(order != MP_SORT_OLDEST ?
			    ~key : key);
		}
	}
	free(best.keys);
	return status;
}
