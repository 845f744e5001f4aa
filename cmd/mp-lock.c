/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>

#include "cli/cli.h"
#include "cli/open.h"
#include "keys/keyring.h"

static const struct mp_command command = {
	.name = "mp-lock",
	.usage = "",
	.about = "Forget the key of an unlocked store.",
	.flags = MP_CLI_OPTIONAL
};

int
main(int argc, char *argv[])
{
	struct mp_cli cli;
	struct mp_err err = MP_ERR_INIT;
	struct mp_keyslots *slots = NULL;
	struct mp_unlock_ways ways;

	mp_cli_start(&cli, &command, argc, argv);
	if (cli.operand_count != 0)
		mp_cli_usage(&cli, "unexpected operand '%s'",
		    cli.operands[0]);
	mp_cli_unlock_ways(&ways, &cli);
	if (mp_unlock_slots(&slots, cli.store_path, &err) != MP_OK ||
	    mp_keyring_drop(mp_keyslots_store_id(slots), ways.runtime_dir,
	    &err) != MP_OK)
		assert(err.status != MP_OK);
	mp_keyslots_free(slots);
	return mp_cli_finish(&cli, &err);
}
