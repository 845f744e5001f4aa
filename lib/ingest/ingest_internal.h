/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_INGEST_INTERNAL_H
#define MP_INGEST_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "ingest/ingest.h"
#include "store/store.h"

/* What becomes of a message of a batch. */
enum mp_batch_fate {
	MP_BATCH_NEW,
	MP_BATCH_KNOWN,
	MP_BATCH_IGNORED
};

struct mp_batch_mail {
	struct mp_arrival arrival;	/* raw and id: only once prepared */
	size_t offset;			/* of raw in the batch's bytes */
	char *id;
	const char *folder;
	const char *left_folder;
	int64_t date;
	uint8_t flags;
	uint8_t old_flags;
	bool again;
	bool variant;			/* other bytes with its id came first */
	enum mp_batch_fate fate;
	uint32_t docid;
	size_t sealed;			/* offset of its records in its job's */
	size_t sealed_len;
};

/* The messages of one batch: bytes one after the other. */
struct mp_batch {
	struct mp_buf bytes;
	struct mp_batch_mail *mails;
	size_t count;
	size_t cap;
};

#define MP_INGEST_THREADS_MAX 16

/* A contiguous part of a batch, for one thread. */
struct mp_batch_job {
	struct mp_batch *batch;
	size_t first;
	size_t end;
	struct mp_message_sealer *sealer;
	struct mp_buf sealed;
};

void mp_batch_reset(struct mp_batch *batch);

/* Split into at most threads jobs of about the same number of bytes. */
size_t mp_batch_split(struct mp_batch_job *jobs, unsigned threads,
    struct mp_batch *batch);

/* Hash all messages, find ids and dates; then sort by date. */
void mp_batch_prepare(struct mp_batch *batch, unsigned threads);

/* Seal what is new. The jobs have their sealers. */
void mp_batch_seal(struct mp_batch_job *jobs, size_t count);

#endif
