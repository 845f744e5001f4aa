/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/store_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"

/*
 * Events and what they do to the catalogue. A live change and a replay go
 * through the same functions, so that both leave the same catalogue.
 *
 * Tables: "b:NAME" chunks of bits, by number; "bl" the names that a chunk
 * has; "v:TABLE" values; "vl" the keys that a table has; "pending" chunks
 * of messages that no segment covers.
 */

struct mp_docset
mp_chunk_of(const struct mp_docset *set, uint32_t chunk)
{
	struct mp_docset part = MP_DOCSET_INIT;
	uint32_t first = chunk * CHUNK_DOCS;

	if (first < set->size) {
		part.words = set->words + first / 64;
		part.size = set->size - first < CHUNK_DOCS ?
		    set->size - first : CHUNK_DOCS;
	}
	return part;
}

static const char *
number(char text[static 16], uint32_t value)
{
	(void)snprintf(text, 16, "%lu", (unsigned long)value);
	return text;
}

/* --- lists of names ------------------------------------------------------ */

static enum mp_status
load_names(struct mp_strlist *names, struct mp_store *store,
    const char *table, const char *key, struct mp_err *err)
{
	struct mp_buf value = MP_BUF_INIT(CATALOGUE_VALUE_MAX);
	enum mp_status status;
	struct mp_cursor cur;

	status = mp_catalogue_get(&value, store->catalogue, table, key, err);
	mp_cursor_init(&cur, value.data, value.len);
	while (status == MP_OK && mp_cursor_left(&cur) != 0 && !cur.bad)
		mp_strlist_take(names, mp_cursor_string(&cur));
	if (status == MP_OK && cur.bad)
		status = mp_err_set(err, MP_CORRUPT,
		    "malformed list of names in the catalogue");
	mp_buf_clear(&value);
	return mp_err_allow(err, status, MP_NOT_FOUND);
}

/* Have name in the list, or not, as present says. */
static enum mp_status
change_names(struct mp_store *store, const char *table, const char *key,
    const char *name, bool present, struct mp_err *err)
{
	struct mp_buf value = MP_BUF_INIT(CATALOGUE_VALUE_MAX);
	struct mp_strlist names = MP_STRLIST_INIT;
	enum mp_status status;
	size_t i;

	status = load_names(&names, store, table, key, err);
	if (status == MP_OK && mp_strlist_has(&names, name) != present) {
		if (present)
			mp_strlist_add(&names, name);
		mp_strlist_sort(&names);
		for (i = 0; i < names.count; i++)
			if (present || strcmp(names.items[i], name) != 0)
				mp_buf_blob(&value, names.items[i],
				    strlen(names.items[i]));
		mp_catalogue_put(store->catalogue, table, key,
		    value.len != 0 ? value.data : NULL, value.len);
	}
	mp_strlist_clear(&names);
	mp_buf_clear(&value);
	return status;
}

/* --- bits ------------------------------------------------------------------ */

static enum mp_status
load_chunk(struct mp_docset *bits, struct mp_store *store, const char *table,
    uint32_t chunk, struct mp_err *err)
{
	struct mp_buf value = MP_BUF_INIT(1 << 20);
	enum mp_status status;
	struct mp_cursor cur;
	char key[16];

	mp_docset_init(bits, CHUNK_DOCS);
	status = mp_catalogue_get(&value, store->catalogue, table,
	    number(key, chunk), err);
	if (status == MP_OK) {
		mp_cursor_init(&cur, value.data, value.len);
		status = mp_docset_decode(bits, &cur, err);
	}
	mp_buf_clear(&value);
	return status;
}

static enum mp_status
apply_chunk(struct mp_store *store, const char *name, const char *table,
    uint32_t chunk, const struct mp_docset *add,
    const struct mp_docset *remove, struct mp_err *err)
{
	struct mp_buf value = MP_BUF_INIT(1 << 20);
	struct mp_docset bits;
	enum mp_status status;
	char key[16];
	bool before, after;

	status = load_chunk(&bits, store, table, chunk, err);
	before = status == MP_OK;
	status = mp_err_allow(err, status, MP_NOT_FOUND);
	if (status == MP_OK) {
		mp_docset_or(&bits, add);
		mp_docset_andnot(&bits, remove);
		after = !mp_docset_empty(&bits);
		if (after)
			mp_docset_encode(&value, &bits, 0, CHUNK_DOCS);
		mp_catalogue_put(store->catalogue, table, number(key, chunk),
		    after ? value.data : NULL, value.len);
		if (before != after)
			status = change_names(store, "bl", key, name, after,
			    err);
	}
	mp_docset_clear(&bits);
	mp_buf_clear(&value);
	return status;
}

enum mp_status
mp_apply_bits(struct mp_store *store, const char *name,
    const struct mp_docset *add, const struct mp_docset *remove,
    struct mp_err *err)
{
	uint32_t size = add->size > remove->size ? add->size : remove->size;
	uint32_t chunks = size / CHUNK_DOCS + (size % CHUNK_DOCS != 0), i;
	char *table = mp_asprintf("b:%s", name);
	enum mp_status status = MP_OK;

	for (i = 0; i < chunks && status == MP_OK; i++) {
		struct mp_docset more = mp_chunk_of(add, i);
		struct mp_docset less = mp_chunk_of(remove, i);

		if (!mp_docset_empty(&more) || !mp_docset_empty(&less))
			status = apply_chunk(store, name, table, i, &more,
			    &less, err);
	}
	free(table);
	return status;
}

enum mp_status
mp_store_bits_load(struct mp_docset *set, struct mp_store *store,
    const char *name, struct mp_err *err)
{
	uint32_t end = mp_store_end(store), chunk;
	char *table = mp_asprintf("b:%s", name);
	enum mp_status status = MP_OK;

	if (set->size < end)
		mp_docset_resize(set, end);
	for (chunk = 0; (uint64_t)chunk * CHUNK_DOCS < end; chunk++) {
		struct mp_docset part = mp_chunk_of(set, chunk), bits;

		status = load_chunk(&bits, store, table, chunk, err);
		if (status == MP_OK)
			mp_docset_or(&part, &bits);
		mp_docset_clear(&bits);
		status = mp_err_allow(err, status, MP_NOT_FOUND);
		if (status != MP_OK)
			break;
	}
	free(table);
	return status;
}

static bool
starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static enum mp_status
chunk_names(struct mp_strlist *names, struct mp_store *store, uint32_t chunk,
    const char *prefix, struct mp_err *err)
{
	struct mp_strlist all = MP_STRLIST_INIT;
	enum mp_status status;
	char key[16];
	size_t i;

	status = load_names(&all, store, "bl", number(key, chunk), err);
	for (i = 0; i < all.count; i++)
		if (starts_with(all.items[i], prefix))
			mp_strlist_add(names, all.items[i]);
	mp_strlist_clear(&all);
	return status;
}

enum mp_status
mp_store_bits_names(struct mp_strlist *names, struct mp_store *store,
    const char *prefix, struct mp_err *err)
{
	uint32_t end = mp_store_end(store), chunk;
	enum mp_status status = MP_OK;

	for (chunk = 0; (uint64_t)chunk * CHUNK_DOCS < end &&
	    status == MP_OK; chunk++)
		status = chunk_names(names, store, chunk, prefix, err);
	mp_strlist_sort(names);
	return status;
}

enum mp_status
mp_store_bits_of(struct mp_strlist *names, struct mp_store *store,
    uint32_t docid, const char *prefix, struct mp_err *err)
{
	struct mp_strlist all = MP_STRLIST_INIT;
	enum mp_status status;
	size_t i;

	status = chunk_names(&all, store, docid / CHUNK_DOCS, prefix, err);
	for (i = 0; i < all.count && status == MP_OK; i++) {
		char *table = mp_asprintf("b:%s", all.items[i]);
		struct mp_docset bits;

		status = load_chunk(&bits, store, table, docid / CHUNK_DOCS,
		    err);
		if (mp_docset_has(&bits, docid % CHUNK_DOCS))
			mp_strlist_add(names, all.items[i]);
		mp_docset_clear(&bits);
		free(table);
		status = mp_err_allow(err, status, MP_NOT_FOUND);
	}
	mp_strlist_clear(&all);
	return status;
}

void
mp_bits_event_clear(struct bits_event *bits)
{
	free(bits->name);
	mp_docset_clear(&bits->added);
	mp_docset_clear(&bits->removed);
}

enum mp_status
mp_decode_bits(struct bits_event *bits, const struct mp_log_event *event,
    uint32_t doc_end, struct mp_err *err)
{
	struct mp_cursor cur;

	mp_cursor_init(&cur, event->body, event->len);
	bits->name = mp_cursor_string(&cur);
	mp_docset_init(&bits->added, doc_end);
	mp_docset_init(&bits->removed, doc_end);
	if (mp_docset_decode(&bits->added, &cur, err) != MP_OK ||
	    mp_docset_decode(&bits->removed, &cur, err) != MP_OK)
		return err->status;
	return MP_OK;
}

/* --- values ---------------------------------------------------------------- */

enum mp_status
mp_apply_value(struct mp_store *store, const char *table, const char *key,
    const void *value, size_t len, struct mp_err *err)
{
	char *full = mp_asprintf("v:%s", table);

	mp_catalogue_put(store->catalogue, full, key, value, len);
	free(full);
	return change_names(store, "vl", table, key, value != NULL, err);
}

enum mp_status
mp_store_get(struct mp_buf *value, struct mp_store *store, const char *table,
    const char *key, struct mp_err *err)
{
	char *full = mp_asprintf("v:%s", table);
	enum mp_status status;

	status = mp_catalogue_get(value, store->catalogue, full, key, err);
	free(full);
	return status;
}

enum mp_status
mp_store_keys_of(struct mp_strlist *keys, struct mp_store *store,
    const char *table, struct mp_err *err)
{
	return load_names(keys, store, "vl", table, err);
}

void
mp_value_event_clear(struct value_event *value)
{
	free(value->table);
	free(value->key);
}

enum mp_status
mp_decode_value(struct value_event *value, const struct mp_log_event *event,
    struct mp_err *err)
{
	struct mp_cursor cur;
	bool present;

	mp_cursor_init(&cur, event->body, event->len);
	value->table = mp_cursor_string(&cur);
	value->key = mp_cursor_string(&cur);
	present = mp_cursor_byte(&cur) != 0;
	value->len = mp_cursor_left(&cur);
	value->value = mp_cursor_bytes(&cur, value->len);
	if (cur.bad)
		return mp_err_set(err, MP_CORRUPT,
		    "malformed VALUE event in the log");
	if (!present)
		value->value = NULL;
	return MP_OK;
}

/* --- messages -------------------------------------------------------------- */

enum {
	PENDING_BYTES = 4 + 4 + 4 + 8 + 8,
	MESSAGES_A_RECORD = 65536
};

static void
encode_pending(struct mp_buf *to, const struct mp_pending *list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		mp_buf_u32(to, list[i].docid);
		mp_buf_u32(to, list[i].place.pack);
		mp_buf_u32(to, list[i].place.offset);
		mp_buf_u64(to, list[i].id_hash);
		mp_buf_add(to, list[i].sha256, sizeof list[i].sha256);
	}
}

static void
decode_pending(struct mp_pending *to, struct mp_cursor *cur)
{
	const uint8_t *sha256;

	to->docid = mp_cursor_u32(cur);
	to->place.pack = mp_cursor_u32(cur);
	to->place.offset = mp_cursor_u32(cur);
	to->id_hash = mp_cursor_u64(cur);
	sha256 = mp_cursor_bytes(cur, sizeof to->sha256);
	if (sha256 != NULL)
		memcpy(to->sha256, sha256, sizeof to->sha256);
}

enum mp_status
mp_apply_messages(struct mp_store *store, const struct mp_pending *list,
    size_t count, struct mp_err *err)
{
	struct mp_buf value = MP_BUF_INIT(CATALOGUE_VALUE_MAX);
	char key[16];

	encode_pending(&value, list, count);
	if (value.overflow) {
		mp_buf_clear(&value);
		return mp_err_set(err, MP_RETRY,
		    "cannot take %zu messages in one commit", count);
	}
	mp_catalogue_put(store->catalogue, "pending",
	    number(key, store->next.pending_end++), value.data, value.len);
	mp_buf_clear(&value);
	return MP_OK;
}

/* The end of what the list covers without a gap from docid on. */
static uint32_t
covered_to(const struct mp_segment_ref *list, size_t count, uint32_t docid)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (docid >= list[i].first && docid < list[i].end)
			docid = list[i].end;
	return docid;
}

static bool
is_covered(const struct manifest *manifest, uint32_t docid)
{
	return covered_to(manifest->segments, manifest->segment_count,
	    docid) > docid;
}

static bool
covers_all(const struct manifest *old, const struct mp_segment_ref *list,
    size_t count)
{
	size_t i;

	for (i = 0; i < old->segment_count; i++)
		if (covered_to(list, count, old->segments[i].first) <
		    old->segments[i].end)
			return false;
	return true;
}

/* Append the entries of chunk to a list of mp_pending. */
static enum mp_status
load_pending(struct mp_buf *list, struct mp_store *store, uint32_t chunk,
    struct mp_err *err)
{
	struct mp_buf value = MP_BUF_INIT(CATALOGUE_VALUE_MAX);
	enum mp_status status;
	struct mp_cursor cur;
	char key[16];

	status = mp_catalogue_get(&value, store->catalogue, "pending",
	    number(key, chunk), err);
	mp_cursor_init(&cur, value.data, value.len);
	while (status == MP_OK && mp_cursor_left(&cur) >= PENDING_BYTES) {
		struct mp_pending entry;

		decode_pending(&entry, &cur);
		mp_buf_add(list, &entry, sizeof entry);
	}
	mp_buf_clear(&value);
	return mp_err_allow(err, status, MP_NOT_FOUND);
}

/* Drop from the chunk what segments now cover. */
static enum mp_status
prune_pending(bool *empty, struct mp_store *store, uint32_t chunk,
    struct mp_err *err)
{
	struct mp_buf list = MP_BUF_INIT(CATALOGUE_VALUE_MAX * 2);
	struct mp_buf value = MP_BUF_INIT(CATALOGUE_VALUE_MAX);
	size_t i, count, kept = 0;
	struct mp_pending *entries;
	char key[16];

	if (load_pending(&list, store, chunk, err) != MP_OK) {
		mp_buf_clear(&list);
		return err->status;
	}
	entries = (struct mp_pending *)(void *)list.data;
	count = list.len / sizeof *entries;
	for (i = 0; i < count; i++)
		if (!is_covered(&store->next, entries[i].docid))
			entries[kept++] = entries[i];
	if (kept != 0)
		encode_pending(&value, entries, kept);
	if (kept != count)
		mp_catalogue_put(store->catalogue, "pending",
		    number(key, chunk), kept != 0 ? value.data : NULL,
		    value.len);
	*empty = kept == 0;
	mp_buf_clear(&list);
	mp_buf_clear(&value);
	return MP_OK;
}

static int
by_docid(const void *a, const void *b)
{
	const struct mp_pending *x = a, *y = b;

	return (x->docid > y->docid) - (x->docid < y->docid);
}

size_t
mp_pending_order(struct mp_pending *list, size_t count)
{
	size_t i, kept = 0;

	for (i = 1; i < count && list[i].docid > list[i - 1].docid; i++)
		;
	if (i >= count)
		return count;
	qsort(list, count, sizeof *list, by_docid);
	for (i = 1; i < count; i++)
		if (list[i].docid != list[kept].docid)
			list[++kept] = list[i];
	return kept + 1;
}

enum mp_status
mp_store_pending(struct mp_pending **list, size_t *count,
    struct mp_store *store, struct mp_err *err)
{
	const struct manifest *manifest = &store->next;
	struct mp_buf all = MP_BUF_INIT((size_t)1 << 31);
	enum mp_status status = MP_OK;
	uint32_t chunk;

	for (chunk = manifest->pending_first;
	    chunk < manifest->pending_end && status == MP_OK; chunk++)
		status = load_pending(&all, store, chunk, err);
	if (status != MP_OK)
		mp_buf_clear(&all);
	*list = (struct mp_pending *)(void *)all.data;
	*count = mp_pending_order(*list, all.len / sizeof **list);
	return status;
}

enum mp_status
mp_decode_messages(struct mp_pending **list, size_t *count,
    const struct mp_log_event *event, struct mp_err *err)
{
	struct mp_cursor cur;
	size_t i;

	*count = event->len / PENDING_BYTES;
	*list = mp_calloc(*count, sizeof **list);
	mp_cursor_init(&cur, event->body, event->len);
	for (i = 0; i < *count; i++)
		decode_pending(&(*list)[i], &cur);
	if (cur.bad || mp_cursor_left(&cur) != 0) {
		free(*list);
		*list = NULL;
		return mp_err_set(err, MP_CORRUPT,
		    "malformed MESSAGES event in the log");
	}
	return MP_OK;
}

void
mp_messages_flush(struct mp_store *store)
{
	struct mp_buf body = MP_BUF_INIT(MP_RECORD_MAX);
	size_t done, count;

	for (done = 0; done < store->added_count; done += count) {
		count = store->added_count - done;
		if (count > MESSAGES_A_RECORD)
			count = MESSAGES_A_RECORD;
		mp_buf_reset(&body);
		encode_pending(&body, store->added + done, count);
		mp_log_add(store->log, MP_EVENT_MESSAGES, body.data,
		    body.len);
	}
	mp_buf_clear(&body);
	store->added_count = 0;
}

/* --- segments -------------------------------------------------------------- */

void
mp_segment_ref_encode(struct mp_buf *to, const struct mp_segment_ref *ref)
{
	mp_buf_u64(to, ref->id);
	mp_buf_u32(to, ref->first);
	mp_buf_u32(to, ref->end);
	mp_buf_u64(to, ref->length);
	mp_buf_add(to, ref->mac, sizeof ref->mac);
}

void
mp_segment_ref_decode(struct mp_segment_ref *ref, struct mp_cursor *cur)
{
	const uint8_t *mac;

	memset(ref, 0, sizeof *ref);
	ref->id = mp_cursor_u64(cur);
	ref->first = mp_cursor_u32(cur);
	ref->end = mp_cursor_u32(cur);
	ref->length = mp_cursor_u64(cur);
	mac = mp_cursor_bytes(cur, sizeof ref->mac);
	if (mac != NULL)
		memcpy(ref->mac, mac, sizeof ref->mac);
}

enum mp_status
mp_apply_segments(struct mp_store *store, const struct mp_segment_ref *list,
    size_t count, struct mp_err *err)
{
	struct manifest *next = &store->next;
	enum mp_status status = MP_OK;
	uint32_t chunk;
	bool leading = true, empty;

	if (count > SEGMENTS_MAX || !covers_all(next, list, count))
		return mp_err_set(err, MP_BUG,
		    "a list of %zu segments that does not cover the old one",
		    count);
	if (count != 0)
		memcpy(next->segments, list, count * sizeof *list);
	next->segment_count = count;
	for (chunk = next->pending_first;
	    chunk < next->pending_end && status == MP_OK; chunk++) {
		status = prune_pending(&empty, store, chunk, err);
		leading = leading && empty;
		if (leading)
			next->pending_first = chunk + 1;
	}
	return status;
}

static enum mp_status
replay_segments(struct mp_store *store, const struct mp_log_event *event,
    struct mp_err *err)
{
	struct mp_segment_ref *list;
	enum mp_status status;
	struct mp_cursor cur;
	uint64_t count, i;

	mp_cursor_init(&cur, event->body, event->len);
	count = mp_cursor_varint(&cur);
	if (count > SEGMENTS_MAX)
		return mp_err_set(err, MP_CORRUPT,
		    "malformed SEGMENTS event in the log");
	list = mp_calloc((size_t)count, sizeof *list);
	for (i = 0; i < count; i++)
		mp_segment_ref_decode(&list[i], &cur);
	if (cur.bad)
		status = mp_err_set(err, MP_CORRUPT,
		    "malformed SEGMENTS event in the log");
	else
		status = mp_apply_segments(store, list, (size_t)count, err);
	free(list);
	return status;
}

/* --- replay ---------------------------------------------------------------- */

static enum mp_status
replay_messages(struct mp_store *store, const struct mp_log_event *event,
    struct mp_err *err)
{
	struct mp_pending *list;
	enum mp_status status;
	size_t count;

	status = mp_decode_messages(&list, &count, event, err);
	if (status == MP_OK)
		status = mp_apply_messages(store, list, count, err);
	free(list);
	return status;
}

static enum mp_status
replay_bits(struct mp_store *store, const struct mp_log_event *event,
    struct mp_err *err)
{
	struct bits_event bits = { NULL, MP_DOCSET_INIT, MP_DOCSET_INIT };
	enum mp_status status;

	status = mp_decode_bits(&bits, event, store->next.log.doc_end, err);
	if (status == MP_OK)
		status = mp_apply_bits(store, bits.name, &bits.added,
		    &bits.removed, err);
	mp_bits_event_clear(&bits);
	return status;
}

static enum mp_status
replay_value(struct mp_store *store, const struct mp_log_event *event,
    struct mp_err *err)
{
	struct value_event value = { NULL, NULL, NULL, 0 };
	enum mp_status status;

	status = mp_decode_value(&value, event, err);
	if (status == MP_OK)
		status = mp_apply_value(store, value.table, value.key,
		    value.value, value.len, err);
	mp_value_event_clear(&value);
	return status;
}

enum mp_status
mp_apply_event(struct mp_store *store, const struct mp_log_event *event,
    struct mp_err *err)
{
	switch (event->type) {
	case MP_EVENT_MESSAGES:
		return replay_messages(store, event, err);
	case MP_EVENT_BITS:
		return replay_bits(store, event, err);
	case MP_EVENT_VALUE:
		return replay_value(store, event, err);
	case MP_EVENT_SEGMENTS:
		return replay_segments(store, event, err);
	default:
		return mp_err_set(err, MP_CORRUPT,
		    "an event of unknown type %u in the log", event->type);
	}
}
