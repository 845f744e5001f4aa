/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_KEYS_RECOVERY_H
#define MP_KEYS_RECOVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"
#include "keys/keys.h"

/*
 * The recovery code: the active master key in 24 words of BIP-39's English
 * list, eight bits of checksum included (the words are BIP-39's for 256
 * bits of entropy). It opens the store even when both copies of keyslots
 * are gone.
 *
 * When the master keys are rotated the code changes. So that the new one
 * still opens what the older keys sealed, the file `epochs` in the store
 * holds each older master key sealed by the next.
 */
#define MP_RECOVERY_WORDS 24

/* The code of the active master key: words with one blank between. */
void mp_recovery_code(struct mp_secret *code, const struct mp_keys *keys);

/*
 * The same to print: as a line, or for the store at path as a page with
 * numbered words, the store's id, the date, and how to use it.
 */
void mp_recovery_text(struct mp_secret *text, const struct mp_keys *keys,
    const char *path);

/*
 * Does the text have the shape of a code: 24 words? Then a passphrase
 * prompt takes it for one, and no such text can become a passphrase.
 */
bool mp_recovery_shape(const char *text);

/*
 * The master key that a code says. Case does not count; words may be
 * parted by blanks, dashes, commas, digits and dots (a numbered list), and
 * cut to their first four letters.
 *
 * MP_INVALID: a word is not on the list (err names it and its place), there
 * are not 24, or the checksum fails.
 */
enum mp_status mp_recovery_read(struct mp_secret *master, const char *text,
    struct mp_err *err) MP_CHECKED;

/*
 * Keys from a code alone, for the store at path with this id; older master
 * keys come from its `epochs` file. Nothing here can tell whether the code
 * belongs to the store: unwrap something.
 *
 * MP_CORRUPT: the epochs file is there but is not one of this store.
 */
enum mp_status mp_keys_from_recovery(struct mp_keys **keys,
    const struct mp_secret *master, const uint8_t store_id[MP_STORE_ID_LEN],
    const char *path, struct mp_err *err) MP_CHECKED;

/*
 * Write the `epochs` file of the store at path, to be called before the
 * keyslots with a new master key are saved. Nothing is written while there
 * is one master key only.
 */
enum mp_status mp_epochs_save(const char *path, const struct mp_keys *keys,
    struct mp_err *err) MP_CHECKED;

#endif
