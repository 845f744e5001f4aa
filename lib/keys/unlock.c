/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keys/unlock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "crypto/random.h"
#include "keys/keyring.h"
#include "keys/prompt.h"
#include "keys/recovery.h"
#include "keys/unlock_internal.h"

#define TRIES 3
#define NEW_KEY_FILE_LEN 32

/* --- key files -------------------------------------------------------- */

enum mp_status
mp_key_file_read(struct mp_secret *content, const char *path,
    struct mp_err *err)
{
	struct mp_file file = MP_FILE_INIT;
	enum mp_status status;
	struct stat st;

	status = mp_file_open(&file, path, O_RDONLY | O_NONBLOCK, err);
	if (status != MP_OK) {
		mp_file_close(&file);
		return status;
	}
	if (fstat(file.fd, &st) != 0)
		status = mp_err_sys(err, errno, "cannot stat '%s'", path);
	else if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0 ||
	    (st.st_uid != geteuid() && st.st_uid != 0))
		status = mp_err_set(err, MP_DENIED, "cannot use key file "
		    "'%s': it must be a file of mode 0600 of this user",
		    path);
	else if (st.st_size == 0 || st.st_size > MP_KEY_FILE_MAX)
		status = mp_err_set(err, MP_INVALID, "cannot use key file "
		    "'%s': it must hold 1 to %d bytes", path,
		    MP_KEY_FILE_MAX);
	else {
		mp_secret_clear(content);
		mp_secret_init(content, (size_t)st.st_size);
		status = mp_file_read(&file, content->data, content->len, 0,
		    err);
	}
	mp_file_close(&file);
	return status;
}

enum mp_status
mp_key_file_create(const char *path, struct mp_err *err)
{
	struct mp_file file = MP_FILE_INIT;
	uint8_t key[NEW_KEY_FILE_LEN];
	enum mp_status status;

	status = mp_file_open(&file, path, O_WRONLY | O_CREAT | O_EXCL, err);
	if (status == MP_OK) {
		mp_random(key, sizeof key);
		status = mp_file_write(&file, key, sizeof key, 0, err);
		explicit_bzero(key, sizeof key);
	}
	if (status == MP_OK)
		status = mp_file_sync(&file, err);
	mp_file_close(&file);
	return status;
}

/* --- one way after the other ------------------------------------------ */

/* A passphrase, or the recovery code in its place. */
static enum mp_status
try_passphrase(struct mp_unlocked *unlocked,
    const struct mp_secret *passphrase, struct mp_err *err)
{
	struct mp_secret master = MP_SECRET_INIT;
	enum mp_status status;

	if (!mp_recovery_shape((const char *)passphrase->data))
		return mp_keyslots_try(&unlocked->unlock_key, &unlocked->slot,
		    unlocked->slots, MP_SLOT_PASSPHRASE, passphrase, err);
	status = mp_recovery_read(&master, (const char *)passphrase->data,
	    err);
	if (status == MP_OK)
		status = mp_keyslots_try(&unlocked->unlock_key,
		    &unlocked->slot, unlocked->slots, MP_SLOT_RECOVERY,
		    &master, err);
	mp_secret_clear(&master);
	return status;
}

static enum mp_status
from_fd(struct mp_unlocked *unlocked, const struct mp_unlock_ways *ways,
    struct mp_err *err)
{
	struct mp_secret passphrase = MP_SECRET_INIT;
	enum mp_status status;

	if (ways->passphrase_fd < 0)
		return MP_NOT_FOUND;
	status = mp_ask_secret(&passphrase, ways->passphrase_fd, NULL, err);
	if (status == MP_OK)
		status = try_passphrase(unlocked, &passphrase, err);
	mp_secret_clear(&passphrase);
	return status;
}

static enum mp_status
from_key_file(struct mp_unlocked *unlocked,
    const struct mp_unlock_ways *ways, struct mp_err *err)
{
	struct mp_secret content = MP_SECRET_INIT;
	enum mp_status status;

	if (ways->key_file == NULL ||
	    !mp_keyslots_has(unlocked->slots, MP_SLOT_KEYFILE))
		return MP_NOT_FOUND;
	status = mp_key_file_read(&content, ways->key_file, err);
	if (status == MP_OK) {
		status = mp_keyslots_try(&unlocked->unlock_key,
		    &unlocked->slot, unlocked->slots, MP_SLOT_KEYFILE,
		    &content, err);
		if (status != MP_OK)
			mp_err_context(err, "'%s'", ways->key_file);
	}
	mp_secret_clear(&content);
	return status;
}

static enum mp_status
from_keyring(struct mp_unlocked *unlocked, const struct mp_unlock_ways *ways,
    struct mp_err *err)
{
	enum mp_status status;

	if (ways->no_keyring)
		return MP_NOT_FOUND;
	status = mp_keyring_get(&unlocked->unlock_key,
	    mp_keyslots_store_id(unlocked->slots), ways->runtime_dir, err);
	unlocked->from_keyring = status == MP_OK;
	return status;
}

static enum mp_status
from_credential(struct mp_unlocked *unlocked,
    const struct mp_unlock_ways *ways, struct mp_err *err)
{
	struct mp_secret passphrase = MP_SECRET_INIT;
	enum mp_status status = MP_NOT_FOUND;
	char *path;
	int fd;

	if (ways->credentials_dir == NULL)
		return MP_NOT_FOUND;
	path = mp_asprintf("%s/mp.passphrase", ways->credentials_dir);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0) {
		status = mp_read_secret(&passphrase, fd,
		    "the credential mp.passphrase", err);
		(void)close(fd);
		if (status == MP_OK)
			status = try_passphrase(unlocked, &passphrase, err);
	}
	mp_secret_clear(&passphrase);
	free(path);
	return status;
}

static enum mp_status
from_command(struct mp_unlocked *unlocked, const struct mp_unlock_ways *ways,
    struct mp_err *err)
{
	struct mp_secret passphrase = MP_SECRET_INIT;
	enum mp_status status;

	if (ways->bootstrap == NULL)
		return MP_NOT_FOUND;
	status = mp_passphrase_command(&passphrase, ways->bootstrap, err);
	if (status == MP_OK)
		status = try_passphrase(unlocked, &passphrase, err);
	mp_secret_clear(&passphrase);
	return status;
}

/*
 * Without the secret key, without gpg, or with its dialogue dismissed, for
 * which it has many words: go on.
 */
static enum mp_status
from_openpgp(struct mp_unlocked *unlocked, const struct mp_unlock_ways *ways,
    struct mp_err *err)
{
	enum mp_status status;

	if (ways->unseal == NULL ||
	    !mp_keyslots_has(unlocked->slots, MP_SLOT_OPENPGP))
		return MP_NOT_FOUND;
	status = mp_keyslots_try_openpgp(&unlocked->unlock_key,
	    &unlocked->slot, unlocked->slots, ways->unseal,
	    ways->unseal_arg, err);
	return status == MP_OK ? MP_OK : MP_NOT_FOUND;
}

static enum mp_status
from_terminal(struct mp_unlocked *unlocked,
    const struct mp_unlock_ways *ways, struct mp_err *err)
{
	struct mp_secret answer = MP_SECRET_INIT;
	const char *hint = "";
	char *question;
	enum mp_status status = MP_NOT_FOUND;
	int i;

	if (ways->no_terminal || !mp_prompt_possible() ||
	    (!mp_keyslots_has(unlocked->slots, MP_SLOT_PASSPHRASE) &&
	    !mp_keyslots_has(unlocked->slots, MP_SLOT_RECOVERY)))
		return MP_NOT_FOUND;
	if (mp_keyslots_has(unlocked->slots, MP_SLOT_RECOVERY))
		hint = "; the recovery code opens it, too";
	question = mp_asprintf("Passphrase for %s: ", ways->store_path);
	for (i = 0; i < TRIES; i++) {
		status = mp_prompt(&answer, question, err);
		if (status == MP_OK && answer.len == 0)
			status = MP_NOT_FOUND;
		else if (status == MP_OK)
			status = try_passphrase(unlocked, &answer, err);
		if (status == MP_DENIED || status == MP_INVALID) {
			char *old = question;

			question = mp_asprintf("%s%s\nPassphrase for %s: ",
			    err->text, hint, ways->store_path);
			free(old);
		} else {
			break;
		}
	}
	mp_secret_clear(&answer);
	free(question);
	return status;
}

typedef enum mp_status way_fn(struct mp_unlocked *unlocked,
    const struct mp_unlock_ways *ways, struct mp_err *err);

/* Each gives MP_NOT_FOUND when it has no secret. */
static way_fn *const ways_in_order[] = { from_fd, from_key_file,
	from_keyring, from_credential, from_command, from_openpgp,
	from_terminal };

/* The unlock key is there: open the master keys with it. */
static enum mp_status
open_keys(struct mp_unlocked *unlocked, struct mp_err *err)
{
	enum mp_status status = mp_keyslots_open(&unlocked->keys,
	    unlocked->slots, &unlocked->unlock_key, err);

	if (status == MP_DENIED && unlocked->from_keyring) {
		/* of a store that was here before, with the same id */
		unlocked->from_keyring = false;
		mp_secret_clear(&unlocked->unlock_key);
		return MP_NOT_FOUND;
	}
	if (status == MP_DENIED)
		return mp_err_set(err, MP_CORRUPT,
		    "the bundle of master keys is damaged");
	return status;
}

enum mp_status
mp_unlock_slots(struct mp_keyslots **slots, const char *path,
    struct mp_err *err)
{
	enum mp_status status;
	char *log;

	status = mp_keyslots_load(slots, path, err);
	if (status == MP_OK)
		return status;
	log = mp_asprintf("%s/log", path);
	if (status == MP_NOT_FOUND && !mp_path_exists(log))
		status = mp_err_set(err, MP_CONFIG, "there is no store at "
		    "'%s': make one with mp-init", path);
	else if (status == MP_NOT_FOUND)
		status = mp_err_set(err, MP_CORRUPT, "the keyslots of '%s' "
		    "are lost: mp-passwd restore makes new ones from the "
		    "recovery code", path);
	free(log);
	return status;
}

enum mp_status
mp_unlock(struct mp_unlocked *unlocked, const struct mp_unlock_ways *ways,
    struct mp_err *err)
{
	struct mp_err reason = MP_ERR_INIT;
	size_t i;

	if (mp_unlock_slots(&unlocked->slots, ways->store_path, err) != MP_OK)
		return err->status;
	for (i = 0; i < sizeof ways_in_order / sizeof ways_in_order[0]; i++) {
		struct mp_err way = MP_ERR_INIT;
		enum mp_status status = ways_in_order[i](unlocked, ways,
		    &way);

		if (status == MP_OK)
			status = open_keys(unlocked, &way);
		if (status == MP_OK) {
			mp_err_clear(err);
			return MP_OK;
		}
		if (status != MP_NOT_FOUND) {
			*err = way;
			return status;
		}
		if (way.text[0] != '\0' && ways_in_order[i] != from_keyring)
			reason = way;
	}
	return mp_err_set(err, MP_RETRY, "the store is locked%s%.400s",
	    reason.text[0] != '\0' ? ": " : ", see mp-unlock(1)",
	    reason.text);
}

void
mp_unlocked_clear(struct mp_unlocked *unlocked)
{
	mp_keyslots_free(unlocked->slots);
	unlocked->slots = NULL;
	mp_secret_clear(&unlocked->unlock_key);
	mp_keys_free(unlocked->keys);
	unlocked->keys = NULL;
}
