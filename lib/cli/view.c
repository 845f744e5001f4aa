/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/io.h"
#include "cli/results_internal.h"
#include "mailbox/mailbox.h"
#include "mailbox/maildir.h"

/* The folder of path that exists already: a new one will lie in it. */
static char *
existing_part(const char *path)
{
	char *part = mp_strdup(path), *slash;

	while (!mp_path_exists(part)) {
		slash = strrchr(part, '/');
		if (slash == NULL || slash == part) {
			free(part);
			return mp_strdup(slash == NULL ? "." : "/");
		}
		*slash = '\0';
	}
	return part;
}

static enum mp_status
runtime_place(char **path, const char *runtime, struct mp_err *err)
{
	char *parent;
	enum mp_status status;

	parent = mp_asprintf("%s/mp", runtime);
	status = mp_path_make(parent, err);
	*path = mp_asprintf("%s/view-XXXXXX", parent);
	free(parent);
	if (status == MP_OK && mkdtemp(*path) == NULL)
		status = mp_err_set(err, MP_CREATE, "cannot make '%s'",
		    *path);
	return status;
}

enum mp_status
mp_view_place(char **path, const char *dir, bool on_disk, struct mp_err *err)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char *part;
	enum mp_status status = MP_OK;

	*path = NULL;
	if (dir[0] == '\0' && (runtime == NULL || runtime[0] != '/'))
		return mp_err_set(err, MP_USAGE, "XDG_RUNTIME_DIR is not "
		    "set: name a folder in memory, such as "
		    "--maildir=/dev/shm/NAME");
	part = dir[0] == '\0' ? mp_strdup(runtime) : existing_part(dir);
	if (!on_disk && !mp_path_is_tmpfs(part))
		status = mp_err_set(err, MP_REFUSED, "cannot write mail in "
		    "clear to '%s': it is not on a memory file system "
		    "(--force-disk does it all the same)", part);
	free(part);
	if (status != MP_OK)
		return status;
	if (dir[0] == '\0')
		return runtime_place(path, runtime, err);
	*path = mp_strdup(dir);
	return mp_path_make(*path, err);
}

static uint8_t
flags_of(const struct mp_strlist *tags)
{
	static const struct { const char *tag; uint8_t flag; } known[] = {
		{ "replied", MP_MAIL_REPLIED }, { "flagged", MP_MAIL_FLAGGED },
		{ "passed", MP_MAIL_PASSED }, { "draft", MP_MAIL_DRAFT },
		{ "deleted", MP_MAIL_TRASHED }
	};
	uint8_t flags = MP_MAIL_KNOWN;
	size_t i;

	if (!mp_strlist_has(tags, "unread"))
		flags |= MP_MAIL_SEEN;
	for (i = 0; i < sizeof known / sizeof known[0]; i++)
		if (mp_strlist_has(tags, known[i].tag))
			flags |= known[i].flag;
	return flags;
}

struct view {
	struct mp_maildir *maildir;
	struct mp_index *index;
	struct mp_message_reader *reader;
	struct tagger tagger;
};

static enum mp_status
deliver(struct view *view, uint32_t docid, struct mp_err *err)
{
	struct mp_buf raw = MP_BUF_INIT(MP_MAIL_MAX);
	struct mp_strlist tags = MP_STRLIST_INIT;
	struct mp_message_info info = { 0 };
	struct mp_place place;
	uint32_t date = 0;
	enum mp_status status;

	status = mp_index_place(&place, view->index, docid, err);
	if (status == MP_OK)
		status = mp_store_read(&raw, &info, view->reader, docid,
		    place, err);
	if (status == MP_OK)
		status = mp_tagger_add(&tags, &view->tagger, docid, err);
	if (status == MP_OK)
		status = mp_err_allow(err, mp_index_date(&date, view->index,
		    docid, err), MP_NOT_FOUND);
	if (status == MP_OK)
		status = mp_maildir_deliver(view->maildir, raw.data, raw.len,
		    flags_of(&tags), date != 0 ? date : info.received, err);
	free(info.id);
	free(info.folder);
	mp_strlist_clear(&tags);
	mp_buf_clear(&raw);
	return status;
}

enum mp_status
mp_view_fill(const char *path, bool durable, struct mp_index *index,
    const struct mp_docset *set, struct mp_err *err)
{
	struct view view = { .index = index };
	enum mp_status status;
	uint32_t docid;

	status = mp_maildir_create(&view.maildir, path, durable, err);
	if (status == MP_OK)
		status = mp_tagger_init(&view.tagger, index,
		    mp_docset_count(set), err);
	view.reader = mp_store_reader_new(mp_index_store(index));
	for (docid = mp_docset_next(set, 0);
	    docid != MP_DOCSET_END && status == MP_OK;
	    docid = mp_docset_next(set, docid + 1))
		status = deliver(&view, docid, err);
	mp_store_reader_free(view.reader);
	mp_tagger_clear(&view.tagger);
	if (status == MP_OK)
		return mp_maildir_finish(view.maildir, err);
	mp_maildir_free(view.maildir);
	return status;
}
