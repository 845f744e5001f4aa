/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CLI_SHOW_H
#define MP_CLI_SHOW_H

#include <stdint.h>

#include "base/err.h"
#include "cli/find.h"

/*
 * Messages on stdout. Whatever goes to a terminal is cleaned of control and
 * bidirectional characters, raw bytes too.
 *
 * Raw: a single message is written byte for byte; several as mbox (mboxrd),
 * or with -0 each ended by a NUL. So the first is kept until it is known
 * whether a second follows, or mp_show_finish is called.
 */
enum mp_show_form {
	MP_SHOW_TEXT,
	MP_SHOW_RAW,
	MP_SHOW_PART,
	MP_SHOW_HEADERS,
	MP_SHOW_JSON
};

struct mp_show_options {
	enum mp_show_form form;
	unsigned part;		/* of MP_SHOW_PART */
};

struct mp_show;

/* find and options are the caller's and outlive it. */
struct mp_show *mp_show_new(struct mp_find *find,
    const struct mp_show_options *options);
void mp_show_free(struct mp_show *show);

/*
 * Show one message; all of a thread, oldest first, each thread once.
 *
 * MP_NOT_FOUND: it has no such part. MP_CORRUPT: it is damaged.
 */
enum mp_status mp_show_message(struct mp_show *show, uint32_t docid,
    struct mp_err *err) MP_CHECKED;
enum mp_status mp_show_thread(struct mp_show *show, uint32_t docid,
    struct mp_err *err) MP_CHECKED;

/* Write what was kept. Nothing shown at all: the answer is no (exit 1). */
enum mp_status mp_show_finish(struct mp_show *show, struct mp_err *err)
    MP_CHECKED;

#endif
