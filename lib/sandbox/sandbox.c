/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "sandbox/sandbox_internal.h"

void
mp_sandbox_read(struct mp_sandbox *box, const char *path)
{
	if (!(box->powers & MP_POWER_READ))
		abort();
	mp_strlist_add(&box->read, path);
}

void
mp_sandbox_write(struct mp_sandbox *box, const char *path)
{
	if (!(box->powers & MP_POWER_WRITE))
		abort();
	mp_strlist_add(&box->write, path);
}

void
mp_sandbox_clear(struct mp_sandbox *box)
{
	mp_strlist_clear(&box->read);
	mp_strlist_clear(&box->write);
}

int
mp_sandbox_level(void)
{
#ifdef MP_SANITIZE
	return -1;
#else
	return mp_landlock_version();
#endif
}

enum mp_status
mp_sandbox_enter(const struct mp_sandbox *box, struct mp_err *err)
{
	enum mp_status status;

	if (mp_sandbox_level() == -1)
		return MP_OK;
	/* else a set-user-id program could be talked into breaking out */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return mp_err_sys(err, errno, "cannot give up privileges");
	status = mp_landlock_enter(box, err);
	if (status == MP_OK)
		status = mp_seccomp_enter(box, err);
	return status;
}
