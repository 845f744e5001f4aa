/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_BASE_IO_H
#define MP_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * The one layer through which the store touches files. Positions are always
 * explicit, so that a test can record every write and replay or fail any of
 * them: it puts its own functions into mp_io. Short reads and writes and
 * EINTR are dealt with here. Errors name the path.
 */

struct mp_io_ops {
	int (*openat)(int dir, const char *path, int flags, mode_t mode);
	ssize_t (*pread)(int fd, void *to, size_t len, off_t at);
	ssize_t (*pwrite)(int fd, const void *from, size_t len, off_t at);
	int (*fdatasync)(int fd);
	int (*fsync)(int fd);
	int (*ftruncate)(int fd, off_t size);
	int (*rename)(const char *from, const char *to);
	int (*exchange)(const char *a, const char *b);
	int (*unlink)(const char *path);
	int (*mkdir)(const char *path, mode_t mode);
};

/* The functions in use: the system's, unless a test replaced them. */
extern struct mp_io_ops mp_io;

struct mp_file {
	int fd;		/* -1 while closed */
	char *path;
};

#define MP_FILE_INIT { -1, NULL }

/*
 * Open path with open(2) flags; O_CLOEXEC and O_NOFOLLOW are added, a new
 * file gets mode 0600. Close with mp_file_close, also after a failure.
 */
enum mp_status mp_file_open(struct mp_file *file, const char *path,
    int flags, struct mp_err *err) MP_CHECKED;
void mp_file_close(struct mp_file *file);

/* Read exactly len bytes at offset at; an early end is MP_CORRUPT. */
enum mp_status mp_file_read(const struct mp_file *file, void *to, size_t len,
    uint64_t at, struct mp_err *err) MP_CHECKED;
enum mp_status mp_file_write(const struct mp_file *file, const void *from,
    size_t len, uint64_t at, struct mp_err *err) MP_CHECKED;
enum mp_status mp_file_sync(const struct mp_file *file,
    struct mp_err *err) MP_CHECKED;
enum mp_status mp_file_truncate(const struct mp_file *file, uint64_t size,
    struct mp_err *err) MP_CHECKED;
enum mp_status mp_file_size(uint64_t *size, const struct mp_file *file,
    struct mp_err *err) MP_CHECKED;

enum mp_status mp_path_rename(const char *from, const char *to,
    struct mp_err *err) MP_CHECKED;

/* Let two files or folders change their names, at once. */
enum mp_status mp_path_exchange(const char *a, const char *b,
    struct mp_err *err) MP_CHECKED;
enum mp_status mp_path_unlink(const char *path, struct mp_err *err)
    MP_CHECKED;
enum mp_status mp_path_mkdir(const char *path, struct mp_err *err)
    MP_CHECKED;	/* mode 0700 */

/* fsync the folder, so that names made or removed in it last. */
enum mp_status mp_path_sync_dir(const char *path, struct mp_err *err)
    MP_CHECKED;

/* mkdir -p, mode 0700 for what is made. */
enum mp_status mp_path_make(const char *path, struct mp_err *err) MP_CHECKED;

/*
 * Append a whole file to buf, from the path or from an open descriptor of
 * any kind (pipe, terminal). More than buf may hold is MP_INVALID.
 */
enum mp_status mp_path_read(struct mp_buf *buf, const char *path,
    struct mp_err *err) MP_CHECKED;
enum mp_status mp_fd_read(struct mp_buf *buf, int fd, const char *name,
    struct mp_err *err) MP_CHECKED;

/* Write all of it to a descriptor, whatever kind it is. */
enum mp_status mp_fd_write(int fd, const void *data, size_t len,
    const char *name, struct mp_err *err) MP_CHECKED;

/*
 * Replace path by len bytes of data so that a crash leaves either the old
 * or the new content: written beside it under ".new", synced, renamed, the
 * folder synced. Mode 0600.
 */
enum mp_status mp_path_replace(const char *path, const void *data,
    size_t len, struct mp_err *err) MP_CHECKED;

bool mp_path_exists(const char *path);

/* Is path on a memory file system (tmpfs or ramfs)? */
bool mp_path_is_tmpfs(const char *path);

#endif
