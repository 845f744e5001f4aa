/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_STORE_CATALOGUE_H
#define MP_STORE_CATALOGUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strlist.h"
#include "keys/keys.h"

/*
 * The catalogue: sealed values in named tables, in a tdb file.
 *
 * Keys are HMACs of table and key; values are sealed under a key of this
 * file (derived from a random salt in it) and bound to their name. Changes
 * gather in memory, where reads see them, until mp_catalogue_flush writes
 * them in one transaction. A sum over the keyed hashes of all values is
 * kept, so that a value taken out or put back to an old state shows in
 * mp_catalogue_check.
 *
 * The file is never opened twice in a process: closing either descriptor
 * would drop the locks of both.
 */
struct mp_catalogue;

/* MP_EXISTS: the file is there. */
enum mp_status mp_catalogue_create(struct mp_catalogue **catalogue,
    const char *path, const struct mp_keys *keys, struct mp_err *err)
    MP_CHECKED;

/*
 * MP_NOT_FOUND: no such file. MP_CORRUPT: not a tdb file, or of another
 * store. MP_RETRY: a commit is in the way for over 5 seconds.
 */
enum mp_status mp_catalogue_open(struct mp_catalogue **catalogue,
    const char *path, const struct mp_keys *keys, struct mp_err *err)
    MP_CHECKED;
void mp_catalogue_close(struct mp_catalogue *catalogue);

/* Append the value. MP_NOT_FOUND: none. MP_CORRUPT: its seal is broken. */
enum mp_status mp_catalogue_get(struct mp_buf *value,
    struct mp_catalogue *catalogue, const char *table, const char *key,
    struct mp_err *err) MP_CHECKED;

/* Gather a change; value NULL takes it out. */
void mp_catalogue_put(struct mp_catalogue *catalogue, const char *table,
    const char *key, const void *value, size_t len);

/* Forget what was gathered. */
void mp_catalogue_drop(struct mp_catalogue *catalogue);

/*
 * Write what was gathered in one durable transaction.
 * MP_RETRY: the file is at its limit of 2 GiB.
 */
enum mp_status mp_catalogue_flush(struct mp_catalogue *catalogue,
    struct mp_err *err) MP_CHECKED;

/*
 * Check the file's structure, every seal and the sum of all values. Each
 * finding is appended to findings.
 */
enum mp_status mp_catalogue_check(struct mp_strlist *findings,
    struct mp_catalogue *catalogue, struct mp_err *err) MP_CHECKED;

#endif
