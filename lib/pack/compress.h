/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_PACK_COMPRESS_H
#define MP_PACK_COMPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * lz4 of single blocks, for derived data: the mail itself goes through
 * pack/frames.h.
 */

#define MP_COMPRESS_MAX (1u << 20)	/* bytes of one block */

/* Bytes that mp_compress may need at most for len bytes. */
size_t mp_compress_bound(size_t len);

/* Compress len bytes to to, which has room for the bound; gives the length. */
size_t mp_compress(uint8_t *to, const void *from, size_t len);

/* Is from exactly to_len bytes compressed? Then they are put to to. */
bool mp_decompress(uint8_t *to, size_t to_len, const void *from, size_t len);

#endif
