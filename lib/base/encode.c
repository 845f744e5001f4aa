/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/encode.h"

#include "base/utf8.h"

static const char hex_digits[] = "0123456789abcdef";

void
mp_hex_add(struct mp_buf *to, const void *data, size_t len)
{
	const uint8_t *from = data;
	size_t i;

	for (i = 0; i < len; i++) {
		mp_buf_byte(to, (uint8_t)hex_digits[from[i] >> 4]);
		mp_buf_byte(to, (uint8_t)hex_digits[from[i] & 15]);
	}
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
mp_hex_read(uint8_t *to, size_t len, const char *text, size_t text_len)
{
	size_t i;

	if (text_len != 2 * len)
		return false;
	for (i = 0; i < len; i++) {
		int high = hex_value(text[2 * i]);
		int low = hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		to[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
mp_base64_add(struct mp_buf *to, const void *data, size_t len)
{
	const uint8_t *from = data;
	size_t i;

	for (i = 0; i < len; i += 3) {
		size_t left = len - i;
		uint32_t bits = (uint32_t)from[i] << 16;
		uint8_t out[4] = { 0, 0, '=', '=' };

		if (left > 1)
			bits |= (uint32_t)from[i + 1] << 8;
		if (left > 2)
			bits |= from[i + 2];
		out[0] = (uint8_t)base64_digits[bits >> 18];
		out[1] = (uint8_t)base64_digits[bits >> 12 & 63];
		if (left > 1)
			out[2] = (uint8_t)base64_digits[bits >> 6 & 63];
		if (left > 2)
			out[3] = (uint8_t)base64_digits[bits & 63];
		mp_buf_add(to, out, sizeof out);
	}
}

static int
base64_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

void
mp_base64_read(struct mp_buf *to, const void *text, size_t len)
{
	const uint8_t *from = text;
	uint32_t bits = 0;
	unsigned have = 0;
	size_t i;

	for (i = 0; i < len && from[i] != '='; i++) {
		int value = base64_value(from[i]);

		if (value < 0)
			continue;
		bits = bits << 6 | (uint32_t)value;
		have += 6;
		if (have >= 8) {
			have -= 8;
			mp_buf_byte(to, (uint8_t)(bits >> have));
		}
	}
}

/* Bytes at the start of id that are ASCII and stand for themselves. */
static size_t
plain(const char *id, size_t len)
{
	size_t i = 0;

	while (i < len && id[i] > 0x20 && id[i] < 0x7f && id[i] != '%')
		i++;
	return i;
}

void
mp_id_escape(struct mp_buf *to, const char *id, size_t len)
{
	size_t i = 0;

	while (i < len) {
		uint32_t point;
		size_t step = plain(id + i, len - i);

		if (step != 0) {
			mp_buf_add(to, id + i, step);
			i += step;
			continue;
		}
		step = mp_utf8_decode(&point, id + i, len - i);
		if (step == 0 || point <= 0x20 || point == 0x7f ||
		    point == '%') {
			mp_buf_printf(to, "%%%02X", (unsigned char)id[i]);
			i++;
		} else {
			mp_buf_add(to, id + i, step);
			i += step;
		}
	}
}

void
mp_id_unescape(struct mp_buf *to, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		uint8_t byte;

		if (text[i] == '%' && len - i > 2 &&
		    mp_hex_read(&byte, 1, text + i + 1, 2)) {
			mp_buf_byte(to, byte);
			i += 2;
		} else {
			mp_buf_byte(to, (uint8_t)text[i]);
		}
	}
}
