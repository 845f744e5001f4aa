/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_FSCK_FSCK_H
#define MP_FSCK_FSCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/check.h"
#include "store/store.h"

/*
 * Check a whole store: keyslots, log, catalogue, packs and messages, index
 * segments, spool; and repair it. Everything derived is made anew from the
 * primary data; primary data that is lost is named, once.
 */
struct mp_fsck_result {
	uint64_t messages;	/* in the store, removed ones left out */
	uint64_t found;		/* findings but notes */
	uint64_t lost;		/* of these: losses of primary data */
	uint64_t repaired;
};

/*
 * options as for mp_store_open, to write. MP_OK: the check ran; result says
 * what it found. Other statuses: it could not run.
 */
enum mp_status mp_fsck(struct mp_fsck_result *result,
    const struct mp_store_options *options, const struct mp_check *check,
    struct mp_err *err) MP_CHECKED;

#endif
