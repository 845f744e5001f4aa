/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/store_internal.h"

#include <string.h>

#include "base/bytes.h"

enum { MANIFEST_VERSION = 1 };

static void
encode_state(struct mp_buf *to, const struct mp_log_state *state)
{
	mp_buf_u64(to, state->file);
	mp_buf_u64(to, state->end);
	mp_buf_u64(to, state->events);
	mp_buf_u64(to, state->epoch);
	mp_buf_u64(to, (uint64_t)state->time);
	mp_buf_u32(to, state->doc_end);
	mp_buf_u64(to, state->pack);
	mp_buf_u64(to, state->pack_end);
	mp_buf_add(to, state->mac, sizeof state->mac);
}

static void
decode_state(struct mp_log_state *state, struct mp_cursor *cur)
{
	const uint8_t *mac;

	state->file = mp_cursor_u64(cur);
	state->end = mp_cursor_u64(cur);
	state->events = mp_cursor_u64(cur);
	state->epoch = mp_cursor_u64(cur);
	state->time = (int64_t)mp_cursor_u64(cur);
	state->doc_end = mp_cursor_u32(cur);
	state->pack = mp_cursor_u64(cur);
	state->pack_end = mp_cursor_u64(cur);
	mac = mp_cursor_bytes(cur, sizeof state->mac);
	if (mac != NULL)
		memcpy(state->mac, mac, sizeof state->mac);
}

/* Gather the transaction's manifest as a change of the catalogue. */
void
mp_manifest_save(struct mp_store *store)
{
	struct mp_buf value = MP_BUF_INIT(1 << 20);
	const struct manifest *manifest = &store->next;
	size_t i;

	mp_buf_byte(&value, MANIFEST_VERSION);
	encode_state(&value, &manifest->log);
	mp_buf_u32(&value, manifest->pending_first);
	mp_buf_u32(&value, manifest->pending_end);
	mp_buf_varint(&value, manifest->segment_count);
	for (i = 0; i < manifest->segment_count; i++)
		mp_segment_ref_encode(&value, &manifest->segments[i]);
	mp_catalogue_put(store->catalogue, "manifest", "", value.data,
	    value.len);
	mp_buf_clear(&value);
}

enum mp_status
mp_manifest_load(struct mp_store *store, struct mp_err *err)
{
	struct mp_buf value = MP_BUF_INIT(1 << 20);
	struct manifest *manifest = &store->manifest;
	enum mp_status status;
	struct mp_cursor cur;
	uint64_t count;
	size_t i;

	memset(manifest, 0, sizeof *manifest);
	status = mp_catalogue_get(&value, store->catalogue, "manifest", "",
	    err);
	if (status == MP_OK) {
		mp_cursor_init(&cur, value.data, value.len);
		cur.bad = mp_cursor_byte(&cur) != MANIFEST_VERSION;
		decode_state(&manifest->log, &cur);
		manifest->pending_first = mp_cursor_u32(&cur);
		manifest->pending_end = mp_cursor_u32(&cur);
		count = mp_cursor_varint(&cur);
		if (count > SEGMENTS_MAX)
			cur.bad = true;
		for (i = 0; i < count && !cur.bad; i++)
			mp_segment_ref_decode(&manifest->segments[i], &cur);
		manifest->segment_count = (size_t)count;
		if (cur.bad || mp_cursor_left(&cur) != 0)
			status = mp_err_set(err, MP_CORRUPT,
			    "the catalogue's manifest is malformed");
	} else if (status == MP_NOT_FOUND) {
		status = mp_err_set(err, MP_CORRUPT,
		    "the catalogue has no manifest");
	}
	mp_buf_clear(&value);
	store->next = *manifest;
	return status;
}
