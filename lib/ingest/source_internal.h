/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_INGEST_SOURCE_INTERNAL_H
#define MP_INGEST_SOURCE_INTERNAL_H

#include "base/buf.h"
#include "ingest/source.h"

/* One run over one source. */
struct mp_source_run {
	struct mp_ingest *ingest;
	const struct mp_source *source;
	bool dry_run;
	mp_mailbox_report_fn *report;
	void *arg;
	struct mp_buf raw;	/* the message at hand */
};

/* Report *err and forget it. */
void mp_source_report(const struct mp_source_run *run, struct mp_err *err);

enum mp_status mp_source_folders(struct mp_source_run *run,
    struct mp_err *err) MP_CHECKED;
enum mp_status mp_source_mbox(struct mp_source_run *run, struct mp_err *err)
    MP_CHECKED;

#endif
