/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "contact/contact.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "text/text.h"

/* A search in progress over the vocabulary of one field. */
struct search {
	struct mp_contacts *found;
	struct mp_strlist words;	/* folded */
	struct mp_buf folded;
	bool from;			/* the field of senders */
};

void
mp_contacts_clear(struct mp_contacts *contacts)
{
	size_t i;

	for (i = 0; i < contacts->count; i++) {
		free(contacts->list[i].address);
		free(contacts->list[i].name);
	}
	free(contacts->list);
	memset(contacts, 0, sizeof *contacts);
}

static bool
matches(struct search *search, const char *term, size_t len)
{
	size_t i;

	if (search->words.count == 0)
		return true;
	mp_buf_reset(&search->folded);
	mp_text_fold(&search->folded, term, len);
	for (i = 0; i < search->words.count; i++)
		if (strstr(mp_buf_text(&search->folded),
		    search->words.items[i]) == NULL)
			return false;
	return true;
}

static struct mp_contact *
add_contact(struct mp_contacts *found, const char *address, size_t len)
{
	struct mp_contact *contact;

	if (found->count == found->cap) {
		found->cap = found->cap < 32 ? 32 : found->cap * 2;
		found->list = mp_realloc_array(found->list, found->cap,
		    sizeof *found->list);
	}
	contact = &found->list[found->count++];
	memset(contact, 0, sizeof *contact);
	contact->address = mp_strndup(address, len);
	contact->name = mp_strdup("");
	return contact;
}

/* Terms come sorted, so that those of one address follow each other. */
static enum mp_status
take_term(void *arg, const char *term, size_t len, uint32_t df,
    uint32_t last_docid, struct mp_err *err)
{
	struct search *search = arg;
	const char *tab = memchr(term, '\t', len);
	size_t address_len = tab != NULL ? (size_t)(tab - term) : len;
	struct mp_contact *contact;

	(void)err;
	if (!matches(search, term, len))
		return MP_OK;
	contact = add_contact(search->found, term, address_len);
	if (search->from)
		contact->from = df;
	else
		contact->to = df;
	contact->last_docid = last_docid;
	if (tab != NULL && tab + 1 < term + len) {
		free(contact->name);
		contact->name = mp_strndup(tab + 1, len - address_len - 1);
		contact->name_count = df;
	}
	return MP_OK;
}

static int
by_address(const void *a, const void *b)
{
	const struct mp_contact *x = a, *y = b;
	int order = strcmp(x->address, y->address);

	return order != 0 ? order : (x->name_count < y->name_count) -
	    (x->name_count > y->name_count);
}

static int
by_use(const void *a, const void *b)
{
	const struct mp_contact *x = a, *y = b;

	if (x->to != y->to)
		return x->to < y->to ? 1 : -1;
	if (x->from != y->from)
		return x->from < y->from ? 1 : -1;
	if (x->last_docid != y->last_docid)
		return x->last_docid < y->last_docid ? 1 : -1;
	return strcmp(x->address, y->address);
}

/* One entry an address, with the name used most and all counts together. */
static void
merge(struct mp_contacts *found)
{
	size_t i, kept = 0;

	if (found->count == 0)
		return;
	qsort(found->list, found->count, sizeof *found->list, by_address);
	for (i = 1; i < found->count; i++) {
		struct mp_contact *into = &found->list[kept];
		struct mp_contact *from = &found->list[i];

		if (strcmp(into->address, from->address) != 0) {
			found->list[++kept] = *from;
			continue;
		}
		into->from += from->from;
		into->to += from->to;
		if (from->last_docid > into->last_docid)
			into->last_docid = from->last_docid;
		free(from->address);
		free(from->name);
	}
	found->count = kept + 1;
	qsort(found->list, found->count, sizeof *found->list, by_use);
}

static void
split_words(struct mp_strlist *words, const char *pattern)
{
	struct mp_buf folded = MP_BUF_INIT(4096);
	const char *at;

	mp_text_fold(&folded, pattern, strlen(pattern));
	at = mp_buf_text(&folded);
	while (*at != '\0') {
		size_t len = strcspn(at, " \t");

		if (len != 0)
			mp_strlist_addn(words, at, len);
		at += len + (at[len] != '\0');
	}
	mp_buf_clear(&folded);
}

enum mp_status
mp_contacts_find(struct mp_contacts *contacts, struct mp_index *index,
    const char *pattern, struct mp_err *err)
{
	struct search search = { contacts, MP_STRLIST_INIT,
	    MP_BUF_INIT(MP_EXACT_MAX * 20), true };
	enum mp_status status;

	split_words(&search.words, pattern);
	status = mp_index_vocabulary(index, MP_FIELD_PERSON_FROM, "", 0,
	    take_term, &search, err);
	search.from = false;
	if (status == MP_OK)
		status = mp_index_vocabulary(index, MP_FIELD_PERSON_TO, "", 0,
		    take_term, &search, err);
	merge(contacts);
	mp_strlist_clear(&search.words);
	mp_buf_clear(&search.folded);
	return status;
}
