/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keys/unlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "keys/keyring.h"
#include "keys/keyslots_edit.h"
#include "keys/recovery.h"
#include "tap.h"

static char *dir, *disk;	/* on a memory file system, and not */
static struct mp_err err = MP_ERR_INIT;

static char *
in(const char *where, const char *name)
{
	return mp_asprintf("%s/%s", where, name);
}

static void
spew(const char *path, const char *text, mode_t mode)
{
	if (mp_path_replace(path, text, strlen(text), &err) != MP_OK ||
	    chmod(path, mode) != 0)
		abort();
}

static void
remove_tree(const char *path)
{
	char *argv[] = { mp_strdup("rm"), mp_strdup("-rf"),
		mp_strdup(path), NULL };
	pid_t child = fork();

	if (child == 0) {
		(void)execv("/bin/rm", argv);
		_exit(1);
	}
	(void)waitpid(child, NULL, 0);
	free(argv[0]);
	free(argv[1]);
	free(argv[2]);
}

static struct mp_secret
secret(const char *text)
{
	struct mp_secret made = MP_SECRET_INIT;

	mp_secret_set(&made, text, strlen(text));
	return made;
}

/* --- keyring ---------------------------------------------------------- */

static bool
cached(const uint8_t *id, const char *runtime, const struct mp_secret *want)
{
	struct mp_secret got = MP_SECRET_INIT;
	bool same = mp_keyring_get(&got, id, runtime, &err) == MP_OK &&
	    mp_secret_equal(&got, want);

	mp_secret_clear(&got);
	return same;
}

static bool
kernel_works(void)
{
	struct mp_secret key = secret("0123456789abcdef0123456789abcdef");
	uint8_t id[16] = "probe";
	bool works = mp_keyring_put(id, &key, 5, MP_KEYRING_KERNEL, NULL,
	    &err) == MP_OK && cached(id, NULL, &key) &&
	    mp_keyring_drop(id, NULL, &err) == MP_OK;

	mp_secret_clear(&key);
	return works;
}

static void
test_kernel(const uint8_t *id, const struct mp_secret *key)
{
	struct mp_secret other = secret("another key ...................!");

	if (!kernel_works()) {
		ok(true, "kernel keyring # SKIP the kernel refuses it here");
		return;
	}
	ok(!cached(id, NULL, key), "locked at first: %s", err.text);
	ok(mp_keyring_put(id, key, 60, MP_KEYRING_AUTO, NULL, &err) ==
	    MP_OK && cached(id, NULL, key), "put and got");
	ok(mp_keyring_put(id, &other, 60, MP_KEYRING_KERNEL, NULL, &err) ==
	    MP_OK && cached(id, NULL, &other), "replaced");
	ok(mp_keyring_drop(id, NULL, &err) == MP_OK &&
	    !cached(id, NULL, &other), "dropped");
	ok(mp_keyring_drop(id, NULL, &err) == MP_OK, "dropped again");
	ok(mp_keyring_put(id, key, 1, MP_KEYRING_KERNEL, NULL, &err) ==
	    MP_OK && cached(id, NULL, key), "for a second");
	(void)sleep(2);
	ok(!cached(id, NULL, key), "which is over");
	mp_secret_clear(&other);
}

static void
test_file(const uint8_t *id, const struct mp_secret *key)
{
	char *sub = in(dir, "mp"), *file = in(sub, "uk-6964000000000000");
	char *link_path = in(dir, "elsewhere");
	struct stat st;

	ok(mp_keyring_put(id, key, 60, MP_KEYRING_FILE, dir, &err) == MP_OK &&
	    cached(id, dir, key), "file: put and got %s", err.text);
	ok(stat(file, &st) == 0 && (st.st_mode & 07777) == 0600 &&
	    stat(sub, &st) == 0 && (st.st_mode & 07777) == 0700,
	    "for us alone");
	ok(!cached(id, NULL, key), "nowhere else");
	ok(chmod(file, 0640) == 0 && !cached(id, dir, key),
	    "readable by others: not used");
	ok(chmod(file, 0600) == 0 && chmod(sub, 0755) == 0 &&
	    !cached(id, dir, key), "folder open to others: not used");
	(void)chmod(sub, 0700);
	ok(cached(id, dir, key), "good again");
	ok(link(file, link_path) == 0 && !cached(id, dir, key),
	    "a second link: not used");
	ok(unlink(file) == 0 && symlink(link_path, file) == 0 &&
	    !cached(id, dir, key), "a symlink: not used");
	(void)unlink(file);
	if (geteuid() == 0) {
		ok(rename(link_path, file) == 0 && cached(id, dir, key) &&
		    chown(file, 1, 1) == 0 && !cached(id, dir, key),
		    "of another owner: not used");
	} else {
		ok(true, "of another owner # SKIP needs root");
	}
	ok(mp_keyring_put(id, key, 0, MP_KEYRING_FILE, dir, &err) == MP_OK &&
	    cached(id, dir, key), "without an end");
	ok(mp_keyring_drop(id, dir, &err) == MP_OK &&
	    !cached(id, dir, key) && stat(file, &st) != 0, "dropped");
	ok(mp_keyring_put(id, key, 1, MP_KEYRING_FILE, dir, &err) == MP_OK,
	    "for a second");
	(void)sleep(2);
	ok(!cached(id, dir, key) && stat(file, &st) != 0,
	    "over and removed");
	spew(file, "mpuk1 99999999999 abcd\n", 0600);
	ok(!cached(id, dir, key), "cut off");
	if (disk == NULL)
		ok(true, "on disk # SKIP all is in memory here");
	else
		ok(mp_keyring_put(id, key, 60, MP_KEYRING_FILE, disk,
		    &err) == MP_REFUSED && !cached(id, disk, key),
		    "on disk: %s", err.text);
	ok(mp_keyring_put(id, key, 60, MP_KEYRING_FILE, NULL, &err) ==
	    MP_REFUSED, "no folder: %s", err.text);
	free(sub);
	free(file);
	free(link_path);
}

/* A container's filter: add_key and keyctl answer EPERM. */
static void
forbid_keyrings(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_add_key, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_keyctl, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof code / sizeof code[0], code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		_exit(2);
}

static void
test_fallback(const uint8_t *id)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		struct mp_secret key =
		    secret("0123456789abcdef0123456789abcdef");

		forbid_keyrings();
		_exit(!(mp_keyring_put(id, &key, 60, MP_KEYRING_KERNEL, dir,
		    &err) != MP_OK && mp_keyring_put(id, &key, 60,
		    MP_KEYRING_AUTO, dir, &err) == MP_OK &&
		    cached(id, dir, &key) &&
		    mp_keyring_drop(id, dir, &err) == MP_OK &&
		    !cached(id, dir, &key)));
	}
	(void)waitpid(child, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
		ok(true, "without kernel keyring # SKIP no seccomp");
	else
		ok(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		    "without kernel keyring the file serves");
}

/* --- unlock ----------------------------------------------------------- */

static char *store, *code_text;

static void
make_store(void)
{
	struct mp_secret unlock = MP_SECRET_INIT, pass = secret("one");
	struct mp_secret file = MP_SECRET_INIT, code = MP_SECRET_INIT;
	struct mp_keys *keys = mp_keys_generate();
	struct mp_keyslots *slots = mp_keyslots_new(&unlock, keys);
	char *key = in(dir, "key");

	store = in(dir, "store");
	if (mp_path_mkdir(store, &err) != MP_OK ||
	    mp_key_file_create(key, &err) != MP_OK ||
	    mp_key_file_read(&file, key, &err) != MP_OK ||
	    mp_keyslots_add(slots, MP_SLOT_NEW, MP_SLOT_PASSPHRASE, &unlock,
	    &pass, 10, "", &err) != MP_OK ||
	    mp_keyslots_add(slots, MP_SLOT_NEW, MP_SLOT_KEYFILE, &unlock,
	    &file, 10, "", &err) != MP_OK ||
	    mp_keyslots_add_recovery(slots, &unlock, keys, &err) != MP_OK ||
	    mp_keyslots_save(slots, store, &unlock, &err) != MP_OK)
		abort();
	mp_recovery_code(&code, keys);
	code_text = mp_strdup((char *)code.data);
	free(key);
	mp_secret_clear(&unlock);
	mp_secret_clear(&pass);
	mp_secret_clear(&file);
	mp_secret_clear(&code);
	mp_keyslots_free(slots);
	mp_keys_free(keys);
}

static int
pipe_with(const char *text)
{
	int fds[2];

	if (pipe(fds) != 0 ||
	    write(fds[1], text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	(void)close(fds[1]);
	return fds[0];
}

static struct mp_unlock_ways
no_ways(void)
{
	return (struct mp_unlock_ways) { .store_path = store,
		.passphrase_fd = -1, .no_terminal = true };
}

static enum mp_status
unlock_by(const struct mp_unlock_ways *ways, unsigned *slot)
{
	struct mp_unlocked unlocked = MP_UNLOCKED_INIT;
	enum mp_status status;

	mp_err_clear(&err);
	status = mp_unlock(&unlocked, ways, &err);
	if (status == MP_OK && unlocked.keys == NULL)
		status = MP_BUG;
	*slot = unlocked.from_keyring ? 99 : unlocked.slot;
	mp_unlocked_clear(&unlocked);
	if (ways->passphrase_fd >= 0)
		(void)close(ways->passphrase_fd);
	return status;
}

static void
test_passphrase_fd(void)
{
	struct mp_unlock_ways ways = no_ways();
	unsigned slot;
	char *typo = mp_strdup(code_text);

	ok(unlock_by(&ways, &slot) == MP_RETRY, "no way: %s", err.text);
	ways.passphrase_fd = pipe_with("one\n");
	ok(unlock_by(&ways, &slot) == MP_OK && slot == 0, "with LF");
	ways.passphrase_fd = pipe_with("one");
	ok(unlock_by(&ways, &slot) == MP_OK && slot == 0, "without");
	ways.passphrase_fd = pipe_with("two\n");
	ok(unlock_by(&ways, &slot) == MP_DENIED, "wrong: %s", err.text);
	ways.passphrase_fd = pipe_with("");
	ok(unlock_by(&ways, &slot) == MP_INVALID, "empty: %s", err.text);
	ways.passphrase_fd = 999;
	ok(unlock_by(&ways, &slot) == MP_IO, "closed: %s", err.text);
	ways.passphrase_fd = pipe_with(code_text);
	ok(unlock_by(&ways, &slot) == MP_OK && slot == 2, "recovery code");
	*strchr(typo, ' ') = 'x';
	ways.passphrase_fd = pipe_with(typo);
	ok(unlock_by(&ways, &slot) != MP_OK, "joined words: %s", err.text);
	free(typo);
	typo = mp_asprintf("zzz%s", strchr(code_text, ' '));
	ways.passphrase_fd = pipe_with(typo);
	ok(unlock_by(&ways, &slot) == MP_INVALID, "typo: %s", err.text);
	free(typo);
}

static void
test_key_file(void)
{
	struct mp_unlock_ways ways = no_ways();
	char *key = in(dir, "key"), *link_path = in(dir, "key-link");
	unsigned slot;

	ways.key_file = key;
	ok(unlock_by(&ways, &slot) == MP_OK && slot == 1, "key file");
	ok(chmod(key, 0640) == 0 && unlock_by(&ways, &slot) == MP_DENIED,
	    "open to others: %s", err.text);
	(void)chmod(key, 0600);
	ways.key_file = link_path;
	ok(symlink(key, link_path) == 0 && unlock_by(&ways, &slot) != MP_OK,
	    "symlink: %s", err.text);
	(void)unlink(link_path);
	ok(unlock_by(&ways, &slot) == MP_RETRY, "not there: %s", err.text);
	spew(link_path, "other content", 0600);
	ok(unlock_by(&ways, &slot) == MP_DENIED, "another: %s", err.text);
	ok(mp_key_file_create(key, &err) == MP_EXISTS, "never overwritten");
	free(key);
	free(link_path);
}

static void
test_unattended(void)
{
	struct mp_unlock_ways ways = no_ways();
	char *credential = in(dir, "mp.passphrase");
	char *bootstrap = in(dir, "bootstrap");
	unsigned slot;

	ways.credentials_dir = dir;
	ways.bootstrap = bootstrap;
	ok(unlock_by(&ways, &slot) == MP_RETRY, "neither: %s", err.text);
	spew(bootstrap, "# comment\npassphrase-command echo one\n", 0600);
	ok(unlock_by(&ways, &slot) == MP_OK && slot == 0, "command");
	spew(bootstrap, "passphrase-command = printf 'one\\ntwo'\n", 0644);
	ok(unlock_by(&ways, &slot) == MP_OK && slot == 0,
	    "its first line: %s", err.text);
	ok(chmod(bootstrap, 0666) == 0 &&
	    unlock_by(&ways, &slot) == MP_CONFIG, "unsafe: %s", err.text);
	spew(bootstrap, "passphrase-command echo one; exit 3\n", 0600);
	ok(unlock_by(&ways, &slot) == MP_RETRY &&
	    strstr(err.text, "exit 3") != NULL, "fails: %s", err.text);
	spew(bootstrap, "passphrase-command echo two\n", 0600);
	ok(unlock_by(&ways, &slot) == MP_DENIED, "wrong: %s", err.text);
	spew(credential, "one", 0400);
	ok(unlock_by(&ways, &slot) == MP_OK && slot == 0,
	    "the credential comes before the command");
	free(credential);
	free(bootstrap);
}

static void
test_keyring_way(void)
{
	struct mp_unlock_ways ways = no_ways();
	struct mp_unlocked unlocked = MP_UNLOCKED_INIT;
	struct mp_secret wrong = secret("0123456789abcdef0123456789abcdef");
	unsigned slot;

	ways.passphrase_fd = pipe_with("one\n");
	ways.runtime_dir = dir;
	if (mp_unlock(&unlocked, &ways, &err) != MP_OK || mp_keyring_put(
	    mp_keyslots_store_id(unlocked.slots), &unlocked.unlock_key, 60,
	    MP_KEYRING_FILE, dir, &err) != MP_OK)
		abort();
	(void)close(ways.passphrase_fd);
	ways.passphrase_fd = -1;
	ok(unlock_by(&ways, &slot) == MP_OK && slot == 99, "keyring");
	ways.no_keyring = true;
	ok(unlock_by(&ways, &slot) == MP_RETRY, "not wanted: %s", err.text);
	ways.no_keyring = false;
	if (mp_keyring_put(mp_keyslots_store_id(unlocked.slots), &wrong, 60,
	    MP_KEYRING_FILE, dir, &err) != MP_OK)
		abort();
	ok(unlock_by(&ways, &slot) == MP_RETRY, "stale: %s", err.text);
	ok(mp_keyring_drop(mp_keyslots_store_id(unlocked.slots), dir,
	    &err) == MP_OK, "dropped");
	mp_secret_clear(&wrong);
	mp_unlocked_clear(&unlocked);
}

static void
test_no_store(void)
{
	struct mp_unlock_ways ways = no_ways();
	char *none = in(dir, "none"), *log = in(dir, "none/log");
	unsigned slot;

	ways.store_path = none;
	ok(unlock_by(&ways, &slot) == MP_CONFIG, "%s", err.text);
	if (mp_path_make(log, &err) != MP_OK)
		abort();
	ok(unlock_by(&ways, &slot) == MP_CORRUPT, "%s", err.text);
	free(none);
	free(log);
}

int
main(void)
{
	struct mp_secret key = secret("0123456789abcdef0123456789abcdef");
	uint8_t id[16] = "id";
	char memory[] = "/dev/shm/mp-unlock-XXXXXX";
	char other[] = "/var/tmp/mp-unlock-XXXXXX";

	dir = mkdtemp(memory);
	if (dir == NULL || !mp_path_is_tmpfs(dir)) {
		printf("1..0 # SKIP no memory file system at /dev/shm\n");
		return 0;
	}
	disk = mkdtemp(other);
	if (disk != NULL && mp_path_is_tmpfs(disk)) {
		(void)rmdir(disk);
		disk = NULL;
	}
	test_kernel(id, &key);
	test_file(id, &key);
	test_fallback(id);
	make_store();
	test_passphrase_fd();
	test_key_file();
	test_unattended();
	test_keyring_way();
	test_no_store();
	remove_tree(dir);
	if (disk != NULL)
		remove_tree(disk);
	free(store);
	free(code_text);
	mp_secret_clear(&key);
	return done_testing();
}
