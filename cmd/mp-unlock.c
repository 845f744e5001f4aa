/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cli.h"
#include "cli/open.h"
#include "keys/keyring.h"
#include "keys/passwd.h"
#include "openpgp/openpgp.h"

#define HOUR 3600

static uint64_t seconds = HOUR;
static int place;

static const struct mp_option options[] = {
	{ 't', "time", "SECONDS", "lock again after that (3600); 0: never",
	    .number = &seconds },
	{ 0, "keep", "WHERE", "where the key is kept (auto)",
	    .choice = &place, .words = "auto|keyring|file" },
	MP_OPTIONS_END
};

static const struct mp_command command = {
	.name = "mp-unlock",
	.usage = "",
	.about = "Unlock the store for a time.",
	.flags = MP_CLI_OPTIONAL,
	.options = options
};

int
main(int argc, char *argv[])
{
	struct mp_cli cli;
	struct mp_err err = MP_ERR_INIT;
	struct mp_unlocked unlocked = MP_UNLOCKED_INIT;
	struct mp_unlock_ways ways;

	mp_cli_start(&cli, &command, argc, argv);
	if (cli.operand_count != 0)
		mp_cli_usage(&cli, "unexpected operand '%s'",
		    cli.operands[0]);
	if (seconds > UINT32_MAX)
		mp_cli_usage(&cli, "--time is out of range");
	mp_cli_unlock_ways(&ways, &cli);
	ways.no_keyring = true;	/* a secret counts, and renews the time */
	ways.unseal = mp_openpgp_unseal;
	if (mp_unlock(&unlocked, &ways, &err) != MP_OK ||
	    mp_keyring_put(mp_keyslots_store_id(unlocked.slots),
	    &unlocked.unlock_key, (uint32_t)seconds,
	    (enum mp_keyring_place)place, ways.runtime_dir, &err) != MP_OK)
		goto done;
	if (mp_keyslots_damaged(unlocked.slots))
		mp_cli_note(&cli, "one copy of the keyslots is damaged: "
		    "writing both anew");
	if (mp_passwd_repair(&unlocked, cli.store_path, &err) != MP_OK)
		goto done;
done:
	if (err.status == MP_RETRY && cli.if_unlocked)
		mp_err_clear(&err);
	mp_unlocked_clear(&unlocked);
	return mp_cli_finish(&cli, &err);
}
