/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CRYPTO_SEALEDBOX_H
#define MP_CRYPTO_SEALEDBOX_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Sealed boxes (libsodium crypto_box_seal: X25519, XSalsa20-Poly1305):
 * whoever has the public key can close one, only the secret key opens it,
 * and it does not say who closed it. Mail that arrives while the store is
 * locked waits in them.
 */
#define MP_BOX_SEED 32
#define MP_BOX_PUBLIC 32
#define MP_BOX_SECRET 32
#define MP_BOX_OVERHEAD 48

/* The key pair that a seed of 32 random bytes stands for. */
void mp_box_keys(uint8_t public_key[MP_BOX_PUBLIC],
    uint8_t secret_key[MP_BOX_SECRET], const uint8_t seed[MP_BOX_SEED]);

/* Seal len bytes to out, which has room for len + MP_BOX_OVERHEAD. */
void mp_box_seal(uint8_t *out, const void *in, size_t len,
    const uint8_t public_key[MP_BOX_PUBLIC]);

/*
 * Open sealed_len bytes to out, which has room for
 * sealed_len - MP_BOX_OVERHEAD.
 *
 * MP_CORRUPT: not a box for this key, or damaged; err says "seal broken".
 */
enum mp_status mp_box_open(uint8_t *out, const void *sealed,
    size_t sealed_len, const uint8_t public_key[MP_BOX_PUBLIC],
    const uint8_t secret_key[MP_BOX_SECRET], struct mp_err *err) MP_CHECKED;

#endif
