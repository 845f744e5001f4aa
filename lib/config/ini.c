/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/ini.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "config/config_internal.h"

void
mp_ini_clear(struct mp_ini *ini)
{
	size_t i;

	for (i = 0; i < ini->count; i++) {
		free(ini->entries[i].name);
		free(ini->entries[i].value);
	}
	free(ini->entries);
	*ini = (struct mp_ini)MP_INI_INIT;
}

/* Where name stands or would stand. */
static size_t
find(const struct mp_ini *ini, const char *name, bool *there)
{
	size_t low = 0, high = ini->count;

	*there = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(ini->entries[middle].name, name);

		if (order == 0) {
			*there = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *
mp_ini_get(const struct mp_ini *ini, const char *name)
{
	bool there;
	size_t at = find(ini, name, &there);

	return there ? ini->entries[at].value : NULL;
}

bool
mp_ini_add(struct mp_ini *ini, const char *name, const char *value,
    unsigned line)
{
	bool there;
	size_t at = find(ini, name, &there);

	if (there)
		return false;
	if (ini->count == ini->cap) {
		ini->cap = ini->cap != 0 ? ini->cap * 2 : 16;
		ini->entries = mp_realloc_array(ini->entries, ini->cap,
		    sizeof *ini->entries);
	}
	memmove(ini->entries + at + 1, ini->entries + at,
	    (ini->count - at) * sizeof *ini->entries);
	ini->entries[at].name = mp_strdup(name);
	ini->entries[at].value = mp_strdup(value);
	ini->entries[at].line = line;
	ini->count++;
	return true;
}

const char *
mp_ini_name_split(size_t *section_len, size_t *sub_len, const char *name)
{
	const char *first = strchr(name, '.'), *last = strrchr(name, '.');

	*section_len = (size_t)(first - name);
	*sub_len = last > first ? (size_t)(last - first - 1) : 0;
	return last + 1;
}

bool
mp_ini_name_valid(const char *name)
{
	size_t len = strlen(name), section, sub, i;
	const char *key;

	if (len > MP_INI_NAME_MAX || !mp_utf8_valid(name, len) ||
	    strchr(name, '.') == NULL)
		return false;
	key = mp_ini_name_split(&section, &sub, name);
	for (i = 0; i < section; i++)
		if (!is_section_char(name[i]))
			return false;
	for (i = 0; i < sub; i++)
		if (is_control(name[section + 1 + i]))
			return false;
	for (i = 0; key[i] != '\0'; i++)
		if (!is_key_char(key[i]))
			return false;
	/* "a..b" would read back as a.b */
	return section != 0 && i != 0 &&
	    (sub != 0 || key == name + section + 1);
}

bool
mp_ini_value_valid(const char *value, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (is_control(value[i]) && value[i] != '\n' &&
		    value[i] != '\t')
			return false;
	return len <= MP_INI_VALUE_MAX && mp_utf8_valid(value, len);
}

static void
add_quoted(struct mp_buf *to, const char *text, size_t len)
{
	size_t i;

	mp_buf_byte(to, '"');
	for (i = 0; i < len; i++) {
		switch (text[i]) {
		case '\n': mp_buf_str(to, "\\n"); break;
		case '\t': mp_buf_str(to, "\\t"); break;
		case '"': mp_buf_str(to, "\\\""); break;
		case '\\': mp_buf_str(to, "\\\\"); break;
		default: mp_buf_byte(to, (uint8_t)text[i]);
		}
	}
	mp_buf_byte(to, '"');
}

/* Does the value read back as it is without quotes around it? */
static bool
is_plain(const char *value)
{
	size_t len = strlen(value), i;

	if (len == 0 || is_blank(value[0]) || is_blank(value[len - 1]) ||
	    value[0] == '"' || value[len - 1] == '\\')
		return false;
	for (i = 0; i < len; i++)
		if (strchr("\n\t#;", value[i]) != NULL)
			return false;
	return true;
}

void
mp_ini_format_value(struct mp_buf *to, const char *value)
{
	if (is_plain(value))
		mp_buf_str(to, value);
	else
		add_quoted(to, value, strlen(value));
}

void
mp_ini_format(struct mp_buf *to, const struct mp_ini *ini)
{
	const char *last = "";
	size_t last_len = 0, i;

	for (i = 0; i < ini->count; i++) {
		const char *name = ini->entries[i].name, *key;
		size_t section_len, sub_len, len;

		key = mp_ini_name_split(&section_len, &sub_len, name);
		len = (size_t)(key - name);
		if (len != last_len || memcmp(name, last, len) != 0) {
			mp_buf_byte(to, '[');
			mp_buf_add(to, name, section_len);
			if (sub_len != 0) {
				mp_buf_byte(to, ' ');
				add_quoted(to, name + section_len + 1,
				    sub_len);
			}
			mp_buf_str(to, "]\n");
			last = name;
			last_len = len;
		}
		mp_buf_printf(to, "\t%s = ", key);
		mp_ini_format_value(to, ini->entries[i].value);
		mp_buf_byte(to, '\n');
	}
}
