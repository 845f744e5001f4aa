/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "query/date.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* Finest first: the order in which unnamed units are filled in. */
enum unit {
	SECOND,
	MINUTE,
	HOUR,
	DAY,
	MONTH,
	YEAR,
	UNITS,
	WEEK = UNITS,	/* only relative */
	RELATIVES
};

#define COUNT_MAX 1000000	/* of relative units: keeps sums in range */
#define DIGITS_MAX 12

struct date {
	bool has[UNITS];
	int value[UNITS];
	bool back_has[RELATIVES];
	int64_t back[RELATIVES];	/* how far to go back */
	int weekday;		/* 0 Sunday; -1 none */
	bool zone_has;
	int zone;		/* minutes east */
	bool epoch_has;
	int64_t epoch;
	bool pm, am;
	bool number_has;	/* a number that waits for its meaning */
	int64_t number;
	unsigned digits;	/* it was written with; 0: in words */
	struct tm now;
};

struct scan {
	const char *text;
	size_t len;
	size_t at;
};

enum word_kind {
	WORD_NOTHING,
	WORD_UNIT,
	WORD_MONTH,
	WORD_WEEKDAY,
	WORD_NUMBER,
	WORD_CLOCK,
	WORD_DAY,	/* value days back */
	WORD_NOW,
	WORD_AM,
	WORD_PM,
	WORD_ZONE,
	WORD_ORDINAL
};

struct word {
	const char *name;
	unsigned least;		/* letters of the shortest abbreviation */
	enum word_kind kind;
	int value;
	bool exact_case;	/* M and m differ */
};

/* The first that fits wins. */
static const struct word words[] = {
	{ "M", 1, WORD_UNIT, MONTH, true },
	{ "m", 1, WORD_UNIT, MINUTE, true },
	{ "monday", 3, WORD_WEEKDAY, 1, false },
	{ "tuesday", 3, WORD_WEEKDAY, 2, false },
	{ "wednesday", 3, WORD_WEEKDAY, 3, false },
	{ "thursday", 3, WORD_WEEKDAY, 4, false },
	{ "friday", 3, WORD_WEEKDAY, 5, false },
	{ "saturday", 3, WORD_WEEKDAY, 6, false },
	{ "sunday", 3, WORD_WEEKDAY, 0, false },
	{ "january", 3, WORD_MONTH, 1, false },
	{ "february", 3, WORD_MONTH, 2, false },
	{ "march", 3, WORD_MONTH, 3, false },
	{ "april", 3, WORD_MONTH, 4, false },
	{ "may", 3, WORD_MONTH, 5, false },
	{ "june", 3, WORD_MONTH, 6, false },
	{ "july", 3, WORD_MONTH, 7, false },
	{ "august", 3, WORD_MONTH, 8, false },
	{ "september", 3, WORD_MONTH, 9, false },
	{ "october", 3, WORD_MONTH, 10, false },
	{ "november", 3, WORD_MONTH, 11, false },
	{ "december", 3, WORD_MONTH, 12, false },
	{ "years", 1, WORD_UNIT, YEAR, false },
	{ "months", 2, WORD_UNIT, MONTH, false },
	{ "weeks", 1, WORD_UNIT, WEEK, false },
	{ "days", 1, WORD_UNIT, DAY, false },
	{ "hours", 1, WORD_UNIT, HOUR, false },
	{ "hrs", 2, WORD_UNIT, HOUR, false },
	{ "minutes", 2, WORD_UNIT, MINUTE, false },
	{ "mins", 4, WORD_UNIT, MINUTE, false },
	{ "seconds", 1, WORD_UNIT, SECOND, false },
	{ "secs", 4, WORD_UNIT, SECOND, false },
	{ "this", 4, WORD_NUMBER, 0, false },
	{ "last", 4, WORD_NUMBER, 1, false },
	{ "one", 3, WORD_NUMBER, 1, false },
	{ "two", 3, WORD_NUMBER, 2, false },
	{ "three", 5, WORD_NUMBER, 3, false },
	{ "four", 4, WORD_NUMBER, 4, false },
	{ "five", 4, WORD_NUMBER, 5, false },
	{ "six", 3, WORD_NUMBER, 6, false },
	{ "seven", 5, WORD_NUMBER, 7, false },
	{ "eight", 5, WORD_NUMBER, 8, false },
	{ "nine", 4, WORD_NUMBER, 9, false },
	{ "ten", 3, WORD_NUMBER, 10, false },
	{ "dozen", 5, WORD_NUMBER, 12, false },
	{ "hundred", 7, WORD_NUMBER, 100, false },
	{ "noon", 4, WORD_CLOCK, 12, false },
	{ "midnight", 8, WORD_CLOCK, 0, false },
	{ "now", 3, WORD_NOW, 0, false },
	{ "today", 5, WORD_DAY, 0, false },
	{ "yesterday", 9, WORD_DAY, 1, false },
	{ "tomorrow", 8, WORD_DAY, -1, false },
	{ "am", 2, WORD_AM, 0, false },
	{ "a.m.", 3, WORD_AM, 0, false },
	{ "pm", 2, WORD_PM, 0, false },
	{ "p.m.", 3, WORD_PM, 0, false },
	{ "st", 2, WORD_ORDINAL, 0, false },
	{ "nd", 2, WORD_ORDINAL, 0, false },
	{ "rd", 2, WORD_ORDINAL, 0, false },
	{ "th", 2, WORD_ORDINAL, 0, false },
	{ "ago", 3, WORD_NOTHING, 0, false },
	{ "utc", 3, WORD_ZONE, 0, false },
	{ "gmt", 3, WORD_ZONE, 0, false },
	{ "z", 1, WORD_ZONE, 0, false },
	{ "wet", 3, WORD_ZONE, 0, false },
	{ "bst", 3, WORD_ZONE, 60, false },
	{ "west", 4, WORD_ZONE, 60, false },
	{ "cet", 3, WORD_ZONE, 60, false },
	{ "cest", 4, WORD_ZONE, 120, false },
	{ "eet", 3, WORD_ZONE, 120, false },
	{ "eest", 4, WORD_ZONE, 180, false },
	{ "msk", 3, WORD_ZONE, 180, false },
	{ "est", 3, WORD_ZONE, -300, false },
	{ "edt", 3, WORD_ZONE, -240, false },
	{ "cst", 3, WORD_ZONE, -360, false },
	{ "cdt", 3, WORD_ZONE, -300, false },
	{ "mst", 3, WORD_ZONE, -420, false },
	{ "mdt", 3, WORD_ZONE, -360, false },
	{ "pst", 3, WORD_ZONE, -480, false },
	{ "pdt", 3, WORD_ZONE, -420, false },
	{ "hst", 3, WORD_ZONE, -600, false },
	{ "jst", 3, WORD_ZONE, 540, false },
	{ "kst", 3, WORD_ZONE, 540, false },
	{ "aest", 4, WORD_ZONE, 600, false },
	{ "nzst", 4, WORD_ZONE, 720, false }
};

#define N_WORDS (sizeof words / sizeof words[0])

static bool
set_unit(struct date *date, enum unit unit, int64_t value)
{
	static const struct { int least, most; } range[UNITS] = {
		[SECOND] = { 0, 60 }, [MINUTE] = { 0, 59 },
		[HOUR] = { 0, 24 }, [DAY] = { 1, 31 }, [MONTH] = { 1, 12 },
		[YEAR] = { 1970, 9999 }
	};

	if (date->has[unit] || value < range[unit].least ||
	    value > range[unit].most)
		return false;
	date->has[unit] = true;
	date->value[unit] = (int)value;
	return true;
}

static bool
set_year(struct date *date, int64_t year, unsigned digits)
{
	if (digits <= 2)
		year += year < 70 ? 2000 : 1900;
	else if (digits != 4)
		return false;
	return set_unit(date, YEAR, year);
}

static bool
set_clock(struct date *date, int64_t hour, int64_t minute, int64_t second)
{
	return set_unit(date, HOUR, hour) &&
	    (minute < 0 || set_unit(date, MINUTE, minute)) &&
	    (second < 0 || set_unit(date, SECOND, second));
}

static bool
go_back(struct date *date, enum unit unit, int64_t count)
{
	if (count > COUNT_MAX || date->back[unit] > COUNT_MAX)
		return false;
	date->back_has[unit] = true;
	date->back[unit] += count;
	return true;
}

/* Give the waiting number the meaning that only its digits show. */
static bool
settle_number(struct date *date)
{
	int64_t n = date->number;

	if (!date->number_has)
		return true;
	date->number_has = false;
	switch (date->digits) {
	case 1:
	case 2:
		if (date->has[MONTH] && !date->has[DAY])
			return set_unit(date, DAY, n);
		return date->digits == 2 && date->has[DAY] &&
		    set_year(date, n, 2);
	case 4:
		return set_year(date, n, 4);
	case 6:
		return set_clock(date, n / 10000, n / 100 % 100, n % 100);
	case 8:
		return set_unit(date, YEAR, n / 10000) &&
		    set_unit(date, MONTH, n / 100 % 100) &&
		    set_unit(date, DAY, n % 100);
	default:
		return false;
	}
}

static bool
set_half(struct date *date, bool pm)
{
	if (date->number_has) {
		date->number_has = false;
		if (date->digits == 0 || date->digits > 2 ||
		    !set_clock(date, date->number, 0, 0))
			return false;
	}
	if (!date->has[HOUR] || date->am || date->pm ||
	    date->value[HOUR] < 1 || date->value[HOUR] > 12)
		return false;
	date->pm = pm;
	date->am = !pm;
	date->value[HOUR] = date->value[HOUR] % 12 + (pm ? 12 : 0);
	return true;
}

static bool
set_now(struct date *date)
{
	const struct tm *now = &date->now;

	return set_clock(date, now->tm_hour, now->tm_min, now->tm_sec);
}

static bool
take_month(struct date *date, int month)
{
	if (date->number_has && date->digits <= 2 && date->digits != 0) {
		date->number_has = false;
		if (!set_unit(date, DAY, date->number))
			return false;
	}
	return settle_number(date) && set_unit(date, MONTH, month);
}

static bool
take_unit(struct date *date, enum unit unit)
{
	int64_t count = date->number_has ? date->number : 1;

	date->number_has = false;
	return go_back(date, unit, count);
}

static bool
take_weekday(struct date *date, int weekday)
{
	if (date->weekday >= 0)
		return false;
	date->weekday = weekday;
	return settle_number(date);
}

static bool
take_zone(struct date *date, int minutes)
{
	if (date->zone_has)
		return false;
	date->zone_has = true;
	date->zone = minutes;
	return settle_number(date);
}

static bool
take_word(struct date *date, const struct word *word)
{
	switch (word->kind) {
	case WORD_NOTHING:
		return settle_number(date);
	case WORD_UNIT:
		return take_unit(date, (enum unit)word->value);
	case WORD_MONTH:
		return take_month(date, word->value);
	case WORD_WEEKDAY:
		return take_weekday(date, word->value);
	case WORD_NUMBER:
		if (!settle_number(date))
			return false;
		date->number_has = true;
		date->number = word->value;
		date->digits = 0;
		return true;
	case WORD_CLOCK:
		return settle_number(date) &&
		    set_clock(date, word->value, 0, 0);
	case WORD_DAY:
		return settle_number(date) && go_back(date, DAY, word->value);
	case WORD_NOW:
		return settle_number(date) && set_now(date);
	case WORD_AM:
	case WORD_PM:
		return set_half(date, word->kind == WORD_PM);
	case WORD_ZONE:
		return take_zone(date, word->value);
	case WORD_ORDINAL:
		return date->number_has && date->digits != 0 &&
		    date->digits <= 2;
	}
	return false;
}

static bool
is_digit_at(const struct scan *scan, size_t at)
{
	return at < scan->len && isdigit((unsigned char)scan->text[at]);
}

static bool
is_alpha_at(const struct scan *scan, size_t at)
{
	return at < scan->len && isalpha((unsigned char)scan->text[at]);
}

static bool
read_word(struct date *date, struct scan *scan)
{
	const char *text = scan->text + scan->at;
	size_t len = 0, i;

	while (is_alpha_at(scan, scan->at + len) || (len > 0 &&
	    len < 4 && scan->at + len < scan->len && text[len] == '.' &&
	    (text[0] == 'a' || text[0] == 'p')))
		len++;
	if (len == 1 && (*text == 'T' || *text == 't') && date->has[DAY] &&
	    is_digit_at(scan, scan->at + 1)) {
		scan->at++;
		return settle_number(date);
	}
	for (i = 0; i < N_WORDS; i++) {
		const struct word *word = &words[i];

		if (len < word->least || len > strlen(word->name))
			continue;
		if ((word->exact_case ? strncmp : strncasecmp)(word->name,
		    text, len) != 0)
			continue;
		if (!take_word(date, word))
			return false;
		scan->at += len;
		return true;
	}
	return false;
}

/* Up to DIGITS_MAX digits; gives how many, 0 when none or too many. */
static unsigned
read_digits(int64_t *number, struct scan *scan)
{
	unsigned digits = 0;

	*number = 0;
	while (is_digit_at(scan, scan->at)) {
		if (++digits > DIGITS_MAX)
			return 0;
		*number = *number * 10 + (scan->text[scan->at++] - '0');
	}
	return digits;
}

/* One to three numbers with the same separator between them. */
struct group {
	int64_t number[3];
	unsigned digits[3];
	unsigned count;
	char separator;
};

static bool
read_group(struct group *group, struct scan *scan)
{
	memset(group, 0, sizeof *group);
	do {
		unsigned i = group->count++;

		if (i > 0)
			scan->at++;
		group->digits[i] = read_digits(&group->number[i], scan);
		if (group->digits[i] == 0)
			return false;
		if (i == 0 && scan->at < scan->len &&
		    memchr(":/.-", scan->text[scan->at], 4) != NULL)
			group->separator = scan->text[scan->at];
	} while (group->count < 3 && group->separator != '\0' &&
	    scan->at < scan->len &&
	    scan->text[scan->at] == group->separator &&
	    is_digit_at(scan, scan->at + 1));
	return true;
}

/* Which numbers of the group are what; those beyond its count are not said. */
static bool
set_date(struct date *date, const struct group *group, unsigned year,
    unsigned month, unsigned day)
{
	return (year >= group->count || set_year(date, group->number[year],
	    group->digits[year])) &&
	    (month >= group->count || (group->digits[month] <= 2 &&
	    set_unit(date, MONTH, group->number[month]))) &&
	    (day >= group->count || (group->digits[day] <= 2 &&
	    set_unit(date, DAY, group->number[day])));
}

static bool
take_group(struct date *date, const struct group *group)
{
	bool two = group->count == 2;

	switch (group->separator) {
	case ':':
		return group->digits[0] <= 2 && group->digits[1] == 2 &&
		    set_clock(date, group->number[0], group->number[1],
		    two ? -1 : group->number[2]);
	case '.':
		return set_date(date, group, 2, 1, 0);
	case '/':
	case '-':
		if (group->digits[0] == 4)
			return set_date(date, group, 0, 1, 2);
		if (two && group->digits[1] == 4)
			return set_date(date, group, 1, 0, 2);
		return group->separator == '/' ?
		    set_date(date, group, 2, 0, 1) :
		    set_date(date, group, 2, 1, 0);
	default:
		return false;
	}
}

static bool
read_number(struct date *date, struct scan *scan)
{
	struct group group;

	if (!settle_number(date) || !read_group(&group, scan))
		return false;
	if (group.count > 1)
		return take_group(date, &group);
	/* "5.m." never occurs, but "31." may end a German day. */
	if (group.separator == '.')
		scan->at++;
	date->number_has = true;
	date->number = group.number[0];
	date->digits = group.digits[0];
	return true;
}

/* +HH:MM, +HHMM, +HH after a time. */
static bool
read_zone(struct date *date, struct scan *scan)
{
	int sign = scan->text[scan->at++] == '-' ? -1 : 1;
	struct group group;
	int64_t minutes;

	if (!read_group(&group, scan) || group.count > 2)
		return false;
	if (group.count == 2) {
		if (group.separator != ':' || group.digits[0] != 2 ||
		    group.digits[1] != 2)
			return false;
		minutes = group.number[0] * 60 + group.number[1];
	} else if (group.digits[0] == 2) {
		minutes = group.number[0] * 60;
	} else if (group.digits[0] == 4) {
		minutes = group.number[0] / 100 * 60 + group.number[0] % 100;
	} else {
		return false;
	}
	return minutes <= 24 * 60 && take_zone(date, sign * (int)minutes);
}

static bool
read_epoch(struct date *date, struct scan *scan)
{
	scan->at++;
	if (date->epoch_has || read_digits(&date->epoch, scan) == 0)
		return false;
	date->epoch_has = true;
	return true;
}

static bool
read_part(struct date *date, struct scan *scan)
{
	char ch = scan->text[scan->at];

	if (isalpha((unsigned char)ch))
		return read_word(date, scan);
	if (isdigit((unsigned char)ch))
		return read_number(date, scan);
	if (ch == '@')
		return read_epoch(date, scan);
	if ((ch == '+' || ch == '-') && date->has[HOUR] &&
	    !date->zone_has && is_digit_at(scan, scan->at + 1))
		return read_zone(date, scan);
	if (ch != '-' && ch != '_' && ch != ',' &&
	    !isspace((unsigned char)ch))
		return false;
	scan->at++;
	return true;
}

static int
now_value(const struct tm *now, enum unit unit)
{
	switch (unit) {
	case SECOND: return now->tm_sec;
	case MINUTE: return now->tm_min;
	case HOUR: return now->tm_hour;
	case DAY: return now->tm_mday;
	case MONTH: return now->tm_mon + 1;
	case YEAR: return now->tm_year + 1900;
	case WEEK: break;
	case RELATIVES: break;
	}
	return 0;
}

/*
 * Fill in what was not said. At the finest unit named the span ends: to get
 * its last second, go one unit on and one second back.
 */
static void
complete(struct date *date, bool last)
{
	static const int least[UNITS] = { 0, 0, 0, 1, 1, 1970 };
	bool finer = true;
	int unit;

	for (unit = SECOND; unit < UNITS; unit++) {
		bool named = date->has[unit] || date->back_has[unit];

		if (finer && !named && unit == DAY && date->back_has[WEEK]) {
			/* Weeks start on Sunday. */
			date->back[DAY] += date->now.tm_wday;
			if (last) {
				date->back[WEEK]--;
				date->back[SECOND]++;
			}
			finer = false;
		} else if (finer && named) {
			if (last && unit != SECOND) {
				date->back[unit]--;
				date->back[SECOND]++;
			}
			finer = false;
		}
		if (!date->has[unit])
			date->value[unit] = finer ? least[unit] :
			    now_value(&date->now, (enum unit)unit);
	}
}

static int64_t
resolve(struct date date, bool last)
{
	struct tm tm;

	/* A weekday is the last one before today. */
	if (date.weekday >= 0 && !date.has[DAY]) {
		date.back[DAY] += (date.now.tm_wday - date.weekday + 6) % 7 +
		    1;
		date.back_has[DAY] = true;
	}
	if (date.epoch_has)
		return date.epoch;
	complete(&date, last);
	memset(&tm, 0, sizeof tm);
	tm.tm_sec = (int)(date.value[SECOND] - date.back[SECOND]);
	tm.tm_min = (int)(date.value[MINUTE] - date.back[MINUTE]);
	tm.tm_hour = (int)(date.value[HOUR] - date.back[HOUR]);
	tm.tm_mday = (int)(date.value[DAY] - date.back[DAY] -
	    7 * date.back[WEEK]);
	tm.tm_mon = (int)(date.value[MONTH] - 1 - date.back[MONTH]);
	tm.tm_year = (int)(date.value[YEAR] - 1900 - date.back[YEAR]);
	tm.tm_isdst = -1;
	if (date.zone_has)
		return (int64_t)timegm(&tm) - (int64_t)date.zone * 60;
	return (int64_t)mktime(&tm);
}

static enum mp_status
expression(int64_t *when, size_t *bad, const char *text, size_t len,
    int64_t now, bool last, struct mp_err *err)
{
	struct scan scan = { text, len, 0 };
	struct date date = { .weekday = -1 };
	time_t clock = (time_t)now;
	size_t part = 0;
	bool any = false;

	if (localtime_r(&clock, &date.now) == NULL)
		return mp_err_set(err, MP_BUG, "cannot read the clock");
	while (scan.at < len) {
		part = scan.at;
		if (!read_part(&date, &scan))
			goto unknown;
		any = true;
	}
	if (any && settle_number(&date)) {
		*when = resolve(date, last);
		return MP_OK;
	}
unknown:
	*bad = part;
	return mp_err_set(err, MP_USAGE, "unknown date '%.*s': expected a "
	    "date such as 2024-07-31, monday, last_week or 3days",
	    len > 60 ? 60 : (int)len, text);
}

static const char *
find_range(const char *text, size_t len)
{
	return memmem(text, len, "..", 2);
}

enum mp_status
mp_date_range(int64_t *first, int64_t *last, size_t *bad, const char *text,
    size_t len, int64_t now, struct mp_err *err)
{
	const char *dots = find_range(text, len);
	size_t since_len = dots == NULL ? len : (size_t)(dots - text);
	const char *until = dots == NULL ? text : dots + 2;
	size_t until_len = (size_t)(text + len - until);
	enum mp_status status;

	*first = MP_DATE_FIRST;
	*last = MP_DATE_LAST;
	*bad = 0;
	if (dots == NULL || (until_len == 1 && *until == '!')) {
		until = text;
		until_len = since_len;
	}
	if ((dots == NULL || since_len > 0) && (status = expression(first,
	    bad, text, since_len, now, false, err)) != MP_OK)
		return status;
	if (until_len == 0)
		return MP_OK;
	status = expression(last, bad, until, until_len, now, true, err);
	if (status != MP_OK)
		*bad += (size_t)(until - text);
	return status;
}
