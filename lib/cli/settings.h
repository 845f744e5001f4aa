/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CLI_SETTINGS_H
#define MP_CLI_SETTINGS_H

#include "cli/cli.h"
#include "store/store.h"

/*
 * Let the user edit all settings as one text (mp_cli_edit); what changed is
 * then in a transaction of *store, which is opened to write and left to the
 * caller to commit and to close.
 *
 * Fails as mp_cli_store_open, mp_cli_edit and mp_config_parse do.
 */
enum mp_status mp_cli_settings_edit(struct mp_store **store,
    struct mp_cli *cli, struct mp_err *err) MP_CHECKED;

#endif
