/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_MAILBOX_FOLDERS_H
#define MP_MAILBOX_FOLDERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "mailbox/mailbox.h"

/*
 * All messages below a folder, one a file, whatever mixture of Maildirs
 * (dot folders of Maildir++ too), MH folders and plain folders it is:
 *
 *	in a folder cur or new every file is a message, with Maildir's flags;
 *	in a folder with .mh_sequences the files with a number for a name;
 *	elsewhere every file whose header has From, To or Subject.
 *
 * Left out are files and folders whose name starts with a dot, but for
 * folders that hold cur or new, and tmp beside cur or new. Symbolic links
 * are followed, but no folder is read twice. A folder's new comes before its
 * cur, folders come sorted, files as the system gives them. Nothing but the
 * names of folders is kept in memory.
 */
struct mp_folders;

enum mp_folders_limits {
	MP_FOLDER_DEPTH = 64,
	MP_FOLDERS_MAX = 1000000
};

/* Valid until the next call. */
struct mp_mail_file {
	const char *path;
	const char *folder;	/* below the root, "" for itself; cur and new
				   are folders of their own */
	const char *name;
	size_t name_len;	/* without Maildir's info */
	uint8_t flags;		/* enum mp_mail_flag */
	bool maildir;		/* the name alone says which message it is */
	uint64_t size;		/* not in a Maildir: of the file */
	int64_t mtime_ns;	/* likewise */
};

/*
 * Open the folder root; mh: it is a MH folder even without .mh_sequences.
 * report may be NULL. MP_NOT_FOUND, MP_DENIED: the root cannot be read.
 */
enum mp_status mp_folders_open(struct mp_folders **folders,
    const char *root, bool mh, mp_mailbox_report_fn *report, void *arg,
    struct mp_err *err) MP_CHECKED;
void mp_folders_close(struct mp_folders *folders);

/* The next file; false at the end. */
bool mp_folders_next(struct mp_mail_file *file, struct mp_folders *folders);

/*
 * Read the file that mp_folders_next gave last, without an mbox From line.
 * *mtime is its time in Unix seconds.
 *
 * MP_NOT_FOUND: it went away meanwhile. MP_INVALID: over MP_MAIL_MAX bytes,
 * not a regular file; or not mail: then err has no text.
 */
enum mp_status mp_folders_read(struct mp_buf *raw, int64_t *mtime,
    struct mp_folders *folders, struct mp_err *err) MP_CHECKED;

/* Read one file (a message) by its path, likewise. */
enum mp_status mp_mail_read_file(struct mp_buf *raw, int64_t *mtime,
    const char *path, struct mp_err *err) MP_CHECKED;

#endif
