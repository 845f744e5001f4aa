/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/accum_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "crypto/random.h"

enum accum_sizes {
	ARENA_START = 8,	/* offset 0 means none */
	FIRST_CHUNK = 8,	/* bytes of a term's first chunk */
	CHUNK_MAX = 1024,
	LINK = 4,
	TABLE_MIN = 1 << 12
};

/*
 * Room above the limit for one more message: mp_accum_full is asked between
 * messages only. Pages that are not used cost nothing.
 */
#define ARENA_SLACK ((size_t)96 << 20)
#define ARENA_MAX ((size_t)UINT32_MAX)
#define POSITION_MAX (UINT32_MAX >> 2)

/*
 * A term in the arena; its key and then its first chunk follow. A chunk is
 * bytes and, after them, the offset of the next chunk once there is one.
 * The bytes are varints: (difference of docids) << 1 | 1 begins a document,
 * (difference of positions) << 1 follows for each position.
 */
struct term {
	uint32_t at;		/* where the next byte goes */
	uint32_t end;		/* of the chunk */
	uint32_t docid;		/* the last one */
	uint32_t position;
	uint16_t key_len;
	uint16_t chunk;		/* its size */
	uint8_t key[];
};

struct slot {
	uint32_t hash;
	uint32_t term;		/* offset in the arena */
};

struct sorted_term {
	uint64_t prefix;	/* first bytes of the key, big endian */
	const struct term *term;
};

struct mp_accum {
	uint8_t *arena;
	size_t used;
	size_t size;
	size_t memory;
	struct slot *table;
	size_t mask;
	size_t count;
	size_t document_limit;	/* of count, for the document at hand */
	uint32_t docid;
	uint64_t seed;
	struct sorted_term *sorted;
};

struct mp_accum *
mp_accum_new(size_t memory)
{
	struct mp_accum *accum = mp_calloc(1, sizeof *accum);

	accum->memory = memory;
	accum->size = memory > ARENA_MAX - ARENA_SLACK ? ARENA_MAX :
	    memory + ARENA_SLACK;
	accum->arena = mmap(NULL, accum->size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (accum->arena == MAP_FAILED)
		mp_no_memory();
	/* Keyed, so that nobody can write mail whose terms all collide. */
	mp_random(&accum->seed, sizeof accum->seed);
	accum->used = ARENA_START;
	accum->mask = TABLE_MIN - 1;
	accum->table = mp_calloc(TABLE_MIN, sizeof *accum->table);
	return accum;
}

void
mp_accum_free(struct mp_accum *accum)
{
	if (accum == NULL)
		return;
	(void)munmap(accum->arena, accum->size);
	free(accum->table);
	free(accum->sorted);
	free(accum);
}

void
mp_accum_reset(struct mp_accum *accum)
{
	accum->used = ARENA_START;
	accum->count = 0;
	memset(accum->table, 0, (accum->mask + 1) * sizeof *accum->table);
	free(accum->sorted);
	accum->sorted = NULL;
}

bool
mp_accum_full(const struct mp_accum *accum)
{
	return accum->used + (accum->mask + 1) * sizeof *accum->table +
	    accum->count * sizeof *accum->sorted >= accum->memory;
}

/* Offset of size bytes, 0 when a hostile message has used all there is. */
static uint32_t
take(struct mp_accum *accum, size_t size, size_t align)
{
	size_t at = (accum->used + align - 1) / align * align;

	if (size > accum->size - at || at > accum->size - size)
		return 0;
	accum->used = at + size;
	return (uint32_t)at;
}

void *
mp_accum_alloc(struct mp_accum *accum, size_t size)
{
	uint32_t at = take(accum, size, 8);

	if (at == 0)
		mp_no_memory();
	return accum->arena + at;
}

void
mp_accum_document(struct mp_accum *accum, uint32_t docid)
{
	accum->docid = docid;
	accum->document_limit = accum->count + MP_ACCUM_DOCUMENT_TERMS;
}

static inline uint64_t
load64(const void *from)
{
	uint64_t value;

	memcpy(&value, from, sizeof value);
	return value;
}

/* The first len < 8 bytes of a word. */
static inline uint64_t
keep(uint64_t word, size_t len)
{
	return word & ((UINT64_C(1) << len * 8) - 1);
}

static inline uint64_t
mix(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product =
	    (unsigned __int128)a * (b | 1);

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint32_t
hash_term(uint64_t seed, unsigned field, const char *term, size_t len)
{
	uint64_t hash = seed ^ (field + len * 64) *
	    UINT64_C(0x9e3779b97f4a7c15);

	for (; len >= 8; term += 8, len -= 8)
		hash = mix(hash ^ load64(term), seed);
	hash = mix(hash ^ keep(load64(term), len),
	    seed ^ UINT64_C(0xd6e8feb86659fd93));
	return (uint32_t)(hash ^ hash >> 32);
}

static inline bool
is_term(const struct term *term, unsigned field, const char *text,
    size_t len)
{
	const uint8_t *key = term->key + 1;

	if (term->key_len != 1 + len || term->key[0] != field)
		return false;
	for (; len >= 8; key += 8, text += 8, len -= 8)
		if (load64(key) != load64(text))
			return false;
	return keep(load64(key) ^ load64(text), len) == 0;
}

static void
grow_table(struct mp_accum *accum)
{
	size_t mask = accum->mask * 2 + 1, i;
	struct slot *table = mp_calloc(mask + 1, sizeof *table);

	for (i = 0; i <= accum->mask; i++) {
		size_t at = accum->table[i].hash & mask;

		if (accum->table[i].term == 0)
			continue;
		while (table[at].term != 0)
			at = (at + 1) & mask;
		table[at] = accum->table[i];
	}
	free(accum->table);
	accum->table = table;
	accum->mask = mask;
}

static struct term *
new_term(struct mp_accum *accum, size_t slot, uint32_t hash, unsigned field,
    const char *text, size_t len)
{
	size_t head = sizeof(struct term) + 1 + len;
	struct term *term;
	uint32_t at;

	if (accum->count >= accum->document_limit)
		return NULL;
	at = take(accum, head + FIRST_CHUNK + LINK, _Alignof(struct term));
	if (at == 0)
		return NULL;
	term = (void *)(accum->arena + at);
	term->at = at + (uint32_t)head;
	term->end = term->at + FIRST_CHUNK;
	term->docid = UINT32_MAX;
	term->position = 0;
	term->key_len = (uint16_t)(1 + len);
	term->chunk = FIRST_CHUNK;
	term->key[0] = (uint8_t)field;
	memcpy(term->key + 1, text, len);
	accum->table[slot] = (struct slot){ hash, at };
	if (++accum->count > accum->mask / 3 * 2)
		grow_table(accum);
	return term;
}

static inline struct term *
find_term(struct mp_accum *accum, unsigned field, const char *text,
    size_t len)
{
	uint32_t hash = hash_term(accum->seed, field, text, len);
	size_t at = hash & accum->mask;

	for (; accum->table[at].term != 0; at = (at + 1) & accum->mask) {
		struct term *term;

		if (accum->table[at].hash != hash)
			continue;
		term = (void *)(accum->arena + accum->table[at].term);
		if (is_term(term, field, text, len))
			return term;
	}
	return new_term(accum, at, hash, field, text, len);
}

static bool
next_chunk(struct mp_accum *accum, struct term *term)
{
	uint32_t size = term->chunk * 2u;
	uint32_t at;

	if (size > CHUNK_MAX)
		size = CHUNK_MAX;
	at = take(accum, size + LINK, 1);
	if (at == 0)
		return false;
	mp_put_u32(accum->arena + term->end, at);
	term->at = at;
	term->end = at + size;
	term->chunk = (uint16_t)size;
	return true;
}

static void __attribute__((noinline))
put_slowly(struct mp_accum *accum, struct term *term, uint32_t value)
{
	for (;;) {
		uint8_t byte = (uint8_t)(value & 0x7f);

		if (term->at == term->end && !next_chunk(accum, term))
			return;
		value >>= 7;
		accum->arena[term->at++] = value != 0 ? byte | 0x80 : byte;
		if (value == 0)
			return;
	}
}

static inline void
put(struct mp_accum *accum, struct term *term, uint32_t value)
{
	uint8_t *to = accum->arena + term->at;

	if (value < 0x80 && term->at < term->end) {
		to[0] = (uint8_t)value;
		term->at++;
	} else if (value < 0x4000 && term->at + 1 < term->end) {
		to[0] = (uint8_t)(value | 0x80);
		to[1] = (uint8_t)(value >> 7);
		term->at += 2;
	} else {
		put_slowly(accum, term, value);
	}
}

void
mp_accum_add(struct mp_accum *accum, unsigned field, const char *text,
    size_t len, uint32_t position)
{
	struct term *term;

	if (len == 0 || len >= MP_KEY_MAX || position > POSITION_MAX)
		return;
	term = find_term(accum, field, text, len);
	if (term == NULL)
		return;
	if (term->docid != accum->docid) {
		put(accum, term,
		    (accum->docid - (term->docid + 1)) << 1 | 1);
		term->docid = accum->docid;
		term->position = UINT32_MAX;
	}
	if (!mp_field_has_positions(field) ||
	    (term->position != UINT32_MAX && position <= term->position))
		return;
	put(accum, term, (position - (term->position + 1)) << 1);
	term->position = position;
}

/* --- writing -------------------------------------------------------- */

static int
compare_sorted(const struct sorted_term *x, const struct sorted_term *y)
{
	if (x->prefix != y->prefix)
		return x->prefix < y->prefix ? -1 : 1;
	return mp_key_compare(x->term->key, x->term->key_len, y->term->key,
	    y->term->key_len);
}

static int
compare_keys(const void *a, const void *b)
{
	return compare_sorted(a, b);
}

static uint64_t
key_prefix(const struct term *term)
{
	uint64_t word = __builtin_bswap64(load64(term->key));

	return term->key_len >= 8 ? word :
	    word & ~(UINT64_MAX >> term->key_len * 8);
}

/* One pass of a radix sort: by a byte of the prefix. False: all alike. */
static bool
sort_pass(struct sorted_term *to, const struct sorted_term *from,
    size_t count, unsigned shift)
{
	size_t starts[257] = { 0 }, i;

	for (i = 0; i < count; i++)
		starts[(from[i].prefix >> shift & 255) + 1]++;
	if (count == 0 || starts[(from[0].prefix >> shift & 255) + 1] == count)
		return false;
	for (i = 1; i < 256; i++)
		starts[i] += starts[i - 1];
	for (i = 0; i < count; i++)
		to[starts[from[i].prefix >> shift & 255]++] = from[i];
	return true;
}

/* By prefix, a byte at a time, and then those whose prefix is the same. */
static struct sorted_term *
sort_terms(struct sorted_term *terms, size_t count)
{
	struct sorted_term *other = mp_calloc(count + 1, sizeof *other);
	size_t start = 0, end;
	unsigned shift;

	for (shift = 0; shift < 64; shift += 8)
		if (sort_pass(other, terms, count, shift)) {
			struct sorted_term *sorted = other;

			other = terms;
			terms = sorted;
		}
	free(other);
	for (; start < count; start = end) {
		end = start + 1;
		while (end < count &&
		    terms[end].prefix == terms[start].prefix)
			end++;
		if (end - start > 1)
			qsort(terms + start, end - start, sizeof *terms,
			    compare_keys);
	}
	return terms;
}

void
mp_accum_sort(struct mp_accum *accum)
{
	size_t count = 0, i;

	free(accum->sorted);
	accum->sorted = mp_calloc(accum->count + 1, sizeof *accum->sorted);
	for (i = 0; i <= accum->mask; i++) {
		const struct term *term = (const void *)(accum->arena +
		    accum->table[i].term);

		if (accum->table[i].term == 0)
			continue;
		accum->sorted[count].prefix = key_prefix(term);
		accum->sorted[count++].term = term;
	}
	accum->sorted = sort_terms(accum->sorted, count);
}

/* Reads the list of a term. */
struct list_reader {
	const uint8_t *arena;
	const struct term *term;
	const uint8_t *at;
	const uint8_t *limit;	/* of the bytes in this chunk */
	uint32_t end;		/* of the chunk, where its link is */
	uint32_t chunk;
	uint32_t token;		/* the next one */
	bool at_end;
	uint32_t docid;
	uint32_t position;
};

static void
enter_chunk(struct list_reader *reader, uint32_t at)
{
	reader->at = reader->arena + at;
	reader->end = at + reader->chunk;
	reader->limit = reader->arena + (reader->end == reader->term->end ?
	    reader->term->at : reader->end);
}

static bool
next_reader_chunk(struct list_reader *reader)
{
	if (reader->end == reader->term->end)
		return false;
	if (reader->chunk < CHUNK_MAX)
		reader->chunk *= 2;
	enter_chunk(reader, mp_get_u32(reader->arena + reader->end));
	return reader->at != reader->limit;
}

static void __attribute__((noinline))
next_token_slowly(struct list_reader *reader)
{
	unsigned shift = 0;

	reader->token = 0;
	while (reader->at != reader->limit || next_reader_chunk(reader)) {
		uint8_t byte = *reader->at++;

		reader->token |= (uint32_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return;
		shift += 7;
	}
	reader->at_end = true;
}

static inline void
next_token(struct list_reader *reader)
{
	const uint8_t *at = reader->at;

	if (at != reader->limit && at[0] < 0x80) {
		reader->token = at[0];
		reader->at = at + 1;
	} else if (reader->limit - at >= 2 && at[1] < 0x80) {
		reader->token = (at[0] & 0x7fu) | (uint32_t)at[1] << 7;
		reader->at = at + 2;
	} else {
		next_token_slowly(reader);
	}
}

static void
start_list(struct list_reader *reader, const struct mp_accum *accum,
    const struct term *term)
{
	reader->arena = accum->arena;
	reader->term = term;
	reader->chunk = FIRST_CHUNK;
	enter_chunk(reader, (uint32_t)(term->key + term->key_len -
	    accum->arena));
	reader->docid = UINT32_MAX;
	reader->at_end = false;
	next_token(reader);
}

static inline bool
next_position(struct list_reader *reader)
{
	if (reader->at_end || (reader->token & 1) != 0)
		return false;
	reader->position += (reader->token >> 1) + 1;
	next_token(reader);
	return true;
}

static inline bool
next_document(struct list_reader *reader)
{
	while (next_position(reader))
		;
	if (reader->at_end)
		return false;
	reader->docid += (reader->token >> 1) + 1;
	reader->position = UINT32_MAX;
	next_token(reader);
	return true;
}

static void
write_document(struct mp_postings_out *out, struct list_reader *reader,
    uint32_t first)
{
	mp_postings_doc(out, reader->docid - first);
	while (next_position(reader))
		mp_postings_position(out, reader->position);
}

/* Merge the lists of one term by docid; the lists have no docid in common. */
static void
write_lists(struct mp_postings_out *out, struct list_reader *readers,
    size_t count, uint32_t first, uint32_t end)
{
	size_t i = 0;

	while (i < count) {
		if (next_document(&readers[i]))
			i++;
		else
			readers[i] = readers[--count];
	}
	while (count != 0) {
		struct list_reader *least = &readers[0];

		for (i = 1; i < count; i++)
			if (readers[i].docid < least->docid)
				least = &readers[i];
		if (least->docid >= end)
			break;
		if (least->docid >= first)
			write_document(out, least, first);
		if (!next_document(least))
			*least = readers[--count];
	}
}

/* One accumulator's place in its sorted terms. */
struct source {
	const struct mp_accum *accum;
	size_t at;
};

static const struct sorted_term *
source_term(const struct source *source)
{
	return source->at < source->accum->count ?
	    &source->accum->sorted[source->at] : NULL;
}

static const struct sorted_term *
least_term(const struct source *sources, size_t count)
{
	const struct sorted_term *least = NULL;
	size_t i;

	for (i = 0; i < count; i++) {
		const struct sorted_term *term = source_term(&sources[i]);

		if (term != NULL && (least == NULL ||
		    compare_sorted(term, least) < 0))
			least = term;
	}
	return least;
}

void
mp_accum_write(struct mp_postings_out *out, struct mp_accum *const *accums,
    size_t count, uint32_t first, uint32_t end)
{
	struct source *sources = mp_calloc(count, sizeof *sources);
	struct list_reader *readers = mp_calloc(count, sizeof *readers);
	const struct sorted_term *least;
	size_t i;

	for (i = 0; i < count; i++)
		sources[i].accum = accums[i];
	while ((least = least_term(sources, count)) != NULL) {
		size_t lists = 0;

		for (i = 0; i < count; i++) {
			const struct sorted_term *term =
			    source_term(&sources[i]);

			if (term == NULL || compare_sorted(term, least) != 0)
				continue;
			start_list(&readers[lists++], accums[i], term->term);
			sources[i].at++;
		}
		mp_postings_begin(out, least->term->key[0]);
		write_lists(out, readers, lists, first, end);
		mp_postings_end(out, least->term->key, least->term->key_len);
	}
	free(sources);
	free(readers);
}
