/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_TAG_BATCH_H
#define MP_TAG_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "search/search.h"
#include "store/docset.h"

/*
 * Changes of tags as text, in notmuch's format: a line of
 *
 *	+TAG|-TAG ... [--] QUERY
 *
 * with %XX for bytes of tags that are not [A-Za-z0-9@=.,_+-]; empty lines
 * and lines that start with '#' mean nothing. As "notmuch tag --batch" reads
 * it each line changes the tags of what its query finds, seeing the changes
 * of the lines before. As "notmuch restore" reads it the tags of each
 * message named become exactly those of its line.
 *
 * All is done in the caller's open transaction. Lines whose query is a plain
 * id:..., as in a dump, are gathered and applied together.
 */
struct mp_tag_batch;

/* The search outlives the batch. restore: as "notmuch restore". */
struct mp_tag_batch *mp_tag_batch_new(struct mp_search *search, bool restore);
void mp_tag_batch_free(struct mp_tag_batch *batch);

/*
 * Take one line without its end. *found, unless NULL, gains what it named.
 *
 * MP_NOT_FOUND: a restored message is not in the store; nothing is changed.
 * MP_USAGE: it is no such line; err says what is wrong.
 */
enum mp_status mp_tag_batch_line(struct mp_tag_batch *batch,
    const char *line, struct mp_docset *found, struct mp_err *err)
    MP_CHECKED;

/* Apply what is gathered. */
enum mp_status mp_tag_batch_flush(struct mp_tag_batch *batch,
    struct mp_err *err) MP_CHECKED;

/* The first line of a dump, with its end. */
#define MP_TAG_DUMP_HEADER "#notmuch-dump batch-tag:2 tags\n"

/*
 * Append the line of a dump, with its end: tags as "TAG", the id without
 * "id:" and escapes.
 */
void mp_tag_dump_line(struct mp_buf *to, const struct mp_strlist *tags,
    const char *id);

#endif
