/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cli.h"
#include "cli/find.h"
#include "cli/open.h"
#include "cli/operand.h"
#include "cli/record.h"

static const struct mp_command command = {
	.name = "mp-rm",
	.usage = "[ID]...",
	.about = "Remove messages from the store.",
	.flags = MP_CLI_WRITES | MP_CLI_MESSAGE | MP_CLI_QUERY
};

static enum mp_status
print_ids(struct mp_records *records, struct mp_index *index,
    const struct mp_docset *set, struct mp_err *err)
{
	struct mp_summary summary;
	uint32_t docid;

	for (docid = mp_docset_next(set, 0); docid != MP_DOCSET_END;
	    docid = mp_docset_next(set, docid + 1)) {
		if (mp_index_summary(&summary, index, docid, err) != MP_OK)
			return err->status;
		mp_record_id(records, summary.id);
		mp_record_end(records);
		mp_summary_clear(&summary);
	}
	return MP_OK;
}

static enum mp_status
remove_all(struct mp_store *store, const struct mp_docset *set,
    struct mp_err *err)
{
	if (mp_store_begin(store, err) != MP_OK ||
	    mp_store_bits_change(store, "x:removed", set, NULL, err) !=
	    MP_OK)
		return err->status;
	return mp_store_commit(store, err);
}

int
main(int argc, char *argv[])
{
	struct mp_cli cli;
	struct mp_err err = MP_ERR_INIT;
	struct mp_store *store = NULL;
	struct mp_index *index = NULL;
	struct mp_find find = { 0 };
	struct mp_docset set = MP_DOCSET_INIT;
	struct mp_sandbox box = MP_SANDBOX_INIT(MP_POWER_READ |
	    MP_POWER_WRITE);
	struct mp_records *records = NULL;

	mp_cli_start(&cli, &command, argc, argv);
	if (mp_cli_hold_input(&cli, &err) != MP_OK ||
	    mp_cli_store_open(&store, &cli, cli.dry_run ? MP_STORE_READ :
	    MP_STORE_WRITE, &err) != MP_OK ||
	    mp_cli_sandbox(&cli, &box, &err) != MP_OK ||
	    mp_index_open(&index, store, &err) != MP_OK ||
	    mp_find_init(&find, &cli, index, &err) != MP_OK ||
	    mp_operands_all(&set, &find, &err) != MP_OK)
		goto done;
	records = mp_records_new(&cli);
	if (mp_docset_empty(&set))
		mp_cli_no(&cli);
	else if (print_ids(records, index, &set, &err) != MP_OK ||
	    (!cli.dry_run && remove_all(store, &set, &err) != MP_OK))
		goto done;
	if (mp_records_close(records, &err) != MP_OK)
		mp_err_context(&err, "the messages are removed");
	records = NULL;
done:
	mp_records_free(records);
	mp_docset_clear(&set);
	mp_find_clear(&find);
	mp_index_close(index);
	mp_store_close(store);
	return mp_cli_finish(&cli, &err);
}
