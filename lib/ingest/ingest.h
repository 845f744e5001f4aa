/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_INGEST_INGEST_H
#define MP_INGEST_INGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "index/index.h"
#include "mailbox/mailbox.h"
#include "store/store.h"

/*
 * Taking raw mail into the store: id, duplicates, tags and folders, in
 * batches, each one commit. Nothing of a message is parsed but the fields
 * that mailbox/scan.h finds.
 *
 * The id of a message is its Message-ID; without one, or with one over
 * MP_ID_MAX bytes, "mp-sha256-HEX@localhost". A message whose bytes the
 * store has is known: only its folder is added. The same id with other bytes
 * is kept beside the first.
 *
 * Tags of a new message are those of new_tags; then, where its mailbox
 * tells flags: unread without S, else not unread; flagged F, replied R,
 * passed P, draft D, deleted T.
 *
 * Batches are sorted by date and sealed in threads. What a batch holds is
 * durable when its commit is done, and only then handed to stored; a killed
 * run leaves whole batches behind.
 */
/* id is as records carry it ("id:..."). Called in docid order. */
typedef void mp_stored_fn(void *arg, const char *id);

/* id is known already, in docid's message. */
typedef void mp_known_fn(void *arg, const char *id);

/* In the transaction, before its commit: the place to save states. */
typedef enum mp_status mp_before_commit_fn(void *arg,
    struct mp_store *store, struct mp_err *err);

struct mp_ingest_options {
	const struct mp_strlist *new_tags;	/* may be NULL */
	bool index;		/* index what is taken in, too */
	bool dry_run;		/* commit nothing, only say what is new */
	unsigned threads;	/* 0: 2 */
	size_t batch;		/* bytes of mail a commit; 0: 32 MiB */
	mp_stored_fn *stored;	/* may be NULL */
	mp_known_fn *known;	/* may be NULL */
	void *arg;
};

struct mp_mail {
	const uint8_t *raw;
	size_t len;
	const char *folder;	/* below the source's root; NULL: none */
	int64_t received;	/* Unix seconds */
	uint8_t flags;		/* enum mp_mail_flag */

	/*
	 * The file was taken in before, with old_flags: what differs becomes
	 * tags, and the message leaves left_folder (unless NULL). If the
	 * store has it no more it stays away.
	 */
	bool again;
	uint8_t old_flags;
	const char *left_folder;
};

struct mp_ingest;

/* The store is open for writing and outside a transaction. */
enum mp_status mp_ingest_new(struct mp_ingest **ingest,
    struct mp_store *store, const struct mp_ingest_options *options,
    struct mp_err *err) MP_CHECKED;

/* Drops what was not committed. NULL is fine. */
void mp_ingest_free(struct mp_ingest *ingest);

/* Called before each commit from now on; fn NULL: nothing is. */
void mp_ingest_hook(struct mp_ingest *ingest, mp_before_commit_fn *fn,
    void *arg);

/* Take one message, copying it; may commit what came before it. */
enum mp_status mp_ingest_add(struct mp_ingest *ingest,
    const struct mp_mail *mail, struct mp_err *err) MP_CHECKED;

/*
 * The store, with a transaction open, for a state that changed without a
 * message; it is committed with what is gathered.
 */
enum mp_status mp_ingest_touch(struct mp_store **store,
    struct mp_ingest *ingest, struct mp_err *err) MP_CHECKED;

/* The store, to read from. */
struct mp_store *mp_ingest_store(struct mp_ingest *ingest);

/* Commit all that is gathered; more may be added afterwards. */
enum mp_status mp_ingest_commit(struct mp_ingest *ingest,
    struct mp_err *err) MP_CHECKED;

#endif
