/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>

#include "base/alloc.h"
#include "cli/cli.h"
#include "cli/open.h"
#include "cli/record.h"
#include "contact/contact.h"
#include "index/index.h"

/* Complete an address from the mail actually exchanged. */

enum { FORMAT_TEXT, FORMAT_JSON, FORMAT_MUTT };

static int format = FORMAT_TEXT;
static uint64_t limit = 100;

static const struct mp_option options[] = {
	{ 0, "format", "FORM", "print text, json or mutt (for query_command)",
	    .choice = &format, .words = "text|json|mutt" },
	{ 0, "limit", "N", "print the best N addresses only (default 100)",
	    .number = &limit },
	MP_OPTIONS_END
};

static const struct mp_command command = {
	.name = "mp-address",
	.usage = "[WORD]...",
	.about = "Find correspondents by parts of address or name.",
	.flags = MP_CLI_OPTIONAL,
	.options = options
};

/* The operands as one pattern; the caller frees it. */
static char *
pattern_of(const struct mp_cli *cli)
{
	struct mp_buf text = MP_BUF_INIT(64 << 10);
	char *pattern;
	size_t i;

	for (i = 0; i < cli->operand_count; i++)
		mp_buf_printf(&text, "%s ", cli->operands[i]);
	pattern = mp_strdup(mp_buf_text(&text));
	mp_buf_clear(&text);
	return pattern;
}

static enum mp_status
print(struct mp_cli *cli, const struct mp_contacts *contacts,
    struct mp_err *err)
{
	struct mp_records *records = mp_records_new(cli);
	size_t i;

	for (i = 0; i < contacts->count && i < limit; i++) {
		const struct mp_contact *contact = &contacts->list[i];
		char *hint = mp_asprintf("to %" PRIu32 ", from %" PRIu32,
		    contact->to, contact->from);

		mp_record_id(records, contact->address);
		mp_record_text(records, "name", contact->name);
		mp_record_text(records, "hint", hint);
		mp_record_end(records);
		free(hint);
	}
	return mp_records_close(records, err);
}

int
main(int argc, char *argv[])
{
	struct mp_cli cli;
	struct mp_err err = MP_ERR_INIT;
	struct mp_sandbox box = MP_SANDBOX_INIT(MP_POWER_READ);
	struct mp_contacts contacts = MP_CONTACTS_INIT;
	struct mp_store *store = NULL;
	struct mp_index *index = NULL;
	char *pattern;

	mp_cli_start(&cli, &command, argc, argv);
	cli.json = format == FORMAT_JSON;
	pattern = pattern_of(&cli);
	if (mp_cli_store_open(&store, &cli, MP_STORE_READ, &err) != MP_OK ||
	    mp_cli_sandbox(&cli, &box, &err) != MP_OK ||
	    mp_index_open(&index, store, &err) != MP_OK ||
	    mp_contacts_find(&contacts, index, pattern, &err) != MP_OK)
		goto done;
	/* mutt shows the first line as a message and skips it */
	if (format == FORMAT_MUTT)
		printf("%zu found\n", contacts.count);
	if (print(&cli, &contacts, &err) == MP_OK && contacts.count == 0)
		mp_cli_no(&cli);
done:
	mp_contacts_clear(&contacts);
	mp_index_close(index);
	mp_store_close(store);
	free(pattern);
	return mp_cli_finish(&cli, &err);
}
