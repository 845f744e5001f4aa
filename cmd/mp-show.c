/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cli.h"
#include "cli/find.h"
#include "cli/open.h"
#include "cli/operand.h"
#include "cli/show.h"

/* Show messages: readable, or as they came. */

static struct mp_show_options show;
static bool thread, headers, raw;
static uint64_t part;

static const struct mp_option options[] = {
	{ 'r', "raw", NULL, "write the exact bytes received",
	    .flag = &raw },
	{ 'p', "part", "N", "write the decoded content of part N",
	    .number = &part },
	{ 'H', "headers", NULL, "show all header fields, and nothing else",
	    .flag = &headers },
	{ 't', "thread", NULL, "show the whole threads of the messages",
	    .flag = &thread },
	MP_OPTIONS_END
};

static const struct mp_command command = {
	.name = "mp-show",
	.usage = "[ID | QUERY]...",
	.about = "Show messages as readable text, or the bytes received.",
	.flags = MP_CLI_QUERY | MP_CLI_MESSAGE,
	.options = options
};

static enum mp_show_form
form_of(struct mp_cli *cli)
{
	if (raw + headers + (part != 0) > 1)
		mp_cli_usage(cli,
		    "only one of --raw, --headers and --part");
	if (part > UINT32_MAX)
		mp_cli_usage(cli, "there is no part of such a number");
	if (raw)
		return MP_SHOW_RAW;
	if (part != 0)
		return MP_SHOW_PART;
	if (cli->json)
		return MP_SHOW_JSON;
	return headers ? MP_SHOW_HEADERS : MP_SHOW_TEXT;
}

/* One message, or the thread it is in. */
static enum mp_status
show_message(struct mp_show *out, uint32_t docid, struct mp_err *err)
{
	return thread ? mp_show_thread(out, docid, err) :
	    mp_show_message(out, docid, err);
}

static enum mp_status
show_all(struct mp_find *find, struct mp_err *err)
{
	struct mp_show *out = mp_show_new(find, &show);
	struct mp_operands operands;
	uint32_t docid;

	mp_operands_init(&operands, find);
	while (mp_operands_next(&docid, &operands, err))
		if (show_message(out, docid, err) == MP_OK)
			mp_operands_shown(&operands, docid);
		else if (!mp_cli_skip(find->cli, err))
			break;
	if (err->status == MP_OK)
		(void)!mp_show_finish(out, err);
	mp_operands_clear(&operands);
	mp_show_free(out);
	return err->status;
}

int
main(int argc, char *argv[])
{
	struct mp_sandbox box = MP_SANDBOX_INIT(MP_POWER_READ);
	struct mp_cli cli;
	struct mp_err err = MP_ERR_INIT;
	struct mp_store *store = NULL;
	struct mp_index *index = NULL;
	struct mp_find find = { 0 };

	mp_cli_start(&cli, &command, argc, argv);
	show.form = form_of(&cli);
	show.part = (unsigned)part;
	if (mp_cli_hold_input(&cli, &err) != MP_OK ||
	    mp_cli_store_open(&store, &cli, MP_STORE_READ, &err) != MP_OK ||
	    mp_cli_sandbox(&cli, &box, &err) != MP_OK ||
	    mp_index_open(&index, store, &err) != MP_OK ||
	    mp_find_init(&find, &cli, index, &err) != MP_OK)
		goto done;
	find.queries = true;
	(void)!show_all(&find, &err);
done:
	mp_find_clear(&find);
	mp_index_close(index);
	mp_store_close(store);
	return mp_cli_finish(&cli, &err);
}
