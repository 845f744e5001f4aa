/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "index/segment_internal.h"

enum cache_shape {
	CACHE_SETS = 32,
	CACHE_WAYS = 4
};

/* The tail read at once: it holds the whole trailer of most segments. */
#define TAIL_BYTES 4096

struct cached_block {
	uint64_t segment;	/* its cache_id; 0: empty */
	uint64_t block;
	uint64_t used;		/* when, in accesses */
	enum mp_section section;
	size_t len;
	size_t size;		/* of data */
	uint8_t *data;
};

struct mp_block_cache {
	uint64_t clock;
	uint64_t segments;	/* numbers given out */
	struct cached_block blocks[CACHE_SETS][CACHE_WAYS];
};

static const char *const section_names[MP_SECTIONS] = {
	"docs", "pos", "leaf", "level1", "date", "date-range", "size",
	"place", "thread", "sha", "ref-index", "refs", "summary-index",
	"summary", "mid", "joins"
};

struct mp_block_cache *
mp_block_cache_new(void)
{
	return mp_calloc(1, sizeof(struct mp_block_cache));
}

void
mp_block_cache_free(struct mp_block_cache *cache)
{
	unsigned set, way;

	if (cache == NULL)
		return;
	for (set = 0; set < CACHE_SETS; set++)
		for (way = 0; way < CACHE_WAYS; way++)
			free(cache->blocks[set][way].data);
	free(cache);
}

enum mp_status
mp_segment_open(struct mp_segment **segment, const char *path,
    const struct mp_segment_ref *ref, const struct mp_keys *keys,
    struct mp_block_cache *cache, struct mp_err *err)
{
	struct mp_segment *new = mp_calloc(1, sizeof *new);
	enum mp_status status;

	new->ref = *ref;
	new->keys = keys;
	new->cache = cache;
	new->cache_id = ++cache->segments;
	mp_buf_init(&new->trailer, MP_TRAILER_MAX + MP_SEGMENT_FOOTER);
	status = mp_file_open(&new->file, path, O_RDONLY, err);
	*segment = NULL;
	if (status == MP_OK)
		*segment = new;
	else
		mp_segment_close(new);
	return status;
}

void
mp_segment_close(struct mp_segment *segment)
{
	unsigned i;

	if (segment == NULL)
		return;
	for (i = 0; i < MP_SECTIONS; i++)
		free(segment->sections[i].extents);
	free(segment->level2);
	mp_buf_clear(&segment->trailer);
	mp_aead_free(segment->aead);
	mp_file_close(&segment->file);
	free(segment);
}

static enum mp_status
malformed(const struct mp_segment *segment, const char *what,
    struct mp_err *err)
{
	return mp_err_set(err, MP_CORRUPT, "cannot read '%s': malformed %s",
	    segment->file.path, what);
}

enum mp_status
mp_segment_malformed(const struct mp_segment *segment,
    enum mp_section section, struct mp_err *err)
{
	return malformed(segment, section_names[section], err);
}

static enum mp_status
load_key(struct mp_segment *segment, struct mp_err *err)
{
	uint8_t header[MP_SEGMENT_HEADER], key[MP_FILE_KEY_LEN];
	enum mp_status status;

	status = mp_file_read(&segment->file, header, sizeof header, 0, err);
	if (status != MP_OK)
		return status;
	if (memcmp(header, "MPSEG\0\0\1", 8) != 0 ||
	    memcmp(header + 8, mp_keys_store_id(segment->keys),
	    MP_STORE_ID_LEN) != 0 ||
	    mp_get_u64(header + 8 + MP_STORE_ID_LEN) != segment->ref.id)
		return malformed(segment, "header", err);
	memcpy(segment->aad, header + 8, sizeof segment->aad);
	status = mp_keys_unwrap(key, segment->keys, "segment",
	    segment->ref.id, header + 8 + MP_STORE_ID_LEN + 8, err);
	if (status == MP_OK)
		segment->aead = mp_aead_new(key);
	else
		mp_err_context(err, "cannot read '%s'", segment->file.path);
	explicit_bzero(key, sizeof key);
	return status;
}

/* Read the sealed trailer into segment->trailer. */
static enum mp_status
read_trailer(struct mp_segment *segment, struct mp_err *err)
{
	struct mp_buf *trailer = &segment->trailer;
	uint64_t file_len = segment->ref.length;
	size_t tail = file_len < TAIL_BYTES ? (size_t)file_len : TAIL_BYTES;
	uint8_t footer[MP_SEGMENT_FOOTER], *to = mp_buf_reserve(trailer, tail);
	enum mp_status status;
	size_t sealed;

	status = mp_file_read(&segment->file, to, tail, file_len - tail, err);
	if (status != MP_OK)
		return status;
	memcpy(footer, to + tail - sizeof footer, sizeof footer);
	sealed = mp_get_u32(footer);
	if (memcmp(footer + 4, "MPSE", 4) != 0 || sealed < MP_AEAD_TAG ||
	    sealed > MP_TRAILER_MAX ||
	    sealed > file_len - MP_SEGMENT_HEADER - MP_SEGMENT_FOOTER)
		return malformed(segment, "footer", err);
	if (sealed + sizeof footer <= tail) {
		memmove(to, to + tail - sizeof footer - sealed, sealed);
	} else {
		to = mp_buf_reserve(trailer, sealed);
		status = mp_file_read(&segment->file, to, sealed,
		    file_len - sizeof footer - sealed, err);
	}
	trailer->len = sealed;
	return status;
}

static enum mp_status
open_trailer(struct mp_segment *segment, struct mp_err *err)
{
	struct mp_buf *trailer = &segment->trailer;
	uint8_t nonce[MP_AEAD_NONCE];
	enum mp_status status;

	if (segment->ref.length < MP_SEGMENT_HEADER + MP_SEGMENT_FOOTER +
	    MP_AEAD_TAG)
		return malformed(segment, "length", err);
	status = read_trailer(segment, err);
	if (status != MP_OK)
		return status;
	if (memcmp(trailer->data + trailer->len - MP_AEAD_TAG,
	    segment->ref.mac, MP_AEAD_TAG) != 0)
		return mp_err_set(err, MP_CORRUPT,
		    "cannot read '%s': not the file that the store names",
		    segment->file.path);
	mp_block_nonce(nonce, MP_SECTION_TRAILER, segment->ref.length);
	status = mp_aead_open(trailer->data, segment->aead, nonce,
	    segment->aad, sizeof segment->aad, trailer->data, trailer->len,
	    err);
	if (status != MP_OK)
		mp_err_context(err, "cannot read '%s', trailer",
		    segment->file.path);
	else
		trailer->len -= MP_AEAD_TAG;
	return status;
}

/* The number of extents that a section of that length has. */
static uint64_t
extents_of(enum mp_section section, uint64_t length)
{
	uint64_t size = mp_section_block_size(section);
	uint64_t blocks = length / size + (length % size != 0);
	uint64_t each = MP_EXTENT_BYTES / (size + MP_AEAD_TAG);

	return blocks / each + (blocks % each != 0);
}

static bool
parse_table(struct mp_segment *segment, struct mp_cursor *cur,
    enum mp_section number)
{
	struct mp_section_in *section = &segment->sections[number];
	uint64_t at = 0, count, i;

	section->length = mp_cursor_varint(cur);
	count = extents_of(number, section->length);
	if (section->length > segment->ref.length ||
	    count > mp_cursor_left(cur))
		return false;
	section->extents = mp_calloc((size_t)count + 1,
	    sizeof *section->extents);
	section->extent_count = (size_t)count;
	for (i = 0; i < count; i++) {
		uint64_t delta = mp_cursor_varint(cur);

		if (delta > segment->ref.length)
			return false;
		at += delta;
		if (at > segment->ref.length)
			return false;
		section->extents[i] = at;
	}
	return !cur->bad;
}

static bool
parse_level2(struct mp_segment *segment, struct mp_cursor *cur)
{
	uint64_t count = mp_cursor_varint(cur), i;

	if (count > mp_cursor_left(cur))
		return false;
	segment->level2 = mp_calloc((size_t)count + 1,
	    sizeof *segment->level2);
	for (i = 0; i < count; i++) {
		struct mp_level2_entry *entry = &segment->level2[i];

		entry->key = mp_cursor_blob(cur, &entry->len);
		if (entry->key == NULL || entry->len > MP_KEY_MAX)
			return false;
	}
	segment->level2_count = (size_t)count;
	return !cur->bad && mp_cursor_left(cur) == 0;
}

static bool
parse_trailer(struct mp_segment *segment)
{
	struct mp_cursor cur;
	unsigned i;

	mp_cursor_init(&cur, segment->trailer.data, segment->trailer.len);
	for (i = 0; i < MP_SECTIONS; i++)
		if (!parse_table(segment, &cur, (enum mp_section)i))
			return false;
	return mp_cursor_u32(&cur) == segment->ref.first &&
	    mp_cursor_u32(&cur) == segment->ref.end &&
	    segment->ref.first < segment->ref.end &&
	    parse_level2(segment, &cur);
}

enum mp_status
mp_segment_load(struct mp_segment *segment, struct mp_err *err)
{
	enum mp_status status;
	unsigned i;

	if (segment->aead != NULL)
		return MP_OK;
	status = load_key(segment, err);
	if (status == MP_OK)
		status = open_trailer(segment, err);
	if (status == MP_OK && !parse_trailer(segment))
		status = malformed(segment, "trailer", err);
	if (status != MP_OK) {
		for (i = 0; i < MP_SECTIONS; i++) {
			free(segment->sections[i].extents);
			segment->sections[i].extents = NULL;
			segment->sections[i].length = 0;
		}
		free(segment->level2);
		segment->level2 = NULL;
		segment->level2_count = 0;
		mp_aead_free(segment->aead);
		segment->aead = NULL;
		mp_buf_reset(&segment->trailer);
	}
	return status;
}

uint64_t
mp_section_length(const struct mp_segment *segment, enum mp_section section)
{
	return segment->sections[section].length;
}

uint32_t
mp_segment_docs(const struct mp_segment *segment)
{
	return segment->ref.end - segment->ref.first;
}

/* Read and open a block, whose plain length is len, into to. */
static enum mp_status
read_block(uint8_t *to, size_t len, struct mp_segment *segment,
    enum mp_section number, uint64_t block, struct mp_err *err)
{
	/* zeros first would cost as much as the reading */
	uint8_t sealed[MP_BLOCK_BIG + MP_AEAD_TAG]
	    __attribute__((uninitialized));
	uint8_t nonce[MP_AEAD_NONCE];
	const struct mp_section_in *section = &segment->sections[number];
	size_t size = mp_section_block_size(number) + MP_AEAD_TAG;
	uint64_t each = MP_EXTENT_BYTES / size;
	enum mp_status status;

	status = mp_file_read(&segment->file, sealed, len + MP_AEAD_TAG,
	    section->extents[block / each] + block % each * size, err);
	if (status != MP_OK)
		return status;
	mp_block_nonce(nonce, number, block);
	status = mp_aead_open(to, segment->aead, nonce, segment->aad,
	    sizeof segment->aad, sealed, len + MP_AEAD_TAG, err);
	if (status != MP_OK)
		mp_err_context(err, "cannot read '%s', section %s, block "
		    "%llu", segment->file.path, section_names[number],
		    (unsigned long long)block);
	return status;
}

static struct cached_block *
cache_place(struct mp_segment *segment, enum mp_section section,
    uint64_t block)
{
	uint64_t hash = (block * 16 + section + segment->cache_id * 7) *
	    UINT64_C(0x9e3779b97f4a7c15);
	struct cached_block *set = segment->cache->blocks[hash >> 59];
	struct cached_block *oldest = set;
	unsigned way;

	for (way = 0; way < CACHE_WAYS; way++) {
		if (set[way].segment == segment->cache_id &&
		    set[way].section == section && set[way].block == block)
			return &set[way];
		if (set[way].used < oldest->used)
			oldest = &set[way];
	}
	oldest->segment = 0;
	return oldest;
}

/* The opened block, valid until the next block is asked for. */
static enum mp_status
get_block(const struct cached_block **found, struct mp_segment *segment,
    enum mp_section section, uint64_t block, struct mp_err *err)
{
	struct cached_block *place = cache_place(segment, section, block);
	size_t size = mp_section_block_size(section);
	uint64_t left = segment->sections[section].length - block * size;
	enum mp_status status;

	place->used = ++segment->cache->clock;
	*found = place;
	if (place->segment != 0)
		return MP_OK;
	if (place->size < size) {
		free(place->data);
		place->data = mp_malloc(size);
		place->size = size;
	}
	place->len = left < size ? (size_t)left : size;
	status = read_block(place->data, place->len, segment, section, block,
	    err);
	if (status == MP_OK) {
		place->segment = segment->cache_id;
		place->section = section;
		place->block = block;
	}
	return status;
}

enum mp_status
mp_section_read(void *to, struct mp_segment *segment,
    enum mp_section section, uint64_t offset, size_t len, struct mp_err *err)
{
	size_t size = mp_section_block_size(section);
	enum mp_status status = mp_segment_load(segment, err);
	uint8_t *next = to;

	if (status != MP_OK)
		return status;
	if (offset > segment->sections[section].length ||
	    len > segment->sections[section].length - offset)
		return mp_segment_malformed(segment, section, err);
	while (len != 0) {
		const struct cached_block *block;
		size_t skip = (size_t)(offset % size), part;

		status = get_block(&block, segment, section, offset / size,
		    err);
		if (status != MP_OK)
			return status;
		part = block->len - skip;
		if (part > len)
			part = len;
		memcpy(next, block->data + skip, part);
		next += part;
		offset += part;
		len -= part;
	}
	return MP_OK;
}

enum mp_status
mp_segment_verify(struct mp_segment *segment, struct mp_err *err)
{
	enum mp_status status = mp_segment_load(segment, err);
	uint8_t *plain = mp_malloc(MP_BLOCK_BIG);
	unsigned i;

	for (i = 0; i < MP_SECTIONS && status == MP_OK; i++) {
		enum mp_section section = (enum mp_section)i;
		size_t size = mp_section_block_size(section);
		uint64_t left = segment->sections[i].length, block = 0;

		for (; left != 0 && status == MP_OK; block++) {
			size_t len = left < size ? (size_t)left : size;

			status = read_block(plain, len, segment, section,
			    block, err);
			left -= len;
		}
	}
	free(plain);
	return status;
}

/* --- streams -------------------------------------------------------- */

void
mp_stream_init(struct mp_stream *stream, size_t buf_size)
{
	memset(stream, 0, sizeof *stream);
	stream->buf = mp_malloc(buf_size);
	stream->buf_size = buf_size;
}

void
mp_stream_clear(struct mp_stream *stream)
{
	free(stream->buf);
	stream->buf = NULL;
}

void
mp_stream_section(struct mp_stream *stream, struct mp_segment *segment,
    enum mp_section section, uint64_t offset, uint64_t len,
    struct mp_err *err)
{
	stream->segment = segment;
	stream->section = section;
	stream->next = stream->limit = stream->buf;
	stream->at = offset;
	stream->err = err;
	stream->bad = false;
	stream->end = offset + len;
	if (len > UINT64_MAX - offset || stream->end >
	    segment->sections[section].length)
		mp_stream_malformed(stream);
}

void
mp_stream_bytes(struct mp_stream *stream, struct mp_segment *segment,
    enum mp_section section, const uint8_t *bytes, size_t len,
    struct mp_err *err)
{
	stream->segment = segment;
	stream->section = section;
	stream->next = bytes;
	stream->limit = bytes + len;
	stream->at = stream->end = 0;
	stream->err = err;
	stream->bad = false;
}

void
mp_stream_malformed(struct mp_stream *stream)
{
	if (!stream->bad)
		(void)mp_segment_malformed(stream->segment, stream->section,
		    stream->err);
	stream->bad = true;
	stream->next = stream->limit = stream->buf;
	stream->at = stream->end;
}

/* Get more bytes; false at the end or on an error. */
static bool
refill(struct mp_stream *stream)
{
	uint64_t left = stream->end - stream->at;
	size_t want = left < stream->buf_size ? (size_t)left :
	    stream->buf_size;

	if (want == 0)
		return false;
	if (mp_section_read(stream->buf, stream->segment, stream->section,
	    stream->at, want, stream->err) != MP_OK) {
		stream->bad = true;
		stream->at = stream->end;
		stream->next = stream->limit = stream->buf;
		return false;
	}
	stream->at += want;
	stream->next = stream->buf;
	stream->limit = stream->buf + want;
	return true;
}

uint32_t
mp_stream_varint_slow(struct mp_stream *stream)
{
	uint32_t value = 0;
	unsigned shift;

	for (shift = 0; shift < 35; shift += 7) {
		uint8_t byte;

		if (stream->next == stream->limit && !refill(stream))
			break;
		byte = *stream->next++;
		if (shift == 28 && byte > 0x0f)
			break;
		value |= (uint32_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return value;
	}
	mp_stream_malformed(stream);
	return 0;
}

void
mp_stream_read(struct mp_stream *stream, void *to, size_t len)
{
	uint8_t *out = to;

	while (len != 0) {
		size_t part = (size_t)(stream->limit - stream->next);

		if (part > len)
			part = len;
		memcpy(out, stream->next, part);
		stream->next += part;
		out += part;
		len -= part;
		if (len != 0 && !refill(stream)) {
			memset(out, 0, len);
			mp_stream_malformed(stream);
			return;
		}
	}
}

void
mp_stream_skip(struct mp_stream *stream, uint64_t len)
{
	size_t here = (size_t)(stream->limit - stream->next);

	if (len <= here) {
		stream->next += len;
		return;
	}
	len -= here;
	stream->next = stream->limit;
	if (len > stream->end - stream->at)
		mp_stream_malformed(stream);
	else
		stream->at += len;
}

bool
mp_stream_at_end(const struct mp_stream *stream)
{
	return stream->next == stream->limit && stream->at == stream->end;
}
