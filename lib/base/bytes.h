/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_BASE_BYTES_H
#define MP_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>

/*
 * Integers in bytes: little endian, and LEB128 (seven bits a byte, lowest
 * first, the top bit set on all but the last). Inline, since the index
 * decodes postings with them.
 */

#define MP_VARINT_MAX 10	/* bytes of the longest varint */

static inline void
mp_put_u16(uint8_t *to, uint16_t value)
{
	to[0] = (uint8_t)value;
	to[1] = (uint8_t)(value >> 8);
}

static inline void
mp_put_u32(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)value;
	to[1] = (uint8_t)(value >> 8);
	to[2] = (uint8_t)(value >> 16);
	to[3] = (uint8_t)(value >> 24);
}

static inline void
mp_put_u64(uint8_t *to, uint64_t value)
{
	mp_put_u32(to, (uint32_t)value);
	mp_put_u32(to + 4, (uint32_t)(value >> 32));
}

static inline uint16_t
mp_get_u16(const uint8_t *from)
{
	return (uint16_t)(from[0] | from[1] << 8);
}

static inline uint32_t
mp_get_u32(const uint8_t *from)
{
	return (uint32_t)from[0] | (uint32_t)from[1] << 8 |
	    (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static inline uint64_t
mp_get_u64(const uint8_t *from)
{
	return mp_get_u32(from) | (uint64_t)mp_get_u32(from + 4) << 32;
}

/* Write value at to, which has room for MP_VARINT_MAX; gives its length. */
static inline size_t
mp_put_varint(uint8_t *to, uint64_t value)
{
	size_t len = 0;

	while (value >= 0x80) {
		to[len++] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	to[len++] = (uint8_t)value;
	return len;
}

/*
 * Read a 32-bit varint at from, not reading at or past end; gives the
 * position after it, or NULL when it is cut off or does not fit 32 bits.
 */
static inline const uint8_t *
mp_get_varint32(uint32_t *value, const uint8_t *from, const uint8_t *end)
{
	uint32_t got = 0;
	unsigned shift;

	if (from < end && *from < 0x80) {
		*value = *from;
		return from + 1;
	}
	for (shift = 0; shift < 35 && from < end; shift += 7) {
		uint8_t byte = *from++;

		if (shift == 28 && byte > 0x0f)
			return NULL;
		got |= (uint32_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0) {
			*value = got;
			return from;
		}
	}
	return NULL;
}

#endif
