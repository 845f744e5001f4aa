/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a message: what is read stays inside the bytes and the
 * limits, all text is UTF-8, every part decodes, and it can be shown.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "message/message.h"
#include "message/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
must_be_text(const char *text)
{
	must(text == NULL || mp_utf8_valid(text, strlen(text)));
}

static void
check_part(const struct mp_part *part, size_t index, const uint8_t *data,
    size_t size)
{
	struct mp_buf buf = MP_BUF_INIT(1 << 24);
	struct mp_err err = MP_ERR_INIT;

	must(part->number == index + 1 && part->parent <= index &&
	    part->depth <= MP_MIME_DEPTH);
	must((part->body >= data && part->body_len <= size &&
	    (size_t)(part->body - data) <= size - part->body_len) ||
	    part->body_len == 0);
	must_be_text(part->filename);
	must_be_text(part->subject);
	must(mp_part_content(&buf, part, &err) == MP_OK);
	mp_buf_reset(&buf);
	must(mp_part_text(&buf, part, &err) == MP_OK);
	must(mp_utf8_valid(mp_buf_text(&buf), buf.len));
	mp_buf_clear(&buf);
}

/* What is shown is text without controls, and JSON. */
static void
check_shown(struct mp_message *message)
{
	struct mp_render_options options = { .width = 72 };
	struct mp_buf text = MP_BUF_INIT(1 << 26);
	struct mp_err err = MP_ERR_INIT;
	struct mp_json json;
	size_t i;

	must(mp_message_render(&text, message, &options, &err) == MP_OK);
	must(mp_utf8_valid(mp_buf_text(&text), text.len));
	for (i = 0; i < text.len; i++)
		must(text.data[i] >= 0x20 || text.data[i] == '\n' ||
		    text.data[i] == '\t');
	mp_buf_reset(&text);
	mp_json_init(&json, &text);
	mp_json_open(&json, NULL, '{');
	must(mp_message_json(&json, message, &err) == MP_OK);
	mp_json_close(&json, '}');
	must(mp_utf8_valid(mp_buf_text(&text), text.len));
	mp_buf_clear(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mp_message *message = mp_message_new(data, size);
	const struct mp_strlist *ids = mp_message_references(message);
	const char *name, *value;
	size_t len, i;

	must(mp_message_header_len(message) <= size);
	must_be_text(mp_message_from(message));
	must_be_text(mp_message_to(message));
	must_be_text(mp_message_cc(message));
	must_be_text(mp_message_subject(message));
	must_be_text(mp_message_list_id(message));
	for (i = 0; i < ids->count; i++)
		must(strcmp(ids->items[i], mp_message_id(message)) != 0);
	for (i = 0; mp_message_field_at(message, i, &name, &len, &value); i++)
		must_be_text(value);
	must(mp_message_parts(message) >= 1 &&
	    mp_message_parts(message) <= MP_MIME_PARTS);
	for (i = 0; i < mp_message_parts(message); i++)
		check_part(mp_message_part(message, i), i, data, size);
	check_shown(message);
	mp_message_free(message);
	return 0;
}
