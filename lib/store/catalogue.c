/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/catalogue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <tdb.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/random.h"

enum {
	NAME_LEN = 16,
	SALT_LEN = 16,
	SUM_LEN = 16,
	HASH_SIZE = 10007,	/* tdb's buckets, fixed at creation */
	OPEN_TRIES = 50,	/* 100 ms apart */
	SLOTS = 256		/* of the table of gathered changes */
};

#define FILE_MAX ((off_t)1 << 31)
#define VALUE_MAX ((size_t)64 << 20)

/* A gathered change. */
struct change {
	struct change *next;
	uint8_t name[NAME_LEN];
	uint8_t *value;		/* NULL: take it out */
	size_t len;
};

struct mp_catalogue {
	struct tdb_context *tdb;
	char *path;
	struct mp_aead *aead;
	struct mp_mac *names;
	struct mp_mac *sums;
	struct change *changes[SLOTS];
};

static const char salt_key[] = "mp-catalogue-1";	/* in clear */

static void
ignore_log(struct tdb_context *tdb, enum tdb_debug_level level,
    const char *fmt, ...)
{
	(void)tdb;
	(void)level;
	(void)fmt;
}

static struct tdb_context *
open_tdb(const char *path, int flags)
{
	struct tdb_logging_context logging = { .log_fn = ignore_log };

	return tdb_open_ex(path, HASH_SIZE, TDB_DISALLOW_NESTING,
	    flags | O_CLOEXEC | O_NOFOLLOW, 0600, &logging, NULL);
}

static enum mp_status
tdb_failed(const struct mp_catalogue *catalogue, const char *verb,
    struct mp_err *err)
{
	enum TDB_ERROR code = tdb_error(catalogue->tdb);

	return mp_err_set(err, code == TDB_ERR_CORRUPT ? MP_CORRUPT :
	    code == TDB_ERR_OOM || code == TDB_ERR_LOCK ? MP_RETRY : MP_IO,
	    "cannot %s '%s': %s", verb, catalogue->path,
	    tdb_errorstr(catalogue->tdb));
}

static TDB_DATA
data_of(const void *bytes, size_t len)
{
	TDB_DATA data;

	/* tdb takes pointers to what it only reads */
	data.dptr = (uint8_t *)(uintptr_t)bytes;
	data.dsize = len;
	return data;
}

static struct mp_catalogue *
new_catalogue(struct tdb_context *tdb, const char *path)
{
	struct mp_catalogue *catalogue = mp_calloc(1, sizeof *catalogue);

	catalogue->tdb = tdb;
	catalogue->path = mp_strdup(path);
	return catalogue;
}

static void
set_keys(struct mp_catalogue *catalogue, const struct mp_keys *keys,
    const uint8_t *salt)
{
	uint8_t key[MP_AEAD_KEY];

	mp_keys_derive(key, sizeof key, keys, "catalogue", salt, SALT_LEN);
	catalogue->aead = mp_aead_new(key);
	mp_keys_derive(key, sizeof key, keys, "catalogue-names", salt,
	    SALT_LEN);
	catalogue->names = mp_mac_new(key, sizeof key);
	mp_keys_derive(key, sizeof key, keys, "catalogue-sum", salt,
	    SALT_LEN);
	catalogue->sums = mp_mac_new(key, sizeof key);
	explicit_bzero(key, sizeof key);
}

enum mp_status
mp_catalogue_create(struct mp_catalogue **out, const char *path,
    const struct mp_keys *keys, struct mp_err *err)
{
	struct tdb_context *tdb = open_tdb(path, O_RDWR | O_CREAT | O_EXCL);
	struct mp_catalogue *catalogue;
	uint8_t salt[SALT_LEN];

	*out = NULL;
	if (tdb == NULL)
		return mp_err_sys(err, errno, "cannot make '%s'", path);
	catalogue = new_catalogue(tdb, path);
	mp_random(salt, sizeof salt);
	set_keys(catalogue, keys, salt);
	if (tdb_store(tdb, data_of(salt_key, sizeof salt_key - 1),
	    data_of(salt, sizeof salt), TDB_INSERT) != 0) {
		(void)tdb_failed(catalogue, "write", err);
		mp_catalogue_close(catalogue);
		return err->status;
	}
	*out = catalogue;
	return MP_OK;
}

/*
 * tdb recovers a commit that a kill cut short only when opened for writing,
 * and refuses while another process is inside one.
 */
static enum mp_status
open_retrying(struct tdb_context **tdb, const char *path, struct mp_err *err)
{
	int tries;

	for (tries = 0; tries < OPEN_TRIES; tries++) {
		*tdb = open_tdb(path, O_RDWR);
		if (*tdb != NULL)
			return MP_OK;
		if (errno == EROFS || errno == EACCES)
			*tdb = open_tdb(path, O_RDONLY);
		if (*tdb != NULL)
			return MP_OK;
		if (errno != EAGAIN && errno != EINTR && errno != EBUSY)
			break;
		(void)usleep(100000);
	}
	if (errno == EIO || errno == EINVAL)
		return mp_err_set(err, MP_CORRUPT,
		    "cannot open '%s': not a catalogue", path);
	return mp_err_sys(err, errno, "cannot open '%s'", path);
}

enum mp_status
mp_catalogue_open(struct mp_catalogue **out, const char *path,
    const struct mp_keys *keys, struct mp_err *err)
{
	struct mp_catalogue *catalogue;
	struct tdb_context *tdb;
	TDB_DATA salt;

	*out = NULL;
	if (open_retrying(&tdb, path, err) != MP_OK)
		return err->status;
	catalogue = new_catalogue(tdb, path);
	salt = tdb_fetch(tdb, data_of(salt_key, sizeof salt_key - 1));
	if (salt.dptr == NULL || salt.dsize != SALT_LEN) {
		free(salt.dptr);
		mp_catalogue_close(catalogue);
		return mp_err_set(err, MP_CORRUPT,
		    "cannot open '%s': not a catalogue", path);
	}
	set_keys(catalogue, keys, salt.dptr);
	free(salt.dptr);
	*out = catalogue;
	return MP_OK;
}

void
mp_catalogue_close(struct mp_catalogue *catalogue)
{
	if (catalogue == NULL)
		return;
	mp_catalogue_drop(catalogue);
	if (catalogue->tdb != NULL)
		(void)tdb_close(catalogue->tdb);
	mp_aead_free(catalogue->aead);
	mp_mac_free(catalogue->names);
	mp_mac_free(catalogue->sums);
	free(catalogue->path);
	free(catalogue);
}

static void
name_of(uint8_t name[NAME_LEN], struct mp_catalogue *catalogue,
    const char *table, const char *key)
{
	struct mp_buf text = MP_BUF_INIT(1 << 20);
	uint8_t mac[MP_SHA256_LEN];

	mp_buf_add(&text, table, strlen(table) + 1);
	mp_buf_str(&text, key);
	mp_mac_compute(mac, catalogue->names, text.data, text.len);
	memcpy(name, mac, NAME_LEN);
	mp_buf_clear(&text);
}

static struct change **
find_change(struct mp_catalogue *catalogue, const uint8_t name[NAME_LEN])
{
	struct change **at = &catalogue->changes[name[0] % SLOTS];

	while (*at != NULL && memcmp((*at)->name, name, NAME_LEN) != 0)
		at = &(*at)->next;
	return at;
}

void
mp_catalogue_put(struct mp_catalogue *catalogue, const char *table,
    const char *key, const void *value, size_t len)
{
	uint8_t name[NAME_LEN];
	struct change **at;

	name_of(name, catalogue, table, key);
	at = find_change(catalogue, name);
	if (*at == NULL) {
		*at = mp_calloc(1, sizeof **at);
		memcpy((*at)->name, name, NAME_LEN);
	}
	free((*at)->value);
	(*at)->value = NULL;
	(*at)->len = len;
	if (value != NULL) {
		(*at)->value = mp_malloc(len);
		if (len != 0)
			memcpy((*at)->value, value, len);
	}
}

void
mp_catalogue_drop(struct mp_catalogue *catalogue)
{
	size_t i;

	for (i = 0; i < SLOTS; i++) {
		while (catalogue->changes[i] != NULL) {
			struct change *change = catalogue->changes[i];

			catalogue->changes[i] = change->next;
			free(change->value);
			free(change);
		}
	}
}

/* Open a stored value and append its content. */
static enum mp_status
open_value(struct mp_buf *value, struct mp_catalogue *catalogue,
    const uint8_t name[NAME_LEN], TDB_DATA sealed, struct mp_err *err)
{
	size_t len;
	uint8_t *to;

	if (sealed.dsize < MP_AEAD_NONCE + MP_AEAD_TAG)
		return mp_err_set(err, MP_CORRUPT,
		    "damage in '%s': a value is cut short", catalogue->path);
	len = sealed.dsize - MP_AEAD_NONCE - MP_AEAD_TAG;
	to = mp_buf_reserve(value, len);
	if (to == NULL)
		return mp_err_set(err, MP_CORRUPT,
		    "damage in '%s': a value of %zu bytes", catalogue->path,
		    len);
	if (mp_aead_open(to, catalogue->aead, sealed.dptr, name, NAME_LEN,
	    sealed.dptr + MP_AEAD_NONCE, sealed.dsize - MP_AEAD_NONCE, err) !=
	    MP_OK)
		return mp_err_set(err, MP_CORRUPT,
		    "damage in '%s': the seal of a value is broken",
		    catalogue->path);
	value->len += len;
	value->data[value->len] = '\0';
	return MP_OK;
}

enum mp_status
mp_catalogue_get(struct mp_buf *value, struct mp_catalogue *catalogue,
    const char *table, const char *key, struct mp_err *err)
{
	uint8_t name[NAME_LEN];
	struct change *change;
	enum mp_status status;
	TDB_DATA sealed;

	name_of(name, catalogue, table, key);
	change = *find_change(catalogue, name);
	if (change != NULL && change->value != NULL) {
		mp_buf_add(value, change->value, change->len);
		return MP_OK;
	}
	sealed.dptr = NULL;
	if (change == NULL)
		sealed = tdb_fetch(catalogue->tdb, data_of(name, NAME_LEN));
	if (sealed.dptr == NULL) {
		if (change == NULL && tdb_error(catalogue->tdb) !=
		    TDB_ERR_NOEXIST)
			return tdb_failed(catalogue, "read", err);
		return mp_err_set(err, MP_NOT_FOUND, "no '%s' in '%s'", key,
		    table);
	}
	status = open_value(value, catalogue, name, sealed, err);
	free(sealed.dptr);
	return status;
}

/* Add or take out (both are xor) one stored value from the sum. */
static void
sum_value(uint8_t sum[SUM_LEN], struct mp_catalogue *catalogue,
    const uint8_t name[NAME_LEN], TDB_DATA sealed)
{
	uint8_t text[NAME_LEN + MP_AEAD_TAG], mac[MP_SHA256_LEN];
	size_t i;

	if (sealed.dptr == NULL || sealed.dsize < MP_AEAD_TAG)
		return;
	memcpy(text, name, NAME_LEN);
	memcpy(text + NAME_LEN, sealed.dptr + sealed.dsize - MP_AEAD_TAG,
	    MP_AEAD_TAG);
	mp_mac_compute(mac, catalogue->sums, text, sizeof text);
	for (i = 0; i < SUM_LEN; i++)
		sum[i] ^= mac[i];
}

static uint8_t *
seal_value(size_t *sealed_len, struct mp_catalogue *catalogue,
    const uint8_t name[NAME_LEN], const void *value, size_t len)
{
	uint8_t *sealed = mp_malloc(len + MP_AEAD_NONCE + MP_AEAD_TAG);

	mp_random(sealed, MP_AEAD_NONCE);
	mp_aead_seal(sealed + MP_AEAD_NONCE, catalogue->aead, sealed, name,
	    NAME_LEN, value, len);
	*sealed_len = len + MP_AEAD_NONCE + MP_AEAD_TAG;
	return sealed;
}

/* Write one value inside tdb's transaction, keeping the sum. */
static bool
write_value(struct mp_catalogue *catalogue, uint8_t sum[SUM_LEN],
    const uint8_t name[NAME_LEN], const void *value, size_t len)
{
	TDB_DATA key = data_of(name, NAME_LEN);
	TDB_DATA old = tdb_fetch(catalogue->tdb, key);
	uint8_t *sealed;
	size_t sealed_len;
	int failed;

	sum_value(sum, catalogue, name, old);
	free(old.dptr);
	if (value == NULL)
		return old.dptr == NULL ||
		    tdb_delete(catalogue->tdb, key) == 0;
	sealed = seal_value(&sealed_len, catalogue, name, value, len);
	sum_value(sum, catalogue, name, data_of(sealed, sealed_len));
	failed = tdb_store(catalogue->tdb, key, data_of(sealed, sealed_len),
	    TDB_REPLACE);
	free(sealed);
	return failed == 0;
}

static void
sum_name(uint8_t name[NAME_LEN], struct mp_catalogue *catalogue)
{
	name_of(name, catalogue, "catalogue", "sum");
}

static enum mp_status
load_sum(uint8_t sum[SUM_LEN], struct mp_catalogue *catalogue,
    struct mp_err *err)
{
	struct mp_buf value = MP_BUF_INIT(SUM_LEN);
	enum mp_status status = mp_catalogue_get(&value, catalogue,
	    "catalogue", "sum", err);

	memset(sum, 0, SUM_LEN);
	if (status == MP_OK && value.len == SUM_LEN)
		memcpy(sum, value.data, SUM_LEN);
	mp_buf_clear(&value);
	return mp_err_allow(err, status, MP_NOT_FOUND);
}

static bool
write_changes(struct mp_catalogue *catalogue, uint8_t sum[SUM_LEN])
{
	uint8_t name[NAME_LEN], *sealed;
	size_t i, sealed_len;
	bool good = true;

	for (i = 0; i < SLOTS && good; i++) {
		const struct change *at;

		for (at = catalogue->changes[i]; at != NULL && good;
		    at = at->next)
			good = write_value(catalogue, sum, at->name, at->value,
			    at->len);
	}
	sum_name(name, catalogue);
	sealed = seal_value(&sealed_len, catalogue, name, sum, SUM_LEN);
	good = good && tdb_store(catalogue->tdb, data_of(name, NAME_LEN),
	    data_of(sealed, sealed_len), TDB_REPLACE) == 0;
	free(sealed);
	return good;
}

enum mp_status
mp_catalogue_flush(struct mp_catalogue *catalogue, struct mp_err *err)
{
	uint8_t sum[SUM_LEN];
	struct stat st;

	if (fstat(tdb_fd(catalogue->tdb), &st) == 0 && st.st_size >= FILE_MAX)
		return mp_err_set(err, MP_RETRY,
		    "cannot write '%s': it is at its limit of 2 GiB",
		    catalogue->path);
	if (load_sum(sum, catalogue, err) != MP_OK)
		return err->status;
	if (tdb_transaction_start(catalogue->tdb) != 0)
		return tdb_failed(catalogue, "write", err);
	if (!write_changes(catalogue, sum)) {
		(void)tdb_failed(catalogue, "write", err);
		(void)tdb_transaction_cancel(catalogue->tdb);
		return err->status;
	}
	if (tdb_transaction_commit(catalogue->tdb) != 0)
		return tdb_failed(catalogue, "write", err);
	mp_catalogue_drop(catalogue);
	return MP_OK;
}

struct check {
	struct mp_catalogue *catalogue;
	struct mp_strlist *findings;
	uint8_t sum[SUM_LEN];
	uint8_t sum_name[NAME_LEN];
};

static int
check_value(struct tdb_context *tdb, TDB_DATA key, TDB_DATA value, void *arg)
{
	struct check *check = arg;
	struct mp_buf plain = MP_BUF_INIT(VALUE_MAX);
	struct mp_err err = MP_ERR_INIT;

	(void)tdb;
	if (key.dsize == sizeof salt_key - 1 &&
	    memcmp(key.dptr, salt_key, key.dsize) == 0)
		return 0;
	if (key.dsize != NAME_LEN) {
		mp_strlist_add(check->findings,
		    "a value of the catalogue has a foreign name");
		return 0;
	}
	if (open_value(&plain, check->catalogue, key.dptr, value, &err) !=
	    MP_OK)
		mp_strlist_add(check->findings, err.text);
	mp_buf_clear(&plain);
	if (memcmp(key.dptr, check->sum_name, NAME_LEN) != 0)
		sum_value(check->sum, check->catalogue, key.dptr, value);
	return 0;
}

enum mp_status
mp_catalogue_check(struct mp_strlist *findings,
    struct mp_catalogue *catalogue, struct mp_err *err)
{
	struct check check = { .catalogue = catalogue,
	    .findings = findings };
	uint8_t sum[SUM_LEN];

	if (tdb_check(catalogue->tdb, NULL, NULL) != 0) {
		mp_strlist_add(findings,
		    "the catalogue's file structure is damaged");
		return MP_OK;
	}
	sum_name(check.sum_name, catalogue);
	if (load_sum(sum, catalogue, err) != MP_OK) {
		if (err->status != MP_CORRUPT)
			return err->status;
		mp_strlist_add(findings, err->text);
		return MP_OK;
	}
	if (tdb_traverse_read(catalogue->tdb, check_value, &check) < 0)
		return tdb_failed(catalogue, "read", err);
	if (!mp_equal(sum, check.sum, SUM_LEN))
		mp_strlist_add(findings, "a value of the catalogue was "
		    "removed, or put back to an old state");
	return MP_OK;
}
