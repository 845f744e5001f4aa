/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/sealedbox.h"

#include <sodium.h>

#include "crypto/crypto_internal.h"

_Static_assert(MP_BOX_SEED == crypto_box_SEEDBYTES &&
    MP_BOX_PUBLIC == crypto_box_PUBLICKEYBYTES &&
    MP_BOX_SECRET == crypto_box_SECRETKEYBYTES &&
    MP_BOX_OVERHEAD == crypto_box_SEALBYTES, "libsodium's sizes");

static void
start(void)
{
	if (sodium_init() < 0)
		mp_crypto_fail("sodium_init");
}

void
mp_box_keys(uint8_t public_key[MP_BOX_PUBLIC],
    uint8_t secret_key[MP_BOX_SECRET], const uint8_t seed[MP_BOX_SEED])
{
	start();
	if (crypto_box_seed_keypair(public_key, secret_key, seed) != 0)
		mp_crypto_fail("crypto_box_seed_keypair");
}

void
mp_box_seal(uint8_t *out, const void *in, size_t len,
    const uint8_t public_key[MP_BOX_PUBLIC])
{
	start();
	if (crypto_box_seal(out, in, len, public_key) != 0)
		mp_crypto_fail("crypto_box_seal");
}

enum mp_status
mp_box_open(uint8_t *out, const void *sealed, size_t sealed_len,
    const uint8_t public_key[MP_BOX_PUBLIC],
    const uint8_t secret_key[MP_BOX_SECRET], struct mp_err *err)
{
	start();
	if (sealed_len < MP_BOX_OVERHEAD || crypto_box_seal_open(out, sealed,
	    sealed_len, public_key, secret_key) != 0)
		return mp_err_set(err, MP_CORRUPT, "seal broken");
	return MP_OK;
}
