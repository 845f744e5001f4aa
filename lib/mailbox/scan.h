/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_MAILBOX_SCAN_H
#define MP_MAILBOX_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * The few fields of a header that taking mail in needs, found without
 * parsing the message. Nothing is decoded. The header ends where lib/message
 * ends it.
 */

/*
 * The first field of that name (any case, without colon): true, with *value
 * and *value_len set to its body, still folded, in raw.
 */
bool mp_scan_field(const uint8_t **value, size_t *value_len,
    const uint8_t *raw, size_t len, const char *name);

/* The offset of the body: after the header's empty line, or len. */
size_t mp_scan_body(const uint8_t *raw, size_t len);

/*
 * Append the message's id without <>; false when it has none. It is the one
 * that mp_message_id gives, unless encoded words or bytes that are not UTF-8
 * are in it: those stay as they are.
 */
bool mp_scan_id(struct mp_buf *id, const uint8_t *raw, size_t len);

/* Unix seconds of the Date field, roughly: for sorting. 0: none. */
int64_t mp_scan_date(const uint8_t *raw, size_t len);

/*
 * Unix seconds of a date written in words and digits in any of the usual
 * orders (RFC 5322, 3.3, and asctime); false when it is none.
 */
bool mp_scan_time(int64_t *when, const char *text, size_t len);

/* Does it start with a header that has From, To or Subject? */
bool mp_scan_is_mail(const uint8_t *raw, size_t len);

#endif
