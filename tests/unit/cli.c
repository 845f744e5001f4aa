/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/record.h"
#include "tap.h"

/* Every case runs in a child, since a usage error ends the process. */

static bool flag;
static const char *text;
static uint64_t number;
static struct mp_strlist list;
static int choice;

static const struct mp_option options[] = {
	{ 'f', "flag", NULL, "a flag", .flag = &flag },
	{ 't', "text", "TEXT", "a text", .text = &text },
	{ 0, "number", "N", "a number", .number = &number },
	{ 'l', "list", "WORD", "a list", .list = &list },
	{ 'o', "output", "WHAT", "a choice", .choice = &choice,
	    .words = "ids|count|summary" },
	MP_OPTIONS_END
};

static const struct mp_command reader = {
	"mp-test", "[ID]...", "Test.", 0, options
};
static const struct mp_command writer = {
	"mp-test", "[ID]...", "Test.", MP_CLI_WRITES | MP_CLI_QUERY |
	    MP_CLI_MESSAGE | MP_CLI_EDITS, options
};

static const struct mp_command lonely = {
	"mp-test", "", "Test.", MP_CLI_NO_OPERANDS, options
};

struct outcome {
	int code;	/* -1: killed */
	char out[4096];
	char err[4096];
};

static void
slurp(char *to, size_t size, int fd)
{
	size_t len = 0;
	ssize_t got;

	while (len < size - 1 &&
	    (got = read(fd, to + len, size - 1 - len)) > 0)
		len += (size_t)got;
	to[len] = '\0';
	(void)close(fd);
}

static int
input_of(const char *input, size_t len)
{
	int fds[2];

	if (pipe(fds) != 0 ||
	    write(fds[1], input, len) != (ssize_t)len)
		abort();
	(void)close(fds[1]);
	return fds[0];
}

/* mp_cli_start with a copy of the words, since it may reorder argv. */
static void
start(struct mp_cli *cli, const struct mp_command *command,
    const char *const words[])
{
	static char *argv[32];
	int argc = 0;

	while (words[argc] != NULL && argc < 31) {
		argv[argc] = strdup(words[argc]);
		argc++;
	}
	argv[argc] = NULL;
	mp_cli_start(cli, command, argc, argv);
}

/* Print what was read, one thing a line, then each operand. */
static _Noreturn void
child(const struct mp_command *command, const char *const words[])
{
	struct mp_err err = MP_ERR_INIT;
	struct mp_cli cli;
	const char *id;
	size_t i;

	start(&cli, command, words);
	printf("%d %s %llu %d %d %d %u|", flag, text ? text : "-",
	    (unsigned long long)number, choice, cli.null, cli.json,
	    cli.verbose);
	for (i = 0; i < list.count; i++)
		printf("%s,", list.items[i]);
	putchar('|');
	for (i = 0; i < cli.edits.count; i++)
		printf("%s,", cli.edits.items[i]);
	putchar('|');
	while ((id = mp_cli_next(&cli)) != NULL) {
		if (strcmp(id, "missing") == 0) {
			(void)mp_err_set(&err, MP_NOT_FOUND,
			    "cannot find '%s\033'", id);
			if (!mp_cli_skip(&cli, &err))
				abort();
		} else if (strcmp(id, "broken") == 0) {
			(void)mp_err_set(&err, MP_IO, "cannot read disk");
			if (!mp_cli_skip(&cli, &err))
				break;
		} else {
			printf("%s,", id);
		}
	}
	exit(mp_cli_finish(&cli, &err));
}

static struct outcome
run_input(const struct mp_command *command, const char *input, size_t len,
    const char *const words[])
{
	struct outcome outcome = { .code = -1 };
	int out[2], errors[2], in = input_of(input, len);
	int status;
	pid_t pid;

	(void)fflush(NULL);
	if (pipe(out) != 0 || pipe(errors) != 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		(void)dup2(in, 0);
		(void)dup2(out[1], 1);
		(void)dup2(errors[1], 2);
		(void)close(out[0]);
		(void)close(errors[0]);
		child(command, words);
	}
	(void)close(in);
	(void)close(out[1]);
	(void)close(errors[1]);
	slurp(outcome.out, sizeof outcome.out, out[0]);
	slurp(outcome.err, sizeof outcome.err, errors[0]);
	if (waitpid(pid, &status, 0) == pid && WIFEXITED(status))
		outcome.code = WEXITSTATUS(status);
	return outcome;
}

#define RUN(command, input, ...) run_input((command), (input), \
	strlen(input), (const char *const[]){ "mp-test", __VA_ARGS__, NULL })

static void
test_options(void)
{
	struct outcome got;

	got = RUN(&reader, "", "-f", "-tx", "--number=7", "-l", "a",
	    "--list", "b", "--output=count", "-0", "--format=json", "-vv",
	    "--", "id:1", "-f");
	ok(got.code == 0 && strcmp(got.out,
	    "1 x 7 1 1 1 2|a,b,||id:1,-f,") == 0, "every kind of option: %s",
	    got.out);
	got = RUN(&reader, "", "id:1", "-f");
	ok(strcmp(got.out, "0 - 0 0 0 0 0|||id:1,-f,") == 0,
	    "options end at the first operand: %s", got.out);
	got = RUN(&reader, "", "--num=7", "id:1");
	ok(got.code == 64 && strstr(got.err, "unknown option '--num'"),
	    "no abbreviations: %s", got.err);
	got = RUN(&reader, "", "--number=7x", "id:1");
	ok(got.code == 64 && strstr(got.err, "takes a number"),
	    "a number is a number");
	got = RUN(&reader, "", "--number=-7", "id:1");
	ok(got.code == 64, "and not negative");
	got = RUN(&reader, "", "--output=cou", "id:1");
	ok(got.code == 64 && strstr(got.err, "ids|count|summary"),
	    "a choice is one of its words");
	got = RUN(&reader, "", "--text");
	ok(got.code == 64 && strstr(got.err, "'--text' needs an argument"),
	    "missing argument: %s", got.err);
	got = RUN(&reader, "", "--flag=yes");
	ok(got.code == 64 && strstr(got.err, "takes no argument"),
	    "needless argument");
	got = RUN(&reader, "", "-z");
	ok(got.code == 64 && strstr(got.err, "unknown option '-z'"),
	    "unknown letter");
	got = RUN(&reader, "", "-n");
	ok(got.code == 64, "readers have no dry run");
	got = RUN(&reader, "", "--version");
	ok(got.code == 0 && strcmp(got.out, "mp-test " MP_VERSION "\n") == 0,
	    "version");
}

static void
test_help(void)
{
	struct outcome got = RUN(&writer, "", "--help");
	const char *const wanted[] = { "usage: mp-test [OPTION]... [ID]...",
	    "-t, --text=TEXT ", "    --number=N ", "-Q, --query=QUERY ",
	    "-n, --dry-run ", "--passphrase-fd=N ", "--if-unlocked " };
	size_t i;

	ok(got.code == 0 && got.err[0] == '\0', "help goes to stdout");
	for (i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
		ok(strstr(got.out, wanted[i]) != NULL, "help has '%s'",
		    wanted[i]);
	ok(strstr(got.out, "dump-options") == NULL, "and nothing hidden");
	got = RUN(&writer, "", "--dump-options");
	ok(got.code == 0 && strstr(got.out,
	    "o\toutput\t\tids|count|summary\ta choice\n") == NULL &&
	    strstr(got.out, "o\toutput\tWHAT\tids|count|summary\ta choice\n"),
	    "dump is made of TAB fields");
}

static void
test_operands(void)
{
	struct outcome got;

	got = RUN(&reader, "id:1\tnov\tx\n\nid:2\r\nid:3", "-f");
	ok(strcmp(got.out, "1 - 0 0 0 0 0|||id:1,id:2,id:3,") == 0,
	    "first fields of stdin: %s", got.out);
	got = run_input(&reader, "id:1\tx\nid:y\0id:2", 16,
	    (const char *const[]){ "mp-test", "-0", NULL });
	ok(strcmp(got.out, "0 - 0 0 1 0 0|||id:1,id:2,") == 0,
	    "NUL-ended records: %s", got.out);
	got = RUN(&reader, "id:2\n", "id:1", "-", "id:3");
	ok(strcmp(got.out, "0 - 0 0 0 0 0|||id:1,id:2,id:3,") == 0,
	    "a dash is stdin among operands: %s", got.out);
	got = RUN(&reader, "", "3", "2:5", ".", "$");
	ok(strcmp(got.out, "0 - 0 0 0 0 0|||3,2:5,.,$,") == 0,
	    "numbers are not expanded for scripts: %s", got.out);
	got = RUN(&reader, "", "id:1", "missing", "id:2");
	ok(got.code == 1 && strstr(got.out, "id:1,id:2,"),
	    "a failed record is passed over, the exit says so");
	ok(strstr(got.err, "mp-test: cannot find 'missing\xe2\x90\x9b'"),
	    "and its text is cleaned: %s", got.err);
	got = RUN(&reader, "", "missing", "broken", "id:2");
	ok(got.code == 74 && strstr(got.out, "id:2") == NULL,
	    "a failing disk stops the run");
	got = RUN(&lonely, "", "id:1");
	ok(got.code == 64 && strstr(got.err, "unexpected operand 'id:1'"),
	    "operands where none are taken");
	got = RUN(&reader, "", "missing");
	ok(got.code == 1, "only unknown ids: 1");
}

static void
test_edits(void)
{
	struct outcome got;

	got = RUN(&writer, "", "-n", "-todo", "+done", "--", "-x");
	ok(strstr(got.out, "||-todo,+done,|-x,"), "edit words: %s", got.out);
	got = RUN(&writer, "", "-todo", "+done", "-n", "--", "-x");
	ok(got.code == 64 && strstr(got.err, "'-n' behind a tag"),
	    "-n behind them is neither: %s", got.err);
	got = RUN(&writer, "", "+x", "--store", "/s", "-y", "id:1", "-z");
	ok(strstr(got.out, "||+x,-y,|id:1,-z,"),
	    "long options among edits: %s", got.out);
	got = RUN(&writer, "id:1\n", "+x");
	ok(strstr(got.out, "||+x,|id:1,"), "stdin after edits");
}

static void
test_output(void)
{
	struct outcome got;
	int full = open("/dev/full", O_WRONLY), status = 0;
	pid_t pid;

	(void)fflush(NULL);
	if (full < 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		(void)dup2(full, 1);
		(void)dup2(full, 2);
		child(&reader, (const char *const[]){ "mp-test", "id:1", NULL });
	}
	(void)waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 74,
	    "a full disk under stdout is 74");
	got = RUN(&reader, "", "id:1", "id:2");
	ok(got.code == 0, "a good stdout is 0");
	got = RUN(&reader, "", "id:1", "--store");
	ok(got.code == 64, "an option behind an operand is refused");
	got = RUN(&reader, "", "--", "id:1", "--store");
	ok(got.code == 0, "behind -- it is an operand");
}

static void
add_record(struct mp_records *records, const char *id)
{
	struct mp_strlist tags = MP_STRLIST_INIT;

	mp_strlist_add(&tags, "inbox");
	mp_strlist_add(&tags, "a\tb");
	mp_record_id(records, id);
	mp_record_time(records, "date", 86400);
	mp_record_text(records, "subject", "a\tb\n\"\xe2\x80\xae");
	mp_record_number(records, "size", -5);
	mp_record_real(records, "score", 0.5);
	mp_record_list(records, "tags", &tags);
	mp_record_more(records, "path", "/x");
	mp_record_end(records);
	mp_strlist_clear(&tags);
}

/* Two records in a form, as they come out of a child. */
static char *
records_of(const struct mp_command *command, bool complete, const char *const words[])
{
	static char out[4096];
	int fds[2];
	pid_t pid;

	(void)fflush(NULL);
	if (pipe(fds) != 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		struct mp_err err = MP_ERR_INIT;
		struct mp_records *records;
		struct mp_cli cli;

		(void)dup2(fds[1], 1);
		start(&cli, command, words);
		records = mp_records_new(&cli);
		add_record(records, "id:1@x");
		add_record(records, "id:2@x");
		if (!complete)
			mp_records_free(records);
		else if (mp_records_close(records, &err) != MP_OK)
			abort();
		exit(mp_cli_finish(&cli, &err));
	}
	(void)close(fds[1]);
	slurp(out, sizeof out, fds[0]);
	(void)waitpid(pid, NULL, 0);
	return out;
}

static void
test_records(void)
{
	char *got = records_of(&reader, true, (const char *const[]){ "mp-test", NULL });

	ok(strcmp(got, "id:1@x\t1970-01-02T00:00:00+00:00\t"
	    "a b\xe2\x90\x8a\"<U+202E>\t-5\t0.500\t"
	    "inbox,a b\n"
	    "id:2@x\t1970-01-02T00:00:00+00:00\t"
	    "a b\xe2\x90\x8a\"<U+202E>\t-5\t0.500\t"
	    "inbox,a b\n") == 0, "text records: %s", got);
	got = records_of(&reader, true,
	    (const char *const[]){ "mp-test", "--format=json", NULL });
	ok(strstr(got, "{\"id\":\"id:1@x\","
	    "\"date\":\"1970-01-02T00:00:00+00:00\","
	    "\"subject\":\"a\\tb\\n\\\"") == got &&
	    strstr(got, "\"size\":-5,\"score\":0.5,"
	    "\"tags\":[\"inbox\",\"a\\tb\"],\"path\":\"/x\"}\n{\"id\":"),
	    "JSON Lines: %s", got);
	got = records_of(&writer, true, (const char *const[]){ "mp-test", NULL });
	ok(strstr(got, "id:1@x") && strstr(got, "id:2@x"),
	    "a writer's records come at the end");
	got = records_of(&writer, false, (const char *const[]){ "mp-test", NULL });
	ok(got[0] == '\0', "and not at all without close");
	got = records_of(&reader, true, (const char *const[]){ "mp-test", "-0", NULL });
	ok(strlen(got) < 4095 && strchr(got, '\n') == NULL &&
	    strcmp(got + strlen(got) + 1, got) != 0,
	    "NUL-ended records");
}

int
main(void)
{
	test_records();
	test_options();
	test_help();
	test_operands();
	test_edits();
	test_output();
	return done_testing();
}
