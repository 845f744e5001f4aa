/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/alloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
mp_no_memory(void)
{
	static const char text[] = "mp: out of memory\n";

	if (write(STDERR_FILENO, text, sizeof text - 1) < 0) {
		/* nothing is left to tell it to */
	}
	_exit(75);
}

static void *
check(void *got)
{
	if (got == NULL)
		mp_no_memory();
	return got;
}

void *
mp_malloc(size_t size)
{
	return check(malloc(size != 0 ? size : 1));
}

void *
mp_calloc(size_t count, size_t size)
{
	return check(calloc(count != 0 ? count : 1, size != 0 ? size : 1));
}

void *
mp_realloc(void *old, size_t size)
{
	return check(realloc(old, size != 0 ? size : 1));
}

void *
mp_realloc_array(void *old, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return check(NULL);
	return mp_realloc(old, bytes);
}

char *
mp_strdup(const char *text)
{
	return check(strdup(text));
}

char *
mp_strndup(const char *text, size_t len)
{
	char *copy = mp_malloc(len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *
mp_asprintf(const char *fmt, ...)
{
	va_list args;
	char *text = NULL;
	int len;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	return check(len < 0 ? NULL : text);
}
