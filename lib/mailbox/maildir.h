/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_MAILBOX_MAILDIR_H
#define MP_MAILBOX_MAILDIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "mailbox/mailbox.h"

/* Maildir (cr.yp.to/proto/maildir.html): names, flags, delivery. */

/*
 * The flags in a file's name, after ":2,". Without that, a message in new
 * (in_new) has no flags, and of others nothing is known: 0. *base_len is the length of the name before the info.
 */
uint8_t mp_maildir_flags(size_t *base_len, const char *name, bool in_new);

/* The opposite: ":2," and letters, sorted; at most 10 bytes with the NUL. */
#define MP_MAILDIR_INFO 10
void mp_maildir_info(char info[MP_MAILDIR_INFO], uint8_t flags);

/* Delivery into one Maildir. */
struct mp_maildir;

/*
 * Make the Maildir at path (mode 0700 for what is missing). sync:
 * mp_maildir_finish makes all messages durable; without it, for views that
 * may be lost, nothing is.
 */
enum mp_status mp_maildir_create(struct mp_maildir **maildir,
    const char *path, bool sync, struct mp_err *err) MP_CHECKED;

/*
 * Deliver one message: written to tmp, then renamed into cur, or into new
 * when its flags are 0 but for MP_MAIL_KNOWN. time is Unix seconds, given
 * to the file too. On a failure nothing is left in tmp.
 */
enum mp_status mp_maildir_deliver(struct mp_maildir *maildir,
    const uint8_t *raw, size_t len, uint8_t flags, int64_t when,
    struct mp_err *err) MP_CHECKED;

/* Make what was delivered durable, and free; NULL is fine. */
enum mp_status mp_maildir_finish(struct mp_maildir *maildir,
    struct mp_err *err) MP_CHECKED;

/* Free without. */
void mp_maildir_free(struct mp_maildir *maildir);

#endif
