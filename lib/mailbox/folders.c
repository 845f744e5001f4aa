/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mailbox/folders.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/strlist.h"
#include "mailbox/maildir.h"
#include "mailbox/mh.h"
#include "mailbox/scan.h"

struct identity {
	dev_t device;
	ino_t inode;
};

struct mp_folders {
	char *root;
	bool mh;
	mp_mailbox_report_fn *report;
	void *arg;

	/* Folders still to read, the next one last. */
	struct mp_strlist queue;
	/* Those read, open addressing; a zero inode is a free slot. */
	struct identity *seen;
	size_t seen_cap;
	size_t seen_count;

	/* The folder being read. */
	DIR *dir;
	char *folder;
	bool is_maildir;	/* it is a cur or new */
	bool is_new;
	bool is_mh;
	struct mp_strlist children;
	struct mp_mh_sequences sequences;
	struct mp_buf path;
};

static void
report(const struct mp_folders *folders, const struct mp_err *err)
{
	if (folders->report != NULL)
		folders->report(folders->arg, err);
}

/* The path of name in the folder; valid until the next call. */
static const char *
path_of(struct mp_folders *folders, const char *folder, const char *name)
{
	mp_buf_reset(&folders->path);
	mp_buf_str(&folders->path, folders->root);
	if (folder[0] != '\0')
		mp_buf_printf(&folders->path, "/%s", folder);
	if (name != NULL)
		mp_buf_printf(&folders->path, "/%s", name);
	return mp_buf_text(&folders->path);
}

static size_t
slot_of(const struct mp_folders *folders, const struct identity *id)
{
	size_t mask = folders->seen_cap - 1;
	size_t at = (size_t)(id->inode * 0x9e3779b97f4a7c15u ^ id->device);

	for (at &= mask; folders->seen[at].inode != 0; at = (at + 1) & mask)
		if (folders->seen[at].inode == id->inode &&
		    folders->seen[at].device == id->device)
			break;
	return at;
}

static void
grow_seen(struct mp_folders *folders)
{
	struct identity *old = folders->seen;
	size_t old_cap = folders->seen_cap, i;

	folders->seen_cap = old_cap == 0 ? 64 : old_cap * 2;
	folders->seen = mp_calloc(folders->seen_cap, sizeof *old);
	for (i = 0; i < old_cap; i++)
		if (old[i].inode != 0)
			folders->seen[slot_of(folders, &old[i])] = old[i];
	free(old);
}

/* Note that the folder is read now; false when it was before. */
static bool
first_visit(struct mp_folders *folders, const struct stat *st)
{
	struct identity id = { st->st_dev, st->st_ino };
	size_t at;

	if (folders->seen_count * 2 >= folders->seen_cap)
		grow_seen(folders);
	at = slot_of(folders, &id);
	if (folders->seen[at].inode != 0)
		return false;
	folders->seen[at] = id;
	folders->seen_count++;
	return true;
}

static bool
holds_folder(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static void
read_sequences(struct mp_folders *folders)
{
	struct mp_buf text = MP_BUF_INIT(MP_MH_SEQUENCES_MAX);
	struct mp_err err = MP_ERR_INIT;
	const char *path = path_of(folders, folders->folder,
	    ".mh_sequences");
	struct stat st;

	folders->is_mh = folders->mh && !folders->is_maildir;
	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return;
	folders->is_mh = !folders->is_maildir;
	if (mp_path_read(&text, path, &err) == MP_OK)
		mp_mh_sequences_read(&folders->sequences,
		    mp_buf_text(&text), text.len);
	else
		report(folders, &err);
	mp_buf_clear(&text);
}

static void
leave_folder(struct mp_folders *folders)
{
	if (folders->dir != NULL)
		(void)closedir(folders->dir);
	folders->dir = NULL;
	free(folders->folder);
	folders->folder = NULL;
	mp_strlist_clear(&folders->children);
	mp_mh_sequences_clear(&folders->sequences);
}

/* Open folder, which is ours from now on; false when there is none to read. */
static bool
enter_folder(struct mp_folders *folders, char *folder, struct mp_err *err)
{
	const char *path = path_of(folders, folder, NULL);
	const char *slash = strrchr(folder, '/');
	const char *last = slash != NULL ? slash + 1 : folder;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	folders->folder = folder;
	if (fd >= 0 && fstat(fd, &st) == 0 && !first_visit(folders, &st)) {
		(void)close(fd);
		return false;
	}
	folders->dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (folders->dir == NULL) {
		(void)mp_err_sys(err, errno, "cannot read folder '%s'", path);
		if (fd >= 0)
			(void)close(fd);
		return false;
	}
	folders->is_new = strcmp(last, "new") == 0;
	folders->is_maildir = folders->is_new || strcmp(last, "cur") == 0;
	read_sequences(folders);
	return true;
}

enum mp_status
mp_folders_open(struct mp_folders **folders, const char *root, bool mh,
    mp_mailbox_report_fn *report_fn, void *arg, struct mp_err *err)
{
	struct mp_folders *made = mp_calloc(1, sizeof *made);

	made->root = mp_strdup(root);
	made->mh = mh;
	made->report = report_fn;
	made->arg = arg;
	mp_buf_init(&made->path, 1 << 16);
	*folders = made;
	if (enter_folder(made, mp_strdup(""), err))
		return MP_OK;
	mp_folders_close(made);
	*folders = NULL;
	return err->status;
}

void
mp_folders_close(struct mp_folders *folders)
{
	if (folders == NULL)
		return;
	leave_folder(folders);
	mp_strlist_clear(&folders->queue);
	mp_buf_clear(&folders->path);
	free(folders->seen);
	free(folders->root);
	free(folders);
}

/* Is the subfolder one to read? */
static bool
wanted_folder(const struct mp_folders *folders, const char *name)
{
	int dir = dirfd(folders->dir);
	bool wanted = true;
	int child;

	if (strcmp(name, "tmp") == 0)
		return !holds_folder(dir, "cur") && !holds_folder(dir, "new");
	if (name[0] == '.') {
		child = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		wanted = child >= 0 && (holds_folder(child, "cur") ||
		    holds_folder(child, "new"));
		if (child >= 0)
			(void)close(child);
	}
	return wanted;
}

static size_t
depth_of(const char *folder)
{
	size_t depth = folder[0] != '\0';

	for (; *folder != '\0'; folder++)
		depth += *folder == '/';
	return depth;
}

static void
add_child(struct mp_folders *folders, const char *name)
{
	struct mp_err err = MP_ERR_INIT;
	const char *folder = folders->folder;

	if (!wanted_folder(folders, name))
		return;
	if (depth_of(folder) >= MP_FOLDER_DEPTH ||
	    folders->queue.count + folders->children.count >=
	    MP_FOLDERS_MAX) {
		(void)mp_err_set(&err, MP_INVALID,
		    "cannot read folder '%s': too deep, or too many",
		    path_of(folders, folder, name));
		report(folders, &err);
		return;
	}
	mp_strlist_take(&folders->children, mp_asprintf("%s%s%s", folder,
	    folder[0] != '\0' ? "/" : "", name));
}

/* new before cur before all others, those by their names. */
static int
rank_of(const struct mp_folders *folders, const char *child)
{
	size_t len = strlen(folders->folder);
	const char *name = child + len + (len != 0);

	return strcmp(name, "new") == 0 ? 0 : strcmp(name, "cur") == 0 ? 1 : 2;
}

/* The folder is read to its end: queue its children, the first one last. */
static void
queue_children(struct mp_folders *folders)
{
	int rank;
	size_t i;

	mp_strlist_sort(&folders->children);
	for (rank = 2; rank >= 0; rank--)
		for (i = folders->children.count; i-- > 0;)
			if (rank_of(folders, folders->children.items[i]) ==
			    rank)
				mp_strlist_add(&folders->queue,
				    folders->children.items[i]);
	leave_folder(folders);
}

/* Go on with the next folder that can be read; false when none is left. */
static bool
next_folder(struct mp_folders *folders)
{
	while (folders->queue.count != 0) {
		struct mp_err err = MP_ERR_INIT;

		if (enter_folder(folders,
		    folders->queue.items[--folders->queue.count], &err))
			return true;
		if (err.status != MP_OK)
			report(folders, &err);
		leave_folder(folders);
	}
	return false;
}

/*
 * Fill *file for the entry; false when it is no candidate. In a Maildir the
 * name tells all, so that fifty thousand known files need no system call
 * each.
 */
static bool
fill_file(struct mp_mail_file *file, struct mp_folders *folders,
    const char *name)
{
	uint32_t number = 0;
	struct stat st;

	memset(file, 0, sizeof *file);
	file->name = name;
	file->name_len = strlen(name);
	file->folder = folders->folder;
	file->maildir = folders->is_maildir;
	if (folders->is_maildir)
		file->flags = mp_maildir_flags(&file->name_len, name,
		    folders->is_new);
	if (folders->is_mh) {
		if (!mp_mh_number(&number, name))
			return false;
		file->flags = mp_mh_flags(&folders->sequences, number);
	}
	if (!folders->is_maildir) {
		if (fstatat(dirfd(folders->dir), name, &st, 0) != 0)
			return false;
		file->size = (uint64_t)st.st_size;
		file->mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 +
		    st.st_mtim.tv_nsec;
	}
	file->path = path_of(folders, folders->folder, name);
	return true;
}

static bool
is_folder(const struct mp_folders *folders, const struct dirent *entry)
{
	if (entry->d_type == DT_UNKNOWN || entry->d_type == DT_LNK)
		return holds_folder(dirfd(folders->dir), entry->d_name);
	return entry->d_type == DT_DIR;
}

bool
mp_folders_next(struct mp_mail_file *file, struct mp_folders *folders)
{
	while (folders->dir != NULL || next_folder(folders)) {
		const struct dirent *entry = readdir(folders->dir);
		const char *name = entry != NULL ? entry->d_name : "";

		if (entry == NULL) {
			queue_children(folders);
			continue;
		}
		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		if (is_folder(folders, entry))
			add_child(folders, name);
		else if (name[0] != '.' && fill_file(file, folders, name))
			return true;
	}
	return false;
}

enum mp_status
mp_mail_read_file(struct mp_buf *raw, int64_t *mtime, const char *path,
    struct mp_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	enum mp_status status;
	size_t from_line;
	struct stat st;

	if (fd < 0)
		return mp_err_sys(err, errno, "cannot open '%s'", path);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		(void)close(fd);
		return mp_err_set(err, MP_INVALID,
		    "cannot read '%s': not a regular file", path);
	}
	*mtime = st.st_mtim.tv_sec;
	if (raw->max > raw->len &&
	    (uint64_t)st.st_size < raw->max - raw->len)
		(void)mp_buf_reserve(raw, (size_t)st.st_size + 1);
	status = mp_fd_read(raw, fd, path, err);
	(void)close(fd);
	if (status != MP_OK)
		return status;
	from_line = mp_mail_from_line(raw->data, raw->len);
	if (from_line != 0) {
		raw->len -= from_line;
		memmove(raw->data, raw->data + from_line, raw->len + 1);
	}
	return MP_OK;
}

enum mp_status
mp_folders_read(struct mp_buf *raw, int64_t *mtime,
    struct mp_folders *folders, struct mp_err *err)
{
	enum mp_status status;

	mp_buf_reset(raw);
	status = mp_mail_read_file(raw, mtime, mp_buf_text(&folders->path),
	    err);
	if (status != MP_OK)
		return status;
	if (raw->len == 0 || (!folders->is_maildir && !folders->is_mh &&
	    !mp_scan_is_mail(raw->data, raw->len)))
		return mp_err_set(err, MP_INVALID, "%s", "");
	return MP_OK;
}
