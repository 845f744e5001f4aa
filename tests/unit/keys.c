/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keys/keys.h"

#include <stdint.h>

#include "crypto/kdf.h"
#include "keys/keys_internal.h"
#include "tap.h"

static struct mp_keys *
fixed_keys(void)
{
	struct mp_err err = MP_ERR_INIT;
	uint8_t sid[16], master[32];
	struct mp_keys *keys;
	unsigned i;

	for (i = 0; i < 16; i++)
		sid[i] = (uint8_t)(0xa0 + i);
	for (i = 0; i < 32; i++)
		master[i] = (uint8_t)i;
	keys = mp_keys_new(sid);
	if (mp_keys_add(keys, 1, master, 1000, &err) != MP_OK)
		abort();
	return keys;
}

static void
test_derive(void)
{
	struct mp_keys *keys = fixed_keys();
	uint8_t a[32], b[32], master[32] = { 7 };
	struct mp_err err = MP_ERR_INIT;

	mp_keys_derive(a, 32, keys, "log", "ctx", 3);
	mp_hkdf(b, 32, keys->masters.data, 32, keys->store_id, 16,
	    "mp1/log\0ctx", 11);
	ok(memcmp(a, b, 32) == 0, "derive is HKDF as documented");
	mp_keys_derive(b, 32, keys, "log", NULL, 0);
	ok(memcmp(a, b, 32) != 0, "the context counts");
	mp_keys_derive(b, 32, keys, "logctx", NULL, 0);
	ok(memcmp(a, b, 32) != 0, "purpose and context do not run together");
	ok(mp_keys_add(keys, 2, master, 2000, &err) == MP_OK,
	    "second master key");
	mp_keys_derive(b, 32, keys, "log", "ctx", 3);
	ok(memcmp(a, b, 32) == 0, "derived keys outlive a rotation");
	ok(mp_keys_add(keys, 2, master, 2000, &err) == MP_INVALID,
	    "numbers rise: %s", err.text);
	mp_keys_free(keys);
}

static void
test_wrap(void)
{
	struct mp_keys *keys = fixed_keys(), *other = mp_keys_generate();
	uint8_t old[MP_WRAPPED_LEN], new[MP_WRAPPED_LEN], key[32], back[32];
	uint8_t master[32] = { 9 };
	struct mp_err err = MP_ERR_INIT;
	size_t i, held = 0;

	memset(key, 'k', sizeof key);
	mp_keys_wrap(old, keys, "pack", 5, key);
	ok(mp_keys_unwrap(back, keys, "pack", 5, old, &err) == MP_OK &&
	    memcmp(key, back, 32) == 0, "wrap and unwrap");
	ok(mp_keys_unwrap(back, keys, "pack", 6, old, &err) == MP_CORRUPT,
	    "another file: %s", err.text);
	ok(mp_keys_unwrap(back, keys, "log", 5, old, &err) == MP_CORRUPT,
	    "another purpose");
	ok(mp_keys_unwrap(back, other, "pack", 5, old, &err) == MP_CORRUPT,
	    "another store");
	for (i = 0; i < sizeof old; i++) {
		old[i] ^= 0x10;
		held += mp_keys_unwrap(back, keys, "pack", 5, old, &err) ==
		    MP_CORRUPT;
		old[i] ^= 0x10;
	}
	ok(held == sizeof old, "every changed byte shows");

	if (mp_keys_add(keys, 4, master, 2000, &err) != MP_OK)
		abort();
	mp_keys_wrap(new, keys, "pack", 5, key);
	ok(new[0] == 4, "the newest master key wraps");
	ok(mp_keys_unwrap(back, keys, "pack", 5, new, &err) == MP_OK &&
	    mp_keys_unwrap(back, keys, "pack", 5, old, &err) == MP_OK,
	    "old and new open");
	new[0] = 3;
	ok(mp_keys_unwrap(back, keys, "pack", 5, new, &err) == MP_CORRUPT,
	    "unknown master key: %s", err.text);
	mp_keys_free(keys);
	mp_keys_free(other);
}

static void
test_generate(void)
{
	struct mp_keys *a = mp_keys_generate(), *b = mp_keys_generate();

	ok(memcmp(mp_keys_store_id(a), mp_keys_store_id(b), 16) != 0 &&
	    memcmp(a->masters.data, b->masters.data, 32) != 0,
	    "two stores differ");
	mp_keys_free(a);
	mp_keys_free(b);
	mp_keys_free(NULL);
}

int
main(void)
{
	test_derive();
	test_wrap();
	test_generate();
	return done_testing();
}
