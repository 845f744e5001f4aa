/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pack/frames.h"

#include <lz4.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"

enum frame_codec {
	CODEC_STORED = 0,
	CODEC_LZ4 = 1	/* with the pack's dictionary */
};

enum {
	FRAME_HEAD = 5,		/* codec and length of the content */
	META_MAX = 32 << 10,
	SLICE = 2048		/* of the sample, in a trained dictionary */
};

struct mp_dictionary {
	uint8_t *bytes;
	size_t len;
	LZ4_stream_t primed;	/* a stream that has just read it */
};

struct mp_frame_sealer {
	struct mp_sealer *sealer;
	const struct mp_dictionary *dictionary;
	LZ4_stream_t stream;
	uint8_t plain[MP_FRAME_BYTES];
	uint8_t packed[FRAME_HEAD + LZ4_COMPRESSBOUND(MP_FRAME_BYTES)];
};

struct mp_dictionary *
mp_dictionary_new(const void *bytes, size_t len)
{
	struct mp_dictionary *dictionary = mp_calloc(1, sizeof *dictionary);

	if (len > MP_DICTIONARY_MAX)
		len = MP_DICTIONARY_MAX;
	dictionary->bytes = mp_malloc(len);
	if (len != 0)
		memcpy(dictionary->bytes, bytes, len);
	dictionary->len = len;
	(void)LZ4_initStream(&dictionary->primed, sizeof dictionary->primed);
	(void)LZ4_loadDict(&dictionary->primed,
	    (const char *)dictionary->bytes, (int)len);
	return dictionary;
}

void
mp_dictionary_free(struct mp_dictionary *dictionary)
{
	if (dictionary == NULL)
		return;
	free(dictionary->bytes);
	free(dictionary);
}

size_t
mp_dictionary_len(const struct mp_dictionary *dictionary)
{
	return dictionary->len;
}

void
mp_dictionary_train(struct mp_buf *out, const void *sample, size_t len)
{
	const uint8_t *from = sample;
	size_t slices = MP_DICTIONARY_MAX / SLICE, i;

	if (len <= MP_DICTIONARY_MAX) {
		mp_buf_add(out, from, len);
		return;
	}
	for (i = 0; i < slices; i++)
		mp_buf_add(out, from + (len - SLICE) / (slices - 1) * i,
		    SLICE);
}

/* Compress plain into packed, which has room for any; gives the bytes. */
static size_t
pack_frame(uint8_t *packed, LZ4_stream_t *stream, const void *plain,
    size_t len)
{
	int got = LZ4_compress_fast_continue(stream, plain,
	    (char *)packed + FRAME_HEAD, (int)len,
	    LZ4_COMPRESSBOUND(MP_FRAME_BYTES), 1);

	mp_put_u32(packed + 1, (uint32_t)len);
	if (got > 0 && (size_t)got < len) {
		packed[0] = CODEC_LZ4;
		return FRAME_HEAD + (size_t)got;
	}
	packed[0] = CODEC_STORED;
	if (len != 0)
		memcpy(packed + FRAME_HEAD, plain, len);
	return FRAME_HEAD + len;
}

/* Append the content of a frame's body to out. */
static bool
unpack_frame(struct mp_buf *out, const struct mp_dictionary *dictionary,
    const uint8_t *body, size_t len)
{
	uint32_t plain_len;
	uint8_t *to;
	int got;

	if (len < FRAME_HEAD)
		return false;
	plain_len = mp_get_u32(body + 1);
	if (plain_len > MP_FRAME_BYTES)
		return false;
	if (body[0] == CODEC_STORED) {
		if (plain_len != len - FRAME_HEAD)
			return false;
		mp_buf_add(out, body + FRAME_HEAD, plain_len);
		return true;
	}
	to = mp_buf_reserve(out, plain_len);
	if (to == NULL || body[0] != CODEC_LZ4)
		return to == NULL;	/* overflow is the caller's to see */
	got = LZ4_decompress_safe_usingDict((const char *)body + FRAME_HEAD,
	    (char *)to, (int)(len - FRAME_HEAD), (int)plain_len,
	    dictionary != NULL ? (const char *)dictionary->bytes : NULL,
	    dictionary != NULL ? (int)dictionary->len : 0);
	if (got < 0 || (uint32_t)got != plain_len)
		return false;
	out->len += plain_len;
	out->data[out->len] = '\0';
	return true;
}

void
mp_dictionary_seal(struct mp_buf *out, struct mp_sealer *sealer,
    const struct mp_dictionary *dictionary)
{
	uint8_t *packed = mp_malloc(FRAME_HEAD +
	    LZ4_COMPRESSBOUND(MP_FRAME_BYTES));
	LZ4_stream_t stream;
	size_t len;

	(void)LZ4_initStream(&stream, sizeof stream);
	len = pack_frame(packed, &stream, dictionary->bytes,
	    dictionary->len);
	mp_sealer_record(out, sealer, MP_PACK_DICTIONARY, 0, 0, 0, packed,
	    len);
	mp_sealer_record(out, sealer, MP_PACK_DICTIONARY, MP_FRAME_LAST, 1, 0,
	    packed, len);
	free(packed);
}

/* *next is the offset after the record, damaged or not. */
static enum mp_status
load_copy(struct mp_buf *bytes, uint64_t *next, struct mp_recfile *pack,
    uint64_t offset, struct mp_err *err)
{
	struct mp_record record;

	*next = offset;
	if (mp_recfile_read(&record, pack, offset, err) != MP_OK)
		return err->status;
	*next = record.next;
	if (record.type != MP_PACK_DICTIONARY ||
	    !unpack_frame(bytes, NULL, record.body, record.body_len) ||
	    bytes->overflow)
		return mp_err_set(err, MP_CORRUPT,
		    "damage in '%s' at byte %llu: no dictionary",
		    mp_recfile_path(pack), (unsigned long long)offset);
	return MP_OK;
}

enum mp_status
mp_dictionary_load(struct mp_dictionary **dictionary,
    struct mp_recfile *pack, struct mp_err *err)
{
	struct mp_buf bytes = MP_BUF_INIT(MP_DICTIONARY_MAX);
	struct mp_err second = MP_ERR_INIT;
	enum mp_status status;
	uint64_t at;

	*dictionary = NULL;
	status = load_copy(&bytes, &at, pack, MP_RECFILE_HEADER, err);
	if (status == MP_CORRUPT) {
		mp_buf_reset(&bytes);
		/* the next record that opens is the second copy */
		if (mp_recfile_find(&at, pack, MP_RECFILE_HEADER + 1,
		    &second) == MP_OK)
			status = load_copy(&bytes, &at, pack, at, &second);
	}
	if (status == MP_OK)
		*dictionary = mp_dictionary_new(bytes.data, bytes.len);
	mp_buf_clear(&bytes);
	return status;
}

/* The two copies are alike but for nonce and frame number. */
enum mp_status
mp_dictionary_check(bool *damaged, struct mp_recfile *pack, bool repair,
    struct mp_err *err)
{
	struct mp_buf sealed = MP_BUF_INIT(2 * MP_RECORD_MAX);
	struct mp_dictionary *dictionary;
	struct mp_sealer *sealer;
	struct mp_record record;
	enum mp_status status;
	uint64_t half;

	*damaged = false;
	status = mp_dictionary_load(&dictionary, pack, err);
	if (status != MP_OK)
		return status;
	sealer = mp_sealer_new(pack);
	mp_dictionary_seal(&sealed, sealer, dictionary);
	half = sealed.len / 2;
	*damaged = mp_recfile_read(&record, pack, MP_RECFILE_HEADER, err) !=
	    MP_OK || mp_recfile_read(&record, pack, MP_RECFILE_HEADER + half,
	    err) != MP_OK;
	mp_err_clear(err);
	if (*damaged && repair) {
		status = mp_recfile_write(pack, sealed.data, sealed.len,
		    MP_RECFILE_HEADER, err);
		if (status == MP_OK)
			status = mp_recfile_sync(pack, err);
	}
	mp_sealer_free(sealer);
	mp_dictionary_free(dictionary);
	mp_buf_clear(&sealed);
	return status;
}

struct mp_frame_sealer *
mp_frame_sealer_new(const struct mp_recfile *pack,
    const struct mp_dictionary *dictionary)
{
	struct mp_frame_sealer *sealer = mp_calloc(1, sizeof *sealer);

	sealer->sealer = mp_sealer_new(pack);
	sealer->dictionary = dictionary;
	return sealer;
}

void
mp_frame_sealer_free(struct mp_frame_sealer *sealer)
{
	if (sealer == NULL)
		return;
	mp_sealer_free(sealer->sealer);
	free(sealer);
}

void
mp_frames_seal(struct mp_buf *out, struct mp_frame_sealer *sealer,
    uint32_t docid, const void *meta, size_t meta_len, const void *raw,
    size_t raw_len)
{
	const uint8_t *from = raw;
	size_t used = mp_put_varint(sealer->plain, meta_len), done = 0, len;
	uint16_t frame = 0;
	bool last;

	if (meta_len > META_MAX || raw_len > MP_FRAME_MESSAGE_MAX - META_MAX) {
		out->overflow = true;
		return;
	}
	memcpy(sealer->plain + used, meta, meta_len);
	used += meta_len;
	do {
		size_t take = MP_FRAME_BYTES - used;

		if (take > raw_len - done)
			take = raw_len - done;
		if (take != 0)
			memcpy(sealer->plain + used, from + done, take);
		done += take;
		last = done == raw_len;
		sealer->stream = sealer->dictionary->primed;
		len = pack_frame(sealer->packed, &sealer->stream,
		    sealer->plain, used + take);
		mp_sealer_record(out, sealer->sealer, MP_PACK_FRAME,
		    last ? MP_FRAME_LAST : 0, frame++, docid, sealer->packed,
		    len);
		used = 0;
	} while (!last);
}

static enum mp_status
damaged(const struct mp_recfile *pack, uint64_t offset, const char *why,
    struct mp_err *err)
{
	return mp_err_set(err, MP_CORRUPT, "damage in '%s' at byte %llu: %s",
	    mp_recfile_path(pack), (unsigned long long)offset, why);
}

/* Move what stands before the content in the first frame to meta. */
static bool
split_meta(struct mp_buf *meta, struct mp_buf *raw, size_t start)
{
	struct mp_cursor cur;
	const uint8_t *bytes;
	size_t len;

	mp_cursor_init(&cur, raw->data + start, raw->len - start);
	bytes = mp_cursor_blob(&cur, &len);
	if (bytes == NULL || len > META_MAX)
		return false;
	mp_buf_add(meta, bytes, len);
	memmove(raw->data + start, raw->data + start + cur.pos,
	    raw->len - start - cur.pos);
	raw->len -= cur.pos;
	return true;
}

enum mp_status
mp_frames_read(struct mp_buf *raw, struct mp_buf *meta, uint64_t *next,
    struct mp_recfile *pack, const struct mp_dictionary *dictionary,
    uint32_t docid, uint64_t offset, struct mp_err *err)
{
	size_t start = raw->len;
	struct mp_record record;
	uint16_t frame = 0;

	do {
		if (mp_recfile_read(&record, pack, offset, err) != MP_OK)
			return err->status;
		if (record.type != MP_PACK_FRAME || record.seq != docid ||
		    record.frame != frame)
			return damaged(pack, offset,
			    "another record in the place of a message", err);
		if (!unpack_frame(raw, dictionary, record.body,
		    record.body_len))
			return damaged(pack, offset, "malformed frame", err);
		if (raw->overflow)
			return mp_err_set(err, MP_INVALID,
			    "cannot read message %lu: over %zu bytes",
			    (unsigned long)docid, raw->max);
		if (frame == 0 && !split_meta(meta, raw, start))
			return damaged(pack, offset, "malformed frame", err);
		offset = record.next;
		frame++;
	} while ((record.flags & MP_FRAME_LAST) == 0);
	if (raw->data != NULL)
		raw->data[raw->len] = '\0';
	if (next != NULL)
		*next = offset;
	return MP_OK;
}
