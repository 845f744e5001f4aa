/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message/render.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/utf8.h"
#include "html/html.h"
#include "message/message_internal.h"
#include "message/risk.h"

#define PART_TEXT_MAX ((size_t)64 << 20)

static void
add_clean(struct mp_buf *to, const char *text)
{
	mp_utf8_clean(to, text, strlen(text), false);
}

static void
add_field(struct mp_buf *to, const char *name, const char *value)
{
	if (value[0] == '\0')
		return;
	mp_buf_printf(to, "%s: ", name);
	add_clean(to, value);
	mp_buf_byte(to, '\n');
}

/* Text of a mail, cleaned, ended by a line feed. */
static void
add_text(struct mp_buf *to, const char *text, size_t len)
{
	mp_utf8_clean(to, text, len, true);
	if (to->len != 0 && to->data[to->len - 1] != '\n')
		mp_buf_byte(to, '\n');
}

static void
add_size(struct mp_buf *to, size_t bytes)
{
	if (bytes < 10000)
		mp_buf_printf(to, "%zu bytes", bytes);
	else if (bytes < (size_t)10000 << 10)
		mp_buf_printf(to, "%zu KiB", bytes >> 10);
	else
		mp_buf_printf(to, "%zu MiB", bytes >> 20);
}

/* The size of the content, nearly: base64 is not decoded for it. */
static size_t
content_size(const struct mp_part *part)
{
	return strcmp(part->encoding, "base64") == 0 ?
	    part->body_len / 78 * 57 + part->body_len % 78 * 3 / 4 :
	    part->body_len;
}

static void
add_attachment(struct mp_buf *to, const struct mp_part *part)
{
	unsigned risk = mp_risk_of_part(part);

	mp_buf_printf(to, "[part %u: ", part->number);
	if (part->filename != NULL) {
		add_clean(to, part->filename);
		mp_buf_str(to, ", ");
	}
	add_clean(to, part->type);
	mp_buf_str(to, ", ");
	add_size(to, content_size(part));
	if (risk != 0) {
		mp_buf_str(to, "; risky: ");
		mp_risk_words(to, risk);
	}
	mp_buf_str(to, "]\n");
}

static enum mp_status
add_body(struct mp_buf *to, const struct mp_part *part,
    const struct mp_render_options *options, struct mp_err *err)
{
	struct mp_buf text = MP_BUF_INIT(PART_TEXT_MAX);
	struct mp_buf plain = MP_BUF_INIT(PART_TEXT_MAX);
	enum mp_status status = mp_part_text(&text, part, err);
	const struct mp_buf *shown = &text;

	if (status == MP_OK && part->kind == MP_PART_HTML) {
		status = mp_html_text(&plain, mp_buf_text(&text), text.len,
		    MP_HTML_LINKS, options->width, err);
		shown = &plain;
	}
	if (status == MP_OK) {
		add_text(to, mp_buf_text(shown), shown->len);
	} else if (status == MP_INVALID) {
		/* too much to read is no reason to show nothing else */
		mp_err_clear(err);
		mp_buf_printf(to, "[part %u is too large to be shown]\n",
		    part->number);
		status = MP_OK;
	}
	mp_buf_clear(&text);
	mp_buf_clear(&plain);
	return status;
}

/* Is there a plain text among the part's siblings in an alternative? */
static bool
has_plain_sibling(const struct mp_message *message,
    const struct mp_part *part)
{
	size_t count = mp_message_parts(message), i;

	if (part->parent == 0 || strcmp(mp_message_part(message,
	    part->parent - 1)->type, "multipart/alternative") != 0)
		return false;
	for (i = 0; i < count; i++) {
		const struct mp_part *other = mp_message_part(message, i);

		if (other->parent == part->parent &&
		    other->kind == MP_PART_TEXT &&
		    strcmp(other->type, "text/plain") == 0)
			return true;
	}
	return false;
}

static enum mp_status
add_part(struct mp_buf *to, const struct mp_message *message,
    const struct mp_part *part, const struct mp_render_options *options,
    struct mp_err *err)
{
	switch (part->kind) {
	case MP_PART_MULTIPART:
		return MP_OK;
	case MP_PART_MESSAGE:
		mp_buf_printf(to, "\n[part %u: a message]\n", part->number);
		add_field(to, "From", part->from != NULL ? part->from : "");
		add_field(to, "Subject",
		    part->subject != NULL ? part->subject : "");
		mp_buf_byte(to, '\n');
		return MP_OK;
	case MP_PART_HTML:
		if (has_plain_sibling(message, part))
			return MP_OK;
		/* FALLTHROUGH */
	case MP_PART_TEXT:
		if (!mp_part_is_attachment(part))
			return add_body(to, part, options, err);
		/* FALLTHROUGH */
	case MP_PART_OTHER:
		add_attachment(to, part);
		return MP_OK;
	}
	return MP_OK;
}

static void
add_defects(struct mp_buf *to, unsigned defects)
{
	if ((defects & (MP_DEFECT_DEPTH | MP_DEFECT_PARTS)) != 0)
		mp_buf_str(to, "[there are more parts than are read]\n");
	if ((defects & MP_DEFECT_HEADER_SIZE) != 0)
		mp_buf_str(to, "[the header is longer than is read]\n");
}

enum mp_status
mp_message_render(struct mp_buf *to, struct mp_message *message,
    const struct mp_render_options *options, struct mp_err *err)
{
	const char *date = mp_message_field(message, "Date", 0);
	enum mp_status status = MP_OK;
	size_t i;

	add_field(to, "From", mp_message_from(message));
	add_field(to, "To", mp_message_to(message));
	add_field(to, "Cc", mp_message_cc(message));
	add_field(to, "Date", date != NULL ? date : "");
	add_field(to, "Subject", mp_message_subject(message));
	mp_buf_byte(to, '\n');
	for (i = 0; i < mp_message_parts(message) && status == MP_OK; i++)
		status = add_part(to, message, mp_message_part(message, i),
		    options, err);
	add_defects(to, mp_message_defects(message));
	if (status == MP_OK && to->overflow)
		status = mp_err_set(err, MP_INVALID,
		    "cannot show the message: over %zu bytes", to->max);
	return status;
}

void
mp_message_render_headers(struct mp_buf *to, struct mp_message *message)
{
	size_t i;

	for (i = 0; i < message->header.count; i++) {
		const struct field *field = &message->header.fields[i];

		mp_utf8_clean(to, field->name.at, field->name.len, false);
		mp_buf_str(to, ": ");
		add_clean(to, mp_header_decode(&message->arena, field->value,
		    &message->defects));
		mp_buf_byte(to, '\n');
	}
}

/* --- JSON ------------------------------------------------------------------ */

static const char *
kind_name(enum mp_part_kind kind)
{
	static const char *const names[] = {
		[MP_PART_TEXT] = "text",
		[MP_PART_HTML] = "html",
		[MP_PART_MULTIPART] = "multipart",
		[MP_PART_MESSAGE] = "message",
		[MP_PART_OTHER] = "other",
	};

	return names[kind];
}

static enum mp_status
json_part(struct mp_json *json, const struct mp_part *part,
    struct mp_err *err)
{
	unsigned risk = mp_part_is_attachment(part) ?
	    mp_risk_of_part(part) : 0;
	struct mp_buf text = MP_BUF_INIT(PART_TEXT_MAX);
	struct mp_buf words = MP_BUF_INIT(1024);
	enum mp_status status = MP_OK;

	mp_json_open(json, NULL, '{');
	mp_json_number(json, "number", part->number);
	mp_json_number(json, "depth", part->depth);
	mp_json_string(json, "type", part->type);
	mp_json_string(json, "kind", kind_name(part->kind));
	if (part->filename != NULL)
		mp_json_string(json, "filename", part->filename);
	if (part->disposition != NULL)
		mp_json_string(json, "disposition", part->disposition);
	if (part->content_id != NULL)
		mp_json_string(json, "content-id", part->content_id);
	mp_json_number(json, "size", (int64_t)part->body_len);
	if (risk != 0) {
		mp_risk_words(&words, risk);
		mp_json_string(json, "risk", mp_buf_text(&words));
		mp_buf_clear(&words);
	}
	if ((part->kind == MP_PART_TEXT || part->kind == MP_PART_HTML) &&
	    !mp_part_is_attachment(part)) {
		status = mp_part_text(&text, part, err);
		mp_json_text(json, "text", mp_buf_text(&text), text.len);
	}
	mp_json_close(json, '}');
	mp_buf_clear(&text);
	return status;
}

static void
json_defects(struct mp_json *json, unsigned defects)
{
	static const char *const names[] = { "no-header", "depth", "parts",
	    "header-size", "boundary", "charset", "encoding", "date" };
	size_t i;

	mp_json_open(json, "defects", '[');
	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if ((defects >> i & 1) != 0)
			mp_json_string(json, NULL, names[i]);
	mp_json_close(json, ']');
}

enum mp_status
mp_message_json(struct mp_json *json, struct mp_message *message,
    struct mp_err *err)
{
	const struct mp_strlist *references = mp_message_references(message);
	enum mp_status status = MP_OK;
	size_t i;

	mp_json_string(json, "from", mp_message_from(message));
	mp_json_string(json, "to", mp_message_to(message));
	mp_json_string(json, "cc", mp_message_cc(message));
	mp_json_string(json, "subject", mp_message_subject(message));
	mp_json_number(json, "date", mp_message_date(message));
	mp_json_string(json, "list-id", mp_message_list_id(message));
	mp_json_open(json, "references", '[');
	for (i = 0; i < references->count; i++)
		mp_json_string(json, NULL, references->items[i]);
	mp_json_close(json, ']');
	json_defects(json, mp_message_defects(message));
	mp_json_open(json, "parts", '[');
	for (i = 0; i < mp_message_parts(message) && status == MP_OK; i++)
		status = json_part(json, mp_message_part(message, i), err);
	mp_json_close(json, ']');
	return status;
}
