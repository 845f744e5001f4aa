/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_PACK_FRAMES_H
#define MP_PACK_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "pack/recfile.h"

/*
 * Messages in a mail pack: one record a frame of up to 64 KiB, each
 * compressed by itself (lz4, with the pack's dictionary), so that neither
 * reading nor writing needs more than a frame at a time. The first frame
 * starts with what the store knows of the message ("meta"); the last one is
 * flagged. Record seq is the docid, record frame the frame's number.
 */
#define MP_FRAME_BYTES (64u << 10)
#define MP_FRAME_MESSAGE_MAX ((uint64_t)MP_FRAME_BYTES * 65535)
#define MP_DICTIONARY_MAX (64u << 10)

enum mp_pack_record {
	MP_PACK_DICTIONARY = 1,	/* the first two records of every pack */
	MP_PACK_FRAME = 2
};

#define MP_FRAME_LAST 1	/* record flag */

struct mp_dictionary;

/* Copies the bytes; reading it is safe from several threads. */
struct mp_dictionary *mp_dictionary_new(const void *bytes, size_t len);
void mp_dictionary_free(struct mp_dictionary *dictionary);
size_t mp_dictionary_len(const struct mp_dictionary *dictionary);

/* Append a dictionary's bytes made of a sample of mail. */
void mp_dictionary_train(struct mp_buf *out, const void *sample, size_t len);

/* Append the two sealed records that hold the dictionary, each all of it. */
void mp_dictionary_seal(struct mp_buf *out, struct mp_sealer *sealer,
    const struct mp_dictionary *dictionary);

/* Read it from the start of a pack: the second copy if need be. */
enum mp_status mp_dictionary_load(struct mp_dictionary **dictionary,
    struct mp_recfile *pack, struct mp_err *err) MP_CHECKED;

/*
 * Check both copies; *damaged says whether one is. repair writes it anew
 * from the other, in its old place; the pack must be open for writing.
 * MP_CORRUPT: both are.
 */
enum mp_status mp_dictionary_check(bool *damaged, struct mp_recfile *pack,
    bool repair, struct mp_err *err) MP_CHECKED;

/* Compresses and seals; one a thread. The dictionary outlives it. */
struct mp_frame_sealer;

struct mp_frame_sealer *mp_frame_sealer_new(const struct mp_recfile *pack,
    const struct mp_dictionary *dictionary);
void mp_frame_sealer_free(struct mp_frame_sealer *sealer);

/*
 * Append the records of one message to out; meta is at most 32 KiB, raw at
 * most MP_FRAME_MESSAGE_MAX.
 */
void mp_frames_seal(struct mp_buf *out, struct mp_frame_sealer *sealer,
    uint32_t docid, const void *meta, size_t meta_len, const void *raw,
    size_t raw_len);

/*
 * Append a message's bytes to raw and its meta to meta. *next, unless NULL,
 * is the offset after its last record.
 *
 * MP_CORRUPT: a record is damaged, missing, or another document's.
 * MP_INVALID: more bytes than raw may hold.
 */
enum mp_status mp_frames_read(struct mp_buf *raw, struct mp_buf *meta,
    uint64_t *next, struct mp_recfile *pack,
    const struct mp_dictionary *dictionary, uint32_t docid, uint64_t offset,
    struct mp_err *err) MP_CHECKED;

#endif
