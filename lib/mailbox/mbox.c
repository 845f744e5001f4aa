/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mailbox/mbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "mailbox/scan.h"

#define WINDOW ((size_t)256 << 10)
#define SEPARATOR_MAX 1024	/* bytes of a From line and the next one */
#define HEADER_MAX ((size_t)64 << 10)	/* searched for Content-Length */
#define OWN_FROM "From mp@localhost "

struct mp_mbox {
	int fd;
	char *name;
	uint64_t size;		/* when opened: what is added later waits */
	uint64_t at;		/* of the next message */
	bool mboxrd;
	bool own;		/* made by mp_mbox_write */
	bool first;		/* no message was read yet */
	bool content_length;	/* the first message has a true one */
	enum mp_status status;	/* not MP_OK: reading failed */

	uint8_t *window;
	uint64_t window_at;
	size_t window_len;
};

/*
 * A pointer to what stands at offset: *got bytes, at least want unless the
 * file ends. Valid until the next call. On a failed read *got is 0 and err
 * is set.
 */
static const uint8_t *
peek(struct mp_mbox *mbox, uint64_t offset, size_t want, size_t *got,
    struct mp_err *err)
{
	uint64_t end = mbox->window_at + mbox->window_len;

	if (offset > mbox->size)
		offset = mbox->size;
	if (want > mbox->size - offset)
		want = (size_t)(mbox->size - offset);
	if (offset < mbox->window_at || offset + want > end) {
		mbox->window_at = offset;
		mbox->window_len = 0;
		while (mbox->window_len < WINDOW) {
			ssize_t n = pread(mbox->fd,
			    mbox->window + mbox->window_len,
			    WINDOW - mbox->window_len,
			    (off_t)(offset + mbox->window_len));

			if (n < 0 && errno == EINTR)
				continue;
			if (n < 0)
				mbox->status = mp_err_sys(err, errno,
				    "cannot read '%s'", mbox->name);
			if (n <= 0)
				break;
			mbox->window_len += (size_t)n;
		}
		/* it may have grown or shrunk meanwhile */
		if (mbox->window_len < want)
			mbox->size = offset + mbox->window_len;
		if (mbox->window_len > mbox->size - offset)
			mbox->window_len = (size_t)(mbox->size - offset);
	}
	*got = mbox->window_len - (size_t)(offset - mbox->window_at);
	return mbox->window + (offset - mbox->window_at);
}

/* --- From lines ----------------------------------------------------- */

/* The bytes of the first line of text, its end included. */
static size_t
line_len(const uint8_t *text, size_t len)
{
	const uint8_t *lf = memchr(text, '\n', len);

	return lf != NULL ? (size_t)(lf - text) + 1 : len;
}

static bool
is_weekday(const char *word, size_t len)
{
	static const char days[] = "monthuwedtuesunsatfri";
	size_t i;

	if (len == 4 && word[3] == ',')
		len = 3;
	for (i = 0; len == 3 && days[i] != '\0'; i += 3)
		if (strncasecmp(word, days + i, 3) == 0)
			return true;
	return false;
}

/* Does the From line end in a date with weekday, time and year? */
static bool
has_date(int64_t *when, const char *line, size_t len)
{
	size_t pos = 5, end;

	for (; pos < len; pos = end + 1) {
		const char *space = memchr(line + pos, ' ', len - pos);

		end = space != NULL ? (size_t)(space - line) : len;
		if (is_weekday(line + pos, end - pos) &&
		    memchr(line + pos, ':', len - pos) != NULL &&
		    mp_scan_time(when, line + end, len - end))
			return true;
	}
	return false;
}

/* "From -" of Netscape, or "From ADDRESS" of others that give no date. */
static bool
is_bare_sender(const uint8_t *line, size_t len, bool *netscape)
{
	while (len > 5 && (line[len - 1] == '\n' || line[len - 1] == '\r' ||
	    line[len - 1] == ' '))
		len--;
	*netscape = len == 6 && line[5] == '-';
	return *netscape || (len > 5 &&
	    memchr(line + 5, '@', len - 5) != NULL &&
	    memchr(line + 5, ' ', len - 5) == NULL);
}

static bool
starts_header(const uint8_t *text, size_t len)
{
	return (len >= 6 && memcmp(text, ">From ", 6) == 0) ||
	    mp_mail_is_field(text, line_len(text, len));
}

/*
 * Does text start with a From line that begins a message? blank: it follows
 * an empty line, or is the first of the file.
 */
static bool
is_separator(int64_t *when, const struct mp_mbox *mbox, const uint8_t *text,
    size_t len, bool blank)
{
	size_t line = line_len(text, len);
	bool netscape, header;

	*when = 0;
	if (len < 5 || memcmp(text, "From ", 5) != 0)
		return false;
	header = starts_header(text + line, len - line);
	if (has_date(when, (const char *)text, line))
		return blank || header || mbox->mboxrd;
	return mbox->mboxrd || (is_bare_sender(text, line, &netscape) &&
	    header && (blank || netscape));
}

/* The same for what stands at offset. */
static bool
separator_at(struct mp_mbox *mbox, uint64_t offset, bool blank,
    struct mp_err *err)
{
	int64_t when;
	size_t got;
	const uint8_t *text = peek(mbox, offset, SEPARATOR_MAX, &got, err);

	return is_separator(&when, mbox, text,
	    got < SEPARATOR_MAX ? got : SEPARATOR_MAX, blank);
}

static bool
is_empty_line(const uint8_t *line, size_t len)
{
	return line[0] == '\n' || (len > 1 && line[0] == '\r' &&
	    line[1] == '\n');
}

/* --- where a message ends ------------------------------------------- */

/* The offset after the line that starts at offset. */
static uint64_t
next_line(struct mp_mbox *mbox, uint64_t offset, struct mp_err *err)
{
	while (offset < mbox->size) {
		size_t got;
		const uint8_t *text = peek(mbox, offset, 1, &got, err);
		const uint8_t *lf = memchr(text, '\n', got);

		if (lf != NULL)
			return offset + (uint64_t)(lf - text) + 1;
		if (got == 0)
			break;
		offset += got;
	}
	return mbox->size;
}

/* The first offset from on where a From line starts, or the file's end. */
static uint64_t
find_separator(struct mp_mbox *mbox, uint64_t offset, struct mp_err *err)
{
	bool blank = false;

	while (offset < mbox->size) {
		size_t got;
		const uint8_t *text = peek(mbox, offset, 5, &got, err);

		if (got == 0)
			break;
		if (text[0] == 'F' && got >= 5 &&
		    memcmp(text, "From ", 5) == 0 &&
		    separator_at(mbox, offset, blank, err))
			return offset;
		blank = is_empty_line(text, got);
		offset = next_line(mbox, offset, err);
	}
	return mbox->size;
}

/*
 * Where the body that starts at body ends by its Content-Length; 0 when it
 * has none, or one that does not end at a From line or at the file's end.
 * *next is the offset of that.
 */
static uint64_t
content_end(struct mp_mbox *mbox, uint64_t start, uint64_t *next,
    struct mp_err *err)
{
	size_t got, value_len, body, i = 0;
	const uint8_t *text = peek(mbox, start, HEADER_MAX, &got, err);
	const uint8_t *value;
	uint64_t length = 0, end;

	if (got > HEADER_MAX)
		got = HEADER_MAX;
	body = mp_scan_body(text, got);
	if (!mp_scan_field(&value, &value_len, text, got, "content-length"))
		return 0;
	while (i < value_len && value[i] == ' ')
		i++;
	if (i == value_len || value[i] < '0' || value[i] > '9')
		return 0;
	for (; i < value_len && value[i] >= '0' && value[i] <= '9'; i++) {
		length = length * 10 + (uint64_t)(value[i] - '0');
		if (length > mbox->size)
			return 0;
	}
	end = start + body + length;
	if (end > mbox->size)
		return 0;
	*next = end;
	text = peek(mbox, end, 2, &got, err);
	if (got != 0 && is_empty_line(text, got))
		*next += text[0] == '\n' ? 1 : 2;
	return *next == mbox->size ||
	    separator_at(mbox, *next, true, err) ? end : 0;
}

/* Take off the empty line that belongs to the mbox. */
static void
cut_end(const struct mp_mbox *mbox, struct mp_buf *raw)
{
	size_t len = raw->len;
	const uint8_t *data = raw->data;

	if (mbox->own) {
		/* a file cut off in its last message has no such line end */
		if (len > 0 && data[len - 1] == '\n')
			len--;
	} else if (len >= 4 && memcmp(data + len - 4, "\r\n\r\n", 4) == 0) {
		len -= 2;
	} else if (len >= 2 && memcmp(data + len - 2, "\n\n", 2) == 0) {
		len--;
	}
	raw->len = len;
	if (raw->data != NULL)
		raw->data[len] = '\0';
}

/* Undo mboxrd's quoting in place. */
static void
unquote(struct mp_buf *raw)
{
	size_t from = 0, to = 0;

	while (from < raw->len) {
		size_t line = line_len(raw->data + from, raw->len - from);
		size_t marks = 0;

		while (marks < line && raw->data[from + marks] == '>')
			marks++;
		if (marks != 0 && line - marks >= 5 &&
		    memcmp(raw->data + from + marks, "From ", 5) == 0) {
			from++;
			line--;
		}
		memmove(raw->data + to, raw->data + from, line);
		from += line;
		to += line;
	}
	raw->len = to;
	if (raw->data != NULL)
		raw->data[to] = '\0';
}

/* --- reading -------------------------------------------------------- */

/* Pass over a byte order mark and empty lines before the first message. */
static void
skip_start(struct mp_mbox *mbox, struct mp_err *err)
{
	size_t got;
	const uint8_t *text = peek(mbox, mbox->at, 3, &got, err);

	if (got >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		mbox->at += 3;
	for (;;) {
		text = peek(mbox, mbox->at, 2, &got, err);
		if (got == 0 || !is_empty_line(text, got))
			break;
		mbox->at += text[0] == '\n' ? 1 : 2;
	}
}

static enum mp_status
check_start(struct mp_mbox *mbox, bool at_start, struct mp_err *err)
{
	size_t got;
	const uint8_t *text;

	if (at_start)
		skip_start(mbox, err);
	text = peek(mbox, mbox->at, SEPARATOR_MAX, &got, err);
	if (mbox->status != MP_OK || got == 0)
		return mbox->status;
	if (got >= 5 && memcmp(text, "From ", 5) == 0 &&
	    !mp_mail_is_field(text, line_len(text, got)))
		return MP_OK;
	if (at_start && mp_mail_is_field(text, line_len(text, got)))
		return MP_OK;
	return mp_err_set(err, MP_INVALID,
	    "cannot read '%s' as mbox: no From line at byte %llu",
	    mbox->name, (unsigned long long)mbox->at);
}

enum mp_status
mp_mbox_open(struct mp_mbox **mbox, int fd, const char *name,
    uint64_t offset, bool mboxrd, struct mp_err *err)
{
	struct mp_mbox *made;
	const uint8_t *text;
	struct stat st;
	size_t got;

	*mbox = NULL;
	if (fstat(fd, &st) != 0)
		return mp_err_sys(err, errno, "cannot stat '%s'", name);
	if (!S_ISREG(st.st_mode))
		return mp_err_set(err, MP_INVALID,
		    "cannot read '%s': not a regular file", name);
	made = mp_calloc(1, sizeof *made);
	made->fd = fd;
	made->name = mp_strdup(name);
	made->size = (uint64_t)st.st_size;
	made->window = mp_malloc(WINDOW);
	made->first = true;
	text = peek(made, 0, sizeof OWN_FROM, &got, err);
	made->own = got >= strlen(OWN_FROM) &&
	    memcmp(text, OWN_FROM, strlen(OWN_FROM)) == 0;
	made->mboxrd = mboxrd || made->own;
	made->at = offset < made->size ? offset : made->size;
	if (check_start(made, offset == 0, err) != MP_OK) {
		mp_mbox_close(made);
		return err->status;
	}
	*mbox = made;
	return MP_OK;
}

void
mp_mbox_close(struct mp_mbox *mbox)
{
	if (mbox == NULL)
		return;
	free(mbox->window);
	free(mbox->name);
	free(mbox);
}

static uint8_t
status_flags(const uint8_t *raw, size_t len)
{
	static const char *const names[] = { "status", "x-status" };
	const uint8_t *value;
	uint8_t flags = 0;
	size_t value_len, i;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		if (!mp_scan_field(&value, &value_len, raw, len, names[i]) ||
		    value_len > 16)
			continue;
		flags |= MP_MAIL_KNOWN;
		if (memchr(value, 'R', value_len) != NULL)
			flags |= MP_MAIL_SEEN;
		if (memchr(value, 'A', value_len) != NULL)
			flags |= MP_MAIL_REPLIED;
		if (memchr(value, 'F', value_len) != NULL)
			flags |= MP_MAIL_FLAGGED;
		if (memchr(value, 'T', value_len) != NULL)
			flags |= MP_MAIL_DRAFT;
		if (memchr(value, 'D', value_len) != NULL)
			flags |= MP_MAIL_TRASHED;
	}
	return flags;
}

static enum mp_status
copy(struct mp_buf *raw, struct mp_mbox *mbox, uint64_t from, uint64_t end,
    struct mp_err *err)
{
	mp_buf_reset(raw);
	if (end - from > raw->max)
		return mp_err_set(err, MP_INVALID,
		    "cannot read '%s': the message at byte %llu is over "
		    "the limit of %zu bytes", mbox->name,
		    (unsigned long long)from, raw->max);
	while (from < end) {
		size_t got;
		const uint8_t *text = peek(mbox, from, 1, &got, err);

		if (got > end - from)
			got = (size_t)(end - from);
		if (got == 0)
			break;
		mp_buf_add(raw, text, got);
		from += got;
	}
	return mbox->status;
}

enum mp_status
mp_mbox_next(struct mp_buf *raw, struct mp_mbox_mail *mail,
    struct mp_mbox *mbox, struct mp_err *err)
{
	uint64_t start = mbox->at, end = 0, next = 0;
	const uint8_t *text;
	size_t got;

	memset(mail, 0, sizeof *mail);
	mail->start = start;
	if (start >= mbox->size)
		return mp_err_set(err, MP_NOT_FOUND, "%s", "");
	text = peek(mbox, start, SEPARATOR_MAX, &got, err);
	if (got > SEPARATOR_MAX)
		got = SEPARATOR_MAX;
	if (is_separator(&mail->received, mbox, text, got, true) ||
	    mp_mail_from_line(text, got) != 0)
		start = next_line(mbox, start, err);
	if (!mbox->mboxrd && (mbox->first || mbox->content_length)) {
		end = content_end(mbox, start, &next, err);
		if (mbox->first)
			mbox->content_length = end != 0;
	}
	mbox->first = false;
	if (end == 0)
		next = find_separator(mbox, start, err);
	mbox->at = mail->end = next;
	if (copy(raw, mbox, start, end != 0 ? end : next, err) != MP_OK)
		return err->status;
	if (end == 0)
		cut_end(mbox, raw);
	if (mbox->mboxrd)
		unquote(raw);
	mail->flags = status_flags(raw->data, raw->len);
	return MP_OK;
}

void
mp_mbox_write(struct mp_buf *to, const uint8_t *raw, size_t len,
    int64_t when)
{
	time_t seconds = (time_t)when;
	struct tm tm;
	char date[64];
	size_t pos = 0;

	memset(&tm, 0, sizeof tm);
	tm.tm_mday = 1;
	tm.tm_year = 70;
	tm.tm_wday = 4;
	(void)gmtime_r(&seconds, &tm);
	if (strftime(date, sizeof date, "%a %b %e %H:%M:%S %Y", &tm) == 0)
		date[0] = '\0';
	mp_buf_printf(to, "%s%s\n", OWN_FROM, date);
	while (pos < len) {
		size_t line = line_len(raw + pos, len - pos);
		size_t marks = 0;

		while (marks < line && raw[pos + marks] == '>')
			marks++;
		if (line - marks >= 5 &&
		    memcmp(raw + pos + marks, "From ", 5) == 0)
			mp_buf_byte(to, '>');
		mp_buf_add(to, raw + pos, line);
		pos += line;
	}
	mp_buf_byte(to, '\n');
}
