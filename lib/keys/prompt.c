/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keys/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <termios.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"

#define TRIES 3

static const int caught[] = { SIGALRM, SIGHUP, SIGINT, SIGPIPE, SIGQUIT,
	SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU };
#define CAUGHT (sizeof caught / sizeof caught[0])

static volatile sig_atomic_t pending[CAUGHT];

static void
note_signal(int number)
{
	size_t i;

	for (i = 0; i < CAUGHT; i++)
		if (caught[i] == number)
			pending[i] = 1;
}

/*
 * Read up to LF. The end before any byte breaks it off, and so does a
 * signal of those let through while waiting (NULL: as they are). Gives the
 * length, or -1.
 */
static ssize_t
read_line(uint8_t *to, size_t room, int fd, const sigset_t *let_through)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	size_t len = 0;

	for (;;) {
		uint8_t byte;
		ssize_t got;

		/* In one step: a signal before read(2) would be missed. */
		if (let_through != NULL &&
		    ppoll(&wait, 1, NULL, let_through) < 0)
			return -1;
		got = read(fd, &byte, 1);
		if (got < 0 || (got == 0 && len == 0))
			return -1;
		if (got == 0 || byte == '\n')
			return (ssize_t)len;
		if (len == room) {
			errno = EMSGSIZE;
			return -1;
		}
		to[len++] = byte;
	}
}

enum mp_status
mp_read_secret(struct mp_secret *secret, int fd, const char *name,
    struct mp_err *err)
{
	uint8_t line[MP_PASSPHRASE_MAX];
	ssize_t len;

	errno = 0;
	len = read_line(line, sizeof line, fd, NULL);
	if (len < 0 && errno == EMSGSIZE)
		(void)mp_err_set(err, MP_INVALID, "the passphrase from %s is "
		    "over the limit of %d bytes", name, MP_PASSPHRASE_MAX);
	else if (len < 0 && errno != 0)
		(void)mp_err_sys(err, errno,
		    "cannot read the passphrase from %s", name);
	else if (len <= 0)
		(void)mp_err_set(err, MP_INVALID,
		    "the passphrase from %s is empty", name);
	else if (memchr(line, '\0', (size_t)len) != NULL)
		(void)mp_err_set(err, MP_INVALID,
		    "the passphrase from %s holds a NUL", name);
	else {
		mp_secret_set(secret, line, (size_t)len);
		mp_err_clear(err);
	}
	explicit_bzero(line, sizeof line);
	return err->status;
}

bool
mp_prompt_possible(void)
{
	int fd;

	if (!isatty(0) && !isatty(1) && !isatty(2))
		return false;
	fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

/*
 * Note signals rather than die of them while the terminal is changed, and
 * hold them back but while waiting. Those of job control come through: held
 * back, they would let a background job change the terminal.
 */
static void
catch_signals(struct sigaction old[CAUGHT], sigset_t *old_mask)
{
	struct sigaction catch = { .sa_handler = note_signal };
	sigset_t hold;
	size_t i;

	(void)sigemptyset(&catch.sa_mask);
	(void)sigemptyset(&hold);
	for (i = 0; i < CAUGHT; i++) {
		if (caught[i] != SIGTTIN && caught[i] != SIGTTOU)
			(void)sigaddset(&hold, caught[i]);
		pending[i] = 0;
	}
	(void)sigprocmask(SIG_BLOCK, &hold, old_mask);
	for (i = 0; i < CAUGHT; i++)
		(void)sigaction(caught[i], &catch, &old[i]);
}

/* Put the handlers back and let what came meanwhile happen. */
static bool
release_signals(const struct sigaction old[CAUGHT], const sigset_t *old_mask)
{
	bool any = false;
	size_t i;

	(void)sigprocmask(SIG_SETMASK, old_mask, NULL);
	for (i = 0; i < CAUGHT; i++)
		(void)sigaction(caught[i], &old[i], NULL);
	for (i = 0; i < CAUGHT; i++)
		if (pending[i] != 0) {
			any = true;
			(void)kill(getpid(), caught[i]);
		}
	return any;
}

/*
 * Hold the terminal against other commands of the same pipeline: when two
 * read, each gets a part of the line. Not through /dev/tty, which is one
 * file for all terminals. Gives a descriptor to close, or -1.
 */
static int
hold_terminal(void)
{
	char name[64];
	int fd, i;

	for (i = 0; i <= 2; i++)
		if (isatty(i) && ttyname_r(i, name, sizeof name) == 0)
			break;
	if (i > 2)
		return -1;
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd >= 0)
		while (flock(fd, LOCK_EX) != 0 && errno == EINTR)
			continue;
	return fd;
}

/* One question; *again is set when a signal interrupted it. */
static ssize_t
ask(uint8_t *to, size_t room, int tty, const char *question, bool *again)
{
	struct sigaction old_signals[CAUGHT];
	struct mp_err ignored = MP_ERR_INIT;
	struct termios old, quiet;
	sigset_t old_mask;
	ssize_t len = -1;
	int held = hold_terminal();

	catch_signals(old_signals, &old_mask);
	if (tcgetattr(tty, &old) == 0) {
		quiet = old;
		quiet.c_lflag &= (tcflag_t)~(ECHO | ECHONL);
		if (tcsetattr(tty, TCSAFLUSH, &quiet) == 0 &&
		    mp_fd_write(tty, question, strlen(question), "/dev/tty",
		    &ignored) == MP_OK) {
			len = read_line(to, room, tty, &old_mask);
			/* The LF that was typed has not been echoed. */
			if (mp_fd_write(tty, "\n", 1, "/dev/tty",
			    &ignored) != MP_OK)
				len = -1;
			(void)tcsetattr(tty, TCSAFLUSH, &old);
		}
	}
	/* Before a signal may stop us. */
	if (held >= 0)
		(void)close(held);
	*again = release_signals(old_signals, &old_mask);
	return len;
}

enum mp_status
mp_prompt(struct mp_secret *answer, const char *question, struct mp_err *err)
{
	uint8_t line[MP_PASSPHRASE_MAX];
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	bool again = true;
	ssize_t len = -1;

	if (tty < 0)
		return mp_err_set(err, MP_RETRY, "there is no terminal to "
		    "ask on");
	/* Stopped and continued: ask again. */
	while (len < 0 && again)
		len = ask(line, sizeof line, tty, question, &again);
	(void)close(tty);
	if (len >= 0)
		mp_secret_set(answer, line, (size_t)len);
	explicit_bzero(line, sizeof line);
	if (len < 0)
		return mp_err_set(err, MP_RETRY, "no passphrase was given");
	return MP_OK;
}

enum mp_status
mp_ask_secret(struct mp_secret *answer, int fd, const char *question,
    struct mp_err *err)
{
	char name[32];

	if (fd < 0)
		return mp_prompt(answer, question, err);
	(void)snprintf(name, sizeof name, "descriptor %d", fd);
	return mp_read_secret(answer, fd, name, err);
}

enum mp_status
mp_prompt_new(struct mp_secret *answer, const char *question,
    struct mp_err *err)
{
	struct mp_secret second = MP_SECRET_INIT;
	char *first = mp_strdup(question);
	char *repeat = mp_asprintf("Again, %s", question);
	enum mp_status status = MP_RETRY;
	int i;

	for (i = 0; i < TRIES; i++) {
		bool same;

		status = mp_prompt(answer, first, err);
		if (status == MP_OK)
			status = mp_prompt(&second, repeat, err);
		if (status != MP_OK)
			break;
		same = answer->len != 0 && mp_secret_equal(answer, &second);
		if (same)
			break;
		status = mp_err_set(err, MP_REFUSED, answer->len == 0 ?
		    "the passphrase is empty" :
		    "the two passphrases differ");
		free(first);
		first = mp_asprintf("%s\n%s", err->text, question);
	}
	if (status != MP_OK)
		mp_secret_clear(answer);
	else
		mp_err_clear(err);
	mp_secret_clear(&second);
	free(first);
	free(repeat);
	return status;
}
