/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_INGEST_SOURCE_H
#define MP_INGEST_SOURCE_H

#include "base/err.h"
#include "base/strlist.h"
#include "ingest/ingest.h"
#include "mailbox/mailbox.h"

/*
 * Places that mail is taken from, and what was taken from them before
 * (table "fetch.folder": ingest/state.h; table "fetch.mbox": size, time, and
 * the offset up to which an mbox was read with a hash of what stands before
 * it, so that one that only grew is read on from there).
 */
enum mp_source_kind {
	MP_SOURCE_FOLDERS,	/* Maildir or a tree of whatever kind */
	MP_SOURCE_MH,
	MP_SOURCE_MBOX,
	MP_SOURCE_MBOXRD,
	MP_SOURCE_FILE		/* one message */
};

struct mp_source {
	enum mp_source_kind kind;
	char *path;	/* absolute, without symbolic links */
};

/*
 * Read "maildir:DIR", "mh:DIR", "mbox:FILE", "mboxrd:FILE" or a bare path,
 * whose kind is guessed. A path that starts with "~/" is below home, unless
 * that is NULL; shells leave a "~" after a colon alone. Free with
 * mp_source_clear, also after a failure.
 *
 * MP_NOT_FOUND, MP_DENIED: nothing can be read there. MP_USAGE: a kind of
 * source that this version has not.
 */
enum mp_status mp_source_parse(struct mp_source *source, const char *text,
    const char *home, struct mp_err *err) MP_CHECKED;
void mp_source_clear(struct mp_source *source);

/*
 * Take in what is new there. What cannot be read, be it a file or all of the
 * source, is handed to report and passed over; a failure is the store's.
 * The caller commits.
 */
enum mp_status mp_source_fetch(struct mp_ingest *ingest,
    const struct mp_source *source, bool dry_run,
    mp_mailbox_report_fn *report, void *arg, struct mp_err *err) MP_CHECKED;

/* Several sources, as they are named on a command line. */
struct mp_sources {
	struct mp_source *list;
	size_t count;
};

#define MP_SOURCES_INIT { NULL, 0 }

/* Add those that the texts name; report is told of each that fails. */
void mp_sources_parse(struct mp_sources *sources, char *const *texts,
    size_t count, const char *home, mp_mailbox_report_fn *report, void *arg);
void mp_sources_clear(struct mp_sources *sources);

/*
 * Add what must be readable to fetch from them: their paths, and where
 * symbolic links right below these lead. Links further down lead nowhere
 * once the sandbox is entered.
 */
void mp_sources_paths(struct mp_strlist *paths,
    const struct mp_sources *sources);

enum mp_status mp_sources_fetch(struct mp_ingest *ingest,
    const struct mp_sources *sources, bool dry_run,
    mp_mailbox_report_fn *report, void *arg, struct mp_err *err) MP_CHECKED;

#endif
