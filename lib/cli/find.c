/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/find.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/encode.h"
#include "base/utf8.h"
#include "config/config.h"
#include "query/match.h"
#include "text/text.h"

#define TEXT_MAX ((size_t)4 << 20)

/* Addresses are folded in the index. */
static void
fold_all(struct mp_strlist *words)
{
	size_t i;

	for (i = 0; i < words->count; i++) {
		struct mp_buf folded = MP_BUF_INIT(TEXT_MAX);

		mp_text_fold(&folded, words->items[i],
		    strlen(words->items[i]));
		free(words->items[i]);
		words->items[i] = mp_strdup(mp_buf_text(&folded));
		mp_buf_clear(&folded);
	}
}

enum mp_status
mp_find_init(struct mp_find *find, struct mp_cli *cli,
    struct mp_index *index, struct mp_err *err)
{
	struct mp_store *store = mp_index_store(index);
	enum mp_status status;

	*find = (struct mp_find){ .cli = cli, .index = index };
	status = mp_config_words(&find->hidden, store, "search.hidden", err);
	if (status == MP_OK)
		status = mp_config_words(&find->own, store, "user.addresses",
		    err);
	if (status == MP_OK)
		status = mp_config_text(&find->language, store,
		    "search.language", err);
	fold_all(&find->own);
	if (status == MP_OK)
		status = mp_store_bits_load(&find->removed, store,
		    "x:removed", err);
	return status;
}

void
mp_find_clear(struct mp_find *find)
{
	mp_strlist_clear(&find->hidden);
	mp_strlist_clear(&find->own);
	free(find->language);
	find->language = NULL;
	mp_docset_clear(&find->removed);
	mp_docset_clear(&find->found);
}

/* --- queries -------------------------------------------------------- */

static enum mp_status
saved_query(void *arg, struct mp_buf *text, const char *name,
    struct mp_err *err)
{
	struct mp_find *find = arg;
	char *setting = mp_asprintf("query.%s", name), *value = NULL;
	enum mp_status status = MP_NOT_FOUND;

	if (mp_setting_find(setting) != NULL)
		status = mp_config_text(&value, mp_index_store(find->index),
		    setting, err);
	if (status == MP_OK && value == NULL)
		status = MP_NOT_FOUND;
	if (status == MP_OK)
		mp_buf_str(text, value);
	free(value);
	free(setting);
	return status;
}

/* The query, and a caret below the place. */
static void
point_out(struct mp_find *find, const char *text,
    const struct mp_query_place *place)
{
	struct mp_buf before = MP_BUF_INIT(TEXT_MAX);

	mp_utf8_clean(&before, text, place->byte, false);
	mp_cli_error(find->cli, "%s", text);
	mp_cli_error(find->cli, "%*s^", (int)mp_text_width(
	    mp_buf_text(&before), before.len), "");
	mp_buf_clear(&before);
}

enum mp_status
mp_find_parse(struct mp_query **query, struct mp_find *find,
    const char *text, struct mp_err *err)
{
	struct mp_query_options options = {
		.now = (int64_t)time(NULL), .syntax = find->syntax,
		.saved = saved_query, .saved_arg = find
	};
	struct mp_query_place place = { 0, 0 };
	enum mp_status status;

	status = mp_query_parse(query, text, &options, &place, err);
	if (status == MP_USAGE) {
		point_out(find, text, &place);
		mp_err_context(err, "cannot read the query");
	}
	if (status == MP_OK && mp_query_note(*query) != NULL)
		mp_cli_note(find->cli, "%s", mp_query_note(*query));
	return status;
}

enum mp_status
mp_find_query(struct mp_docset *set, struct mp_find *find, const char *text,
    struct mp_buf *explain, struct mp_err *err)
{
	struct mp_match_options options = {
		.hidden = find->show_hidden ? NULL : &find->hidden,
		.own = &find->own, .language = find->language
	};
	struct mp_query *query;
	enum mp_status status;

	mp_docset_init(set, 0);
	status = mp_find_parse(&query, find, text, err);
	if (status == MP_OK) {
		mp_docset_clear(set);
		status = mp_query_match(set, find->index, query, &options,
		    explain, err);
	}
	mp_query_free(query);
	return status;
}

/* --- operands ------------------------------------------------------- */

static enum mp_status
find_thread(struct mp_docset *set, struct mp_find *find, const char *operand,
    struct mp_err *err)
{
	struct mp_match_options options = { NULL, &find->own, NULL };
	struct mp_query *query;
	struct mp_docset found = MP_DOCSET_INIT;
	enum mp_status status = mp_find_parse(&query, find, operand, err);

	if (status == MP_OK)
		status = mp_query_match(&found, find->index, query, &options,
		    NULL, err);
	if (status == MP_OK)
		mp_docset_or(set, &found);
	mp_docset_clear(&found);
	mp_query_free(query);
	return status;
}

static enum mp_status
find_id(struct mp_docset *set, struct mp_find *find, const char *operand,
    struct mp_err *err)
{
	struct mp_buf id = MP_BUF_INIT(TEXT_MAX);
	size_t len = strlen(operand);
	enum mp_status status;

	if (strncmp(operand, "id:", 3) == 0)
		mp_id_unescape(&id, operand + 3, len - 3);
	else if (len > 2 && operand[0] == '<' && operand[len - 1] == '>')
		mp_buf_add(&id, operand + 1, len - 2);
	else
		mp_buf_add(&id, operand, len);
	status = mp_index_find_id(set, find->index, mp_buf_text(&id), err);
	mp_buf_clear(&id);
	return status;
}

/* Move what was found and is not removed; false when that is nothing. */
static bool
move_found(struct mp_docset *set, struct mp_find *find)
{
	uint32_t docid = 0;
	bool any = false;

	while ((docid = mp_docset_next(&find->found, docid)) !=
	    MP_DOCSET_END) {
		if (!mp_docset_has(&find->removed, docid)) {
			mp_docset_add(set, docid);
			any = true;
		}
		mp_docset_remove(&find->found, docid);
	}
	return any;
}

enum mp_status
mp_find_operand(struct mp_docset *set, struct mp_find *find,
    const char *operand, struct mp_err *err)
{
	enum mp_status status;

	if (find->found.words == NULL)
		mp_docset_init(&find->found, mp_index_end(find->index));
	if (strncmp(operand, "thread:", 7) == 0)
		status = find_thread(&find->found, find, operand, err);
	else
		status = find_id(&find->found, find, operand, err);
	if (!move_found(set, find) && status == MP_OK)
		status = mp_err_set(err, MP_NOT_FOUND, "no message '%s'",
		    operand);
	return status;
}

bool
mp_find_next(struct mp_docset *set, const char **name, struct mp_find *find,
    struct mp_err *err)
{
	enum mp_status status;

	mp_docset_clear(set);
	if (find->cli->query != NULL) {
		*name = find->cli->query;
		find->cli->query = NULL;
		return mp_find_query(set, find, *name, NULL, err) == MP_OK;
	}
	while ((*name = mp_cli_next(find->cli)) != NULL) {
		mp_docset_clear(set);
		mp_docset_init(set, mp_index_end(find->index));
		status = mp_find_operand(set, find, *name, err);
		if (status == MP_OK)
			return true;
		if (!mp_cli_skip(find->cli, err))
			return false;
	}
	return false;
}

char *
mp_find_join(char *const words[], size_t count)
{
	struct mp_buf text = MP_BUF_INIT(TEXT_MAX);
	size_t i;

	for (i = 0; i < count; i++) {
		if (i > 0)
			mp_buf_byte(&text, ' ');
		mp_buf_str(&text, words[i]);
	}
	return text.data == NULL ? mp_strdup("") : (char *)text.data;
}
