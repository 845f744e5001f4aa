/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/cli_internal.h"
#include "cli/open.h"

/*
 * Apart from open.c: mp-lock needs the ways, but not what an open store
 * links.
 */

char *
mp_cli_xdg_folder(const char *variable, const char *usual)
{
	const char *path = getenv(variable);
	const char *home = getenv("HOME");

	if (path != NULL && path[0] == '/')
		return mp_asprintf("%s/mp", path);
	return mp_asprintf("%s/%s/mp", home != NULL ? home : "", usual);
}

void
mp_cli_unlock_ways(struct mp_unlock_ways *ways, struct mp_cli *cli)
{
	char *config = mp_cli_xdg_folder("XDG_CONFIG_HOME", ".config");

	free(cli->bootstrap);
	cli->bootstrap = mp_asprintf("%s/bootstrap", config);
	free(config);
	memset(ways, 0, sizeof *ways);
	ways->store_path = cli->store_path;
	ways->passphrase_fd = cli->passphrase_fd;
	ways->key_file = cli->key_file;
	ways->runtime_dir = getenv("XDG_RUNTIME_DIR");
	ways->credentials_dir = getenv("CREDENTIALS_DIRECTORY");
	ways->bootstrap = cli->bootstrap;
	ways->no_terminal = cli->if_unlocked;
}
