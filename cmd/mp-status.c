/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cli.h"
#include "cli/open.h"
#include "cli/record.h"
#include "state/state.h"

static bool prompt;

static const struct mp_option options[] = {
	{ 0, "prompt", NULL, "print one short word, for a prompt or a bar",
	    .flag = &prompt },
	MP_OPTIONS_END
};

static const struct mp_command command = {
	.name = "mp-status",
	.usage = "",
	.about = "Say how the mail store is; exit 1 when something needs you.",
	.flags = MP_CLI_OPTIONAL | MP_CLI_NO_OPERANDS,
	.options = options,
};

/*
 * Open the store if that needs no question and no work: never a prompt,
 * never a scrypt but for a passphrase that was given. Locked: *store NULL.
 */
static enum mp_status
open_store(struct mp_store **store, struct mp_unlocked *unlocked,
    struct mp_cli *cli, struct mp_err *err)
{
	struct mp_sandbox box = MP_SANDBOX_INIT(MP_POWER_READ);
	struct mp_unlock_ways ways;
	enum mp_status status;

	mp_cli_unlock_ways(&ways, cli);
	ways.no_terminal = true;
	ways.credentials_dir = ways.bootstrap = NULL;
	status = mp_unlock(unlocked, &ways, err);
	if (status == MP_OK)
		status = mp_cli_store_open_keys(store, cli, unlocked->keys,
		    MP_STORE_READ, err);
	status = mp_err_allow(err, status, MP_RETRY);
	return status == MP_OK ? mp_cli_sandbox(cli, &box, err) : status;
}

static void
line(struct mp_records *records, const char *name, uint64_t count)
{
	mp_record_text(records, "name", name);
	mp_record_number(records, "value", (int64_t)count);
	mp_record_end(records);
}

static void
text_line(struct mp_records *records, const char *name, const char *text)
{
	mp_record_text(records, "name", name);
	mp_record_text(records, "value", text);
	mp_record_end(records);
}

/* What needs the user comes first. */
static enum mp_status
print(struct mp_cli *cli, const struct mp_state *state, bool locked,
    struct mp_err *err)
{
	struct mp_records *records = mp_records_new(cli);
	size_t i;

	for (i = 0; i < state->problems.count; i++)
		text_line(records, "problem", state->problems.items[i]);
	text_line(records, "store", cli->store_path);
	text_line(records, "locked", locked ? "yes" : "no");
	if (locked || state->spooled != 0)
		line(records, "waiting", state->spooled);
	if (!locked) {
		line(records, "unread", state->unread);
		line(records, "pending", state->pending);
		line(records, "messages", state->messages);
		line(records, "epoch", state->epoch);
		mp_record_text(records, "name", "changed");
		mp_record_time(records, "value", state->changed);
		mp_record_end(records);
	}
	return mp_records_close(records, err);
}

static void
print_prompt(const struct mp_state *state, bool locked)
{
	(void)printf(locked ? "locked" : "%llu",
	    (unsigned long long)state->unread);
	if (locked && state->spooled != 0)
		(void)printf("+%llu", (unsigned long long)state->spooled);
	(void)puts(state->problems.count != 0 ? "!" : "");
}

int
main(int argc, char *argv[])
{
	struct mp_unlocked unlocked = MP_UNLOCKED_INIT;
	struct mp_state state = MP_STATE_INIT;
	struct mp_err err = MP_ERR_INIT;
	struct mp_store *store = NULL;
	struct mp_cli cli;

	mp_cli_start(&cli, &command, argc, argv);
	if (open_store(&store, &unlocked, &cli, &err) != MP_OK)
		goto done;
	mp_state_outside(&state, cli.store_path);
	if (store != NULL && mp_state_inside(&state, store, &err) != MP_OK)
		goto done;
	if (prompt)
		print_prompt(&state, store == NULL);
	else if (print(&cli, &state, store == NULL, &err) != MP_OK)
		goto done;
	if (state.problems.count != 0 || (store == NULL &&
	    state.spooled != 0))
		mp_cli_no(&cli);
done:
	mp_state_clear(&state);
	mp_store_close(store);
	mp_unlocked_clear(&unlocked);
	return mp_cli_finish(&cli, &err);
}
