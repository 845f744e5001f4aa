/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/edit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"

/* A new folder in memory, or NULL with *err set. The caller frees it. */
static char *
new_folder(struct mp_err *err)
{
	const char *run = getenv("XDG_RUNTIME_DIR");
	char *parent, *folder = NULL;

	if (run == NULL || run[0] != '/' || !mp_path_is_tmpfs(run)) {
		(void)mp_err_set(err, MP_REFUSED, "cannot edit: "
		    "$XDG_RUNTIME_DIR names no folder in memory (tmpfs), and "
		    "nothing is written to a disk in clear");
		return NULL;
	}
	parent = mp_asprintf("%s/mp", run);
	if (mp_path_make(parent, err) == MP_OK) {
		folder = mp_asprintf("%s/edit-XXXXXX", parent);
		if (mkdtemp(folder) == NULL) {
			(void)mp_err_sys(err, errno, "cannot make '%s'",
			    folder);
			free(folder);
			folder = NULL;
		}
	}
	free(parent);
	return folder;
}

/* Editors leave backups and swap files beside the file. */
static void
remove_folder(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;

	while (folder != NULL && (entry = readdir(folder)) != NULL)
		(void)unlinkat(dirfd(folder), entry->d_name, 0);
	if (folder != NULL)
		(void)closedir(folder);
	(void)rmdir(path);
}

static const char *
editor(void)
{
	const char *command = getenv("VISUAL");

	if (command == NULL || command[0] == '\0')
		command = getenv("EDITOR");
	return command != NULL && command[0] != '\0' ? command : "vi";
}

/* The command may have options, as everywhere: the shell splits it. */
_Noreturn static void
become_editor(const char *command, const char *path)
{
	char *script = mp_asprintf("%s \"$1\"", command);
	char shell[] = "/bin/sh", option[] = "-c";
	char *file = mp_strdup(path);

	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGQUIT, SIG_DFL);
	(void)execv(shell, (char *[]){ shell, option, script, shell, file,
	    NULL });
	_exit(127);
}

/* ^C in the editor is the editor's. */
static enum mp_status
run_editor(const char *path, struct mp_err *err)
{
	const char *command = editor();
	void (*interrupt)(int) = signal(SIGINT, SIG_IGN);
	void (*quit)(int) = signal(SIGQUIT, SIG_IGN);
	enum mp_status status = MP_OK;
	pid_t child, ended = -1;
	int result = 0;

	(void)fflush(NULL);
	child = fork();
	if (child == 0)
		become_editor(command, path);
	while (child > 0 && (ended = waitpid(child, &result, 0)) < 0 &&
	    errno == EINTR)
		continue;
	if (ended < 0)
		status = mp_err_sys(err, errno, "cannot run '%s'", command);
	else if (!WIFEXITED(result) || WEXITSTATUS(result) != 0)
		status = mp_err_set(err, MP_USAGE,
		    "the editor '%s' failed; nothing was changed", command);
	(void)signal(SIGINT, interrupt);
	(void)signal(SIGQUIT, quit);
	return status;
}

/* Edit once; text is the result, good or not. */
static enum mp_status
edit_file(struct mp_buf *text, const char *path, mp_edit_check_fn *check,
    void *arg, struct mp_err *err)
{
	struct mp_buf edited = MP_BUF_INIT(text->max);
	enum mp_status status = run_editor(path, err);

	if (status == MP_OK)
		status = mp_path_read(&edited, path, err);
	if (status == MP_OK) {
		mp_buf_reset(text);
		mp_buf_add(text, edited.data, edited.len);
		status = check(arg, text, err);
	}
	mp_buf_clear(&edited);
	return status;
}

/* May the user mend it? Only a terminal can be asked. */
static bool
wants_again(struct mp_cli *cli, struct mp_err *err)
{
	int answer, c;

	if ((err->status != MP_CONFIG && err->status != MP_INVALID) ||
	    !isatty(STDIN_FILENO))
		return false;
	mp_cli_error(cli, "%s", err->text);
	(void)fputs("Edit again? [Y/n] ", stderr);
	answer = c = getchar();
	while (c != '\n' && c != EOF)
		c = getchar();
	if (answer == 'n' || answer == 'N' || answer == EOF)
		return false;
	mp_err_clear(err);
	return true;
}

enum mp_status
mp_cli_edit(struct mp_cli *cli, struct mp_buf *text, const char *name,
    mp_edit_check_fn *check, void *arg, struct mp_err *err)
{
	char *folder = new_folder(err), *path;

	if (folder == NULL)
		return err->status;
	path = mp_asprintf("%s/%s", folder, name);
	if (mp_path_replace(path, text->data, text->len, err) == MP_OK)
		while (edit_file(text, path, check, arg, err) != MP_OK &&
		    wants_again(cli, err))
			continue;
	remove_folder(folder);
	free(path);
	free(folder);
	return err->status;
}

enum mp_status
mp_cli_text(struct mp_buf *text, struct mp_cli *cli, size_t at,
    struct mp_err *err)
{
	size_t start = text->len;

	if (at < cli->operand_count) {
		mp_buf_str(text, cli->operands[at]);
	} else {
		if (mp_fd_read(text, STDIN_FILENO, "standard input", err) !=
		    MP_OK)
			return err->status;
		if (text->len > start && text->data[text->len - 1] == '\n')
			text->data[--text->len] = '\0';
	}
	if (text->overflow || strlen(mp_buf_text(text)) != text->len)
		return mp_err_set(err, MP_INVALID,
		    "cannot take the value: it has a NUL in it or is over "
		    "%zu bytes", text->max);
	return MP_OK;
}
