/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_MAILBOX_MAILBOX_H
#define MP_MAILBOX_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * What all kinds of mailboxes have in common. A mailbox is hostile: names,
 * links, sizes and bytes are whatever somebody put there.
 */

/* Bytes of one message; longer ones are reported and passed over. */
#define MP_MAIL_MAX ((size_t)128 << 20)

/* What a mailbox knows of a message (Maildir's info letters S R F P D T). */
enum mp_mail_flag {
	MP_MAIL_SEEN = 1,
	MP_MAIL_REPLIED = 2,
	MP_MAIL_FLAGGED = 4,
	MP_MAIL_PASSED = 8,
	MP_MAIL_DRAFT = 16,
	MP_MAIL_TRASHED = 32,
	MP_MAIL_KNOWN = 128	/* without it the mailbox says nothing */
};

/* Told of each file or folder that cannot be read and is passed over. */
typedef void mp_mailbox_report_fn(void *arg, const struct mp_err *err);

/*
 * The length of the mbox "From " line that messages from mail delivery
 * agents and one-message mbox files start with, 0 when there is none. It is
 * no part of a message.
 */
size_t mp_mail_from_line(const uint8_t *raw, size_t len);

/* Does the line at text look like a header field (RFC 5322, 2.2)? */
bool mp_mail_is_field(const uint8_t *text, size_t len);

#endif
