/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ingest/spool.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/encode.h"
#include "base/io.h"
#include "crypto/random.h"
#include "crypto/sealedbox.h"

#define SUFFIX ".box"
#define PART ".box.new"
#define PART_AGE 3600		/* seconds after which nobody writes it */
#define HEAD 9			/* version and time, before the message */
#define VERSION 1

static char *
spool_dir(const char *store_path)
{
	return mp_asprintf("%s/spool", store_path);
}

/* Time first, so that sorted names are in order of arrival. */
static char *
new_name(const char *dir, int64_t received)
{
	struct mp_buf name = MP_BUF_INIT(64);
	uint8_t random[8];
	char *path;

	mp_random(random, sizeof random);
	mp_buf_printf(&name, "%016llx", (unsigned long long)received);
	mp_hex_add(&name, random, sizeof random);
	path = mp_asprintf("%s/%s%s", dir, mp_buf_text(&name), SUFFIX);
	mp_buf_clear(&name);
	return path;
}

enum mp_status
mp_spool_put(const char *store_path,
    const uint8_t spool_key[MP_SPOOL_KEY_LEN], const uint8_t *raw,
    size_t len, int64_t received, struct mp_err *err)
{
	char *dir = spool_dir(store_path);
	char *path = new_name(dir, received);
	char *part = mp_asprintf("%s.new", path);
	uint8_t *plain = mp_malloc(HEAD + len);
	uint8_t *sealed = mp_malloc(HEAD + len + MP_BOX_OVERHEAD);
	struct mp_err ignored = MP_ERR_INIT;
	enum mp_status status;

	plain[0] = VERSION;
	mp_put_u64(plain + 1, (uint64_t)received);
	memcpy(plain + HEAD, raw, len);
	mp_box_seal(sealed, plain, HEAD + len, spool_key);
	status = mp_path_replace(path, sealed, HEAD + len + MP_BOX_OVERHEAD,
	    err);
	if (status != MP_OK && mp_path_unlink(part, &ignored) != MP_OK)
		mp_err_clear(&ignored);	/* it may never have been made */
	explicit_bzero(plain, HEAD + len);
	free(plain);
	free(sealed);
	free(part);
	free(path);
	free(dir);
	return status;
}

/* The paths of all that waits, oldest first. */
static void
list_spool(struct mp_strlist *paths, const char *store_path)
{
	char *dir = spool_dir(store_path);
	DIR *open = opendir(dir);
	struct dirent *entry;

	while (open != NULL && (entry = readdir(open)) != NULL) {
		size_t len = strlen(entry->d_name);
		size_t suffix = strlen(SUFFIX);

		if (len > suffix &&
		    strcmp(entry->d_name + len - suffix, SUFFIX) == 0)
			mp_strlist_take(paths, mp_asprintf("%s/%s", dir,
			    entry->d_name));
	}
	if (open != NULL)
		(void)closedir(open);
	mp_strlist_sort(paths);
	free(dir);
}

size_t
mp_spool_count(const char *store_path)
{
	struct mp_strlist paths = MP_STRLIST_INIT;
	size_t count;

	list_spool(&paths, store_path);
	count = paths.count;
	mp_strlist_clear(&paths);
	return count;
}

/*
 * What a killed delivery left half written; the one who delivered was told
 * of no success. A younger one may still be at it: no lock is held there.
 */
static void
remove_parts(const char *store_path)
{
	char *dir = spool_dir(store_path);
	DIR *open = opendir(dir);
	struct dirent *entry;
	struct stat st;

	while (open != NULL && (entry = readdir(open)) != NULL) {
		size_t len = strlen(entry->d_name), part = strlen(PART);
		char *path;

		if (len <= part ||
		    strcmp(entry->d_name + len - part, PART) != 0)
			continue;
		path = mp_asprintf("%s/%s", dir, entry->d_name);
		if (lstat(path, &st) == 0 && time(NULL) - st.st_mtime >
		    PART_AGE)
			(void)mp_io.unlink(path);
		free(path);
	}
	if (open != NULL)
		(void)closedir(open);
	free(dir);
}

struct spool_keys {
	uint8_t public_key[MP_BOX_PUBLIC];
	uint8_t secret_key[MP_BOX_SECRET];
};

static void
derive_keys(struct spool_keys *keys, const struct mp_keys *from)
{
	uint8_t seed[MP_BOX_SEED];

	mp_keys_derive(seed, sizeof seed, from, "spool", NULL, 0);
	mp_box_keys(keys->public_key, keys->secret_key, seed);
	explicit_bzero(seed, sizeof seed);
}

/* Open the file at path into *plain, which the caller frees. */
static enum mp_status
open_file(uint8_t **plain, size_t *len, const char *path,
    const struct spool_keys *keys, struct mp_err *err)
{
	struct mp_buf sealed = MP_BUF_INIT(MP_MAIL_MAX + HEAD +
	    MP_BOX_OVERHEAD);
	enum mp_status status;

	*plain = NULL;
	status = mp_path_read(&sealed, path, err);
	if (status == MP_OK && sealed.len < HEAD + MP_BOX_OVERHEAD)
		status = mp_err_set(err, MP_CORRUPT, "it is cut off");
	if (status == MP_OK) {
		*len = sealed.len - MP_BOX_OVERHEAD;
		*plain = mp_malloc(*len);
		status = mp_box_open(*plain, sealed.data, sealed.len,
		    keys->public_key, keys->secret_key, err);
	}
	if (status == MP_OK && (*plain)[0] != VERSION)
		status = mp_err_set(err, MP_CORRUPT, "of another version");
	if (status != MP_OK)
		mp_err_context(err, "cannot take in '%s'", path);
	mp_buf_clear(&sealed);
	return status;
}

/*
 * Pass over a file that does not open; a damaged one is kept where nobody
 * tries it again.
 */
static enum mp_status
pass_over(const char *path, mp_mailbox_report_fn *report, void *arg,
    struct mp_err *err)
{
	bool damaged = err->status == MP_CORRUPT || err->status == MP_INVALID;
	enum mp_status status = MP_OK;
	char *bad;

	if (report != NULL)
		report(arg, err);
	mp_err_clear(err);
	if (damaged) {
		bad = mp_asprintf("%s.bad", path);
		status = mp_path_rename(path, bad, err);
		free(bad);
	}
	return status;
}

static enum mp_status
take_file(struct mp_ingest *ingest, const char *path, const uint8_t *plain,
    size_t len, struct mp_err *err)
{
	const struct mp_mail mail = {
		.raw = plain + HEAD,
		.len = len - HEAD,
		.received = (int64_t)mp_get_u64(plain + 1)
	};

	if (mp_ingest_add(ingest, &mail, err) == MP_OK)
		return MP_OK;
	mp_err_context(err, "cannot take in '%s'", path);
	return err->status;
}

enum mp_status
mp_spool_absorb(size_t *taken, struct mp_ingest *ingest,
    mp_mailbox_report_fn *report, void *arg, struct mp_err *err)
{
	struct mp_store *store = mp_ingest_store(ingest);
	struct mp_strlist paths = MP_STRLIST_INIT, done = MP_STRLIST_INIT;
	enum mp_status status = MP_OK;
	struct spool_keys keys;
	size_t i;

	if (taken != NULL)
		*taken = 0;
	remove_parts(mp_store_path(store));
	list_spool(&paths, mp_store_path(store));
	if (paths.count == 0)
		return MP_OK;
	derive_keys(&keys, mp_store_keys(store));
	for (i = 0; i < paths.count && status == MP_OK; i++) {
		const char *path = paths.items[i];
		uint8_t *plain;
		size_t len;

		if (open_file(&plain, &len, path, &keys, err) == MP_OK) {
			status = take_file(ingest, path, plain, len, err);
			mp_strlist_add(&done, path);
		} else {
			status = pass_over(path, report, arg, err);
		}
		free(plain);
	}
	explicit_bzero(&keys, sizeof keys);
	if (status == MP_OK)
		status = mp_ingest_commit(ingest, err);
	/* only what is committed may go; until then a crash costs nothing */
	for (i = 0; i < done.count && status == MP_OK; i++)
		status = mp_path_unlink(done.items[i], err);
	if (status == MP_OK && taken != NULL)
		*taken = done.count;
	mp_strlist_clear(&paths);
	mp_strlist_clear(&done);
	return status;
}

enum mp_status
mp_spool_empty(size_t *taken, struct mp_store *store,
    const struct mp_strlist *new_tags, mp_mailbox_report_fn *report,
    void *arg, struct mp_err *err)
{
	const struct mp_ingest_options options = { .new_tags = new_tags };
	struct mp_ingest *ingest = NULL;
	enum mp_status status;

	*taken = 0;
	if (mp_spool_count(mp_store_path(store)) == 0)
		return MP_OK;
	status = mp_ingest_new(&ingest, store, &options, err);
	if (status == MP_OK)
		status = mp_spool_absorb(taken, ingest, report, arg, err);
	mp_ingest_free(ingest);
	return status;
}
