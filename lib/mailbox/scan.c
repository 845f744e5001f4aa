/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mailbox/scan.h"

#include <string.h>
#include <strings.h>

#include "mailbox/mailbox.h"

#define HEADER_MAX ((size_t)1 << 20)

/* The offset after the line that starts at pos. */
static size_t
line_end(const uint8_t *raw, size_t len, size_t pos)
{
	const uint8_t *lf = memchr(raw + pos, '\n', len - pos);

	return lf != NULL ? (size_t)(lf - raw) + 1 : len;
}

static bool
is_empty_line(const uint8_t *line, size_t len)
{
	return (len == 1 && line[0] == '\n') ||
	    (len == 2 && line[0] == '\r' && line[1] == '\n');
}

static bool
is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

bool
mp_mail_is_field(const uint8_t *text, size_t len)
{
	size_t i = 0;

	/* a boundary may hold a colon; no field starts so */
	if (len >= 2 && text[0] == '-' && text[1] == '-')
		return false;
	while (i < len && text[i] > ' ' && text[i] < 0x7f && text[i] != ':')
		i++;
	if (i == 0)
		return false;
	while (i < len && (text[i] == ' ' || text[i] == '\t'))
		i++;
	return i < len && text[i] == ':';
}

size_t
mp_mail_from_line(const uint8_t *raw, size_t len)
{
	if (len < 5 || memcmp(raw, "From ", 5) != 0 ||
	    mp_mail_is_field(raw, len))
		return 0;
	return line_end(raw, len, 0);
}

static bool
is_from_line(const uint8_t *line, size_t len)
{
	return (len >= 5 && memcmp(line, "From ", 5) == 0) ||
	    (len >= 6 && memcmp(line, ">From ", 6) == 0);
}

/*
 * Walk over the header's fields: *pos is where to go on, *field and
 * *field_len the next field with its folded lines. The header ends as
 * lib/message has it: at an empty line, at a boundary, or when it gets too
 * long. Lines that are no field come out too; they match nobody's name.
 */
static bool
next_field(const uint8_t **field, size_t *field_len, const uint8_t *raw,
    size_t len, size_t *pos)
{
	size_t end;

	if (*pos >= len)
		return false;
	end = line_end(raw, len, *pos);
	if (is_empty_line(raw + *pos, end - *pos))
		return false;
	while (end < len && (raw[end] == ' ' || raw[end] == '\t'))
		end = line_end(raw, len, end);
	*field = raw + *pos;
	*field_len = end - *pos;
	if (end > HEADER_MAX || (*field_len >= 2 && (*field)[0] == '-' &&
	    (*field)[1] == '-'))
		return false;
	*pos = end;
	return true;
}

/* The offset of the field's body when that is its name, else 0. */
static size_t
match_name(const uint8_t *field, size_t len, const char *name)
{
	size_t name_len = strlen(name);
	size_t i = name_len;

	if (len <= name_len ||
	    strncasecmp((const char *)field, name, name_len) != 0)
		return 0;
	while (i < len && (field[i] == ' ' || field[i] == '\t'))
		i++;
	return i < len && field[i] == ':' ? i + 1 : 0;
}

bool
mp_scan_field(const uint8_t **value, size_t *value_len, const uint8_t *raw,
    size_t len, const char *name)
{
	const uint8_t *field;
	size_t field_len, body, pos = 0;

	while (next_field(&field, &field_len, raw, len, &pos)) {
		body = match_name(field, field_len, name);
		if (body == 0)
			continue;
		*value = field + body;
		*value_len = field_len - body;
		return true;
	}
	return false;
}

size_t
mp_scan_body(const uint8_t *raw, size_t len)
{
	const uint8_t *field;
	size_t field_len, pos = 0, end;

	while (next_field(&field, &field_len, raw, len, &pos))
		;
	if (pos >= len)
		return len;
	end = line_end(raw, len, pos);
	return is_empty_line(raw + pos, end - pos) ? end : pos;
}

/* Behind blanks and comments (RFC 5322, 3.2.2). */
static const char *
skip_comments(const char *at)
{
	unsigned depth = 0;

	for (; *at != '\0'; at++) {
		if (*at == '(')
			depth++;
		else if (*at == ')' && depth != 0)
			depth--;
		else if (depth != 0 && *at == '\\' && at[1] != '\0')
			at++;
		else if (depth == 0 && !is_blank((uint8_t)*at))
			break;
	}
	return at;
}

/* The first id in <>; false when there is none. */
static bool
add_bracketed(struct mp_buf *id, const char *text)
{
	const char *at = skip_comments(text), *end;
	size_t start = id->len;

	at += strcspn(at, "<");
	if (*at == '\0')
		return false;
	at = skip_comments(at + 1);
	end = at + strcspn(at, ">");
	for (; at < end; at++)
		if (!is_blank((uint8_t)*at))
			mp_buf_byte(id, (uint8_t)*at);
	return id->len != start || id->overflow;
}

bool
mp_scan_id(struct mp_buf *id, const uint8_t *raw, size_t len)
{
	struct mp_buf text = MP_BUF_INIT(HEADER_MAX);
	const uint8_t *value;
	size_t value_len, start = id->len, i;

	if (!mp_scan_field(&value, &value_len, raw, len, "message-id"))
		return false;
	while (value_len != 0 && value[0] != '\0' && value[0] <= ' ') {
		value++;
		value_len--;
	}
	while (value_len != 0 && value[value_len - 1] <= ' ')
		value_len--;
	for (i = 0; i < value_len; i++)
		if (value[i] != '\r' && value[i] != '\n' &&
		    value[i] != '\0')
			mp_buf_byte(&text, value[i]);
	if (!add_bracketed(id, mp_buf_text(&text)))
		mp_buf_add(id, text.data, text.len);
	mp_buf_clear(&text);
	return id->len != start || id->overflow;
}

bool
mp_scan_is_mail(const uint8_t *raw, size_t len)
{
	const uint8_t *field;
	size_t field_len, pos = 0;

	while (next_field(&field, &field_len, raw, len, &pos)) {
		if (!is_from_line(field, field_len) &&
		    !mp_mail_is_field(field, field_len))
			return false;
		if (match_name(field, field_len, "from") != 0 ||
		    match_name(field, field_len, "to") != 0 ||
		    match_name(field, field_len, "subject") != 0)
			return true;
	}
	return false;
}

/* --- dates ---------------------------------------------------------- */

struct date {
	int64_t day;		/* 0: not seen yet; likewise year, month */
	int64_t month;
	int64_t year;
	int64_t seconds;	/* of the day */
	int64_t zone;		/* seconds east of Greenwich */
};

static int64_t
number(const char *text, size_t len)
{
	int64_t value = 0;
	size_t i;

	if (len == 0 || len > 9)
		return -1;
	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

/* hh:mm or hh:mm:ss; false when it is none. */
static bool
read_clock(struct date *date, const char *text, size_t len)
{
	int64_t part[3] = { 0, 0, 0 };
	size_t n, end;

	if (memchr(text, ':', len) == NULL)
		return false;
	for (n = 0; n < 3 && len != 0; n++) {
		const char *colon = memchr(text, ':', len);

		end = colon != NULL ? (size_t)(colon - text) : len;
		part[n] = number(text, end);
		if (part[n] < 0 || part[n] > 60)
			return false;
		end += colon != NULL;
		text += end;
		len -= end;
	}
	date->seconds = part[0] * 3600 + part[1] * 60 + part[2];
	return n >= 2 && len == 0 && part[0] < 24;
}

static bool
read_zone(struct date *date, const char *text, size_t len)
{
	int64_t value;

	if (len != 5 || (text[0] != '+' && text[0] != '-'))
		return false;
	value = number(text + 1, 4);
	if (value < 0)
		return false;
	value = (value / 100 * 60 + value % 100) * 60;
	date->zone = text[0] == '-' ? -value : value;
	return true;
}

static void
read_word(struct date *date, const char *text, size_t len)
{
	static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	int64_t value = number(text, len);
	int64_t i;

	if (value >= 0 && len >= 4) {
		date->year = value;
	} else if (value >= 0 && date->day == 0) {
		date->day = value;
	} else if (value >= 0 && date->year == 0) {
		/* RFC 5322, 4.3 */
		date->year = value + (len == 2 && value < 50 ? 2000 : 1900);
	} else if (!read_clock(date, text, len) &&
	    !read_zone(date, text, len) && len >= 3 && date->month == 0) {
		for (i = 0; i < 12; i++)
			if (strncasecmp(text, months + 3 * i, 3) == 0)
				date->month = i + 1;
	}
}

/* Days from 1970-01-01 to the given day of the Gregorian calendar. */
static int64_t
days_of(const struct date *date)
{
	int64_t year = date->year - (date->month <= 2);
	int64_t month = (date->month + 9) % 12;	/* from March */

	return 365 * year + year / 4 - year / 100 + year / 400 +
	    (153 * month + 2) / 5 + date->day - 1 - 719468;
}

static bool
is_word_end(char byte)
{
	return is_blank((uint8_t)byte) || byte == ',' || byte == ';' ||
	    byte == '-' || byte == '(';
}

bool
mp_scan_time(int64_t *when, const char *text, size_t len)
{
	struct date date = { 0, 0, 0, 0, 0 };
	size_t pos = 0, end;

	while (pos < len && text[pos] != '(') {
		for (end = pos; end < len && (!is_word_end(text[end]) ||
		    (end == pos && text[end] == '-')); end++)
			;
		if (end != pos)
			read_word(&date, text + pos, end - pos);
		pos = end + (end < len && text[end] != '(' ? 1 : 0);
	}
	if (date.day < 1 || date.day > 31 || date.month == 0 ||
	    date.year < 1900 || date.year > 9999)
		return false;
	*when = days_of(&date) * 86400 + date.seconds - date.zone;
	return true;
}

int64_t
mp_scan_date(const uint8_t *raw, size_t len)
{
	const uint8_t *value;
	size_t value_len;
	int64_t when;

	if (!mp_scan_field(&value, &value_len, raw, len, "date") ||
	    value_len > 256 ||
	    !mp_scan_time(&when, (const char *)value, value_len))
		return 0;
	return when;
}
