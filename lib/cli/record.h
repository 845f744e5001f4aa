/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CLI_RECORD_H
#define MP_CLI_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "cli/cli.h"

/*
 * Records on stdout, from the same calls in three forms: TAB-separated text
 * (NUL-ended with -0), JSON Lines, and on a terminal aligned columns with
 * numbers in place of ids. Text is cleaned of control and bidirectional
 * characters in all of them, so a record is always one line.
 *
 *	records = mp_records_new(&cli);
 *	mp_record_id(records, id);
 *	mp_record_time(records, "date", date);
 *	mp_record_text(records, "subject", subject);
 *	mp_record_end(records);
 *	status = mp_records_close(records, &err);
 *
 * Names are the keys of the JSON form and documented in mp-records(5).
 * A reading command's records flow at once; those of a MP_CLI_WRITES command
 * are held back until mp_records_close, which it calls after its commit, so
 * that stdout never names what was not done.
 */
struct mp_records;

struct mp_records *mp_records_new(struct mp_cli *cli);

/*
 * The message id (or thread, or other key) that other commands take. Text is
 * written as it is, so it comes escaped; first field of a record.
 */
void mp_record_id(struct mp_records *records, const char *id);
void mp_record_text(struct mp_records *records, const char *name,
    const char *text);
void mp_record_number(struct mp_records *records, const char *name,
    int64_t value);
void mp_record_real(struct mp_records *records, const char *name,
    double value);	/* three decimals in text */

/* Unix seconds: RFC 3339 in UTC in a pipe, short and local on a terminal. */
void mp_record_time(struct mp_records *records, const char *name,
    int64_t when);

/* Words: joined by commas in text, an array in JSON. */
void mp_record_list(struct mp_records *records, const char *name,
    const struct mp_strlist *words);

/*
 * Only in the JSON form: details that have no place in a line of text.
 */
void mp_record_more(struct mp_records *records, const char *name,
    const char *text);

/* The record is complete. */
void mp_record_end(struct mp_records *records);

/* Records ended so far. */
uint64_t mp_records_count(const struct mp_records *records);

/*
 * Write what was held back, keep the listing for numbers if it was shown on
 * a terminal, and free. MP_IO: stdout failed (mp_cli_finish finds it too).
 */
enum mp_status mp_records_close(struct mp_records *records,
    struct mp_err *err) MP_CHECKED;

/* Free without writing what was held back. NULL is fine. */
void mp_records_free(struct mp_records *records);

#endif
