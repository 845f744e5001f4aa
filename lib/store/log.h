/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_STORE_LOG_H
#define MP_STORE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "keys/keys.h"

/*
 * The event log: record files log/<16 hex> from 1 on, of which the last is
 * written. Events are gathered in memory; mp_log_commit appends them with
 * the COMMIT that closes them and syncs: the commit point of the store.
 * Each COMMIT holds a keyed hash over itself and its predecessor's, so that
 * batches cannot be dropped, doubled or exchanged.
 */
#define MP_COMMIT_MAC 16

/* Where the log ends and what its last COMMIT says. */
struct mp_log_state {
	uint64_t file;		/* id of the last file; 0: no log at all */
	uint64_t end;		/* length of that file */
	uint64_t events;	/* sequence number of the next event */
	uint64_t epoch;		/* number of the last commit */
	int64_t time;		/* of it, Unix seconds */
	uint32_t doc_end;	/* docids given out */
	uint64_t pack;		/* id of the last pack; 0: none */
	uint64_t pack_end;	/* its committed length */
	uint8_t mac[MP_COMMIT_MAC];
};

struct mp_log_event {
	uint8_t type;
	const uint8_t *body;
	size_t len;
};

/* One committed batch; what it points to is gone after the call. */
struct mp_log_batch {
	const struct mp_log_event *events;	/* without the COMMIT */
	size_t count;
	const char *writer;
	const struct mp_log_state *state;	/* as its COMMIT left it */
};

struct mp_log;

/* The log in the folder; nothing is opened yet. */
struct mp_log *mp_log_new(const char *folder, const struct mp_keys *keys);
void mp_log_free(struct mp_log *log);

/* Gather an event; forget all gathered ones. */
void mp_log_add(struct mp_log *log, uint8_t type, const void *body,
    size_t len);
void mp_log_drop(struct mp_log *log);
bool mp_log_pending(const struct mp_log *log);

/*
 * Append what was gathered and the COMMIT that state describes (file, end,
 * events, epoch and mac are set here: state is the last commit's, with
 * doc_end, pack and pack_end brought up to date), and sync.
 */
enum mp_status mp_log_commit(struct mp_log *log, struct mp_log_state *state,
    const char *writer, struct mp_err *err) MP_CHECKED;

typedef enum mp_status mp_log_batch_fn(void *arg,
    const struct mp_log_batch *batch, struct mp_err *err);

/*
 * Walk the batches after state, which is brought forward with each. At the
 * end *tail says whether bytes without a valid COMMIT follow.
 *
 * MP_CORRUPT: damage that a valid COMMIT follows, or a file that is missing
 * or shorter than state says.
 */
enum mp_status mp_log_walk(bool *tail, struct mp_log *log,
    struct mp_log_state *state, mp_log_batch_fn *fn, void *arg,
    struct mp_err *err) MP_CHECKED;

/* Is there anything in the log after state? Two system calls. */
enum mp_status mp_log_ahead(bool *ahead, struct mp_log *log,
    const struct mp_log_state *state, struct mp_err *err) MP_CHECKED;

/* The path of log file id; the caller frees it. */
char *mp_log_path(const struct mp_log *log, uint64_t id);

#endif
