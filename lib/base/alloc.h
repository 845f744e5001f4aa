/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_BASE_ALLOC_H
#define MP_BASE_ALLOC_H

#include <stddef.h>

/*
 * Allocation that does not return NULL: without memory the process says so
 * and ends with exit 75 (try again), as GLib does. Sizes from outside are
 * bounded by the caller before they come here. Free with free(3).
 */

/* Say that there is no memory and end the process, exit 75. */
_Noreturn void mp_no_memory(void);

void *mp_malloc(size_t size) __attribute__((malloc, returns_nonnull));
void *mp_calloc(size_t count, size_t size)
    __attribute__((malloc, returns_nonnull));
void *mp_realloc(void *old, size_t size) __attribute__((returns_nonnull));

/* realloc to count * size bytes; an overflow counts as "no memory". */
void *mp_realloc_array(void *old, size_t count, size_t size)
    __attribute__((returns_nonnull));
char *mp_strdup(const char *text) __attribute__((malloc, returns_nonnull));

/* Copy len bytes of text and end them with a NUL. */
char *mp_strndup(const char *text, size_t len)
    __attribute__((malloc, returns_nonnull));

/* sprintf into new memory. */
char *mp_asprintf(const char *fmt, ...)
    __attribute__((malloc, returns_nonnull, format(printf, 1, 2)));

#endif
