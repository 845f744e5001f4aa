/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ingest/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "ingest/source_internal.h"
#include "mailbox/folders.h"
#include "mailbox/scan.h"

struct scheme {
	const char *name;
	enum mp_source_kind kind;
};

static const struct scheme schemes[] = {
	{ "maildir:", MP_SOURCE_FOLDERS },
	{ "mh:", MP_SOURCE_MH },
	{ "mbox:", MP_SOURCE_MBOX },
	{ "mboxrd:", MP_SOURCE_MBOXRD },
};

static const char *const networks[] = {
	"imap:", "imaps:", "pop3:", "pop3s:"
};

static bool
starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* What is at a path that came without a scheme? */
static enum mp_status
guess(enum mp_source_kind *kind, const char *path, struct mp_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	enum mp_status status = MP_OK;
	uint8_t start[5];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		status = mp_err_sys(err, errno, "cannot open '%s'", path);
	else if (S_ISDIR(st.st_mode))
		*kind = MP_SOURCE_FOLDERS;
	else if (!S_ISREG(st.st_mode))
		status = mp_err_set(err, MP_INVALID,
		    "cannot read '%s': neither file nor folder", path);
	else
		*kind = pread(fd, start, sizeof start, 0) ==
		    (ssize_t)sizeof start &&
		    memcmp(start, "From ", sizeof start) == 0 ?
		    MP_SOURCE_MBOX : MP_SOURCE_FILE;
	if (fd >= 0)
		(void)close(fd);
	return status;
}

/* The scheme that text starts with, or NULL. */
static const struct scheme *
scheme_of(const char *text)
{
	size_t i;

	for (i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (starts(text, schemes[i].name))
			return &schemes[i];
	return NULL;
}

enum mp_status
mp_source_parse(struct mp_source *source, const char *text,
    const char *home, struct mp_err *err)
{
	const struct scheme *scheme = scheme_of(text);
	enum mp_status status = MP_OK;
	char *path;
	size_t i;

	source->path = NULL;
	for (i = 0; i < sizeof networks / sizeof *networks; i++)
		if (starts(text, networks[i]))
			return mp_err_set(err, MP_USAGE,
			    "cannot fetch from '%s': this version has local "
			    "sources only", text);
	if (scheme != NULL) {
		source->kind = scheme->kind;
		text += strlen(scheme->name);
	}
	path = starts(text, "~/") && home != NULL ?
	    mp_asprintf("%s/%s", home, text + 2) : mp_strdup(text);
	if (scheme == NULL)
		status = guess(&source->kind, path, err);
	/* states belong to places, whatever they are called today */
	if (status == MP_OK)
		source->path = realpath(path, NULL);
	if (status == MP_OK && source->path == NULL)
		status = mp_err_sys(err, errno, "cannot open '%s'", path);
	free(path);
	return status;
}

void
mp_source_clear(struct mp_source *source)
{
	free(source->path);
	source->path = NULL;
}

static void
add_paths(struct mp_strlist *paths, const struct mp_source *source)
{
	DIR *dir = opendir(source->path);
	struct dirent *entry;

	mp_strlist_add(paths, source->path);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char *link, *target;

		if (entry->d_type != DT_LNK)
			continue;
		link = mp_asprintf("%s/%s", source->path, entry->d_name);
		target = realpath(link, NULL);
		if (target != NULL)
			mp_strlist_take(paths, target);
		free(link);
	}
	if (dir != NULL)
		(void)closedir(dir);
}

void
mp_source_report(const struct mp_source_run *run, struct mp_err *err)
{
	if (run->report != NULL && err->text[0] != '\0')
		run->report(run->arg, err);
	mp_err_clear(err);
}

static enum mp_status
fetch_file(struct mp_source_run *run, struct mp_err *err)
{
	const char *path = run->source->path;
	struct mp_mail mail = { .len = 0 };

	if (mp_mail_read_file(&run->raw, &mail.received, path, err) !=
	    MP_OK) {
		mp_source_report(run, err);
		return MP_OK;
	}
	mail.raw = run->raw.data;
	mail.len = run->raw.len;
	if (!mp_mail_is_field(mail.raw, mail.len) &&
	    !mp_scan_is_mail(mail.raw, mail.len)) {
		(void)mp_err_set(err, MP_INVALID,
		    "cannot fetch '%s': not a message", path);
		mp_source_report(run, err);
		return MP_OK;
	}
	return mp_ingest_add(run->ingest, &mail, err);
}

enum mp_status
mp_source_fetch(struct mp_ingest *ingest, const struct mp_source *source,
    bool dry_run, mp_mailbox_report_fn *report, void *arg,
    struct mp_err *err)
{
	struct mp_source_run run = {
		.ingest = ingest,
		.source = source,
		.dry_run = dry_run,
		.report = report,
		.arg = arg,
		.raw = MP_BUF_INIT(MP_MAIL_MAX)
	};
	enum mp_status status = MP_BUG;

	switch (source->kind) {
	case MP_SOURCE_FOLDERS:
	case MP_SOURCE_MH:
		status = mp_source_folders(&run, err);
		break;
	case MP_SOURCE_MBOX:
	case MP_SOURCE_MBOXRD:
		status = mp_source_mbox(&run, err);
		break;
	case MP_SOURCE_FILE:
		status = fetch_file(&run, err);
		break;
	}
	mp_buf_clear(&run.raw);
	return status;
}

void
mp_sources_parse(struct mp_sources *sources, char *const *texts,
    size_t count, const char *home, mp_mailbox_report_fn *report, void *arg)
{
	size_t i;

	sources->list = mp_realloc_array(sources->list,
	    sources->count + count + 1, sizeof *sources->list);
	for (i = 0; i < count; i++) {
		struct mp_source *source = &sources->list[sources->count];
		struct mp_err err = MP_ERR_INIT;

		if (mp_source_parse(source, texts[i], home, &err) == MP_OK) {
			sources->count++;
			continue;
		}
		mp_source_clear(source);
		if (report != NULL)
			report(arg, &err);
	}
}

void
mp_sources_clear(struct mp_sources *sources)
{
	size_t i;

	for (i = 0; i < sources->count; i++)
		mp_source_clear(&sources->list[i]);
	free(sources->list);
	sources->list = NULL;
	sources->count = 0;
}

void
mp_sources_paths(struct mp_strlist *paths, const struct mp_sources *sources)
{
	size_t i;

	for (i = 0; i < sources->count; i++)
		add_paths(paths, &sources->list[i]);
}

enum mp_status
mp_sources_fetch(struct mp_ingest *ingest, const struct mp_sources *sources,
    bool dry_run, mp_mailbox_report_fn *report, void *arg,
    struct mp_err *err)
{
	enum mp_status status = MP_OK;
	size_t i;

	for (i = 0; i < sources->count && status == MP_OK; i++)
		status = mp_source_fetch(ingest, &sources->list[i], dry_run,
		    report, arg, err);
	return status;
}
