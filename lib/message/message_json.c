/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message/render.h"

#include <time.h>

#include "message/message_internal.h"
#include "message/render_internal.h"
#include "message/risk.h"

/* A string member; NULL is left out. */
static void
add_string(struct mp_json *json, const char *key, const char *text)
{
	if (text != NULL)
		mp_json_string(json, key, text);
}

/* As records have times: RFC 3339, UTC. */
static void
add_date(struct mp_json *json, const struct mp_message *message)
{
	time_t when = (time_t)mp_message_date(message);
	struct tm tm;
	char text[64];

	if ((mp_message_defects(message) & MP_DEFECT_DATE) == 0 &&
	    gmtime_r(&when, &tm) != NULL && strftime(text, sizeof text,
	    "%Y-%m-%dT%H:%M:%S+00:00", &tm) != 0)
		mp_json_string(json, "date", text);
	else
		mp_json_null(json, "date");
}

static void
add_addresses(struct mp_json *json, const char *key,
    const struct mp_addresses *list)
{
	size_t i;

	mp_json_open(json, key, '[');
	for (i = 0; i < list->count; i++) {
		mp_json_open(json, NULL, '{');
		add_string(json, "name", list->items[i].name);
		add_string(json, "address", list->items[i].address);
		mp_json_close(json, '}');
	}
	mp_json_close(json, ']');
}

static void
add_defects(struct mp_json *json, unsigned defects)
{
	static const char *const words[] = { "no-header", "depth", "parts",
		"header-size", "boundary", "charset", "encoding", "date"
	};
	size_t i;

	mp_json_open(json, "defects", '[');
	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		if ((defects & 1u << i) != 0)
			mp_json_string(json, NULL, words[i]);
	mp_json_close(json, ']');
}

static void
add_warnings(struct mp_json *json, const struct mp_message *message)
{
	const char *warning;
	unsigned i;

	mp_json_open(json, "warnings", '[');
	for (i = 0; (warning = mp_render_warning(message, i)) != NULL; i++)
		mp_json_string(json, NULL, warning);
	mp_json_close(json, ']');
}

static const char *
kind_word(enum mp_part_kind kind)
{
	switch (kind) {
	case MP_PART_TEXT:
		return "text";
	case MP_PART_HTML:
		return "html";
	case MP_PART_MULTIPART:
		return "multipart";
	case MP_PART_MESSAGE:
		return "message";
	case MP_PART_OTHER:
		break;
	}
	return "other";
}

/* Text over what the buffer may hold is left out. */
static void
add_text(struct mp_json *json, const struct mp_part *part)
{
	struct mp_buf text = MP_BUF_INIT(json->to->max);
	struct mp_err err = MP_ERR_INIT;

	if (mp_part_text(&text, part, &err) == MP_OK)
		mp_json_text(json, "text", mp_buf_text(&text), text.len);
	mp_buf_clear(&text);
}

static void
add_risk(struct mp_json *json, const struct mp_part *part)
{
	unsigned risk = mp_risk_of_part(part), i;
	const char *word;

	mp_json_open(json, "risk", '[');
	for (i = 0; (word = mp_risk_word(risk, i)) != NULL; i++)
		mp_json_string(json, NULL, word);
	mp_json_close(json, ']');
}

static void
add_part(struct mp_json *json, const struct mp_part *part)
{
	bool container = part->kind == MP_PART_MULTIPART ||
	    part->kind == MP_PART_MESSAGE;

	mp_json_open(json, NULL, '{');
	mp_json_number(json, "number", part->number);
	mp_json_number(json, "depth", part->depth);
	mp_json_number(json, "parent", part->parent);
	mp_json_string(json, "kind", kind_word(part->kind));
	add_string(json, "type", part->type);
	add_string(json, "filename", part->filename);
	add_string(json, "disposition", part->disposition);
	add_string(json, "content-id", part->content_id);
	if (!container) {
		mp_json_number(json, "size",
		    (int64_t)mp_render_size(part));
		if (mp_render_is_listed(part))
			add_risk(json, part);
		if (mp_render_is_text(part))
			add_text(json, part);
	}
	mp_json_close(json, '}');
}

enum mp_status
mp_message_json(struct mp_json *json, struct mp_message *message,
    struct mp_err *err)
{
	const struct mp_strlist *ids = mp_message_references(message);
	size_t i;

	add_addresses(json, "from", mp_message_addresses(message,
	    MP_ADDRESS_FROM));
	add_addresses(json, "to", mp_message_addresses(message,
	    MP_ADDRESS_TO));
	add_addresses(json, "cc", mp_message_addresses(message,
	    MP_ADDRESS_CC));
	add_string(json, "subject", mp_message_subject(message));
	add_date(json, message);
	mp_json_open(json, "references", '[');
	for (i = 0; i < ids->count; i++)
		add_string(json, NULL, ids->items[i]);
	mp_json_close(json, ']');
	add_string(json, "list-id", mp_message_list_id(message));
	add_defects(json, mp_message_defects(message));
	add_warnings(json, message);
	mp_json_open(json, "parts", '[');
	for (i = 0; i < mp_message_parts(message); i++)
		add_part(json, mp_message_part(message, i));
	mp_json_close(json, ']');
	if (json->to->overflow)
		return mp_err_set(err, MP_INVALID,
		    "cannot show the message: over %zu bytes", json->to->max);
	return MP_OK;
}
