/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_KEYS_NEWSLOT_H
#define MP_KEYS_NEWSLOT_H

#include "keys/keyslots_edit.h"

/*
 * The secret of a new slot, from where a command was told to take it: the
 * first of these that is given, else the terminal, where a passphrase is
 * asked for twice.
 */
struct mp_newslot {
	uint64_t passphrase_fd;		/* MP_NEWSLOT_NO_FD: none */
	const char *key_file;		/* made if it does not exist */
	const char *fingerprint;	/* of an OpenPGP key */
	mp_seal_fn *seal;		/* goes with it */
	void *seal_arg;
	const char *label;		/* NULL: none, or the file's name */
	uint64_t log2_n;		/* MP_KDF_COST_AUTO */
};

#define MP_NEWSLOT_NO_FD UINT64_MAX
#define MP_NEWSLOT_INIT { .passphrase_fd = MP_NEWSLOT_NO_FD }

/* How many sources are given, without the terminal. */
unsigned mp_newslot_count(const struct mp_newslot *newslot);

/*
 * Add a slot for each source that is given; a number other than MP_SLOT_NEW
 * is for one source only and replaces that slot.
 *
 * Statuses as of mp_keyslots_add, mp_key_file_read and mp_prompt_new.
 * MP_USAGE: log2_n or the descriptor is out of bounds.
 */
enum mp_status mp_newslot_add(struct mp_keyslots *slots, unsigned number,
    const struct mp_secret *unlock_key, const struct mp_newslot *newslot,
    struct mp_err *err) MP_CHECKED;

#endif
