/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CLI_VIEW_H
#define MP_CLI_VIEW_H

#include <stdbool.h>

#include "base/err.h"
#include "index/index.h"
#include "store/docset.h"

/*
 * Where a Maildir of results goes: dir, or for "" a fresh folder below
 * $XDG_RUNTIME_DIR. Mail in clear belongs in memory: a place that is not on
 * a memory file system is refused unless on_disk. The folder is made.
 *
 * MP_REFUSED: not on a memory file system. MP_USAGE: "" and there is no
 * runtime folder. *path is the caller's to free.
 */
enum mp_status mp_view_place(char **path, const char *dir, bool on_disk,
    struct mp_err *err) MP_CHECKED;

/*
 * Deliver the messages of set into the Maildir at path, made if missing,
 * with the flags that their tags say. durable: synced; a view that may be
 * lost is not.
 */
enum mp_status mp_view_fill(const char *path, bool durable,
    struct mp_index *index, const struct mp_docset *set, struct mp_err *err)
    MP_CHECKED;

#endif
