/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json.h"
#include "cli/cli.h"
#include "keys/newslot.h"
#include "keys/prompt.h"
#include "keys/recovery.h"
#include "openpgp/openpgp.h"
#include "store/identify.h"
#include "store/store.h"

static struct mp_newslot newslot = MP_NEWSLOT_INIT;
static bool no_recovery;

static const struct mp_option options[] = {
	{ 0, "key-file", "FILE", "a key file opens the store; made if missing",
	    .text = &newslot.key_file },
	{ 0, "openpgp", "FINGERPRINT", "this OpenPGP key opens the store",
	    .text = &newslot.fingerprint },
	{ 0, "kdf-cost", "LOG2N", "scrypt cost, 10 to 20; else half a second",
	    .number = &newslot.log2_n },
	{ 0, "no-recovery", NULL, "make no recovery code",
	    .flag = &no_recovery },
	MP_OPTIONS_END
};

static const struct mp_command command = {
	.name = "mp-init",
	.usage = "",
	.about = "Make an encrypted store.",
	.flags = MP_CLI_OPTIONAL,
	.options = options
};

static void
check_options(struct mp_cli *cli)
{
	if (cli->operand_count != 0)
		mp_cli_usage(cli, "unexpected operand '%s'",
		    cli->operands[0]);
	if (cli->passphrase_fd >= 0)
		newslot.passphrase_fd = (uint64_t)cli->passphrase_fd;
	newslot.seal = mp_openpgp_seal;
	if (mp_newslot_count(&newslot) == 0 && !mp_prompt_possible())
		mp_cli_usage(cli, "without a terminal give --passphrase-fd "
		    "or --key-file");
}

/* A folder that is there already may be open to others. */
static enum mp_status
make_folder(const char *path, struct mp_err *err)
{
	if (mp_path_make(path, err) != MP_OK)
		return err->status;
	if (chmod(path, 0700) != 0)
		return mp_err_set(err, MP_CREATE,
		    "cannot close folder '%s' to others", path);
	return MP_OK;
}

/* The keyslots first: a store that nothing opens must not come to be. */
static enum mp_status
make_store(struct mp_keys *keys, const char *path, struct mp_err *err)
{
	struct mp_secret unlock_key = MP_SECRET_INIT;
	struct mp_keyslots *slots = mp_keyslots_new(&unlock_key, keys);
	uint8_t id[MP_STORE_ID_LEN];
	enum mp_status status;
	int lock = -1;

	if (mp_store_identify(id, path, err) != MP_NOT_FOUND)
		status = mp_err_set(err, MP_EXISTS,
		    "cannot make a store in '%s': there is one", path);
	else
		status = mp_newslot_add(slots, MP_SLOT_NEW, &unlock_key,
		    &newslot, err);
	if (status == MP_OK && !no_recovery)
		status = mp_keyslots_add_recovery(slots, &unlock_key, keys,
		    err);
	if (status == MP_OK)
		status = make_folder(path, err);
	if (status == MP_OK)
		status = mp_keyslots_lock(&lock, path, err);
	if (status == MP_OK)
		status = mp_keyslots_save(slots, path, &unlock_key, err);
	if (status == MP_OK)
		status = mp_store_create(path, keys, err);
	if (lock >= 0)
		(void)close(lock);
	mp_keyslots_free(slots);
	mp_secret_clear(&unlock_key);
	return status;
}

static void
print(const struct mp_cli *cli, const struct mp_keys *keys)
{
	struct mp_secret code = MP_SECRET_INIT;
	struct mp_buf text = MP_BUF_INIT(65536);
	struct mp_json json;

	if (!no_recovery)
		mp_recovery_code(&code, keys);
	if (cli->json) {
		mp_json_init(&json, &text);
		mp_json_open(&json, NULL, '{');
		mp_json_string(&json, "store", cli->store_path);
		if (!no_recovery)
			mp_json_string(&json, "recovery",
			    (const char *)code.data);
		mp_json_close(&json, '}');
		puts(mp_buf_text(&text));
	} else {
		if (!cli->quiet)
			puts(cli->store_path);
		if (!no_recovery)
			puts((const char *)code.data);
	}
	mp_buf_clear(&text);
	mp_secret_clear(&code);
}

/* For a person: what the code is, and what to do next. */
static void
explain(struct mp_cli *cli)
{
	if (!isatty(STDOUT_FILENO) || cli->quiet || cli->json)
		return;
	if (!no_recovery)
		mp_cli_note(cli, "the %u words are the recovery code, the "
		    "other way in, and not shown again: write them down",
		    MP_RECOVERY_WORDS);
	mp_cli_note(cli, "next: mp unlock; mp fetch MAILDIR | mp index");
}

int
main(int argc, char *argv[])
{
	struct mp_cli cli;
	struct mp_err err = MP_ERR_INIT;
	struct mp_keys *keys = NULL;

	mp_cli_start(&cli, &command, argc, argv);
	check_options(&cli);
	keys = mp_keys_generate();
	if (make_store(keys, cli.store_path, &err) == MP_OK) {
		mp_err_clear(&err);
		print(&cli, keys);
		explain(&cli);
	}
	mp_keys_free(keys);
	return mp_cli_finish(&cli, &err);
}
