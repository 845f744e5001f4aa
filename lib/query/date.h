/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_QUERY_DATE_H
#define MP_QUERY_DATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Dates as people write them, the forms of notmuch-search-terms(7): years,
 * months, days and times in the usual notations, month and weekday names,
 * today, yesterday, now, noon, midnight, and sums of relative terms ("2weeks",
 * "last_month", "1h25m"), which count back from the absolute part. What is
 * not said is taken from now above the coarsest unit named; below the finest
 * one a span reaches from its first to its last second. Words are separated
 * by blanks, '_', ',' or '-'. Besides notmuch's, YYYY/MM[/DD], the T of RFC
 * 3339, "tomorrow" and a trailing two-digit year are read.
 *
 * Times are local (localtime_r, mktime) unless a zone is named.
 */

/* "SINCE..UNTIL", either side may be empty, UNTIL "!" means as SINCE. */
#define MP_DATE_FIRST INT64_MIN
#define MP_DATE_LAST INT64_MAX

/*
 * The seconds *first .. *last, both included, that text describes: one
 * expression or a range of two. An open side is MP_DATE_FIRST or
 * MP_DATE_LAST; the range may be empty (first > last).
 *
 * MP_USAGE: it is no date; *bad is the offset in text of the part that is
 * not understood, err says what was expected.
 */
enum mp_status mp_date_range(int64_t *first, int64_t *last, size_t *bad,
    const char *text, size_t len, int64_t now, struct mp_err *err)
    MP_CHECKED;

#endif
