/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "config/config.h"
#include "config/config_internal.h"

bool
mp_config_parse_number(uint64_t *number, const char *text)
{
	uint64_t value = 0, factor = 1;

	if (*text == '\0')
		return false;
	for (; *text >= '0' && *text <= '9'; text++)
		if (__builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*text - '0'),
		    &value))
			return false;
	switch (*text) {
	case 'k': factor = (uint64_t)1 << 10; text++; break;
	case 'M': factor = (uint64_t)1 << 20; text++; break;
	case 'G': factor = (uint64_t)1 << 30; text++; break;
	default: break;
	}
	return *text == '\0' &&
	    !__builtin_mul_overflow(value, factor, number);
}

bool
mp_config_parse_bool(bool *truth, const char *text)
{
	static const char *const words[] = {
		"no", "yes", "false", "true", "off", "on", "0", "1"
	};
	size_t i;

	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(text, words[i]) == 0) {
			*truth = i % 2 != 0;
			return true;
		}
	return false;
}

void
mp_config_split(struct mp_strlist *words, const char *text)
{
	static const char blanks[] = " \t\n";
	size_t len;

	for (text += strspn(text, blanks); *text != '\0';
	    text += len + strspn(text + len, blanks)) {
		len = strcspn(text, blanks);
		mp_strlist_addn(words, text, len);
	}
}

static const char *
wrong_tags(const char *value)
{
	struct mp_strlist words = MP_STRLIST_INIT;
	const char *what = NULL;
	size_t i;

	mp_config_split(&words, value);
	for (i = 0; i < words.count; i++)
		if (words.items[i][0] == '-' || words.items[i][0] == '+')
			what = "a tag does not start with + or -";
	mp_strlist_clear(&words);
	return what;
}

static const char *
wrong_rule(const char *value)
{
	struct mp_strlist words = MP_STRLIST_INIT;
	const char *what = NULL;
	size_t i;

	mp_config_split(&words, value);
	for (i = 0; i < words.count && strcmp(words.items[i], "--") != 0; i++)
		if (strchr("+-", words.items[i][0]) == NULL ||
		    words.items[i][1] == '\0')
			what = "before -- there are only +TAG and -TAG";
	if (what == NULL && (i == 0 || i + 1 >= words.count))
		what = "it is written +TAG -TAG -- QUERY";
	mp_strlist_clear(&words);
	return what;
}

static const char *
wrong_text(const char *value)
{
	if (value[strspn(value, " \t\n")] == '\0')
		return "it is empty";
	return strchr(value, '\n') != NULL ? "it is of one line" : NULL;
}

const char *
mp_config_wrong(const struct mp_setting *setting, const char *value)
{
	uint64_t number;
	bool truth;

	if (!mp_ini_value_valid(value, strlen(value)))
		return "it is not a clean UTF-8 text of at most 64 KiB";
	switch (setting->type) {
	case MP_SETTING_NUMBER:
		return mp_config_parse_number(&number, value) ? NULL :
		    "it is a number, with k, M or G if need be";
	case MP_SETTING_BOOL:
		return mp_config_parse_bool(&truth, value) ? NULL :
		    "it is yes or no";
	case MP_SETTING_TAGS:
		return wrong_tags(value);
	case MP_SETTING_RULE:
		return wrong_rule(value);
	case MP_SETTING_TEXT:
	case MP_SETTING_QUERY:
		break;
	}
	return wrong_text(value);
}
