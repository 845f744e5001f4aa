/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cli.h"
#include "cli/open.h"
#include "config/config.h"
#include "ingest/spool.h"
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

/*
 * Take in what arrived while the store was locked. If it is busy, the next
 * command that takes mail in will.
 */
static enum mp_status
absorb(struct mp_cli *cli, const struct mp_keys *keys, struct mp_err *err)
{
	struct mp_sandbox box = MP_SANDBOX_INIT(MP_POWER_READ |
	    MP_POWER_WRITE);
	struct mp_strlist tags = MP_STRLIST_INIT;
	struct mp_store *store = NULL;
	size_t taken = 0;

	if (mp_spool_count(cli->store_path) == 0)
		return MP_OK;
	if (mp_cli_store_open_keys(&store, cli, keys, MP_STORE_WRITE, err) ==
	    MP_OK && mp_cli_sandbox(cli, &box, err) == MP_OK &&
	    mp_config_words(&tags, store, "new.tags", err) == MP_OK &&
	    mp_spool_empty(&taken, store, &tags, mp_cli_pass_over, cli, err))
		mp_err_context(err, "cannot take in the spool");
	mp_store_close(store);
	mp_strlist_clear(&tags);
	if (taken != 0)
		mp_cli_note(cli, "%zu messages came while it was locked",
		    taken);
	if (err->status == MP_RETRY) {
		mp_cli_note(cli, "mail is left in the spool: %s", err->text);
		mp_err_clear(err);
	}
	return err->status;
}

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
	if (mp_passwd_repair(&unlocked, cli.store_path, &err) != MP_OK ||
	    absorb(&cli, unlocked.keys, &err) != MP_OK)
		goto done;
done:
	if (err.status == MP_RETRY && cli.if_unlocked)
		mp_err_clear(&err);
	mp_unlocked_clear(&unlocked);
	return mp_cli_finish(&cli, &err);
}
