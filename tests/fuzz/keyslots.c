/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a copy of keyslots. The checksum is made right first, else
 * no change would get past it. What loads is inside its bounds and opens
 * with no wrong key. The same bytes are read as a recovery code, too.
 */
#include <stdint.h>

#include "base/encode.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "keys/keyslots_internal.h"
#include "keys/recovery.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SUM_LINE 69

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
check(const struct mp_keyslots *slots)
{
	struct mp_secret wrong = MP_SECRET_INIT;
	struct mp_err err = MP_ERR_INIT;
	struct mp_keys *keys;
	size_t i;

	must(mp_keyslots_count(slots) <= MP_SLOTS_MAX);
	for (i = 0; i < mp_keyslots_count(slots); i++) {
		struct mp_slot_info info = mp_keyslots_info(slots, i);

		must(info.log2_n == 0 || (info.log2_n >=
		    MP_SCRYPT_LOG2N_MIN && info.log2_n <=
		    MP_SCRYPT_LOG2N_MAX));
		must(info.type != MP_SLOT_PASSPHRASE || info.log2_n != 0);
		must(info.label != NULL && info.type_name[0] != '\0');
	}
	mp_secret_init(&wrong, MP_UNLOCK_KEY_LEN);
	must(mp_keyslots_open(&keys, slots, &wrong, &err) == MP_DENIED);
	mp_secret_clear(&wrong);
}

static void
parse(const uint8_t *data, size_t size)
{
	struct mp_err err = MP_ERR_INIT;
	struct mp_keyslots *slots;

	if (mp_keyslots_parse(&slots, data, size, &err) == MP_OK)
		check(slots);
	else
		must(slots == NULL && err.status == MP_CORRUPT);
	mp_keyslots_free(slots);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mp_buf text = MP_BUF_INIT(2 * MP_KEYSLOTS_MAX);
	struct mp_secret master = MP_SECRET_INIT;
	struct mp_err err = MP_ERR_INIT;
	uint8_t sum[MP_SHA256_LEN];

	if (size > MP_KEYSLOTS_MAX + 100)
		return 0;
	parse(data, size);
	mp_buf_add(&text, data, size < SUM_LINE ? 0 : size - SUM_LINE);
	mp_sha256(sum, mp_buf_text(&text), text.len);
	mp_buf_str(&text, "sum ");
	mp_hex_add(&text, sum, sizeof sum);
	mp_buf_byte(&text, '\n');
	parse(text.data, text.len);
	mp_buf_reset(&text);
	mp_buf_add(&text, data, size);
	if (mp_recovery_read(&master, mp_buf_text(&text), &err) == MP_OK)
		must(mp_recovery_shape(mp_buf_text(&text)));
	mp_secret_clear(&master);
	mp_buf_clear(&text);
	return 0;
}
