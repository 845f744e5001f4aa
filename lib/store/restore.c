/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/restore.h"

#include <unistd.h>

#include "keys/prompt.h"
#include "keys/recovery.h"
#include "store/identify.h"

/* Keys of the store at path, proven to be its own. */
static enum mp_status
recover(struct mp_keys **keys, const char *path, int code_fd,
    struct mp_err *err)
{
	struct mp_secret code = MP_SECRET_INIT, master = MP_SECRET_INIT;
	uint8_t id[MP_STORE_ID_LEN];
	enum mp_status status;

	status = mp_ask_secret(&code, code_fd, "Recovery code: ", err);
	if (status == MP_OK)
		status = mp_recovery_read(&master, (const char *)code.data,
		    err);
	if (status == MP_OK)
		status = mp_store_identify(id, path, err);
	if (status == MP_OK)
		status = mp_keys_from_recovery(keys, &master, id, path, err);
	if (status == MP_OK)
		status = mp_store_check_keys(path, *keys, err);
	mp_secret_clear(&code);
	mp_secret_clear(&master);
	return status;
}

static enum mp_status
write_slots(const char *path, const struct mp_keys *keys,
    const struct mp_newslot *newslot, struct mp_err *err)
{
	struct mp_secret unlock_key = MP_SECRET_INIT;
	struct mp_keyslots *slots = mp_keyslots_new(&unlock_key, keys);
	enum mp_status status;

	status = mp_newslot_add(slots, MP_SLOT_NEW, &unlock_key, newslot,
	    err);
	if (status == MP_OK)
		status = mp_keyslots_add_recovery(slots, &unlock_key, keys,
		    err);
	if (status == MP_OK)
		status = mp_keyslots_save(slots, path, &unlock_key, err);
	mp_keyslots_free(slots);
	mp_secret_clear(&unlock_key);
	return status;
}

enum mp_status
mp_store_restore_slots(const char *path, int code_fd,
    const struct mp_newslot *newslot, struct mp_err *err)
{
	struct mp_keyslots *slots = NULL;
	struct mp_keys *keys = NULL;
	enum mp_status status;
	int lock;

	if (mp_keyslots_lock(&lock, path, err) != MP_OK)
		return err->status;
	if (mp_keyslots_load(&slots, path, err) == MP_OK)
		status = mp_err_set(err, MP_REFUSED, "the keyslots of '%s' "
		    "are not lost: any passphrase prompt takes the code",
		    path);
	else
		status = recover(&keys, path, code_fd, err);
	if (status == MP_OK)
		status = write_slots(path, keys, newslot, err);
	if (status == MP_OK)
		mp_err_clear(err);
	mp_keyslots_free(slots);
	mp_keys_free(keys);
	(void)close(lock);
	return status;
}
