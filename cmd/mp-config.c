/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/edit.h"
#include "cli/open.h"
#include "cli/record.h"
#include "cli/settings.h"
#include "config/config.h"

static bool all;

static const struct mp_option options[] = {
	{ 'a', "all", NULL, "list what is not set, too, with its default",
	    .flag = &all },
	MP_OPTIONS_END
};

static const struct mp_command command = {
	.name = "mp-config",
	.usage = "get NAME | set NAME [VALUE] | unset NAME... | list | edit",
	.about = "Get, set and edit the settings, which are sealed in the "
	    "store.",
	.flags = MP_CLI_WRITES | MP_CLI_OPTIONAL,
	.options = options,
};

static enum mp_status
print_records(struct mp_cli *cli, const struct mp_ini *ini,
    struct mp_err *err)
{
	struct mp_records *records = mp_records_new(cli);
	size_t i;

	for (i = 0; i < ini->count; i++) {
		mp_record_text(records, "name", ini->entries[i].name);
		mp_record_text(records, "value", ini->entries[i].value);
		mp_record_end(records);
	}
	return mp_records_close(records, err);
}

static enum mp_status
get(struct mp_cli *cli, struct mp_store *store, struct mp_err *err)
{
	struct mp_ini ini = MP_INI_INIT;
	enum mp_status status;
	char *value;

	status = mp_config_text(&value, store, cli->operands[1], err);
	if (value == NULL) {
		mp_cli_no(cli);
	} else if (cli->json) {
		(void)mp_ini_add(&ini, cli->operands[1], value, 0);
		status = print_records(cli, &ini, err);
		mp_ini_clear(&ini);
	} else {
		(void)printf("%s%c", value, cli->null ? '\0' : '\n');
	}
	free(value);
	return status;
}

static enum mp_status
set(struct mp_cli *cli, struct mp_store *store, struct mp_err *err)
{
	struct mp_buf value = MP_BUF_INIT(MP_INI_VALUE_MAX);
	enum mp_status status = mp_cli_text(&value, cli, 2, err);

	if (status == MP_OK)
		status = mp_config_set(store, cli->operands[1],
		    mp_buf_text(&value), err);
	mp_buf_clear(&value);
	return status;
}

static enum mp_status
unset(struct mp_cli *cli, struct mp_store *store, struct mp_err *err)
{
	size_t i;

	for (i = 1; i < cli->operand_count; i++) {
		if (mp_config_unset(store, cli->operands[i], err) == MP_OK)
			continue;
		if (err->status != MP_NOT_FOUND)
			return err->status;
		mp_err_clear(err);
		mp_cli_no(cli);
	}
	return MP_OK;
}

static enum mp_status
list(struct mp_cli *cli, struct mp_store *store, struct mp_err *err)
{
	struct mp_buf text = MP_BUF_INIT(MP_INI_BYTES_MAX * 4);
	struct mp_ini ini = MP_INI_INIT;
	enum mp_status status = mp_config_load(&ini, store, err);

	if (status != MP_OK || cli->json || cli->null)
		status = status != MP_OK ? status :
		    print_records(cli, &ini, err);
	else if (all)
		mp_config_describe(&text, &ini);
	else
		mp_ini_format(&text, &ini);
	(void)fputs(mp_buf_text(&text), stdout);
	if (ini.count == 0 && !all)
		mp_cli_no(cli);
	mp_buf_clear(&text);
	mp_ini_clear(&ini);
	return status;
}

typedef enum mp_status action_fn(struct mp_cli *cli, struct mp_store *store,
    struct mp_err *err);

static const struct action {
	const char *name;
	action_fn *run;		/* NULL: edit, which opens the store late */
	enum mp_store_mode mode;
	size_t least, most;	/* operands, this word included */
} actions[] = {
	{ "get", get, MP_STORE_READ, 2, 2 },
	{ "set", set, MP_STORE_WRITE, 2, 3 },
	{ "unset", unset, MP_STORE_WRITE, 2, SIZE_MAX },
	{ "list", list, MP_STORE_READ, 1, 1 },
	{ "edit", NULL, MP_STORE_WRITE, 1, 1 },
};

static const struct action *
find_action(struct mp_cli *cli)
{
	const char *word = cli->operand_count != 0 ? cli->operands[0] : "list";
	size_t given = cli->operand_count != 0 ? cli->operand_count : 1, i;

	for (i = 0; i < sizeof actions / sizeof actions[0]; i++)
		if (strcmp(word, actions[i].name) == 0 &&
		    given >= actions[i].least && given <= actions[i].most)
			return &actions[i];
	mp_cli_usage(cli, "it is %s", command.usage);
}

static enum mp_status
run(const struct action *action, struct mp_cli *cli, struct mp_store **store,
    struct mp_err *err)
{
	struct mp_sandbox box = MP_SANDBOX_INIT(MP_POWER_READ |
	    MP_POWER_WRITE);

	if (action->run == NULL)
		return mp_cli_settings_edit(store, cli, err);
	if (mp_cli_store_open(store, cli, action->mode, err) != MP_OK ||
	    mp_cli_sandbox(cli, &box, err) != MP_OK)
		return err->status;
	if (action->mode == MP_STORE_WRITE &&
	    mp_store_begin(*store, err) != MP_OK)
		return err->status;
	return action->run(cli, *store, err);
}

int
main(int argc, char *argv[])
{
	struct mp_err err = MP_ERR_INIT;
	struct mp_store *store = NULL;
	const struct action *action;
	struct mp_cli cli;

	mp_cli_start(&cli, &command, argc, argv);
	action = find_action(&cli);
	if (run(action, &cli, &store, &err) == MP_OK && !cli.dry_run &&
	    action->mode == MP_STORE_WRITE &&
	    mp_store_commit(store, &err) != MP_OK)
		mp_err_context(&err, "no setting was changed");
	mp_store_close(store);
	return mp_cli_finish(&cli, &err);
}
