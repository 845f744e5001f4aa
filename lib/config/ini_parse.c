/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdint.h>
#include <string.h>

#include "config/config_internal.h"
#include "config/ini.h"

#define ENTRIES_MAX 20000

struct parser {
	const char *at;
	const char *end;
	const char *line_start;
	const char *file;
	unsigned line;
	struct mp_buf section;	/* "section." or "section.sub." */
	struct mp_ini *ini;
	struct mp_err *err;
};

static enum mp_status
wrong(const struct parser *p, const char *what)
{
	return mp_err_set(p->err, MP_CONFIG, "%s:%u:%zu: %s", p->file,
	    p->line, (size_t)(p->at - p->line_start) + 1, what);
}

static bool
at_end(const struct parser *p)
{
	return p->at == p->end || *p->at == '\n';
}

static void
skip_blanks(struct parser *p)
{
	while (p->at < p->end && is_blank(*p->at))
		p->at++;
}

static void
next_line(struct parser *p)
{
	p->at++;
	p->line++;
	p->line_start = p->at;
}

/* Nothing but blanks and a comment may follow. */
static enum mp_status
rest_of_line(struct parser *p)
{
	skip_blanks(p);
	if (!at_end(p) && *p->at != '#' && *p->at != ';')
		return wrong(p, "more text than belongs here");
	while (!at_end(p))
		p->at++;
	return MP_OK;
}

/* A text in double quotes, with escapes if they are allowed. */
static enum mp_status
quoted(struct mp_buf *to, struct parser *p)
{
	for (p->at++; !at_end(p) && *p->at != '"'; p->at++) {
		char c = *p->at;

		if (c == '\\' && p->at + 1 < p->end) {
			p->at++;
			switch (*p->at) {
			case 'n': c = '\n'; break;
			case 't': c = '\t'; break;
			case '"': case '\\': c = *p->at; break;
			default:
				return wrong(p, "an escape is one of "
				    "\\n \\t \\\" \\\\");
			}
		}
		mp_buf_byte(to, (uint8_t)c);
	}
	if (at_end(p))
		return wrong(p, "the quote is not closed");
	p->at++;
	return MP_OK;
}

/* A value without quotes around it, up to the comment or the line's end. */
static void
plain(struct mp_buf *to, struct parser *p)
{
	bool inside = false;	/* of quotes, where # and ; are text */

	for (; !at_end(p); p->at++) {
		const char *next = p->at + 1;

		if (*p->at == '"')
			inside = !inside;
		if ((*p->at == '#' || *p->at == ';') && !inside &&
		    (to->len == 0 || is_blank(p->at[-1])))
			break;
		if (next < p->end && *next == '\r')
			next++;
		if (*p->at == '\\' && next < p->end && *next == '\n') {
			p->at = next;
			p->line++;
			p->line_start = next + 1;
		} else
			mp_buf_byte(to, (uint8_t)*p->at);
	}
	while (to->len != 0 && is_blank((char)to->data[to->len - 1]))
		to->data[--to->len] = '\0';
}

static enum mp_status
section(struct parser *p)
{
	struct mp_buf *name = &p->section;
	enum mp_status status;

	mp_buf_reset(name);
	for (p->at++; p->at < p->end && is_section_char(*p->at); p->at++)
		mp_buf_byte(name, (uint8_t)*p->at);
	if (name->len == 0)
		return wrong(p, "a section has a name of lower-case letters");
	mp_buf_byte(name, '.');
	skip_blanks(p);
	if (!at_end(p) && *p->at == '"') {
		if ((status = quoted(name, p)) != MP_OK)
			return status;
		mp_buf_byte(name, '.');
	}
	if (at_end(p) || *p->at != ']')
		return wrong(p, "a section ends in ]");
	p->at++;
	return rest_of_line(p);
}

static enum mp_status
add(struct parser *p, const char *name, const struct mp_buf *value,
    unsigned line)
{
	if (!mp_ini_name_valid(name))
		return wrong(p, "the name of a setting cannot be this");
	if (value->overflow || p->ini->count == ENTRIES_MAX)
		return wrong(p, "too much");
	if (!mp_ini_value_valid(mp_buf_text(value), value->len))
		return wrong(p, "a value is UTF-8 without control characters");
	if (!mp_ini_add(p->ini, name, mp_buf_text(value), line))
		return wrong(p, "this setting stood here already");
	return MP_OK;
}

static enum mp_status
assignment(struct parser *p)
{
	struct mp_buf name = MP_BUF_INIT(MP_INI_NAME_MAX + 1);
	struct mp_buf value = MP_BUF_INIT(MP_INI_VALUE_MAX + 1);
	enum mp_status status = MP_OK;
	unsigned line = p->line;

	mp_buf_add(&name, p->section.data, p->section.len);
	if (p->section.len == 0)
		status = wrong(p, "a setting stands in a [section]");
	while (p->at < p->end && is_key_char(*p->at))
		mp_buf_byte(&name, (uint8_t)*p->at++);
	skip_blanks(p);
	if (status == MP_OK && (at_end(p) || *p->at != '='))
		status = wrong(p, "key = value is expected");
	if (status != MP_OK)
		goto done;
	p->at++;
	skip_blanks(p);
	if (!at_end(p) && *p->at == '"') {
		const char *start = p->at;

		/* "a b" c is a value that only starts with quotes */
		status = quoted(&value, p);
		if (status != MP_OK || rest_of_line(p) == MP_OK)
			goto parsed;
		mp_err_clear(p->err);
		mp_buf_reset(&value);
		p->at = start;
	}
	plain(&value, p);
	status = rest_of_line(p);
parsed:
	if (status == MP_OK)
		status = add(p, mp_buf_text(&name), &value, line);
done:
	mp_buf_clear(&name);
	mp_buf_clear(&value);
	return status;
}

enum mp_status
mp_ini_parse(struct mp_ini *ini, const char *text, size_t len,
    const char *file, struct mp_err *err)
{
	struct parser p = { .at = text, .end = text + len,
	    .line_start = text, .file = file, .line = 1, .ini = ini,
	    .section = MP_BUF_INIT(MP_INI_NAME_MAX + 1), .err = err };
	enum mp_status status = MP_OK;

	if (len > MP_INI_BYTES_MAX)
		return mp_err_set(err, MP_CONFIG, "%s: too long", file);
	if (memchr(text, '\0', len) != NULL)
		return mp_err_set(err, MP_CONFIG, "%s: not a text", file);
	for (; status == MP_OK && p.at < p.end; next_line(&p)) {
		skip_blanks(&p);
		if (!at_end(&p) && *p.at == '[')
			status = section(&p);
		else if (at_end(&p) || *p.at == '#' || *p.at == ';')
			status = rest_of_line(&p);
		else
			status = assignment(&p);
		if (p.at == p.end)
			break;
	}
	mp_buf_clear(&p.section);
	if (status != MP_OK)
		mp_ini_clear(ini);
	return status;
}
