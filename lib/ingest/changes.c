/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ingest/changes.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "mailbox/mailbox.h"

struct docids {
	uint32_t *list;
	size_t count;
	size_t cap;
};

struct change {
	char *name;
	struct docids gains;
	struct docids loses;
};

struct mp_changes {
	struct change *list;
	size_t count;
	size_t last;		/* folders come in runs */
};

struct flag_tag {
	uint8_t flag;
	bool tagged_when_set;
	const char *tag;
};

static const struct flag_tag flag_tags[] = {
	{ MP_MAIL_SEEN, false, "unread" },
	{ MP_MAIL_FLAGGED, true, "flagged" },
	{ MP_MAIL_REPLIED, true, "replied" },
	{ MP_MAIL_PASSED, true, "passed" },
	{ MP_MAIL_DRAFT, true, "draft" },
	{ MP_MAIL_TRASHED, true, "deleted" },
};

#define FLAG_TAGS (sizeof flag_tags / sizeof *flag_tags)

struct mp_changes *
mp_changes_new(void)
{
	return mp_calloc(1, sizeof(struct mp_changes));
}

static void
forget(struct mp_changes *changes)
{
	size_t i;

	for (i = 0; i < changes->count; i++) {
		free(changes->list[i].name);
		free(changes->list[i].gains.list);
		free(changes->list[i].loses.list);
	}
	free(changes->list);
	memset(changes, 0, sizeof *changes);
}

void
mp_changes_free(struct mp_changes *changes)
{
	if (changes == NULL)
		return;
	forget(changes);
	free(changes);
}

static bool
is_named(const struct change *change, const char *prefix, const char *name)
{
	size_t len = strlen(prefix);

	return strncmp(change->name, prefix, len) == 0 &&
	    strcmp(change->name + len, name) == 0;
}

static struct change *
find(struct mp_changes *changes, const char *prefix, const char *name)
{
	struct change *made;
	size_t i;

	if (changes->last < changes->count &&
	    is_named(&changes->list[changes->last], prefix, name))
		return &changes->list[changes->last];
	for (i = 0; i < changes->count; i++)
		if (is_named(&changes->list[i], prefix, name)) {
			changes->last = i;
			return &changes->list[i];
		}
	changes->list = mp_realloc_array(changes->list, changes->count + 1,
	    sizeof *changes->list);
	made = &changes->list[changes->count];
	memset(made, 0, sizeof *made);
	made->name = mp_asprintf("%s%s", prefix, name);
	changes->last = changes->count++;
	return made;
}

void
mp_changes_add(struct mp_changes *changes, const char *prefix,
    const char *name, uint32_t docid, bool gains)
{
	struct change *change = find(changes, prefix, name);
	struct docids *docids = gains ? &change->gains : &change->loses;

	if (docids->count == docids->cap) {
		docids->cap = docids->cap < 16 ? 16 : docids->cap * 2;
		docids->list = mp_realloc_array(docids->list, docids->cap,
		    sizeof *docids->list);
	}
	docids->list[docids->count++] = docid;
}

void
mp_changes_tags(struct mp_changes *changes, uint32_t docid,
    const struct mp_strlist *new_tags, uint8_t flags)
{
	bool known = (flags & MP_MAIL_KNOWN) != 0;
	size_t i;

	for (i = 0; new_tags != NULL && i < new_tags->count; i++)
		if (!known || strcmp(new_tags->items[i], "unread") != 0)
			mp_changes_add(changes, "t:", new_tags->items[i],
			    docid, true);
	for (i = 0; known && i < FLAG_TAGS; i++)
		if (((flags & flag_tags[i].flag) != 0) ==
		    flag_tags[i].tagged_when_set)
			mp_changes_add(changes, "t:", flag_tags[i].tag,
			    docid, true);
}

void
mp_changes_flags(struct mp_changes *changes, uint32_t docid,
    uint8_t old_flags, uint8_t flags)
{
	size_t i;

	/* a mailbox that says nothing takes nothing back */
	if ((flags & MP_MAIL_KNOWN) == 0)
		return;
	for (i = 0; i < FLAG_TAGS; i++)
		if (((flags ^ old_flags) & flag_tags[i].flag) != 0)
			mp_changes_add(changes, "t:", flag_tags[i].tag,
			    docid, ((flags & flag_tags[i].flag) != 0) ==
			    flag_tags[i].tagged_when_set);
}

static void
fill(struct mp_docset *set, const struct docids *docids, uint32_t end)
{
	size_t i;

	mp_docset_init(set, end);
	for (i = 0; i < docids->count; i++)
		mp_docset_add(set, docids->list[i]);
}

enum mp_status
mp_changes_apply(struct mp_changes *changes, struct mp_store *store,
    struct mp_err *err)
{
	uint32_t end = mp_store_end(store);
	enum mp_status status = MP_OK;
	size_t i;

	for (i = 0; i < changes->count && status == MP_OK; i++) {
		struct change *change = &changes->list[i];
		struct mp_docset gains, loses;

		fill(&gains, &change->gains, end);
		fill(&loses, &change->loses, end);
		status = mp_store_bits_change(store, change->name, &gains,
		    &loses, err);
		mp_docset_clear(&gains);
		mp_docset_clear(&loses);
	}
	forget(changes);
	return status;
}
