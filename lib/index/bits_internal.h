/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_INDEX_BITS_INTERNAL_H
#define MP_INDEX_BITS_INTERNAL_H

#include <string.h>

#include "base/bytes.h"
#include "index/segment_internal.h"

/*
 * Strings of bits, lowest first, and Rice codes in them: value >> k ones, a
 * zero, k low bits; MP_RICE_ESCAPE ones are followed by 32 plain bits
 * instead. Inline, since postings are written and read with them.
 */
#define MP_RICE_ESCAPE 20
#define MP_RICE_BYTES 8		/* a code takes less */
#define MP_RICE_K_MAX 15

/* At most 56 bits a time. */
struct mp_bits_out {
	uint8_t *next;		/* MP_RICE_BYTES after it may be written */
	uint64_t held;		/* bits not written yet, less than 8 */
	unsigned count;
};

static inline void
mp_bits_put(struct mp_bits_out *out, uint64_t bits, unsigned count)
{
	out->held |= bits << out->count;
	out->count += count;
	mp_put_u64(out->next, out->held);
	out->next += out->count >> 3;
	out->held >>= out->count & ~7u;
	out->count &= 7;
}

static inline void
mp_rice_put(struct mp_bits_out *out, uint32_t value, unsigned k)
{
	uint32_t high = value >> k;
	uint64_t low = value & ((UINT32_C(1) << k) - 1);

	if (high < MP_RICE_ESCAPE)
		mp_bits_put(out, ((UINT64_C(1) << high) - 1) |
		    low << (high + 1), high + 1 + k);
	else
		mp_bits_put(out, ((UINT64_C(1) << MP_RICE_ESCAPE) - 1) |
		    (uint64_t)value << MP_RICE_ESCAPE, MP_RICE_ESCAPE + 32);
}

/* Fill up the last byte; gives where the next one goes. */
static inline uint8_t *
mp_bits_end(struct mp_bits_out *out)
{
	if (out->count != 0)
		*out->next++ = (uint8_t)out->held;
	out->held = 0;
	out->count = 0;
	return out->next;
}

/* The k that fits count values of that sum. */
static inline unsigned
mp_rice_k(uint64_t sum, uint32_t count)
{
	uint64_t mean = count != 0 ? sum * 7 / 10 / count : 0;
	unsigned k = mean > 1 ? 63 - (unsigned)__builtin_clzll(mean) : 0;

	return k > MP_RICE_K_MAX ? MP_RICE_K_MAX : k;
}

struct mp_bits_in {
	struct mp_stream *stream;
	uint64_t held;
	unsigned count;
};

static inline void
mp_bits_start(struct mp_bits_in *in, struct mp_stream *stream)
{
	in->stream = stream;
	in->held = 0;
	in->count = 0;
}

/* Hold 57 bits at least, or all there are. */
static inline void
mp_bits_fill(struct mp_bits_in *in)
{
	struct mp_stream *stream = in->stream;

	if (stream->limit - stream->next >= 8) {
		unsigned bytes = (64 - in->count) / 8;

		if (bytes == 0)
			return;
		in->held |= (bytes == 8 ? mp_get_u64(stream->next) :
		    mp_get_u64(stream->next) &
		    ((UINT64_C(1) << bytes * 8) - 1)) << in->count;
		stream->next += bytes;
		in->count += bytes * 8;
		return;
	}
	while (in->count <= 56 && !mp_stream_at_end(stream) && !stream->bad) {
		uint8_t byte;

		mp_stream_read(stream, &byte, 1);
		in->held |= (uint64_t)byte << in->count;
		in->count += 8;
	}
}

static inline void
mp_bits_drop(struct mp_bits_in *in, unsigned count)
{
	if (count > in->count) {
		mp_stream_malformed(in->stream);
		in->held = 0;
		in->count = 0;
		return;
	}
	in->held >>= count;
	in->count -= count;
}

/* Less than 32 bits. */
static inline uint32_t
mp_bits_get(struct mp_bits_in *in, unsigned count)
{
	uint32_t value;

	mp_bits_fill(in);
	value = (uint32_t)(in->held & ((UINT64_C(1) << count) - 1));
	mp_bits_drop(in, count);
	return value;
}

static inline uint32_t
mp_rice_get(struct mp_bits_in *in, unsigned k)
{
	uint64_t held;
	unsigned high;
	uint32_t value;

	mp_bits_fill(in);
	held = in->held;
	high = (unsigned)__builtin_ctzll(~held | UINT64_C(1) <<
	    MP_RICE_ESCAPE);
	if (high == MP_RICE_ESCAPE) {
		value = (uint32_t)(held >> MP_RICE_ESCAPE);
		mp_bits_drop(in, MP_RICE_ESCAPE + 32);
		return value;
	}
	value = high << k | (uint32_t)(held >> (high + 1) &
	    ((UINT64_C(1) << k) - 1));
	mp_bits_drop(in, high + 1 + k);
	return value;
}

/* Pass over what is left of the byte. */
static inline void
mp_bits_align(struct mp_bits_in *in)
{
	mp_bits_drop(in, in->count & 7);
}

#endif
