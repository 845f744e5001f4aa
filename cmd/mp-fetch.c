/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/open.h"
#include "cli/record.h"
#include "config/config.h"
#include "ingest/deliver.h"
#include "ingest/source.h"
#include "ingest/spool.h"

#define IDS_HELD 10000	/* committed ids kept before they are written */

static bool index_too;

static const struct mp_option options[] = {
	{ 'i', "index", NULL, "index what is fetched in the same pass",
	    .flag = &index_too },
	MP_OPTIONS_END
};

static const struct mp_command command = {
	.name = "mp-fetch",
	.usage = "[SOURCE]... | -",
	.about = "Take mail into the store and print the ids of what is new.",
	.flags = MP_CLI_WRITES | MP_CLI_OPTIONAL,
	.options = options
};

struct fetch {
	struct mp_cli *cli;
	struct mp_records *records;
	struct mp_store *store;
	struct mp_ingest *ingest;
	uint64_t fetched;
};

/* Called only for what is committed, so it may be written at once. */
static void
print_id(void *arg, const char *id)
{
	struct fetch *fetch = arg;
	struct mp_err ignored = MP_ERR_INIT;

	if (mp_records_count(fetch->records) == IDS_HELD) {
		/* a broken stdout is reported by mp_cli_finish */
		(void)!mp_records_close(fetch->records, &ignored);
		fetch->records = mp_records_new(fetch->cli);
	}
	mp_record_id(fetch->records, id);
	mp_record_end(fetch->records);
	mp_cli_progress(fetch->cli, "messages fetched", ++fetch->fetched, 0);
}

static void
print_known(void *arg, const char *id)
{
	mp_cli_detail(((struct fetch *)arg)->cli, "known already: %s", id);
}

/* Behind the sandbox, with all taken in that waited before. */
static enum mp_status
start(struct fetch *fetch, const struct mp_sources *sources,
    struct mp_err *err)
{
	struct mp_sandbox box = MP_SANDBOX_INIT(MP_POWER_READ |
	    MP_POWER_WRITE);
	struct mp_strlist tags = MP_STRLIST_INIT;
	struct mp_ingest_options how = {
		.new_tags = &tags,
		.index = index_too,
		.dry_run = fetch->cli->dry_run,
		.stored = print_id,
		.known = print_known,
		.arg = fetch
	};
	enum mp_status status = MP_OK;

	mp_sources_paths(&box.read, sources);
	if (mp_cli_sandbox(fetch->cli, &box, err) != MP_OK ||
	    mp_config_words(&tags, fetch->store, "new.tags", err) != MP_OK ||
	    mp_ingest_new(&fetch->ingest, fetch->store, &how, err) !=
	    MP_OK || (!how.dry_run && mp_spool_absorb(NULL, fetch->ingest,
	    mp_cli_pass_over, fetch->cli, err) != MP_OK))
		status = err->status;
	mp_strlist_clear(&tags);
	return status;
}

static void
stop(struct fetch *fetch)
{
	mp_ingest_free(fetch->ingest);
	mp_store_close(fetch->store);
	fetch->ingest = NULL;
	fetch->store = NULL;
}

/* The operands, or the settings source.NAME. */
static enum mp_status
find_sources(struct mp_sources *sources, struct fetch *fetch,
    struct mp_err *err)
{
	struct mp_strlist texts = MP_STRLIST_INIT;
	const char *home = getenv("HOME");
	struct mp_cli *cli = fetch->cli;
	enum mp_status status;

	if (cli->operand_count != 0) {
		mp_sources_parse(sources, cli->operands, cli->operand_count,
		    home, mp_cli_pass_over, cli);
		return MP_OK;
	}
	status = mp_config_values(&texts, fetch->store, "source", err);
	if (status == MP_OK && texts.count == 0)
		status = mp_err_set(err, MP_CONFIG, "nothing to fetch from: "
		    "name a source, or set source.NAME with mp-config");
	mp_sources_parse(sources, texts.items, texts.count, home,
	    mp_cli_pass_over, cli);
	mp_strlist_clear(&texts);
	return status;
}

static void
fetch_sources(struct fetch *fetch, struct mp_err *err)
{
	struct mp_sources sources = MP_SOURCES_INIT;
	bool dry_run = fetch->cli->dry_run;

	if (mp_cli_store_open(&fetch->store, fetch->cli,
	    dry_run ? MP_STORE_READ : MP_STORE_WRITE, err) == MP_OK &&
	    find_sources(&sources, fetch, err) == MP_OK &&
	    start(fetch, &sources, err) == MP_OK &&
	    mp_sources_fetch(fetch->ingest, &sources, dry_run,
	    mp_cli_pass_over, fetch->cli, err) == MP_OK &&
	    mp_ingest_commit(fetch->ingest, err) == MP_OK)
		mp_err_clear(err);
	mp_sources_clear(&sources);
	stop(fetch);
}

static enum mp_status
store_message(void *arg, const struct mp_keys *keys,
    const struct mp_mail *mail, struct mp_err *err)
{
	const struct mp_sources none = MP_SOURCES_INIT;
	struct fetch *fetch = arg;
	enum mp_status status = MP_OK;

	fetch->cli->wait = 0;	/* rather than wait there is the spool */
	if (mp_cli_store_open_keys(&fetch->store, fetch->cli, keys,
	    MP_STORE_WRITE, err) != MP_OK ||
	    start(fetch, &none, err) != MP_OK ||
	    mp_ingest_add(fetch->ingest, mail, err) != MP_OK ||
	    mp_ingest_commit(fetch->ingest, err) != MP_OK)
		status = err->status;
	stop(fetch);	/* before the keys go */
	return status;
}

/* One message on standard input: exit 0 when it is safe, else 75. */
static void
deliver_stdin(struct fetch *fetch, struct mp_err *err)
{
	struct mp_buf raw = MP_BUF_INIT(MP_MAIL_MAX);
	struct mp_mail mail = { .received = time(NULL) };
	struct mp_unlock_ways ways;
	struct mp_err why;

	if (fetch->cli->dry_run)
		mp_cli_usage(fetch->cli, "-n is not for a delivery");
	mp_cli_unlock_ways(&ways, fetch->cli);
	if (mp_deliver_read(&raw, &mail, STDIN_FILENO, err) == MP_OK &&
	    mp_deliver(&why, &ways, store_message, fetch, &mail, err) ==
	    MP_OK && why.status != MP_OK)
		mp_cli_detail(fetch->cli, "sealed into the spool: %s",
		    why.text);
	mp_buf_clear(&raw);
}

int
main(int argc, char *argv[])
{
	struct mp_cli cli;
	struct mp_err err = MP_ERR_INIT, ignored = MP_ERR_INIT;
	struct fetch fetch = { .cli = &cli };

	mp_cli_start(&cli, &command, argc, argv);
	fetch.records = mp_records_new(&cli);
	if (cli.operand_count == 1 && strcmp(cli.operands[0], "-") == 0)
		deliver_stdin(&fetch, &err);
	else
		fetch_sources(&fetch, &err);
	/* what is on record is committed, however the run ended */
	(void)!mp_records_close(fetch.records, &ignored);
	return mp_cli_finish(&cli, &err);
}
