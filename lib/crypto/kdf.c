/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/kdf.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <pthread.h>

#include "crypto/crypto_internal.h"

static EVP_KDF *hkdf;
static pthread_once_t hkdf_once = PTHREAD_ONCE_INIT;

static void
fetch_hkdf(void)
{
	mp_crypto_start();
	hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	if (hkdf == NULL)
		mp_crypto_fail("EVP_KDF_fetch");
}

/* OpenSSL wants its inputs writable, but does not write there. */
static OSSL_PARAM
octets(const char *name, const void *data, size_t len)
{
	union { const void *from; void *to; } cast = { .from = data };

	return OSSL_PARAM_construct_octet_string(name, cast.to, len);
}

void
mp_hkdf(uint8_t *out, size_t out_len, const void *key, size_t key_len,
    const void *salt, size_t salt_len, const void *info, size_t info_len)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[5], *p = params;
	EVP_KDF_CTX *ctx;

	(void)pthread_once(&hkdf_once, fetch_hkdf);
	*p++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
	    digest, 0);
	*p++ = octets(OSSL_KDF_PARAM_KEY, key, key_len);
	if (salt_len != 0)
		*p++ = octets(OSSL_KDF_PARAM_SALT, salt, salt_len);
	if (info_len != 0)
		*p++ = octets(OSSL_KDF_PARAM_INFO, info, info_len);
	*p = OSSL_PARAM_construct_end();
	ctx = EVP_KDF_CTX_new(hkdf);
	if (ctx == NULL || EVP_KDF_derive(ctx, out, out_len, params) != 1)
		mp_crypto_fail("EVP_KDF_derive");
	EVP_KDF_CTX_free(ctx);
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
