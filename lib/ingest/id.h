/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_INGEST_ID_H
#define MP_INGEST_ID_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of an id; a longer Message-ID does not count as one. */
#define MP_ID_MAX 2000

/*
 * The id of a message: its Message-ID without <>, or without one
 * "mp-sha256-HEX@localhost" of its bytes. sha256 may be NULL: then it is
 * computed when needed. The caller frees it.
 */
char *mp_mail_id(const uint8_t *raw, size_t len, const uint8_t *sha256);

#endif
