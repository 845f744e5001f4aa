/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CRYPTO_RANDOM_H
#define MP_CRYPTO_RANDOM_H

#include <stddef.h>

/*
 * Fill to with len random bytes fit for keys and nonces. Ends the process
 * (exit 70) when the system's generator fails: nothing safe can follow.
 * Threads may call it at once.
 */
void mp_random(void *to, size_t len);

#endif
