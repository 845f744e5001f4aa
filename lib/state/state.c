/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "state/state.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "keys/keyslots.h"

void
mp_state_clear(struct mp_state *state)
{
	mp_strlist_clear(&state->problems);
}

/* Files in a folder of the store whose names end so ("": all). */
static uint64_t
count_files(const char *store_path, const char *name, const char *ending)
{
	char *path = mp_asprintf("%s/%s", store_path, name);
	DIR *folder = opendir(path);
	const struct dirent *entry;
	uint64_t count = 0;

	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		size_t len = strlen(entry->d_name), end = strlen(ending);

		if (entry->d_name[0] != '.' && len >= end &&
		    strcmp(entry->d_name + len - end, ending) == 0)
			count++;
	}
	if (folder != NULL)
		(void)closedir(folder);
	free(path);
	return count;
}

static void
problem(struct mp_state *state, uint64_t count, const char *one,
    const char *many)
{
	if (count == 1)
		mp_strlist_add(&state->problems, one);
	else if (count > 1)
		mp_strlist_take(&state->problems,
		    mp_asprintf("%llu %s", (unsigned long long)count, many));
}

void
mp_state_outside(struct mp_state *state, const char *store_path)
{
	struct mp_keyslots *slots = NULL;
	struct mp_err err = MP_ERR_INIT;

	/* as mp_spool_count, which would link all that takes mail in */
	state->spooled = count_files(store_path, "spool", ".box");
	if (mp_keyslots_load(&slots, store_path, &err) != MP_OK)
		mp_strlist_add(&state->problems, err.text);
	else if (mp_keyslots_damaged(slots))
		mp_strlist_add(&state->problems, "one of the two copies of "
		    "the keyslots is damaged: run mp-fsck --repair");
	mp_keyslots_free(slots);
	problem(state, count_files(store_path, "spool", ".bad"),
	    "a file in spool/ is no mail sealed to this store",
	    "files in spool/ are no mail sealed to this store");
	problem(state, count_files(store_path, "aside", ""),
	    "a crash or damage left something in aside/: run mp-fsck",
	    "things that a crash or damage left are in aside/: run mp-fsck");
}

static enum mp_status
count_bits(uint64_t *count, struct mp_store *store, const char *name,
    const struct mp_docset *without, struct mp_err *err)
{
	struct mp_docset set = MP_DOCSET_INIT;
	enum mp_status status = mp_store_bits_load(&set, store, name, err);

	if (status == MP_OK) {
		mp_docset_andnot(&set, without);
		*count = mp_docset_count(&set);
	}
	mp_docset_clear(&set);
	return status;
}

enum mp_status
mp_state_inside(struct mp_state *state, struct mp_store *store,
    struct mp_err *err)
{
	struct mp_docset removed = MP_DOCSET_INIT;
	struct mp_pending *pending = NULL;
	size_t count = 0;
	enum mp_status status;

	state->epoch = mp_store_epoch(store);
	state->changed = mp_store_time(store);
	status = mp_store_bits_load(&removed, store, "x:removed", err);
	if (status == MP_OK)
		status = count_bits(&state->unread, store, "t:unread",
		    &removed, err);
	if (status == MP_OK)
		status = mp_store_pending(&pending, &count, store, err);
	state->pending = count;
	state->messages = mp_store_end(store) - mp_docset_count(&removed);
	free(pending);
	mp_docset_clear(&removed);
	return status;
}
