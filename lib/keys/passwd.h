/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_KEYS_PASSWD_H
#define MP_KEYS_PASSWD_H

#include "keys/newslot.h"
#include "keys/unlock.h"

/*
 * Whole changes to the ways into a store, each saved before it returns.
 * Statuses beyond those named here are those of keyslots_edit.h.
 */
struct mp_passwd {
	const char *path;
	struct mp_unlocked unlocked;
	int lock;
};

#define MP_PASSWD_INIT { NULL, MP_UNLOCKED_INIT, -1 }

/*
 * Lock the keyslots against other changes and open them by a secret: that
 * the store is unlocked is not enough to change them. Close also after a
 * failure. Statuses of mp_unlock; MP_RETRY: another change is going on.
 */
enum mp_status mp_passwd_open(struct mp_passwd *passwd,
    const struct mp_unlock_ways *ways, struct mp_err *err) MP_CHECKED;
void mp_passwd_close(struct mp_passwd *passwd);

enum mp_status mp_passwd_add(struct mp_passwd *passwd,
    const struct mp_newslot *newslot, struct mp_err *err) MP_CHECKED;

/*
 * A new secret of the same type for slot number; MP_SLOT_NEW: for the
 * passphrase that opened the store, or the only one there is.
 *
 * MP_USAGE: which slot is not clear, or newslot is of another type.
 */
enum mp_status mp_passwd_change(struct mp_passwd *passwd, unsigned number,
    const struct mp_newslot *newslot, struct mp_err *err) MP_CHECKED;

/* MP_USAGE: number is MP_SLOT_NEW. */
enum mp_status mp_passwd_remove(struct mp_passwd *passwd, unsigned number,
    struct mp_err *err) MP_CHECKED;

/* Make sure that the recovery code opens the keyslots. */
enum mp_status mp_passwd_recovery(struct mp_passwd *passwd,
    struct mp_err *err) MP_CHECKED;

/*
 * A new unlock key and a new master key; the recovery code changes with it,
 * and an unlocked store is locked. Of newslot only seal counts.
 */
enum mp_status mp_passwd_rotate(struct mp_passwd *passwd,
    const struct mp_newslot *newslot, struct mp_err *err) MP_CHECKED;

/*
 * Open by any way, the keyring too, without a lock; also MP_CORRUPT when
 * one copy of the keyslots is damaged.
 */
enum mp_status mp_passwd_verify(struct mp_passwd *passwd,
    const struct mp_unlock_ways *ways, struct mp_err *err) MP_CHECKED;

/*
 * Write both copies anew if one is damaged. For slots that were loaded
 * without the lock: they are loaded again under it.
 */
enum mp_status mp_passwd_repair(struct mp_unlocked *unlocked,
    const char *path, struct mp_err *err) MP_CHECKED;

#endif
