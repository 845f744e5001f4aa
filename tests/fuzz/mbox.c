/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as an mbox: reading ends, messages lie in order without
 * overlap, and each, written by mp_mbox_write, is read back to the byte.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mailbox/mbox.h"
#include "mailbox/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAIL_MAX ((size_t)1 << 20)

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static int
memory_file(const void *data, size_t size)
{
	int fd = memfd_create("mbox", MFD_CLOEXEC);

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	return fd;
}

static enum mp_status
open_all(struct mp_mbox **mbox, int fd, struct mp_err *err)
{
	enum mp_status status = mp_mbox_open(mbox, fd, "input", 0, false,
	    err);

	must(status == MP_OK || status == MP_INVALID);
	return status;
}

/* Read all of the written mbox and compare with the messages of the first. */
static void
check_copy(const struct mp_buf *written, int fd)
{
	struct mp_buf a = MP_BUF_INIT(MAIL_MAX), b = MP_BUF_INIT(MAIL_MAX);
	struct mp_err err = MP_ERR_INIT;
	struct mp_mbox *mbox, *again;
	struct mp_mbox_mail mail;
	int copy = memory_file(written->data, written->len);

	must(open_all(&mbox, fd, &err) == MP_OK);
	must(open_all(&again, copy, &err) == MP_OK);
	while (mp_mbox_next(&a, &mail, mbox, &err) == MP_OK) {
		must(mp_mbox_next(&b, &mail, again, &err) == MP_OK);
		must(a.len == b.len && (a.len == 0 ||
		    memcmp(a.data, b.data, a.len) == 0));
	}
	must(mp_mbox_next(&b, &mail, again, &err) == MP_NOT_FOUND);
	mp_mbox_close(mbox);
	mp_mbox_close(again);
	mp_buf_clear(&a);
	mp_buf_clear(&b);
	(void)close(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mp_buf raw = MP_BUF_INIT(MAIL_MAX);
	struct mp_buf id = MP_BUF_INIT(MAIL_MAX);
	struct mp_buf written = MP_BUF_INIT(8 * MAIL_MAX);
	struct mp_err err = MP_ERR_INIT;
	struct mp_mbox *mbox = NULL;
	struct mp_mbox_mail mail;
	uint64_t at = 0;
	int fd;

	if (size > MAIL_MAX)
		return 0;
	fd = memory_file(data, size);
	if (open_all(&mbox, fd, &err) == MP_OK) {
		while (mp_mbox_next(&raw, &mail, mbox, &err) == MP_OK) {
			must(mail.start >= at && mail.end > mail.start);
			must(mail.end <= size);
			must(raw.len <= mail.end - mail.start);
			at = mail.end;
			mp_mbox_write(&written, raw.data, raw.len, 1);
			mp_buf_reset(&id);
			(void)mp_scan_id(&id, raw.data, raw.len);
			(void)mp_scan_date(raw.data, raw.len);
			must(mp_scan_body(raw.data, raw.len) <= raw.len);
		}
		must(err.status == MP_NOT_FOUND);
		mp_mbox_close(mbox);
		if (!written.overflow && written.len != 0)
			check_copy(&written, fd);
	}
	(void)close(fd);
	mp_buf_clear(&raw);
	mp_buf_clear(&id);
	mp_buf_clear(&written);
	return 0;
}
