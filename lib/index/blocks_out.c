/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "crypto/random.h"
#include "index/segment_internal.h"

/* Only the writer's own bugs could reach it: a table for 2^40 bytes. */
#define EXTENTS_MAX ((size_t)1 << 21)

size_t
mp_section_block_size(enum mp_section section)
{
	return section == MP_SECTION_DOCS || section == MP_SECTION_POS ?
	    MP_BLOCK_BIG : MP_BLOCK_SMALL;
}

void
mp_block_nonce(uint8_t nonce[MP_AEAD_NONCE], unsigned section,
    uint64_t block)
{
	mp_put_u32(nonce, section);
	mp_put_u64(nonce + 4, block);
}

void
mp_blocks_out_init(struct mp_blocks_out *out, struct mp_file *file,
    const struct mp_keys *keys, uint64_t id)
{
	uint8_t header[MP_SEGMENT_HEADER] = "MPSEG\0\0\1";
	uint8_t key[MP_FILE_KEY_LEN];
	unsigned i;

	memset(out, 0, sizeof *out);
	out->file = file;
	mp_random(key, sizeof key);
	memcpy(header + 8, mp_keys_store_id(keys), MP_STORE_ID_LEN);
	mp_put_u64(header + 8 + MP_STORE_ID_LEN, id);
	memcpy(out->aad, header + 8, sizeof out->aad);
	mp_keys_wrap(header + 8 + MP_STORE_ID_LEN + 8, keys, "segment", id,
	    key);
	out->aead = mp_aead_new(key);
	explicit_bzero(key, sizeof key);
	for (i = 0; i < MP_SECTIONS; i++)
		mp_buf_init(&out->sections[i].sealed, MP_EXTENT_BYTES);
	out->status = mp_file_write(file, header, sizeof header, 0,
	    &out->err);
	out->offset = sizeof header;
}

void
mp_blocks_out_clear(struct mp_blocks_out *out)
{
	unsigned i;

	for (i = 0; i < MP_SECTIONS; i++) {
		free(out->sections[i].plain);
		free(out->sections[i].extents);
		mp_buf_clear(&out->sections[i].sealed);
	}
	mp_aead_free(out->aead);
	out->aead = NULL;
}

static void
write_extent(struct mp_blocks_out *out, struct mp_section_out *section)
{
	if (out->status == MP_OK && section->extent_count == EXTENTS_MAX)
		out->status = mp_err_set(&out->err, MP_REFUSED,
		    "cannot write '%s': the segment is too large",
		    out->file->path);
	if (out->status == MP_OK)
		out->status = mp_file_write(out->file, section->sealed.data,
		    section->sealed.len, out->offset, &out->err);
	if (section->extent_count == section->extent_cap) {
		section->extent_cap = section->extent_cap * 2 + 4;
		section->extents = mp_realloc_array(section->extents,
		    section->extent_cap, sizeof *section->extents);
	}
	if (out->status == MP_OK)
		section->extents[section->extent_count++] = out->offset;
	out->offset += section->sealed.len;
	mp_buf_reset(&section->sealed);
}

static void
seal_block(struct mp_blocks_out *out, enum mp_section number)
{
	struct mp_section_out *section = &out->sections[number];
	uint8_t nonce[MP_AEAD_NONCE];
	size_t len = section->plain_len + MP_AEAD_TAG;
	uint8_t *to = mp_buf_reserve(&section->sealed, len);

	/* An extent is a whole number of full blocks: there is room. */
	mp_block_nonce(nonce, number, section->blocks);
	mp_aead_seal(to, out->aead, nonce, out->aad, sizeof out->aad,
	    section->plain, section->plain_len);
	section->sealed.len += len;
	section->blocks++;
	section->plain_len = 0;
	if (section->sealed.len == MP_EXTENT_BYTES)
		write_extent(out, section);
}

void
mp_section_add(struct mp_blocks_out *out, enum mp_section number,
    const void *data, size_t len)
{
	struct mp_section_out *section = &out->sections[number];
	size_t size = mp_section_block_size(number);
	const uint8_t *from = data;

	if (out->status != MP_OK)
		return;
	if (section->plain == NULL)
		section->plain = mp_malloc(size);
	section->length += len;
	while (len != 0) {
		size_t part = size - section->plain_len;

		if (part > len)
			part = len;
		memcpy(section->plain + section->plain_len, from, part);
		section->plain_len += part;
		from += part;
		len -= part;
		if (section->plain_len == size)
			seal_block(out, number);
	}
}

void
mp_section_u32(struct mp_blocks_out *out, enum mp_section section,
    uint32_t value)
{
	uint8_t raw[4];

	mp_put_u32(raw, value);
	mp_section_add(out, section, raw, sizeof raw);
}

void
mp_section_u64(struct mp_blocks_out *out, enum mp_section section,
    uint64_t value)
{
	uint8_t raw[8];

	mp_put_u64(raw, value);
	mp_section_add(out, section, raw, sizeof raw);
}

static void
add_table(struct mp_buf *to, const struct mp_section_out *section)
{
	uint64_t last = 0;
	size_t i;

	mp_buf_varint(to, section->length);
	for (i = 0; i < section->extent_count; i++) {
		mp_buf_varint(to, section->extents[i] - last);
		last = section->extents[i];
	}
}

static enum mp_status
write_trailer(uint64_t *length, uint8_t mac[16], struct mp_blocks_out *out,
    struct mp_buf *trailer, struct mp_err *err)
{
	uint8_t nonce[MP_AEAD_NONCE];
	size_t plain = trailer->len, sealed = plain + MP_AEAD_TAG;

	if (mp_buf_reserve(trailer, MP_AEAD_TAG + MP_SEGMENT_FOOTER) == NULL)
		return mp_err_set(err, MP_REFUSED,
		    "cannot write '%s': the segment is too large",
		    out->file->path);
	*length = out->offset + sealed + MP_SEGMENT_FOOTER;
	mp_block_nonce(nonce, MP_SECTION_TRAILER, *length);
	mp_aead_seal(trailer->data, out->aead, nonce, out->aad,
	    sizeof out->aad, trailer->data, plain);
	memcpy(mac, trailer->data + plain, 16);
	mp_put_u32(trailer->data + sealed, (uint32_t)sealed);
	memcpy(trailer->data + sealed + 4, "MPSE", 4);
	return mp_file_write(out->file, trailer->data,
	    sealed + MP_SEGMENT_FOOTER, out->offset, err);
}

enum mp_status
mp_blocks_finish(uint64_t *length, uint8_t mac[16],
    struct mp_blocks_out *out, const struct mp_buf *extra,
    struct mp_err *err)
{
	struct mp_buf trailer = MP_BUF_INIT(MP_TRAILER_MAX);
	enum mp_status status;
	unsigned i;

	for (i = 0; i < MP_SECTIONS; i++) {
		struct mp_section_out *section = &out->sections[i];

		if (section->plain_len != 0 && out->status == MP_OK)
			seal_block(out, (enum mp_section)i);
		if (section->sealed.len != 0)
			write_extent(out, section);
		add_table(&trailer, section);
	}
	mp_buf_add(&trailer, extra->data, extra->len);
	if (out->status == MP_OK)
		status = write_trailer(length, mac, out, &trailer, err);
	else
		status = mp_err_set(err, out->status, "%s", out->err.text);
	mp_buf_clear(&trailer);
	return status;
}
