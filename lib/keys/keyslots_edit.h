/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_KEYS_KEYSLOTS_EDIT_H
#define MP_KEYS_KEYSLOTS_EDIT_H

#include "keys/keyslots.h"

/*
 * Changing keyslots. Nothing is written before mp_keyslots_save. Apart from
 * keyslots.h so that commands which only open a store do not link what
 * making one needs.
 */

/* Seal plain to one OpenPGP key, given by its full fingerprint. */
typedef enum mp_status mp_seal_fn(struct mp_buf *sealed,
    const char *fingerprint, const void *plain, size_t len, void *arg,
    struct mp_err *err);

#define MP_SLOT_NEW UINT32_MAX	/* the lowest number not in use */
#define MP_KDF_COST_AUTO 0	/* about half a second on this machine */

/*
 * One change at a time: lock the slots of the store at path, before they
 * are loaded to be changed. Close *fd when done.
 *
 * MP_RETRY: another command is changing them. MP_NOT_FOUND: no such folder.
 */
enum mp_status mp_keyslots_lock(int *fd, const char *path,
    struct mp_err *err) MP_CHECKED;

/* Slots without any way in, for these keys, with a new unlock key. */
struct mp_keyslots *mp_keyslots_new(struct mp_secret *unlock_key,
    const struct mp_keys *keys);

/*
 * Add a slot, or put it in the place of the slot `number` unless that is
 * MP_SLOT_NEW. log2_n is the scrypt cost; a key file of 32 bytes and more
 * does without scrypt. label may be "".
 *
 * MP_REFUSED: the secret is empty or has the shape of a recovery code.
 * MP_INVALID: log2_n is out of bounds, or there are MP_SLOTS_MAX slots.
 */
enum mp_status mp_keyslots_add(struct mp_keyslots *slots, unsigned number,
    enum mp_slot_type type, const struct mp_secret *unlock_key,
    const struct mp_secret *secret, unsigned log2_n, const char *label,
    struct mp_err *err) MP_CHECKED;

enum mp_status mp_keyslots_add_openpgp(struct mp_keyslots *slots,
    unsigned number, const struct mp_secret *unlock_key,
    const char *fingerprint, const char *label, mp_seal_fn *seal, void *arg,
    struct mp_err *err) MP_CHECKED;

/* The slot of the recovery code of these keys; replaces an older one. */
enum mp_status mp_keyslots_add_recovery(struct mp_keyslots *slots,
    const struct mp_secret *unlock_key, const struct mp_keys *keys,
    struct mp_err *err) MP_CHECKED;

/*
 * MP_NOT_FOUND: no such slot. MP_REFUSED: it is the last one that this
 * version can open.
 */
enum mp_status mp_keyslots_remove(struct mp_keyslots *slots, unsigned number,
    struct mp_err *err) MP_CHECKED;

/*
 * Make a new unlock key and a new master key, which becomes the active one:
 * all slots stay ways in, but what opened an old copy of the slots opens
 * these no more. seal renews OpenPGP slots. Then: mp_epochs_save,
 * mp_keyslots_save; after a failure the slots must not be saved.
 *
 * MP_REFUSED: there is a slot of a later version.
 */
enum mp_status mp_keyslots_rotate(struct mp_keyslots *slots,
    struct mp_secret *unlock_key, struct mp_keys *keys, mp_seal_fn *seal,
    void *arg, struct mp_err *err) MP_CHECKED;

/*
 * Write both copies in the store at path, the older or damaged one first.
 * After it neither holds a removed or replaced slot.
 */
enum mp_status mp_keyslots_save(struct mp_keyslots *slots, const char *path,
    const struct mp_secret *unlock_key, struct mp_err *err) MP_CHECKED;

/*
 * Write the copy that was loaded over the other one, which is missing or
 * damaged. Needs no key.
 */
enum mp_status mp_keyslots_mend(struct mp_keyslots *slots, const char *path,
    struct mp_err *err) MP_CHECKED;

/* The log2 of scrypt's N that takes about half a second here, 15..19. */
unsigned mp_keyslots_tune(void);

#endif
