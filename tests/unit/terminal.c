/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "cli/cli.h"
#include "cli/listing.h"
#include "cli/record.h"
#include "tap.h"

/* Commands with a terminal of 60 columns as stdin, stdout and stderr. */

static char run_dir[] = "/dev/shm/mp-terminal-XXXXXX";

static const struct mp_command reader = {
	"mp-test", "[ID]...", "Test.", 0, NULL
};
static const struct mp_command optional = {
	"mp-test", "[ID]...", "Test.", MP_CLI_OPTIONAL, NULL
};

static void
add(struct mp_records *records, const char *id, const char *from,
    const char *subject)
{
	struct mp_strlist tags = MP_STRLIST_INIT;

	mp_strlist_add(&tags, "inbox");
	mp_record_id(records, id);
	mp_record_time(records, "date", 1606213800);
	mp_record_text(records, "from", from);
	mp_record_text(records, "subject", subject);
	mp_record_list(records, "tags", &tags);
	mp_record_end(records);
	mp_strlist_clear(&tags);
}

static int
list(struct mp_cli *cli)
{
	struct mp_records *records = mp_records_new(cli);
	struct mp_err err = MP_ERR_INIT;
	int i;

	add(records, "id:one@x", "Al\033[31mice", "A subject that is longer "
	    "than the terminal is wide, by far");
	add(records, "id:two@x", "\xe6\x97\xa5\xe6\x9c\xac", "short");
	for (i = 3; i < 11; i++) {
		char id[32];

		(void)snprintf(id, sizeof id, "id:%d@x", i);
		add(records, id, "Bob", "short");
	}
	if (mp_records_close(records, &err) != MP_OK)
		abort();
	return mp_cli_finish(cli, &err);
}

static int
names(struct mp_cli *cli)
{
	struct mp_err err = MP_ERR_INIT;
	const char *id;

	while ((id = mp_cli_next(cli)) != NULL)
		printf("<%s>", id);
	printf("end");
	return mp_cli_finish(cli, &err);
}

static int
second_is_current(struct mp_cli *cli)
{
	struct mp_err err = MP_ERR_INIT;

	mp_listing_set_current(cli->store_path, "id:two@x");
	return mp_cli_finish(cli, &err);
}

/* For more than a second, so that it is worth a word. */
static int
slow(struct mp_cli *cli)
{
	struct mp_err err = MP_ERR_INIT;
	unsigned i;

	for (i = 0; i < 12; i++) {
		mp_cli_progress(cli, "reading", i, 12);
		(void)usleep(120000);
	}
	mp_cli_error(cli, "a word");
	return mp_cli_finish(cli, &err);
}

static char output[65536];
static int exit_code;

/* What the terminal shows of it, as output. All of one terminal session. */
static const char *
on_terminal(const struct mp_command *command, int (*what)(struct mp_cli *),
    const char *const words[])
{
	struct winsize size = { .ws_row = 24, .ws_col = 60 };
	int terminal, other, status = 0;
	size_t len = 0;
	ssize_t got;
	pid_t pid;

	(void)fflush(NULL);
	if (openpty(&terminal, &other, NULL, NULL, &size) != 0 ||
	    (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		static char *argv[16];
		struct mp_cli cli;
		int argc = 0;

		while (words[argc] != NULL) {
			argv[argc] = strdup(words[argc]);
			argc++;
		}
		(void)close(terminal);
		(void)dup2(other, 0);
		(void)dup2(other, 1);
		(void)dup2(other, 2);
		mp_cli_start(&cli, command, argc, argv);
		exit(what(&cli));
	}
	(void)close(other);
	while (len < sizeof output - 1 && (got = read(terminal, output + len,
	    sizeof output - 1 - len)) > 0)
		len += (size_t)got;
	output[len] = '\0';
	(void)close(terminal);
	(void)waitpid(pid, &status, 0);
	exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	return output;
}

#define WORDS(...) (const char *const[]){ "mp-test", __VA_ARGS__, NULL }
#define NO_WORDS (const char *const[]){ "mp-test", NULL }

static void
test_table(void)
{
	const char *got = on_terminal(&reader, list, NO_WORDS);

	ok(strncmp(got, " 1  2020-11-24 10:30  ", 22) == 0,
	    "numbers to the right, short dates");
	ok(strstr(got, "Al\xe2\x90\x9b[31mice") != NULL &&
	    strchr(got, '\033') == NULL, "nothing of mail steers it");
	ok(strstr(got, "A su\xe2\x80\xa6") != NULL ||
	    strstr(got, "\xe2\x80\xa6  inbox\r\n") != NULL,
	    "a long subject is cut, the tags stay");
	ok(strstr(got, "\xe6\x97\xa5\xe6\x9c\xac        short") != NULL,
	    "wide characters take two columns");
	ok(strstr(got, "id:") == NULL, "no ids");
	(void)unsetenv("NO_COLOR");
	got = on_terminal(&reader, list, NO_WORDS);
	ok(strstr(got, "\033[33m1\033[m") != NULL, "colour without NO_COLOR");
	(void)setenv("NO_COLOR", "1", 1);
	got = on_terminal(&reader, list, WORDS("-0"));
	ok(strncmp(got, "id:one@x\t2020-", 14) == 0,
	    "with -0 a terminal gets what a pipe gets");
}

static void
test_numbers(void)
{
	const char *got;

	got = on_terminal(&reader, names, WORDS("3"));
	ok(exit_code == 64 && strstr(got, "nothing was listed") != NULL,
	    "numbers before any listing: %s", got);
	(void)on_terminal(&reader, list, NO_WORDS);
	got = on_terminal(&reader, names,
	    WORDS("3", "1:2", ".", "$", "9:$", "id:z"));
	ok(strcmp(got, "<id:3@x><id:one@x><id:two@x><id:one@x><id:10@x>"
	    "<id:9@x><id:10@x><id:z>end") == 0, "numbers: %s", got);
	(void)on_terminal(&reader, second_is_current, NO_WORDS);
	got = on_terminal(&reader, names, WORDS(".", ".:3"));
	ok(strcmp(got, "<id:two@x><id:two@x><id:3@x>end") == 0,
	    "another current message: %s", got);
	got = on_terminal(&reader, names, WORDS("11"));
	ok(exit_code == 64 && strstr(got, "has 1 to 10") != NULL,
	    "a number that is not in it: %s", got);
	got = on_terminal(&reader, names, WORDS("2:1"));
	ok(exit_code == 64, "a range backwards");
	got = on_terminal(&reader, names, WORDS("--store=/dev", "1"));
	ok(exit_code == 64, "numbers are of one store");
}

static void
test_stdin(void)
{
	const char *got = on_terminal(&reader, names, NO_WORDS);

	ok(exit_code == 64 && strstr(got, "no message named") != NULL,
	    "no waiting for a person to type ids: %s", got);
	got = on_terminal(&optional, names, NO_WORDS);
	ok(exit_code == 0 && strcmp(got, "end") == 0,
	    "no operand where none is needed");
}

static void
test_progress(void)
{
	const char *got = on_terminal(&reader, slow, NO_WORDS);

	ok(strstr(got, "\rreading 9 of 12") != NULL ||
	    strstr(got, "\rreading 10 of 12") != NULL,
	    "progress after a second");
	ok(strstr(got, "reading 5 of") == NULL, "and not before");
	ok(strstr(got, "\033[Kmp-test: a word") != NULL,
	    "errors take its place");
	got = on_terminal(&reader, slow, WORDS("-q"));
	ok(strcmp(got, "mp-test: a word\r\n") == 0, "none with -q");
}

/* Kept private, and only in memory. */
static void
test_place(void)
{
	char *file = NULL;
	struct stat st;

	if (asprintf(&file, "%s/mp/seq/%ld", run_dir, (long)getsid(0)) < 0)
		abort();
	ok(stat(file, &st) == 0 && (st.st_mode & 077) == 0,
	    "the listing is for nobody else");
	(void)unlink(file);
	(void)setenv("XDG_RUNTIME_DIR", "/proc", 1);
	(void)on_terminal(&reader, list, NO_WORDS);
	(void)on_terminal(&reader, names, WORDS("1"));
	ok(exit_code == 64, "no listing where there is no memory file system");
	free(file);
}

/* After su(1) and in containers there is no $XDG_RUNTIME_DIR. */
static void
test_own_place(void)
{
	char *dir = NULL, *file = NULL;
	struct stat st;

	if (asprintf(&dir, "/dev/shm/mp-%ld", (long)geteuid()) < 0 ||
	    asprintf(&file, "%s/seq/%ld", dir, (long)getsid(0)) < 0)
		abort();
	(void)unsetenv("XDG_RUNTIME_DIR");
	(void)on_terminal(&reader, list, NO_WORDS);
	(void)on_terminal(&reader, names, WORDS("1"));
	ok(exit_code == 0, "numbers without a session's folder");
	ok(stat(file, &st) == 0 && (st.st_mode & 077) == 0 &&
	    stat(dir, &st) == 0 && (st.st_mode & 077) == 0,
	    "in a place of one's own");
	(void)chmod(dir, 0755);
	(void)on_terminal(&reader, names, WORDS("1"));
	ok(exit_code == 64, "which is not used when others may enter it");
	(void)chmod(dir, 0700);
	(void)unlink(file);
	free(file);
	free(dir);
}

int
main(void)
{
	char *command = NULL;

	if (!mp_path_is_tmpfs("/dev/shm") || mkdtemp(run_dir) == NULL) {
		ok(true, "terminal # SKIP no memory file system");
		return done_testing();
	}
	(void)setenv("XDG_RUNTIME_DIR", run_dir, 1);
	(void)setenv("MP_STORE", "/", 1);
	(void)setenv("TERM", "xterm", 1);
	(void)setenv("TZ", "UTC", 1);
	(void)setenv("NO_COLOR", "1", 1);
	test_numbers();
	test_table();
	test_stdin();
	test_progress();
	test_place();
	test_own_place();
	if (asprintf(&command, "%s/mp/seq", run_dir) > 0)
		(void)rmdir(command);
	free(command);
	if (asprintf(&command, "%s/mp", run_dir) > 0)
		(void)rmdir(command);
	free(command);
	(void)rmdir(run_dir);
	return done_testing();
}
