/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

/* Each probe runs in a sandboxed child and gives the errno it met, or 0. */

static char dir[] = "/tmp/mp-sandbox-XXXXXX";
static char inside[64], outside[64];

static int
try_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	return fd < 0 ? errno : 0;
}

static int
read_passwd(void)
{
	return try_open("/etc/passwd", O_RDONLY);
}

static int
read_inside(void)
{
	return try_open(inside, O_RDONLY);
}

static int
write_inside(void)
{
	return try_open(inside, O_WRONLY | O_TRUNC);
}

static int
create_inside(void)
{
	char path[96], to[96];

	(void)snprintf(path, sizeof path, "%s/new", dir);
	(void)snprintf(to, sizeof to, "%s/newer", dir);
	if (try_open(path, O_WRONLY | O_CREAT) != 0 || rename(path, to) != 0)
		return errno;
	return unlink(to) == 0 ? 0 : errno;
}

static int
write_outside(void)
{
	return try_open(outside, O_WRONLY | O_CREAT);
}

static int
list_root(void)
{
	return try_open("/", O_RDONLY | O_DIRECTORY);
}

static int
inet_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0;
}

static int
unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? errno : 0;
}

static int
exec_true(void)
{
	(void)execl("/bin/true", "true", (char *)NULL);
	return errno;
}

static int
trace_parent(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) != 0 ? errno : 0;
}

static int
type_into_terminal(void)
{
	return ioctl(0, TIOCSTI, "x") != 0 ? errno : 0;
}

static int
convert_charset(void)
{
	iconv_t cd = iconv_open("UTF-8", "ISO-2022-JP");

	if (cd == (iconv_t)-1)
		return errno;
	(void)iconv_close(cd);
	return 0;
}

static int
use_null(void)
{
	return try_open("/dev/null", O_WRONLY);
}

static int
probe(unsigned powers, int (*what)(void))
{
	int status;
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	if (pid < 0)
		abort();
	if (pid == 0) {
		struct mp_sandbox box = MP_SANDBOX_INIT(powers);
		struct mp_err err = MP_ERR_INIT;

		if (powers & MP_POWER_READ)
			mp_sandbox_read(&box, dir);
		if (powers & MP_POWER_WRITE)
			mp_sandbox_write(&box, dir);
		if (mp_sandbox_enter(&box, &err) != MP_OK)
			_exit(255);
		mp_sandbox_clear(&box);
		_exit(what());
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static void
denied(unsigned powers, int (*what)(void), const char *name)
{
	int got = probe(powers, what);

	ok(got == EPERM || got == EACCES, "%s is denied (errno %d)", name,
	    got);
}

static void
allowed(unsigned powers, int (*what)(void), const char *name)
{
	int got = probe(powers, what);

	ok(got == 0, "%s is allowed (errno %d)", name, got);
}

static void
test_files(void)
{
	if (mp_sandbox_level() < 3) {
		ok(true, "files # SKIP no Landlock that limits truncation");
		return;
	}
	denied(0, read_passwd, "/etc/passwd with no power");
	denied(MP_POWER_READ | MP_POWER_WRITE, read_passwd,
	    "/etc/passwd with powers elsewhere");
	denied(0, read_inside, "a file of a folder not named");
	allowed(MP_POWER_READ, read_inside, "reading where named");
	denied(MP_POWER_READ, write_inside, "writing where only reading is");
	denied(MP_POWER_READ, create_inside, "creating there");
	allowed(MP_POWER_WRITE, write_inside, "writing where named");
	allowed(MP_POWER_WRITE, create_inside, "creating and renaming there");
	denied(MP_POWER_WRITE, write_outside, "creating beside it");
	denied(MP_POWER_READ, list_root, "listing the root");
	allowed(0, convert_charset, "a character set loaded late");
	allowed(0, use_null, "/dev/null");
}

static void
test_calls(void)
{
	denied(0, inet_socket, "a network socket");
	denied(0, unix_socket, "a local socket");
	denied(MP_POWER_EXEC, inet_socket, "a network socket with exec");
	allowed(MP_POWER_EXEC, unix_socket, "a local socket with exec");
	allowed(MP_POWER_NET, inet_socket, "a network socket with net");
	denied(0, exec_true, "another program");
	denied(MP_POWER_NET, exec_true, "another program with net");
	allowed(MP_POWER_EXEC, exec_true, "another program with exec");
	denied(0, trace_parent, "tracing another process");
	denied(MP_POWER_EXEC | MP_POWER_NET, type_into_terminal,
	    "typing into the terminal");
}

/* Entering twice gives up more, never less. */
static void
test_stages(void)
{
	struct mp_sandbox first = MP_SANDBOX_INIT(MP_POWER_READ |
	    MP_POWER_EXEC);
	struct mp_err err = MP_ERR_INIT;

	mp_sandbox_read(&first, dir);
	ok(mp_sandbox_enter(&first, &err) == MP_OK, "first stage: %s",
	    err.text);
	allowed(MP_POWER_READ, read_inside, "reading in the second stage");
	denied(MP_POWER_READ | MP_POWER_NET, inet_socket,
	    "what the first stage gave up");
	denied(MP_POWER_READ, exec_true, "what the second gives up");
	mp_sandbox_clear(&first);
}

int
main(void)
{
	int fd, status = 0;
	pid_t pid;

	if (mp_sandbox_level() == -1) {
		ok(true, "sandbox # SKIP built with a sanitizer");
		return done_testing();
	}
	if (mkdtemp(dir) == NULL)
		abort();
	(void)snprintf(inside, sizeof inside, "%s/file", dir);
	(void)snprintf(outside, sizeof outside, "%s.out", dir);
	fd = open(inside, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		abort();
	(void)close(fd);
	test_files();
	test_calls();
	(void)fflush(stdout);
	pid = fork();	/* what is given up stays given up */
	if (pid == 0) {
		test_stages();
		exit(done_testing());
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	(void)unlink(inside);
	(void)rmdir(dir);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
