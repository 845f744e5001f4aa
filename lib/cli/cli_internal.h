/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CLI_INTERNAL_H
#define MP_CLI_INTERNAL_H

#include "cli/cli.h"

/* Read options and edit words from argv; may end the process. */
void mp_cli_options(struct mp_cli *cli, int argc, char *argv[]);

/* What mp_cli_start does to the process before anything else. */
void mp_cli_harden(bool writes);

/* $variable/mp, or ~/usual/mp; the caller frees it. */
char *mp_cli_xdg_folder(const char *variable, const char *usual);

#endif
