/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as settings: what can be read is written in a form that reads
 * back as the same settings.
 */
#include <stdlib.h>
#include <string.h>

#include "config/ini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
check_same(const struct mp_ini *one, const struct mp_ini *two)
{
	size_t i;

	must(one->count == two->count);
	for (i = 0; i < one->count; i++) {
		must(strcmp(one->entries[i].name, two->entries[i].name) == 0);
		must(strcmp(one->entries[i].value,
		    two->entries[i].value) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mp_ini ini = MP_INI_INIT, back = MP_INI_INIT;
	struct mp_buf text = MP_BUF_INIT(MP_INI_BYTES_MAX * 8);
	struct mp_err err = MP_ERR_INIT;
	/* A copy of the exact size, so that reading past it is seen. */
	char *copy = malloc(size + (size == 0));
	size_t i;

	if (copy == NULL || size > 1 << 16) {
		free(copy);
		return 0;
	}
	if (size != 0)
		memcpy(copy, data, size);
	if (mp_ini_parse(&ini, copy, size, "fuzz", &err) == MP_OK) {
		for (i = 0; i < ini.count; i++)
			must(mp_ini_name_valid(ini.entries[i].name) &&
			    mp_ini_value_valid(ini.entries[i].value,
			    strlen(ini.entries[i].value)));
		mp_ini_format(&text, &ini);
		must(!text.overflow);
		must(mp_ini_parse(&back, mp_buf_text(&text), text.len,
		    "back", &err) == MP_OK);
		check_same(&ini, &back);
	} else
		must(ini.count == 0 && err.status == MP_CONFIG);
	mp_ini_clear(&ini);
	mp_ini_clear(&back);
	mp_buf_clear(&text);
	free(copy);
	return 0;
}
