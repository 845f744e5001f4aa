/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_BASE_BUF_H
#define MP_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A growing byte buffer with a maximum, fixed when it is made.
 *
 * Invariants: len <= cap <= max; data[len] is always a NUL once anything
 * was allocated, so text in it is a C string. An append that would pass max
 * changes nothing and sets overflow, which stays set until mp_buf_reset:
 * check it once at the end of a run of appends.
 */
struct mp_buf {
	uint8_t *data;
	size_t len;
	size_t cap;
	size_t max;
	bool overflow;
};

/* A buffer that may hold up to max_bytes; nothing is allocated yet. */
#define MP_BUF_INIT(max_bytes) { NULL, 0, 0, (max_bytes), false }

void mp_buf_init(struct mp_buf *buf, size_t max);
void mp_buf_clear(struct mp_buf *buf);	/* frees; the maximum stays */
void mp_buf_reset(struct mp_buf *buf);	/* len = 0, keeps the memory */

/* Make room for len more bytes and return where they go, NULL past max. */
uint8_t *mp_buf_reserve(struct mp_buf *buf, size_t len);

/* mp_buf_add where the memory may not suffice. */
void mp_buf_add_growing(struct mp_buf *buf, const void *data, size_t len);

/* Inline, since indexing appends a few bytes at a time. */
static inline void
mp_buf_add(struct mp_buf *buf, const void *data, size_t len)
{
	if (len == 0 || len > buf->cap - buf->len) {
		mp_buf_add_growing(buf, data, len);
		return;
	}
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

static inline void
mp_buf_byte(struct mp_buf *buf, uint8_t byte)
{
	if (buf->len == buf->cap) {
		mp_buf_add_growing(buf, &byte, 1);
		return;
	}
	buf->data[buf->len++] = byte;
	buf->data[buf->len] = '\0';
}

void mp_buf_str(struct mp_buf *buf, const char *text);
void mp_buf_printf(struct mp_buf *buf, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Integers, little endian, and LEB128 variable-length ones. */
void mp_buf_u16(struct mp_buf *buf, uint16_t value);
void mp_buf_u32(struct mp_buf *buf, uint32_t value);
void mp_buf_u64(struct mp_buf *buf, uint64_t value);
void mp_buf_varint(struct mp_buf *buf, uint64_t value);

/* A varint length and then the bytes. */
void mp_buf_blob(struct mp_buf *buf, const void *data, size_t len);

/* The text in it; "" while empty. */
const char *mp_buf_text(const struct mp_buf *buf);

/*
 * A reading cursor over bytes somebody else owns. A read past the end gives
 * zeros and sets bad, which stays set: check it once at the end.
 */
struct mp_cursor {
	const uint8_t *data;
	size_t len;
	size_t pos;
	bool bad;
};

void mp_cursor_init(struct mp_cursor *cur, const void *data, size_t len);
size_t mp_cursor_left(const struct mp_cursor *cur);
uint8_t mp_cursor_byte(struct mp_cursor *cur);
uint16_t mp_cursor_u16(struct mp_cursor *cur);
uint32_t mp_cursor_u32(struct mp_cursor *cur);
uint64_t mp_cursor_u64(struct mp_cursor *cur);
uint64_t mp_cursor_varint(struct mp_cursor *cur);

/* len bytes inside the data, or NULL (and bad) when they are not there. */
const uint8_t *mp_cursor_bytes(struct mp_cursor *cur, size_t len);

/* What mp_buf_blob wrote: sets *len. NULL (and bad) on damage. */
const uint8_t *mp_cursor_blob(struct mp_cursor *cur, size_t *len);

/* The same as a new NUL-ended string, which the caller frees; "" on bad. */
char *mp_cursor_string(struct mp_cursor *cur);

#endif
