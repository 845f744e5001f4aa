/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fsck/fsck.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/io.h"
#include "index/check.h"
#include "index/indexer.h"
#include "keys/keyslots.h"
#include "keys/keyslots_edit.h"

/* What findings pass through: they are counted, then shown. */
struct fsck {
	const struct mp_check *check;
	struct mp_check own;
	struct mp_fsck_result *result;
	const struct mp_store_options *options;
};

static void
count(void *arg, const struct mp_finding *finding)
{
	struct fsck *fsck = arg;

	if (finding->damage != MP_DAMAGE_NOTE)
		fsck->result->found++;
	if (finding->damage == MP_DAMAGE_LOSS)
		fsck->result->lost++;
	if (finding->repaired)
		fsck->result->repaired++;
	fsck->check->fn(fsck->check->arg, finding);
}

static void
tell(struct fsck *fsck, enum mp_damage damage, const char *where,
    const char *text)
{
	struct mp_finding finding = { damage, where, 0, text, MP_DOCSET_END,
	    fsck->check->repair && damage == MP_DAMAGE_MENDABLE };

	count(fsck, &finding);
}

/* Two copies, each able to open the store without the other. */
static enum mp_status
check_keyslots(struct fsck *fsck, struct mp_err *err)
{
	struct mp_keyslots *slots = NULL;
	enum mp_status status;

	status = mp_keyslots_load(&slots, fsck->options->path, err);
	if (status == MP_CORRUPT || status == MP_NOT_FOUND) {
		tell(fsck, MP_DAMAGE_LOSS, "keyslots", "both copies are "
		    "damaged: only the recovery code opens the store; make "
		    "new ones with mp-passwd");
		mp_err_clear(err);
		return MP_OK;
	}
	if (status == MP_OK && mp_keyslots_damaged(slots)) {
		if (fsck->check->repair)
			status = mp_keyslots_mend(slots, fsck->options->path,
			    err);
		tell(fsck, MP_DAMAGE_MENDABLE, "keyslots",
		    "one of the two copies is missing or damaged");
	}
	mp_keyslots_free(slots);
	return status;
}

static enum mp_status
check_index(struct fsck *fsck, struct mp_store *store, struct mp_err *err)
{
	struct mp_indexer_options options = { 0 };
	uint64_t before = fsck->result->found;
	enum mp_status status;

	status = mp_index_check(store, &fsck->own, err);
	if (status == MP_OK && fsck->result->found != before &&
	    fsck->check->repair)
		status = mp_index_pending(store, &options, true, NULL, NULL,
		    err);
	return status;
}

/* Things that wait in folders of the store: told, not judged. */
static void
note_folder(struct fsck *fsck, const char *name, const char *text)
{
	char *path = mp_asprintf("%s/%s", fsck->options->path, name);
	DIR *dir = opendir(path);
	const struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char *where;

		if (entry->d_name[0] == '.')
			continue;
		where = mp_asprintf("%s/%s", name, entry->d_name);
		tell(fsck, MP_DAMAGE_NOTE, where, text);
		free(where);
	}
	if (dir != NULL)
		(void)closedir(dir);
	free(path);
}

static enum mp_status
count_messages(struct fsck *fsck, struct mp_store *store, struct mp_err *err)
{
	struct mp_docset removed = MP_DOCSET_INIT;
	enum mp_status status;

	status = mp_store_bits_load(&removed, store, "x:removed", err);
	fsck->result->messages = mp_store_end(store) -
	    mp_docset_count(&removed);
	mp_docset_clear(&removed);
	return status;
}

enum mp_status
mp_fsck(struct mp_fsck_result *result, const struct mp_store_options *options,
    const struct mp_check *check, struct mp_err *err)
{
	struct fsck fsck = { check, { check->repair, count, &fsck }, result,
	    options };
	struct mp_store *store = NULL;
	enum mp_status status;

	memset(result, 0, sizeof *result);
	status = check_keyslots(&fsck, err);
	if (status == MP_OK)
		status = mp_store_check_log(options, &fsck.own, err);
	if (status == MP_OK && result->lost != 0 && !check->repair)
		return MP_OK;	/* a damaged log does not open */
	if (status == MP_OK)
		status = mp_store_open(&store, options, err);
	if (status == MP_OK)
		status = mp_store_check_catalogue(store, &fsck.own, err);
	if (status == MP_OK)
		status = mp_store_check_packs(store, &fsck.own, err);
	if (status == MP_OK)
		status = check_index(&fsck, store, err);
	if (status == MP_OK)
		status = count_messages(&fsck, store, err);
	note_folder(&fsck, "spool", "mail that waits to be taken in");
	note_folder(&fsck, "aside", "bytes that no commit covered, kept in "
	    "case they are mail; remove it when nothing is missing");
	mp_store_close(store);
	return status;
}
