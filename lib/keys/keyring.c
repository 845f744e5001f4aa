/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keys/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/encode.h"
#include "base/io.h"

#define ID_SHOWN 8	/* bytes of the store id in names */
#define KEY_LEN 32

/* Permissions of keys; only libkeyutils' header has names for them. */
#define POSSESSOR_ALL 0x3f000000u
#define USER_VIEW 0x00010000u
#define USER_READ 0x00020000u
#define USER_SEARCH 0x00080000u

/* The file: "mpuk1 EXPIRES HEX\n", EXPIRES in Unix seconds. */
#define FILE_MAGIC "mpuk1 "
#define FILE_MAX 128

/* --- the kernel ------------------------------------------------------- */

static char *
description(const uint8_t *store_id)
{
	struct mp_buf name = MP_BUF_INIT(64);

	mp_buf_str(&name, "mp:uk:");
	mp_hex_add(&name, store_id, ID_SHOWN);
	return (char *)name.data;
}

/* The key's serial number, or -1 and errno. */
static long
find_key(const uint8_t *store_id)
{
	char *name = description(store_id);
	long serial = syscall(SYS_keyctl, KEYCTL_SEARCH,
	    KEY_SPEC_USER_KEYRING, "user", name, 0);
	int failed = errno;

	free(name);
	errno = failed;
	return serial;
}

static bool
kernel_get(struct mp_secret *key, const uint8_t *store_id)
{
	long serial = find_key(store_id), len;

	if (serial < 0)
		return false;
	mp_secret_clear(key);
	mp_secret_init(key, KEY_LEN);
	len = syscall(SYS_keyctl, KEYCTL_READ, serial, key->data, KEY_LEN);
	if (len == KEY_LEN)
		return true;
	mp_secret_clear(key);
	return false;
}

static bool
kernel_drop(const uint8_t *store_id)
{
	long serial = find_key(store_id);

	if (serial < 0)
		return true;
	if (syscall(SYS_keyctl, KEYCTL_INVALIDATE, serial) == 0)
		return true;
	return syscall(SYS_keyctl, KEYCTL_UNLINK, serial,
	    KEY_SPEC_USER_KEYRING) == 0;
}

/* Give the key its permissions and time; 0, or -1 and errno. */
static long
restrict_key(long serial, uint32_t seconds)
{
	if (syscall(SYS_keyctl, KEYCTL_SETPERM, serial, POSSESSOR_ALL |
	    USER_VIEW | USER_READ | USER_SEARCH) != 0)
		return -1;
	return syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, serial, seconds);
}

static enum mp_status
kernel_put(const uint8_t *store_id, const struct mp_secret *key,
    uint32_t seconds, struct mp_err *err)
{
	char *name;
	long serial;
	int failed = 0;

	/* An old key may be another session's, which we cannot update. */
	(void)kernel_drop(store_id);
	name = description(store_id);
	serial = syscall(SYS_add_key, "user", name, key->data, key->len,
	    KEY_SPEC_USER_KEYRING);
	if (serial < 0 || restrict_key(serial, seconds) != 0)
		failed = errno;
	free(name);
	if (failed == 0)
		return MP_OK;
	if (serial >= 0)
		(void)kernel_drop(store_id);
	return mp_err_sys(err, failed,
	    "cannot put the key into the kernel keyring");
}

/* --- the file --------------------------------------------------------- */

static char *
file_dir(const char *runtime_dir)
{
	return mp_asprintf("%s/mp", runtime_dir);
}

static char *
file_path(const uint8_t *store_id, const char *runtime_dir)
{
	struct mp_buf path = MP_BUF_INIT(65536);

	mp_buf_printf(&path, "%s/mp/uk-", runtime_dir);
	mp_hex_add(&path, store_id, ID_SHOWN);
	return (char *)path.data;
}

/* In memory, ours, and closed to others? */
static enum mp_status
check_dir(const char *dir, struct mp_err *err)
{
	struct stat st;

	if (lstat(dir, &st) != 0)
		return mp_err_sys(err, errno, "cannot use '%s'", dir);
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 077) != 0)
		return mp_err_set(err, MP_REFUSED, "cannot use '%s': it is "
		    "not a folder for this user alone", dir);
	if (!mp_path_is_tmpfs(dir))
		return mp_err_set(err, MP_REFUSED, "cannot use '%s': it is "
		    "not on a memory file system", dir);
	return MP_OK;
}

static bool
is_private(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid() && (st.st_mode & 0177) == 0 &&
	    st.st_nlink == 1;
}

/* Take the key out of the file's text, unless its time is over. */
static bool
parse_file(struct mp_secret *key, const char *text, bool *expired)
{
	const size_t magic = strlen(FILE_MAGIC);
	uint8_t bytes[KEY_LEN];
	long long expires;
	char *end;
	bool fits;

	if (strncmp(text, FILE_MAGIC, magic) != 0)
		return false;
	expires = strtoll(text + magic, &end, 10);
	*expired = expires <= (long long)time(NULL);
	if (*expired || *end != ' ' || strlen(end) != 2 * KEY_LEN + 2)
		return false;
	fits = mp_hex_read(bytes, KEY_LEN, end + 1, (size_t)2 * KEY_LEN);
	if (fits)
		mp_secret_set(key, bytes, KEY_LEN);
	explicit_bzero(bytes, sizeof bytes);
	return fits;
}

static bool
file_get(struct mp_secret *key, const uint8_t *store_id,
    const char *runtime_dir)
{
	char *dir = file_dir(runtime_dir), text[FILE_MAX + 1] = "";
	char *path = file_path(store_id, runtime_dir);
	struct mp_err ignored = MP_ERR_INIT;
	bool got = false, expired = false;
	int fd = -1;

	if (check_dir(dir, &ignored) == MP_OK)
		fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC |
		    O_NONBLOCK);
	if (fd >= 0 && is_private(fd) && read(fd, text, FILE_MAX) > 0)
		got = parse_file(key, text, &expired);
	explicit_bzero(text, sizeof text);
	if (fd >= 0)
		(void)close(fd);
	if (expired)
		(void)unlink(path);
	free(path);
	free(dir);
	return got;
}

static enum mp_status
file_put(const uint8_t *store_id, const struct mp_secret *key,
    uint32_t seconds, const char *runtime_dir, struct mp_err *err)
{
	struct mp_buf text = MP_BUF_INIT(FILE_MAX);
	int64_t expires = seconds == 0 ? INT64_MAX :
	    (int64_t)time(NULL) + seconds;
	enum mp_status status;
	char *dir, *path;

	if (runtime_dir == NULL)
		return mp_err_set(err, MP_REFUSED, "cannot remember the key: "
		    "no kernel keyring and no XDG_RUNTIME_DIR");
	dir = file_dir(runtime_dir);
	path = file_path(store_id, runtime_dir);
	status = mp_path_mkdir(dir, err);
	if (status == MP_OK || status == MP_EXISTS)
		status = check_dir(dir, err);
	if (status == MP_OK) {
		(void)mp_buf_reserve(&text, FILE_MAX);
		mp_buf_printf(&text, FILE_MAGIC "%" PRId64 " ", expires);
		mp_hex_add(&text, key->data, key->len);
		mp_buf_byte(&text, '\n');
		status = mp_path_replace(path, text.data, text.len, err);
		explicit_bzero(text.data, text.len);
	}
	mp_buf_clear(&text);
	free(path);
	free(dir);
	return status;
}

/* Overwriting is no use in memory: unlinked pages are freed. */
static enum mp_status
file_drop(const uint8_t *store_id, const char *runtime_dir,
    struct mp_err *err)
{
	char *path = file_path(store_id, runtime_dir);
	enum mp_status status = mp_path_unlink(path, err);

	free(path);
	if (status == MP_NOT_FOUND) {
		mp_err_clear(err);
		status = MP_OK;
	}
	return status;
}

/* --- both ------------------------------------------------------------- */

enum mp_status
mp_keyring_get(struct mp_secret *unlock_key,
    const uint8_t store_id[MP_STORE_ID_LEN], const char *runtime_dir,
    struct mp_err *err)
{
	if (kernel_get(unlock_key, store_id) || (runtime_dir != NULL &&
	    file_get(unlock_key, store_id, runtime_dir)))
		return MP_OK;
	return mp_err_set(err, MP_NOT_FOUND, "the store is locked");
}

enum mp_status
mp_keyring_put(const uint8_t store_id[MP_STORE_ID_LEN],
    const struct mp_secret *unlock_key, uint32_t seconds,
    enum mp_keyring_place place, const char *runtime_dir, struct mp_err *err)
{
	struct mp_err kernel = MP_ERR_INIT;
	enum mp_status status;

	if (mp_keyring_drop(store_id, runtime_dir, err) != MP_OK)
		return err->status;
	if (place == MP_KEYRING_FILE)
		return file_put(store_id, unlock_key, seconds, runtime_dir,
		    err);
	if (kernel_put(store_id, unlock_key, seconds, &kernel) == MP_OK)
		return MP_OK;
	if (place == MP_KEYRING_AUTO && runtime_dir != NULL) {
		status = file_put(store_id, unlock_key, seconds, runtime_dir,
		    err);
		if (status != MP_OK)
			mp_err_context(err, "%s", kernel.text);
		return status;
	}
	*err = kernel;
	return err->status;
}

enum mp_status
mp_keyring_drop(const uint8_t store_id[MP_STORE_ID_LEN],
    const char *runtime_dir, struct mp_err *err)
{
	enum mp_status status = MP_OK;

	if (runtime_dir != NULL)
		status = file_drop(store_id, runtime_dir, err);
	if (!kernel_drop(store_id))
		return mp_err_sys(err, errno,
		    "cannot take the key out of the kernel keyring");
	return status;
}
