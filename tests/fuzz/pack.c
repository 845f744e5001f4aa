/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/io.h"
#include "pack/frames.h"

/*
 * Packs whose records hold whatever the input says, under good seals; and
 * the same file with bytes of the input written over it. The input is a
 * list of records: flags, frame, docid, u16 length, body; what follows a
 * zero byte in the place of flags is written over the file at the offset
 * that its first two bytes say.
 */

static int memory = -1;

static int
open_memory(int dir, const char *path, int flags, mode_t mode)
{
	(void)dir;
	(void)path;
	(void)flags;
	(void)mode;
	return dup(memory);
}

/* Append the records that the input describes; gives what is left. */
static struct mp_cursor
seal_records(struct mp_buf *sealed, struct mp_sealer *sealer,
    const uint8_t *data, size_t size)
{
	struct mp_cursor cur;

	mp_cursor_init(&cur, data, size);
	for (;;) {
		uint8_t flags = mp_cursor_byte(&cur);
		uint8_t frame, docid;
		uint16_t len;
		const uint8_t *body;

		if (cur.bad || flags == 0)
			return cur;
		frame = mp_cursor_byte(&cur);
		docid = mp_cursor_byte(&cur);
		len = mp_cursor_u16(&cur);
		if (len > mp_cursor_left(&cur))
			len = (uint16_t)mp_cursor_left(&cur);
		body = mp_cursor_bytes(&cur, len);
		mp_sealer_record(sealed, sealer, flags & 0x40 ?
		    MP_PACK_DICTIONARY : MP_PACK_FRAME, flags & 1, frame,
		    docid, body != NULL ? body : data, len);
	}
}

/* Read everything there is, in every way there is. */
static void
read_all(struct mp_recfile *pack)
{
	struct mp_buf raw = MP_BUF_INIT(1 << 20), meta = MP_BUF_INIT(1 << 20);
	struct mp_dictionary *dictionary = NULL;
	struct mp_err err = MP_ERR_INIT;
	uint64_t at = 0;
	unsigned steps;
	bool damaged;

	(void)!mp_dictionary_load(&dictionary, pack, &err);
	(void)!mp_recfile_check_header(&damaged, pack, false, &err);
	for (steps = 0; steps < 1000 &&
	    mp_recfile_find(&at, pack, at, &err) == MP_OK; steps++) {
		struct mp_record record;

		if (mp_recfile_read(&record, pack, at, &err) != MP_OK)
			break;
		mp_buf_reset(&raw);
		mp_buf_reset(&meta);
		(void)!mp_frames_read(&raw, &meta, NULL, pack, dictionary,
		    (uint32_t)record.seq, at, &err);
		at = record.next;
	}
	mp_dictionary_free(dictionary);
	mp_buf_clear(&raw);
	mp_buf_clear(&meta);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mp_keys *keys;
	struct mp_buf sealed = MP_BUF_INIT(1 << 24);
	struct mp_err err = MP_ERR_INIT;
	struct mp_recfile *pack = NULL;
	struct mp_sealer *sealer;
	struct mp_cursor rest;

	if (keys == NULL) {
		keys = mp_keys_generate();
		memory = memfd_create("pack", MFD_CLOEXEC);
		mp_io.openat = open_memory;
	}
	if (ftruncate(memory, 0) != 0 || mp_recfile_create(&pack, "pack",
	    MP_RECFILE_PACK, 1, keys, 0, 0, &err) != MP_OK)
		return 0;
	sealer = mp_sealer_new(pack);
	rest = seal_records(&sealed, sealer, data, size);
	mp_sealer_free(sealer);
	if (mp_recfile_write(pack, sealed.data, sealed.len,
	    MP_RECFILE_HEADER, &err) == MP_OK)
		read_all(pack);
	mp_recfile_close(pack);
	if (mp_cursor_left(&rest) > 2) {
		uint16_t at = mp_cursor_u16(&rest);
		size_t len = mp_cursor_left(&rest);

		if (pwrite(memory, mp_cursor_bytes(&rest, len), len, at) > 0 &&
		    mp_recfile_open(&pack, "pack", MP_RECFILE_PACK, 1, keys,
		    false, &err) == MP_OK) {
			read_all(pack);
			mp_recfile_close(pack);
		}
	}
	mp_buf_clear(&sealed);
	return 0;
}
