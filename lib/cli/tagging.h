/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CLI_TAGGING_H
#define MP_CLI_TAGGING_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/find.h"
#include "cli/record.h"
#include "store/docset.h"

/* The input and output forms of mp-tag. */

/*
 * Carry out the lines of stdin (tag/batch.h) in the open transaction; set
 * gains the messages named. Lines that name no message are reported and
 * passed over; any other bad line stops, err names its number.
 */
enum mp_status mp_tagging_batch(struct mp_docset *set, struct mp_find *find,
    bool restore, struct mp_err *err) MP_CHECKED;

/* Write a line of notmuch's dump for each message of set to stdout. */
enum mp_status mp_tagging_dump(struct mp_index *index, struct mp_docset *set,
    struct mp_err *err) MP_CHECKED;

/* Records: id and tags of each message of set. */
enum mp_status mp_tagging_show(struct mp_records *records,
    struct mp_index *index, struct mp_docset *set, struct mp_err *err)
    MP_CHECKED;

/* Records: each tag in use and its number of messages. */
enum mp_status mp_tagging_list(struct mp_records *records,
    struct mp_find *find, struct mp_err *err) MP_CHECKED;

/* Records: epoch, time, command and changes, newest first. */
enum mp_status mp_tagging_log(struct mp_records *records,
    struct mp_store *store, struct mp_err *err) MP_CHECKED;

#endif
