/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ingest/state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "crypto/hash.h"

#define TABLE "fetch.folder"
#define BUCKET_FILES 256	/* aimed at */
#define BUCKET_BITS_MAX 16
#define ENTRY_LEN 9
#define BUCKET_MAX (MP_VALUE_MAX / ENTRY_LEN * ENTRY_LEN)

enum entry_mark {
	SEEN = 1,
	GONE = 2
};

struct entry {
	uint64_t hash;		/* 0: a free slot */
	uint8_t flags;
	uint8_t mark;
};

struct mp_folder_state {
	char *key;
	struct entry *entries;	/* open addressing */
	size_t cap;
	size_t count;
	unsigned bits;		/* buckets in the store: 1 << bits */
	bool stored;		/* there is a header in the store */
	uint8_t *dirty;		/* a byte each bucket */
};

uint64_t
mp_folder_state_hash(const void *name, size_t len)
{
	uint8_t digest[MP_SHA256_LEN];
	uint64_t hash;

	mp_sha256(digest, name, len);
	hash = mp_get_u64(digest);
	return hash != 0 ? hash : 1;
}

static size_t
bucket_of(const struct mp_folder_state *state, uint64_t hash)
{
	return state->bits == 0 ? 0 : (size_t)(hash >> (64 - state->bits));
}

static struct entry *
slot_of(const struct mp_folder_state *state, uint64_t hash)
{
	size_t mask = state->cap - 1;
	size_t at = (size_t)hash & mask;

	while (state->entries[at].hash != 0 &&
	    state->entries[at].hash != hash)
		at = (at + 1) & mask;
	return &state->entries[at];
}

static void
grow(struct mp_folder_state *state)
{
	struct entry *old = state->entries;
	size_t old_cap = state->cap, i;

	state->cap = old_cap == 0 ? 1024 : old_cap * 2;
	state->entries = mp_calloc(state->cap, sizeof *old);
	for (i = 0; i < old_cap; i++)
		if (old[i].hash != 0)
			*slot_of(state, old[i].hash) = old[i];
	free(old);
}

static struct entry *
insert(struct mp_folder_state *state, uint64_t hash)
{
	struct entry *entry;

	if (state->count * 2 >= state->cap)
		grow(state);
	entry = slot_of(state, hash);
	if (entry->hash == 0) {
		entry->hash = hash;
		state->count++;
	}
	return entry;
}

/*
 * Names of folders can be long, and the catalogue lists the keys of a table
 * in one value: so a hash stands for both names.
 */
static char *
name_key(const char *source, const char *folder)
{
	char *name = mp_asprintf("%s\t%s", source, folder);
	char *key = mp_asprintf("%016" PRIx64, mp_folder_state_hash(name,
	    strlen(name)));

	free(name);
	return key;
}

static char *
bucket_key(const struct mp_folder_state *state, size_t bucket)
{
	return mp_asprintf("%s.%zx", state->key, bucket);
}

static enum mp_status
load_bucket(struct mp_folder_state *state, struct mp_store *store,
    size_t bucket, struct mp_err *err)
{
	struct mp_buf value = MP_BUF_INIT(MP_VALUE_MAX);
	char *key = bucket_key(state, bucket);
	enum mp_status status;
	size_t at;

	status = mp_store_get(&value, store, TABLE, key, err);
	if (status == MP_NOT_FOUND) {
		mp_err_clear(err);
		status = MP_OK;
	}
	if (status == MP_OK && value.len % ENTRY_LEN != 0)
		status = mp_err_set(err, MP_CORRUPT,
		    "the state of a mail folder is damaged");
	for (at = 0; status == MP_OK && at < value.len; at += ENTRY_LEN)
		insert(state, mp_get_u64(value.data + at))->flags =
		    value.data[at + 8];
	mp_buf_clear(&value);
	free(key);
	return status;
}

enum mp_status
mp_folder_state_load(struct mp_folder_state **state, struct mp_store *store,
    const char *source, const char *folder, struct mp_err *err)
{
	struct mp_folder_state *made = mp_calloc(1, sizeof *made);
	struct mp_buf header = MP_BUF_INIT(16);
	enum mp_status status;
	size_t bucket;

	*state = NULL;
	made->key = name_key(source, folder);
	grow(made);
	status = mp_store_get(&header, store, TABLE, made->key, err);
	if (status == MP_OK && (header.len != 1 ||
	    header.data[0] > BUCKET_BITS_MAX))
		status = mp_err_set(err, MP_CORRUPT,
		    "the state of a mail folder is damaged");
	if (status == MP_OK) {
		made->stored = true;
		made->bits = header.data[0];
	} else if (status == MP_NOT_FOUND) {
		mp_err_clear(err);
		status = MP_OK;
	}
	made->dirty = mp_calloc((size_t)1 << made->bits, 1);
	for (bucket = 0; made->stored && status == MP_OK &&
	    bucket < (size_t)1 << made->bits; bucket++)
		status = load_bucket(made, store, bucket, err);
	mp_buf_clear(&header);
	if (status != MP_OK)
		mp_folder_state_free(made);
	else
		*state = made;
	return status;
}

void
mp_folder_state_free(struct mp_folder_state *state)
{
	if (state == NULL)
		return;
	free(state->dirty);
	free(state->entries);
	free(state->key);
	free(state);
}

bool
mp_folder_state_find(uint8_t *flags, struct mp_folder_state *state,
    uint64_t hash)
{
	struct entry *entry = slot_of(state, hash);

	if (entry->hash == 0 || (entry->mark & GONE) != 0)
		return false;
	entry->mark |= SEEN;
	*flags = entry->flags;
	return true;
}

void
mp_folder_state_set(struct mp_folder_state *state, uint64_t hash,
    uint8_t flags)
{
	struct entry *entry = insert(state, hash);

	entry->flags = flags;
	entry->mark = SEEN;
	state->dirty[bucket_of(state, hash)] = 1;
}

bool
mp_folder_state_dirty(const struct mp_folder_state *state, bool complete)
{
	size_t i;

	if (memchr(state->dirty, 1, (size_t)1 << state->bits) != NULL)
		return true;
	for (i = 0; complete && i < state->cap; i++)
		if (state->entries[i].hash != 0 &&
		    state->entries[i].mark == 0)
			return true;
	return false;
}

static void
drop_unseen(struct mp_folder_state *state)
{
	size_t i;

	for (i = 0; i < state->cap; i++) {
		struct entry *entry = &state->entries[i];

		if (entry->hash == 0 || entry->mark != 0)
			continue;
		entry->mark = GONE;
		state->dirty[bucket_of(state, entry->hash)] = 1;
	}
}

/* More buckets when they have become too full: then all are rewritten. */
static enum mp_status
choose_buckets(struct mp_folder_state *state, struct mp_store *store,
    struct mp_err *err)
{
	unsigned bits = state->bits;
	uint8_t header;

	if (state->stored && state->count >> bits <= 4 * BUCKET_FILES)
		return MP_OK;
	while (state->count >> bits > BUCKET_FILES && bits < BUCKET_BITS_MAX)
		bits++;
	if (state->stored && bits == state->bits)
		return MP_OK;
	state->stored = true;
	state->bits = bits;
	free(state->dirty);
	state->dirty = mp_malloc((size_t)1 << bits);
	memset(state->dirty, 1, (size_t)1 << bits);
	header = (uint8_t)bits;
	return mp_store_put(store, TABLE, state->key, &header, 1, err);
}

static int
compare_hash(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

/* The entries of all dirty buckets, sorted; the caller frees them. */
static struct entry *
dirty_entries(size_t *count, const struct mp_folder_state *state)
{
	struct entry *list = mp_calloc(state->count + 1, sizeof *list);
	size_t i, found = 0;

	for (i = 0; i < state->cap; i++) {
		const struct entry *entry = &state->entries[i];

		if (entry->hash != 0 && (entry->mark & GONE) == 0 &&
		    state->dirty[bucket_of(state, entry->hash)] != 0)
			list[found++] = *entry;
	}
	qsort(list, found, sizeof *list, compare_hash);
	*count = found;
	return list;
}

static enum mp_status
save_bucket(struct mp_folder_state *state, struct mp_store *store,
    size_t bucket, const struct entry *list, size_t count,
    struct mp_err *err)
{
	struct mp_buf value = MP_BUF_INIT(BUCKET_MAX);
	char *key = bucket_key(state, bucket);
	enum mp_status status;
	size_t i;

	for (i = 0; i < count; i++) {
		mp_buf_u64(&value, list[i].hash);
		mp_buf_byte(&value, list[i].flags);
	}
	if (value.overflow)
		status = mp_err_set(err, MP_RETRY,
		    "a mail folder has too many files");
	else if (count == 0)
		status = mp_store_delete(store, TABLE, key, err);
	else
		status = mp_store_put(store, TABLE, key, value.data,
		    value.len, err);
	state->dirty[bucket] = 0;
	mp_buf_clear(&value);
	free(key);
	return status;
}

enum mp_status
mp_folder_state_save(struct mp_folder_state *state, struct mp_store *store,
    bool complete, struct mp_err *err)
{
	enum mp_status status;
	struct entry *list;
	size_t bucket, count, at = 0, end;

	if (complete)
		drop_unseen(state);
	if (!mp_folder_state_dirty(state, false))
		return MP_OK;
	status = choose_buckets(state, store, err);
	list = dirty_entries(&count, state);
	for (bucket = 0; status == MP_OK &&
	    bucket < (size_t)1 << state->bits; bucket++) {
		if (state->dirty[bucket] == 0)
			continue;
		for (end = at; end < count &&
		    bucket_of(state, list[end].hash) == bucket; end++)
			;
		status = save_bucket(state, store, bucket, list + at,
		    end - at, err);
		at = end;
	}
	free(list);
	return status;
}
