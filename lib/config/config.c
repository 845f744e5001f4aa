/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "config/config_internal.h"

#define TABLE "config"

enum mp_status
mp_config_check(const char *name, const char *value, struct mp_err *err)
{
	const struct mp_setting *setting = mp_setting_find(name);

	if (setting == NULL)
		return mp_err_set(err, MP_USAGE, "there is no setting '%s'",
		    name);
	if (mp_config_value_check(setting, value, err) != MP_OK)
		mp_err_context(err, "cannot set '%s'", name);
	return err->status;
}

enum mp_status
mp_config_text(char **value, struct mp_store *store, const char *name,
    struct mp_err *err)
{
	const struct mp_setting *setting = mp_setting_find(name);
	struct mp_buf buf = MP_BUF_INIT(MP_INI_VALUE_MAX);
	enum mp_status status;

	*value = NULL;
	if (setting == NULL)
		return mp_err_set(err, MP_USAGE, "there is no setting '%s'",
		    name);
	status = mp_store_get(&buf, store, TABLE, name, err);
	if (status == MP_OK) {
		*value = mp_strdup(mp_buf_text(&buf));
	} else if (status == MP_NOT_FOUND) {
		mp_err_clear(err);
		status = MP_OK;
		if (setting->fallback != NULL)
			*value = mp_strdup(setting->fallback);
	}
	mp_buf_clear(&buf);
	return status;
}

/* A value that a newer version may have set and this one cannot read. */
static enum mp_status
unreadable(const char *name, const char *value, struct mp_err *err)
{
	return mp_err_set(err, MP_CONFIG, "cannot use '%s': its value '%s' "
	    "is not understood", name, value);
}

enum mp_status
mp_config_number(uint64_t *value, struct mp_store *store, const char *name,
    struct mp_err *err)
{
	enum mp_status status;
	char *text;

	*value = 0;
	status = mp_config_text(&text, store, name, err);
	if (status == MP_OK && text != NULL &&
	    !mp_config_parse_number(value, text))
		status = unreadable(name, text, err);
	free(text);
	return status;
}

enum mp_status
mp_config_bool(bool *value, struct mp_store *store, const char *name,
    struct mp_err *err)
{
	enum mp_status status;
	char *text;

	*value = false;
	status = mp_config_text(&text, store, name, err);
	if (status == MP_OK && text != NULL &&
	    !mp_config_parse_bool(value, text))
		status = unreadable(name, text, err);
	free(text);
	return status;
}

enum mp_status
mp_config_words(struct mp_strlist *words, struct mp_store *store,
    const char *name, struct mp_err *err)
{
	enum mp_status status;
	char *text;

	status = mp_config_text(&text, store, name, err);
	if (text != NULL)
		mp_config_split(words, text);
	free(text);
	return status;
}

enum mp_status
mp_config_names(struct mp_strlist *keys, struct mp_store *store,
    const char *prefix, struct mp_err *err)
{
	struct mp_strlist all = MP_STRLIST_INIT;
	size_t len = strlen(prefix), i;
	enum mp_status status;

	status = mp_store_keys_of(&all, store, TABLE, err);
	for (i = 0; i < all.count; i++)
		if (strncmp(all.items[i], prefix, len) == 0 &&
		    all.items[i][len] == '.')
			mp_strlist_add(keys, all.items[i] + len + 1);
	mp_strlist_clear(&all);
	return status;
}

enum mp_status
mp_config_values(struct mp_strlist *values, struct mp_store *store,
    const char *prefix, struct mp_err *err)
{
	struct mp_strlist keys = MP_STRLIST_INIT;
	enum mp_status status;
	size_t i;

	status = mp_config_names(&keys, store, prefix, err);
	for (i = 0; i < keys.count && status == MP_OK; i++) {
		char *name = mp_asprintf("%s.%s", prefix, keys.items[i]);
		char *value = NULL;

		status = mp_config_text(&value, store, name, err);
		if (value != NULL)
			mp_strlist_take(values, value);
		free(name);
	}
	mp_strlist_clear(&keys);
	return status;
}

enum mp_status
mp_config_set(struct mp_store *store, const char *name, const char *value,
    struct mp_err *err)
{
	enum mp_status status = mp_config_check(name, value, err);

	if (status != MP_OK)
		return status;
	return mp_store_put(store, TABLE, name, value, strlen(value), err);
}

enum mp_status
mp_config_unset(struct mp_store *store, const char *name, struct mp_err *err)
{
	struct mp_buf buf = MP_BUF_INIT(MP_INI_VALUE_MAX);
	enum mp_status status = mp_store_get(&buf, store, TABLE, name, err);

	mp_buf_clear(&buf);
	if (status == MP_NOT_FOUND)
		return mp_err_set(err, MP_NOT_FOUND, "'%s' is not set", name);
	if (status != MP_OK)
		return status;
	return mp_store_delete(store, TABLE, name, err);
}

enum mp_status
mp_config_load(struct mp_ini *ini, struct mp_store *store,
    struct mp_err *err)
{
	struct mp_strlist names = MP_STRLIST_INIT;
	struct mp_buf value = MP_BUF_INIT(MP_INI_VALUE_MAX);
	enum mp_status status;
	size_t i;

	status = mp_store_keys_of(&names, store, TABLE, err);
	for (i = 0; status == MP_OK && i < names.count; i++) {
		mp_buf_reset(&value);
		status = mp_store_get(&value, store, TABLE, names.items[i],
		    err);
		if (status == MP_OK)
			(void)mp_ini_add(ini, names.items[i],
			    mp_buf_text(&value), 0);
	}
	mp_buf_clear(&value);
	mp_strlist_clear(&names);
	return status;
}

enum mp_status
mp_config_parse(struct mp_ini *ini, const char *text, size_t len,
    const char *file, struct mp_err *err)
{
	enum mp_status status = mp_ini_parse(ini, text, len, file, err);
	size_t i;

	for (i = 0; status == MP_OK && i < ini->count; i++) {
		status = mp_config_check(ini->entries[i].name,
		    ini->entries[i].value, err);
		if (status != MP_OK) {
			mp_err_context(err, "%s:%u", file,
			    ini->entries[i].line);
			err->status = status = MP_CONFIG;
		}
	}
	if (status != MP_OK)
		mp_ini_clear(ini);
	return status;
}

enum mp_status
mp_config_apply(size_t *changes, struct mp_store *store,
    const struct mp_ini *old, const struct mp_ini *new, struct mp_err *err)
{
	enum mp_status status = MP_OK;
	size_t i;

	for (i = 0; status == MP_OK && i < new->count; i++) {
		const struct mp_ini_entry *entry = &new->entries[i];
		const char *before = mp_ini_get(old, entry->name);

		if (before != NULL && strcmp(before, entry->value) == 0)
			continue;
		status = mp_config_set(store, entry->name, entry->value, err);
		++*changes;
	}
	for (i = 0; status == MP_OK && i < old->count; i++)
		if (mp_ini_get(new, old->entries[i].name) == NULL) {
			status = mp_store_delete(store, TABLE,
			    old->entries[i].name, err);
			++*changes;
		}
	return status;
}

void
mp_config_describe(struct mp_buf *to, const struct mp_ini *ini)
{
	const struct mp_setting *known;
	size_t count, i;

	mp_ini_format(to, ini);
	known = mp_settings(&count);
	for (i = 0; i < count; i++) {
		const char *dot = strchr(known[i].name, '.');
		const char *fallback = known[i].fallback;

		if (mp_ini_get(ini, known[i].name) != NULL)
			continue;
		mp_buf_printf(to, "\n# %s: %s (%s)\n; [%.*s]\n;\t%s = ",
		    known[i].name, known[i].about,
		    mp_setting_type_name(known[i].type),
		    (int)(dot - known[i].name), known[i].name,
		    dot[1] == '*' ? "NAME" : dot + 1);
		if (fallback != NULL)
			mp_ini_format_value(to, fallback);
		else
			mp_buf_str(to, "...");
		mp_buf_byte(to, '\n');
	}
}
