/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_KEYS_KEYSLOTS_INTERNAL_H
#define MP_KEYS_KEYSLOTS_INTERNAL_H

#include "base/strlist.h"
#include "crypto/aead.h"
#include "keys/keys_internal.h"
#include "keys/keyslots.h"

#define MP_KEYSLOTS_MAX 65536	/* bytes of the file */
#define MP_SLOT_SALT 32
#define MP_SLOT_SEALED (MP_UNLOCK_KEY_LEN + MP_AEAD_TAG)
#define MP_SLOT_COMMIT 16
#define MP_SLOT_WRAPPED (MP_AEAD_NONCE + MP_AEAD_KEY + MP_AEAD_TAG)
#define MP_FINGERPRINT_MAX 64

/* An entry of the bundle: number, date, master key. */
#define MP_BUNDLE_ENTRY (4 + 8 + MP_MASTER_LEN)
#define MP_BUNDLE_MAX (MP_AEAD_NONCE + MP_EPOCHS_MAX * MP_BUNDLE_ENTRY + \
    MP_AEAD_TAG)

/*
 * A slot. The line is as it stands in the file, without the LF; the seal
 * binds its first bound bytes, which is all before " iv=".
 */
struct mp_slot {
	unsigned number;
	enum mp_slot_type type;
	char *line;
	size_t bound;
	char *type_name;
	char *label;
	char fingerprint[MP_FINGERPRINT_MAX + 1];
	int64_t created;
	unsigned log2_n;	/* 0: HKDF */
	unsigned p;
	uint8_t salt[MP_SLOT_SALT];
	uint8_t nonce[MP_AEAD_NONCE];
	uint8_t sealed[MP_SLOT_SEALED];
	uint8_t commit[MP_SLOT_COMMIT];

	/*
	 * The key that the secret gives, sealed by the unlock key: with it
	 * a new unlock key can be sealed without the secret.
	 */
	uint8_t wrapped[MP_SLOT_WRAPPED];
};

struct mp_keyslots {
	uint8_t store_id[MP_STORE_ID_LEN];
	uint64_t generation;
	uint8_t spool_key[MP_SPOOL_KEY_LEN];
	struct mp_slot slots[MP_SLOTS_MAX];
	size_t count;
	struct mp_strlist other;	/* lines of a later version */
	uint8_t bundle[MP_BUNDLE_MAX];	/* nonce and sealed entries */
	size_t bundle_len;
	struct mp_buf body;	/* of the file, as far as the MAC covers it */
	uint8_t mac[32];
	unsigned copy;		/* 0 or 1: which of the two it came from */
	bool damaged;
};

/* The path of a copy, 0 or 1; the caller frees it. */
char *mp_keyslots_path(const char *path, unsigned copy);

/* Parse a slot's line, which the slot owns from now on, also on failure. */
enum mp_status mp_slot_parse(struct mp_slot *slot, char *line,
    struct mp_err *err) MP_CHECKED;
void mp_slot_clear(struct mp_slot *slot);

/* The slot's key and commitment; salt, cost and store id count in. */
enum mp_status mp_slot_derive(uint8_t key[MP_AEAD_KEY],
    uint8_t commit[MP_SLOT_COMMIT], const struct mp_slot *slot,
    const uint8_t *store_id, const struct mp_secret *secret,
    struct mp_err *err) MP_CHECKED;

/* What the seal of a slot binds: magic, store id, bound part of the line. */
void mp_slot_aad(struct mp_buf *aad, const struct mp_slot *slot,
    const uint8_t *store_id);

/* What an OpenPGP slot seals: magic, store id, unlock key as hex lines. */
void mp_slot_openpgp_text(struct mp_secret *text, const uint8_t *store_id,
    const struct mp_secret *unlock_key);

/* Keys under the unlock key: ciphers by purpose, the MAC of a body. */
#define MP_KEYSLOTS_BUNDLE "mpkeys bundle"
#define MP_KEYSLOTS_SLOTS "mpkeys slots"
struct mp_aead *mp_keyslots_cipher(const uint8_t *store_id,
    const struct mp_secret *unlock_key, const char *purpose);
void mp_keyslots_mac(uint8_t mac[32], const struct mp_buf *body,
    const uint8_t *store_id, const struct mp_secret *unlock_key);

/* Associated data of the bundle: its purpose and the store id. */
void mp_keyslots_bundle_aad(struct mp_buf *aad, const uint8_t *store_id);

#endif
