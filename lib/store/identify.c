/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/identify.h"

#include <dirent.h>

#include "base/alloc.h"
#include "base/strlist.h"
#include "pack/recfile.h"

#define NAME_LEN 16	/* hex digits */

/* Paths of the record files in a folder of the store, by id. */
static void
list_files(struct mp_strlist *paths, const char *path, const char *folder)
{
	char *name = mp_asprintf("%s/%s", path, folder);
	DIR *dir = opendir(name);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (strlen(entry->d_name) == NAME_LEN &&
		    strspn(entry->d_name, "0123456789abcdef") == NAME_LEN)
			mp_strlist_take(paths, mp_asprintf("%s/%s", name,
			    entry->d_name));
	if (dir != NULL)
		(void)closedir(dir);
	mp_strlist_sort(paths);
	free(name);
}

enum mp_status
mp_store_identify(uint8_t id[MP_STORE_ID_LEN], const char *path,
    struct mp_err *err)
{
	struct mp_strlist paths = MP_STRLIST_INIT;
	enum mp_status status = mp_err_set(err, MP_NOT_FOUND,
	    "there is no store at '%s'", path);
	size_t i;

	list_files(&paths, path, "log");
	list_files(&paths, path, "pack");
	for (i = 0; i < paths.count && status != MP_OK; i++)
		status = mp_recfile_store_id(id, paths.items[i], err);
	mp_strlist_clear(&paths);
	return status;
}

/*
 * Open each file of the kind with the keys, and wrap its key anew if asked.
 * The first failure stays in err; the others are tried all the same.
 */
static void
open_all(const char *path, enum mp_recfile_kind kind,
    const struct mp_keys *keys, bool rewrap, struct mp_err *err)
{
	struct mp_strlist paths = MP_STRLIST_INIT;
	size_t i;

	list_files(&paths, path, kind == MP_RECFILE_LOG ? "log" : "pack");
	for (i = 0; i < paths.count; i++) {
		const char *name = paths.items[i] + strlen(paths.items[i]) -
		    NAME_LEN;
		struct mp_err one = MP_ERR_INIT;
		struct mp_recfile *file;

		if (mp_recfile_open(&file, paths.items[i], kind,
		    strtoull(name, NULL, 16), keys, rewrap, &one) == MP_OK &&
		    rewrap && mp_recfile_rewrap(file, keys, &one) != MP_OK)
			mp_err_context(&one, "'%s'", paths.items[i]);
		mp_recfile_close(file);
		if (one.status != MP_OK && err->status == MP_OK)
			*err = one;
	}
	mp_strlist_clear(&paths);
}

enum mp_status
mp_store_check_keys(const char *path, const struct mp_keys *keys,
    struct mp_err *err)
{
	mp_err_clear(err);
	open_all(path, MP_RECFILE_LOG, keys, false, err);
	open_all(path, MP_RECFILE_PACK, keys, false, err);
	if (err->status == MP_CORRUPT) {
		mp_err_context(err, "the recovery code is not of this store, "
		    "or from before a rotation");
		err->status = MP_DENIED;
	}
	return err->status;
}

enum mp_status
mp_store_rewrap(const char *path, const struct mp_keys *keys,
    struct mp_err *err)
{
	mp_err_clear(err);
	open_all(path, MP_RECFILE_LOG, keys, true, err);
	open_all(path, MP_RECFILE_PACK, keys, true, err);
	return err->status;
}
