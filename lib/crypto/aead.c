/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/aead.h"

#include <openssl/evp.h>
#include <pthread.h>

#include "base/alloc.h"
#include "crypto/crypto_internal.h"

#define PART_MAX ((size_t)1 << 30)	/* OpenSSL takes lengths as int */

enum direction { OPEN = 0, SEAL = 1 };

struct mp_aead {
	EVP_CIPHER_CTX *ctx;
};

static EVP_CIPHER *gcm;
static pthread_once_t gcm_once = PTHREAD_ONCE_INIT;

static void
fetch_gcm(void)
{
	mp_crypto_start();
	gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	if (gcm == NULL)
		mp_crypto_fail("EVP_CIPHER_fetch");
}

struct mp_aead *
mp_aead_new(const uint8_t key[MP_AEAD_KEY])
{
	struct mp_aead *aead = mp_calloc(1, sizeof *aead);

	(void)pthread_once(&gcm_once, fetch_gcm);
	aead->ctx = EVP_CIPHER_CTX_new();
	if (aead->ctx == NULL ||
	    EVP_CipherInit_ex2(aead->ctx, gcm, key, NULL, SEAL, NULL) != 1)
		mp_crypto_fail("EVP_CipherInit");
	return aead;
}

void
mp_aead_free(struct mp_aead *aead)
{
	if (aead == NULL)
		return;
	EVP_CIPHER_CTX_free(aead->ctx);
	free(aead);
}

/* Pass bytes through the cipher; out is NULL for associated data. */
static void
update(struct mp_aead *aead, uint8_t *out, const void *in, size_t len)
{
	const uint8_t *from = in;

	while (len != 0) {
		size_t part = len < PART_MAX ? len : PART_MAX;
		int got;

		if (EVP_CipherUpdate(aead->ctx, out, &got, from,
		    (int)part) != 1 || (size_t)got != part)
			mp_crypto_fail("EVP_CipherUpdate");
		out = out != NULL ? out + part : NULL;
		from += part;
		len -= part;
	}
}

static void
run(struct mp_aead *aead, enum direction direction, uint8_t *out,
    const uint8_t *nonce, const void *aad, size_t aad_len, const void *in,
    size_t len)
{
	if (EVP_CipherInit_ex2(aead->ctx, NULL, NULL, nonce, (int)direction,
	    NULL) != 1)
		mp_crypto_fail("EVP_CipherInit");
	update(aead, NULL, aad, aad_len);
	update(aead, out, in, len);
}

void
mp_aead_seal(uint8_t *out, struct mp_aead *aead,
    const uint8_t nonce[MP_AEAD_NONCE], const void *aad, size_t aad_len,
    const void *in, size_t len)
{
	int got;

	run(aead, SEAL, out, nonce, aad, aad_len, in, len);
	if (EVP_CipherFinal_ex(aead->ctx, out + len, &got) != 1 ||
	    EVP_CIPHER_CTX_ctrl(aead->ctx, EVP_CTRL_AEAD_GET_TAG,
	    MP_AEAD_TAG, out + len) != 1)
		mp_crypto_fail("EVP_CipherFinal");
}

enum mp_status
mp_aead_open(uint8_t *out, struct mp_aead *aead,
    const uint8_t nonce[MP_AEAD_NONCE], const void *aad, size_t aad_len,
    const void *sealed, size_t sealed_len, struct mp_err *err)
{
	uint8_t tag[MP_AEAD_TAG], none[MP_AEAD_TAG];
	size_t len = sealed_len - MP_AEAD_TAG;
	int got;

	if (sealed_len < MP_AEAD_TAG)
		return mp_err_set(err, MP_CORRUPT, "seal broken");
	memcpy(tag, (const uint8_t *)sealed + len, sizeof tag);
	run(aead, OPEN, out, nonce, aad, aad_len, sealed, len);
	if (EVP_CIPHER_CTX_ctrl(aead->ctx, EVP_CTRL_AEAD_SET_TAG, MP_AEAD_TAG,
	    tag) != 1)
		mp_crypto_fail("EVP_CTRL_AEAD_SET_TAG");
	if (EVP_CipherFinal_ex(aead->ctx, none, &got) != 1) {
		explicit_bzero(out, len);
		return mp_err_set(err, MP_CORRUPT, "seal broken");
	}
	return MP_OK;
}
