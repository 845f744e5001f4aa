/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ingest/deliver.h"

#include "base/io.h"
#include "ingest/spool.h"

enum mp_status
mp_deliver_read(struct mp_buf *raw, struct mp_mail *mail, int fd,
    struct mp_err *err)
{
	size_t from_line;

	if (mp_fd_read(raw, fd, "standard input", err) != MP_OK) {
		err->status = MP_RETRY;
		return MP_RETRY;
	}
	from_line = mp_mail_from_line(raw->data, raw->len);
	mail->raw = raw->data + from_line;
	mail->len = raw->len - from_line;
	if (mail->len == 0)
		return mp_err_set(err, MP_INVALID,
		    "there is no message on standard input");
	return MP_OK;
}

enum mp_status
mp_deliver(struct mp_err *why, struct mp_unlock_ways *ways,
    mp_deliver_fn *store, void *arg, const struct mp_mail *mail,
    struct mp_err *err)
{
	struct mp_unlocked unlocked = MP_UNLOCKED_INIT;
	enum mp_status status;

	mp_err_clear(why);
	ways->no_terminal = true;
	status = mp_unlock(&unlocked, ways, err);
	if (status == MP_OK)
		status = store(arg, unlocked.keys, mail, err);
	if (status != MP_OK && unlocked.slots != NULL) {
		*why = *err;
		mp_err_clear(err);
		status = mp_spool_put(ways->store_path,
		    mp_keyslots_spool_key(unlocked.slots), mail->raw,
		    mail->len, mail->received, err);
	}
	mp_unlocked_clear(&unlocked);
	if (status == MP_OK)
		return MP_OK;
	err->status = MP_RETRY;
	return MP_RETRY;
}
