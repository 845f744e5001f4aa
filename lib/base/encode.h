/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_BASE_ENCODE_H
#define MP_BASE_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Hexadecimal, base64 (RFC 4648) and percent escapes of message ids. */

/* Append len bytes as lower-case hex digits. */
void mp_hex_add(struct mp_buf *to, const void *data, size_t len);

/* Read exactly len bytes from 2 * len hex digits; false on any other. */
bool mp_hex_read(uint8_t *to, size_t len, const char *text, size_t text_len);

/* Append base64 with padding, without line breaks. */
void mp_base64_add(struct mp_buf *to, const void *data, size_t len);

/*
 * Append what the base64 text says, passing over everything outside the
 * alphabet and stopping at padding (RFC 2045, section 6.8).
 */
void mp_base64_read(struct mp_buf *to, const void *text, size_t len);

/*
 * Append a message id as records carry it: bytes up to 0x20, 0x7f, '%' and
 * bytes that are not UTF-8 become %XX.
 */
void mp_id_escape(struct mp_buf *to, const char *id, size_t len);

/* The other way round; a '%' without two hex digits stands for itself. */
void mp_id_unescape(struct mp_buf *to, const char *text, size_t len);

#endif
