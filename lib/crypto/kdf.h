/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CRYPTO_KDF_H
#define MP_CRYPTO_KDF_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* HKDF-SHA256, extract and expand (RFC 5869). */
void mp_hkdf(uint8_t *out, size_t out_len, const void *key, size_t key_len,
    const void *salt, size_t salt_len, const void *info, size_t info_len);

/*
 * scrypt (RFC 7914) with N = 2^log2_n, r = 8 and parallelism p.
 *
 * MP_INVALID: log2_n is not in 10..20 or p not in 1..4.
 * MP_RETRY: not enough memory.
 */
enum mp_status mp_scrypt(uint8_t *out, size_t out_len, const void *pass,
    size_t pass_len, const void *salt, size_t salt_len, unsigned log2_n,
    unsigned p, struct mp_err *err) MP_CHECKED;

#endif
