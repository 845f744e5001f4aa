/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message/date.h"

#include <string.h>
#include <strings.h>

struct reading {
	int day;
	int month;	/* 1 to 12 */
	int year;
	int hour, minute, second;	/* hour < 0: not seen */
	int zone;	/* minutes east */
	bool pm, am;
	bool zone_seen;
};

struct token {
	const char *text;
	size_t len;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Up to four digits at *at. */
static int
number(const char **at, const char *end)
{
	int got = 0, digits = 0;

	while (*at < end && is_digit(**at) && digits < 4) {
		got = got * 10 + (*(*at)++ - '0');
		digits++;
	}
	return digits == 0 ? -1 : got;
}

/* H:M or H:M:S, with dots too; false when it is something else. */
static bool
read_time(struct reading *date, struct token token)
{
	const char *at = token.text, *end = at + token.len;
	int hour = number(&at, end), minute, second = 0;
	char mark;

	if (at == end || (*at != ':' && *at != '.') || hour > 24)
		return false;
	mark = *at++;
	minute = number(&at, end);
	if (minute < 0 || minute > 59)
		return false;
	if (at < end && *at == mark) {
		at++;
		second = number(&at, end);
		if (second < 0 || second > 60)
			return false;
	} else if (mark == '.') {
		return false;
	}
	date->hour = hour;
	date->minute = minute;
	date->second = second;
	return true;
}

/* Three letters in lower case as one number. */
static uint32_t
letters(const char *text)
{
	return ((uint32_t)(uint8_t)text[0] << 16 |
	    (uint32_t)(uint8_t)text[1] << 8 | (uint8_t)text[2]) | 0x202020;
}

static bool
read_month(struct reading *date, struct token token)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	uint32_t wanted;
	int i;

	if (token.len < 3 || date->month != 0)
		return false;
	wanted = letters(token.text);
	for (i = 0; i < 12; i++)
		if (letters(names + (ptrdiff_t)i * 3) == wanted) {
			date->month = i + 1;
			return true;
		}
	return false;
}

static bool
read_zone_name(struct reading *date, struct token token)
{
	static const struct {
		char name[5];
		int hours;
	} zones[] = {
		{ "UT", 0 }, { "GMT", 0 }, { "UTC", 0 }, { "Z", 0 },
		{ "EDT", -4 }, { "EST", -5 }, { "CDT", -5 }, { "CST", -6 },
		{ "MDT", -6 }, { "MST", -7 }, { "PDT", -7 }, { "PST", -8 },
		{ "BST", 1 }, { "MET", 1 }, { "CET", 1 }, { "MEZ", 1 },
		{ "MEST", 2 }, { "CEST", 2 }, { "MESZ", 2 }, { "EET", 2 },
		{ "EEST", 3 }, { "MSK", 3 }, { "JST", 9 },
	};
	size_t i;

	for (i = 0; i < sizeof zones / sizeof *zones; i++)
		if ((zones[i].name[0] ^ token.text[0]) % 32 == 0 &&
		    strlen(zones[i].name) == token.len &&
		    strncasecmp(zones[i].name, token.text, token.len) == 0) {
			date->zone = zones[i].hours * 60;
			date->zone_seen = true;
			return true;
		}
	return false;
}

/* +hhmm, +hh, +hh:mm */
static void
read_zone(struct reading *date, struct token token)
{
	const char *at = token.text + 1, *end = token.text + token.len;
	const char *start = at;
	int value = number(&at, end);

	if (value < 0)
		return;
	if (at - start <= 2)
		value *= 100;
	if (at < end && *at == ':') {
		at++;
		start = at;
		value += number(&at, end) > 0 ? (int)(start[0] - '0') * 10 +
		    (at - start > 1 ? start[1] - '0' : 0) : 0;
	}
	if (value / 100 > 23 || value % 100 > 59)
		return;
	date->zone = value / 100 * 60 + value % 100;
	if (*token.text == '-')
		date->zone = -date->zone;
	date->zone_seen = true;
}

static int
full_year(int year, ptrdiff_t digits)
{
	if (digits >= 4)
		return year;
	if (digits == 3)	/* a year since 1900 */
		return 1900 + year;
	return year + (year < 70 ? 2000 : 1900);
}

static void
read_number(struct reading *date, struct token token)
{
	const char *at = token.text;
	int value = number(&at, at + token.len);
	ptrdiff_t digits = at - token.text;

	if (digits >= 3 && date->year < 0)
		date->year = full_year(value, digits);
	else if (digits <= 2 && date->day == 0 && value > 0 && value < 32)
		date->day = value;
	else if (digits <= 2 && date->year < 0)
		date->year = full_year(value, digits);
}

static bool
is_date_mark(char c)
{
	return c == '-' || c == '/';
}

/* 24-Nov-2020, 2020-11-24, 11/24/2020: numbers and names with marks. */
static void
read_marked(struct reading *date, struct token token)
{
	const char *at = token.text, *end = at + token.len;
	int numbers[3];
	ptrdiff_t digits[3];
	int count = 0;

	while (at < end && count < 3) {
		const char *start = at;

		if (is_alpha(*at)) {
			while (at < end && is_alpha(*at))
				at++;
			(void)read_month(date, (struct token){ start,
			    (size_t)(at - start) });
		} else if (is_digit(*at)) {
			numbers[count] = number(&at, end);
			digits[count++] = at - start;
		} else {
			at++;
		}
	}
	if (count == 3 && date->month == 0) {
		int month = digits[0] > 2 || *token.text == '0' ||
		    token.text[digits[0]] == '/' ? 0 : 1;

		if (digits[0] > 2 || numbers[0] > 12)
			month = 1;
		date->month = numbers[month];
		if (date->month < 1 || date->month > 12)
			date->month = 0;
		numbers[month] = numbers[2];
		digits[month] = digits[2];
		count = 2;
	}
	if (count >= 2) {
		int year = digits[0] > 2 ? 0 : 1;

		date->year = full_year(numbers[year], digits[year]);
		date->day = numbers[!year];
	} else if (count == 1) {
		date->day = numbers[0];
	}
}

static void
read_word(struct reading *date, struct token token)
{
	if (token.len == 2 && strncasecmp(token.text, "pm", 2) == 0)
		date->pm = true;
	else if (token.len == 2 && strncasecmp(token.text, "am", 2) == 0)
		date->am = true;
	else if (!read_month(date, token) && !date->zone_seen)
		(void)read_zone_name(date, token);
}

static void
read_token(struct reading *date, struct token token)
{
	size_t marks = 0, i;

	for (i = 0; i < token.len; i++)
		marks += is_date_mark(token.text[i]);
	if (*token.text == '+' ||
	    (*token.text == '-' && date->hour >= 0)) {
		if (!date->zone_seen)
			read_zone(date, token);
	} else if (is_digit(*token.text)) {
		if (marks != 0 && date->year < 0)
			read_marked(date, token);
		else if (date->hour >= 0 || !read_time(date, token))
			read_number(date, token);
	} else if (is_alpha(*token.text)) {
		read_word(date, token);
	}
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',';
}

/* The next token; comments are passed over. A zone may stick to a time. */
static bool
token_next(struct token *token, const char **at, const char *end)
{
	const char *start = *at, *stop;
	int depth = 0;

	for (; start < end; start++) {
		if (*start == '(')
			depth++;
		else if (*start == ')' && depth > 0)
			depth--;
		else if (depth == 0 && !is_space(*start))
			break;
	}
	if (start == end)
		return false;
	for (stop = start + 1; stop < end && !is_space(*stop) &&
	    *stop != '(' && *stop != '+'; stop++)
		if (*stop == '-' && memchr(start, ':',
		    (size_t)(stop - start)) != NULL)
			break;
	*token = (struct token){ start, (size_t)(stop - start) };
	*at = stop;
	return true;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar. */
static int64_t
days(int64_t year, int month, int day)
{
	int64_t era, of_era, of_year;

	year -= month <= 2;
	era = year / 400;
	of_era = year - era * 400;
	of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	    of_year - 719468;
}

#define TOKENS_MAX 32

bool
mp_date_parse(int64_t *date, const char *text, size_t len)
{
	struct reading got = { 0, 0, -1, -1, 0, 0, 0, false, false, false };
	const char *at = text, *end = text + len;
	struct token token;
	int i;

	*date = 0;
	for (i = 0; i < TOKENS_MAX && token_next(&token, &at, end); i++)
		if (token.len <= 32)
			read_token(&got, token);
	if (got.day == 0 || got.day > 31 || got.month == 0 ||
	    got.year < 1900)
		return false;
	if (got.hour < 0)
		got.hour = 0;
	if (got.pm && got.hour < 12)
		got.hour += 12;
	else if (got.am && got.hour == 12)
		got.hour = 0;
	*date = days(got.year, got.month, got.day) * 86400 +
	    got.hour * 3600 + got.minute * 60 + got.second -
	    got.zone * 60;
	return true;
}
