/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ingest/id.h"

#include "base/buf.h"
#include "base/encode.h"
#include "crypto/hash.h"
#include "mailbox/scan.h"

char *
mp_mail_id(const uint8_t *raw, size_t len, const uint8_t *sha256)
{
	struct mp_buf id = MP_BUF_INIT(MP_ID_MAX);
	uint8_t sum[32];

	if (!mp_scan_id(&id, raw, len) || id.overflow) {
		if (sha256 == NULL) {
			mp_sha256(sum, raw, len);
			sha256 = sum;
		}
		mp_buf_reset(&id);
		mp_buf_str(&id, "mp-sha256-");
		mp_hex_add(&id, sha256, sizeof sum);
		mp_buf_str(&id, "@localhost");
	}
	return (char *)id.data;
}
