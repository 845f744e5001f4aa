/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/settings.h"

#include "cli/edit.h"
#include "cli/open.h"
#include "config/config.h"

static enum mp_status
check_text(void *arg, const struct mp_buf *text, struct mp_err *err)
{
	return mp_config_parse(arg, mp_buf_text(text), text->len, "settings",
	    err);
}

/* The store is not open, and so not locked, while somebody thinks. */
enum mp_status
mp_cli_settings_edit(struct mp_store **store, struct mp_cli *cli,
    struct mp_err *err)
{
	struct mp_buf text = MP_BUF_INIT(MP_INI_BYTES_MAX);
	struct mp_ini old = MP_INI_INIT, new = MP_INI_INIT;
	size_t changes = 0;

	if (mp_cli_store_open(store, cli, MP_STORE_READ, err) != MP_OK ||
	    mp_config_load(&old, *store, err) != MP_OK)
		goto done;
	mp_store_close(*store);
	*store = NULL;
	mp_buf_str(&text, "# Settings of the mail store; see mp-config(5).\n"
	    "# What ; comments out is not set and has the default shown.\n");
	mp_config_describe(&text, &old);
	if (mp_cli_edit(cli, &text, "settings", check_text, &new, err) !=
	    MP_OK || mp_cli_store_open_keys(store, cli, cli->keys,
	    MP_STORE_WRITE, err) != MP_OK ||
	    mp_store_begin(*store, err) != MP_OK ||
	    mp_config_apply(&changes, *store, &old, &new, err) != MP_OK)
		goto done;
	mp_cli_detail(cli, "%zu settings changed", changes);
done:
	mp_buf_clear(&text);
	mp_ini_clear(&old);
	mp_ini_clear(&new);
	return err->status;
}
