/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "index/index_internal.h"

#define LIST_BUF 8192
enum { OPEN_TRIES = 3 };

static enum mp_status
open_segments(struct mp_index *index, struct mp_err *err)
{
	size_t count, i;
	const struct mp_segment_ref *refs = mp_store_segments(&count,
	    index->store);
	enum mp_status status = MP_OK;

	index->segments = mp_calloc(count + 1, sizeof *index->segments);
	for (i = 0; i < count && status == MP_OK; i++) {
		char *path = mp_store_segment_path(index->store, refs[i].id);

		status = mp_segment_open(&index->segments[i], path, &refs[i],
		    mp_store_keys(index->store), index->cache, err);
		if (status == MP_OK)
			index->segment_count++;
		free(path);
	}
	return status;
}

static void
close_segments(struct mp_index *index)
{
	size_t i;

	for (i = 0; i < index->segment_count; i++)
		mp_segment_close(index->segments[i]);
	free(index->segments);
	index->segments = NULL;
	index->segment_count = 0;
}

/*
 * A writer may have merged segments away since the store was opened: then
 * there is a newer list of them.
 */
static enum mp_status
open_current(struct mp_index *index, struct mp_err *err)
{
	enum mp_status status = open_segments(index, err);
	bool changed = true;
	unsigned tries;

	for (tries = 0; tries < OPEN_TRIES && status == MP_NOT_FOUND &&
	    changed; tries++) {
		close_segments(index);
		status = mp_store_refresh(&changed, index->store, err);
		if (status == MP_OK)
			status = open_segments(index, err);
	}
	if (status == MP_NOT_FOUND) {
		status = err->status = MP_CORRUPT;
		mp_err_context(err, "the index is damaged, mp-index --all "
		    "makes it anew");
	}
	return status;
}

struct mp_index *
mp_index_bare(struct mp_store *store)
{
	struct mp_index *new = mp_calloc(1, sizeof *new);

	new->store = store;
	new->cache = mp_block_cache_new();
	mp_list_in_init(&new->list, LIST_BUF);
	mp_summary_in_init(&new->summaries, NULL);
	mp_buf_init(&new->raw, SIZE_MAX / 2);
	new->message_docid = MP_DOCSET_END;
	return new;
}

enum mp_status
mp_index_open(struct mp_index **index, struct mp_store *store,
    struct mp_err *err)
{
	struct mp_index *new = mp_index_bare(store);
	enum mp_status status = open_current(new, err);

	*index = NULL;
	if (status == MP_OK)
		*index = new;
	else
		mp_index_close(new);
	return status;
}

void
mp_index_close(struct mp_index *index)
{
	if (index == NULL)
		return;
	close_segments(index);
	mp_block_cache_free(index->cache);
	mp_list_in_clear(&index->list);
	mp_summary_in_clear(&index->summaries);
	mp_roots_clear(&index->roots);
	mp_docset_clear(&index->removed);
	free(index->pending);
	free(index->pending_by_id);
	mp_store_reader_free(index->reader);
	mp_message_free(index->message);
	free(index->message_id);
	mp_buf_clear(&index->raw);
	free(index);
}

struct mp_store *
mp_index_store(const struct mp_index *index)
{
	return index->store;
}

uint32_t
mp_index_end(const struct mp_index *index)
{
	return mp_store_end(index->store);
}

struct mp_segment *
mp_index_segment_of(const struct mp_index *index, uint32_t docid)
{
	size_t low = 0, high = index->segment_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (index->segments[middle]->ref.end <= docid)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == index->segment_count ||
	    index->segments[low]->ref.first > docid)
		return NULL;
	return index->segments[low];
}

enum mp_status
mp_index_covered(struct mp_docset *set, struct mp_index *index,
    struct mp_err *err)
{
	size_t i;

	(void)err;
	for (i = 0; i < index->segment_count; i++)
		mp_docset_add_range(set, index->segments[i]->ref.first,
		    index->segments[i]->ref.end);
	return MP_OK;
}

/* --- terms ---------------------------------------------------------- */

/* The key of a term; false when no term is as long. */
static bool
make_key(uint8_t key[MP_KEY_MAX], enum mp_field field, const char *term,
    size_t len)
{
	if (len >= MP_KEY_MAX)
		return false;
	key[0] = (uint8_t)field;
	if (len != 0)
		memcpy(key + 1, term, len);
	return true;
}

enum mp_status
mp_index_lookup(struct mp_list *list, bool *found,
    struct mp_segment *segment, enum mp_field field, const char *term,
    size_t len, struct mp_err *err)
{
	struct mp_dict_cursor cursor;
	uint8_t key[MP_KEY_MAX];
	enum mp_status status;

	*found = false;
	if (!make_key(key, field, term, len))
		return MP_OK;
	status = mp_dict_seek(&cursor, segment, key, len + 1, err);
	if (status != MP_OK || cursor.at_end || mp_key_compare(cursor.key,
	    cursor.key_len, key, len + 1) != 0)
		return status;
	*list = cursor.list;
	*found = true;
	return MP_OK;
}

enum mp_status
mp_index_term(struct mp_docset *set, struct mp_index *index,
    enum mp_field field, const char *term, size_t len, struct mp_err *err)
{
	enum mp_status status = MP_OK;
	size_t i;

	for (i = 0; i < index->segment_count && status == MP_OK; i++) {
		struct mp_list list;
		bool found;

		status = mp_index_lookup(&list, &found, index->segments[i],
		    field, term, len, err);
		if (status == MP_OK && found)
			status = mp_list_add(set, index->segments[i], &list,
			    &index->list, err);
	}
	return status;
}

enum mp_status
mp_index_frequency(uint32_t *df, struct mp_index *index,
    enum mp_field field, const char *term, size_t len, struct mp_err *err)
{
	enum mp_status status = MP_OK;
	size_t i;

	*df = 0;
	for (i = 0; i < index->segment_count && status == MP_OK; i++) {
		struct mp_list list;
		bool found;

		status = mp_index_lookup(&list, &found, index->segments[i],
		    field, term, len, err);
		if (status == MP_OK && found)
			*df += list.df;
	}
	return status;
}

static bool
has_prefix(const struct mp_dict_cursor *cursor, const uint8_t *key,
    size_t key_len)
{
	return !cursor->at_end && cursor->key_len >= key_len &&
	    memcmp(cursor->key, key, key_len) == 0;
}

enum mp_status
mp_index_prefix(struct mp_docset *set, struct mp_index *index,
    enum mp_field field, const char *prefix, size_t len, struct mp_err *err)
{
	struct mp_dict_cursor cursor;
	uint8_t key[MP_KEY_MAX];
	enum mp_status status = MP_OK;
	size_t i;

	if (!make_key(key, field, prefix, len))
		return MP_OK;
	for (i = 0; i < index->segment_count && status == MP_OK; i++) {
		status = mp_dict_seek(&cursor, index->segments[i], key,
		    len + 1, err);
		while (status == MP_OK && has_prefix(&cursor, key, len + 1)) {
			status = mp_list_add(set, index->segments[i],
			    &cursor.list, &index->list, err);
			if (status == MP_OK)
				status = mp_dict_next(&cursor, err);
		}
	}
	return status;
}

/* --- vocabulary ----------------------------------------------------- */

struct vocabulary {
	struct mp_dict_cursor *cursors;	/* one a segment */
	size_t count;
	uint8_t prefix[MP_KEY_MAX];
	size_t prefix_len;
};

static const struct mp_dict_cursor *
least_cursor(const struct vocabulary *words)
{
	const struct mp_dict_cursor *least = NULL;
	size_t i;

	for (i = 0; i < words->count; i++) {
		const struct mp_dict_cursor *cursor = &words->cursors[i];

		if (has_prefix(cursor, words->prefix, words->prefix_len) &&
		    (least == NULL || mp_key_compare(cursor->key,
		    cursor->key_len, least->key, least->key_len) < 0))
			least = cursor;
	}
	return least;
}

/* Report the least term and move all cursors that stand on it. */
static enum mp_status
give_word(struct vocabulary *words, const struct mp_dict_cursor *least,
    mp_vocabulary_fn *fn, void *arg, struct mp_err *err)
{
	uint8_t key[MP_KEY_MAX];
	size_t len = least->key_len, i;
	uint32_t df = 0, last = 0;
	enum mp_status status = MP_OK;

	memcpy(key, least->key, len);
	for (i = 0; i < words->count && status == MP_OK; i++) {
		struct mp_dict_cursor *cursor = &words->cursors[i];
		uint32_t relative;

		if (cursor->at_end || mp_key_compare(cursor->key,
		    cursor->key_len, key, len) != 0)
			continue;
		df += cursor->list.df;
		status = mp_list_last(&relative, cursor->segment,
		    &cursor->list, err);
		last = cursor->segment->ref.first + relative;
		if (status == MP_OK)
			status = mp_dict_next(cursor, err);
	}
	if (status == MP_OK)
		status = fn(arg, (const char *)key + 1, len - 1, df, last,
		    err);
	return status;
}

enum mp_status
mp_index_vocabulary(struct mp_index *index, enum mp_field field,
    const char *prefix, size_t prefix_len, mp_vocabulary_fn *fn, void *arg,
    struct mp_err *err)
{
	struct vocabulary words = { 0 };
	const struct mp_dict_cursor *least;
	enum mp_status status = MP_OK;
	size_t i;

	if (!make_key(words.prefix, field, prefix, prefix_len))
		return MP_OK;
	words.prefix_len = prefix_len + 1;
	words.count = index->segment_count;
	words.cursors = mp_calloc(words.count + 1, sizeof *words.cursors);
	for (i = 0; i < words.count && status == MP_OK; i++)
		status = mp_dict_seek(&words.cursors[i], index->segments[i],
		    words.prefix, words.prefix_len, err);
	while (status == MP_OK && (least = least_cursor(&words)) != NULL)
		status = give_word(&words, least, fn, arg, err);
	free(words.cursors);
	return status;
}
