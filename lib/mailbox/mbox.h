/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_MAILBOX_MBOX_H
#define MP_MAILBOX_MBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "mailbox/mailbox.h"

/*
 * The family of mbox files (RFC 4155 and what came before it). They do not
 * say which kind they are; this is how they are read:
 *
 * A message starts after a line "From SENDER DATE" that is the first of the
 * file or follows an empty line; without an empty line before it, or a date
 * in it, only when a header field follows and, without a date, SENDER is
 * "-" (Netscape) or an address. So "From here on ..." in a text starts no
 * message. One empty line before such a line, or before the end of the
 * file, belongs to the mbox.
 *
 * Content-Length (mboxcl, mboxcl2) is believed throughout a file when the
 * first message has one that ends right at a From line or at the end of the
 * file, and then for each message of which that is true. Else it is ignored:
 * a field in a received mail cannot make other messages vanish.
 *
 * Quoted lines (">From ") stay as they are, since mboxo and mboxrd look the
 * same and undoing the wrong one would change what was sent. They are undone
 * in a file known to be mboxrd: the caller says so, or its first line is
 * "From mp@localhost ", which mp_mbox_write makes; there exactly one line
 * end before each From line is the mbox's, so that such a file gives
 * back every message to the byte.
 *
 * Nothing but the current message is kept in memory.
 */
struct mp_mbox;

struct mp_mbox_mail {
	uint64_t start;		/* offset of its From line */
	uint64_t end;		/* offset after it: the next one's start */
	int64_t received;	/* Unix seconds from the From line, 0: none */
	uint8_t flags;		/* from the Status and X-Status fields */
};

/*
 * Read the open regular file fd, which stays the caller's, from the offset
 * on, where a From line must stand. name is for errors.
 *
 * MP_INVALID: what stands there is no From line (nor a header: a file of one
 * message without From line is read as one).
 */
enum mp_status mp_mbox_open(struct mp_mbox **mbox, int fd, const char *name,
    uint64_t offset, bool mboxrd, struct mp_err *err) MP_CHECKED;
void mp_mbox_close(struct mp_mbox *mbox);

/*
 * The next message. MP_NOT_FOUND: the end, err has no text. MP_INVALID: it
 * is too long for raw; the next call goes on after it.
 */
enum mp_status mp_mbox_next(struct mp_buf *raw, struct mp_mbox_mail *mail,
    struct mp_mbox *mbox, struct mp_err *err) MP_CHECKED;

/*
 * Append a message as mboxrd: From line, the message with lines that match
 * ">*From " quoted by one more ">", one line end.
 */
void mp_mbox_write(struct mp_buf *to, const uint8_t *raw, size_t len,
    int64_t when);

#endif
