/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tag/edit.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"

void
mp_tag_edit_clear(struct mp_tag_edit *edit)
{
	mp_strlist_clear(&edit->add);
	mp_strlist_clear(&edit->remove);
	edit->remove_all = false;
}

bool
mp_tag_edit_empty(const struct mp_tag_edit *edit)
{
	return edit->add.count == 0 && edit->remove.count == 0 &&
	    !edit->remove_all;
}

enum mp_status
mp_tag_check(const char *text, struct mp_err *err)
{
	size_t len = strlen(text), i;
	const char *wrong = NULL;

	if (len == 0)
		wrong = "it is empty";
	else if (len > MP_TAG_MAX)
		wrong = "it is too long";
	else if (text[0] == '-' || text[0] == '+')
		wrong = "it starts with a sign";
	else if (!mp_utf8_valid(text, len))
		wrong = "it is not UTF-8";
	for (i = 0; i < len && wrong == NULL; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			wrong = "it has a control character";
	return wrong == NULL ? MP_OK : mp_err_set(err, MP_USAGE,
	    "cannot use '%.*s' as a tag: %s", MP_TAG_MAX, text, wrong);
}

static void
drop(struct mp_strlist *list, const char *text)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (strcmp(list->items[i], text) == 0) {
			free(list->items[i]);
			list->items[i] = list->items[--list->count];
			return;
		}
}

enum mp_status
mp_tag_edit_word(struct mp_tag_edit *edit, const char *word,
    struct mp_err *err)
{
	bool adds = word[0] == '+';
	struct mp_strlist *to = adds ? &edit->add : &edit->remove;

	if (!adds && word[0] != '-')
		return mp_err_set(err, MP_USAGE, "expected +TAG or -TAG, not "
		    "'%s'", word);
	if (mp_tag_check(word + 1, err) != MP_OK)
		return err->status;
	drop(adds ? &edit->remove : &edit->add, word + 1);
	if (!mp_strlist_has(to, word + 1))
		mp_strlist_add(to, word + 1);
	return MP_OK;
}

static enum mp_status
change(struct mp_store *store, const char *tag, const struct mp_docset *add,
    const struct mp_docset *remove, struct mp_err *err)
{
	char *name = mp_asprintf("t:%s", tag);
	enum mp_status status;

	status = mp_store_bits_change(store, name, add, remove, err);
	free(name);
	return status;
}

/* Take away all tags but those that are to be added. */
static enum mp_status
remove_others(struct mp_store *store, const struct mp_tag_edit *edit,
    const struct mp_docset *set, struct mp_err *err)
{
	struct mp_strlist names = MP_STRLIST_INIT;
	enum mp_status status;
	size_t i;

	status = mp_store_bits_names(&names, store, "t:", err);
	for (i = 0; i < names.count && status == MP_OK; i++)
		if (!mp_strlist_has(&edit->add, names.items[i] + 2))
			status = mp_store_bits_change(store, names.items[i],
			    NULL, set, err);
	mp_strlist_clear(&names);
	return status;
}

enum mp_status
mp_tag_edit_apply(struct mp_store *store, const struct mp_tag_edit *edit,
    const struct mp_docset *set, struct mp_err *err)
{
	enum mp_status status = MP_OK;
	size_t i;

	if (edit->remove_all)
		status = remove_others(store, edit, set, err);
	for (i = 0; i < edit->remove.count && status == MP_OK; i++)
		status = change(store, edit->remove.items[i], NULL, set, err);
	for (i = 0; i < edit->add.count && status == MP_OK; i++)
		status = change(store, edit->add.items[i], set, NULL, err);
	return status;
}

enum mp_status
mp_tag_rename(struct mp_store *store, const char *from, const char *to,
    struct mp_err *err)
{
	struct mp_docset set = MP_DOCSET_INIT;
	char *name = mp_asprintf("t:%s", from);
	enum mp_status status = mp_tag_check(to, err);

	if (status == MP_OK)
		status = mp_store_bits_load(&set, store, name, err);
	if (status == MP_OK && mp_docset_empty(&set))
		status = mp_err_set(err, MP_NOT_FOUND, "no message has the "
		    "tag '%s'", from);
	if (status == MP_OK && strcmp(from, to) != 0) {
		status = change(store, to, &set, NULL, err);
		if (status == MP_OK)
			status = change(store, from, NULL, &set, err);
	}
	mp_docset_clear(&set);
	free(name);
	return status;
}
