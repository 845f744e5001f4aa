/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CRYPTO_AEAD_H
#define MP_CRYPTO_AEAD_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * AES-256-GCM (NIST SP 800-38D) with 96-bit nonces and 128-bit tags. The
 * caller never uses a nonce twice under a key. One mp_aead serves one
 * thread at a time; it holds the expanded key and is wiped when freed.
 */
#define MP_AEAD_KEY 32
#define MP_AEAD_NONCE 12
#define MP_AEAD_TAG 16

struct mp_aead;

struct mp_aead *mp_aead_new(const uint8_t key[MP_AEAD_KEY]);
void mp_aead_free(struct mp_aead *aead);

/*
 * Seal len bytes of in to out, which has room for len + MP_AEAD_TAG. in and
 * out may be the same. Ends the process (exit 70) when OpenSSL fails, which
 * it does not on valid arguments.
 */
void mp_aead_seal(uint8_t *out, struct mp_aead *aead,
    const uint8_t nonce[MP_AEAD_NONCE], const void *aad, size_t aad_len,
    const void *in, size_t len);

/*
 * Open sealed_len bytes (tag included) to out, which has room for
 * sealed_len - MP_AEAD_TAG; in and out may be the same.
 *
 * MP_CORRUPT: the seal does not hold; out is wiped; err says only "seal
 * broken": the caller puts the file and place before it.
 */
enum mp_status mp_aead_open(uint8_t *out, struct mp_aead *aead,
    const uint8_t nonce[MP_AEAD_NONCE], const void *aad, size_t aad_len,
    const void *sealed, size_t sealed_len, struct mp_err *err) MP_CHECKED;

#endif
