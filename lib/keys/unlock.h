/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_KEYS_UNLOCK_H
#define MP_KEYS_UNLOCK_H

#include <stdbool.h>

#include "keys/keys.h"
#include "keys/keyslots.h"

/*
 * Opening the keys of a store from wherever a secret can be had. The ways
 * are tried in this order, each only where it is given:
 *
 *	1. a descriptor with a passphrase	--passphrase-fd
 *	2. a key file				--key-file, $MP_KEY_FILE
 *	3. the keyring (mp-unlock)
 *	4. the systemd credential mp.passphrase	$CREDENTIALS_DIRECTORY
 *	5. passphrase-command of the bootstrap file
 *	6. an OpenPGP slot			where unseal is given
 *	7. the terminal, three times
 *
 * A way that has no secret (no such file, no such slot, a command that
 * fails) is passed over; a wrong secret ends it. Wherever a passphrase is
 * read, the recovery code serves as well.
 */
struct mp_unlock_ways {
	const char *store_path;
	int passphrase_fd;		/* -1: none */
	const char *key_file;		/* all these may be NULL */
	const char *runtime_dir;	/* $XDG_RUNTIME_DIR */
	const char *credentials_dir;	/* $CREDENTIALS_DIRECTORY */
	const char *bootstrap;		/* path of the bootstrap file */
	mp_unseal_fn *unseal;
	void *unseal_arg;
	bool no_keyring;	/* a secret is wanted, not what is cached */
	bool no_terminal;
};

struct mp_unlocked {
	struct mp_keyslots *slots;
	struct mp_secret unlock_key;
	struct mp_keys *keys;
	unsigned slot;		/* that opened, not with the keyring */
	bool from_keyring;
};

#define MP_UNLOCKED_INIT { NULL, MP_SECRET_INIT, NULL, 0, false }

/*
 * Open the keys. Clear *unlocked with mp_unlocked_clear, also on failure;
 * on MP_RETRY and MP_DENIED its slots are loaded.
 *
 * MP_CONFIG: there is no store at the path.
 * MP_RETRY: the store is locked and no way led to a secret.
 * MP_DENIED: a wrong passphrase or key file; a key file open to others.
 * MP_INVALID: a recovery code with a wrong word.
 * MP_CORRUPT: the keyslots are damaged in both copies, or were changed by
 * somebody without the key.
 */
enum mp_status mp_unlock(struct mp_unlocked *unlocked,
    const struct mp_unlock_ways *ways, struct mp_err *err) MP_CHECKED;
void mp_unlocked_clear(struct mp_unlocked *unlocked);

/*
 * Load the keyslots only; mp_keyslots_load with the statuses and words that
 * a command has for them. MP_CONFIG: there is no store at the path.
 */
enum mp_status mp_unlock_slots(struct mp_keyslots **slots, const char *path,
    struct mp_err *err) MP_CHECKED;

/*
 * Read a key file: regular, no symlink, ours or root's, mode 0600 or less,
 * at most MP_KEY_FILE_MAX bytes.
 *
 * MP_NOT_FOUND: no such file. MP_DENIED: it is not safe.
 */
#define MP_KEY_FILE_MAX 4096
enum mp_status mp_key_file_read(struct mp_secret *content, const char *path,
    struct mp_err *err) MP_CHECKED;

/* Make a new key file: 32 random bytes, mode 0600. MP_EXISTS. */
enum mp_status mp_key_file_create(const char *path, struct mp_err *err)
    MP_CHECKED;

#endif
