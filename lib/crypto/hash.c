/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * SHA256_* and not EVP: to fetch a digest, a MAC and a KDF from a provider
 * costs a command 2 ms at its start, more than a search takes. The code that
 * does the hashing is the same.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/hash.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "base/alloc.h"
#include "crypto/crypto_internal.h"

enum { BLOCK = 64 };

/* States of HMAC's two hashes that have read the padded key. */
struct mp_mac {
	SHA256_CTX inner;
	SHA256_CTX outer;
};

static void
update(SHA256_CTX *ctx, const void *data, size_t len)
{
	if (SHA256_Update(ctx, data, len) != 1)
		mp_crypto_fail("SHA256_Update");
}

static void
final(uint8_t out[MP_SHA256_LEN], SHA256_CTX *ctx)
{
	if (SHA256_Final(out, ctx) != 1)
		mp_crypto_fail("SHA256_Final");
}

void
mp_sha256(uint8_t out[MP_SHA256_LEN], const void *data, size_t len)
{
	SHA256_CTX ctx;

	mp_crypto_start();
	if (SHA256_Init(&ctx) != 1)
		mp_crypto_fail("SHA256_Init");
	update(&ctx, data, len);
	final(out, &ctx);
}

static void
start_padded(SHA256_CTX *ctx, const uint8_t key[BLOCK], uint8_t pad)
{
	uint8_t block[BLOCK];
	size_t i;

	for (i = 0; i < BLOCK; i++)
		block[i] = key[i] ^ pad;
	if (SHA256_Init(ctx) != 1)
		mp_crypto_fail("SHA256_Init");
	update(ctx, block, sizeof block);
	explicit_bzero(block, sizeof block);
}

struct mp_mac *
mp_mac_new(const uint8_t *key, size_t key_len)
{
	struct mp_mac *mac = mp_calloc(1, sizeof *mac);
	uint8_t block[BLOCK] = { 0 };

	mp_crypto_start();
	if (key_len > BLOCK)
		mp_sha256(block, key, key_len);
	else if (key_len != 0)
		memcpy(block, key, key_len);
	start_padded(&mac->inner, block, 0x36);
	start_padded(&mac->outer, block, 0x5c);
	explicit_bzero(block, sizeof block);
	return mac;
}

void
mp_mac_free(struct mp_mac *mac)
{
	if (mac == NULL)
		return;
	explicit_bzero(mac, sizeof *mac);
	free(mac);
}

void
mp_mac_compute(uint8_t out[MP_SHA256_LEN], struct mp_mac *mac,
    const void *data, size_t len)
{
	SHA256_CTX ctx = mac->inner;
	uint8_t inner[MP_SHA256_LEN];

	update(&ctx, data, len);
	final(inner, &ctx);
	ctx = mac->outer;
	update(&ctx, inner, sizeof inner);
	final(out, &ctx);
}

bool
mp_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}
