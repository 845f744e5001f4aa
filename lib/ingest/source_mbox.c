/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "crypto/hash.h"
#include "ingest/source_internal.h"
#include "mailbox/mbox.h"

#define TABLE "fetch.mbox"
#define TAIL 4096		/* bytes before the offset that are hashed */
#define LOCK_TRIES 20

/* What of the mbox was taken in. */
struct progress {
	uint64_t size;		/* 0 and 0 until it was read to its end */
	int64_t mtime_ns;
	uint64_t last;		/* offset of the last message */
	uint64_t end;		/* and of what comes after it */
	uint8_t tail[MP_SHA256_LEN];
};

struct mbox_run {
	struct mp_source_run *run;
	struct mp_file file;
	struct progress progress;
};

static enum mp_status
load(struct progress *progress, struct mp_store *store, const char *path,
    struct mp_err *err)
{
	struct mp_buf value = MP_BUF_INIT(256);
	struct mp_cursor cur;
	enum mp_status status;
	const uint8_t *tail;

	memset(progress, 0, sizeof *progress);
	status = mp_store_get(&value, store, TABLE, path, err);
	if (status == MP_OK) {
		mp_cursor_init(&cur, value.data, value.len);
		progress->size = mp_cursor_u64(&cur);
		progress->mtime_ns = (int64_t)mp_cursor_u64(&cur);
		progress->last = mp_cursor_u64(&cur);
		progress->end = mp_cursor_u64(&cur);
		tail = mp_cursor_bytes(&cur, sizeof progress->tail);
		if (tail == NULL)
			status = mp_err_set(err, MP_CORRUPT,
			    "the state of '%s' is damaged", path);
		else
			memcpy(progress->tail, tail, sizeof progress->tail);
	} else if (status == MP_NOT_FOUND) {
		mp_err_clear(err);
		status = MP_OK;
	}
	mp_buf_clear(&value);
	return status;
}

/* Hash what stands before offset end; false when it is not there. */
static bool
hash_tail(uint8_t hash[MP_SHA256_LEN], const struct mp_file *file,
    uint64_t end)
{
	size_t len = end < TAIL ? (size_t)end : TAIL;
	struct mp_err ignored = MP_ERR_INIT;
	uint8_t tail[TAIL];

	if (mp_file_read(file, tail, len, end - len, &ignored) != MP_OK)
		return false;
	mp_sha256(hash, tail, len);
	return true;
}

static enum mp_status
save(void *arg, struct mp_store *store, struct mp_err *err)
{
	const struct mbox_run *mbox = arg;
	const struct progress *progress = &mbox->progress;
	struct mp_buf value = MP_BUF_INIT(256);
	uint8_t tail[MP_SHA256_LEN] = { 0 };
	enum mp_status status;

	/* a file cut off meanwhile is read from its start the next time */
	(void)hash_tail(tail, &mbox->file, progress->end);
	mp_buf_u64(&value, progress->size);
	mp_buf_u64(&value, (uint64_t)progress->mtime_ns);
	mp_buf_u64(&value, progress->last);
	mp_buf_u64(&value, progress->end);
	mp_buf_add(&value, tail, sizeof tail);
	status = mp_store_put(store, TABLE, mbox->run->source->path,
	    value.data, value.len, err);
	mp_buf_clear(&value);
	return status;
}

/* As mail delivery agents do; they hold it for moments only. */
static enum mp_status
lock(const struct mp_file *file, struct mp_err *err)
{
	struct flock range = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	const struct timespec pause = { 0, 100000000 };
	int tries;

	for (tries = 0; tries < LOCK_TRIES; tries++) {
		if (fcntl(file->fd, F_SETLK, &range) == 0 ||
		    (errno != EAGAIN && errno != EACCES))
			return MP_OK;
		(void)nanosleep(&pause, NULL);
	}
	return mp_err_set(err, MP_RETRY,
	    "cannot read '%s': another program holds its lock", file->path);
}

static enum mp_status
open_at(struct mp_mbox **mbox, const struct mbox_run *run, uint64_t offset,
    struct mp_err *err)
{
	return mp_mbox_open(mbox, run->file.fd, run->file.path, offset,
	    run->run->source->kind == MP_SOURCE_MBOXRD, err);
}

/*
 * Open where the last run stopped; at the message before that when it has
 * grown since; at the start when the file is not what it was.
 */
static enum mp_status
open_mbox(struct mp_mbox **mbox, struct mbox_run *run, uint64_t size,
    struct mp_err *err)
{
	struct progress *progress = &run->progress;
	uint8_t tail[MP_SHA256_LEN];

	if (progress->end != 0 && progress->end <= size &&
	    hash_tail(tail, &run->file, progress->end) &&
	    memcmp(tail, progress->tail, sizeof tail) == 0) {
		if (open_at(mbox, run, progress->end, err) == MP_OK)
			return MP_OK;
		mp_err_clear(err);
		if (open_at(mbox, run, progress->last, err) == MP_OK)
			return MP_OK;
		mp_err_clear(err);
	}
	memset(progress, 0, sizeof *progress);
	return open_at(mbox, run, 0, err);
}

static enum mp_status
take_all(bool *complete, struct mbox_run *mbox, struct mp_mbox *reader,
    int64_t mtime, struct mp_err *err)
{
	struct mp_source_run *run = mbox->run;
	const char *slash = strrchr(run->source->path, '/');
	struct mp_mbox_mail found;
	enum mp_status status;

	for (;;) {
		struct mp_mail mail = { .folder = slash + 1 };

		status = mp_mbox_next(&run->raw, &found, reader, err);
		if (status == MP_INVALID) {
			mp_source_report(run, err);
			continue;
		}
		if (status != MP_OK)	/* its end, or it cannot be read */
			break;
		mail.raw = run->raw.data;
		mail.len = run->raw.len;
		mail.received = found.received != 0 ? found.received : mtime;
		mail.flags = found.flags;
		if (mail.len != 0 &&
		    mp_ingest_add(run->ingest, &mail, err) != MP_OK)
			return err->status;
		mbox->progress.last = found.start;
		mbox->progress.end = found.end;
	}
	*complete = status == MP_NOT_FOUND;
	mp_source_report(run, err);
	return MP_OK;
}

static enum mp_status
read_on(struct mbox_run *mbox, const struct stat *st, struct mp_err *err)
{
	int64_t mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 +
	    st->st_mtim.tv_nsec;
	struct mp_ingest *ingest = mbox->run->ingest;
	struct progress *progress = &mbox->progress;
	struct mp_mbox *reader = NULL;
	struct mp_store *store;
	enum mp_status status;
	bool complete = false;

	if (progress->size == (uint64_t)st->st_size &&
	    progress->mtime_ns == mtime_ns)
		return MP_OK;
	progress->size = 0;
	progress->mtime_ns = 0;
	if (open_mbox(&reader, mbox, (uint64_t)st->st_size, err) != MP_OK) {
		mp_source_report(mbox->run, err);
		return MP_OK;
	}
	mp_ingest_hook(ingest, save, mbox);
	status = take_all(&complete, mbox, reader, st->st_mtim.tv_sec, err);
	mp_ingest_hook(ingest, NULL, NULL);
	mp_mbox_close(reader);
	if (status != MP_OK || mbox->run->dry_run)
		return status;
	if (complete) {
		progress->size = (uint64_t)st->st_size;
		progress->mtime_ns = mtime_ns;
	}
	status = mp_ingest_touch(&store, ingest, err);
	return status == MP_OK ? save(mbox, store, err) : status;
}

/* Open and lock the file, since a delivery may be under way. */
static enum mp_status
open_file(struct mp_file *file, struct stat *st, const char *path,
    struct mp_err *err)
{
	if (mp_file_open(file, path, O_RDONLY | O_NONBLOCK | O_NOCTTY,
	    err) != MP_OK || lock(file, err) != MP_OK)
		return err->status;
	if (fstat(file->fd, st) != 0)
		return mp_err_sys(err, errno, "cannot stat '%s'", path);
	return MP_OK;
}

enum mp_status
mp_source_mbox(struct mp_source_run *run, struct mp_err *err)
{
	struct mbox_run mbox = { .run = run, .file = MP_FILE_INIT };
	const char *path = run->source->path;
	enum mp_status status = MP_OK;
	struct stat st;

	if (open_file(&mbox.file, &st, path, err) != MP_OK) {
		mp_source_report(run, err);
	} else {
		status = load(&mbox.progress, mp_ingest_store(run->ingest),
		    path, err);
		if (status == MP_OK)
			status = read_on(&mbox, &st, err);
	}
	mp_file_close(&mbox.file);
	return status;
}
