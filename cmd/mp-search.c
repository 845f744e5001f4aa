/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/find.h"
#include "cli/open.h"
#include "cli/record.h"
#include "cli/results.h"
#include "cli/view.h"
#include "config/config.h"

static int output, sort, syntax, exclude = 1;
static uint64_t limit, offset;
static bool piped, explain, on_disk;
static const char *save_as, *maildir;

static const struct mp_option options[] = {
	{ 0, "output", "FORM", "summary, ids, threads, tags, addresses, "
	    "count", .choice = &output, .words = MP_OUTPUT_WORDS },
	{ 0, "sort", "ORDER", "newest (as without), oldest, arrival",
	    .choice = &sort, .words = "newest|oldest|arrival" },
	{ 0, "limit", "N", "at most N records", .number = &limit },
	{ 0, "offset", "N", "pass over the first N records",
	    .number = &offset },
	{ 0, "pipe", NULL, "only among the messages named on stdin",
	    .flag = &piped },
	{ 0, "save", "NAME", "save the query for query:NAME",
	    .text = &save_as },
	{ 0, "explain", NULL, "say how the query was read and what matches "
	    "each part", .flag = &explain },
	{ 0, "maildir", "[DIR]", "put the messages into a Maildir, a new one "
	    "in memory", .text = &maildir },
	{ 0, "force-disk", NULL, "the Maildir may lie on a disk, in clear",
	    .flag = &on_disk },
	{ 0, "syntax", "NAME", "notmuch (as without) or mailpile",
	    .choice = &syntax, .words = "notmuch|mailpile" },
	{ 0, "exclude", "WORD", "false: hidden tags are not left out",
	    .choice = &exclude, .words = "false|true" },
	MP_OPTIONS_END
};

static const struct mp_command command = {
	.name = "mp-search",
	.usage = "QUERY...",
	.about = "Find messages; exit 1 when there are none.",
	.options = options
};

/* Keep the messages that stdin names. */
static enum mp_status
only_piped(struct mp_docset *set, struct mp_find *find, struct mp_err *err)
{
	struct mp_docset named, one = MP_DOCSET_INIT;
	const char *name;

	mp_docset_init(&named, mp_index_end(find->search.index));
	while (mp_find_next(&one, &name, find, err))
		mp_docset_or(&named, &one);
	mp_docset_and(set, &named);
	mp_docset_clear(&named);
	mp_docset_clear(&one);
	return err->status;
}

static enum mp_status
save_query(struct mp_find *find, const char *text, struct mp_err *err)
{
	struct mp_store *store = mp_index_store(find->search.index);
	struct mp_query *query;
	enum mp_status status;
	char name[256];

	(void)snprintf(name, sizeof name, "query.%s", save_as);
	status = mp_find_parse(&query, find, text, err);
	mp_query_free(query);
	if (status == MP_OK)
		status = mp_store_begin(store, err);
	if (status == MP_OK)
		status = mp_config_set(store, name, text, err);
	return status == MP_OK ? mp_store_commit(store, err) : status;
}

static enum mp_status
fill_maildir(struct mp_cli *cli, const char *path, struct mp_index *index,
    const struct mp_docset *set, struct mp_err *err)
{
	struct mp_records *records;
	enum mp_status status = mp_view_fill(path, false, index, set, err);

	if (status != MP_OK)
		return status;
	records = mp_records_new(cli);
	mp_record_text(records, "maildir", path);
	mp_record_end(records);
	return mp_records_close(records, err);
}

static enum mp_status
search(struct mp_find *find, const char *text, const char *path,
    struct mp_err *err)
{
	struct mp_results results = {
		.cli = find->cli, .index = find->search.index,
		.output = (enum mp_output)output, .sort = (enum mp_sort)sort,
		.offset = offset, .limit = limit == 0 ? MP_SORT_ALL : limit
	};
	struct mp_buf how = MP_BUF_INIT((size_t)64 << 20);
	struct mp_docset set = MP_DOCSET_INIT;
	enum mp_status status;

	status = mp_find_query(&set, find, text, explain ? &how : NULL, err);
	if (status == MP_OK && piped)
		status = only_piped(&set, find, err);
	if (status == MP_OK && mp_docset_empty(&set))
		mp_cli_no(find->cli);
	if (status == MP_OK && explain)
		(void)fwrite(mp_buf_text(&how), 1, how.len, stdout);
	else if (status == MP_OK && path != NULL)
		status = fill_maildir(find->cli, path, find->search.index, &set,
		    err);
	else if (status == MP_OK)
		status = mp_results_write(&results, &set, err);
	mp_buf_clear(&how);
	mp_docset_clear(&set);
	return status;
}

static enum mp_status
enter_sandbox(struct mp_cli *cli, const char *path, struct mp_err *err)
{
	struct mp_sandbox box = MP_SANDBOX_INIT(MP_POWER_READ);

	if (path != NULL || save_as != NULL)
		box.powers |= MP_POWER_WRITE;
	if (path != NULL)
		mp_strlist_add(&box.write, path);
	return mp_cli_sandbox(cli, &box, err);
}

int
main(int argc, char *argv[])
{
	struct mp_cli cli;
	struct mp_err err = MP_ERR_INIT;
	struct mp_store *store = NULL;
	struct mp_index *index = NULL;
	struct mp_find find = { 0 };
	char *path = NULL, *text;

	mp_cli_start(&cli, &command, argc, argv);
	if (cli.operand_count == 0)
		mp_cli_usage(&cli, "no query given: '*' finds all messages");
	text = mp_find_join(cli.operands, cli.operand_count);
	if (piped)
		cli.operand_count = 0;	/* what is left to name is on stdin */
	if ((piped && mp_cli_hold_input(&cli, &err) != MP_OK) ||
	    mp_cli_store_open(&store, &cli, save_as != NULL ?
	    MP_STORE_WRITE : MP_STORE_READ, &err) != MP_OK ||
	    (maildir != NULL && mp_view_place(&path, maildir, on_disk,
	    &err) != MP_OK) || mp_index_open(&index, store, &err) != MP_OK ||
	    mp_find_init(&find, &cli, index, &err) != MP_OK ||
	    enter_sandbox(&cli, path, &err) != MP_OK)
		goto done;
	find.search.syntax = (enum mp_query_syntax)syntax;
	find.search.show_hidden = exclude == 0;
	if ((save_as != NULL ? save_query(&find, text, &err) :
	    search(&find, text, path, &err)) != MP_OK)
		goto done;
done:
	mp_find_clear(&find);
	mp_index_close(index);
	mp_store_close(store);
	free(path);
	free(text);
	return mp_cli_finish(&cli, &err);
}
