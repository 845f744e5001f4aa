/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_STORE_IDENTIFY_H
#define MP_STORE_IDENTIFY_H

#include <stdint.h>

#include "base/err.h"
#include "keys/keys.h"

/*
 * Knowing a store when its keyslots are gone: the headers of its log and
 * pack files say its id in clear and tell whether keys are its own.
 */

/*
 * The id of the store at path, from the first sound header found.
 * MP_NOT_FOUND: there is no file of a store at path.
 */
enum mp_status mp_store_identify(uint8_t id[MP_STORE_ID_LEN],
    const char *path, struct mp_err *err) MP_CHECKED;

/*
 * Do these keys open every log and pack file there? MP_DENIED: not all of
 * them: they are of another store or from before a rotation, or a header is
 * damaged.
 */
enum mp_status mp_store_check_keys(const char *path,
    const struct mp_keys *keys, struct mp_err *err) MP_CHECKED;

/*
 * Have the active master key wrap the keys of all log and pack files there,
 * after a rotation. The caller holds the writer's lock. Goes on after a
 * damaged file and reports it at the end.
 */
enum mp_status mp_store_rewrap(const char *path, const struct mp_keys *keys,
    struct mp_err *err) MP_CHECKED;

#endif
