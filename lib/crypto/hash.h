/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CRYPTO_HASH_H
#define MP_CRYPTO_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MP_SHA256_LEN 32

/* SHA-256 (FIPS 180-4) of len bytes. */
void mp_sha256(uint8_t out[MP_SHA256_LEN], const void *data, size_t len);

/*
 * HMAC-SHA256 (RFC 2104) under one key, many times: the keyed state is
 * prepared once. One mp_mac serves one thread at a time.
 */
struct mp_mac;

struct mp_mac *mp_mac_new(const uint8_t *key, size_t key_len);
void mp_mac_free(struct mp_mac *mac);
void mp_mac_compute(uint8_t out[MP_SHA256_LEN], struct mp_mac *mac,
    const void *data, size_t len);

/* Constant-time comparison. */
bool mp_equal(const void *a, const void *b, size_t len);

#endif
