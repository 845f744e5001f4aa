/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>

#include "cli/cli.h"
#include "cli/open.h"
#include "cli/record.h"
#include "fsck/fsck.h"
#include "keys/unlock.h"

/* Check the whole store; with --repair mend it. */

static bool repair;

static const struct mp_option options[] = {
	{ 'r', "repair", NULL, "make derived data anew, save what can be read",
	    .flag = &repair },
	MP_OPTIONS_END
};

static const struct mp_command command = {
	.name = "mp-fsck",
	.usage = "",
	.about = "Check every seal of the store; find and repair damage.",
	.flags = MP_CLI_OPTIONAL | MP_CLI_WRITES,
	.options = options
};

static const char *
damage_name(const struct mp_finding *finding)
{
	if (finding->damage == MP_DAMAGE_NOTE)
		return "note";
	if (finding->damage == MP_DAMAGE_LOSS)
		return "lost";
	return finding->repaired ? "repaired" : "damaged";
}

/* A finding is a record: its file, its kind, where and what. */
static void
show(void *arg, const struct mp_finding *finding)
{
	struct mp_records *records = arg;

	mp_record_id(records, finding->where);
	mp_record_text(records, "kind", damage_name(finding));
	mp_record_number(records, "offset", (int64_t)finding->offset);
	mp_record_text(records, "text", finding->text);
	mp_record_end(records);
}

/* Say how it stands; damage that is left is the exit code. */
static void
judge(struct mp_cli *cli, const struct mp_fsck_result *result, bool repaired,
    struct mp_err *err)
{
	if (result->found == 0)
		mp_cli_note(cli, "the store is sound: %" PRIu64 " messages",
		    result->messages);
	else if (repaired && result->lost == 0)
		mp_cli_note(cli, "all of %" PRIu64 " findings repaired: %"
		    PRIu64 " messages", result->found, result->messages);
	else if (repaired)
		(void)mp_err_set(err, MP_CORRUPT, "repaired, but %" PRIu64
		    " of %" PRIu64 " findings are losses; %" PRIu64
		    " messages are whole", result->lost, result->found,
		    result->messages);
	else
		(void)mp_err_set(err, MP_CORRUPT, "%" PRIu64 " findings, %"
		    PRIu64 " of them losses; mp-fsck --repair mends what it "
		    "can", result->found, result->lost);
}

int
main(int argc, char *argv[])
{
	struct mp_cli cli;
	struct mp_err err = MP_ERR_INIT;
	struct mp_unlocked unlocked = MP_UNLOCKED_INIT;
	struct mp_unlock_ways ways;
	struct mp_store_options store;
	struct mp_records *records = NULL;
	struct mp_fsck_result result;
	struct mp_check check = { false, show, NULL };
	struct mp_sandbox box = MP_SANDBOX_INIT(MP_POWER_READ |
	    MP_POWER_WRITE);

	mp_cli_start(&cli, &command, argc, argv);
	mp_cli_unlock_ways(&ways, &cli);
	if (mp_unlock(&unlocked, &ways, &err) != MP_OK)
		goto done;
	mp_cli_store_options(&store, &cli, unlocked.keys, MP_STORE_WRITE);
	if (mp_cli_sandbox(&cli, &box, &err) != MP_OK)
		goto done;
	records = mp_records_new(&cli);
	check.repair = repair && !cli.dry_run;
	check.arg = records;
	if (mp_fsck(&result, &store, &check, &err) == MP_OK) {
		if (mp_records_close(records, &err) == MP_OK)
			judge(&cli, &result, check.repair, &err);
		records = NULL;
	}
done:
	mp_records_free(records);
	mp_unlocked_clear(&unlocked);
	return mp_cli_finish(&cli, &err);
}
