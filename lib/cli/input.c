/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/strlist.h"
#include "cli/cli_internal.h"
#include "cli/listing.h"

#define HELD_MAX ((size_t)1 << 31)	/* bytes of records on stdin */

static bool
reads_stdin(const struct mp_cli *cli)
{
	if (cli->operand_count != 0)
		return false;
	return !((cli->command->flags & MP_CLI_OPTIONAL) != 0 &&
	    isatty(STDIN_FILENO));
}

bool
mp_cli_has_input(const struct mp_cli *cli)
{
	return cli->operand_count != 0 || reads_stdin(cli);
}

/* The next byte of the records on stdin, held or not. */
static int
next_byte(struct mp_cli *cli)
{
	if (!cli->holds_input)
		return getc_unlocked(stdin);
	return cli->held_next < cli->held.len ?
	    cli->held.data[cli->held_next++] : EOF;
}

enum mp_status
mp_cli_hold_input(struct mp_cli *cli, struct mp_err *err)
{
	bool wanted = cli->operand_count == 0 ? reads_stdin(cli) : false;
	size_t i;

	for (i = 0; i < cli->operand_count; i++)
		if (strcmp(cli->operands[i], "-") == 0)
			wanted = true;
	if (!wanted || cli->message || cli->query != NULL ||
	    isatty(STDIN_FILENO))
		return MP_OK;
	mp_buf_init(&cli->held, HELD_MAX);
	cli->holds_input = true;
	return mp_fd_read(&cli->held, STDIN_FILENO, "standard input", err);
}

/*
 * The first field of the next record that has one. The rest of a record is
 * for people and other filters; a first field beyond any sense is cut.
 */
static const char *
next_record(struct mp_cli *cli)
{
	const int end = cli->null ? '\0' : '\n';
	bool in_first = true;
	int byte;

	mp_buf_reset(&cli->record);
	while ((byte = next_byte(cli)) != EOF) {
		if (byte == end) {
			if (cli->record.len != 0)
				return mp_buf_text(&cli->record);
			in_first = true;
		} else if (byte == '\t') {
			in_first = false;
		} else if (in_first && byte != '\0' && byte != '\r') {
			mp_buf_byte(&cli->record, (uint8_t)byte);
		}
	}
	cli->stdin_done = true;
	if (!cli->holds_input && ferror(stdin)) {
		mp_cli_error(cli, "cannot read standard input");
		cli->exit_code = mp_cli_exit_code(MP_IO);
		return NULL;
	}
	return cli->record.len != 0 ? mp_buf_text(&cli->record) : NULL;
}

static const char *
next_pending(struct mp_cli *cli)
{
	if (cli->pending_next < cli->pending.count)
		return cli->pending.items[cli->pending_next++];
	mp_strlist_clear(&cli->pending);
	cli->pending_next = 0;
	return NULL;
}

/* Numbers are for people: never where a script could come to rely on them. */
static const char *
expand_number(struct mp_cli *cli, const char *operand)
{
	struct mp_err err = MP_ERR_INIT;

	if (mp_listing_expand(&cli->pending, cli->store_path, operand,
	    &err) != MP_OK)
		mp_cli_usage(cli, "%s", err.text);
	return next_pending(cli);
}

const char *
mp_cli_next(struct mp_cli *cli)
{
	const char *found = next_pending(cli);

	while (found == NULL && cli->operand_next < cli->operand_count) {
		const char *operand = cli->operands[cli->operand_next];

		if (strcmp(operand, "-") == 0) {
			found = cli->stdin_done ? NULL : next_record(cli);
			if (found != NULL)
				return found;	/* and "-" again */
			cli->stdin_done = false;
			cli->operand_next++;
			continue;
		}
		cli->operand_next++;
		if (isatty(STDIN_FILENO) && mp_listing_is_number(operand))
			found = expand_number(cli, operand);
		else
			found = operand;
	}
	if (found != NULL || cli->stdin_done || !reads_stdin(cli))
		return found;
	if (isatty(STDIN_FILENO))
		mp_cli_usage(cli, "no message named: give ids, or '-' to "
		    "read them from standard input");
	return next_record(cli);
}
