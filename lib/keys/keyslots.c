/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keys/keyslots.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/encode.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "keys/keyslots_internal.h"

/*
 * Opening: from a secret to the unlock key, from the unlock key to the
 * master keys. The text is parsed in keyslots_parse.c.
 */

#define OPENPGP_MAGIC "mpuk1\n"
#define OPENPGP_LEN (sizeof OPENPGP_MAGIC - 1 + 2 * MP_STORE_ID_LEN + 1 + \
    2 * MP_UNLOCK_KEY_LEN + 1)

enum mp_status
mp_slot_derive(uint8_t key[MP_AEAD_KEY], uint8_t commit[MP_SLOT_COMMIT],
    const struct mp_slot *slot, const uint8_t *store_id,
    const struct mp_secret *secret, struct mp_err *err)
{
	static const char info[] = "mp1 slot", what[] = "mp1 commit";
	uint8_t keys[MP_AEAD_KEY + 32], full[MP_SHA256_LEN];
	uint8_t salt[MP_SLOT_SALT + MP_STORE_ID_LEN];
	struct mp_mac *mac;

	memcpy(salt, slot->salt, MP_SLOT_SALT);
	memcpy(salt + MP_SLOT_SALT, store_id, MP_STORE_ID_LEN);
	if (slot->log2_n == 0)
		mp_hkdf(keys, sizeof keys, secret->data, secret->len, salt,
		    sizeof salt, info, sizeof info - 1);
	else if (mp_scrypt(keys, sizeof keys, secret->data, secret->len,
	    salt, sizeof salt, slot->log2_n, slot->p, err) != MP_OK)
		return err->status;
	mac = mp_mac_new(keys + MP_AEAD_KEY, sizeof keys - MP_AEAD_KEY);
	mp_mac_compute(full, mac, what, sizeof what - 1);
	mp_mac_free(mac);
	memcpy(commit, full, MP_SLOT_COMMIT);
	memcpy(key, keys, MP_AEAD_KEY);
	explicit_bzero(keys, sizeof keys);
	return MP_OK;
}

void
mp_slot_aad(struct mp_buf *aad, const struct mp_slot *slot,
    const uint8_t *store_id)
{
	mp_buf_add(aad, "mpkeys1", sizeof "mpkeys1");
	mp_buf_add(aad, store_id, MP_STORE_ID_LEN);
	mp_buf_add(aad, slot->line, slot->bound);
}

/* The slot's commitment tells a wrong secret from a changed slot. */
static enum mp_status
try_slot(struct mp_secret *unlock_key, const struct mp_keyslots *slots,
    const struct mp_slot *slot, const struct mp_secret *secret,
    struct mp_err *err)
{
	uint8_t commit[MP_SLOT_COMMIT], key[MP_UNLOCK_KEY_LEN];
	uint8_t slot_key[MP_AEAD_KEY];
	struct mp_buf aad = MP_BUF_INIT(MP_KEYSLOTS_MAX + 64);
	struct mp_aead *aead;
	enum mp_status status;

	if (mp_slot_derive(slot_key, commit, slot, slots->store_id, secret,
	    err) != MP_OK)
		return err->status;
	if (!mp_equal(commit, slot->commit, sizeof commit)) {
		explicit_bzero(slot_key, sizeof slot_key);
		return mp_err_set(err, MP_DENIED, "it does not fit");
	}
	aead = mp_aead_new(slot_key);
	explicit_bzero(slot_key, sizeof slot_key);
	mp_slot_aad(&aad, slot, slots->store_id);
	status = mp_aead_open(key, aead, slot->nonce, aad.data, aad.len,
	    slot->sealed, sizeof slot->sealed, err);
	if (status == MP_OK)
		mp_secret_set(unlock_key, key, sizeof key);
	else
		(void)mp_err_set(err, MP_CORRUPT, "slot %u was changed by "
		    "somebody without the key", slot->number);
	explicit_bzero(key, sizeof key);
	mp_aead_free(aead);
	mp_buf_clear(&aad);
	return status;
}

static const char *
secret_name(enum mp_slot_type type)
{
	if (type == MP_SLOT_KEYFILE)
		return "key file";
	return type == MP_SLOT_RECOVERY ? "recovery code" : "passphrase";
}

enum mp_status
mp_keyslots_try(struct mp_secret *unlock_key, unsigned *number,
    const struct mp_keyslots *slots, enum mp_slot_type type,
    const struct mp_secret *secret, struct mp_err *err)
{
	size_t i;

	if (!mp_keyslots_has(slots, type))
		return mp_err_set(err, MP_DENIED,
		    "the store has no %s slot", secret_name(type));
	for (i = 0; i < slots->count; i++) {
		enum mp_status status;

		if (slots->slots[i].type != type)
			continue;
		status = try_slot(unlock_key, slots, &slots->slots[i], secret,
		    err);
		if (status == MP_OK && number != NULL)
			*number = slots->slots[i].number;
		if (status != MP_DENIED)
			return status;
	}
	return mp_err_set(err, MP_DENIED, "wrong %s", secret_name(type));
}

void
mp_slot_openpgp_text(struct mp_secret *text, const uint8_t *store_id,
    const struct mp_secret *unlock_key)
{
	struct mp_buf hex = MP_BUF_INIT(OPENPGP_LEN);

	(void)mp_buf_reserve(&hex, OPENPGP_LEN);
	mp_buf_str(&hex, OPENPGP_MAGIC);
	mp_hex_add(&hex, store_id, MP_STORE_ID_LEN);
	mp_buf_byte(&hex, '\n');
	mp_hex_add(&hex, unlock_key->data, MP_UNLOCK_KEY_LEN);
	mp_buf_byte(&hex, '\n');
	mp_secret_set(text, hex.data, hex.len);
	explicit_bzero(hex.data, hex.len);
	mp_buf_clear(&hex);
}

/* Take the unlock key out of an opened message, if it is for this store. */
static enum mp_status
read_openpgp_text(struct mp_secret *unlock_key,
    const struct mp_secret *text, const struct mp_keyslots *slots,
    struct mp_err *err)
{
	const size_t head = OPENPGP_LEN - 2 * MP_UNLOCK_KEY_LEN - 1;
	struct mp_secret same = MP_SECRET_INIT;
	uint8_t key[MP_UNLOCK_KEY_LEN];
	bool fits = text->len == OPENPGP_LEN && mp_hex_read(key, sizeof key,
	    (const char *)text->data + head, 2 * MP_UNLOCK_KEY_LEN);

	if (fits) {
		mp_secret_set(unlock_key, key, sizeof key);
		mp_slot_openpgp_text(&same, slots->store_id, unlock_key);
		fits = mp_secret_equal(&same, text);
	}
	if (!fits)
		mp_secret_clear(unlock_key);
	mp_secret_clear(&same);
	explicit_bzero(key, sizeof key);
	return fits ? MP_OK : mp_err_set(err, MP_CORRUPT,
	    "the OpenPGP message is not of this store");
}

static enum mp_status
try_openpgp_slot(struct mp_secret *unlock_key,
    const struct mp_keyslots *slots, const struct mp_slot *slot,
    mp_unseal_fn *unseal, void *arg, struct mp_err *err)
{
	struct mp_buf blob = MP_BUF_INIT(MP_KEYSLOTS_MAX);
	struct mp_secret text = MP_SECRET_INIT;
	const char *value = strstr(slot->line, " blob=") + strlen(" blob=");
	enum mp_status status;

	mp_base64_read(&blob, value, strcspn(value, " "));
	status = unseal(&text, blob.data, blob.len, arg, err);
	if (status == MP_OK)
		status = read_openpgp_text(unlock_key, &text, slots, err);
	mp_secret_clear(&text);
	mp_buf_clear(&blob);
	return status;
}

enum mp_status
mp_keyslots_try_openpgp(struct mp_secret *unlock_key, unsigned *number,
    const struct mp_keyslots *slots, mp_unseal_fn *unseal, void *arg,
    struct mp_err *err)
{
	size_t i;

	(void)mp_err_set(err, MP_DENIED, "the store has no OpenPGP slot");
	for (i = 0; i < slots->count; i++) {
		const struct mp_slot *slot = &slots->slots[i];

		if (slot->type != MP_SLOT_OPENPGP)
			continue;
		if (try_openpgp_slot(unlock_key, slots, slot, unseal, arg,
		    err) == MP_OK) {
			if (number != NULL)
				*number = slot->number;
			mp_err_clear(err);
			return MP_OK;
		}
		mp_err_context(err, "OpenPGP slot %u", slot->number);
	}
	return err->status;
}

/* --- the bundle ------------------------------------------------------- */

static void
unlock_derive(uint8_t key[32], const uint8_t *store_id,
    const struct mp_secret *unlock_key, const char *purpose)
{
	mp_hkdf(key, 32, unlock_key->data, unlock_key->len, store_id,
	    MP_STORE_ID_LEN, purpose, strlen(purpose));
}

struct mp_aead *
mp_keyslots_cipher(const uint8_t *store_id,
    const struct mp_secret *unlock_key, const char *purpose)
{
	uint8_t key[MP_AEAD_KEY];
	struct mp_aead *aead;

	unlock_derive(key, store_id, unlock_key, purpose);
	aead = mp_aead_new(key);
	explicit_bzero(key, sizeof key);
	return aead;
}

void
mp_keyslots_mac(uint8_t out[32], const struct mp_buf *body,
    const uint8_t *store_id, const struct mp_secret *unlock_key)
{
	uint8_t key[32];
	struct mp_mac *mac;

	unlock_derive(key, store_id, unlock_key, "mpkeys mac");
	mac = mp_mac_new(key, sizeof key);
	mp_mac_compute(out, mac, body->data, body->len);
	mp_mac_free(mac);
	explicit_bzero(key, sizeof key);
}

void
mp_keyslots_bundle_aad(struct mp_buf *aad, const uint8_t *store_id)
{
	mp_buf_add(aad, "mpkeys1 bundle", sizeof "mpkeys1 bundle");
	mp_buf_add(aad, store_id, MP_STORE_ID_LEN);
}

static enum mp_status
read_entries(struct mp_keys *keys, const struct mp_secret *entries,
    struct mp_err *err)
{
	size_t at;

	for (at = 0; at < entries->len; at += MP_BUNDLE_ENTRY) {
		const uint8_t *entry = entries->data + at;

		if (mp_keys_add(keys, mp_get_u32(entry), entry + 12,
		    (int64_t)mp_get_u64(entry + 4), err) != MP_OK)
			return mp_err_set(err, MP_CORRUPT,
			    "the bundle of master keys is not in order");
	}
	return MP_OK;
}

enum mp_status
mp_keyslots_open(struct mp_keys **keys, const struct mp_keyslots *slots,
    const struct mp_secret *unlock_key, struct mp_err *err)
{
	struct mp_buf aad = MP_BUF_INIT(64);
	struct mp_secret entries = MP_SECRET_INIT;
	size_t sealed_len = slots->bundle_len - MP_AEAD_NONCE;
	struct mp_aead *aead;
	enum mp_status status;
	uint8_t mac[32];

	*keys = NULL;
	mp_keyslots_bundle_aad(&aad, slots->store_id);
	aead = mp_keyslots_cipher(slots->store_id, unlock_key,
	    MP_KEYSLOTS_BUNDLE);
	mp_secret_init(&entries, sealed_len - MP_AEAD_TAG);
	status = mp_aead_open(entries.data, aead, slots->bundle, aad.data,
	    aad.len, slots->bundle + MP_AEAD_NONCE, sealed_len, err);
	mp_aead_free(aead);
	mp_buf_clear(&aad);
	mp_keyslots_mac(mac, &slots->body, slots->store_id, unlock_key);
	if (status != MP_OK)
		status = mp_err_set(err, MP_DENIED,
		    "the key does not open the master keys");
	else if (!mp_equal(mac, slots->mac, sizeof mac))
		status = mp_err_set(err, MP_CORRUPT, "the keyslots were "
		    "changed by somebody without the key (mac mismatch)");
	if (status == MP_OK) {
		*keys = mp_keys_new(slots->store_id);
		status = read_entries(*keys, &entries, err);
	}
	if (status != MP_OK) {
		mp_keys_free(*keys);
		*keys = NULL;
	}
	mp_secret_clear(&entries);
	return status;
}
