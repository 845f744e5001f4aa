/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
mp_err_clear(struct mp_err *err)
{
	err->status = MP_OK;
	err->text[0] = '\0';
}

enum mp_status
mp_err_set(struct mp_err *err, enum mp_status status, const char *fmt, ...)
{
	va_list args;

	err->status = status;
	va_start(args, fmt);
	(void)vsnprintf(err->text, sizeof err->text, fmt, args);
	va_end(args);
	return status;
}

static enum mp_status
status_of(int errnum)
{
	switch (errnum) {
	case ENOENT:
	case ENOTDIR:
		return MP_NOT_FOUND;
	case EEXIST:
		return MP_EXISTS;
	case EACCES:
	case EPERM:
	case EROFS:
		return MP_DENIED;
	case ENOSPC:
	case EDQUOT:
	case ENOMEM:
	case EAGAIN:
	case EMFILE:
	case ENFILE:
		return MP_RETRY;
	default:
		return MP_IO;
	}
}

enum mp_status
mp_err_sys(struct mp_err *err, int errnum, const char *fmt, ...)
{
	va_list args;
	size_t len;

	err->status = status_of(errnum);
	va_start(args, fmt);
	(void)vsnprintf(err->text, sizeof err->text, fmt, args);
	va_end(args);
	len = strlen(err->text);
	(void)snprintf(err->text + len, sizeof err->text - len, ": %s",
	    strerror(errnum));
	return err->status;
}

enum mp_status
mp_err_allow(struct mp_err *err, enum mp_status status,
    enum mp_status answer)
{
	if (status != answer)
		return status;
	mp_err_clear(err);
	return MP_OK;
}

void
mp_err_context(struct mp_err *err, const char *fmt, ...)
{
	char old[sizeof err->text];
	va_list args;
	size_t len;

	(void)snprintf(old, sizeof old, "%s", err->text);
	va_start(args, fmt);
	(void)vsnprintf(err->text, sizeof err->text, fmt, args);
	va_end(args);
	len = strlen(err->text);
	(void)snprintf(err->text + len, sizeof err->text - len, ": %s", old);
}
