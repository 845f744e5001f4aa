/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tag/rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "config/config.h"
#include "search/search.h"
#include "tag/edit.h"

static const char *
last_arrow(const char *rule)
{
	const char *arrow = NULL, *at = rule;

	while ((at = strstr(at, " -> ")) != NULL)
		arrow = at++;
	return arrow;
}

static enum mp_status
read_changes(struct mp_tag_edit *edit, const char *text, struct mp_err *err)
{
	enum mp_status status = MP_OK;
	size_t len;

	for (text += strspn(text, " \t"); *text != '\0' && status == MP_OK;
	    text += len + strspn(text + len, " \t")) {
		char *word;

		len = strcspn(text, " \t");
		word = mp_strndup(text, len);
		status = mp_tag_edit_word(edit, word, err);
		free(word);
	}
	return status;
}

static enum mp_status
apply_rule(struct mp_search *search, const char *rule,
    const struct mp_docset *docs, struct mp_err *err)
{
	struct mp_tag_edit edit = MP_TAG_EDIT_INIT;
	struct mp_docset set = MP_DOCSET_INIT;
	const char *arrow = last_arrow(rule);
	enum mp_status status;
	char *query;

	if (arrow == NULL)
		return mp_err_set(err, MP_CONFIG, "it is written QUERY -> "
		    "+TAG -TAG");
	query = mp_strndup(rule, (size_t)(arrow - rule));
	status = read_changes(&edit, arrow + 4, err);
	if (status == MP_OK)
		status = mp_search_run(&set, search, query, err);
	if (status == MP_USAGE)
		status = err->status = MP_CONFIG;
	mp_docset_and(&set, docs);
	if (status == MP_OK && !mp_docset_empty(&set))
		status = mp_tag_edit_apply(mp_index_store(search->index),
		    &edit, &set, err);
	mp_docset_clear(&set);
	mp_tag_edit_clear(&edit);
	free(query);
	return status;
}

static enum mp_status
apply_named(struct mp_search *search, struct mp_store *store,
    const char *name, const struct mp_docset *docs, struct mp_err *err)
{
	char *setting = mp_asprintf("rule.%s", name), *rule = NULL;
	enum mp_status status;

	status = mp_config_text(&rule, store, setting, err);
	if (status == MP_OK && rule != NULL)
		status = apply_rule(search, rule, docs, err);
	if (status != MP_OK)
		mp_err_context(err, "cannot apply '%s'", setting);
	free(rule);
	free(setting);
	return status;
}

enum mp_status
mp_rules_apply(struct mp_store *store, struct mp_index *index,
    const struct mp_docset *docs, struct mp_err *err)
{
	struct mp_strlist names = MP_STRLIST_INIT;
	struct mp_search search = { 0 };
	enum mp_status status;
	size_t i;

	status = mp_config_names(&names, store, "rule", err);
	if (status == MP_OK && names.count > 0)
		status = mp_search_init(&search, index, err);
	search.show_hidden = true;
	for (i = 0; i < names.count && status == MP_OK; i++)
		status = apply_named(&search, store, names.items[i], docs,
		    err);
	mp_search_clear(&search);
	mp_strlist_clear(&names);
	return status;
}

enum mp_status
mp_rules_run(struct mp_index *index, const struct mp_docset *docs,
    struct mp_err *err)
{
	struct mp_store *store = mp_index_store(index);
	struct mp_strlist names = MP_STRLIST_INIT;
	enum mp_status status = mp_config_names(&names, store, "rule", err);
	bool none = names.count == 0 || mp_docset_empty(docs);

	mp_strlist_clear(&names);
	if (status != MP_OK || none)
		return status;
	if (mp_store_begin(store, err) != MP_OK)
		return err->status;
	status = mp_rules_apply(store, index, docs, err);
	if (status == MP_OK)
		return mp_store_commit(store, err);
	mp_store_rollback(store);
	return status;
}

enum mp_status
mp_rules_before(struct mp_docset *old, struct mp_store *store,
    struct mp_err *err)
{
	struct mp_index *index;
	enum mp_status status = mp_index_open(&index, store, err);

	mp_docset_init(old, mp_store_end(store));
	if (status == MP_OK)
		status = mp_index_covered(old, index, err);
	mp_index_close(index);
	return status;
}

enum mp_status
mp_rules_after(struct mp_store *store, const struct mp_docset *old,
    struct mp_err *err)
{
	struct mp_docset docs;
	struct mp_index *index = NULL;
	enum mp_status status = mp_rules_before(&docs, store, err);

	mp_docset_andnot(&docs, old);
	if (status == MP_OK)
		status = mp_index_open(&index, store, err);
	if (status == MP_OK)
		status = mp_rules_run(index, &docs, err);
	mp_index_close(index);
	mp_docset_clear(&docs);
	return status;
}
