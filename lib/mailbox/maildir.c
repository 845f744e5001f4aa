/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mailbox/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"

struct letter {
	char letter;
	uint8_t flag;
};

/* Sorted, as the specification wants them in a name. */
static const struct letter letters[] = {
	{ 'D', MP_MAIL_DRAFT },
	{ 'F', MP_MAIL_FLAGGED },
	{ 'P', MP_MAIL_PASSED },
	{ 'R', MP_MAIL_REPLIED },
	{ 'S', MP_MAIL_SEEN },
	{ 'T', MP_MAIL_TRASHED },
};

#define LETTERS (sizeof letters / sizeof *letters)

struct mp_maildir {
	char *path;
	bool sync;
	unsigned long delivered;
	char prefix[64];	/* seconds, microseconds, process: unique */
};

uint8_t
mp_maildir_flags(size_t *base_len, const char *name, bool in_new)
{
	const char *info = strstr(name, ":2,");
	uint8_t flags = MP_MAIL_KNOWN;
	size_t i;

	*base_len = info != NULL ? (size_t)(info - name) : strlen(name);
	if (info == NULL)
		return in_new ? MP_MAIL_KNOWN : 0;
	for (info += 3; *info != '\0'; info++)
		for (i = 0; i < LETTERS; i++)
			if (letters[i].letter == *info)
				flags |= letters[i].flag;
	return flags;
}

void
mp_maildir_info(char info[MP_MAILDIR_INFO], uint8_t flags)
{
	size_t i, len = 3;

	memcpy(info, ":2,", 3);
	for (i = 0; i < LETTERS; i++)
		if ((flags & letters[i].flag) != 0)
			info[len++] = letters[i].letter;
	info[len] = '\0';
}

enum mp_status
mp_maildir_create(struct mp_maildir **maildir, const char *path, bool sync,
    struct mp_err *err)
{
	static const char *const parts[] = { "tmp", "new", "cur" };
	struct mp_maildir *made = mp_calloc(1, sizeof *made);
	struct timespec now = { 0, 0 };
	size_t i;

	*maildir = NULL;
	made->path = mp_strdup(path);
	made->sync = sync;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)snprintf(made->prefix, sizeof made->prefix, "%lld.M%ldP%ld",
	    (long long)now.tv_sec, now.tv_nsec / 1000, (long)getpid());
	for (i = 0; i < sizeof parts / sizeof *parts; i++) {
		char *part = mp_asprintf("%s/%s", path, parts[i]);
		enum mp_status status = mp_path_make(part, err);

		free(part);
		if (status != MP_OK) {
			mp_maildir_free(made);
			return status;
		}
	}
	*maildir = made;
	return MP_OK;
}

static enum mp_status
write_file(const char *path, const uint8_t *raw, size_t len, int64_t when,
    struct mp_err *err)
{
	const struct timespec times[2] = { { when, 0 }, { when, 0 } };
	struct mp_file file = MP_FILE_INIT;
	enum mp_status status;

	status = mp_file_open(&file, path, O_WRONLY | O_CREAT | O_EXCL, err);
	if (status == MP_OK)
		status = mp_file_write(&file, raw, len, 0, err);
	if (status == MP_OK && when > 0)
		(void)futimens(file.fd, times);
	mp_file_close(&file);
	return status;
}

enum mp_status
mp_maildir_deliver(struct mp_maildir *maildir, const uint8_t *raw,
    size_t len, uint8_t flags, int64_t when, struct mp_err *err)
{
	char info[MP_MAILDIR_INFO] = "";
	bool fresh = (flags & ~MP_MAIL_KNOWN) == 0;
	unsigned long number = ++maildir->delivered;
	struct mp_err ignored = MP_ERR_INIT;
	enum mp_status status;
	char *tmp, *to;

	if (!fresh)
		mp_maildir_info(info, flags);
	tmp = mp_asprintf("%s/tmp/%sQ%lu.mp", maildir->path, maildir->prefix,
	    number);
	to = mp_asprintf("%s/%s/%sQ%lu.mp%s", maildir->path,
	    fresh ? "new" : "cur", maildir->prefix, number, info);
	status = write_file(tmp, raw, len, when, err);
	if (status == MP_OK)
		status = mp_path_rename(tmp, to, err);
	if (status != MP_OK && status != MP_EXISTS &&
	    mp_path_unlink(tmp, &ignored) != MP_OK)
		mp_err_clear(&ignored);	/* it may never have been made */
	free(tmp);
	free(to);
	return status;
}

/*
 * One sync of the file system for all: a sync for each of ten thousand
 * messages would take minutes.
 */
static enum mp_status
sync_all(const char *path, struct mp_err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum mp_status status = MP_OK;

	if (fd < 0 || syncfs(fd) != 0)
		status = mp_err_sys(err, errno, "cannot sync '%s'", path);
	if (fd >= 0)
		(void)close(fd);
	return status;
}

enum mp_status
mp_maildir_finish(struct mp_maildir *maildir, struct mp_err *err)
{
	enum mp_status status = MP_OK;

	if (maildir == NULL)
		return MP_OK;
	if (maildir->sync)
		status = sync_all(maildir->path, err);
	mp_maildir_free(maildir);
	return status;
}

void
mp_maildir_free(struct mp_maildir *maildir)
{
	if (maildir == NULL)
		return;
	free(maildir->path);
	free(maildir);
}
