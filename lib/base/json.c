/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json.h"

#include <string.h>

#include "base/utf8.h"

void
mp_json_init(struct mp_json *json, struct mp_buf *to)
{
	json->to = to;
	json->comma = false;
}

/* "\u202e"; two of them for what needs more than 16 bits. */
static void
add_escape(struct mp_buf *to, uint32_t point)
{
	if (point >= 0x10000) {
		point -= 0x10000;
		mp_buf_printf(to, "\\u%04x",
		    (unsigned)(0xd800 | point >> 10));
		point = 0xdc00 | (point & 0x3ff);
	}
	mp_buf_printf(to, "\\u%04x", (unsigned)point);
}

static void
add_quoted(struct mp_buf *to, const char *text, size_t len)
{
	size_t i = 0;

	mp_buf_byte(to, '"');
	while (i < len) {
		uint32_t point;
		size_t step = mp_utf8_decode(&point, text + i, len - i);

		i += step != 0 ? step : 1;
		if (point == '"' || point == '\\') {
			mp_buf_byte(to, '\\');
			mp_buf_byte(to, (uint8_t)point);
		} else if (point == '\n') {
			mp_buf_str(to, "\\n");
		} else if (point == '\t') {
			mp_buf_str(to, "\\t");
		} else if (point < 0x20 || (point >= 0x7f && point < 0xa0) ||
		    mp_utf8_invisible(point)) {
			add_escape(to, point);
		} else {
			mp_utf8_add(to, point);
		}
	}
	mp_buf_byte(to, '"');
}

static void
start(struct mp_json *json, const char *key)
{
	if (json->comma)
		mp_buf_byte(json->to, ',');
	json->comma = true;
	if (key != NULL) {
		add_quoted(json->to, key, strlen(key));
		mp_buf_byte(json->to, ':');
	}
}

void
mp_json_open(struct mp_json *json, const char *key, char bracket)
{
	start(json, key);
	mp_buf_byte(json->to, (uint8_t)bracket);
	json->comma = false;
}

void
mp_json_close(struct mp_json *json, char bracket)
{
	mp_buf_byte(json->to, (uint8_t)bracket);
	json->comma = true;
}

void
mp_json_text(struct mp_json *json, const char *key, const char *text,
    size_t len)
{
	start(json, key);
	add_quoted(json->to, text, len);
}

void
mp_json_string(struct mp_json *json, const char *key, const char *text)
{
	mp_json_text(json, key, text, strlen(text));
}

void
mp_json_number(struct mp_json *json, const char *key, int64_t value)
{
	start(json, key);
	mp_buf_printf(json->to, "%lld", (long long)value);
}

void
mp_json_real(struct mp_json *json, const char *key, double value)
{
	start(json, key);
	mp_buf_printf(json->to, "%.6g", value);
}

void
mp_json_bool(struct mp_json *json, const char *key, bool value)
{
	start(json, key);
	mp_buf_str(json->to, value ? "true" : "false");
}

void
mp_json_null(struct mp_json *json, const char *key)
{
	start(json, key);
	mp_buf_str(json->to, "null");
}
