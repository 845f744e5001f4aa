/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <pthread.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/encode.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/random.h"
#include "crypto/sealedbox.h"
#include "tap.h"

static bool
is_hex(const void *data, size_t len, const char *want)
{
	struct mp_buf got = MP_BUF_INIT(4096);
	bool same;

	mp_hex_add(&got, data, len);
	same = strcmp(mp_buf_text(&got), want) == 0;
	if (!same)
		printf("# got %s\n# not %s\n", mp_buf_text(&got), want);
	mp_buf_clear(&got);
	return same;
}

static size_t
from_hex(uint8_t *to, size_t room, const char *text)
{
	size_t len = strlen(text) / 2;

	if (len > room || !mp_hex_read(to, len, text, strlen(text)))
		abort();
	return len;
}

static void
test_hash(void)
{
	uint8_t out[MP_SHA256_LEN], key[20];
	struct mp_mac *mac;
	int i;

	mp_sha256(out, "abc", 3);
	ok(is_hex(out, sizeof out, "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad"), "SHA-256, FIPS 180-4 abc");
	mp_sha256(out, "", 0);
	ok(is_hex(out, sizeof out, "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855"), "SHA-256 of nothing");

	memset(key, 0x0b, sizeof key);
	mac = mp_mac_new(key, sizeof key);
	for (i = 0; i < 2; i++) {
		mp_mac_compute(out, mac, "Hi There", 8);
		ok(is_hex(out, sizeof out, "b0344c61d8db38535ca8afceaf0bf12b"
		    "881dc200c9833da726e9376c2e32cff7"),
		    "HMAC, RFC 4231 case 1, round %d", i);
	}
	mp_mac_free(mac);
	mac = mp_mac_new((const uint8_t *)"Jefe", 4);
	mp_mac_compute(out, mac, "what do ya want for nothing?", 28);
	ok(is_hex(out, sizeof out, "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843"), "HMAC, RFC 4231 case 2");
	mp_mac_free(mac);
	ok(mp_equal("same", "same", 4) && !mp_equal("same", "sane", 4),
	    "equal or not");
}

static void
test_hkdf(void)
{
	uint8_t key[22], salt[13], info[10], out[82], sid[16], mk[32];
	unsigned i;

	memset(key, 0x0b, sizeof key);
	(void)from_hex(salt, sizeof salt, "000102030405060708090a0b0c");
	(void)from_hex(info, sizeof info, "f0f1f2f3f4f5f6f7f8f9");
	mp_hkdf(out, 42, key, sizeof key, salt, sizeof salt, info,
	    sizeof info);
	ok(is_hex(out, 42, "3cb25f25faacd57a90434f64d0362f2a"
	    "2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"),
	    "HKDF, RFC 5869 A.1");
	mp_hkdf(out, 42, key, sizeof key, NULL, 0, NULL, 0);
	ok(is_hex(out, 42, "8da4e775a563c18f715f802a063c5a31"
	    "b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"),
	    "HKDF, RFC 5869 A.3, no salt, no info");
	{
		uint8_t ikm2[80], salt2[80], info2[80];

		for (i = 0; i < 80; i++) {
			ikm2[i] = (uint8_t)i;
			salt2[i] = (uint8_t)(0x60 + i);
			info2[i] = (uint8_t)(0xb0 + i);
		}
		mp_hkdf(out, 82, ikm2, 80, salt2, 80, info2, 80);
		ok(is_hex(out, 82, "b11e398dc80327a1c8e7f78c596a4934"
		    "4f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41"
		    "c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec"
		    "3e87c14c01d5c1f3434f1d87"), "HKDF, RFC 5869 A.2");
	}
	for (i = 0; i < 32; i++)
		mk[i] = (uint8_t)i;
	for (i = 0; i < 16; i++)
		sid[i] = (uint8_t)(0xa0 + i);
	mp_hkdf(out, 32, mk, 32, sid, 16, "mp1/term", 8);
	ok(is_hex(out, 32, "06d5b657c059df98420089385f5a4ed0"
	    "9c19621884d68367b99a4cdab816c1ef"), "HKDF, the store's shape");
}

static void
test_scrypt(void)
{
	struct mp_err err = MP_ERR_INIT;
	uint8_t out[64];

	ok(mp_scrypt(out, 64, "pleaseletmein", 13, "SodiumChloride", 14, 14,
	    1, &err) == MP_OK && is_hex(out, 64,
	    "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
	    "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"),
	    "scrypt, RFC 7914 N=2^14");
	ok(mp_scrypt(out, 64, "x", 1, "y", 1, 30, 1, &err) == MP_INVALID,
	    "N=2^30 is refused: %s", err.text);
	ok(mp_scrypt(out, 64, "x", 1, "y", 1, 9, 1, &err) == MP_INVALID,
	    "N=2^9 is refused: %s", err.text);
	ok(mp_scrypt(out, 64, "x", 1, "y", 1, 10, 5, &err) == MP_INVALID &&
	    mp_scrypt(out, 64, "x", 1, "y", 1, 10, 0, &err) == MP_INVALID,
	    "p is bounded: %s", err.text);
	ok(mp_scrypt(out, 64, "x", 1, "y", 1, 15, 4, &err) == MP_OK,
	    "p=4 fits the memory allowed");
}

/* A cipher that is new, or one that has done much and so does it otherwise. */
static struct mp_aead *
new_aead(const uint8_t *key, bool used)
{
	struct mp_aead *aead = mp_aead_new(key);
	size_t len = ((size_t)1 << 20) + 1;
	uint8_t nonce[12] = { 0 }, *much = mp_malloc(len + MP_AEAD_TAG);

	memset(much, 0, len);
	if (used)
		mp_aead_seal(much, aead, nonce, NULL, 0, much, len);
	free(much);
	return aead;
}

/* SP 800-38D test cases of the GCM specification for 256-bit keys. */
static void
test_aead(bool used)
{
	uint8_t key[32], nonce[12], aad[20], plain[64], sealed[80], back[80];
	static const uint8_t zero[64];
	struct mp_err err = MP_ERR_INIT;
	struct mp_aead *aead;
	size_t len, i, held = 0;

	aead = new_aead(zero, used);
	mp_aead_seal(sealed, aead, zero, NULL, 0, zero, 0);
	ok(is_hex(sealed, 16, "530f8afbc74536b9a963b4f1c4cb738b"),
	    "GCM test case 13");
	mp_aead_seal(sealed, aead, zero, NULL, 0, zero, 16);
	ok(is_hex(sealed, 32, "cea7403d4d606b6e074ec5d3baf39d18"
	    "d0d1c8a799996bf0265b98b5d48ab919"), "GCM test case 14");
	mp_aead_free(aead);

	(void)from_hex(key, sizeof key, "feffe9928665731c6d6a8f9467308308"
	    "feffe9928665731c6d6a8f9467308308");
	(void)from_hex(nonce, sizeof nonce, "cafebabefacedbaddecaf888");
	(void)from_hex(aad, sizeof aad,
	    "feedfacedeadbeeffeedfacedeadbeefabaddad2");
	len = from_hex(plain, sizeof plain,
	    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
	    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
	aead = new_aead(key, used);
	mp_aead_seal(sealed, aead, nonce, aad, sizeof aad, plain, len);
	ok(is_hex(sealed, len + 16,
	    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
	    "76fc6ece0f4e1768cddf8853bb2d551b"), "GCM test case 16");
	ok(mp_aead_open(back, aead, nonce, aad, sizeof aad, sealed, len + 16,
	    &err) == MP_OK && memcmp(back, plain, len) == 0, "opens");
	for (i = 0; i < (len + 16) * 8; i++) {
		sealed[i / 8] ^= (uint8_t)(1 << i % 8);
		memset(back, 'x', sizeof back);
		if (mp_aead_open(back, aead, nonce, aad, sizeof aad, sealed,
		    len + 16, &err) == MP_CORRUPT &&
		    memcmp(back, zero, len) == 0)
			held++;
		sealed[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	ok(held == (len + 16) * 8,
	    "each flipped bit breaks the seal, nothing comes out: %s",
	    err.text);
	ok(mp_aead_open(back, aead, nonce, aad, 19, sealed, len + 16, &err) ==
	    MP_CORRUPT, "other associated data");
	ok(mp_aead_open(back, aead, nonce, aad, sizeof aad, sealed, 15,
	    &err) == MP_CORRUPT, "shorter than a tag");
	memcpy(back, plain, len);
	mp_aead_seal(back, aead, nonce, aad, sizeof aad, back, len);
	ok(memcmp(back, sealed, len + 16) == 0, "seals in place");
	ok(mp_aead_open(back, aead, nonce, aad, sizeof aad, back, len + 16,
	    &err) == MP_OK && memcmp(back, plain, len) == 0,
	    "opens in place");
	mp_aead_free(aead);
	mp_aead_free(NULL);
}

/* Both ways give the same bytes, whatever the length. */
static void
test_aead_ways(void)
{
	static uint8_t plain[70000], one[sizeof plain + MP_AEAD_TAG];
	static uint8_t two[sizeof plain + MP_AEAD_TAG];
	struct mp_aead *new = new_aead(plain, false);
	struct mp_aead *used = new_aead(plain, true);
	uint8_t nonce[12] = { 1 };
	size_t i, len, same = 0, count = 0;

	for (i = 0; i < sizeof plain; i++)
		plain[i] = (uint8_t)(i * i >> 5);
	/* the new one may seal a MiB before it changes */
	for (len = 0; len < sizeof plain; len += len / 5 + 1, count++) {
		mp_aead_seal(one, new, nonce, plain + 1, len % 40, plain, len);
		mp_aead_seal(two, used, nonce, plain + 1, len % 40, plain,
		    len);
		same += memcmp(one, two, len + MP_AEAD_TAG) == 0;
	}
	ok(same == count, "%zu lengths sealed alike in both ways", count);
	mp_aead_free(new);
	mp_aead_free(used);
}

#define NONCES 50000

static void *
draw_nonces(void *to)
{
	uint8_t (*nonces)[12] = to;
	int i;

	for (i = 0; i < NONCES; i++)
		mp_random(nonces[i], 12);
	return NULL;
}

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, 12);
}

static void
test_random(void)
{
	uint8_t (*nonces)[12] = malloc((size_t)2 * NONCES * 12);
	uint8_t mine[16], theirs[16] = { 0 }, big[3][5000];
	pthread_t thread;
	int fds[2], i, same = 0;
	pid_t child;

	if (nonces == NULL || pipe(fds) != 0)
		abort();
	if (pthread_create(&thread, NULL, draw_nonces, nonces) != 0)
		abort();
	(void)draw_nonces(nonces + NONCES);
	(void)pthread_join(thread, NULL);
	qsort(nonces, (size_t)2 * NONCES, 12, compare);
	for (i = 1; i < 2 * NONCES; i++)
		same += memcmp(nonces[i - 1], nonces[i], 12) == 0;
	ok(same == 0, "nonces of two threads all differ");
	free(nonces);

	child = fork();
	if (child < 0)
		abort();
	mp_random(mine, sizeof mine);
	if (child == 0)
		_exit(write(fds[1], mine, sizeof mine) !=
		    (ssize_t)sizeof mine);
	if (read(fds[0], theirs, sizeof theirs) != (ssize_t)sizeof theirs)
		abort();
	(void)waitpid(child, NULL, 0);
	ok(memcmp(mine, theirs, sizeof mine) != 0,
	    "a child does not repeat its parent");
	(void)close(fds[0]);
	(void)close(fds[1]);

	for (i = 0; i < 2; i++) {
		memset(big[i], 0, sizeof big[i]);
		mp_random(big[i], sizeof big[i]);
	}
	memset(big[2], 0, sizeof big[2]);
	ok(memcmp(big[0], big[1], 5000) != 0 &&
	    memcmp(big[0] + 4900, big[2], 100) != 0,
	    "more than a chunk at once");
}

static void
test_box(void)
{
	uint8_t seed[32], public_key[32], secret_key[32], box[53], out[5];
	struct mp_err err = MP_ERR_INIT;
	unsigned i;

	for (i = 0; i < 32; i++)
		seed[i] = (uint8_t)i;
	mp_box_keys(public_key, secret_key, seed);
	/* X25519 (RFC 7748) of the first half of SHA-512(seed) */
	ok(is_hex(public_key, 32, "4701d08488451f545a409fb58ae3e585"
	    "81ca40ac3f7f114698cd71deac73ca01"), "key pair of a seed");
	mp_box_seal(box, "hello", 5, public_key);
	ok(mp_box_open(out, box, sizeof box, public_key, secret_key, &err) ==
	    MP_OK && memcmp(out, "hello", 5) == 0, "box opens");
	box[50] ^= 1;
	ok(mp_box_open(out, box, sizeof box, public_key, secret_key, &err) ==
	    MP_CORRUPT, "damaged box: %s", err.text);
	ok(mp_box_open(out, box, 47, public_key, secret_key, &err) ==
	    MP_CORRUPT, "short box");
}

int
main(void)
{
	test_hash();
	test_hkdf();
	test_scrypt();
	test_aead(false);
	test_aead(true);
	test_aead_ways();
	test_random();
	test_box();
	return done_testing();
}
