/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_BASE_SECRET_H
#define MP_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Memory for keys and passphrases: pages of their own between guard pages,
 * locked in RAM where the limit allows, left out of core dumps, wiped in
 * forked children and when freed. Never compared but with mp_secret_equal.
 */
struct mp_secret {
	uint8_t *data;	/* len bytes, then a NUL */
	size_t len;
	size_t mapped;	/* bytes of the whole mapping, guards included */
};

#define MP_SECRET_INIT { NULL, 0, 0 }

/* Take len zero bytes of secret memory; free with mp_secret_clear. */
void mp_secret_init(struct mp_secret *secret, size_t len);
void mp_secret_set(struct mp_secret *secret, const void *data, size_t len);
void mp_secret_copy(struct mp_secret *to, const struct mp_secret *from);
void mp_secret_clear(struct mp_secret *secret);	/* wipes; NULL data is fine */

/* Constant-time comparison of content; lengths are not secret. */
bool mp_secret_equal(const struct mp_secret *a, const struct mp_secret *b);

#endif
