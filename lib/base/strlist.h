/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_BASE_STRLIST_H
#define MP_BASE_STRLIST_H

#include <stdbool.h>
#include <stddef.h>

/* A growing list of strings it owns. items[count] is not kept NULL. */
struct mp_strlist {
	char **items;
	size_t count;
	size_t cap;
};

#define MP_STRLIST_INIT { NULL, 0, 0 }

void mp_strlist_clear(struct mp_strlist *list);
void mp_strlist_add(struct mp_strlist *list, const char *text);
void mp_strlist_addn(struct mp_strlist *list, const char *text, size_t len);

/* Add text, which must come from malloc and is the list's from now on. */
void mp_strlist_take(struct mp_strlist *list, char *text);
bool mp_strlist_has(const struct mp_strlist *list, const char *text);

/* Sort by bytes and drop repeated strings. */
void mp_strlist_sort(struct mp_strlist *list);

#endif
