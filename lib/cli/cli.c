/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "cli/cli_internal.h"
#include "cli/listing.h"

#define RECORD_MAX 65536	/* bytes of a first field on stdin */
#define DEFAULT_WAIT 30		/* seconds */

static char *
default_store_path(void)
{
	const char *path = getenv("MP_STORE");
	const char *home = getenv("HOME");

	if (path != NULL && path[0] != '\0')
		return mp_strdup(path);
	path = getenv("XDG_DATA_HOME");
	if (path != NULL && path[0] == '/')
		return mp_asprintf("%s/mp", path);
	return mp_asprintf("%s/.local/share/mp",
	    home != NULL && home[0] != '\0' ? home : ".");
}

void
mp_cli_start(struct mp_cli *cli, const struct mp_command *command, int argc,
    char *argv[])
{
	mp_cli_harden((command->flags & MP_CLI_WRITES) != 0);
	memset(cli, 0, sizeof *cli);
	cli->command = command;
	cli->wait = DEFAULT_WAIT;
	cli->passphrase_fd = -1;
	cli->key_file = getenv("MP_KEY_FILE");
	mp_buf_init(&cli->record, RECORD_MAX);
	if (isatty(STDIN_FILENO) || isatty(STDOUT_FILENO))
		mp_listing_start();
	if (!isatty(STDOUT_FILENO))
		(void)setvbuf(stdout, NULL, _IOFBF, 65536);
	cli->store_path = default_store_path();
	mp_cli_options(cli, argc, argv);
	if (command->flags & MP_CLI_NO_OPERANDS && cli->operand_count != 0)
		mp_cli_usage(cli, "unexpected operand '%s'",
		    cli->operands[0]);
	if (cli->message && cli->operand_count != 0)
		mp_cli_usage(cli, "-m takes no operands");
}

int
mp_cli_exit_code(enum mp_status status)
{
	switch (status) {
	case MP_OK:
		return 0;
	case MP_NOT_FOUND:
		return 1;
	case MP_USAGE:
		return 64;
	case MP_INVALID:
	case MP_CORRUPT:
		return 65;
	case MP_PEER:
		return 69;
	case MP_BUG:
		return 70;
	case MP_EXISTS:
	case MP_CREATE:
		return 73;
	case MP_IO:
		return 74;
	case MP_RETRY:
		return 75;
	case MP_DENIED:
	case MP_REFUSED:
		return 77;
	case MP_CONFIG:
		return 78;
	}
	return 70;
}

static void MP_PRINTF(2, 0)
say(struct mp_cli *cli, const char *fmt, va_list args)
{
	struct mp_buf clean = MP_BUF_INIT(16384);
	char text[2048];

	(void)vsnprintf(text, sizeof text, fmt, args);
	mp_utf8_clean(&clean, text, strlen(text), true);
	mp_cli_progress_end(cli);
	fprintf(stderr, "%s: %s\n", cli->command->name,
	    mp_buf_text(&clean));
	mp_buf_clear(&clean);
}

void
mp_cli_error(struct mp_cli *cli, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(cli, fmt, args);
	va_end(args);
}

void
mp_cli_note(struct mp_cli *cli, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (!cli->quiet)
		say(cli, fmt, args);
	va_end(args);
}

void
mp_cli_detail(struct mp_cli *cli, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (cli->verbose != 0)
		say(cli, fmt, args);
	va_end(args);
}

void
mp_cli_usage(struct mp_cli *cli, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(cli, fmt, args);
	va_end(args);
	fprintf(stderr, "Try '%s --help'.\n", cli->command->name);
	exit(mp_cli_exit_code(MP_USAGE));
}

static void
remember(struct mp_cli *cli, int exit_code)
{
	if (exit_code > cli->exit_code)
		cli->exit_code = exit_code;
}

/* Does the failure belong to one record, so that others can go on? */
static bool
is_of_record(enum mp_status status)
{
	return status == MP_NOT_FOUND || status == MP_EXISTS ||
	    status == MP_USAGE || status == MP_INVALID ||
	    status == MP_CORRUPT || status == MP_REFUSED;
}

bool
mp_cli_skip(struct mp_cli *cli, struct mp_err *err)
{
	if (!is_of_record(err->status))
		return false;
	if (err->text[0] != '\0')
		mp_cli_error(cli, "%s", err->text);
	remember(cli, mp_cli_exit_code(err->status));
	mp_err_clear(err);
	return true;
}

void
mp_cli_pass_over(void *cli, const struct mp_err *what)
{
	struct mp_err err = *what;

	err.status = MP_INVALID;
	(void)mp_cli_skip(cli, &err);
}

void
mp_cli_no(struct mp_cli *cli)
{
	remember(cli, mp_cli_exit_code(MP_NOT_FOUND));
}

int
mp_cli_finish(struct mp_cli *cli, const struct mp_err *err)
{
	int code = cli->exit_code;

	mp_cli_progress_end(cli);
	if (err->status != MP_OK) {
		if (err->text[0] != '\0')
			mp_cli_error(cli, "%s", err->text);
		code = mp_cli_exit_code(err->status);
	}
	errno = 0;
	if (fflush(stdout) != 0 || ferror(stdout)) {
		mp_cli_error(cli, "cannot write to standard output: %s",
		    strerror(errno != 0 ? errno : EIO));
		if (code <= 1)
			code = mp_cli_exit_code(MP_IO);
	}
	mp_strlist_clear(&cli->edits);
	mp_strlist_clear(&cli->pending);
	mp_buf_clear(&cli->record);
	mp_buf_clear(&cli->held);
	if (cli->at_finish != NULL)
		cli->at_finish(cli);
	free(cli->bootstrap);
	free(cli->anchor);
	free(cli->store_path);
	cli->bootstrap = NULL;
	cli->anchor = NULL;
	cli->store_path = NULL;
	return code;
}
