/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CONFIG_CONFIG_H
#define MP_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strlist.h"
#include "config/ini.h"
#include "store/store.h"

/*
 * Settings: named texts, sealed in the store as values of the table
 * "config" (mp-config.5). What settings there are is known here, with type,
 * default and help; a name that is not known cannot be set, so that a slip
 * of the pen does not pass for a setting. Changes are the caller's
 * transaction.
 */

enum mp_setting_type {
	MP_SETTING_TEXT,	/* not empty, one line */
	MP_SETTING_NUMBER,	/* decimal, not negative; k, M, G times 1024 */
	MP_SETTING_BOOL,	/* yes, no, true, false, on, off, 1, 0 */
	MP_SETTING_TAGS,	/* tags between blanks; may be none */
	MP_SETTING_QUERY,	/* a query (mp-query.7), not empty */
	MP_SETTING_RULE		/* "QUERY -> +tag -tag" */
};

struct mp_setting {
	const char *name;	/* "new.tags"; "rule.*": any key after it */
	enum mp_setting_type type;
	const char *fallback;	/* its value when not set; NULL: none */
	const char *about;	/* one line, lower case, no full stop */
};

/* All known settings, by name. */
const struct mp_setting *mp_settings(size_t *count);

/* What is known of name; NULL: no such setting. */
const struct mp_setting *mp_setting_find(const char *name);

/* "text", "number", ... */
const char *mp_setting_type_name(enum mp_setting_type type);

/*
 * May the setting have this value?
 *
 * MP_USAGE: there is no such setting. MP_CONFIG: not with this value.
 */
enum mp_status mp_config_check(const char *name, const char *value,
    struct mp_err *err) MP_CHECKED;

/*
 * The value of a setting, or its default; the caller frees it. *value is
 * NULL when it is neither set nor has a default.
 */
enum mp_status mp_config_text(char **value, struct mp_store *store,
    const char *name, struct mp_err *err) MP_CHECKED;

/* The same as a number or truth; 0 or false without set value and default. */
enum mp_status mp_config_number(uint64_t *value, struct mp_store *store,
    const char *name, struct mp_err *err) MP_CHECKED;
enum mp_status mp_config_bool(bool *value, struct mp_store *store,
    const char *name, struct mp_err *err) MP_CHECKED;

/* The same as words, added to the list in their order. */
enum mp_status mp_config_words(struct mp_strlist *words,
    struct mp_store *store, const char *name, struct mp_err *err) MP_CHECKED;

/* The keys after "prefix." of all settings that are set, sorted. */
enum mp_status mp_config_names(struct mp_strlist *keys,
    struct mp_store *store, const char *prefix, struct mp_err *err)
    MP_CHECKED;

/* The values of all those, in the order of their keys. */
enum mp_status mp_config_values(struct mp_strlist *values,
    struct mp_store *store, const char *prefix, struct mp_err *err)
    MP_CHECKED;

/* Set a checked value. Fails as mp_config_check does. */
enum mp_status mp_config_set(struct mp_store *store, const char *name,
    const char *value, struct mp_err *err) MP_CHECKED;

/* Back to the default. MP_NOT_FOUND: it is not set. */
enum mp_status mp_config_unset(struct mp_store *store, const char *name,
    struct mp_err *err) MP_CHECKED;

/* All settings that are set, added to *ini. */
enum mp_status mp_config_load(struct mp_ini *ini, struct mp_store *store,
    struct mp_err *err) MP_CHECKED;

/*
 * Read settings from text and check each; errors name file:line.
 * MP_CONFIG as mp_ini_parse; nothing is in *ini after a failure.
 */
enum mp_status mp_config_parse(struct mp_ini *ini, const char *text,
    size_t len, const char *file, struct mp_err *err) MP_CHECKED;

/*
 * Set what differs between old and new and unset what only old has, so that
 * what somebody else changed meanwhile stays. Adds up the changes.
 */
enum mp_status mp_config_apply(size_t *changes, struct mp_store *store,
    const struct mp_ini *old, const struct mp_ini *new, struct mp_err *err)
    MP_CHECKED;

/*
 * Append the settings as text, those not set as comments with their
 * defaults and help.
 */
void mp_config_describe(struct mp_buf *to, const struct mp_ini *ini);

#endif
