/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/cli_internal.h"

#define MAX_OPTIONS 64
#define FIRST_LONG 256	/* getopt's value of options without a letter */

/* The command's own options and the common ones, in the order of --help. */
struct table {
	struct mp_option option[MAX_OPTIONS];
	size_t count;
	bool help;
	bool version;
	const char *store;
	uint64_t passphrase_fd;
	int format;
};

/* The command's own options come first and win over common ones. */
static void
add(struct table *table, const struct mp_option *option)
{
	size_t i;

	for (i = 0; i < table->count; i++)
		if (strcmp(table->option[i].name, option->name) == 0)
			return;
	if (table->count == MAX_OPTIONS)
		abort();
	table->option[table->count++] = *option;
}

static void
add_selection(struct table *table, struct mp_cli *cli)
{
	if (cli->command->flags & MP_CLI_MESSAGE)
		add(table, &(struct mp_option){ 'm', "message", NULL,
		    "the message on standard input names itself",
		    .flag = &cli->message });
	if (cli->command->flags & MP_CLI_QUERY)
		add(table, &(struct mp_option){ 'Q', "query", "QUERY",
		    "the messages that the query finds",
		    .text = &cli->query });
	if (cli->command->flags & MP_CLI_WRITES)
		add(table, &(struct mp_option){ 'n', "dry-run", NULL,
		    "change nothing, only say what would be done",
		    .flag = &cli->dry_run });
}

static void
add_store(struct table *table, struct mp_cli *cli)
{
	bool none = (cli->command->flags & MP_CLI_NO_STORE) != 0;

	add(table, &(struct mp_option){ 0, "store", "DIR", none ?
	    "taken as in every command, not used" :
	    "the store; else $MP_STORE, else ~/.local/share/mp",
	    .text = &table->store });
	if (none)
		return;
	add(table, &(struct mp_option){ 0, "passphrase-fd", "N",
	    "read the passphrase from descriptor N",
	    .number = &table->passphrase_fd });
	add(table, &(struct mp_option){ 0, "key-file", "FILE",
	    "open the store with a key file; else $MP_KEY_FILE",
	    .text = &cli->key_file });
	add(table, &(struct mp_option){ 0, "if-unlocked", NULL,
	    "do nothing and exit 0 when the store is locked",
	    .flag = &cli->if_unlocked });
	add(table, &(struct mp_option){ 0, "wait", "SECONDS",
	    "how long to wait for another writer (30)",
	    .number = &cli->wait });
}

static void
build(struct table *table, struct mp_cli *cli)
{
	const struct mp_option *own = cli->command->options;

	for (; own != NULL && own->name != NULL; own++)
		add(table, own);
	add_selection(table, cli);
	add(table, &(struct mp_option){ '0', "null", NULL,
	    "records end in NUL, in and out", .flag = &cli->null });
	add(table, &(struct mp_option){ 0, "format", "FORM",
	    "text, or json for JSON Lines", .choice = &table->format,
	    .words = "text|json" });
	add_store(table, cli);
	add(table, &(struct mp_option){ 'q', "quiet", NULL,
	    "print errors only", .flag = &cli->quiet });
	add(table, &(struct mp_option){ 'v', "verbose", NULL,
	    "say more on standard error", .count = &cli->verbose });
	add(table, &(struct mp_option){ 0, "help", NULL,
	    "print this help", .flag = &table->help });
	add(table, &(struct mp_option){ 0, "version", NULL,
	    "print the version", .flag = &table->version });
}

static bool
is_optional(const struct mp_option *option)
{
	return option->arg != NULL && option->arg[0] == '[';
}

static void
print_help(const struct table *table, const struct mp_command *command)
{
	size_t i;

	printf("usage: %s [OPTION]...%s%s\n%s\n\n", command->name,
	    command->usage[0] != '\0' ? " " : "", command->usage,
	    command->about);
	for (i = 0; i < table->count; i++) {
		const struct mp_option *option = &table->option[i];
		char name[64];

		if (is_optional(option))
			(void)snprintf(name, sizeof name, "--%s[=%s",
			    option->name, option->arg + 1);
		else
			(void)snprintf(name, sizeof name, "--%s%s%s",
			    option->name, option->arg != NULL ? "=" : "",
			    option->arg != NULL ? option->arg : "");
		if (option->letter != 0)
			printf("  -%c, %-20s", option->letter, name);
		else
			printf("      %-20s", name);
		printf("  %s\n", option->help);
	}
	printf("\nSee %s(1).\n", command->name);
}

/* letter, name, argument, words, help: for completions and the checks */
static void
print_dump(const struct table *table)
{
	size_t i;

	for (i = 0; i < table->count; i++) {
		const struct mp_option *option = &table->option[i];
		char letter[2] = { option->letter, '\0' };

		printf("%s\t%s\t%s\t%s\t%s\n", letter, option->name,
		    option->arg != NULL ? option->arg : "",
		    option->words != NULL ? option->words : "",
		    option->help);
	}
}

static void
set_choice(struct mp_cli *cli, const struct mp_option *option,
    const char *arg)
{
	const char *word = option->words;
	size_t len = strlen(arg);
	int i;

	for (i = 0; ; i++) {
		size_t word_len = strcspn(word, "|");

		if (word_len == len && strncmp(word, arg, len) == 0) {
			*option->choice = i;
			return;
		}
		if (word[word_len] == '\0')
			break;
		word += word_len + 1;
	}
	mp_cli_usage(cli, "--%s takes one of %s, not '%s'", option->name,
	    option->words, arg);
}

static void
set_number(struct mp_cli *cli, const struct mp_option *option,
    const char *arg)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(arg, &end, 10);
	if (errno != 0 || arg[0] < '0' || arg[0] > '9' || *end != '\0')
		mp_cli_usage(cli, "--%s takes a number, not '%s'",
		    option->name, arg);
	*option->number = value;
}

static void
set(struct mp_cli *cli, const struct mp_option *option, const char *arg)
{
	if (arg == NULL && is_optional(option))
		arg = option->number != NULL ? "1" : "";
	if (option->flag != NULL)
		*option->flag = true;
	else if (option->count != NULL)
		++*option->count;
	else if (option->text != NULL)
		*option->text = arg;
	else if (option->number != NULL)
		set_number(cli, option, arg);
	else if (option->list != NULL)
		mp_strlist_add(option->list, arg);
	else if (option->choice != NULL)
		set_choice(cli, option, arg);
	else
		abort();
}

static const struct mp_option *
by_letter(const struct table *table, char letter)
{
	size_t i;

	for (i = 0; i < table->count; i++)
		if (table->option[i].letter == letter)
			return &table->option[i];
	return NULL;
}

/*
 * Take the words +TAG and -TAG out of argv; gives the new argc.
 *
 * "-todo" and "-n" look alike. A word of one dash is an option when it is
 * one known letter alone; behind an edit word it is refused, since it could
 * be meant either way. Else it is an edit. Edits end at "--" or at the first
 * word that is neither.
 */
static int
take_edits(struct mp_cli *cli, const struct table *table, int argc,
    char *argv[])
{
	bool seen = false;
	int kept = 1, i = 1;

	while (i < argc && (argv[i][0] == '+' || argv[i][0] == '-') &&
	    argv[i][1] != '\0' && strcmp(argv[i], "--") != 0) {
		const char *word = argv[i];
		const struct mp_option *option = NULL;
		bool takes_next = false;

		if (strncmp(word, "--", 2) == 0) {
			size_t j;

			for (j = 0; j < table->count; j++)
				if (strcmp(table->option[j].name,
				    word + 2) == 0)
					option = &table->option[j];
			takes_next = option != NULL && option->arg != NULL &&
			    !is_optional(option);
		} else {
			if (word[0] == '-' && word[2] == '\0')
				option = by_letter(table, word[1]);
			if (option != NULL && seen)
				mp_cli_usage(cli, "'%s' behind a tag: options "
				    "come first; a tag of one letter that is "
				    "an option is changed by --batch", word);
			if (option == NULL) {
				mp_strlist_add(&cli->edits, word);
				seen = true;
				i++;
				continue;
			}
			takes_next = option->arg != NULL;
		}
		argv[kept++] = argv[i++];
		if (takes_next && i < argc)
			argv[kept++] = argv[i++];
	}
	while (i < argc)
		argv[kept++] = argv[i++];
	argv[kept] = NULL;
	return kept;
}

/* What getopt_long needs, made of the table. */
static void
to_getopt(const struct table *table, char *letters,
    struct option *longs)
{
	size_t i;

	*letters++ = '+';	/* options end at the first operand */
	*letters++ = ':';	/* a missing argument gives ':' */
	for (i = 0; i < table->count; i++) {
		const struct mp_option *option = &table->option[i];

		longs[i] = (struct option){ option->name,
		    is_optional(option) ? optional_argument :
		    option->arg != NULL ? required_argument : no_argument,
		    NULL, FIRST_LONG + (int)i };
		if (option->letter == 0)
			continue;
		*letters++ = option->letter;
		if (option->arg != NULL)
			*letters++ = ':';
	}
	*letters = '\0';
	longs[table->count] = (struct option){ 0 };
}

/* Abbreviations would become part of the interface: names must be whole. */
static bool
is_whole_name(const char *word, const char *name)
{
	size_t len;

	if (strncmp(word, "--", 2) != 0)
		return true;
	len = strcspn(word + 2, "=");
	return strlen(name) == len && strncmp(word + 2, name, len) == 0;
}

/* The option that getopt_long found in word; ends the process if none. */
static const struct mp_option *
found(struct mp_cli *cli, const struct table *table, int got,
    const char *word)
{
	const struct mp_option *option = NULL;
	int name_len = (int)strcspn(word, "=");

	if (got == ':')
		mp_cli_usage(cli, "option '%s' needs an argument", word);
	if (got == '?' && optopt != 0 && optopt < FIRST_LONG)
		mp_cli_usage(cli, "unknown option '-%c'", optopt);
	if (got == '?' && optopt != 0)
		mp_cli_usage(cli, "option '%.*s' takes no argument",
		    name_len, word);
	if (got < FIRST_LONG)
		option = by_letter(table, (char)got);
	else if (is_whole_name(word, table->option[got - FIRST_LONG].name))
		option = &table->option[got - FIRST_LONG];
	if (option == NULL)
		mp_cli_usage(cli, "unknown option '%.*s'", name_len, word);
	return option;
}

static void
parse(struct mp_cli *cli, const struct table *table, int argc, char *argv[])
{
	char letters[2 * MAX_OPTIONS + 3];
	struct option longs[MAX_OPTIONS + 1];

	to_getopt(table, letters, longs);
	opterr = 0;
	optind = 1;
	for (;;) {
		const char *word = optind < argc ? argv[optind] : "";
		int got = getopt_long(argc, argv, letters, longs, NULL);

		if (got == -1)
			break;
		set(cli, found(cli, table, got, word), optarg);
	}
	cli->dashes = optind > 1 && strcmp(argv[optind - 1], "--") == 0;
	cli->operands = argv + optind;
	cli->operand_count = (size_t)(argc - optind);
}

/*
 * Options end at the first operand, for a query has words such as "-todo".
 * Who writes one behind it is told, rather than searched for it.
 */
static void
refuse_late(struct mp_cli *cli, const struct table *table)
{
	size_t i, j;

	for (i = 0; i < cli->operand_count; i++) {
		const char *word = cli->operands[i];

		if (strcmp(word, "--") == 0)
			break;
		for (j = 0; strncmp(word, "--", 2) == 0 &&
		    j < table->count; j++)
			if (is_whole_name(word, table->option[j].name))
				mp_cli_usage(cli, "option '--%s' must stand "
				    "before '%s'", table->option[j].name,
				    cli->operands[0]);
	}
}

void
mp_cli_options(struct mp_cli *cli, int argc, char *argv[])
{
	struct table table = { .passphrase_fd = UINT64_MAX };

	build(&table, cli);
	if (argc == 2 && strcmp(argv[1], "--dump-options") == 0) {
		print_dump(&table);
		exit(0);
	}
	if (cli->command->flags & MP_CLI_EDITS)
		argc = take_edits(cli, &table, argc, argv);
	parse(cli, &table, argc, argv);
	if (!cli->dashes && !(cli->command->flags & MP_CLI_PASSES_ON))
		refuse_late(cli, &table);
	if (table.help || table.version) {
		if (table.help)
			print_help(&table, cli->command);
		else
			printf("%s %s\n", cli->command->name, MP_VERSION);
		exit(mp_cli_finish(cli, &(struct mp_err)MP_ERR_INIT));
	}
	cli->json = table.format == 1;
	if (table.passphrase_fd <= INT32_MAX)
		cli->passphrase_fd = (int)table.passphrase_fd;
	else if (table.passphrase_fd != UINT64_MAX)
		mp_cli_usage(cli, "--passphrase-fd is out of range");
	if (table.store != NULL) {
		free(cli->store_path);
		cli->store_path = mp_strdup(table.store);
	}
}
