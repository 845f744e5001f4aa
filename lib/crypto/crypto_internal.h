/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CRYPTO_INTERNAL_H
#define MP_CRYPTO_INTERNAL_H

/*
 * Start OpenSSL without its configuration file, which would cost every
 * command more than a search takes. Each entry into crypto/ calls it first;
 * it is cheap when repeated.
 */
void mp_crypto_start(void);

/* Say which OpenSSL call failed and end the process, exit 70. */
_Noreturn void mp_crypto_fail(const char *call);

#endif
