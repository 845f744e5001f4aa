/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message/date.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* What was found so far; -1: not yet. */
struct found {
	int day, month, year;
	int hour, minute, second;
	int zone;		/* minutes east of UTC */
	bool has_zone;
};

static const char *const months[] = { "jan", "feb", "mar", "apr", "may",
	"jun", "jul", "aug", "sep", "oct", "nov", "dec" };

static const struct {
	const char *name;
	int minutes;
} zones[] = {
	{ "ut", 0 }, { "utc", 0 }, { "gmt", 0 }, { "z", 0 },
	{ "est", -300 }, { "edt", -240 }, { "cst", -360 }, { "cdt", -300 },
	{ "mst", -420 }, { "mdt", -360 }, { "pst", -480 }, { "pdt", -420 },
};

/* A decimal number of the whole token, or -1. */
static int
number(const char *token, size_t len)
{
	int value = 0;
	size_t i;

	if (len == 0 || len > 6)
		return -1;
	for (i = 0; i < len; i++) {
		if (!isdigit((unsigned char)token[i]))
			return -1;
		value = value * 10 + (token[i] - '0');
	}
	return value;
}

static int
month_of(const char *token, size_t len)
{
	int i;

	for (i = 0; len >= 3 && i < 12; i++)
		if (strncasecmp(token, months[i], 3) == 0)
			return i;
	return -1;
}

/* hh:mm or hh:mm:ss, also with dots for colons when both are there. */
static bool
read_time(struct found *found, const char *token, size_t len)
{
	int parts[3] = { 0, 0, 0 };
	size_t start = 0, i, count = 0;

	for (i = 0; i <= len && count < 3; i++) {
		if (i < len && token[i] != ':')
			continue;
		parts[count] = number(token + start, i - start);
		if (parts[count++] < 0)
			return false;
		start = i + 1;
	}
	if (count < 2 || parts[0] > 23 || parts[1] > 59 || parts[2] > 60)
		return false;
	found->hour = parts[0];
	found->minute = parts[1];
	found->second = parts[2];
	return true;
}

static bool
read_zone(struct found *found, const char *token, size_t len)
{
	size_t i;

	if ((token[0] == '+' || token[0] == '-') && len >= 5) {
		int value = number(token + 1, 4);

		if (value < 0)
			return false;
		found->zone = value / 100 * 60 + value % 100;
		if (token[0] == '-')
			found->zone = -found->zone;
		found->has_zone = true;
		return true;
	}
	for (i = 0; i < sizeof zones / sizeof zones[0]; i++) {
		if (strlen(zones[i].name) == len &&
		    strncasecmp(token, zones[i].name, len) == 0) {
			found->zone = zones[i].minutes;
			found->has_zone = true;
			return true;
		}
	}
	return false;
}

static int
full_year(int year, size_t digits)
{
	if (digits >= 4)
		return year;
	if (digits == 3)
		return year + 1900;
	return year + (year < 50 ? 2000 : 1900);
}

static void
read_number(struct found *found, int value, size_t digits)
{
	if (found->day < 0 && digits <= 2 && value >= 1 && value <= 31)
		found->day = value;
	else if (found->year < 0 && (digits >= 2 && digits <= 4))
		found->year = full_year(value, digits);
}

static void
read_token(struct found *found, const char *token, size_t len)
{
	int value = number(token, len);

	if (value >= 0) {
		read_number(found, value, len);
	} else if (memchr(token, ':', len) != NULL && found->hour < 0) {
		(void)read_time(found, token, len);
	} else if (found->month < 0 && month_of(token, len) >= 0) {
		found->month = month_of(token, len);
	} else if (found->hour >= 0 && !found->has_zone) {
		(void)read_zone(found, token, len);
	}
}

static bool
is_separator(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' ||
	    c == '/';
}

/* "17-Nov-2009" is three tokens; "-0500" is one. */
static size_t
token_end(const char *text, size_t at, size_t len)
{
	size_t start = at;

	while (at < len && !is_separator(text[at]) && text[at] != '(' &&
	    !(text[at] == '-' && at > start) &&
	    !(text[at] == '+' && at > start))
		at++;
	return at;
}

/* Days from 1970-01-01 to the date of the Gregorian calendar. */
static int64_t
days_from_civil(int64_t year, int month, int day)
{
	int64_t era, of_era, of_year;

	year -= month <= 2;
	era = (year >= 0 ? year : year - 399) / 400;
	of_era = year - era * 400;
	of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	    of_year - 719468;
}

bool
mp_date_parse(int64_t *seconds, const char *text, size_t len)
{
	struct found found = { -1, -1, -1, -1, 0, 0, 0, false };
	size_t at = 0;

	if (len > 1024)
		len = 1024;
	while (at < len) {
		size_t end;

		if (is_separator(text[at])) {
			at++;
			continue;
		}
		if (text[at] == '(') {
			while (at < len && text[at] != ')')
				at++;
			at++;
			continue;
		}
		/* between day, month and year a '-' is no sign */
		if (text[at] == '-' && found.hour < 0) {
			at++;
			continue;
		}
		end = token_end(text, at, len);
		if (end == at)
			end = at + 1;
		read_token(&found, text + at, end - at);
		at = end;
	}
	if (found.day < 0 || found.month < 0 || found.year < 0)
		return false;
	if (found.hour < 0)
		found.hour = 0;
	*seconds = days_from_civil(found.year, found.month + 1, found.day) *
	    86400 + found.hour * 3600 + found.minute * 60 + found.second -
	    (int64_t)found.zone * 60;
	return true;
}
