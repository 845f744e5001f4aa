/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_INGEST_DELIVER_H
#define MP_INGEST_DELIVER_H

#include "base/buf.h"
#include "base/err.h"
#include "ingest/ingest.h"
#include "keys/unlock.h"

/*
 * One message from a mail delivery agent, which must not lose it: into the
 * store if that can be opened and written without asking or waiting, else,
 * for whatever reason, into the spool.
 */

/*
 * Read one message from a descriptor into raw, without an mbox From line,
 * and point mail at it.
 *
 * MP_INVALID: there is none. MP_RETRY: it cannot be read, or is too large.
 */
enum mp_status mp_deliver_read(struct mp_buf *raw, struct mp_mail *mail,
    int fd, struct mp_err *err) MP_CHECKED;

/* Store the message; called with the keys when the store is unlocked. */
typedef enum mp_status mp_deliver_fn(void *arg, const struct mp_keys *keys,
    const struct mp_mail *mail, struct mp_err *err);

/*
 * Deliver. After MP_OK the message is durable; *why then holds the reason if
 * it went into the spool. The terminal is never asked.
 *
 * MP_RETRY: on any failure, so that the agent keeps the message.
 */
enum mp_status mp_deliver(struct mp_err *why, struct mp_unlock_ways *ways,
    mp_deliver_fn *store, void *arg, const struct mp_mail *mail,
    struct mp_err *err) MP_CHECKED;

#endif
