/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "cli/cli.h"
#include "cli/open.h"
#include "cli/record.h"
#include "index/index.h"
#include "index/indexer.h"
#include "tag/rules.h"

#define HELD 10000	/* records written out at once */
#define THREADS_MAX 64

static bool all, optimize;
static uint64_t threads;

static const struct mp_option options[] = {
	{ 'a', "all", NULL, "make the index anew from the stored mail",
	    .flag = &all },
	{ 0, "optimize", NULL, "merge all of the index, drop removed mail",
	    .flag = &optimize },
	{ 'j', "threads", "N", "use N threads (default: one a processor)",
	    .number = &threads },
	MP_OPTIONS_END
};

static const struct mp_command command = {
	.name = "mp-index",
	.usage = "[ID]...",
	.about = "Make stored messages searchable; print the ids of those "
	    "that now are.",
	.flags = MP_CLI_WRITES | MP_CLI_OPTIONAL,
	.options = options,
};

struct output {
	struct mp_cli *cli;
	struct mp_records *records;
	struct mp_err err;	/* of writing them */
};

static void
print_id(struct output *output, const char *id)
{
	struct mp_buf text = MP_BUF_INIT(SIZE_MAX / 2);

	mp_buf_str(&text, "id:");
	mp_id_escape(&text, id, strlen(id));
	mp_record_id(output->records, mp_buf_text(&text));
	mp_record_end(output->records);
	mp_buf_clear(&text);
}

/* What comes here is committed: it need not be held back for long. */
static void
indexed(void *arg, uint32_t docid, const char *id)
{
	struct output *output = arg;

	(void)docid;
	print_id(output, id);
	if (mp_records_count(output->records) < HELD)
		return;
	if (mp_records_close(output->records, &output->err) != MP_OK)
		mp_cli_error(output->cli, "%s", output->err.text);
	output->records = mp_records_new(output->cli);
}

/* Print those of the ids asked for that are indexed. */
static enum mp_status
print_asked(struct output *output, const struct mp_strlist *ids,
    struct mp_store *store, struct mp_err *err)
{
	struct mp_docset covered = MP_DOCSET_INIT, found = MP_DOCSET_INIT;
	struct mp_buf id = MP_BUF_INIT(SIZE_MAX / 2);
	struct mp_index *index;
	enum mp_status status = mp_index_open(&index, store, err);
	size_t i;

	mp_docset_init(&covered, mp_store_end(store));
	if (status == MP_OK)
		status = mp_index_covered(&covered, index, err);
	for (i = 0; i < ids->count && status == MP_OK; i++) {
		const char *text = ids->items[i];

		mp_buf_reset(&id);
		text += strncmp(text, "id:", 3) == 0 ? 3 : 0;
		mp_id_unescape(&id, text, strlen(text));
		mp_docset_init(&found, mp_store_end(store));
		status = mp_index_find_id(&found, index, mp_buf_text(&id),
		    err);
		mp_docset_and(&found, &covered);
		if (status == MP_OK && mp_docset_empty(&found))
			status = mp_err_set(err, MP_NOT_FOUND,
			    "cannot index '%s': no such message", text);
		else if (status == MP_OK)
			print_id(output, mp_buf_text(&id));
		if (status != MP_OK && mp_cli_skip(output->cli, err))
			status = MP_OK;
		mp_docset_clear(&found);
	}
	mp_index_close(index);
	mp_docset_clear(&covered);
	mp_buf_clear(&id);
	return status;
}

static enum mp_status
run(struct output *output, struct mp_store *store, struct mp_err *err)
{
	const struct mp_indexer_options how = {
	    .threads = (unsigned)threads, .fresh = !all };
	struct mp_strlist ids = MP_STRLIST_INIT;
	struct mp_docset old = MP_DOCSET_INIT;
	enum mp_status status = MP_OK;
	const char *id;

	/* an index made anew needs not be readable before */
	if (!all)
		status = mp_rules_before(&old, store, err);
	while (mp_cli_has_input(output->cli) &&
	    (id = mp_cli_next(output->cli)) != NULL)
		mp_strlist_add(&ids, id);
	if (status == MP_OK && !output->cli->dry_run)
		status = mp_index_pending(store, &how, all,
		    ids.count != 0 ? NULL : indexed, output, err);
	/* damaged messages do not keep the others from being found */
	if (status == MP_CORRUPT && mp_cli_skip(output->cli, err))
		status = MP_OK;
	if (status == MP_OK && !all && !output->cli->dry_run)
		status = mp_rules_after(store, &old, err);
	if (status == MP_OK && ids.count != 0)
		status = print_asked(output, &ids, store, err);
	if (status == MP_OK && optimize && !output->cli->dry_run)
		status = mp_index_optimize(store, err);
	mp_docset_clear(&old);
	mp_strlist_clear(&ids);
	return status;
}

int
main(int argc, char *argv[])
{
	struct mp_sandbox box = MP_SANDBOX_INIT(MP_POWER_READ |
	    MP_POWER_WRITE);
	struct mp_err err = MP_ERR_INIT;
	struct mp_store *store = NULL;
	struct output output = { .err = MP_ERR_INIT };
	struct mp_cli cli;

	mp_cli_start(&cli, &command, argc, argv);
	if (threads > THREADS_MAX)
		mp_cli_usage(&cli, "at most %d threads", THREADS_MAX);
	output.cli = &cli;
	output.records = mp_records_new(&cli);
	if (mp_cli_hold_input(&cli, &err) != MP_OK ||
	    mp_cli_store_open(&store, &cli, MP_STORE_WRITE, &err) != MP_OK ||
	    mp_cli_sandbox(&cli, &box, &err) != MP_OK ||
	    run(&output, store, &err) != MP_OK)
		mp_records_free(output.records);
	else
		(void)!mp_records_close(output.records, &err);
	if (err.status == MP_OK)
		err = output.err;
	mp_store_close(store);
	return mp_cli_finish(&cli, &err);
}
