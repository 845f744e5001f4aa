/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_KEYS_INTERNAL_H
#define MP_KEYS_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "keys/keys.h"

#define MP_MASTER_LEN 32
#define MP_EPOCHS_MAX 64

struct mp_epoch {
	uint32_t number;	/* from 1 on, rising */
	int64_t created;
};

/*
 * Invariant: 0 < count <= MP_EPOCHS_MAX once opened; epochs[0] is the
 * first, epochs[count - 1] the active one; the master key of epochs[i]
 * stands at masters.data + i * MP_MASTER_LEN.
 */
struct mp_keys {
	uint8_t store_id[MP_STORE_ID_LEN];
	size_t count;
	struct mp_epoch epochs[MP_EPOCHS_MAX];
	struct mp_secret masters;
};

/* Keys of a store that has no master key yet: add one before use. */
struct mp_keys *mp_keys_new(const uint8_t store_id[MP_STORE_ID_LEN]);

/*
 * Add a master key, from now on the active one.
 *
 * MP_INVALID: the number does not rise, or there are MP_EPOCHS_MAX already.
 */
enum mp_status mp_keys_add(struct mp_keys *keys, uint32_t number,
    const uint8_t master[MP_MASTER_LEN], int64_t created,
    struct mp_err *err) MP_CHECKED;

#endif
