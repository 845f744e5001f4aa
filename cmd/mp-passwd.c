/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cli.h"
#include "cli/open.h"
#include "cli/record.h"
#include "keys/passwd.h"
#include "keys/prompt.h"
#include "keys/recovery.h"
#include "openpgp/openpgp.h"
#include "store/restore.h"

static struct mp_newslot newslot = { -1, .seal = mp_openpgp_seal };
static uint64_t new_fd = UINT64_MAX;
static bool sheet;

static const struct mp_option options[] = {
	{ 0, "new-passphrase-fd", "N", "read the new passphrase from there",
	    .number = &new_fd },
	{ 0, "new-key-file", "FILE", "the new slot's key file; made if missing",
	    .text = &newslot.key_file },
	{ 0, "openpgp", "FINGERPRINT", "the new slot's OpenPGP key",
	    .text = &newslot.fingerprint },
	{ 0, "label", "TEXT", "a name for the new slot, not secret",
	    .text = &newslot.label },
	{ 0, "kdf-cost", "LOG2N", "scrypt cost, 10 to 20; else half a second",
	    .number = &newslot.log2_n },
	{ 0, "sheet", NULL, "print the recovery code as a page",
	    .flag = &sheet },
	MP_OPTIONS_END
};

static const struct mp_command command = {
	.name = "mp-passwd",
	.usage = "list|add|change [SLOT]|rm SLOT|recovery|rotate|restore|"
	    "verify",
	.about = "Manage the ways to open the store.",
	.flags = MP_CLI_OPTIONAL,
	.options = options
};

static enum mp_status
list(struct mp_cli *cli, struct mp_passwd *passwd, struct mp_err *err)
{
	struct mp_records *records;
	struct mp_keyslots *slots;
	size_t i;

	(void)passwd;
	if (mp_unlock_slots(&slots, cli->store_path, err) != MP_OK)
		return err->status;
	records = mp_records_new(cli);
	for (i = 0; i < mp_keyslots_count(slots); i++) {
		struct mp_slot_info info = mp_keyslots_info(slots, i);

		mp_record_number(records, "slot", info.number);
		mp_record_text(records, "type", info.type_name);
		mp_record_time(records, "created", info.created);
		mp_record_number(records, "kdf_cost", info.log2_n);
		mp_record_text(records, "fingerprint", info.fingerprint);
		mp_record_text(records, "label", info.label);
		mp_record_end(records);
	}
	mp_keyslots_free(slots);
	return mp_records_close(records, err);
}

/* The operand after the action; MP_SLOT_NEW without one. */
static unsigned
slot_operand(struct mp_cli *cli)
{
	const char *text = cli->operand_count == 2 ? cli->operands[1] : "";

	if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 4)
		mp_cli_usage(cli, "'%s' is not the number of a keyslot",
		    text);
	return text[0] == '\0' ? MP_SLOT_NEW :
	    (unsigned)strtoul(text, NULL, 10);
}

static enum mp_status
add(struct mp_cli *cli, struct mp_passwd *passwd, struct mp_err *err)
{
	(void)cli;
	return mp_passwd_add(passwd, &newslot, err);
}

static enum mp_status
change(struct mp_cli *cli, struct mp_passwd *passwd, struct mp_err *err)
{
	return mp_passwd_change(passwd, slot_operand(cli), &newslot, err);
}

static enum mp_status
rm(struct mp_cli *cli, struct mp_passwd *passwd, struct mp_err *err)
{
	return mp_passwd_remove(passwd, slot_operand(cli), err);
}

/* recovery and rotate; a store made without a code prints none after it. */
static enum mp_status
code(struct mp_cli *cli, struct mp_passwd *passwd, struct mp_err *err)
{
	const struct mp_unlocked *unlocked = &passwd->unlocked;
	bool turn = strcmp(cli->operands[0], "rotate") == 0;
	struct mp_secret text = MP_SECRET_INIT;

	if ((turn ? mp_passwd_rotate : mp_passwd_recovery)(passwd, err) !=
	    MP_OK || mp_keyslots_has(unlocked->slots, MP_SLOT_RECOVERY) == 0)
		return err->status;
	if (sheet)
		mp_recovery_sheet(&text, unlocked->keys, cli->store_path);
	else
		mp_recovery_code(&text, unlocked->keys);
	printf("%s%s", (const char *)text.data, sheet ? "" : "\n");
	mp_secret_clear(&text);
	return MP_OK;
}

/* The code comes from where the passphrase would. */
static enum mp_status
restore(struct mp_cli *cli, struct mp_passwd *passwd, struct mp_err *err)
{
	struct mp_secret code = MP_SECRET_INIT;
	enum mp_status status;

	(void)passwd;
	status = mp_ask_secret(&code, cli->passphrase_fd, "Recovery code: ",
	    err);
	if (status == MP_OK)
		status = mp_store_restore_slots(cli->store_path,
		    (const char *)code.data, &newslot, err);
	mp_secret_clear(&code);
	return status;
}

static const struct action {
	const char *name;
	enum mp_status (*open)(struct mp_passwd *passwd,
	    const struct mp_unlock_ways *ways, struct mp_err *err);
	enum mp_status (*run)(struct mp_cli *cli, struct mp_passwd *passwd,
	    struct mp_err *err);
	size_t operands;	/* at most, the name included */
} actions[] = {
	{ "list", NULL, list, 1 },
	{ "add", mp_passwd_open, add, 1 },
	{ "change", mp_passwd_open, change, 2 },
	{ "rm", mp_passwd_open, rm, 2 },
	{ "recovery", mp_passwd_open, code, 1 },
	{ "rotate", mp_passwd_open, code, 1 },
	{ "restore", NULL, restore, 1 },
	{ "verify", mp_passwd_verify, NULL, 1 },
	{ NULL, NULL, NULL, 0 }
};

static const struct action *
find_action(struct mp_cli *cli)
{
	const char *word = cli->operand_count != 0 ? cli->operands[0] : "";
	const struct action *action = actions;

	while (action->name != NULL && strcmp(word, action->name) != 0)
		action++;
	if (action->name == NULL)
		mp_cli_usage(cli, "say what to do: %s", command.usage);
	if (cli->operand_count > action->operands)
		mp_cli_usage(cli, "unexpected operand '%s'",
		    cli->operands[action->operands]);
	return action;
}

int
main(int argc, char *argv[])
{
	struct mp_cli cli;
	struct mp_err err = MP_ERR_INIT;
	struct mp_passwd passwd = MP_PASSWD_INIT;
	const struct action *action;
	struct mp_unlock_ways ways;

	mp_cli_start(&cli, &command, argc, argv);
	if (new_fd != UINT64_MAX && new_fd > INT32_MAX)
		mp_cli_usage(&cli, "--new-passphrase-fd is out of range");
	newslot.passphrase_fd = new_fd <= INT32_MAX ? (int)new_fd : -1;
	action = find_action(&cli);
	mp_cli_unlock_ways(&ways, &cli);
	ways.unseal = mp_openpgp_unseal;
	if ((action->open == NULL ||
	    action->open(&passwd, &ways, &err) == MP_OK) &&
	    action->run != NULL)
		action->run(&cli, &passwd, &err);
	if (err.status == MP_RETRY && cli.if_unlocked)
		mp_err_clear(&err);
	mp_passwd_close(&passwd);
	return mp_cli_finish(&cli, &err);
}
