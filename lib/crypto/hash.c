/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/hash.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>

#include "base/alloc.h"
#include "crypto/crypto_internal.h"

struct mp_mac {
	EVP_MAC_CTX *ctx;
};

/* Fetched once: a fetch costs more than hashing a header. */
static EVP_MD *sha256;
static EVP_MAC *hmac;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;
static pthread_once_t hmac_once = PTHREAD_ONCE_INIT;

static void
fetch_sha256(void)
{
	mp_crypto_start();
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (sha256 == NULL)
		mp_crypto_fail("EVP_MD_fetch");
}

static void
fetch_hmac(void)
{
	mp_crypto_start();
	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (hmac == NULL)
		mp_crypto_fail("EVP_MAC_fetch");
}

void
mp_sha256(uint8_t out[MP_SHA256_LEN], const void *data, size_t len)
{
	(void)pthread_once(&sha256_once, fetch_sha256);
	if (EVP_Digest(data, len, out, NULL, sha256, NULL) != 1)
		mp_crypto_fail("EVP_Digest");
}

struct mp_mac *
mp_mac_new(const uint8_t *key, size_t key_len)
{
	struct mp_mac *mac = mp_calloc(1, sizeof *mac);
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
		    digest, 0),
		OSSL_PARAM_construct_end()
	};

	(void)pthread_once(&hmac_once, fetch_hmac);
	mac->ctx = EVP_MAC_CTX_new(hmac);
	/* A NULL key would mean "keep the old one" to OpenSSL. */
	if (mac->ctx == NULL || EVP_MAC_init(mac->ctx,
	    key != NULL ? key : (const uint8_t *)"", key_len, params) != 1)
		mp_crypto_fail("EVP_MAC_init");
	return mac;
}

void
mp_mac_free(struct mp_mac *mac)
{
	if (mac == NULL)
		return;
	EVP_MAC_CTX_free(mac->ctx);
	free(mac);
}

void
mp_mac_compute(uint8_t out[MP_SHA256_LEN], struct mp_mac *mac,
    const void *data, size_t len)
{
	size_t got;

	if (EVP_MAC_init(mac->ctx, NULL, 0, NULL) != 1 ||
	    EVP_MAC_update(mac->ctx, data, len) != 1 ||
	    EVP_MAC_final(mac->ctx, out, &got, MP_SHA256_LEN) != 1)
		mp_crypto_fail("EVP_MAC");
}

bool
mp_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}
