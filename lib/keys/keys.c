/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keys/keys.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "crypto/aead.h"
#include "crypto/kdf.h"
#include "crypto/random.h"
#include "keys/keys_internal.h"

#define INFO_MAX 256
#define EPOCH_LEN 4

struct mp_keys *
mp_keys_new(const uint8_t store_id[MP_STORE_ID_LEN])
{
	struct mp_keys *keys = mp_calloc(1, sizeof *keys);

	memcpy(keys->store_id, store_id, MP_STORE_ID_LEN);
	mp_secret_init(&keys->masters, MP_EPOCHS_MAX * MP_MASTER_LEN);
	return keys;
}

enum mp_status
mp_keys_add(struct mp_keys *keys, uint32_t number,
    const uint8_t master[MP_MASTER_LEN], int64_t created, struct mp_err *err)
{
	if (keys->count == MP_EPOCHS_MAX)
		return mp_err_set(err, MP_INVALID,
		    "over the limit of %d master keys", MP_EPOCHS_MAX);
	if (number <= (keys->count != 0 ?
	    keys->epochs[keys->count - 1].number : 0))
		return mp_err_set(err, MP_INVALID,
		    "master key %u is out of order", number);
	keys->epochs[keys->count].number = number;
	keys->epochs[keys->count].created = created;
	memcpy(keys->masters.data + keys->count * MP_MASTER_LEN, master,
	    MP_MASTER_LEN);
	keys->count++;
	return MP_OK;
}

struct mp_keys *
mp_keys_generate(void)
{
	uint8_t store_id[MP_STORE_ID_LEN];
	struct mp_keys *keys;

	mp_random(store_id, sizeof store_id);
	keys = mp_keys_new(store_id);
	mp_random(keys->masters.data, MP_MASTER_LEN);
	keys->epochs[0].number = 1;
	keys->epochs[0].created = (int64_t)time(NULL);
	keys->count = 1;
	return keys;
}

void
mp_keys_free(struct mp_keys *keys)
{
	if (keys == NULL)
		return;
	mp_secret_clear(&keys->masters);
	free(keys);
}

const uint8_t *
mp_keys_store_id(const struct mp_keys *keys)
{
	return keys->store_id;
}

/* HKDF with info = prefix purpose NUL context, from the master key at i. */
static void
derive(uint8_t *out, size_t len, const struct mp_keys *keys, size_t i,
    const char *prefix, const char *purpose, const void *context,
    size_t context_len)
{
	struct mp_buf info = MP_BUF_INIT(INFO_MAX);

	mp_buf_str(&info, prefix);
	mp_buf_str(&info, purpose);
	mp_buf_byte(&info, 0);
	mp_buf_add(&info, context, context_len);
	assert(!info.overflow);
	mp_hkdf(out, len, keys->masters.data + i * MP_MASTER_LEN,
	    MP_MASTER_LEN, keys->store_id, MP_STORE_ID_LEN, info.data,
	    info.len);
	mp_buf_clear(&info);
}

void
mp_keys_derive(uint8_t *out, size_t len, const struct mp_keys *keys,
    const char *purpose, const void *context, size_t context_len)
{
	derive(out, len, keys, 0, "mp1/", purpose, context, context_len);
}

/* The cipher that wraps one file's key under the master key at i. */
static struct mp_aead *
wrapper(const struct mp_keys *keys, size_t i, const char *purpose,
    uint64_t file_id)
{
	uint8_t key[MP_AEAD_KEY], id[8];
	struct mp_aead *aead;

	mp_put_u64(id, file_id);
	derive(key, sizeof key, keys, i, "mp1/wrap/", purpose, id, sizeof id);
	aead = mp_aead_new(key);
	explicit_bzero(key, sizeof key);
	return aead;
}

void
mp_keys_wrap(uint8_t out[MP_WRAPPED_LEN], const struct mp_keys *keys,
    const char *purpose, uint64_t file_id, const uint8_t key[MP_FILE_KEY_LEN])
{
	size_t active = keys->count - 1;
	struct mp_aead *aead = wrapper(keys, active, purpose, file_id);
	uint8_t *nonce = out + EPOCH_LEN;

	mp_put_u32(out, keys->epochs[active].number);
	mp_random(nonce, MP_AEAD_NONCE);
	mp_aead_seal(nonce + MP_AEAD_NONCE, aead, nonce, out, EPOCH_LEN, key,
	    MP_FILE_KEY_LEN);
	mp_aead_free(aead);
}

bool
mp_keys_is_active(const struct mp_keys *keys,
    const uint8_t wrapped[MP_WRAPPED_LEN])
{
	return mp_get_u32(wrapped) == keys->epochs[keys->count - 1].number;
}

enum mp_status
mp_keys_unwrap(uint8_t key[MP_FILE_KEY_LEN], const struct mp_keys *keys,
    const char *purpose, uint64_t file_id,
    const uint8_t wrapped[MP_WRAPPED_LEN], struct mp_err *err)
{
	const uint8_t *nonce = wrapped + EPOCH_LEN;
	uint32_t number = mp_get_u32(wrapped);
	struct mp_aead *aead;
	enum mp_status status;
	size_t i;

	for (i = 0; i < keys->count; i++)
		if (keys->epochs[i].number == number)
			break;
	if (i == keys->count)
		return mp_err_set(err, MP_CORRUPT,
		    "file key wrapped by the unknown master key %u", number);
	aead = wrapper(keys, i, purpose, file_id);
	status = mp_aead_open(key, aead, nonce, wrapped, EPOCH_LEN,
	    nonce + MP_AEAD_NONCE, MP_FILE_KEY_LEN + MP_AEAD_TAG, err);
	mp_aead_free(aead);
	if (status != MP_OK)
		mp_err_context(err, "cannot unwrap the file key");
	return status;
}
