/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/sandbox_internal.h"

/*
 * The kernel's header may be older than the kernel: what came after version
 * 2 is defined here, with the structure as it is since version 6. A kernel
 * takes a longer structure than it knows as long as the rest is zero.
 */
struct ruleset {
	uint64_t files;
	uint64_t net;
	uint64_t scoped;
};

#define FILE_EXECUTE LANDLOCK_ACCESS_FS_EXECUTE
#define FILE_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FILE_WRITE_1 (LANDLOCK_ACCESS_FS_WRITE_FILE | \
	LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | \
	LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | \
	LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | \
	LANDLOCK_ACCESS_FS_MAKE_SYM)
#define FILE_REFER ((uint64_t)1 << 13)		/* version 2 */
#define FILE_TRUNCATE ((uint64_t)1 << 14)	/* version 3 */
#define FILE_IOCTL ((uint64_t)1 << 15)		/* version 5 */
#define NET_BIND_CONNECT ((uint64_t)3)		/* version 4 */
#define SCOPE_SOCKETS_SIGNALS ((uint64_t)3)	/* version 6 */

/* Rights that a rule for something other than a folder may name. */
#define FILE_ONLY (LANDLOCK_ACCESS_FS_EXECUTE | \
	LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | \
	FILE_TRUNCATE | FILE_IOCTL)

/*
 * What libc and the libraries open when they feel like it: iconv its
 * modules, the loader its libraries, localtime its zone.
 */
static const char *const system_read[] = {
	"/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share/locale",
	"/usr/share/zoneinfo", "/etc/localtime", "/etc/ld.so.cache",
	"/etc/ssl/openssl.cnf", "/sys/devices/system/cpu", "/dev/urandom",
	"/proc/self", NULL
};
static const char *const system_write[] = { "/dev/null", "/dev/tty", NULL };

/* With programs to run: what they are made of. A kernel reads to execute. */
static const char *const system_exec[] = {
	"/usr", "/bin", "/sbin", "/etc", "/proc", NULL
};

int
mp_landlock_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
	    LANDLOCK_CREATE_RULESET_VERSION);

	return version < 0 ? 0 : (int)version;
}

static void
fill(struct ruleset *rules, int version, unsigned powers)
{
	rules->files = FILE_READ | FILE_WRITE_1;
	if (version >= 2)
		rules->files |= FILE_REFER;
	if (version >= 3)
		rules->files |= FILE_TRUNCATE;
	if (version >= 5)
		rules->files |= FILE_IOCTL;
	if (!(powers & MP_POWER_EXEC))
		rules->files |= FILE_EXECUTE;
	if (version >= 4 && !(powers & MP_POWER_NET))
		rules->net = NET_BIND_CONNECT;
	if (version >= 6 && !(powers & MP_POWER_EXEC))
		rules->scoped = SCOPE_SOCKETS_SIGNALS;
}

/* Allow rights below path; what is not there needs no rule. */
static enum mp_status
allow(int rules, const char *path, uint64_t rights, struct mp_err *err)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights };
	struct stat st;
	int failed = 0;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return MP_OK;
	if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed_access &= FILE_ONLY;
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
	    &rule, 0) != 0)
		failed = errno;
	(void)close(rule.parent_fd);
	if (failed != 0)
		return mp_err_sys(err, failed, "cannot allow '%s' in the "
		    "sandbox", path);
	return MP_OK;
}

static enum mp_status
allow_each(int rules, const char *const *paths, uint64_t rights,
    struct mp_err *err)
{
	enum mp_status status = MP_OK;

	for (; status == MP_OK && *paths != NULL; paths++)
		status = allow(rules, *paths, rights, err);
	return status;
}

static enum mp_status
allow_list(int rules, const struct mp_strlist *paths, uint64_t rights,
    struct mp_err *err)
{
	enum mp_status status = MP_OK;
	size_t i;

	for (i = 0; status == MP_OK && i < paths->count; i++)
		status = allow(rules, paths->items[i], rights, err);
	return status;
}

static enum mp_status
allow_all(int fd, const struct ruleset *rules, const struct mp_sandbox *box,
    struct mp_err *err)
{
	const uint64_t read = (FILE_READ | FILE_IOCTL) & rules->files;
	const uint64_t write = rules->files & ~(uint64_t)FILE_EXECUTE;
	enum mp_status status = allow_each(fd, system_read, read, err);

	if (status == MP_OK)
		status = allow_each(fd, system_write, write, err);
	if (status == MP_OK && (box->powers & MP_POWER_EXEC))
		status = allow_each(fd, system_exec, read, err);
	if (status == MP_OK)
		status = allow_list(fd, &box->read, read, err);
	if (status == MP_OK)
		status = allow_list(fd, &box->write, write, err);
	return status;
}

enum mp_status
mp_landlock_enter(const struct mp_sandbox *box, struct mp_err *err)
{
	struct ruleset rules = { 0, 0, 0 };
	int version = mp_landlock_version();
	enum mp_status status;
	int fd;

	if (version == 0)
		return MP_OK;
	fill(&rules, version, box->powers);
	fd = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof rules,
	    0);
	if (fd < 0)
		return mp_err_sys(err, errno, "cannot make a sandbox");
	status = allow_all(fd, &rules, box, err);
	if (status == MP_OK && syscall(SYS_landlock_restrict_self, fd, 0) != 0)
		status = mp_err_sys(err, errno, "cannot enter the sandbox");
	(void)close(fd);
	return status;
}
