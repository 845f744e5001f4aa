/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "config/config.h"
#include "config/config_internal.h"
#include "query/query.h"

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

static enum mp_status
wrong(struct mp_err *err, const char *why)
{
	return mp_err_set(err, MP_CONFIG, "%s", why);
}

static enum mp_status
check_tags(const char *value, struct mp_err *err)
{
	struct mp_strlist words = MP_STRLIST_INIT;
	enum mp_status status = MP_OK;
	size_t i;

	mp_config_split(&words, value);
	for (i = 0; i < words.count; i++)
		if (words.items[i][0] == '-' || words.items[i][0] == '+')
			status = wrong(err,
			    "a tag does not start with + or -");
	mp_strlist_clear(&words);
	return status;
}

/* Whether a saved query exists is seen when it is used. */
static enum mp_status
any_saved(void *arg, struct mp_buf *text, const char *name,
    struct mp_err *err)
{
	(void)arg;
	(void)name;
	(void)err;
	mp_buf_str(text, "*");
	return MP_OK;
}

static enum mp_status
check_query(const char *value, struct mp_err *err)
{
	struct mp_query_options options = { .saved = any_saved };
	struct mp_query *query = NULL;

	if (value[strspn(value, " \t\n")] == '\0')
		return wrong(err, "the query is empty");
	if (mp_query_parse(&query, value, &options, NULL, err) != MP_OK)
		err->status = MP_CONFIG;
	mp_query_free(query);
	return err->status;
}

/* The query stands before the last " -> ", the changes behind it. */
static enum mp_status
check_rule(const char *value, struct mp_err *err)
{
	const char *arrow = NULL, *next = value;
	struct mp_strlist words = MP_STRLIST_INIT;
	enum mp_status status = MP_OK;
	char *query;
	size_t i;

	while ((next = strstr(next, " -> ")) != NULL)
		arrow = next++;
	if (arrow == NULL)
		return wrong(err, "it is written QUERY -> +TAG -TAG");
	mp_config_split(&words, arrow + strlen(" -> "));
	for (i = 0; i < words.count; i++)
		if (strchr("+-", words.items[i][0]) == NULL ||
		    words.items[i][1] == '\0')
			status = wrong(err,
			    "after -> there are only +TAG and -TAG");
	if (words.count == 0)
		status = wrong(err, "it is written QUERY -> +TAG -TAG");
	mp_strlist_clear(&words);
	query = mp_strndup(value, (size_t)(arrow - value));
	if (status == MP_OK)
		status = check_query(query, err);
	free(query);
	return status;
}

static enum mp_status
check_text(const char *value, struct mp_err *err)
{
	if (value[strspn(value, " \t\n")] == '\0')
		return wrong(err, "it is empty");
	return strchr(value, '\n') == NULL ? MP_OK :
	    wrong(err, "it is of one line");
}

enum mp_status
mp_config_value_check(const struct mp_setting *setting, const char *value,
    struct mp_err *err)
{
	uint64_t number;
	bool truth;

	if (!mp_ini_value_valid(value, strlen(value)))
		return wrong(err,
		    "it is not a clean UTF-8 text of at most 64 KiB");
	switch (setting->type) {
	case MP_SETTING_NUMBER:
		return mp_config_parse_number(&number, value) ? MP_OK :
		    wrong(err, "it is a number, with k, M or G if need be");
	case MP_SETTING_BOOL:
		return mp_config_parse_bool(&truth, value) ? MP_OK :
		    wrong(err, "it is yes or no");
	case MP_SETTING_TAGS:
		return check_tags(value, err);
	case MP_SETTING_QUERY:
		return check_query(value, err);
	case MP_SETTING_RULE:
		return check_rule(value, err);
	case MP_SETTING_TEXT:
		break;
	}
	return check_text(value, err);
}
