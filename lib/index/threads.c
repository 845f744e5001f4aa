/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "index/documents_internal.h"

#define ROOTS_MIN 64

static size_t
roots_slot(const struct mp_roots *roots, uint32_t docid)
{
	size_t at = (size_t)(docid * UINT64_C(0x9e3779b97f4a7c15) >> 32) &
	    roots->mask;

	while (roots->table[at].from != MP_DOCSET_END &&
	    roots->table[at].from != docid)
		at = (at + 1) & roots->mask;
	return at;
}

static void
roots_make(struct mp_roots *roots, size_t size)
{
	roots->table = mp_malloc(size * sizeof *roots->table);
	roots->mask = size - 1;
	roots->count = 0;
	memset(roots->table, 0xff, size * sizeof *roots->table);
}

void
mp_roots_init(struct mp_roots *roots)
{
	roots_make(roots, ROOTS_MIN);
}

void
mp_roots_clear(struct mp_roots *roots)
{
	free(roots->table);
	memset(roots, 0, sizeof *roots);
}

static void
roots_set(struct mp_roots *roots, uint32_t from, uint32_t to)
{
	size_t at = roots_slot(roots, from), i;
	struct mp_roots old;

	if (roots->table[at].from == from) {
		roots->table[at].to = to;
		return;
	}
	roots->table[at] = (struct mp_join){ from, to };
	if (++roots->count <= roots->mask / 2)
		return;
	old = *roots;
	roots_make(roots, (old.mask + 1) * 2);
	for (i = 0; i <= old.mask; i++) {
		if (old.table[i].from == MP_DOCSET_END)
			continue;
		roots->table[roots_slot(roots, old.table[i].from)] =
		    old.table[i];
		roots->count++;
	}
	free(old.table);
}

/* Each step goes to a lower docid, so that this ends. */
uint32_t
mp_roots_find(const struct mp_roots *roots, uint32_t docid)
{
	for (;;) {
		const struct mp_join *entry =
		    &roots->table[roots_slot(roots, docid)];

		if (entry->from != docid || docid == MP_DOCSET_END)
			return docid;
		docid = entry->to;
	}
}

uint32_t
mp_roots_join(struct mp_roots *roots, uint32_t a, uint32_t b)
{
	uint32_t root_a = mp_roots_find(roots, a);
	uint32_t root_b = mp_roots_find(roots, b);
	uint32_t low = root_a < root_b ? root_a : root_b;
	uint32_t high = root_a < root_b ? root_b : root_a;

	/* Shorten the ways that were gone. */
	if (a != root_a && a != MP_DOCSET_END)
		roots_set(roots, a, low);
	if (b != root_b && b != MP_DOCSET_END)
		roots_set(roots, b, low);
	if (low == high || high == MP_DOCSET_END)
		return MP_DOCSET_END;
	roots_set(roots, high, low);
	return high;
}

enum mp_status
mp_roots_load(struct mp_roots *roots, struct mp_segment *segment,
    struct mp_err *err)
{
	enum mp_status status = mp_segment_load(segment, err);
	struct mp_stream stream;
	uint64_t count, i;

	if (status != MP_OK)
		return status;
	count = mp_section_length(segment, MP_SECTION_JOINS) / 8;
	mp_stream_init(&stream, MP_BLOCK_SMALL);
	mp_stream_section(&stream, segment, MP_SECTION_JOINS, 0, count * 8,
	    err);
	for (i = 0; i < count && !stream.bad; i++) {
		uint8_t raw[8];

		mp_stream_read(&stream, raw, sizeof raw);
		(void)mp_roots_join(roots, mp_get_u32(raw),
		    mp_get_u32(raw + 4));
	}
	if (stream.bad)
		status = err->status;
	mp_stream_clear(&stream);
	return status;
}

/* --- threading new documents ---------------------------------------- */

void
mp_threading_init(struct mp_threading *threading)
{
	memset(threading, 0, sizeof *threading);
	mp_roots_init(&threading->roots);
}

void
mp_threading_clear(struct mp_threading *threading)
{
	mp_roots_clear(&threading->roots);
	free(threading->uses);
	free(threading->joins);
	memset(threading, 0, sizeof *threading);
}

static int
compare_uses(const void *a, const void *b)
{
	const struct mp_id_use *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	if (x->phantom != y->phantom)
		return x->phantom ? 1 : -1;
	return x->docid < y->docid ? -1 : x->docid > y->docid;
}

static void
gather_uses(struct mp_threading *threading, const struct mp_doc *docs,
    uint32_t count)
{
	struct mp_id_use *use;
	size_t total = 0;
	uint32_t i, ref;

	/* documents that are missing have no id */
	for (i = 0; i < count; i++)
		total += docs[i].id_hash != 0 ? 1 + docs[i].ref_count : 0;
	free(threading->uses);
	threading->uses = mp_calloc(total + 1, sizeof *threading->uses);
	threading->use_count = total;
	use = threading->uses;
	for (i = 0; i < count; i++) {
		if (docs[i].id_hash == 0)
			continue;
		*use++ = (struct mp_id_use){ docs[i].id_hash, i, false };
		for (ref = 0; ref < docs[i].ref_count; ref++)
			*use++ = (struct mp_id_use){ docs[i].refs[ref], i,
			    true };
	}
	qsort(threading->uses, total, sizeof *threading->uses, compare_uses);
}

/* Note the join when the root that is lost is not one of the new ones. */
static void
join(struct mp_threading *threading, uint32_t a, uint32_t b)
{
	uint32_t lost = mp_roots_join(&threading->roots, a, b);

	if (lost == MP_DOCSET_END || (lost >= threading->first &&
	    lost - threading->first < threading->count))
		return;
	if (threading->join_count == threading->join_cap) {
		threading->join_cap = threading->join_cap * 2 + 16;
		threading->joins = mp_realloc_array(threading->joins,
		    threading->join_cap, sizeof *threading->joins);
	}
	threading->joins[threading->join_count++].from = lost;
}

/* Join docid with all documents of a segment that own or name the id. */
static enum mp_status
join_segment(struct mp_threading *threading, uint32_t docid, uint64_t hash,
    struct mp_segment *segment, struct mp_err *err)
{
	struct mp_mid mid;
	uint64_t at, count;
	uint32_t root;
	enum mp_status status = mp_mid_find(&at, segment, hash, err);

	count = mp_mid_count(segment);
	for (; status == MP_OK && at < count; at++) {
		status = mp_mid_get(&mid, segment, at, err);
		if (status != MP_OK || mid.hash != hash)
			break;
		status = mp_segment_u32(&root, segment, MP_SECTION_THREAD,
		    segment->ref.first + mid.docid, err);
		if (status == MP_OK)
			join(threading, docid, root);
	}
	return status;
}

enum mp_status
mp_threading_run(struct mp_threading *threading, struct mp_doc *docs,
    uint32_t count, uint32_t first, struct mp_segment *const *segments,
    size_t segment_count, struct mp_err *err)
{
	const struct mp_id_use *uses;
	enum mp_status status = MP_OK;
	size_t i, segment;

	gather_uses(threading, docs, count);
	threading->first = first;
	threading->count = count;
	threading->join_count = 0;
	uses = threading->uses;
	for (i = 0; i < threading->use_count && status == MP_OK; i++) {
		uint32_t docid = first + uses[i].docid;

		if (i != 0 && uses[i - 1].hash == uses[i].hash) {
			join(threading, first + uses[i - 1].docid, docid);
			continue;
		}
		for (segment = 0; segment < segment_count &&
		    status == MP_OK; segment++)
			status = join_segment(threading, docid, uses[i].hash,
			    segments[segment], err);
	}
	for (i = 0; i < count; i++)
		docs[i].thread = mp_roots_find(&threading->roots,
		    first + (uint32_t)i);
	for (i = 0; i < threading->join_count; i++)
		threading->joins[i].to = mp_roots_find(&threading->roots,
		    threading->joins[i].from);
	return status;
}

void
mp_threading_write(struct mp_segment_out *out,
    const struct mp_threading *threading, uint32_t first, uint32_t end)
{
	const struct mp_id_use *uses = threading->uses;
	bool known = false;
	uint64_t hash = 0;
	size_t i;

	/* Owners come first; an id without one is noted once. */
	for (i = 0; i < threading->use_count; i++) {
		struct mp_mid mid = { uses[i].hash, uses[i].docid - first,
		    uses[i].phantom };

		if (i == 0 || uses[i].hash != hash)
			known = false;
		hash = uses[i].hash;
		if (uses[i].docid < first || uses[i].docid >= end ||
		    (known && uses[i].phantom))
			continue;
		mp_segment_out_mid(out, &mid);
		known = true;
	}
}
