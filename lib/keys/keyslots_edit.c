/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keys/keyslots_edit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/encode.h"
#include "base/io.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/random.h"
#include "crypto/sealedbox.h"
#include "keys/keyslots_internal.h"
#include "keys/recovery.h"

#define KEYFILE_STRONG 32	/* bytes that need no scrypt */
#define TUNE_MIN 15
#define TUNE_MAX 19
#define TUNE_PROBE 14
#define TUNE_LIMIT_NS INT64_C(700000000)

/* --- new -------------------------------------------------------------- */

/* On the folder: the files themselves are replaced. */
enum mp_status
mp_keyslots_lock(int *fd, const char *path, struct mp_err *err)
{
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return mp_err_sys(err, errno, "cannot open folder '%s'",
		    path);
	if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
		return MP_OK;
	(void)close(*fd);
	*fd = -1;
	return mp_err_set(err, MP_RETRY,
	    "another command is changing the keyslots of '%s'", path);
}

/* The public key of the box pair whose secret half is derived. */
static void
set_spool_key(struct mp_keyslots *slots, const struct mp_keys *keys)
{
	uint8_t seed[MP_BOX_SEED], secret[MP_BOX_SECRET];

	mp_keys_derive(seed, sizeof seed, keys, "spool", NULL, 0);
	mp_box_keys(slots->spool_key, secret, seed);
	explicit_bzero(seed, sizeof seed);
	explicit_bzero(secret, sizeof secret);
}

static void
seal_bundle(struct mp_keyslots *slots, const struct mp_secret *unlock_key,
    const struct mp_keys *keys)
{
	size_t len = keys->count * MP_BUNDLE_ENTRY, i;
	struct mp_secret entries = MP_SECRET_INIT;
	struct mp_buf aad = MP_BUF_INIT(64);
	struct mp_aead *aead;

	mp_secret_init(&entries, len);
	for (i = 0; i < keys->count; i++) {
		uint8_t *entry = entries.data + i * MP_BUNDLE_ENTRY;

		mp_put_u32(entry, keys->epochs[i].number);
		mp_put_u64(entry + 4, (uint64_t)keys->epochs[i].created);
		memcpy(entry + 12, keys->masters.data + i * MP_MASTER_LEN,
		    MP_MASTER_LEN);
	}
	mp_keyslots_bundle_aad(&aad, slots->store_id);
	aead = mp_keyslots_cipher(slots->store_id, unlock_key,
	    MP_KEYSLOTS_BUNDLE);
	mp_random(slots->bundle, MP_AEAD_NONCE);
	mp_aead_seal(slots->bundle + MP_AEAD_NONCE, aead, slots->bundle,
	    aad.data, aad.len, entries.data, len);
	slots->bundle_len = MP_AEAD_NONCE + len + MP_AEAD_TAG;
	mp_aead_free(aead);
	mp_secret_clear(&entries);
	mp_buf_clear(&aad);
}

struct mp_keyslots *
mp_keyslots_new(struct mp_secret *unlock_key, const struct mp_keys *keys)
{
	struct mp_keyslots *slots = mp_calloc(1, sizeof *slots);

	mp_buf_init(&slots->body, MP_KEYSLOTS_MAX);
	memcpy(slots->store_id, keys->store_id, MP_STORE_ID_LEN);
	slots->copy = 1;	/* so that the first copy is written first */
	mp_secret_clear(unlock_key);
	mp_secret_init(unlock_key, MP_UNLOCK_KEY_LEN);
	mp_random(unlock_key->data, unlock_key->len);
	set_spool_key(slots, keys);
	seal_bundle(slots, unlock_key, keys);
	return slots;
}

/* --- slots ------------------------------------------------------------ */

static struct mp_slot *
find_slot(struct mp_keyslots *slots, unsigned number)
{
	size_t i;

	for (i = 0; i < slots->count; i++)
		if (slots->slots[i].number == number)
			return &slots->slots[i];
	return NULL;
}

static unsigned
free_number(struct mp_keyslots *slots)
{
	unsigned number = 0;

	while (find_slot(slots, number) != NULL)
		number++;
	return number;
}

/* Put a finished line in place of slot `number`, or at the end. */
static enum mp_status
put_slot(struct mp_keyslots *slots, unsigned number, struct mp_buf *line,
    struct mp_err *err)
{
	struct mp_slot *slot = find_slot(slots, number), new;

	if (slot == NULL && slots->count == MP_SLOTS_MAX)
		return mp_err_set(err, MP_INVALID,
		    "over the limit of %d keyslots", MP_SLOTS_MAX);
	if (line->overflow)
		return mp_err_set(err, MP_INVALID, "the keyslot is too long");
	if (mp_slot_parse(&new, mp_strndup(mp_buf_text(line), line->len),
	    err) != MP_OK) {
		mp_slot_clear(&new);
		return err->status;
	}
	if (slot == NULL)
		slot = &slots->slots[slots->count++];
	else
		mp_slot_clear(slot);
	*slot = new;
	return MP_OK;
}

static void
add_base64(struct mp_buf *line, const char *key, const void *data,
    size_t len)
{
	mp_buf_printf(line, " %s=", key);
	mp_base64_add(line, data, len);
}

/* The last attributes that the seal binds. */
static void
add_description(struct mp_buf *line, const char *label)
{
	mp_buf_printf(line, " created=%" PRId64, (int64_t)time(NULL));
	if (label[0] == '\0')
		return;
	mp_buf_str(line, " label=");
	mp_id_escape(line, label, strlen(label));
}

static const char *
type_name(enum mp_slot_type type)
{
	if (type == MP_SLOT_KEYFILE)
		return "keyfile";
	return type == MP_SLOT_RECOVERY ? "recovery" : "passphrase";
}

/* What the wrapping of a slot's key binds: that slot of that store. */
static void
wrap_aad(struct mp_buf *aad, const uint8_t *store_id, unsigned number)
{
	mp_buf_str(aad, MP_KEYSLOTS_SLOTS);
	mp_buf_add(aad, store_id, MP_STORE_ID_LEN);
	mp_buf_u32(aad, number);
}

static void
wrap_key(struct mp_slot *slot, const uint8_t key[MP_AEAD_KEY],
    const uint8_t *store_id, const struct mp_secret *unlock_key)
{
	struct mp_aead *aead = mp_keyslots_cipher(store_id, unlock_key,
	    MP_KEYSLOTS_SLOTS);
	struct mp_buf aad = MP_BUF_INIT(64);

	wrap_aad(&aad, store_id, slot->number);
	mp_random(slot->wrapped, MP_AEAD_NONCE);
	mp_aead_seal(slot->wrapped + MP_AEAD_NONCE, aead, slot->wrapped,
	    aad.data, aad.len, key, MP_AEAD_KEY);
	mp_aead_free(aead);
	mp_buf_clear(&aad);
}

static enum mp_status
unwrap_key(uint8_t key[MP_AEAD_KEY], const struct mp_slot *slot,
    const uint8_t *store_id, const struct mp_secret *unlock_key,
    struct mp_err *err)
{
	struct mp_aead *aead = mp_keyslots_cipher(store_id, unlock_key,
	    MP_KEYSLOTS_SLOTS);
	struct mp_buf aad = MP_BUF_INIT(64);
	enum mp_status status;

	wrap_aad(&aad, store_id, slot->number);
	status = mp_aead_open(key, aead, slot->wrapped, aad.data, aad.len,
	    slot->wrapped + MP_AEAD_NONCE, MP_AEAD_KEY + MP_AEAD_TAG, err);
	if (status != MP_OK)
		mp_err_context(err, "keyslot %u", slot->number);
	mp_aead_free(aead);
	mp_buf_clear(&aad);
	return status;
}

/*
 * The line says all that the seal binds: seal the unlock key with the
 * slot's key and add the seals. Number and commitment are the slot's.
 */
static void
add_seals(struct mp_buf *line, struct mp_slot *slot,
    const uint8_t key[MP_AEAD_KEY], const uint8_t *store_id,
    const struct mp_secret *unlock_key)
{
	struct mp_buf aad = MP_BUF_INIT(MP_KEYSLOTS_MAX + 64);
	struct mp_aead *aead = mp_aead_new(key);
	struct mp_slot said = { .line = (char *)line->data,
	    .bound = line->len };

	mp_slot_aad(&aad, &said, store_id);
	mp_random(slot->nonce, sizeof slot->nonce);
	mp_aead_seal(slot->sealed, aead, slot->nonce, aad.data, aad.len,
	    unlock_key->data, MP_UNLOCK_KEY_LEN);
	mp_aead_free(aead);
	mp_buf_clear(&aad);
	wrap_key(slot, key, store_id, unlock_key);
	add_base64(line, "iv", slot->nonce, sizeof slot->nonce);
	add_base64(line, "ct", slot->sealed, sizeof slot->sealed);
	add_base64(line, "cm", slot->commit, sizeof slot->commit);
	add_base64(line, "wk", slot->wrapped, sizeof slot->wrapped);
}

/* The line of a slot of this number, type and cost that a secret opens. */
static enum mp_status
write_sealed(struct mp_buf *line, struct mp_slot *slot, const char *label,
    const struct mp_keyslots *slots, const struct mp_secret *unlock_key,
    const struct mp_secret *secret, struct mp_err *err)
{
	uint8_t key[MP_AEAD_KEY];

	mp_random(slot->salt, sizeof slot->salt);
	if (mp_slot_derive(key, slot->commit, slot, slots->store_id, secret,
	    err) != MP_OK)
		return err->status;
	mp_buf_printf(line, "slot %u type=%s", slot->number,
	    type_name(slot->type));
	if (slot->log2_n == 0)
		mp_buf_str(line, " kdf=hkdf");
	else
		mp_buf_printf(line, " kdf=scrypt N=%u r=8 p=%u",
		    slot->log2_n, slot->p);
	add_base64(line, "salt", slot->salt, sizeof slot->salt);
	add_description(line, label);
	add_seals(line, slot, key, slots->store_id, unlock_key);
	explicit_bzero(key, sizeof key);
	return MP_OK;
}

enum mp_status
mp_keyslots_add(struct mp_keyslots *slots, unsigned number,
    enum mp_slot_type type, const struct mp_secret *unlock_key,
    const struct mp_secret *secret, unsigned log2_n, const char *label,
    struct mp_err *err)
{
	struct mp_buf line = MP_BUF_INIT(MP_KEYSLOTS_MAX);
	struct mp_slot slot = { .type = type, .p = 1 };
	enum mp_status status;

	if (secret->len == 0)
		return mp_err_set(err, MP_REFUSED, "an empty %s",
		    type == MP_SLOT_KEYFILE ? "key file" : "passphrase");
	if (type == MP_SLOT_PASSPHRASE &&
	    mp_recovery_shape((const char *)secret->data))
		return mp_err_set(err, MP_REFUSED, "a passphrase of %d words "
		    "would be taken for a recovery code",
		    MP_RECOVERY_WORDS);
	slot.number = number == MP_SLOT_NEW ? free_number(slots) : number;
	if (type == MP_SLOT_PASSPHRASE ||
	    (type == MP_SLOT_KEYFILE && secret->len < KEYFILE_STRONG))
		slot.log2_n = log2_n != MP_KDF_COST_AUTO ? log2_n :
		    mp_keyslots_tune();
	status = write_sealed(&line, &slot, label, slots, unlock_key, secret,
	    err);
	if (status == MP_OK)
		status = put_slot(slots, slot.number, &line, err);
	mp_buf_clear(&line);
	return status;
}

enum mp_status
mp_keyslots_add_openpgp(struct mp_keyslots *slots, unsigned number,
    const struct mp_secret *unlock_key, const char *fingerprint,
    const char *label, mp_seal_fn *seal, void *arg, struct mp_err *err)
{
	struct mp_buf line = MP_BUF_INIT(MP_KEYSLOTS_MAX);
	struct mp_buf sealed = MP_BUF_INIT(MP_KEYSLOTS_MAX / 2);
	struct mp_secret text = MP_SECRET_INIT;
	enum mp_status status;

	if (number == MP_SLOT_NEW)
		number = free_number(slots);
	mp_slot_openpgp_text(&text, slots->store_id, unlock_key);
	status = seal(&sealed, fingerprint, text.data, text.len, arg, err);
	mp_secret_clear(&text);
	if (status == MP_OK) {
		mp_buf_printf(&line, "slot %u type=openpgp fpr=%s", number,
		    fingerprint);
		add_description(&line, label);
		add_base64(&line, "blob", sealed.data, sealed.len);
		status = put_slot(slots, number, &line, err);
	}
	mp_buf_clear(&sealed);
	mp_buf_clear(&line);
	return status;
}

enum mp_status
mp_keyslots_add_recovery(struct mp_keyslots *slots,
    const struct mp_secret *unlock_key, const struct mp_keys *keys,
    struct mp_err *err)
{
	struct mp_secret master = MP_SECRET_INIT;
	unsigned number = MP_SLOT_NEW;
	enum mp_status status;
	size_t i;

	for (i = 0; i < slots->count; i++)
		if (slots->slots[i].type == MP_SLOT_RECOVERY)
			number = slots->slots[i].number;
	mp_secret_set(&master, keys->masters.data +
	    (keys->count - 1) * MP_MASTER_LEN, MP_MASTER_LEN);
	status = mp_keyslots_add(slots, number, MP_SLOT_RECOVERY, unlock_key,
	    &master, 0, "", err);
	mp_secret_clear(&master);
	return status;
}

enum mp_status
mp_keyslots_remove(struct mp_keyslots *slots, unsigned number,
    struct mp_err *err)
{
	struct mp_slot *slot = find_slot(slots, number);
	size_t at, i, usable = 0;

	if (slot == NULL)
		return mp_err_set(err, MP_NOT_FOUND,
		    "there is no keyslot %u", number);
	for (i = 0; i < slots->count; i++)
		usable += &slots->slots[i] != slot &&
		    slots->slots[i].type != MP_SLOT_OTHER;
	if (usable == 0)
		return mp_err_set(err, MP_REFUSED,
		    "cannot remove keyslot %u: it is the last", number);
	at = (size_t)(slot - slots->slots);
	mp_slot_clear(slot);
	slots->count--;
	memmove(slot, slot + 1, (slots->count - at) * sizeof *slot);
	return MP_OK;
}

/* Seal a new unlock key in a slot whose secret is not at hand. */
static enum mp_status
reseal(struct mp_keyslots *slots, struct mp_slot *slot,
    const struct mp_secret *new_key, const struct mp_secret *old_key,
    struct mp_err *err)
{
	struct mp_buf line = MP_BUF_INIT(MP_KEYSLOTS_MAX);
	uint8_t key[MP_AEAD_KEY];
	enum mp_status status;

	status = unwrap_key(key, slot, slots->store_id, old_key, err);
	if (status == MP_OK) {
		mp_buf_add(&line, slot->line, slot->bound);
		add_seals(&line, slot, key, slots->store_id, new_key);
		status = put_slot(slots, slot->number, &line, err);
	}
	explicit_bzero(key, sizeof key);
	mp_buf_clear(&line);
	return status;
}

static enum mp_status
reseal_openpgp(struct mp_keyslots *slots, const struct mp_slot *slot,
    const struct mp_secret *new_key, mp_seal_fn *seal, void *arg,
    struct mp_err *err)
{
	char fingerprint[MP_FINGERPRINT_MAX + 1];
	char *label = mp_strdup(slot->label);
	unsigned number = slot->number;

	memcpy(fingerprint, slot->fingerprint, sizeof fingerprint);
	if (mp_keyslots_add_openpgp(slots, number, new_key, fingerprint,
	    label, seal, arg, err) != MP_OK)
		mp_err_context(err, "keyslot %u", number);
	free(label);
	return err->status;
}

static enum mp_status
reseal_all(struct mp_keyslots *slots, const struct mp_secret *new_key,
    const struct mp_secret *old_key, mp_seal_fn *seal, void *arg,
    struct mp_err *err)
{
	enum mp_status status = MP_OK;
	size_t i;

	mp_err_clear(err);
	for (i = 0; i < slots->count && status == MP_OK; i++) {
		struct mp_slot *slot = &slots->slots[i];

		if (slot->type == MP_SLOT_OTHER)
			status = mp_err_set(err, MP_REFUSED, "keyslot %u is "
			    "of a later version: remove it first",
			    slot->number);
		else if (slot->type == MP_SLOT_OPENPGP)
			status = reseal_openpgp(slots, slot, new_key, seal,
			    arg, err);
		else
			status = reseal(slots, slot, new_key, old_key, err);
	}
	return status;
}

static enum mp_status
add_master(struct mp_keys *keys, struct mp_err *err)
{
	uint8_t master[MP_MASTER_LEN];
	enum mp_status status;

	mp_random(master, sizeof master);
	status = mp_keys_add(keys, keys->epochs[keys->count - 1].number + 1,
	    master, (int64_t)time(NULL), err);
	explicit_bzero(master, sizeof master);
	return status;
}

enum mp_status
mp_keyslots_rotate(struct mp_keyslots *slots, struct mp_secret *unlock_key,
    struct mp_keys *keys, mp_seal_fn *seal, void *arg, struct mp_err *err)
{
	struct mp_secret new_key = MP_SECRET_INIT;
	enum mp_status status;

	mp_secret_init(&new_key, MP_UNLOCK_KEY_LEN);
	mp_random(new_key.data, new_key.len);
	status = reseal_all(slots, &new_key, unlock_key, seal, arg, err);
	if (status == MP_OK)
		status = add_master(keys, err);
	if (status == MP_OK) {
		mp_secret_copy(unlock_key, &new_key);
		seal_bundle(slots, unlock_key, keys);
		if (mp_keyslots_has(slots, MP_SLOT_RECOVERY) != 0)
			status = mp_keyslots_add_recovery(slots, unlock_key,
			    keys, err);
	}
	mp_secret_clear(&new_key);
	return status;
}

/* --- writing ---------------------------------------------------------- */

static void
write_body(struct mp_keyslots *slots)
{
	struct mp_buf *body = &slots->body;
	size_t i;

	mp_buf_reset(body);
	mp_buf_str(body, "mpkeys 1\nstore ");
	mp_hex_add(body, slots->store_id, MP_STORE_ID_LEN);
	mp_buf_printf(body, "\ngen %" PRIu64 "\nspool ", slots->generation);
	mp_base64_add(body, slots->spool_key, MP_SPOOL_KEY_LEN);
	mp_buf_byte(body, '\n');
	for (i = 0; i < slots->count; i++)
		mp_buf_printf(body, "%s\n", slots->slots[i].line);
	for (i = 0; i < slots->other.count; i++)
		mp_buf_printf(body, "%s\n", slots->other.items[i]);
	mp_buf_str(body, "bundle ");
	mp_base64_add(body, slots->bundle, slots->bundle_len);
	mp_buf_byte(body, '\n');
}

static void
write_file(struct mp_buf *file, struct mp_keyslots *slots,
    const struct mp_secret *unlock_key)
{
	uint8_t sum[MP_SHA256_LEN];

	write_body(slots);
	mp_keyslots_mac(slots->mac, &slots->body, slots->store_id,
	    unlock_key);
	mp_buf_add(file, slots->body.data, slots->body.len);
	mp_buf_str(file, "mac ");
	mp_base64_add(file, slots->mac, sizeof slots->mac);
	mp_buf_byte(file, '\n');
	mp_sha256(sum, file->data, file->len);
	mp_buf_str(file, "sum ");
	mp_hex_add(file, sum, sizeof sum);
	mp_buf_byte(file, '\n');
}

enum mp_status
mp_keyslots_save(struct mp_keyslots *slots, const char *path,
    const struct mp_secret *unlock_key, struct mp_err *err)
{
	struct mp_buf file = MP_BUF_INIT(MP_KEYSLOTS_MAX);
	enum mp_status status = MP_OK;
	unsigned i;

	slots->generation++;
	write_file(&file, slots, unlock_key);
	if (file.overflow || slots->body.overflow)
		status = mp_err_set(err, MP_INVALID,
		    "the keyslots are over the limit of %d bytes",
		    MP_KEYSLOTS_MAX);
	for (i = 1; status == MP_OK && i <= 2; i++) {
		char *name = mp_keyslots_path(path, (slots->copy + i) % 2);

		status = mp_path_replace(name, file.data, file.len, err);
		free(name);
	}
	slots->damaged = status != MP_OK;
	mp_buf_clear(&file);
	return status;
}

enum mp_status
mp_keyslots_mend(struct mp_keyslots *slots, const char *path,
    struct mp_err *err)
{
	struct mp_buf file = MP_BUF_INIT(MP_KEYSLOTS_MAX);
	char *good = mp_keyslots_path(path, slots->copy);
	char *bad = mp_keyslots_path(path, (slots->copy + 1) % 2);
	enum mp_status status = mp_path_read(&file, good, err);

	if (status == MP_OK)
		status = mp_path_replace(bad, file.data, file.len, err);
	slots->damaged = status != MP_OK;
	free(bad);
	free(good);
	mp_buf_clear(&file);
	return status;
}

static int64_t
now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

unsigned
mp_keyslots_tune(void)
{
	uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) *
	    (uint64_t)sysconf(_SC_PAGESIZE);
	struct mp_err ignored = MP_ERR_INIT;
	unsigned log2_n = TUNE_PROBE;
	uint8_t out[32];
	int64_t took = now_ns();

	if (mp_scrypt(out, sizeof out, "probe", 5, "salt", 4, TUNE_PROBE, 1,
	    &ignored) != MP_OK)
		return TUNE_MIN;
	took = now_ns() - took;
	while (log2_n < TUNE_MAX && took * 2 <= TUNE_LIMIT_NS &&
	    (UINT64_C(2048) << log2_n) <= memory / 4) {
		took *= 2;
		log2_n++;
	}
	return log2_n < TUNE_MIN ? TUNE_MIN : log2_n;
}
