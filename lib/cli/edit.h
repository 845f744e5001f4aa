/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CLI_EDIT_H
#define MP_CLI_EDIT_H

#include "base/buf.h"
#include "base/err.h"
#include "cli/cli.h"

/* Is the text good? MP_CONFIG or MP_INVALID with a reason when not. */
typedef enum mp_status mp_edit_check_fn(void *arg, const struct mp_buf *text,
    struct mp_err *err);

/*
 * Let the user edit a text in $VISUAL, $EDITOR or vi, and put the result in
 * its place. It is in a file called name in a folder of its own below
 * $XDG_RUNTIME_DIR/mp, which is removed with whatever the editor left in
 * it; nothing is written outside of memory. A text that check refuses may be
 * edited again when there is a terminal to ask.
 *
 * MP_REFUSED: there is no such memory folder. MP_INVALID: the editor left
 * more than text may hold. MP_USAGE: the editor failed. Else as check.
 */
enum mp_status mp_cli_edit(struct mp_cli *cli, struct mp_buf *text,
    const char *name, mp_edit_check_fn *check, void *arg,
    struct mp_err *err) MP_CHECKED;

/*
 * Append the text that the operand number at gives, or, without that many
 * operands, standard input up to its end, less the last line feed: there no
 * ps shows it.
 *
 * MP_INVALID: it has a NUL in it, or is too long for text.
 */
enum mp_status mp_cli_text(struct mp_buf *text, struct mp_cli *cli,
    size_t at, struct mp_err *err) MP_CHECKED;

#endif
