/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_OPENPGP_OPENPGP_H
#define MP_OPENPGP_OPENPGP_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

/*
 * OpenPGP through gpgme. Everything passes through memory, never through
 * streams: gpg hands out what it decrypts before it knows whether that is
 * authentic, gpgme holds it back only with memory objects. Every result is
 * checked, the operation's own before anything it says.
 *
 * One context serves one thread.
 */
struct mp_openpgp;

#define MP_OPENPGP_MAX ((size_t)64 << 20)	/* bytes in or out at once */

/*
 * home is a GnuPG home folder, NULL for the user's own.
 *
 * MP_CONFIG: gpg is not installed or not usable.
 */
enum mp_status mp_openpgp_new(struct mp_openpgp **openpgp, const char *home,
    struct mp_err *err) MP_CHECKED;
void mp_openpgp_free(struct mp_openpgp *openpgp);

/*
 * Append to sealed the message (binary, not compressed, not signed) that
 * encrypts plain to the one key with exactly this fingerprint; whether it
 * is trusted is the caller's matter. arg is the struct mp_openpgp, so that
 * this can be handed on as a function; NULL makes one for this call, with
 * the user's own home.
 *
 * MP_USAGE: not a full fingerprint. MP_NOT_FOUND: no such key.
 * MP_REFUSED: the key is expired, revoked or cannot encrypt. MP_CONFIG: no
 * usable gpg.
 */
enum mp_status mp_openpgp_seal(struct mp_buf *sealed,
    const char *fingerprint, const void *plain, size_t len, void *arg,
    struct mp_err *err) MP_CHECKED;

/*
 * Open such a message to plain. gpg-agent may ask the user for a passphrase
 * or card.
 *
 * MP_DENIED: no secret key for it here, or its passphrase was not given.
 * MP_CORRUPT: no whole, authentic message.
 */
enum mp_status mp_openpgp_unseal(struct mp_secret *plain,
    const void *sealed, size_t len, void *arg, struct mp_err *err)
    MP_CHECKED;

#endif
