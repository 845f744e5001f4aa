/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_INGEST_SPOOL_H
#define MP_INGEST_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "ingest/ingest.h"
#include "keys/keys.h"
#include "keys/keyslots.h"
#include "mailbox/mailbox.h"

/*
 * Mail that arrives while the store is locked or busy: one file a message in
 * STORE/spool, sealed to the public key in the keyslots (mp-store.5). Who
 * has no key can put mail in, as anybody can send mail, but read none.
 */

/*
 * Put one message in; durable when it returns MP_OK. MP_RETRY: the disk is
 * full. Nothing is left behind after a failure.
 */
enum mp_status mp_spool_put(const char *store_path,
    const uint8_t spool_key[MP_SPOOL_KEY_LEN], const uint8_t *raw,
    size_t len, int64_t received, struct mp_err *err) MP_CHECKED;

/* How many messages wait; needs no key. */
size_t mp_spool_count(const char *store_path);

/*
 * Take all that waits into the store, commit, and then remove the files. A
 * file that does not open is handed to report, renamed to NAME.bad, and
 * counts no more. *taken, unless NULL, is how many went in.
 */
enum mp_status mp_spool_absorb(size_t *taken, struct mp_ingest *ingest,
    mp_mailbox_report_fn *report, void *arg, struct mp_err *err) MP_CHECKED;

/*
 * The same for a command that has no ingest of its own; new_tags as in
 * struct mp_ingest_options. Costs nothing when nothing waits.
 */
enum mp_status mp_spool_empty(size_t *taken, struct mp_store *store,
    const struct mp_strlist *new_tags, mp_mailbox_report_fn *report,
    void *arg, struct mp_err *err) MP_CHECKED;

#endif
