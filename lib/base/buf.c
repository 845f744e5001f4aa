/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"

void
mp_buf_init(struct mp_buf *buf, size_t max)
{
	memset(buf, 0, sizeof *buf);
	buf->max = max;
}

void
mp_buf_clear(struct mp_buf *buf)
{
	free(buf->data);
	mp_buf_init(buf, buf->max);
}

void
mp_buf_reset(struct mp_buf *buf)
{
	buf->len = 0;
	buf->overflow = false;
	if (buf->data != NULL)
		buf->data[0] = '\0';
}

static void
grow(struct mp_buf *buf, size_t need)
{
	size_t cap = buf->cap < 64 ? 64 : buf->cap;

	while (cap < need)
		cap = cap > need / 2 ? need : cap * 2;
	if (cap < buf->cap + buf->cap / 2)
		cap = buf->cap + buf->cap / 2;
	if (cap > buf->max)
		cap = buf->max;
	buf->data = mp_realloc(buf->data, cap + 1);
	buf->cap = cap;
}

uint8_t *
mp_buf_reserve(struct mp_buf *buf, size_t len)
{
	if (len > buf->max - buf->len) {
		buf->overflow = true;
		return NULL;
	}
	if (buf->data == NULL || len > buf->cap - buf->len)
		grow(buf, buf->len + len);
	return buf->data + buf->len;
}

void
mp_buf_add_growing(struct mp_buf *buf, const void *data, size_t len)
{
	uint8_t *to = mp_buf_reserve(buf, len);

	if (to == NULL)
		return;
	if (len != 0)
		memcpy(to, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void
mp_buf_str(struct mp_buf *buf, const char *text)
{
	mp_buf_add(buf, text, strlen(text));
}

void
mp_buf_printf(struct mp_buf *buf, const char *fmt, ...)
{
	va_list args;
	char *text = NULL;
	int len;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0)
		buf->overflow = true;
	else
		mp_buf_add(buf, text, (size_t)len);
	free(len < 0 ? NULL : text);
}

void
mp_buf_u16(struct mp_buf *buf, uint16_t value)
{
	uint8_t raw[2];

	mp_put_u16(raw, value);
	mp_buf_add(buf, raw, sizeof raw);
}

void
mp_buf_u32(struct mp_buf *buf, uint32_t value)
{
	uint8_t raw[4];

	mp_put_u32(raw, value);
	mp_buf_add(buf, raw, sizeof raw);
}

void
mp_buf_u64(struct mp_buf *buf, uint64_t value)
{
	uint8_t raw[8];

	mp_put_u64(raw, value);
	mp_buf_add(buf, raw, sizeof raw);
}

void
mp_buf_varint(struct mp_buf *buf, uint64_t value)
{
	uint8_t raw[MP_VARINT_MAX];
	size_t len = mp_put_varint(raw, value);

	mp_buf_add(buf, raw, len);
}

void
mp_buf_blob(struct mp_buf *buf, const void *data, size_t len)
{
	mp_buf_varint(buf, len);
	mp_buf_add(buf, data, len);
}

const char *
mp_buf_text(const struct mp_buf *buf)
{
	return buf->data != NULL ? (const char *)buf->data : "";
}

void
mp_cursor_init(struct mp_cursor *cur, const void *data, size_t len)
{
	cur->data = data;
	cur->len = len;
	cur->pos = 0;
	cur->bad = false;
}

size_t
mp_cursor_left(const struct mp_cursor *cur)
{
	return cur->len - cur->pos;
}

const uint8_t *
mp_cursor_bytes(struct mp_cursor *cur, size_t len)
{
	const uint8_t *at;

	if (cur->bad || len > cur->len - cur->pos) {
		cur->bad = true;
		return NULL;
	}
	at = cur->data + cur->pos;
	cur->pos += len;
	return at;
}

uint8_t
mp_cursor_byte(struct mp_cursor *cur)
{
	const uint8_t *at = mp_cursor_bytes(cur, 1);

	return at != NULL ? *at : 0;
}

uint16_t
mp_cursor_u16(struct mp_cursor *cur)
{
	const uint8_t *at = mp_cursor_bytes(cur, 2);

	return at != NULL ? mp_get_u16(at) : 0;
}

uint32_t
mp_cursor_u32(struct mp_cursor *cur)
{
	const uint8_t *at = mp_cursor_bytes(cur, 4);

	return at != NULL ? mp_get_u32(at) : 0;
}

uint64_t
mp_cursor_u64(struct mp_cursor *cur)
{
	const uint8_t *at = mp_cursor_bytes(cur, 8);

	return at != NULL ? mp_get_u64(at) : 0;
}

uint64_t
mp_cursor_varint(struct mp_cursor *cur)
{
	uint64_t value = 0;
	unsigned shift;

	for (shift = 0; shift < 64; shift += 7) {
		uint8_t byte = mp_cursor_byte(cur);

		if (shift == 63 && byte > 1)
			break;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (cur->bad || (byte & 0x80) == 0)
			return cur->bad ? 0 : value;
	}
	cur->bad = true;
	return 0;
}

const uint8_t *
mp_cursor_blob(struct mp_cursor *cur, size_t *len)
{
	uint64_t want = mp_cursor_varint(cur);
	const uint8_t *at;

	if (want > cur->len) {
		cur->bad = true;
		want = 0;
	}
	at = mp_cursor_bytes(cur, (size_t)want);
	*len = at != NULL ? (size_t)want : 0;
	return at;
}

char *
mp_cursor_string(struct mp_cursor *cur)
{
	size_t len;
	const uint8_t *at = mp_cursor_blob(cur, &len);

	return at != NULL ? mp_strndup((const char *)at, len) : mp_strdup("");
}
