/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_KEYS_KEYS_H
#define MP_KEYS_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"

/*
 * The opened keys of one store: its id and its master keys, one an epoch,
 * the newest active. Everything below the keyslots asks here; nobody sees a
 * master key itself. Reading it is safe from several threads.
 */
#define MP_STORE_ID_LEN 16
#define MP_FILE_KEY_LEN 32
#define MP_WRAPPED_LEN (4 + 12 + MP_FILE_KEY_LEN + 16)

struct mp_keys;

/* Keys with one new random master key and a new random store id. */
struct mp_keys *mp_keys_generate(void);
void mp_keys_free(struct mp_keys *keys);

const uint8_t *mp_keys_store_id(const struct mp_keys *keys);

/*
 * A key for one purpose, from the first master key:
 * HKDF-SHA256(master, salt = store id, info = "mp1/" purpose NUL context).
 * It stays the same when master keys are rotated.
 */
void mp_keys_derive(uint8_t *out, size_t len, const struct mp_keys *keys,
    const char *purpose, const void *context, size_t context_len);

/*
 * Wrap a file key for a file header: u32 epoch, nonce, sealed key. The seal
 * binds purpose ("pack", "log", "segment") and file id.
 */
void mp_keys_wrap(uint8_t out[MP_WRAPPED_LEN], const struct mp_keys *keys,
    const char *purpose, uint64_t file_id,
    const uint8_t key[MP_FILE_KEY_LEN]);

/* Did the active master key wrap it, rather than an older one? */
bool mp_keys_is_active(const struct mp_keys *keys,
    const uint8_t wrapped[MP_WRAPPED_LEN]);

/* MP_CORRUPT: not wrapped by this store's keys for this purpose and id. */
enum mp_status mp_keys_unwrap(uint8_t key[MP_FILE_KEY_LEN],
    const struct mp_keys *keys, const char *purpose, uint64_t file_id,
    const uint8_t wrapped[MP_WRAPPED_LEN], struct mp_err *err) MP_CHECKED;

#endif
