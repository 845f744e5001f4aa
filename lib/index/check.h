/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_INDEX_CHECK_H
#define MP_INDEX_CHECK_H

#include "base/err.h"
#include "store/check.h"
#include "store/store.h"

/*
 * Check the seal of every block of every segment, and that the segments are
 * those the manifest names. Findings are all mendable: mp_index_pending
 * makes the index anew.
 */
enum mp_status mp_index_check(struct mp_store *store,
    const struct mp_check *check, struct mp_err *err) MP_CHECKED;

#endif
