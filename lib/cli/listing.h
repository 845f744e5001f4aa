/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CLI_LISTING_H
#define MP_CLI_LISTING_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strlist.h"

/*
 * The last listing shown on a terminal: the ids behind the numbers, kept
 * for one terminal session and one store, so that two terminals never mix.
 *
 * It lives in $XDG_RUNTIME_DIR/mp/seq/, without that variable in
 * /dev/shm/mp-UID/seq/, mode 0600, and only where that is a memory file
 * system: ids are mail and never go to a disk in clear.
 * Where there is no such place nothing is kept.
 */

/* Learn which session this is, while /proc may still be read. */
void mp_listing_start(void);

/*
 * The folder of the listings, made if missing; NULL where none can be kept,
 * or neither stdin nor stdout is a terminal: then none is read or written.
 * The caller frees it.
 */
char *mp_listing_folder(void);

/* Keep the ids as the listing; the first becomes the current one. */
void mp_listing_save(const char *store_path, const struct mp_strlist *ids);

/* Make id the current message, if the listing has it. */
void mp_listing_set_current(const char *store_path, const char *id);

/* Is text a number, a range "2:5", "." or "$"? */
bool mp_listing_is_number(const char *text);

/*
 * Append the ids that such text stands for.
 *
 * MP_USAGE: there is no listing, or it has no such number.
 */
enum mp_status mp_listing_expand(struct mp_strlist *ids,
    const char *store_path, const char *text, struct mp_err *err) MP_CHECKED;

#endif
