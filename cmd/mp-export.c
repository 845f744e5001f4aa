/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "cli/cli.h"
#include "cli/find.h"
#include "cli/open.h"
#include "cli/operand.h"
#include "cli/view.h"
#include "mailbox/mbox.h"

/* A message quoted for mbox: each line at most a ">" longer. */
#define QUOTED_MAX (2 * MP_MAIL_MAX + 4096)

static const char *maildir;

static const struct mp_option options[] = {
	{ 'd', "maildir", "DIR", "into the Maildir DIR, made if missing",
	    .text = &maildir },
	MP_OPTIONS_END
};

static const struct mp_command command = {
	.name = "mp-export",
	.usage = "[ID | QUERY]...",
	.about = "Write messages as mbox, or into a Maildir.",
	.flags = MP_CLI_QUERY | MP_CLI_MESSAGE,
	.options = options
};

struct export {
	struct mp_cli *cli;
	struct mp_index *index;
	struct mp_message_reader *reader;
	struct mp_buf raw;
	struct mp_buf quoted;
};

static enum mp_status
write_message(struct export *export, uint32_t docid, struct mp_err *err)
{
	struct mp_message_info info = { 0 };
	const struct mp_buf *out = &export->raw;
	struct mp_place place;
	enum mp_status status;

	mp_buf_reset(&export->raw);
	mp_buf_reset(&export->quoted);
	status = mp_index_place(&place, export->index, docid, err);
	if (status == MP_OK)
		status = mp_store_read(&export->raw, &info, export->reader,
		    docid, place, err);
	if (status == MP_OK && export->cli->null) {
		mp_buf_byte(&export->raw, '\0');
	} else if (status == MP_OK) {
		mp_mbox_write(&export->quoted, export->raw.data,
		    export->raw.len, info.received);
		out = &export->quoted;
	}
	free(info.id);
	free(info.folder);
	if (status == MP_OK &&
	    fwrite(out->data, 1, out->len, stdout) != out->len)
		status = mp_err_sys(err, errno,
		    "cannot write to standard output");
	return status;
}

static enum mp_status
export_mbox(struct mp_find *find, struct mp_err *err)
{
	struct export export = {
		.cli = find->cli,
		.index = find->search.index,
		.reader = mp_store_reader_new(mp_index_store(find->search.index)),
		.raw = MP_BUF_INIT(MP_MAIL_MAX + 1),
		.quoted = MP_BUF_INIT(QUOTED_MAX)
	};
	struct mp_operands operands;
	enum mp_status status = MP_OK;
	uint32_t docid;
	size_t count = 0;

	mp_operands_init(&operands, find);
	while (status == MP_OK && mp_operands_next(&docid, &operands, err)) {
		status = write_message(&export, docid, err);
		if (status == MP_OK)
			count++;
		else if (mp_cli_skip(find->cli, err))
			status = MP_OK;
	}
	if (count == 0)
		mp_cli_no(find->cli);
	mp_operands_clear(&operands);
	mp_store_reader_free(export.reader);
	mp_buf_clear(&export.raw);
	mp_buf_clear(&export.quoted);
	return err->status;
}

static enum mp_status
export_maildir(struct mp_find *find, struct mp_err *err)
{
	struct mp_docset set = MP_DOCSET_INIT;
	enum mp_status status = mp_operands_all(&set, find, err);

	if (status == MP_OK && mp_docset_empty(&set))
		mp_cli_no(find->cli);
	if (status == MP_OK)
		status = mp_view_fill(maildir, true, find->search.index, &set, err);
	mp_docset_clear(&set);
	return status;
}

static enum mp_status
enter_sandbox(struct mp_cli *cli, struct mp_err *err)
{
	struct mp_sandbox box = MP_SANDBOX_INIT(maildir != NULL ?
	    MP_POWER_READ | MP_POWER_WRITE : MP_POWER_READ);

	if (maildir != NULL)
		mp_sandbox_write(&box, maildir);
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

	mp_cli_start(&cli, &command, argc, argv);
	if (mp_cli_hold_input(&cli, &err) != MP_OK ||
	    mp_cli_store_open(&store, &cli, MP_STORE_READ, &err) != MP_OK ||
	    mp_index_open(&index, store, &err) != MP_OK ||
	    mp_find_init(&find, &cli, index, &err) != MP_OK ||
	    (maildir != NULL && mp_path_make(maildir, &err) != MP_OK) ||
	    enter_sandbox(&cli, &err) != MP_OK)
		goto done;
	find.queries = true;
	find.search.show_hidden = true;	/* all that was asked for */
	if ((maildir != NULL ? export_maildir(&find, &err) :
	    export_mbox(&find, &err)) != MP_OK)
		goto done;
done:
	mp_find_clear(&find);
	mp_index_close(index);
	mp_store_close(store);
	return mp_cli_finish(&cli, &err);
}
