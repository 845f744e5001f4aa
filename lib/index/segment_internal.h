/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_INDEX_SEGMENT_INTERNAL_H
#define MP_INDEX_SEGMENT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/io.h"
#include "crypto/aead.h"
#include "keys/keys.h"
#include "store/docset.h"
#include "store/store.h"

/*
 * One index segment: a file of sealed blocks, written once (mp-index.5).
 *
 * A segment is a set of sections, each a string of bytes cut into blocks of
 * a fixed size. Blocks are sealed under the file's own key with the counter
 * nonce (section, block) and written in extents, so that all sections grow
 * together while memory stays bounded. The sealed trailer holds where the
 * extents are.
 *
 * Inside a segment docids are relative to its first one.
 */

enum mp_section {
	MP_SECTION_DOCS,	/* lists of docids */
	MP_SECTION_POS,		/* positions of the same lists */
	MP_SECTION_LEAF,	/* the dictionary, one block a leaf */
	MP_SECTION_LEVEL1,	/* first key of each leaf */
	MP_SECTION_DATE,	/* u32 a document */
	MP_SECTION_DATE_RANGE,	/* u32 least and greatest of each 1024 */
	MP_SECTION_SIZE,	/* u32 a document */
	MP_SECTION_PLACE,	/* u32 pack, u32 offset a document */
	MP_SECTION_THREAD,	/* u32 a document: root, absolute docid */
	MP_SECTION_SHA,		/* 8 bytes a document */
	MP_SECTION_REF_INDEX,	/* u32 a document: end of its references */
	MP_SECTION_REFS,	/* u64 each */
	MP_SECTION_SUM_INDEX,	/* u64 a group: where its summaries start */
	MP_SECTION_SUMMARY,	/* From, Subject; groups of 32, lz4 */
	MP_SECTION_MID,		/* u64 id hash, u32 docid << 1 | phantom */
	MP_SECTION_JOINS,	/* u32 old root, u32 new root */
	MP_SECTION_ID_INDEX,	/* u64 a group: where its ids start */
	MP_SECTION_IDS,		/* groups of 32 documents, lz4 */
	MP_SECTIONS
};

enum mp_segment_sizes {
	MP_BLOCK_BIG = 16384 - MP_AEAD_TAG,	/* docs and pos */
	MP_BLOCK_SMALL = 4096 - MP_AEAD_TAG,	/* all others */
	MP_EXTENT_BYTES = 512 << 10,	/* on disk, but the last of a section */
	MP_SEGMENT_HEADER = 8 + MP_STORE_ID_LEN + 8 + MP_WRAPPED_LEN,
	MP_SEGMENT_FOOTER = 8,
	MP_TRAILER_MAX = 64 << 20,
	MP_FRAME_DOCS = 128,		/* documents of a frame of a list */
	MP_INLINE_MAX = 12,		/* bytes of a list in its leaf */
	MP_KEY_MAX = 1 + 255,		/* field and term */
	MP_DATE_GROUP = 1024,
	MP_SUMMARY_GROUP = 32,
	MP_MID_ENTRY = 12
};

/* Bytes of a block of the section, and of its place in an extent. */
size_t mp_section_block_size(enum mp_section section);

/* What binds a block to its file and place. */
#define MP_BLOCK_AAD (MP_STORE_ID_LEN + 8)
void mp_block_nonce(uint8_t nonce[MP_AEAD_NONCE], unsigned section,
    uint64_t block);
#define MP_SECTION_TRAILER 0xffu	/* its section number in nonces */

/* --- writing sections ----------------------------------------------- */

struct mp_section_out {
	uint64_t length;	/* plain bytes so far */
	uint64_t blocks;	/* sealed so far */
	uint8_t *plain;		/* the block being filled */
	size_t plain_len;
	struct mp_buf sealed;	/* the extent being filled */
	uint64_t *extents;	/* offsets in the file */
	size_t extent_count;
	size_t extent_cap;
};

/*
 * Sections of one file being written. An error while writing sticks: the
 * appends after it do nothing and mp_blocks_finish gives it.
 */
struct mp_blocks_out {
	struct mp_file *file;	/* the caller's */
	struct mp_aead *aead;
	uint8_t aad[MP_BLOCK_AAD];
	uint64_t offset;	/* where the next extent goes */
	struct mp_section_out sections[MP_SECTIONS];
	enum mp_status status;
	struct mp_err err;
};

void mp_blocks_out_init(struct mp_blocks_out *out, struct mp_file *file,
    const struct mp_keys *keys, uint64_t id);
void mp_blocks_out_clear(struct mp_blocks_out *out);
void mp_section_add(struct mp_blocks_out *out, enum mp_section section,
    const void *data, size_t len);
void mp_section_u32(struct mp_blocks_out *out, enum mp_section section,
    uint32_t value);
void mp_section_u64(struct mp_blocks_out *out, enum mp_section section,
    uint64_t value);

/*
 * Seal and write what is left, then the trailer: the section table followed
 * by extra. *length and mac are those of the whole file, for the manifest.
 */
enum mp_status mp_blocks_finish(uint64_t *length, uint8_t mac[16],
    struct mp_blocks_out *out, const struct mp_buf *extra,
    struct mp_err *err) MP_CHECKED;

/* --- reading a segment ---------------------------------------------- */

/* Opened blocks, shared by the segments of one index. */
struct mp_block_cache;

struct mp_block_cache *mp_block_cache_new(void);
void mp_block_cache_free(struct mp_block_cache *cache);

struct mp_section_in {
	uint64_t length;
	uint64_t *extents;
	size_t extent_count;
};

struct mp_level2_entry {
	const uint8_t *key;	/* within struct mp_segment's trailer */
	size_t len;
};

struct mp_segment {
	struct mp_segment_ref ref;
	struct mp_file file;
	struct mp_aead *aead;		/* NULL until the first access */
	const struct mp_keys *keys;
	struct mp_block_cache *cache;	/* the index's */
	uint64_t cache_id;		/* tells segments apart in it */
	uint8_t aad[MP_BLOCK_AAD];
	struct mp_section_in sections[MP_SECTIONS];
	struct mp_buf trailer;
	struct mp_level2_entry *level2;
	size_t level2_count;
};

/*
 * Open the file, read nothing yet. The keys and the cache outlive the
 * segment. MP_NOT_FOUND: no such file (any more).
 */
enum mp_status mp_segment_open(struct mp_segment **segment,
    const char *path, const struct mp_segment_ref *ref,
    const struct mp_keys *keys, struct mp_block_cache *cache,
    struct mp_err *err) MP_CHECKED;
void mp_segment_close(struct mp_segment *segment);

/* Read header and trailer, once; every reading function does it itself. */
enum mp_status mp_segment_load(struct mp_segment *segment,
    struct mp_err *err) MP_CHECKED;

/* Bytes of a section; 0 before mp_segment_load. */
uint64_t mp_section_length(const struct mp_segment *segment,
    enum mp_section section);

/* Documents of the segment. */
uint32_t mp_segment_docs(const struct mp_segment *segment);

/*
 * Copy len bytes of a section from offset. MP_CORRUPT: a seal is broken
 * (err names file, section, block), or the section is shorter.
 */
enum mp_status mp_section_read(void *to, struct mp_segment *segment,
    enum mp_section section, uint64_t offset, size_t len,
    struct mp_err *err) MP_CHECKED;

/* The error of content that no writer of ours makes. */
enum mp_status mp_segment_malformed(const struct mp_segment *segment,
    enum mp_section section, struct mp_err *err);

/* Read all blocks of all sections: are their seals whole? */
enum mp_status mp_segment_verify(struct mp_segment *segment,
    struct mp_err *err) MP_CHECKED;

/* --- a stream of bytes of one section ------------------------------- */

/* An error sticks: reads then give 0. Check bad at the end. */
struct mp_stream {
	struct mp_segment *segment;
	enum mp_section section;
	const uint8_t *next;
	const uint8_t *limit;
	uint64_t at;		/* of the section: what buf ends at */
	uint64_t end;
	bool bad;
	struct mp_err *err;
	uint8_t *buf;
	size_t buf_size;
};

void mp_stream_init(struct mp_stream *stream, size_t buf_size);
void mp_stream_clear(struct mp_stream *stream);

/* Read len bytes from offset of the section. */
void mp_stream_section(struct mp_stream *stream, struct mp_segment *segment,
    enum mp_section section, uint64_t offset, uint64_t len,
    struct mp_err *err);

/* Read bytes that the caller keeps. */
void mp_stream_bytes(struct mp_stream *stream, struct mp_segment *segment,
    enum mp_section section, const uint8_t *bytes, size_t len,
    struct mp_err *err);
uint32_t mp_stream_varint_slow(struct mp_stream *stream);
void mp_stream_read(struct mp_stream *stream, void *to, size_t len);
void mp_stream_skip(struct mp_stream *stream, uint64_t len);
bool mp_stream_at_end(const struct mp_stream *stream);

/* Note that the content makes no sense. */
void mp_stream_malformed(struct mp_stream *stream);

static inline uint32_t
mp_stream_varint(struct mp_stream *stream)
{
	if (stream->next < stream->limit && *stream->next < 0x80)
		return *stream->next++;
	return mp_stream_varint_slow(stream);
}

#endif
