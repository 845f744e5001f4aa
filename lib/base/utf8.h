/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_BASE_UTF8_H
#define MP_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing > U+10FFFF. */

/*
 * Decode one code point; gives the bytes it took, or 0 when what stands
 * there is not UTF-8 (then *point is U+FFFD).
 */
size_t mp_utf8_decode(uint32_t *point, const char *text, size_t len);

/* Append one code point. */
void mp_utf8_add(struct mp_buf *to, uint32_t point);

bool mp_utf8_valid(const char *text, size_t len);

/* Append text with each byte that is not UTF-8 replaced by U+FFFD. */
void mp_utf8_repair(struct mp_buf *to, const char *text, size_t len);

/*
 * Is it a character that shows nothing, or changes how others are shown:
 * bidirectional overrides and isolates, zero-width ones, tags?
 */
bool mp_utf8_invisible(uint32_t point);

/*
 * Append text so that it is safe on a terminal and in a record: C0 and C1
 * controls (TAB and LF too, unless multiline is true), DEL, bidirectional
 * overrides and isolates, zero-width and other invisible characters become
 * visible ("<U+202E>", control pictures); bytes that are not UTF-8 become
 * U+FFFD.
 */
void mp_utf8_clean(struct mp_buf *to, const char *text, size_t len,
    bool multiline);

#endif
