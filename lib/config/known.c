/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "config/config.h"

/* By name. A line here, one in mp-config.5: tests/mp-config.bats compares. */
static const struct mp_setting settings[] = {
	{ "new.tags", MP_SETTING_TAGS, "inbox unread",
	    "tags that new mail gets" },
	{ "query.*", MP_SETTING_QUERY, NULL,
	    "a saved search, named by query:NAME in others" },
	{ "rule.*", MP_SETTING_RULE, NULL,
	    "changes of tags for the new mail that a query finds" },
	{ "search.hidden", MP_SETTING_TAGS, "deleted spam",
	    "tags whose messages are found only when the query names them" },
	{ "search.language", MP_SETTING_TEXT, "english",
	    "whose word endings a search disregards, or none" },
	{ "source.*", MP_SETTING_TEXT, NULL,
	    "where mp-fetch takes mail from when told nothing else" },
	{ "user.addresses", MP_SETTING_TAGS, NULL,
	    "your own addresses, for is:personal and sender:known" },
};

const struct mp_setting *
mp_settings(size_t *count)
{
	*count = sizeof settings / sizeof settings[0];
	return settings;
}

const struct mp_setting *
mp_setting_find(const char *name)
{
	size_t i;

	if (!mp_ini_name_valid(name))
		return NULL;
	for (i = 0; i < sizeof settings / sizeof settings[0]; i++) {
		const char *known = settings[i].name;
		size_t len = strlen(known);

		if (strcmp(known, name) == 0)
			return &settings[i];
		if (known[len - 1] == '*' &&
		    strncmp(known, name, len - 1) == 0)
			return &settings[i];
	}
	return NULL;
}

const char *
mp_setting_type_name(enum mp_setting_type type)
{
	static const char *const names[] = {
		[MP_SETTING_TEXT] = "text",
		[MP_SETTING_NUMBER] = "number",
		[MP_SETTING_BOOL] = "yes or no",
		[MP_SETTING_TAGS] = "tags",
		[MP_SETTING_QUERY] = "query",
		[MP_SETTING_RULE] = "rule",
	};

	return names[type];
}
