/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_INGEST_STATE_H
#define MP_INGEST_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

/*
 * What was taken in from one folder of a source: for each file a hash of its
 * name and a byte of flags. It lies in the store's table "fetch.folder" in
 * buckets of some hundred files, so that a new file rewrites one of them;
 * values are sealed, so the hash is none against somebody who reads them.
 *
 * Invariant: an entry is in the store only with the commit that holds its
 * message, since mp_folder_state_save is called in that transaction.
 */
struct mp_folder_state;

/* The hash of a file's name, or of name, size and time. Never 0. */
uint64_t mp_folder_state_hash(const void *name, size_t len);

/* MP_CORRUPT: the values are damaged. source and folder are copied. */
enum mp_status mp_folder_state_load(struct mp_folder_state **state,
    struct mp_store *store, const char *source, const char *folder,
    struct mp_err *err) MP_CHECKED;
void mp_folder_state_free(struct mp_folder_state *state);

/* Is the file known? Notes that it is still there. */
bool mp_folder_state_find(uint8_t *flags, struct mp_folder_state *state,
    uint64_t hash);

void mp_folder_state_set(struct mp_folder_state *state, uint64_t hash,
    uint8_t flags);

/*
 * Put what changed into the open transaction. complete: the whole folder was
 * seen, so that what was neither found nor set since the load is gone.
 */
enum mp_status mp_folder_state_save(struct mp_folder_state *state,
    struct mp_store *store, bool complete, struct mp_err *err) MP_CHECKED;

/* Would mp_folder_state_save change anything? */
bool mp_folder_state_dirty(const struct mp_folder_state *state,
    bool complete);

#endif
