/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_STORE_RESTORE_H
#define MP_STORE_RESTORE_H

#include "keys/newslot.h"

/*
 * Make new keyslots for the store at path, whose both copies are lost, from
 * its recovery code, read from code_fd or, when that is -1, asked for: a
 * recovery slot and what newslot names. All other ways in are gone.
 *
 * MP_REFUSED: the keyslots are not lost. MP_NOT_FOUND: no store.
 * MP_INVALID: a wrong word in the code. MP_DENIED: the code is of another
 * store or from before a rotation.
 */
enum mp_status mp_store_restore_slots(const char *path, int code_fd,
    const struct mp_newslot *newslot, struct mp_err *err) MP_CHECKED;

#endif
