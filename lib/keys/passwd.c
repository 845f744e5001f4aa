/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keys/passwd.h"

#include <unistd.h>

#include "base/io.h"
#include "keys/recovery.h"

enum mp_status
mp_passwd_open(struct mp_passwd *passwd, const struct mp_unlock_ways *ways,
    struct mp_err *err)
{
	struct mp_unlock_ways secret = *ways;

	passwd->path = ways->store_path;
	secret.no_keyring = true;
	/* Without a folder mp_unlock has the better words. */
	if (mp_path_exists(ways->store_path) && mp_keyslots_lock(
	    &passwd->lock, ways->store_path, err) != MP_OK)
		return err->status;
	return mp_unlock(&passwd->unlocked, &secret, err);
}

void
mp_passwd_close(struct mp_passwd *passwd)
{
	mp_unlocked_clear(&passwd->unlocked);
	if (passwd->lock >= 0)
		(void)close(passwd->lock);
	passwd->lock = -1;
}

static enum mp_status
save(struct mp_passwd *passwd, struct mp_err *err)
{
	return mp_keyslots_save(passwd->unlocked.slots, passwd->path,
	    &passwd->unlocked.unlock_key, err);
}

enum mp_status
mp_passwd_add(struct mp_passwd *passwd, const struct mp_newslot *newslot,
    struct mp_err *err)
{
	if (mp_newslot_add(passwd->unlocked.slots, MP_SLOT_NEW,
	    &passwd->unlocked.unlock_key, newslot, err) != MP_OK)
		return err->status;
	return save(passwd, err);
}

/* The slot to change: named, or the one that opened, or the only one. */
static enum mp_status
slot_to_change(struct mp_slot_info *info, const struct mp_passwd *passwd,
    unsigned number, struct mp_err *err)
{
	const struct mp_keyslots *slots = passwd->unlocked.slots;
	size_t i;

	if (number != MP_SLOT_NEW)
		return mp_keyslots_find(info, slots, number) ? MP_OK :
		    mp_err_set(err, MP_NOT_FOUND, "there is no keyslot %u",
		    number);
	if (mp_keyslots_find(info, slots, passwd->unlocked.slot) &&
	    info->type == MP_SLOT_PASSPHRASE)
		return MP_OK;
	if (mp_keyslots_has(slots, MP_SLOT_PASSPHRASE) != 1)
		return mp_err_set(err, MP_USAGE,
		    "say which keyslot to change");
	for (i = 0; i < mp_keyslots_count(slots); i++) {
		*info = mp_keyslots_info(slots, i);
		if (info->type == MP_SLOT_PASSPHRASE)
			break;
	}
	return MP_OK;
}

enum mp_status
mp_passwd_change(struct mp_passwd *passwd, unsigned number,
    const struct mp_newslot *newslot, struct mp_err *err)
{
	struct mp_newslot new = *newslot;
	struct mp_slot_info info;
	bool key_file, openpgp;

	if (slot_to_change(&info, passwd, number, err) != MP_OK)
		return err->status;
	key_file = info.type == MP_SLOT_KEYFILE;
	openpgp = info.type == MP_SLOT_OPENPGP;
	if (info.type == MP_SLOT_RECOVERY || info.type == MP_SLOT_OTHER ||
	    key_file != (new.key_file != NULL) ||
	    openpgp != (new.fingerprint != NULL) ||
	    mp_newslot_count(&new) > 1)
		return mp_err_set(err, MP_USAGE, "cannot change keyslot %u "
		    "so: it is of type %s", info.number, info.type_name);
	if (new.label == NULL && !key_file)
		new.label = info.label;
	if (mp_newslot_add(passwd->unlocked.slots, info.number,
	    &passwd->unlocked.unlock_key, &new, err) != MP_OK)
		return err->status;
	return save(passwd, err);
}

enum mp_status
mp_passwd_remove(struct mp_passwd *passwd, unsigned number,
    struct mp_err *err)
{
	if (number == MP_SLOT_NEW)
		return mp_err_set(err, MP_USAGE,
		    "say which keyslot to remove");
	if (mp_keyslots_remove(passwd->unlocked.slots, number, err) != MP_OK)
		return err->status;
	return save(passwd, err);
}

enum mp_status
mp_passwd_recovery(struct mp_passwd *passwd, struct mp_err *err)
{
	struct mp_unlocked *unlocked = &passwd->unlocked;

	if (mp_keyslots_has(unlocked->slots, MP_SLOT_RECOVERY) != 0)
		return MP_OK;
	if (mp_keyslots_add_recovery(unlocked->slots, &unlocked->unlock_key,
	    unlocked->keys, err) != MP_OK)
		return err->status;
	return save(passwd, err);
}

/* The links to older keys first: without them the new code is worth less. */
enum mp_status
mp_passwd_rotate(struct mp_passwd *passwd, const struct mp_newslot *newslot,
    struct mp_err *err)
{
	struct mp_unlocked *unlocked = &passwd->unlocked;

	if (mp_keyslots_rotate(unlocked->slots, &unlocked->unlock_key,
	    unlocked->keys, newslot->seal, newslot->seal_arg, err) != MP_OK ||
	    mp_epochs_save(passwd->path, unlocked->keys, err) != MP_OK)
		return err->status;
	return save(passwd, err);
}

enum mp_status
mp_passwd_verify(struct mp_passwd *passwd, const struct mp_unlock_ways *ways,
    struct mp_err *err)
{
	if (mp_unlock(&passwd->unlocked, ways, err) != MP_OK)
		return err->status;
	if (mp_keyslots_damaged(passwd->unlocked.slots))
		return mp_err_set(err, MP_CORRUPT, "one copy of the "
		    "keyslots is damaged: mp-unlock writes it anew");
	return MP_OK;
}

enum mp_status
mp_passwd_repair(struct mp_unlocked *unlocked, const char *path,
    struct mp_err *err)
{
	enum mp_status status;
	int lock;

	if (!mp_keyslots_damaged(unlocked->slots))
		return MP_OK;
	if (mp_keyslots_lock(&lock, path, err) != MP_OK) {
		/* They are being written this moment. */
		if (err->status == MP_RETRY)
			mp_err_clear(err);
		return err->status;
	}
	mp_keyslots_free(unlocked->slots);
	status = mp_keyslots_load(&unlocked->slots, path, err);
	if (status == MP_OK)
		status = mp_keyslots_save(unlocked->slots, path,
		    &unlocked->unlock_key, err);
	(void)close(lock);
	return status;
}
