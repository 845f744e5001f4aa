/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_PACK_RECFILE_H
#define MP_PACK_RECFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/io.h"
#include "keys/keys.h"

/*
 * Record files: append-only, sealed; mail packs and the event log are two
 * kinds of the same. Layout byte by byte: mp-store.5.
 *
 * A file starts with a header: store id, file id, its random key wrapped by
 * the store's keys, and the id and final length of its predecessor of the
 * same kind, all under one seal; and, a page further on, the same header
 * again, which is used when the first is damaged. Then records follow, each a clear head
 * (sync mark, length, type, frame, sequence number, nonce) and a sealed
 * body that authenticates the head. Nonces are random, never positions,
 * since a place may be written again after a crash. The sequence number is
 * the docid in a pack and the event number in the log.
 *
 * Reading with one struct mp_recfile is safe for one thread; open another
 * for another thread.
 */

enum mp_recfile_kind {
	MP_RECFILE_PACK = 1,
	MP_RECFILE_LOG = 2
};

#define MP_RECFILE_HEADER 8192	/* where the records start */
#define MP_RECORD_HEAD 32
#define MP_RECORD_OVERHEAD (MP_RECORD_HEAD + 16)
#define MP_RECORD_MAX (1u << 24)	/* bytes of one sealed body */

struct mp_recfile;

struct mp_record {
	uint8_t type;
	uint8_t flags;
	uint16_t frame;
	uint64_t seq;
	uint64_t offset;	/* of the head */
	uint64_t next;		/* offset of the record after it */
	const uint8_t *body;	/* opened; valid until the next read */
	size_t body_len;
};

/*
 * Make a new file at path, which must not exist; its header is written but
 * not synced.
 */
enum mp_status mp_recfile_create(struct mp_recfile **file, const char *path,
    enum mp_recfile_kind kind, uint64_t id, const struct mp_keys *keys,
    uint64_t previous_id, uint64_t previous_length, struct mp_err *err)
    MP_CHECKED;

/*
 * Open the file at path. MP_CORRUPT: the header fails its seal, or names
 * another kind, id or store.
 */
enum mp_status mp_recfile_open(struct mp_recfile **file, const char *path,
    enum mp_recfile_kind kind, uint64_t id, const struct mp_keys *keys,
    bool writable, struct mp_err *err) MP_CHECKED;
void mp_recfile_close(struct mp_recfile *file);

uint64_t mp_recfile_id(const struct mp_recfile *file);
const char *mp_recfile_path(const struct mp_recfile *file);
uint64_t mp_recfile_previous_id(const struct mp_recfile *file);
uint64_t mp_recfile_previous_length(const struct mp_recfile *file);
enum mp_status mp_recfile_size(uint64_t *size, const struct mp_recfile *file,
    struct mp_err *err) MP_CHECKED;

/* The 16 clear bytes of the store id, from a file whose keys are unknown. */
enum mp_status mp_recfile_store_id(uint8_t id[MP_STORE_ID_LEN],
    const char *path, struct mp_err *err) MP_CHECKED;

/*
 * A sealer seals records under the file's key into memory; each thread has
 * its own. It stays valid after the file is closed.
 */
struct mp_sealer;

struct mp_sealer *mp_sealer_new(const struct mp_recfile *file);
void mp_sealer_free(struct mp_sealer *sealer);

/* Append one sealed record to out; at most MP_RECORD_MAX bytes of body. */
void mp_sealer_record(struct mp_buf *out, struct mp_sealer *sealer,
    uint8_t type, uint8_t flags, uint16_t frame, uint64_t seq,
    const void *body, size_t body_len);

/* Write sealed records at offset; mp_recfile_sync makes them last. */
enum mp_status mp_recfile_write(struct mp_recfile *file, const void *sealed,
    size_t len, uint64_t offset, struct mp_err *err) MP_CHECKED;
enum mp_status mp_recfile_sync(struct mp_recfile *file, struct mp_err *err)
    MP_CHECKED;

/* Cut off what was written at and after offset and never committed. */
enum mp_status mp_recfile_truncate(struct mp_recfile *file, uint64_t offset,
    struct mp_err *err) MP_CHECKED;

/* Read and open the record whose head is at offset. */
enum mp_status mp_recfile_read(struct mp_record *record,
    struct mp_recfile *file, uint64_t offset, struct mp_err *err)
    MP_CHECKED;

/*
 * Give the space of len bytes at offset back to the file system: they read
 * as zeros from now on. Where that is not supported they are zeroed.
 */
enum mp_status mp_recfile_punch(struct mp_recfile *file, uint64_t offset,
    uint64_t len, struct mp_err *err) MP_CHECKED;

/*
 * Write both copies of the header anew where one is damaged; *damaged says
 * whether one was. The file must be open for writing to repair.
 */
enum mp_status mp_recfile_check_header(bool *damaged,
    struct mp_recfile *file, bool repair, struct mp_err *err) MP_CHECKED;

/*
 * Wrap the file's key anew if another master key than the active one wraps
 * it; one copy of the header after the other, so that one is always whole.
 * The file must be open for writing.
 */
enum mp_status mp_recfile_rewrap(struct mp_recfile *file,
    const struct mp_keys *keys, struct mp_err *err) MP_CHECKED;

/*
 * For salvage: the offset of the next head at or after offset that opens,
 * or MP_NOT_FOUND.
 */
enum mp_status mp_recfile_find(uint64_t *found, struct mp_recfile *file,
    uint64_t offset, struct mp_err *err) MP_CHECKED;

#endif
