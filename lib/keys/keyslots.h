/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_KEYS_KEYSLOTS_H
#define MP_KEYS_KEYSLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include "keys/keys.h"

/*
 * The keyslots of a store: each way in (passphrase, key file, OpenPGP key,
 * recovery code) seals the same 32-byte unlock key; the unlock key seals
 * the bundle of master keys. So a way in is added or removed by rewriting
 * one line, and only the unlock key needs to be remembered while the store
 * is unlocked.
 *
 * Two files of text, `keyslots` and `keyslots.2`, hold the same, with a
 * generation and a checksum: a torn write or bad sector in one leaves the
 * other. Each passphrase slot carries a key commitment, the whole file a
 * MAC under the unlock key, so that removed slots and changed parameters
 * show once it is known. The public half of the store's sealed-box key pair
 * stands there in clear, for mail that arrives while the store is locked.
 * Slot types, attributes and lines that this version does not know are
 * kept. Byte by byte: mp-store.5.
 */
#define MP_UNLOCK_KEY_LEN 32
#define MP_SPOOL_KEY_LEN 32
#define MP_SLOTS_MAX 32

struct mp_keyslots;

enum mp_slot_type {
	MP_SLOT_OTHER,	/* of a later version; kept, not used */
	MP_SLOT_PASSPHRASE,
	MP_SLOT_KEYFILE,
	MP_SLOT_OPENPGP,
	MP_SLOT_RECOVERY
};

/* What a slot says about itself in clear. */
struct mp_slot_info {
	unsigned number;
	enum mp_slot_type type;
	const char *type_name;
	const char *label;
	const char *fingerprint;	/* OpenPGP: 40 or 64 hex digits */
	int64_t created;
	unsigned log2_n;	/* scrypt cost, 0 where there is no scrypt */
};

/*
 * Open an OpenPGP message to plain, which it initialises; the caller of
 * keys/ passes it so that keys/ needs no OpenPGP library.
 *
 * MP_DENIED: no secret key for it here.
 */
typedef enum mp_status mp_unseal_fn(struct mp_secret *plain,
    const void *sealed, size_t len, void *arg, struct mp_err *err);

/*
 * Read the slots of the store at path; of its two copies the newer sound
 * one. Free with mp_keyslots_free.
 *
 * MP_NOT_FOUND: there is no store, or neither copy exists in it.
 * MP_CORRUPT: neither copy is sound; err says what is wrong with the first.
 */
enum mp_status mp_keyslots_load(struct mp_keyslots **slots, const char *path,
    struct mp_err *err) MP_CHECKED;

/* The same from the bytes of one copy. */
enum mp_status mp_keyslots_parse(struct mp_keyslots **slots,
    const void *text, size_t len, struct mp_err *err) MP_CHECKED;
void mp_keyslots_free(struct mp_keyslots *slots);

const uint8_t *mp_keyslots_store_id(const struct mp_keyslots *slots);
const uint8_t *mp_keyslots_spool_key(const struct mp_keyslots *slots);

/* Was one of the copies missing, damaged or older? Saving repairs it. */
bool mp_keyslots_damaged(const struct mp_keyslots *slots);

size_t mp_keyslots_count(const struct mp_keyslots *slots);
struct mp_slot_info mp_keyslots_info(const struct mp_keyslots *slots,
    size_t at);
bool mp_keyslots_find(struct mp_slot_info *info,
    const struct mp_keyslots *slots, unsigned number);

/* How many slots of the type there are. */
size_t mp_keyslots_has(const struct mp_keyslots *slots,
    enum mp_slot_type type);

/*
 * Get the unlock key with a secret; each slot of that type is tried. A
 * passphrase costs a full scrypt a slot, right or wrong. number, if not
 * NULL, receives the slot that opened.
 *
 * MP_DENIED: none opens with it, or there is no such slot.
 * MP_CORRUPT: the secret is right, but the slot was changed.
 * MP_RETRY: not enough memory for scrypt.
 */
enum mp_status mp_keyslots_try(struct mp_secret *unlock_key,
    unsigned *number, const struct mp_keyslots *slots,
    enum mp_slot_type type, const struct mp_secret *secret,
    struct mp_err *err) MP_CHECKED;

/* The same with the first OpenPGP slot that unseal can open. */
enum mp_status mp_keyslots_try_openpgp(struct mp_secret *unlock_key,
    unsigned *number, const struct mp_keyslots *slots, mp_unseal_fn *unseal,
    void *arg, struct mp_err *err) MP_CHECKED;

/*
 * Open the master keys.
 *
 * MP_DENIED: not this store's unlock key.
 * MP_CORRUPT: the slots were changed by somebody without the key.
 */
enum mp_status mp_keyslots_open(struct mp_keys **keys,
    const struct mp_keyslots *slots, const struct mp_secret *unlock_key,
    struct mp_err *err) MP_CHECKED;

#endif
