/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Two implementations of one cipher. libsodium's is ready at once; to fetch
 * OpenSSL's costs a process over a millisecond, more than most searches
 * take, but it is twice as fast with long runs. So a key starts with the
 * first, where the processor has AES instructions, and goes on with the
 * second when it has sealed and opened SWITCH_BYTES.
 */
#include "crypto/aead.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>

#include "base/alloc.h"
#include "crypto/crypto_internal.h"

#define SWITCH_BYTES ((size_t)1 << 20)
#define PART_MAX ((size_t)1 << 30)	/* OpenSSL takes lengths as int */

enum direction { OPEN = 0, SEAL = 1 };

struct mp_aead {
	crypto_aead_aes256gcm_state quick;
	size_t quick_bytes;	/* what it has done */
	EVP_CIPHER_CTX *ctx;	/* NULL: quick is used */
	uint8_t key[MP_AEAD_KEY];
};

_Static_assert(MP_AEAD_KEY == crypto_aead_aes256gcm_KEYBYTES &&
    MP_AEAD_NONCE == crypto_aead_aes256gcm_NPUBBYTES &&
    MP_AEAD_TAG == crypto_aead_aes256gcm_ABYTES, "libsodium's sizes");

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

static void
use_openssl(struct mp_aead *aead)
{
	(void)pthread_once(&gcm_once, fetch_gcm);
	aead->ctx = EVP_CIPHER_CTX_new();
	if (aead->ctx == NULL || EVP_CipherInit_ex2(aead->ctx, gcm,
	    aead->key, NULL, SEAL, NULL) != 1)
		mp_crypto_fail("EVP_CipherInit");
}

struct mp_aead *
mp_aead_new(const uint8_t key[MP_AEAD_KEY])
{
	struct mp_aead *aead = mp_calloc(1, sizeof *aead);

	memcpy(aead->key, key, MP_AEAD_KEY);
	if (sodium_init() < 0)
		mp_crypto_fail("sodium_init");
	if (!crypto_aead_aes256gcm_is_available())
		use_openssl(aead);
	else if (crypto_aead_aes256gcm_beforenm(&aead->quick, key) != 0)
		mp_crypto_fail("crypto_aead_aes256gcm_beforenm");
	return aead;
}

void
mp_aead_free(struct mp_aead *aead)
{
	if (aead == NULL)
		return;
	EVP_CIPHER_CTX_free(aead->ctx);
	explicit_bzero(aead, sizeof *aead);
	free(aead);
}

/* May len bytes more be done by quick? */
static bool
is_quick(struct mp_aead *aead, size_t len)
{
	if (aead->ctx != NULL)
		return false;
	if (len <= SWITCH_BYTES - aead->quick_bytes) {
		aead->quick_bytes += len;
		return true;
	}
	use_openssl(aead);
	return false;
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

	if (is_quick(aead, len)) {
		if (crypto_aead_aes256gcm_encrypt_afternm(out, NULL, in, len,
		    aad, aad_len, NULL, nonce, &aead->quick) != 0)
			mp_crypto_fail("crypto_aead_aes256gcm_encrypt");
		return;
	}
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
	if (is_quick(aead, len)) {
		if (crypto_aead_aes256gcm_decrypt_afternm(out, NULL, NULL,
		    sealed, sealed_len, aad, aad_len, nonce,
		    &aead->quick) == 0)
			return MP_OK;
		explicit_bzero(out, len);
		return mp_err_set(err, MP_CORRUPT, "seal broken");
	}
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
