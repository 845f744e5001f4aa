/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/crypto_internal.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <unistd.h>


static pthread_once_t started = PTHREAD_ONCE_INIT;

static void
start(void)
{
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
		mp_crypto_fail("OPENSSL_init_crypto");
}

void
mp_crypto_start(void)
{
	(void)pthread_once(&started, start);
}

void
mp_crypto_fail(const char *call)
{
	char line[128];
	int len = snprintf(line, sizeof line, "mp: %s failed\n", call);

	if (write(STDERR_FILENO, line, (size_t)len) < 0) {
		/* nothing is left to tell it to */
	}
	_exit(70);
}
