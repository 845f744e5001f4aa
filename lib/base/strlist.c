/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/strlist.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void
mp_strlist_clear(struct mp_strlist *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	memset(list, 0, sizeof *list);
}

void
mp_strlist_take(struct mp_strlist *list, char *text)
{
	if (list->count == list->cap) {
		list->cap = list->cap < 8 ? 8 : list->cap * 2;
		list->items = mp_realloc_array(list->items, list->cap,
		    sizeof *list->items);
	}
	list->items[list->count++] = text;
}

void
mp_strlist_add(struct mp_strlist *list, const char *text)
{
	mp_strlist_take(list, mp_strdup(text));
}

void
mp_strlist_addn(struct mp_strlist *list, const char *text, size_t len)
{
	mp_strlist_take(list, mp_strndup(text, len));
}

bool
mp_strlist_has(const struct mp_strlist *list, const char *text)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (strcmp(list->items[i], text) == 0)
			return true;
	return false;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
mp_strlist_sort(struct mp_strlist *list)
{
	size_t i, kept = 0;

	if (list->count < 2)
		return;
	qsort(list->items, list->count, sizeof *list->items, compare);
	for (i = 1; i < list->count; i++) {
		if (strcmp(list->items[kept], list->items[i]) == 0)
			free(list->items[i]);
		else
			list->items[++kept] = list->items[i];
	}
	list->count = kept + 1;
}
