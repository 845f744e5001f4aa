/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/kdf.h"

#include <assert.h>
#include <openssl/evp.h>

#include "base/buf.h"
#include "crypto/crypto_internal.h"
#include "crypto/hash.h"

/* Extract, and then expand block by block: T(i) = HMAC(T(i-1) info i). */
void
mp_hkdf(uint8_t *out, size_t out_len, const void *key, size_t key_len,
    const void *salt, size_t salt_len, const void *info, size_t info_len)
{
	static const uint8_t no_salt[MP_SHA256_LEN];
	uint8_t block[MP_SHA256_LEN], count = 1;
	struct mp_buf text = MP_BUF_INIT(SIZE_MAX / 2);
	struct mp_mac *mac;
	size_t take;

	assert(out_len <= 255 * sizeof block);
	mac = salt_len != 0 ? mp_mac_new(salt, salt_len) :
	    mp_mac_new(no_salt, sizeof no_salt);
	mp_mac_compute(block, mac, key, key_len);
	mp_mac_free(mac);
	mac = mp_mac_new(block, sizeof block);
	(void)mp_buf_reserve(&text, sizeof block + info_len + 1);
	for (; out_len != 0; out_len -= take, out += take) {
		mp_buf_add(&text, info, info_len);
		mp_buf_byte(&text, count++);
		mp_mac_compute(block, mac, text.data, text.len);
		take = out_len < sizeof block ? out_len : sizeof block;
		memcpy(out, block, take);
		mp_buf_reset(&text);
		mp_buf_add(&text, block, sizeof block);
	}
	mp_mac_free(mac);
	explicit_bzero(block, sizeof block);
	explicit_bzero(text.data, text.len);
	mp_buf_clear(&text);
}

enum mp_status
mp_scrypt(uint8_t *out, size_t out_len, const void *pass, size_t pass_len,
    const void *salt, size_t salt_len, unsigned log2_n, unsigned p,
    struct mp_err *err)
{
	/* N blocks of 128 * r bytes, and what p lanes and OpenSSL add. */
	const uint64_t slack = (uint64_t)1 << 20;
	uint64_t memory;

	if (log2_n < MP_SCRYPT_LOG2N_MIN || log2_n > MP_SCRYPT_LOG2N_MAX)
		return mp_err_set(err, MP_INVALID,
		    "scrypt cost 2^%u is not in 2^%d..2^%d", log2_n,
		    MP_SCRYPT_LOG2N_MIN, MP_SCRYPT_LOG2N_MAX);
	if (p < 1 || p > MP_SCRYPT_P_MAX)
		return mp_err_set(err, MP_INVALID,
		    "scrypt parallelism %u is not in 1..%d", p,
		    MP_SCRYPT_P_MAX);
	mp_crypto_start();
	memory = ((uint64_t)1024 << log2_n) + slack;
	if (EVP_PBE_scrypt(pass, pass_len, salt, salt_len,
	    (uint64_t)1 << log2_n, 8, p, memory, out, out_len) != 1)
		return mp_err_set(err, MP_RETRY,
		    "cannot derive a key: not enough memory for scrypt "
		    "(%llu MiB)", (unsigned long long)(memory >> 20));
	return MP_OK;
}
