/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keys/newslot.h"

#include "base/io.h"
#include "crypto/kdf.h"
#include "keys/prompt.h"
#include "keys/unlock.h"

unsigned
mp_newslot_count(const struct mp_newslot *newslot)
{
	unsigned count = 0;

	count += newslot->passphrase_fd != MP_NEWSLOT_NO_FD;
	count += newslot->key_file != NULL;
	count += newslot->fingerprint != NULL;
	return count;
}

static const char *
label_of(const struct mp_newslot *newslot, const char *usual)
{
	return newslot->label != NULL ? newslot->label : usual;
}

static enum mp_status
add_passphrase(struct mp_keyslots *slots, unsigned number,
    const struct mp_secret *unlock_key, const struct mp_newslot *newslot,
    struct mp_err *err)
{
	struct mp_secret passphrase = MP_SECRET_INIT;
	enum mp_status status;

	if (newslot->passphrase_fd != MP_NEWSLOT_NO_FD)
		status = mp_ask_secret(&passphrase,
		    (int)newslot->passphrase_fd, NULL, err);
	else
		status = mp_prompt_new(&passphrase, "new passphrase: ", err);
	if (status == MP_OK)
		status = mp_keyslots_add(slots, number, MP_SLOT_PASSPHRASE,
		    unlock_key, &passphrase, (unsigned)newslot->log2_n,
		    label_of(newslot, ""), err);
	mp_secret_clear(&passphrase);
	return status;
}

static enum mp_status
add_key_file(struct mp_keyslots *slots, unsigned number,
    const struct mp_secret *unlock_key, const struct mp_newslot *newslot,
    struct mp_err *err)
{
	struct mp_secret content = MP_SECRET_INIT;
	enum mp_status status = MP_OK;

	if (!mp_path_exists(newslot->key_file))
		status = mp_key_file_create(newslot->key_file, err);
	if (status == MP_OK)
		status = mp_key_file_read(&content, newslot->key_file, err);
	if (status == MP_OK)
		status = mp_keyslots_add(slots, number, MP_SLOT_KEYFILE,
		    unlock_key, &content, (unsigned)newslot->log2_n,
		    label_of(newslot, newslot->key_file), err);
	mp_secret_clear(&content);
	return status;
}

enum mp_status
mp_newslot_add(struct mp_keyslots *slots, unsigned number,
    const struct mp_secret *unlock_key, const struct mp_newslot *newslot,
    struct mp_err *err)
{
	enum mp_status status = MP_OK;

	if (newslot->log2_n != MP_KDF_COST_AUTO &&
	    (newslot->log2_n < MP_SCRYPT_LOG2N_MIN ||
	    newslot->log2_n > MP_SCRYPT_LOG2N_MAX))
		return mp_err_set(err, MP_USAGE, "the scrypt cost is not in "
		    "%d..%d", MP_SCRYPT_LOG2N_MIN, MP_SCRYPT_LOG2N_MAX);
	if (newslot->passphrase_fd != MP_NEWSLOT_NO_FD &&
	    newslot->passphrase_fd > INT32_MAX)
		return mp_err_set(err, MP_USAGE,
		    "the descriptor is out of range");
	if (newslot->passphrase_fd != MP_NEWSLOT_NO_FD ||
	    mp_newslot_count(newslot) == 0)
		status = add_passphrase(slots, number, unlock_key, newslot,
		    err);
	if (status == MP_OK && newslot->key_file != NULL)
		status = add_key_file(slots, number, unlock_key, newslot,
		    err);
	if (status == MP_OK && newslot->fingerprint != NULL)
		status = mp_keyslots_add_openpgp(slots, number, unlock_key,
		    newslot->fingerprint, label_of(newslot, ""),
		    newslot->seal, newslot->seal_arg, err);
	return status;
}
