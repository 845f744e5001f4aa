/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pack/compress.h"

#include <assert.h>
#include <lz4.h>

size_t
mp_compress_bound(size_t len)
{
	assert(len <= MP_COMPRESS_MAX);
	return (size_t)LZ4_compressBound((int)len);
}

size_t
mp_compress(uint8_t *to, const void *from, size_t len)
{
	return (size_t)LZ4_compress_default(from, (char *)to, (int)len,
	    (int)mp_compress_bound(len));
}

bool
mp_decompress(uint8_t *to, size_t to_len, const void *from, size_t len)
{
	if (to_len > MP_COMPRESS_MAX || len > MP_COMPRESS_MAX * 2)
		return false;
	return LZ4_decompress_safe(from, (char *)to, (int)len,
	    (int)to_len) == (int)to_len;
}
