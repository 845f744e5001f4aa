/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * A segment whose seals are whole and whose content is anything: the input
 * is cut into the sections, which the readers and the merge then go
 * through. What a broken seal hides never comes so far.
 *
 * Input: documents (1 byte), then for each section u16 length and bytes,
 * then the top of the dictionary.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "index/index.h"
#include "index/merge_internal.h"

#define POSITIONS_MAX 2000	/* read of one list */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mp_keys *keys;
static struct mp_block_cache *cache;
static char path[64], merged_path[80];

static void
prepare(void)
{
	int fd;

	(void)snprintf(path, sizeof path, "/tmp/mp-fuzz-segment-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0)
		abort();
	(void)close(fd);
	(void)snprintf(merged_path, sizeof merged_path, "%s.merged", path);
	keys = mp_keys_generate();
	cache = mp_block_cache_new();
}

/* Leaves and their index are whole blocks. */
static void
pad(struct mp_blocks_out *out, enum mp_section section)
{
	static const uint8_t zeros[MP_BLOCK_SMALL];
	size_t rest = out->sections[section].length % MP_BLOCK_SMALL;

	if (rest != 0)
		mp_section_add(out, section, zeros, MP_BLOCK_SMALL - rest);
}

static bool
write_segment(struct mp_segment_ref *ref, const uint8_t *data, size_t size)
{
	struct mp_buf extra = MP_BUF_INIT(1 << 20);
	struct mp_file file = MP_FILE_INIT;
	struct mp_blocks_out out;
	struct mp_cursor cur;
	struct mp_err err;
	bool good;
	unsigned i;

	mp_cursor_init(&cur, data, size);
	ref->id = 7;
	ref->first = 5;
	ref->end = 6 + (uint32_t)mp_cursor_byte(&cur);
	good = mp_file_open(&file, path, O_RDWR | O_TRUNC, &err) == MP_OK;
	mp_blocks_out_init(&out, &file, keys, ref->id);
	for (i = 0; i < MP_SECTIONS; i++) {
		size_t len = mp_cursor_u16(&cur);
		const uint8_t *bytes;

		if (len > mp_cursor_left(&cur))
			len = mp_cursor_left(&cur);
		bytes = mp_cursor_bytes(&cur, len);
		if (bytes != NULL && len != 0)
			mp_section_add(&out, (enum mp_section)i, bytes, len);
	}
	pad(&out, MP_SECTION_LEAF);
	pad(&out, MP_SECTION_LEVEL1);
	mp_buf_u32(&extra, ref->first);
	mp_buf_u32(&extra, ref->end);
	if (mp_cursor_left(&cur) != 0)
		mp_buf_add(&extra, data + cur.pos, mp_cursor_left(&cur));
	else
		mp_buf_byte(&extra, 0);
	good = good && mp_blocks_finish(&ref->length, ref->mac, &out, &extra,
	    &err) == MP_OK;
	mp_blocks_out_clear(&out);
	mp_buf_clear(&extra);
	mp_file_close(&file);
	return good;
}

static void
read_list(struct mp_segment *segment, const struct mp_list *list,
    struct mp_list_in *in)
{
	bool positions = mp_field_has_positions(list->field);
	struct mp_docset set;
	struct mp_err err;
	uint32_t position, count = 0, last;

	mp_list_open(in, segment, list, positions, &err);
	while (mp_list_next(in)) {
		if (in->docid >= mp_segment_docs(segment))
			abort();
		while (mp_list_position(in, &position) &&
		    count < POSITIONS_MAX)
			count++;
	}
	(void)!mp_list_status(in);
	mp_list_open(in, segment, list, positions, &err);
	for (last = 1; mp_list_seek(in, last); last = in->docid + 40)
		if (in->docid < last)
			abort();
	mp_docset_init(&set, segment->ref.end);
	(void)!mp_list_add(&set, segment, list, in, &err);
	mp_docset_clear(&set);
	(void)!mp_list_last(&last, segment, list, &err);
}

static void
read_terms(struct mp_segment *segment)
{
	struct mp_dict_cursor cursor;
	struct mp_list_in in;
	struct mp_err err;
	enum mp_status status;

	mp_list_in_init(&in, 100);
	status = mp_dict_seek(&cursor, segment, NULL, 0, &err);
	while (status == MP_OK && !cursor.at_end) {
		read_list(segment, &cursor.list, &in);
		status = mp_dict_next(&cursor, &err);
	}
	(void)!mp_dict_seek(&cursor, segment, (const uint8_t *)"\1word", 5,
	    &err);
	mp_list_in_clear(&in);
}

static void
read_documents(struct mp_segment *segment)
{
	struct mp_summary_in in;
	struct mp_mid mid;
	struct mp_err err;
	uint32_t docid;
	uint64_t at;

	mp_summary_in_init(&in, segment);
	for (docid = segment->ref.first; docid < segment->ref.end; docid++) {
		uint64_t refs[MP_REFS_KEPT];
		const uint8_t *summary;
		uint32_t value;
		size_t len;

		(void)!mp_segment_u32(&value, segment, MP_SECTION_DATE,
		    docid, &err);
		(void)!mp_segment_refs(refs, &value, segment, docid, &err);
		(void)!mp_summary_in_get(&summary, &len, &in, docid, &err);
		(void)!mp_mid_find(&at, segment,
		    docid * UINT64_C(0x123456789abcdef), &err);
	}
	mp_summary_in_clear(&in);
	for (at = 0; at < mp_mid_count(segment); at++)
		(void)!mp_mid_get(&mid, segment, at, &err);
}

static void
merge(struct mp_segment *segment)
{
	struct mp_file file = MP_FILE_INIT;
	struct mp_segment_ref ref = { 0 };
	struct mp_segment_out *out;
	struct mp_roots roots;
	struct mp_err err;

	mp_roots_init(&roots);
	(void)!mp_roots_load(&roots, segment, &err);
	if (mp_file_open(&file, merged_path, O_RDWR | O_CREAT | O_TRUNC,
	    &err) != MP_OK)
		abort();
	out = mp_segment_out_new(&file, keys, 8, segment->ref.first,
	    segment->ref.end);
	if (mp_segment_merge(out, &segment, 1, &roots, false, NULL, &err) ==
	    MP_OK)
		(void)!mp_segment_out_finish(&ref, out, &err);
	mp_segment_out_free(out);
	mp_file_close(&file);
	mp_roots_clear(&roots);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mp_segment_ref ref = { 0 };
	struct mp_segment *segment;
	struct mp_err err;

	if (keys == NULL)
		prepare();
	if (!write_segment(&ref, data, size))
		abort();
	if (mp_segment_open(&segment, path, &ref, keys, cache, &err) != MP_OK)
		abort();
	if (mp_segment_load(segment, &err) == MP_OK) {
		read_terms(segment);
		read_documents(segment);
		merge(segment);
	}
	mp_segment_close(segment);
	(void)unlink(merged_path);
	return 0;
}
