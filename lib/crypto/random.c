/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/random.h"

#include <limits.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "crypto/crypto_internal.h"

/*
 * OpenSSL's generator takes about a microsecond a call, whatever the
 * length; a mail needs several nonces. So each thread draws a chunk and
 * hands it out, wiping what it gave. A forked child must not hand out its
 * parent's chunk again: the fork handler changes the generation, which
 * makes every chunk from before it stale.
 */
#define CHUNK 4096
#define DIRECT (CHUNK / 8)

struct pool {
	unsigned generation;
	size_t left;
	uint8_t bytes[CHUNK];
};

static _Thread_local struct pool pool;
static atomic_uint generation = 1;
static pthread_once_t watching = PTHREAD_ONCE_INIT;

static void
forked(void)
{
	atomic_fetch_add(&generation, 1);
}

static void
watch_forks(void)
{
	if (pthread_atfork(NULL, NULL, forked) != 0)
		mp_crypto_fail("pthread_atfork");
}

static void
draw(uint8_t *to, size_t len)
{
	mp_crypto_start();
	while (len != 0) {
		int part = len > INT_MAX ? INT_MAX : (int)len;

		if (RAND_priv_bytes(to, part) != 1)
			mp_crypto_fail("RAND_priv_bytes");
		to += part;
		len -= (size_t)part;
	}
}

void
mp_random(void *to, size_t len)
{
	unsigned now = atomic_load(&generation);
	uint8_t *from;

	if (len > DIRECT) {
		draw(to, len);
		return;
	}
	if (pool.generation != now || pool.left < len) {
		(void)pthread_once(&watching, watch_forks);
		draw(pool.bytes, sizeof pool.bytes);
		pool.left = sizeof pool.bytes;
		pool.generation = now;
	}
	from = pool.bytes + (sizeof pool.bytes - pool.left);
	memcpy(to, from, len);
	explicit_bzero(from, len);
	pool.left -= len;
}
