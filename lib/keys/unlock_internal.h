/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_KEYS_UNLOCK_INTERNAL_H
#define MP_KEYS_UNLOCK_INTERNAL_H

#include "base/err.h"
#include "base/secret.h"

/*
 * The passphrase that the passphrase-command of the bootstrap file prints,
 * run by /bin/sh, waited for a minute at most.
 *
 * MP_NOT_FOUND: there is no such file or line (err is untouched), or the
 * command failed (err says how). MP_CONFIG: others can write to the file.
 */
enum mp_status mp_passphrase_command(struct mp_secret *passphrase,
    const char *bootstrap, struct mp_err *err) MP_CHECKED;

#endif
