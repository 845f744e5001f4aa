/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/alloc.h"

static int
system_openat(int dir, const char *path, int flags, mode_t mode)
{
	return openat(dir, path, flags, mode);
}

static int
system_exchange(const char *a, const char *b)
{
	return renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
}

struct mp_io_ops mp_io = {
	.openat = system_openat,
	.pread = pread,
	.pwrite = pwrite,
	.fdatasync = fdatasync,
	.fsync = fsync,
	.ftruncate = ftruncate,
	.rename = rename,
	.exchange = system_exchange,
	.unlink = unlink,
	.mkdir = mkdir,
};

enum mp_status
mp_file_open(struct mp_file *file, const char *path, int flags,
    struct mp_err *err)
{
	file->path = mp_strdup(path);
	do
		file->fd = mp_io.openat(AT_FDCWD, path,
		    flags | O_CLOEXEC | O_NOFOLLOW, 0600);
	while (file->fd < 0 && errno == EINTR);
	if (file->fd < 0)
		return mp_err_sys(err, errno, "cannot open '%s'", path);
	return MP_OK;
}

void
mp_file_close(struct mp_file *file)
{
	if (file->fd >= 0)
		(void)close(file->fd);
	file->fd = -1;
	free(file->path);
	file->path = NULL;
}

enum mp_status
mp_file_read(const struct mp_file *file, void *to, size_t len, uint64_t at,
    struct mp_err *err)
{
	uint8_t *next = to;

	while (len != 0) {
		ssize_t got = mp_io.pread(file->fd, next, len, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return mp_err_sys(err, errno, "cannot read '%s'",
			    file->path);
		if (got == 0)
			return mp_err_set(err, MP_CORRUPT,
			    "cannot read '%s': it ends at byte %llu",
			    file->path, (unsigned long long)at);
		next += got;
		at += (uint64_t)got;
		len -= (size_t)got;
	}
	return MP_OK;
}

enum mp_status
mp_file_write(const struct mp_file *file, const void *from, size_t len,
    uint64_t at, struct mp_err *err)
{
	const uint8_t *next = from;

	while (len != 0) {
		ssize_t put = mp_io.pwrite(file->fd, next, len, (off_t)at);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return mp_err_sys(err, put < 0 ? errno : ENOSPC,
			    "cannot write '%s'", file->path);
		next += put;
		at += (uint64_t)put;
		len -= (size_t)put;
	}
	return MP_OK;
}

enum mp_status
mp_file_sync(const struct mp_file *file, struct mp_err *err)
{
	if (mp_io.fdatasync(file->fd) != 0)
		return mp_err_sys(err, errno, "cannot sync '%s'", file->path);
	return MP_OK;
}

enum mp_status
mp_file_truncate(const struct mp_file *file, uint64_t size,
    struct mp_err *err)
{
	if (mp_io.ftruncate(file->fd, (off_t)size) != 0)
		return mp_err_sys(err, errno, "cannot truncate '%s'",
		    file->path);
	return MP_OK;
}

enum mp_status
mp_file_size(uint64_t *size, const struct mp_file *file, struct mp_err *err)
{
	struct stat st;

	*size = 0;
	if (fstat(file->fd, &st) != 0)
		return mp_err_sys(err, errno, "cannot stat '%s'", file->path);
	*size = (uint64_t)st.st_size;
	return MP_OK;
}

enum mp_status
mp_path_rename(const char *from, const char *to, struct mp_err *err)
{
	if (mp_io.rename(from, to) != 0)
		return mp_err_sys(err, errno, "cannot rename '%s' to '%s'",
		    from, to);
	return MP_OK;
}

enum mp_status
mp_path_exchange(const char *a, const char *b, struct mp_err *err)
{
	if (mp_io.exchange(a, b) != 0)
		return mp_err_sys(err, errno, "cannot exchange '%s' and '%s'",
		    a, b);
	return MP_OK;
}

enum mp_status
mp_path_unlink(const char *path, struct mp_err *err)
{
	if (mp_io.unlink(path) != 0)
		return mp_err_sys(err, errno, "cannot remove '%s'", path);
	return MP_OK;
}

enum mp_status
mp_path_mkdir(const char *path, struct mp_err *err)
{
	if (mp_io.mkdir(path, 0700) != 0)
		return mp_err_sys(err, errno, "cannot make folder '%s'",
		    path);
	return MP_OK;
}

enum mp_status
mp_path_sync_dir(const char *path, struct mp_err *err)
{
	int fd = mp_io.openat(AT_FDCWD, path,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	int failed;

	if (fd < 0)
		return mp_err_sys(err, errno, "cannot open folder '%s'",
		    path);
	failed = mp_io.fsync(fd) != 0 ? errno : 0;
	(void)close(fd);
	if (failed != 0)
		return mp_err_sys(err, failed, "cannot sync folder '%s'",
		    path);
	return MP_OK;
}

enum mp_status
mp_path_make(const char *path, struct mp_err *err)
{
	char *part = mp_strdup(path);
	enum mp_status status = MP_OK;
	char *slash = part;

	while (status == MP_OK && slash != NULL) {
		slash = strchr(slash + 1, '/');
		if (slash != NULL)
			*slash = '\0';
		if (!mp_path_exists(part))
			status = mp_path_mkdir(part, err);
		if (status == MP_EXISTS)
			status = MP_OK;
		if (slash != NULL)
			*slash = '/';
	}
	free(part);
	return status;
}

enum mp_status
mp_fd_read(struct mp_buf *buf, int fd, const char *name, struct mp_err *err)
{
	for (;;) {
		size_t room = buf->max - buf->len;
		uint8_t *to = mp_buf_reserve(buf,
		    room < 65536 ? room : 65536);
		uint8_t extra;
		ssize_t got;

		if (room == 0)
			to = &extra;
		got = read(fd, to, room == 0 ? 1 : buf->cap - buf->len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return mp_err_sys(err, errno, "cannot read '%s'",
			    name);
		if (got == 0)
			break;
		if (room == 0)
			return mp_err_set(err, MP_INVALID,
			    "cannot read '%s': over the limit of %zu bytes",
			    name, buf->max);
		buf->len += (size_t)got;
	}
	if (buf->data != NULL)
		buf->data[buf->len] = '\0';
	return MP_OK;
}

enum mp_status
mp_path_read(struct mp_buf *buf, const char *path, struct mp_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum mp_status status;
	struct stat st;

	if (fd < 0)
		return mp_err_sys(err, errno, "cannot open '%s'", path);
	if (fstat(fd, &st) == 0 && st.st_size > 0 &&
	    (uint64_t)st.st_size < buf->max - buf->len)
		(void)mp_buf_reserve(buf, (size_t)st.st_size + 1);
	status = mp_fd_read(buf, fd, path, err);
	(void)close(fd);
	return status;
}

enum mp_status
mp_fd_write(int fd, const void *data, size_t len, const char *name,
    struct mp_err *err)
{
	const uint8_t *next = data;

	while (len != 0) {
		ssize_t put = write(fd, next, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return mp_err_sys(err, errno, "cannot write '%s'",
			    name);
		next += put;
		len -= (size_t)put;
	}
	return MP_OK;
}

enum mp_status
mp_path_replace(const char *path, const void *data, size_t len,
    struct mp_err *err)
{
	struct mp_file file = MP_FILE_INIT;
	char *new_path = mp_asprintf("%s.new", path);
	char *dir = mp_strdup(path);
	char *slash = strrchr(dir, '/');
	enum mp_status status;

	if (slash != NULL)
		slash[slash == dir ? 1 : 0] = '\0';
	(void)mp_io.unlink(new_path);
	status = mp_file_open(&file, new_path, O_WRONLY | O_CREAT | O_EXCL,
	    err);
	if (status == MP_OK)
		status = mp_file_write(&file, data, len, 0, err);
	if (status == MP_OK)
		status = mp_file_sync(&file, err);
	if (status == MP_OK)
		status = mp_path_rename(new_path, path, err);
	if (status == MP_OK)
		status = mp_path_sync_dir(slash != NULL ? dir : ".", err);
	mp_file_close(&file);
	free(new_path);
	free(dir);
	return status;
}

bool
mp_path_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

bool
mp_path_is_tmpfs(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 &&
	    (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}
