/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ingest/source_internal.h"
#include "ingest/state.h"
#include "mailbox/folders.h"

/* In a state's byte, beside enum mp_mail_flag: the file lies in new. */
#define IN_NEW 64

/* The folder whose files come at present. */
struct folder_run {
	struct mp_source_run *run;
	struct mp_folder_state *state;
	struct mp_buf name;	/* of the state: a Maildir's ends in "/" */
};

static enum mp_status
save_state(void *arg, struct mp_store *store, struct mp_err *err)
{
	struct folder_run *folder = arg;

	if (folder->state == NULL)
		return MP_OK;
	return mp_folder_state_save(folder->state, store, false, err);
}

/* All files of the folder came by: save its state, if anything changed. */
static enum mp_status
leave(struct folder_run *folder, struct mp_err *err)
{
	enum mp_status status = MP_OK;
	struct mp_store *store;

	if (folder->state != NULL && !folder->run->dry_run &&
	    mp_folder_state_dirty(folder->state, true)) {
		status = mp_ingest_touch(&store, folder->run->ingest, err);
		if (status == MP_OK)
			status = mp_folder_state_save(folder->state, store,
			    true, err);
	}
	mp_folder_state_free(folder->state);
	folder->state = NULL;
	return status;
}

static bool
is_new(const struct mp_mail_file *file)
{
	size_t len = strlen(file->folder);

	return file->maildir && strcmp(file->folder + len - 3, "new") == 0;
}

/* A Maildir's new and cur have one state, since mail moves between them. */
static void
name_of(struct mp_buf *name, const struct mp_mail_file *file)
{
	size_t len = strlen(file->folder);

	mp_buf_reset(name);
	if (!file->maildir) {
		mp_buf_str(name, file->folder);
		return;
	}
	mp_buf_add(name, file->folder, len - 3);
	if (len == 3)
		mp_buf_byte(name, '/');
}

static enum mp_status
enter(struct folder_run *folder, const struct mp_mail_file *file,
    struct mp_err *err)
{
	struct mp_source_run *run = folder->run;
	struct mp_buf name = MP_BUF_INIT(1 << 16);
	enum mp_status status = MP_OK;

	name_of(&name, file);
	if (folder->state == NULL ||
	    strcmp(mp_buf_text(&name), mp_buf_text(&folder->name)) != 0) {
		status = leave(folder, err);
		mp_buf_reset(&folder->name);
		mp_buf_add(&folder->name, name.data, name.len);
		if (status == MP_OK)
			status = mp_folder_state_load(&folder->state,
			    mp_ingest_store(run->ingest), run->source->path,
			    mp_buf_text(&folder->name), err);
	}
	mp_buf_clear(&name);
	return status;
}

/* Only in a Maildir does a name stand for one content for ever. */
static uint64_t
hash_of(const struct mp_mail_file *file)
{
	struct mp_buf text = MP_BUF_INIT(1024);
	uint64_t hash;

	if (file->maildir)
		return mp_folder_state_hash(file->name, file->name_len);
	mp_buf_printf(&text, "%s\t%llu\t%lld", file->name,
	    (unsigned long long)file->size, (long long)file->mtime_ns);
	hash = mp_folder_state_hash(text.data, text.len);
	mp_buf_clear(&text);
	return hash;
}

/* The other one of new and cur; the caller frees it. */
static char *
sibling(const char *folder)
{
	size_t len = strlen(folder) - 3;

	return mp_asprintf("%.*s%s", (int)len, folder,
	    strcmp(folder + len, "new") == 0 ? "cur" : "new");
}

static enum mp_status
take_file(struct folder_run *folder, struct mp_folders *folders,
    const struct mp_mail_file *file, struct mp_err *err)
{
	struct mp_source_run *run = folder->run;
	uint8_t now = (uint8_t)(file->flags | (is_new(file) ? IN_NEW : 0));
	uint64_t hash = hash_of(file);
	struct mp_mail mail = { .folder = file->folder, .flags = file->flags };
	enum mp_status status;
	char *left = NULL;
	uint8_t old = 0;

	mail.again = mp_folder_state_find(&old, folder->state, hash);
	if (mail.again && old == now)
		return MP_OK;
	status = mp_folders_read(&run->raw, &mail.received, folders, err);
	if (status == MP_NOT_FOUND) {
		mp_err_clear(err);	/* renamed meanwhile: the next run */
		return MP_OK;
	}
	if (status != MP_OK && err->text[0] != '\0') {
		mp_source_report(run, err);
		return MP_OK;
	}
	if (status == MP_OK) {
		if (mail.again && ((old ^ now) & IN_NEW) != 0)
			left = sibling(file->folder);
		mail.raw = run->raw.data;
		mail.len = run->raw.len;
		mail.old_flags = (uint8_t)(old & ~IN_NEW);
		mail.left_folder = left;
		status = mp_ingest_add(run->ingest, &mail, err);
	} else {
		mp_err_clear(err);	/* not mail; not read again */
		status = MP_OK;
	}
	if (status == MP_OK)
		mp_folder_state_set(folder->state, hash, now);
	free(left);
	return status;
}

enum mp_status
mp_source_folders(struct mp_source_run *run, struct mp_err *err)
{
	struct folder_run folder = {
		.run = run,
		.name = MP_BUF_INIT(1 << 16)
	};
	struct mp_folders *folders = NULL;
	struct mp_mail_file file;
	enum mp_status status = MP_OK;

	if (mp_folders_open(&folders, run->source->path,
	    run->source->kind == MP_SOURCE_MH, run->report, run->arg, err) !=
	    MP_OK) {
		mp_source_report(run, err);
		return MP_OK;
	}
	mp_ingest_hook(run->ingest, save_state, &folder);
	while (status == MP_OK && mp_folders_next(&file, folders)) {
		status = enter(&folder, &file, err);
		if (status == MP_OK)
			status = take_file(&folder, folders, &file, err);
	}
	mp_ingest_hook(run->ingest, NULL, NULL);
	if (status == MP_OK)
		status = leave(&folder, err);
	mp_folder_state_free(folder.state);
	mp_buf_clear(&folder.name);
	mp_folders_close(folders);
	return status;
}
