/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cli.h"
#include "cli/open.h"
#include "cli/record.h"
#include "keys/passwd.h"
#include "keys/recovery.h"
#include "openpgp/openpgp.h"
#include "store/identify.h"
#include "store/restore.h"

static struct mp_newslot newslot = MP_NEWSLOT_INIT;
static bool sheet;
static struct mp_cli cli;
static struct mp_passwd passwd = MP_PASSWD_INIT;

static const struct mp_option options[] = {
	{ 0, "new-passphrase-fd", "N", "read the new passphrase from there",
	    .number = &newslot.passphrase_fd },
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
list(struct mp_err *err)
{
	struct mp_records *records;
	struct mp_keyslots *slots;
	size_t i;

	if (mp_unlock_slots(&slots, cli.store_path, err) != MP_OK)
		return err->status;
	records = mp_records_new(&cli);
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
slot_operand(void)
{
	const char *text = cli.operand_count == 2 ? cli.operands[1] : "";

	if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 4)
		mp_cli_usage(&cli, "'%s' is not the number of a keyslot",
		    text);
	return text[0] == '\0' ? MP_SLOT_NEW :
	    (unsigned)strtoul(text, NULL, 10);
}

static enum mp_status
add(struct mp_err *err)
{
	return mp_passwd_add(&passwd, &newslot, err);
}

static enum mp_status
change(struct mp_err *err)
{
	return mp_passwd_change(&passwd, slot_operand(), &newslot, err);
}

static enum mp_status
rm(struct mp_err *err)
{
	return mp_passwd_remove(&passwd, slot_operand(), err);
}

/* A store made without a code prints none after a rotation. */
static void
print_code(void)
{
	const struct mp_unlocked *unlocked = &passwd.unlocked;
	struct mp_secret text = MP_SECRET_INIT;

	if (mp_keyslots_has(unlocked->slots, MP_SLOT_RECOVERY) == 0)
		return;
	mp_recovery_text(&text, unlocked->keys,
	    sheet ? cli.store_path : NULL);
	fputs((const char *)text.data, stdout);
	mp_secret_clear(&text);
}

static enum mp_status
recovery(struct mp_err *err)
{
	if (mp_passwd_recovery(&passwd, err) == MP_OK)
		print_code();
	return err->status;
}

/* No writer may make files with the old key meanwhile. */
static enum mp_status
rotate(struct mp_err *err)
{
	struct mp_store *store = NULL;

	if (mp_cli_store_open_keys(&store, &cli, passwd.unlocked.keys,
	    MP_STORE_WRITE, err) == MP_OK &&
	    mp_passwd_rotate(&passwd, &newslot, err) == MP_OK) {
		print_code();
		if (mp_store_rewrap(cli.store_path, passwd.unlocked.keys,
		    err) != MP_OK)
			mp_err_context(err, "not all files are rewrapped");
	}
	mp_store_close(store);
	return err->status;
}

/* The code comes from where the passphrase would. */
static enum mp_status
restore(struct mp_err *err)
{
	return mp_store_restore_slots(cli.store_path, cli.passphrase_fd,
	    &newslot, err);
}

static const struct action {
	const char *name;
	enum mp_status (*open)(struct mp_passwd *passwd,
	    const struct mp_unlock_ways *ways, struct mp_err *err);
	enum mp_status (*run)(struct mp_err *err);
	size_t operands;	/* at most, the name included */
} actions[] = {
	{ "list", NULL, list, 1 },
	{ "add", mp_passwd_open, add, 1 },
	{ "change", mp_passwd_open, change, 2 },
	{ "rm", mp_passwd_open, rm, 2 },
	{ "recovery", mp_passwd_open, recovery, 1 },
	{ "rotate", mp_passwd_open, rotate, 1 },
	{ "restore", NULL, restore, 1 },
	{ "verify", mp_passwd_verify, NULL, 1 },
	{ NULL, NULL, NULL, 0 }
};

static const struct action *
find_action(void)
{
	const char *word = cli.operand_count != 0 ? cli.operands[0] : "";
	const struct action *action = actions;

	while (action->name != NULL && strcmp(word, action->name) != 0)
		action++;
	if (action->name == NULL)
		mp_cli_usage(&cli, "say what to do: %s", command.usage);
	if (cli.operand_count > action->operands)
		mp_cli_usage(&cli, "unexpected operand '%s'",
		    cli.operands[action->operands]);
	return action;
}

int
main(int argc, char *argv[])
{
	struct mp_err err = MP_ERR_INIT;
	const struct action *action;
	struct mp_unlock_ways ways;

	mp_cli_start(&cli, &command, argc, argv);
	action = find_action();
	mp_cli_unlock_ways(&ways, &cli);
	ways.unseal = mp_openpgp_unseal;
	newslot.seal = mp_openpgp_seal;
	if ((action->open == NULL ||
	    action->open(&passwd, &ways, &err) == MP_OK) &&
	    action->run != NULL)
		action->run(&err);
	if (err.status == MP_RETRY && cli.if_unlocked)
		mp_err_clear(&err);
	mp_passwd_close(&passwd);
	return mp_cli_finish(&cli, &err);
}
