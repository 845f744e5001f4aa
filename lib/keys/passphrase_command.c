/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keys/unlock_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "keys/prompt.h"

#define BOOTSTRAP_MAX 65536
#define TIMEOUT_MS 60000
#define OPTION "passphrase-command"

/*
 * The command of the line "passphrase-command COMMAND" ("=" may stand
 * between) as new text, or NULL. Others may write the file? Then it counts
 * for nothing: it would be theirs to run commands as us.
 */
static enum mp_status
read_bootstrap(char **command, const char *path, struct mp_err *err)
{
	struct mp_buf text = MP_BUF_INIT(BOOTSTRAP_MAX);
	struct stat st;
	enum mp_status status;
	const char *line;

	*command = NULL;
	if (stat(path, &st) != 0)
		return MP_OK;
	if ((st.st_uid != geteuid() && st.st_uid != 0) ||
	    (st.st_mode & 022) != 0)
		return mp_err_set(err, MP_CONFIG,
		    "cannot use '%s': others can write to it", path);
	status = mp_path_read(&text, path, err);
	line = mp_buf_text(&text);
	while (status == MP_OK && *line != '\0' && *command == NULL) {
		size_t len = strcspn(line, "\n");
		size_t word = strlen(OPTION);

		if (strncmp(line, OPTION, word) == 0 &&
		    strchr(" \t=", line[word]) != NULL && word < len) {
			word += strspn(line + word, " \t=");
			*command = mp_strndup(line + word, len - word);
		}
		line += len + (line[len] == '\n');
	}
	mp_buf_clear(&text);
	return status;
}

/* Start it with a pipe as its stdout; *fd is ours to read and close. */
static int
start(pid_t *child, int *fd, const char *command)
{
	char shell[] = "sh", option[] = "-c";
	char *text = mp_strdup(command);
	char *argv[] = { shell, option, text, NULL };
	posix_spawn_file_actions_t actions;
	int fds[2], failed;

	if (pipe2(fds, O_CLOEXEC) != 0) {
		failed = errno;
		free(text);
		return failed;
	}
	failed = posix_spawn_file_actions_init(&actions);
	if (failed == 0) {
		failed = posix_spawn_file_actions_adddup2(&actions, fds[1],
		    STDOUT_FILENO);
		if (failed == 0)
			failed = posix_spawn_file_actions_addopen(&actions,
			    STDIN_FILENO, "/dev/null", O_RDONLY, 0);
		if (failed == 0)
			failed = posix_spawn(child, "/bin/sh", &actions, NULL,
			    argv, environ);
		(void)posix_spawn_file_actions_destroy(&actions);
	}
	(void)close(fds[1]);
	*fd = fds[0];
	if (failed != 0)
		(void)close(fds[0]);
	free(text);
	return failed;
}

/* Its first line; false when it says nothing in time. */
static bool
first_line(struct mp_secret *passphrase, int fd, struct mp_err *err)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	int ready;

	do
		ready = poll(&wait, 1, TIMEOUT_MS);
	while (ready < 0 && errno == EINTR);
	return ready > 0 &&
	    mp_read_secret(passphrase, fd, OPTION, err) == MP_OK;
}

enum mp_status
mp_passphrase_command(struct mp_secret *passphrase, const char *bootstrap,
    struct mp_err *err)
{
	char *command;
	pid_t child = -1;
	int fd, failed, result = 0;
	bool got;

	if (read_bootstrap(&command, bootstrap, err) != MP_OK)
		return err->status;
	if (command == NULL)
		return MP_NOT_FOUND;
	failed = start(&child, &fd, command);
	free(command);
	if (failed != 0)
		return mp_err_sys(err, failed, "cannot run %s", OPTION);
	got = first_line(passphrase, fd, err);
	(void)close(fd);
	if (!got)
		(void)kill(child, SIGTERM);
	while (waitpid(child, &result, 0) < 0 && errno == EINTR)
		continue;
	if (got && WIFEXITED(result) && WEXITSTATUS(result) == 0)
		return MP_OK;
	mp_secret_clear(passphrase);
	if (got && WIFEXITED(result))
		return mp_err_set(err, MP_NOT_FOUND,
		    "%s failed with exit %d", OPTION, WEXITSTATUS(result));
	return mp_err_set(err, MP_NOT_FOUND, "%s gave no passphrase",
	    OPTION);
}
