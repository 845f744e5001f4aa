/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CLI_CLI_H
#define MP_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strlist.h"

/*
 * The frame of every command: options from one table, operands by one rule,
 * errors and exit codes in one way. This module alone of libmp reads the
 * environment, prints and exits; only cmd/ uses it.
 *
 *	mp_cli_start(&cli, &command, argc, argv);
 *	open things, on failure goto done;
 *	while ((id = mp_cli_next(&cli)) != NULL)
 *		if (work(id, &err) != MP_OK && !mp_cli_skip(&cli, &err))
 *			goto done;
 * done:
 *	return mp_cli_finish(&cli, &err);
 */

/*
 * One option. Exactly one of the pointers is set; it says what kind of
 * option it is and where its value goes. A table ends with MP_OPTIONS_END. An
 * own option wins over a common one of the same name.
 */
struct mp_option {
	char letter;		/* 0: it has only a long name */
	const char *name;	/* long name, without dashes */
	const char *arg;	/* name of its argument, NULL: it takes none;
				   "[N]": an optional one, long form only,
				   without it the number 1 or the text "" */
	const char *help;	/* one line, lower case, no full stop */
	bool *flag;		/* set to true */
	unsigned *count;	/* one more each time */
	const char **text;	/* the argument, as long as argv lives */
	uint64_t *number;	/* a decimal argument */
	struct mp_strlist *list; /* the argument is added; may be repeated */
	int *choice;		/* which of the words the argument is, from 0 */
	const char *words;	/* of choice: "one|two|three" */
};

#define MP_OPTIONS_END { .name = NULL }

/* What a command asks for beyond its own table (struct mp_command.flags). */
enum {
	MP_CLI_WRITES = 1,	/* -n, --wait; finishes when stdout closes */
	MP_CLI_MESSAGE = 2,	/* -m: one message on stdin names itself */
	MP_CLI_QUERY = 4,	/* -Q QUERY names messages */
	MP_CLI_EDITS = 8,	/* words +TAG and -TAG before the operands */
	MP_CLI_OPTIONAL = 16,	/* no operand at all is fine: no stdin wait */
	MP_CLI_NO_STORE = 32,	/* never opens the store: no key options */
	MP_CLI_NO_OPERANDS = 64,	/* takes none: any is a usage error */
	MP_CLI_PASSES_ON = 128	/* operands are another's command line */
};

struct mp_command {
	const char *name;	/* "mp-tag" */
	const char *usage;	/* what follows the options: "[ID]..." */
	const char *about;	/* one line for --help */
	unsigned flags;
	const struct mp_option *options;	/* may be NULL */
};

struct mp_keys;

/*
 * The state of one run; after mp_cli_start commands read the first part.
 *
 * Invariant: exit_code is the worst of what was passed over so far.
 */
struct mp_cli {
	const struct mp_command *command;
	char *store_path;	/* --store, $MP_STORE or the usual place */
	bool null;		/* records end in NUL, both ways */
	bool json;		/* --format=json */
	bool quiet;
	unsigned verbose;
	bool dry_run;
	bool if_unlocked;	/* a locked store is no error: exit 0 */
	bool message;		/* -m */
	const char *query;	/* -Q, NULL without */
	uint64_t wait;		/* seconds for the writer's lock */
	int passphrase_fd;	/* -1: none */
	const char *key_file;	/* --key-file or $MP_KEY_FILE, or NULL */
	struct mp_strlist edits;	/* words of MP_CLI_EDITS, in order */
	bool dashes;		/* "--" stood before the operands */
	char **operands;	/* into argv */
	size_t operand_count;

	size_t operand_next;
	struct mp_strlist pending;	/* what one operand stood for */
	size_t pending_next;
	bool stdin_done;
	bool holds_input;
	struct mp_buf held;
	size_t held_next;
	struct mp_buf record;
	int exit_code;
	int64_t progress_start_ms;
	int64_t progress_last_ms;
	bool progress_shown;
	struct mp_keys *keys;		/* of open.h */
	char *bootstrap;
	char *anchor;
	void (*at_finish)(struct mp_cli *cli);
};

/*
 * Harden the process (no core dumps, not dumpable, umask 077, descriptors
 * 0 to 2 open), read the options and find the store path. Ends the process
 * after --help, --version or a wrong option (exit 64).
 *
 * SIGPIPE ends a reading command quietly; a writing one ignores it, so that
 * it finishes its transaction and reports 74.
 */
void mp_cli_start(struct mp_cli *cli, const struct mp_command *command,
    int argc, char *argv[]);

/*
 * The next message named, or NULL at the end: the operands, or without any
 * (or for the operand "-") the first TAB field of each record on stdin.
 * Numbers of the last listing on this terminal, ranges of them, "." and "$"
 * come out as the ids they stand for when stdin is a terminal; anything
 * else comes as it was written. The text lives until the next call.
 *
 * Without operands and with a terminal as stdin a command that is not
 * MP_CLI_OPTIONAL ends with a usage error.
 */
const char *mp_cli_next(struct mp_cli *cli);

/* Are there operands, or may stdin bring some? Does not wait. */
bool mp_cli_has_input(const struct mp_cli *cli);

/*
 * Read the records on stdin to their end, for mp_cli_next to give later.
 * What takes ids calls this before it opens the store: what fills its stdin
 * may have to write first (mp-fetch | mp-index), and a reader sees the store
 * as it was when opened (mp-index | mp-show).
 *
 * MP_INVALID: over 2 GiB.
 */
enum mp_status mp_cli_hold_input(struct mp_cli *cli, struct mp_err *err)
    MP_CHECKED;

/*
 * Report a failed record and pass it over: true, with *err cleared and the
 * exit code remembered. False when the failure is not the record's own
 * (I/O, lock, denied, bug): then stop; mp_cli_finish reports it.
 */
bool mp_cli_skip(struct mp_cli *cli, struct mp_err *err);

/*
 * Report what failed, whatever it was, as bad data (exit 65 in the end)
 * and go on: for the many files of one operand. cli is a struct mp_cli.
 */
void mp_cli_pass_over(void *cli, const struct mp_err *what);

/* The answer is no (no match, not spam): exit 1 unless worse comes. */
void mp_cli_no(struct mp_cli *cli);

/*
 * Report err if it holds a failure, flush stdout and check it, free what
 * the run held. Gives the exit code for main to return.
 */
int mp_cli_finish(struct mp_cli *cli, const struct mp_err *err);

/* The exit code that a status means (style: sysexits). */
int mp_cli_exit_code(enum mp_status status);

/* "mp-foo: text" on stderr, cleaned of control characters. */
void mp_cli_error(struct mp_cli *cli, const char *fmt, ...) MP_PRINTF(2, 3);
void mp_cli_note(struct mp_cli *cli, const char *fmt, ...)
    MP_PRINTF(2, 3);	/* not with -q */
void mp_cli_detail(struct mp_cli *cli, const char *fmt, ...)
    MP_PRINTF(2, 3);	/* only with -v */

/* A usage error: say it, point at --help, exit 64. */
_Noreturn void mp_cli_usage(struct mp_cli *cli, const char *fmt, ...)
    MP_PRINTF(2, 3);

/*
 * Say on stderr how far the work is: only on a terminal, only when it takes
 * more than a second, ten times a second at most. total 0: unknown.
 * Anything else printed on stderr by this module erases it first.
 */
void mp_cli_progress(struct mp_cli *cli, const char *what, uint64_t done,
    uint64_t total);
void mp_cli_progress_end(struct mp_cli *cli);

#endif
