/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CRYPTO_KDF_H
#define MP_CRYPTO_KDF_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define MP_SCRYPT_LOG2N_MIN 10
#define MP_SCRYPT_LOG2N_MAX 20
#define MP_SCRYPT_P_MAX 4

/* HKDF-SHA256, extract and expand (RFC 5869). */
void mp_hkdf(uint8_t *out, size_t out_len, const void *key, size_t key_len,
    const void *salt, size_t salt_len, const void *info, size_t info_len);

/*
 * scrypt (RFC 7914) with N = 2^log2_n, r = 8 and parallelism p. It takes
 * 2^log2_n KiB of memory; the bounds hold before any of it is asked for.
 *
 * MP_INVALID: log2_n or p is out of bounds.
 * MP_RETRY: not enough memory.
 */
enum mp_status mp_scrypt(uint8_t *out, size_t out_len, const void *pass,
    size_t pass_len, const void *salt, size_t salt_len, unsigned log2_n,
    unsigned p, struct mp_err *err) MP_CHECKED;

#endif
