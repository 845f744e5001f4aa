/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/strlist.h"
#include "cli/cli.h"

/* The front: "mp search" is mp-search, whoever wrote it. */

static bool list_commands;

static const struct mp_option options[] = {
	{ 'l', "list", NULL, "list the commands there are",
	    .flag = &list_commands },
	MP_OPTIONS_END
};

static const struct mp_command command = {
	.name = "mp",
	.usage = "[COMMAND [ARG]...] | help [COMMAND]",
	.about = "Run the command mp-COMMAND; alone: mp-status.",
	.flags = MP_CLI_OPTIONAL | MP_CLI_PASSES_ON,
	.options = options
};

/* The folder this program lies in; the caller frees it. */
static char *
own_folder(void)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
	char *slash;

	if (len <= 0)
		return mp_strdup(".");
	path[len] = '\0';
	slash = strrchr(path, '/');
	return mp_strndup(path, slash != NULL ? (size_t)(slash - path) : 0);
}

static void
list_folder(struct mp_strlist *names, const char *path, size_t len)
{
	char *folder = mp_strndup(path, len);
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char *program = mp_asprintf("%s/%s", folder, entry->d_name);

		if (strncmp(entry->d_name, "mp-", 3) == 0 &&
		    access(program, X_OK) == 0)
			mp_strlist_add(names, entry->d_name + 3);
		free(program);
	}
	if (dir != NULL)
		(void)closedir(dir);
	free(folder);
}

static void
print_commands(const char *folder)
{
	struct mp_strlist names = MP_STRLIST_INIT;
	const char *path = getenv("PATH");
	size_t i;

	list_folder(&names, folder, strlen(folder));
	while (path != NULL && path[0] != '\0') {
		size_t len = strcspn(path, ":");

		list_folder(&names, path, len);
		path += len + (path[len] == ':');
	}
	mp_strlist_sort(&names);
	for (i = 0; i < names.count; i++)
		printf("%s\n", names.items[i]);
	mp_strlist_clear(&names);
}

/* Become the program, the one beside this if there is one. */
static void
become(const char *folder, char *argv[])
{
	char *program = mp_asprintf("%s/%s", folder, argv[0]);

	(void)execv(program, argv);
	if (errno == ENOENT)
		(void)execvp(argv[0], argv);
	free(program);
}

/* The page's file in the source tree, if the program runs there; or NULL. */
static char *
source_page(const char *folder, const char *page, const char *sections)
{
	char *file = NULL;

	for (; file == NULL && *sections != '\0'; sections++) {
		file = mp_asprintf("%s/../../man/%s.%c", folder, page,
		    *sections);
		if (!mp_path_exists(file)) {
			free(file);
			file = NULL;
		}
	}
	return file;
}

/* Show a manual page: of a command, a format or, for "query", a subject. */
static void
help(const char *folder, const char *verb)
{
	char *page = verb == NULL ? mp_strdup("mp") :
	    mp_asprintf("mp-%s", verb);
	char *file = source_page(folder, page, verb == NULL ? "7" : "157");
	char man[] = "man", mandoc[] = "mandoc", local[] = "-l";
	char section[] = "7", paged[] = "-a", dump[] = "--help";

	if (file != NULL) {
		(void)execvp(man, (char *[]){ man, local, file, NULL });
		/* what the build needs, and man may be missing */
		(void)execvp(mandoc, (char *[]){ mandoc, paged, file, NULL });
	} else if (verb == NULL)
		(void)execvp(man, (char *[]){ man, section, page, NULL });
	else
		(void)execvp(man, (char *[]){ man, page, NULL });
	become(folder, (char *[]){ page, dump, NULL });
	free(file);
	free(page);
}

/* "mp -q search x" is "mp-search -q x". */
static void
run(const char *folder, const char *verb, int argc, char *argv[],
    size_t operand_count)
{
	char **args = mp_calloc((size_t)argc + 2, sizeof *args);
	size_t options_count = (size_t)argc - 1 - operand_count;

	args[0] = mp_asprintf("mp-%s", verb);
	memcpy(args + 1, argv + 1, options_count * sizeof *args);
	if (operand_count != 0)
		memcpy(args + 1 + options_count,
		    argv + argc - operand_count + 1,
		    (operand_count - 1) * sizeof *args);
	become(folder, args);
	free(args[0]);
	free(args);
}

int
main(int argc, char *argv[])
{
	struct mp_err err = MP_ERR_INIT;
	struct mp_cli cli;
	const char *verb = "status";
	char *folder;

	mp_cli_start(&cli, &command, argc, argv);
	folder = own_folder();
	if (cli.operand_count != 0)
		verb = cli.operands[0];
	if (list_commands) {
		print_commands(folder);
	} else if (strchr(verb, '/') != NULL) {
		(void)mp_err_set(&err, MP_USAGE, "unknown command '%s'",
		    verb);
	} else if (strcmp(verb, "help") == 0) {
		help(folder, cli.operand_count > 1 ? cli.operands[1] : NULL);
		(void)mp_err_set(&err, MP_USAGE, "cannot find any help");
	} else {
		run(folder, verb, argc, argv, cli.operand_count);
		(void)mp_err_set(&err, errno == ENOENT ? MP_USAGE : MP_DENIED,
		    errno == ENOENT ? "unknown command '%s': 'mp --list' "
		    "lists them" : "cannot run command '%s'", verb);
	}
	free(folder);
	return mp_cli_finish(&cli, &err);
}
