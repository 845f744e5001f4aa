/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pack/recfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "crypto/aead.h"
#include "crypto/random.h"

/* Offsets in the file header (mp-store.5). */
enum {
	HEADER_MAGIC = 0,
	HEADER_VERSION = 8,
	HEADER_KIND = 10,
	HEADER_CIPHER = 11,
	HEADER_STORE = 16,
	HEADER_ID = 32,
	HEADER_WRAPPED = 40,
	HEADER_PREVIOUS = 104,
	HEADER_PREVIOUS_LENGTH = 112,
	HEADER_NONCE = 132,
	HEADER_TAG = 144,
	HEADER_LEN = 160,
	HEADER_COPY = 4096	/* where the second copy is */
};

/* Offsets in a record's head; all before the nonce is authenticated. */
enum {
	HEAD_MARK = 0,
	HEAD_LENGTH = 4,
	HEAD_TYPE = 8,
	HEAD_FLAGS = 9,
	HEAD_FRAME = 10,
	HEAD_SEQ = 12,
	HEAD_NONCE = 20
};

static const uint8_t file_magic[8] = { 'm', 'p', 'r', 'e', 'c', 'o', 'r',
	'd' };
static const uint8_t record_mark[4] = { 0xf5, 'm', 'p', 0x1a };

enum {
	VERSION = 1,
	CIPHER_AES_256_GCM = 1,
	READ_AHEAD = 16384	/* bytes read with a head, in one call */
};

struct mp_recfile {
	struct mp_file file;
	uint64_t id;
	uint64_t previous_id;
	uint64_t previous_length;
	uint8_t header[HEADER_LEN];	/* the good copy */
	uint8_t key[MP_FILE_KEY_LEN];
	struct mp_aead *aead;
	uint8_t *window;	/* bytes of the file from window_at on */
	size_t window_len;
	size_t window_cap;
	uint64_t window_at;
	uint8_t *body;
	size_t body_cap;
};

struct mp_sealer {
	struct mp_aead *aead;
};

static const char *
purpose_of(enum mp_recfile_kind kind)
{
	return kind == MP_RECFILE_PACK ? "pack" : "log";
}

static struct mp_recfile *
new_recfile(uint64_t id)
{
	struct mp_recfile *file = mp_calloc(1, sizeof *file);

	file->file.fd = -1;
	file->id = id;
	return file;
}

static void
seal_header(uint8_t header[HEADER_LEN], const struct mp_recfile *file)
{
	mp_random(header + HEADER_NONCE, MP_AEAD_NONCE);
	mp_aead_seal(header + HEADER_TAG, file->aead, header + HEADER_NONCE,
	    header, HEADER_NONCE, NULL, 0);
}

enum mp_status
mp_recfile_create(struct mp_recfile **out, const char *path,
    enum mp_recfile_kind kind, uint64_t id, const struct mp_keys *keys,
    uint64_t previous_id, uint64_t previous_length, struct mp_err *err)
{
	struct mp_recfile *file = new_recfile(id);
	uint8_t start[MP_RECFILE_HEADER] = { 0 }, *header = start;
	enum mp_status status;

	*out = NULL;
	file->previous_id = previous_id;
	file->previous_length = previous_length;
	mp_random(file->key, sizeof file->key);
	file->aead = mp_aead_new(file->key);
	memcpy(header + HEADER_MAGIC, file_magic, sizeof file_magic);
	mp_put_u16(header + HEADER_VERSION, VERSION);
	header[HEADER_KIND] = (uint8_t)kind;
	header[HEADER_CIPHER] = CIPHER_AES_256_GCM;
	memcpy(header + HEADER_STORE, mp_keys_store_id(keys),
	    MP_STORE_ID_LEN);
	mp_put_u64(header + HEADER_ID, id);
	mp_keys_wrap(header + HEADER_WRAPPED, keys, purpose_of(kind), id,
	    file->key);
	mp_put_u64(header + HEADER_PREVIOUS, previous_id);
	mp_put_u64(header + HEADER_PREVIOUS_LENGTH, previous_length);
	seal_header(header, file);
	memcpy(start + HEADER_COPY, header, HEADER_LEN);
	memcpy(file->header, header, HEADER_LEN);
	status = mp_file_open(&file->file, path,
	    O_RDWR | O_CREAT | O_EXCL, err);
	if (status == MP_OK)
		status = mp_file_write(&file->file, start, sizeof start, 0,
		    err);
	if (status != MP_OK) {
		mp_recfile_close(file);
		return status;
	}
	*out = file;
	return MP_OK;
}

static enum mp_status
bad_header(const struct mp_recfile *file, const char *why,
    struct mp_err *err)
{
	return mp_err_set(err, MP_CORRUPT, "cannot open '%s': %s",
	    file->file.path, why);
}

/* Read the copy of the header at the offset and check all of it. */
static enum mp_status
read_header(struct mp_recfile *file, uint64_t at, enum mp_recfile_kind kind,
    const struct mp_keys *keys, struct mp_err *err)
{
	uint8_t header[HEADER_LEN], nothing[1];

	if (mp_file_read(&file->file, header, sizeof header, at, err) !=
	    MP_OK)
		return err->status;
	if (memcmp(header, file_magic, sizeof file_magic) != 0)
		return bad_header(file, "not a record file", err);
	if (mp_get_u16(header + HEADER_VERSION) != VERSION ||
	    header[HEADER_CIPHER] != CIPHER_AES_256_GCM)
		return bad_header(file, "made by a newer version", err);
	if (header[HEADER_KIND] != kind ||
	    mp_get_u64(header + HEADER_ID) != file->id)
		return bad_header(file, "another file in its place", err);
	if (memcmp(header + HEADER_STORE, mp_keys_store_id(keys),
	    MP_STORE_ID_LEN) != 0)
		return bad_header(file, "it belongs to another store", err);
	if (mp_keys_unwrap(file->key, keys, purpose_of(kind), file->id,
	    header + HEADER_WRAPPED, err) != MP_OK)
		return bad_header(file, "its key does not unwrap", err);
	mp_aead_free(file->aead);
	file->aead = mp_aead_new(file->key);
	if (mp_aead_open(nothing, file->aead, header + HEADER_NONCE, header,
	    HEADER_NONCE, header + HEADER_TAG, MP_AEAD_TAG, err) != MP_OK)
		return bad_header(file, "the seal of its header is broken",
		    err);
	memcpy(file->header, header, HEADER_LEN);
	file->previous_id = mp_get_u64(header + HEADER_PREVIOUS);
	file->previous_length = mp_get_u64(header + HEADER_PREVIOUS_LENGTH);
	return MP_OK;
}

/* The second copy stands in for a damaged first; the first's error tells. */
static enum mp_status
read_headers(struct mp_recfile *file, enum mp_recfile_kind kind,
    const struct mp_keys *keys, struct mp_err *err)
{
	struct mp_err second = MP_ERR_INIT;
	enum mp_status status = read_header(file, 0, kind, keys, err);

	if (status == MP_CORRUPT &&
	    read_header(file, HEADER_COPY, kind, keys, &second) == MP_OK)
		status = MP_OK;
	return status;
}

enum mp_status
mp_recfile_check_header(bool *damaged, struct mp_recfile *file, bool repair,
    struct mp_err *err)
{
	static const uint64_t copies[] = { 0, HEADER_COPY };
	uint8_t header[HEADER_LEN];
	size_t i;

	*damaged = false;
	for (i = 0; i < 2; i++) {
		if (mp_file_read(&file->file, header, sizeof header,
		    copies[i], err) != MP_OK)
			return err->status;
		if (memcmp(header, file->header, HEADER_LEN) == 0)
			continue;
		*damaged = true;
		if (repair && mp_file_write(&file->file, file->header,
		    HEADER_LEN, copies[i], err) != MP_OK)
			return err->status;
	}
	return *damaged && repair ? mp_file_sync(&file->file, err) : MP_OK;
}

enum mp_status
mp_recfile_rewrap(struct mp_recfile *file, const struct mp_keys *keys,
    struct mp_err *err)
{
	static const uint64_t copies[] = { HEADER_COPY, 0 };
	uint8_t *header = file->header;
	size_t i;

	if (mp_keys_is_active(keys, header + HEADER_WRAPPED))
		return MP_OK;
	mp_keys_wrap(header + HEADER_WRAPPED, keys,
	    purpose_of(header[HEADER_KIND]), file->id, file->key);
	seal_header(header, file);
	for (i = 0; i < sizeof copies / sizeof copies[0]; i++)
		if (mp_file_write(&file->file, header, HEADER_LEN, copies[i],
		    err) != MP_OK || mp_file_sync(&file->file, err) != MP_OK)
			return err->status;
	return MP_OK;
}

enum mp_status
mp_recfile_open(struct mp_recfile **out, const char *path,
    enum mp_recfile_kind kind, uint64_t id, const struct mp_keys *keys,
    bool writable, struct mp_err *err)
{
	struct mp_recfile *file = new_recfile(id);
	enum mp_status status;

	*out = NULL;
	status = mp_file_open(&file->file, path, writable ? O_RDWR : O_RDONLY,
	    err);
	if (status == MP_OK)
		status = read_headers(file, kind, keys, err);
	if (status != MP_OK) {
		mp_recfile_close(file);
		return status;
	}
	*out = file;
	return MP_OK;
}

void
mp_recfile_close(struct mp_recfile *file)
{
	if (file == NULL)
		return;
	mp_file_close(&file->file);
	mp_aead_free(file->aead);
	explicit_bzero(file->key, sizeof file->key);
	free(file->window);
	free(file->body);
	free(file);
}

uint64_t
mp_recfile_id(const struct mp_recfile *file)
{
	return file->id;
}

const char *
mp_recfile_path(const struct mp_recfile *file)
{
	return file->file.path;
}

uint64_t
mp_recfile_previous_id(const struct mp_recfile *file)
{
	return file->previous_id;
}

uint64_t
mp_recfile_previous_length(const struct mp_recfile *file)
{
	return file->previous_length;
}

enum mp_status
mp_recfile_size(uint64_t *size, const struct mp_recfile *file,
    struct mp_err *err)
{
	return mp_file_size(size, &file->file, err);
}

enum mp_status
mp_recfile_store_id(uint8_t id[MP_STORE_ID_LEN], const char *path,
    struct mp_err *err)
{
	struct mp_file file = MP_FILE_INIT;
	uint8_t header[HEADER_LEN];
	enum mp_status status;

	status = mp_file_open(&file, path, O_RDONLY, err);
	if (status == MP_OK)
		status = mp_file_read(&file, header, sizeof header, 0, err);
	if (status == MP_OK &&
	    memcmp(header, file_magic, sizeof file_magic) != 0)
		status = mp_err_set(err, MP_CORRUPT,
		    "cannot open '%s': not a record file", path);
	if (status == MP_OK)
		memcpy(id, header + HEADER_STORE, MP_STORE_ID_LEN);
	mp_file_close(&file);
	return status;
}

struct mp_sealer *
mp_sealer_new(const struct mp_recfile *file)
{
	struct mp_sealer *sealer = mp_calloc(1, sizeof *sealer);

	sealer->aead = mp_aead_new(file->key);
	return sealer;
}

void
mp_sealer_free(struct mp_sealer *sealer)
{
	if (sealer == NULL)
		return;
	mp_aead_free(sealer->aead);
	free(sealer);
}

void
mp_sealer_record(struct mp_buf *out, struct mp_sealer *sealer, uint8_t type,
    uint8_t flags, uint16_t frame, uint64_t seq, const void *body,
    size_t body_len)
{
	uint8_t *head;

	if (body_len > MP_RECORD_MAX - MP_AEAD_TAG) {
		out->overflow = true;
		return;
	}
	head = mp_buf_reserve(out, body_len + MP_RECORD_OVERHEAD);
	if (head == NULL)
		return;
	memcpy(head + HEAD_MARK, record_mark, sizeof record_mark);
	mp_put_u32(head + HEAD_LENGTH, (uint32_t)(body_len + MP_AEAD_TAG));
	head[HEAD_TYPE] = type;
	head[HEAD_FLAGS] = flags;
	mp_put_u16(head + HEAD_FRAME, frame);
	mp_put_u64(head + HEAD_SEQ, seq);
	mp_random(head + HEAD_NONCE, MP_AEAD_NONCE);
	mp_aead_seal(head + MP_RECORD_HEAD, sealer->aead, head + HEAD_NONCE,
	    head, HEAD_NONCE, body, body_len);
	out->len += body_len + MP_RECORD_OVERHEAD;
}

enum mp_status
mp_recfile_write(struct mp_recfile *file, const void *sealed, size_t len,
    uint64_t offset, struct mp_err *err)
{
	file->window_len = 0;
	return mp_file_write(&file->file, sealed, len, offset, err);
}

enum mp_status
mp_recfile_punch(struct mp_recfile *file, uint64_t offset, uint64_t len,
    struct mp_err *err)
{
	static const uint8_t zeros[4096];
	enum mp_status status = MP_OK;

	file->window_len = 0;
	if (fallocate(file->file.fd, FALLOC_FL_PUNCH_HOLE |
	    FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)len) == 0)
		return MP_OK;
	if (errno != EOPNOTSUPP && errno != ENOSYS)
		return mp_err_sys(err, errno, "cannot free space in '%s'",
		    file->file.path);
	while (len != 0 && status == MP_OK) {
		size_t take = len < sizeof zeros ? (size_t)len : sizeof zeros;

		status = mp_file_write(&file->file, zeros, take, offset, err);
		offset += take;
		len -= take;
	}
	return status;
}

enum mp_status
mp_recfile_truncate(struct mp_recfile *file, uint64_t offset,
    struct mp_err *err)
{
	file->window_len = 0;
	return mp_file_truncate(&file->file, offset, err);
}

enum mp_status
mp_recfile_sync(struct mp_recfile *file, struct mp_err *err)
{
	return mp_file_sync(&file->file, err);
}

/*
 * Give len bytes of the file from at on, out of the window, which is filled
 * anew when they are not all in it. Short files end the window early:
 * MP_CORRUPT.
 */
static enum mp_status
view(const uint8_t **bytes, struct mp_recfile *file, uint64_t at, size_t len,
    struct mp_err *err)
{
	size_t want = len < READ_AHEAD ? READ_AHEAD : len;
	uint64_t size;

	if (at >= file->window_at &&
	    at - file->window_at <= file->window_len &&
	    len <= file->window_len - (size_t)(at - file->window_at)) {
		*bytes = file->window + (at - file->window_at);
		return MP_OK;
	}
	if (mp_file_size(&size, &file->file, err) != MP_OK)
		return err->status;
	if (at > size || len > size - at)
		return mp_err_set(err, MP_CORRUPT,
		    "cannot read '%s': it ends inside the record at byte "
		    "%llu", file->file.path, (unsigned long long)at);
	if (want > size - at)
		want = (size_t)(size - at);
	if (want > file->window_cap) {
		file->window = mp_realloc(file->window, want);
		file->window_cap = want;
	}
	file->window_len = 0;
	if (mp_file_read(&file->file, file->window, want, at, err) != MP_OK)
		return err->status;
	file->window_at = at;
	file->window_len = want;
	*bytes = file->window;
	return MP_OK;
}

static enum mp_status
bad_record(const struct mp_recfile *file, uint64_t offset, const char *why,
    struct mp_err *err)
{
	return mp_err_set(err, MP_CORRUPT, "damage in '%s' at byte %llu: %s",
	    file->file.path, (unsigned long long)offset, why);
}

enum mp_status
mp_recfile_read(struct mp_record *record, struct mp_recfile *file,
    uint64_t offset, struct mp_err *err)
{
	const uint8_t *at;
	uint8_t head[MP_RECORD_HEAD];
	uint32_t len;

	memset(record, 0, sizeof *record);
	if (offset < MP_RECFILE_HEADER)
		return bad_record(file, offset, "no record can be here", err);
	if (view(&at, file, offset, MP_RECORD_HEAD, err) != MP_OK)
		return err->status;
	memcpy(head, at, sizeof head);
	len = mp_get_u32(head + HEAD_LENGTH);
	if (memcmp(head, record_mark, sizeof record_mark) != 0 ||
	    len < MP_AEAD_TAG || len > MP_RECORD_MAX)
		return bad_record(file, offset, "no record starts here", err);
	if (view(&at, file, offset + MP_RECORD_HEAD, len, err) != MP_OK)
		return err->status;
	if (len > file->body_cap) {
		file->body = mp_realloc(file->body, len);
		file->body_cap = len;
	}
	if (mp_aead_open(file->body, file->aead, head + HEAD_NONCE, head,
	    HEAD_NONCE, at, len, err) != MP_OK)
		return bad_record(file, offset, "the seal is broken", err);
	record->type = head[HEAD_TYPE];
	record->flags = head[HEAD_FLAGS];
	record->frame = mp_get_u16(head + HEAD_FRAME);
	record->seq = mp_get_u64(head + HEAD_SEQ);
	record->offset = offset;
	record->next = offset + MP_RECORD_HEAD + len;
	record->body = file->body;
	record->body_len = len - MP_AEAD_TAG;
	return MP_OK;
}

enum mp_status
mp_recfile_find(uint64_t *found, struct mp_recfile *file, uint64_t offset,
    struct mp_err *err)
{
	struct mp_record record;
	uint64_t size;

	if (mp_file_size(&size, &file->file, err) != MP_OK)
		return err->status;
	if (offset < MP_RECFILE_HEADER)
		offset = MP_RECFILE_HEADER;
	while (offset < size && size - offset >= MP_RECORD_OVERHEAD) {
		size_t span = size - offset < READ_AHEAD ?
		    (size_t)(size - offset) : READ_AHEAD;
		const uint8_t *at, *mark;

		if (view(&at, file, offset, span, err) != MP_OK)
			return err->status;
		mark = memmem(at, span, record_mark, sizeof record_mark);
		if (mark == NULL) {
			offset += span - sizeof record_mark + 1;
			continue;
		}
		offset += (uint64_t)(mark - at);
		if (mp_recfile_read(&record, file, offset, err) == MP_OK) {
			*found = offset;
			return MP_OK;
		}
		if (err->status != MP_CORRUPT)
			return err->status;
		offset++;
	}
	return mp_err_set(err, MP_NOT_FOUND, "no further record in '%s'",
	    file->file.path);
}
