/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_KEYS_KEYRING_H
#define MP_KEYS_KEYRING_H

#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"
#include "keys/keys.h"

/*
 * The unlock key of an unlocked store, remembered without a daemon: in the
 * kernel's keyring of the user (keyrings(7)), readable by all sessions of
 * this user and nobody else, or, where the kernel refuses (containers often
 * do), in a 0600 file on a memory file system below runtime_dir. Both
 * forget it after a time.
 *
 * runtime_dir is $XDG_RUNTIME_DIR, or NULL: then there is no file. A file
 * that is not ours alone (owner, mode, link, symlink, not in memory) counts
 * as absent.
 */
enum mp_keyring_place {
	MP_KEYRING_AUTO,	/* the kernel, else the file */
	MP_KEYRING_KERNEL,
	MP_KEYRING_FILE
};

/* MP_NOT_FOUND: the store is locked. Costs a few microseconds. */
enum mp_status mp_keyring_get(struct mp_secret *unlock_key,
    const uint8_t store_id[MP_STORE_ID_LEN], const char *runtime_dir,
    struct mp_err *err) MP_CHECKED;

/*
 * Remember the key for so many seconds, 0: until it is dropped or the
 * machine stops. Replaces what was remembered before.
 *
 * MP_REFUSED: the place is not safe. MP_RETRY: the kernel's quota is full.
 */
enum mp_status mp_keyring_put(const uint8_t store_id[MP_STORE_ID_LEN],
    const struct mp_secret *unlock_key, uint32_t seconds,
    enum mp_keyring_place place, const char *runtime_dir,
    struct mp_err *err) MP_CHECKED;

/* Forget the key, in both places; nothing there is no error. */
enum mp_status mp_keyring_drop(const uint8_t store_id[MP_STORE_ID_LEN],
    const char *runtime_dir, struct mp_err *err) MP_CHECKED;

#endif
