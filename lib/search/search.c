/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search/search.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "config/config.h"
#include "query/match.h"

/* Addresses are in lower case in the index. */
static void
lower_all(struct mp_strlist *words)
{
	size_t i;
	char *ch;

	for (i = 0; i < words->count; i++)
		for (ch = words->items[i]; *ch != '\0'; ch++)
			if (*ch >= 'A' && *ch <= 'Z')
				*ch = (char)(*ch - 'A' + 'a');
}

enum mp_status
mp_search_init(struct mp_search *search, struct mp_index *index,
    struct mp_err *err)
{
	struct mp_store *store = mp_index_store(index);
	enum mp_status status;

	*search = (struct mp_search){ .index = index };
	status = mp_config_words(&search->hidden, store, "search.hidden",
	    err);
	if (status == MP_OK)
		status = mp_config_words(&search->own, store,
		    "user.addresses", err);
	if (status == MP_OK)
		status = mp_config_text(&search->language, store,
		    "search.language", err);
	lower_all(&search->own);
	return status;
}

void
mp_search_clear(struct mp_search *search)
{
	mp_strlist_clear(&search->hidden);
	mp_strlist_clear(&search->own);
	free(search->language);
	search->language = NULL;
}

static enum mp_status
saved_query(void *arg, struct mp_buf *text, const char *name,
    struct mp_err *err)
{
	struct mp_search *search = arg;
	char *setting = mp_asprintf("query.%s", name), *value = NULL;
	enum mp_status status = MP_NOT_FOUND;

	if (mp_setting_find(setting) != NULL)
		status = mp_config_text(&value,
		    mp_index_store(search->index), setting, err);
	if (status == MP_OK && value == NULL)
		status = MP_NOT_FOUND;
	if (status == MP_OK)
		mp_buf_str(text, value);
	free(value);
	free(setting);
	return status;
}

enum mp_status
mp_search_parse(struct mp_query **query, struct mp_search *search,
    const char *text, struct mp_query_place *place, struct mp_err *err)
{
	struct mp_query_options options = {
		.now = (int64_t)time(NULL), .syntax = search->syntax,
		.saved = saved_query, .saved_arg = search
	};

	return mp_query_parse(query, text, &options, place, err);
}

enum mp_status
mp_search_match(struct mp_docset *set, struct mp_search *search,
    const struct mp_query *query, struct mp_buf *explain, struct mp_err *err)
{
	struct mp_match_options options = {
		.hidden = search->show_hidden ? NULL : &search->hidden,
		.own = &search->own, .language = search->language
	};

	return mp_query_match(set, search->index, query, &options, explain,
	    err);
}

enum mp_status
mp_search_run(struct mp_docset *set, struct mp_search *search,
    const char *text, struct mp_err *err)
{
	struct mp_query *query;
	enum mp_status status;

	*set = (struct mp_docset)MP_DOCSET_INIT;
	status = mp_search_parse(&query, search, text, NULL, err);
	if (status == MP_OK)
		status = mp_search_match(set, search, query, NULL, err);
	mp_query_free(query);
	return status;
}
