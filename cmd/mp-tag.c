/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "cli/cli.h"
#include "cli/find.h"
#include "cli/open.h"
#include "cli/operand.h"
#include "cli/record.h"
#include "cli/tagging.h"
#include "tag/edit.h"
#include "tag/history.h"

static bool batch, restore, dump, list, show_log, rename_tag, remove_all;
static uint64_t undo;

static const struct mp_option options[] = {
	{ 0, "remove-all", NULL, "take away all other tags first",
	    .flag = &remove_all },
	{ 0, "batch", NULL, "read changes and queries from stdin, as notmuch "
	    "does", .flag = &batch },
	{ 0, "list", NULL, "list the tags in use and their messages",
	    .flag = &list },
	{ 0, "rename", NULL, "rename the tag OLD to NEW", .flag = &rename_tag },
	{ 0, "undo", "[N]", "turn back the last change, or the last N",
	    .number = &undo },
	{ 0, "log", NULL, "list the changes made, newest first",
	    .flag = &show_log },
	{ 0, "dump", NULL, "write all tags in notmuch's format",
	    .flag = &dump },
	{ 0, "restore", NULL, "read such a dump from stdin: messages get "
	    "exactly the tags in it", .flag = &restore },
	MP_OPTIONS_END
};

static const struct mp_command command = {
	.name = "mp-tag",
	.usage = "[+TAG|-TAG]... [--] [ID... | QUERY...]",
	.about = "Change tags of messages: all of them or none.",
	.flags = MP_CLI_WRITES | MP_CLI_MESSAGE | MP_CLI_QUERY | MP_CLI_EDITS,
	.options = options
};

struct run {
	struct mp_cli cli;
	struct mp_store *store;
	struct mp_index *index;
	struct mp_find find;
	struct mp_tag_edit edit;
	struct mp_docset set;	/* the messages named or touched */
};

static bool
only_reads(void)
{
	return list || show_log || dump;
}

/* One thing at a time, and operands only where they mean something. */
static void
check_usage(struct run *run, struct mp_err *err)
{
	struct mp_cli *cli = &run->cli;
	int modes = batch + restore + dump + list + show_log +
	    rename_tag + (undo != 0);
	size_t i;

	for (i = 0; i < cli->edits.count; i++)
		if (mp_tag_edit_word(&run->edit, cli->edits.items[i],
		    err) != MP_OK)
			mp_cli_usage(cli, "%s", err->text);
	run->edit.remove_all = remove_all;
	if (modes > 1 || (modes == 1 && !mp_tag_edit_empty(&run->edit)))
		mp_cli_usage(cli, "one thing at a time: changes of tags, or "
		    "one of the options");
	if (modes == 0 && mp_tag_edit_empty(&run->edit))
		mp_cli_usage(cli, "no change given: +TAG or -TAG");
	if (rename_tag && cli->operand_count != 2)
		mp_cli_usage(cli, "--rename takes the old tag and the new");
	if (!rename_tag && !dump && modes == 1 && cli->operand_count != 0)
		mp_cli_usage(cli, "no operand is expected here");
}

/* The messages that operands, stdin or -Q name. */
static enum mp_status
read_set(struct run *run, struct mp_err *err)
{
	mp_docset_clear(&run->set);
	run->find.queries = true;
	return mp_operands_all(&run->set, &run->find, err);
}

static enum mp_status
change(struct run *run, struct mp_err *err)
{
	char **operands = run->cli.operands;
	enum mp_status status = MP_OK;

	if (!batch && !restore && !rename_tag && undo == 0)
		status = read_set(run, err);
	if (status == MP_OK)
		status = mp_store_begin(run->store, err);
	if (status != MP_OK)
		return status;
	if (batch || restore)
		return mp_tagging_batch(&run->set, &run->find, restore, err);
	if (rename_tag)
		return mp_tag_rename(run->store, operands[0], operands[1],
		    err);
	if (undo != 0)
		return mp_tag_undo(&run->set, run->store, undo, err);
	return mp_tag_edit_apply(run->store, &run->edit, &run->set, err);
}

/* Records come from the changed state and go out after the commit. */
static enum mp_status
write_changes(struct run *run, struct mp_err *err)
{
	struct mp_records *records = mp_records_new(&run->cli);
	enum mp_status status = change(run, err);

	if (status == MP_OK && mp_docset_empty(&run->set) && !rename_tag)
		mp_cli_no(&run->cli);
	if (status == MP_OK && !run->cli.quiet)
		status = mp_tagging_show(records, run->index, &run->set, err);
	if (status == MP_OK && !run->cli.dry_run)
		status = mp_store_commit(run->store, err);
	if (status == MP_OK)
		return mp_records_close(records, err);
	mp_records_free(records);
	mp_err_context(err, "no tag was changed");
	return status;
}

static enum mp_status
write_state(struct run *run, struct mp_err *err)
{
	struct mp_records *records = mp_records_new(&run->cli);
	enum mp_status status = MP_OK;

	if (list)
		status = mp_tagging_list(records, &run->find, err);
	else if (show_log)
		status = mp_tagging_log(records, run->store, err);
	else if (run->cli.operand_count == 0 && run->cli.query == NULL)
		mp_docset_add_range(&run->set, 0, run->set.size);
	else
		status = read_set(run, err);
	mp_docset_andnot(&run->set, &run->find.removed);
	if (status == MP_OK && dump)
		status = mp_tagging_dump(run->index, &run->set, err);
	if (status == MP_OK)
		return mp_records_close(records, err);
	mp_records_free(records);
	return status;
}

int
main(int argc, char *argv[])
{
	struct run run = { .edit = MP_TAG_EDIT_INIT };
	struct mp_err err = MP_ERR_INIT;
	struct mp_sandbox box = MP_SANDBOX_INIT(MP_POWER_READ);

	mp_cli_start(&run.cli, &command, argc, argv);
	check_usage(&run, &err);
	if (!only_reads())
		box.powers |= MP_POWER_WRITE;
	if ((!mp_tag_edit_empty(&run.edit) &&
	    mp_cli_hold_input(&run.cli, &err) != MP_OK) ||
	    mp_cli_store_open(&run.store, &run.cli, only_reads() ?
	    MP_STORE_READ : MP_STORE_WRITE, &err) != MP_OK ||
	    mp_cli_sandbox(&run.cli, &box, &err) != MP_OK ||
	    mp_index_open(&run.index, run.store, &err) != MP_OK ||
	    mp_find_init(&run.find, &run.cli, run.index, &err) != MP_OK)
		goto done;
	/* as in notmuch these pass over no tag */
	run.find.search.show_hidden = batch || restore || dump;
	mp_docset_init(&run.set, mp_index_end(run.index));
	if ((only_reads() ? write_state(&run, &err) :
	    write_changes(&run, &err)) != MP_OK)
		goto done;
done:
	mp_docset_clear(&run.set);
	mp_tag_edit_clear(&run.edit);
	mp_find_clear(&run.find);
	mp_index_close(run.index);
	mp_store_close(run.store);
	return mp_cli_finish(&run.cli, &err);
}
