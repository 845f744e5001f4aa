/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CLI_OPEN_H
#define MP_CLI_OPEN_H

#include "base/err.h"
#include "cli/cli.h"
#include "keys/unlock.h"
#include "sandbox/sandbox.h"
#include "store/store.h"

/*
 * From the options and the environment to an open store. Apart from cli.h,
 * so that a command without a store links no more than it needs.
 */

/*
 * Fill in the ways to the store's keys, as options and environment give
 * them. The strings live as long as the run.
 */
void mp_cli_unlock_ways(struct mp_unlock_ways *ways, struct mp_cli *cli);

/*
 * Unlock the store and open it. The keys belong to the run; close the store
 * before mp_cli_finish.
 *
 * With --if-unlocked a locked store ends the process here, exit 0.
 * Else as mp_unlock and mp_store_open.
 */
enum mp_status mp_cli_store_open(struct mp_store **store, struct mp_cli *cli,
    enum mp_store_mode mode, struct mp_err *err) MP_CHECKED;

/*
 * What mp_store_open takes, for a command that opens it by other means; the
 * strings live as long as the run.
 */
void mp_cli_store_options(struct mp_store_options *options,
    struct mp_cli *cli, const struct mp_keys *keys, enum mp_store_mode mode);

/*
 * Open the store with keys that the caller has unlocked and keeps until the
 * store is closed.
 */
enum mp_status mp_cli_store_open_keys(struct mp_store **store,
    struct mp_cli *cli, const struct mp_keys *keys, enum mp_store_mode mode,
    struct mp_err *err) MP_CHECKED;

/*
 * Enter the sandbox that box describes, with what every command with an
 * open store needs: to read the store, to change it when it may write, and
 * to keep a listing. Clears box. $MP_NO_SANDBOX gives nothing up, for
 * debuggers.
 */
enum mp_status mp_cli_sandbox(struct mp_cli *cli, struct mp_sandbox *box,
    struct mp_err *err) MP_CHECKED;

#endif
