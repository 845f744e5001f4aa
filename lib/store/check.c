/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "store/store_internal.h"

static void MP_PRINTF(6, 7)
tell(const struct mp_check *check, enum mp_damage damage, const char *where,
    uint64_t offset, uint32_t docid, const char *fmt, ...)
{
	struct mp_finding finding = { damage, where, offset, NULL, docid,
	    check->repair && damage != MP_DAMAGE_NOTE };
	struct mp_buf text = MP_BUF_INIT(4096);
	va_list args;
	char line[1024];

	va_start(args, fmt);
	(void)vsnprintf(line, sizeof line, fmt, args);
	va_end(args);
	mp_buf_str(&text, line);
	finding.text = mp_buf_text(&text);
	check->fn(check->arg, &finding);
	mp_buf_clear(&text);
}

static char *
relative(const char *folder, uint64_t id)
{
	return mp_asprintf("%s/%016" PRIx64, folder, id);
}

/* --- log -------------------------------------------------------------------- */

struct log_tell {
	const struct mp_check *check;
};

static void
tell_log(void *arg, enum mp_damage damage, uint64_t file, uint64_t offset,
    const char *text)
{
	const struct log_tell *to = arg;
	char *where = relative("log", file);

	tell(to->check, damage, where, offset, MP_DOCSET_END, "%s", text);
	free(where);
}

enum mp_status
mp_store_check_log(const struct mp_store_options *options,
    const struct mp_check *check, struct mp_err *err)
{
	struct log_tell to = { check };

	return mp_salvage_log(options, check->repair, tell_log, &to, err);
}

/* --- catalogue -------------------------------------------------------------- */

enum mp_status
mp_store_check_catalogue(struct mp_store *store, const struct mp_check *check,
    struct mp_err *err)
{
	struct mp_strlist findings = MP_STRLIST_INIT;
	enum mp_status status;
	size_t i;

	status = mp_catalogue_check(&findings, store->catalogue, err);
	for (i = 0; i < findings.count && status == MP_OK; i++)
		tell(check, MP_DAMAGE_MENDABLE, "cat.tdb", 0, MP_DOCSET_END,
		    "%s", findings.items[i]);
	if (status == MP_OK && findings.count != 0 && check->repair)
		status = mp_store_remake(store, err);
	mp_strlist_clear(&findings);
	return status;
}

/* --- packs ------------------------------------------------------------------ */

struct pack_check {
	struct mp_store *store;
	const struct mp_check *check;
	struct mp_docset skip;		/* removed, or known to be lost */
	struct mp_docset lost;		/* found to be lost */
	struct mp_pending *known;	/* what the log says, by place */
	size_t known_count;
	struct mp_buf adopted;		/* struct mp_pending */
};

static int
by_place(const void *a, const void *b)
{
	const struct mp_pending *x = a, *y = b;

	if (x->place.pack != y->place.pack)
		return x->place.pack < y->place.pack ? -1 : 1;
	return (x->place.offset > y->place.offset) -
	    (x->place.offset < y->place.offset);
}

static const struct mp_pending *
known_at(const struct pack_check *state, uint64_t pack, uint64_t offset)
{
	struct mp_pending key = { .place = { (uint32_t)pack,
	    (uint32_t)offset } };

	if (state->known_count == 0)
		return NULL;
	return bsearch(&key, state->known, state->known_count, sizeof key,
	    by_place);
}

/* Read each message that the log has in this pack; are there lost ones? */
static bool
check_known(struct pack_check *state, uint64_t id, const char *where)
{
	struct mp_message_reader *reader = mp_store_reader_new(state->store);
	struct mp_buf raw = MP_BUF_INIT(MP_FRAME_MESSAGE_MAX);
	bool losses = false;
	size_t i;

	for (i = 0; i < state->known_count; i++) {
		const struct mp_pending *known = &state->known[i];
		struct mp_err err = MP_ERR_INIT;

		if (known->place.pack != id ||
		    mp_docset_has(&state->skip, known->docid))
			continue;
		mp_buf_reset(&raw);
		if (mp_store_read(&raw, NULL, reader, known->docid,
		    known->place, &err) == MP_OK)
			continue;
		losses = true;
		mp_docset_add(&state->lost, known->docid);
		tell(state->check, MP_DAMAGE_LOSS, where,
		    known->place.offset, known->docid, "%s", err.text);
	}
	mp_buf_clear(&raw);
	mp_store_reader_free(reader);
	return losses;
}

/* A message that the log does not know, as it starts at record. */
static void
adopt(struct pack_check *state, uint64_t pack, const struct mp_record *record,
    const char *where)
{
	struct mp_message_reader *reader = mp_store_reader_new(state->store);
	struct mp_buf raw = MP_BUF_INIT(MP_FRAME_MESSAGE_MAX);
	struct mp_pending entry = { .docid = (uint32_t)record->seq,
	    .place = { (uint32_t)pack, (uint32_t)record->offset } };
	struct mp_message_info info;
	struct mp_err err = MP_ERR_INIT;

	if (mp_store_read(&raw, &info, reader, entry.docid, entry.place,
	    &err) == MP_OK) {
		entry.id_hash = mp_store_id_hash(state->store, info.id);
		memcpy(entry.sha256, info.sha256, sizeof entry.sha256);
		mp_buf_add(&state->adopted, &entry, sizeof entry);
		tell(state->check, MP_DAMAGE_MENDABLE, where, record->offset,
		    entry.docid, "a message that the log does not know: %s",
		    info.id);
	}
	free(info.id);
	free(info.folder);
	mp_buf_clear(&raw);
	mp_store_reader_free(reader);
}

/* Go through all records, for damage outside of known messages. */
static enum mp_status
scan_records(struct pack_check *state, struct mp_recfile *pack,
    uint64_t committed, const char *where, struct mp_err *err)
{
	uint64_t id = mp_recfile_id(pack), at = MP_RECFILE_HEADER;
	struct mp_record record;

	while (at < committed) {
		struct mp_err broken = MP_ERR_INIT;

		if (mp_recfile_read(&record, pack, at, &broken) != MP_OK) {
			/* damage inside messages is told by check_known */
			if (mp_recfile_find(&at, pack, at + 1, err) != MP_OK)
				break;
			continue;
		}
		at = record.next;
		if (record.type == MP_PACK_FRAME && record.frame == 0 &&
		    known_at(state, id, record.offset) == NULL)
			adopt(state, id, &record, where);
	}
	if (err->status != MP_OK && err->status != MP_NOT_FOUND)
		return err->status;
	mp_err_clear(err);
	return MP_OK;
}

/* What stands twice at the start of a pack. */
static enum mp_status
check_doubles(struct pack_check *state, struct mp_recfile *pack,
    const char *where, struct mp_err *err)
{
	bool repair = state->check->repair, header, dictionary;
	enum mp_status status;

	status = mp_recfile_check_header(&header, pack, repair, err);
	if (status == MP_OK)
		status = mp_dictionary_check(&dictionary, pack, repair, err);
	if (status != MP_OK)
		return status;
	if (header)
		tell(state->check, MP_DAMAGE_MENDABLE, where, 0,
		    MP_DOCSET_END, "one of the two headers is damaged");
	if (dictionary)
		tell(state->check, MP_DAMAGE_MENDABLE, where,
		    MP_RECFILE_HEADER, MP_DOCSET_END,
		    "one of the two copies of the dictionary is damaged");
	return MP_OK;
}

static enum mp_status
check_pack(struct pack_check *state, uint64_t id, struct mp_err *err)
{
	const struct mp_log_state *log = &state->store->manifest.log;
	char *path = mp_pack_path(state->store, id);
	char *where = relative("pack", id);
	struct mp_recfile *pack = NULL;
	enum mp_status status;
	uint64_t size = 0;
	bool losses;

	losses = check_known(state, id, where);
	status = mp_recfile_open(&pack, path, MP_RECFILE_PACK, id,
	    state->store->keys, state->check->repair, err);
	if (status == MP_OK)
		status = check_doubles(state, pack, where, err);
	if (status == MP_OK)
		status = mp_recfile_size(&size, pack, err);
	if (status == MP_OK)
		status = scan_records(state, pack, id == log->pack ?
		    log->pack_end : size, where, err);
	if (status == MP_CORRUPT || status == MP_NOT_FOUND) {
		if (losses)
			tell(state->check, MP_DAMAGE_LOSS, where, 0,
			    MP_DOCSET_END, "%s", err->text);
		mp_err_clear(err);
		status = MP_OK;
	}
	mp_recfile_close(pack);
	free(where);
	free(path);
	return status;
}

static enum mp_status
mend_packs(struct pack_check *state, struct mp_err *err)
{
	struct mp_store *store = state->store;
	const struct mp_pending *list =
	    (const struct mp_pending *)(const void *)state->adopted.data;
	size_t count = state->adopted.len / sizeof *list, i;
	enum mp_status status;

	if (count == 0 && mp_docset_empty(&state->lost))
		return MP_OK;
	status = mp_store_begin(store, err);
	for (i = 0; i < count && status == MP_OK; i++)
		status = mp_messages_adopt(store, &list[i], err);
	if (status == MP_OK)
		status = mp_store_bits_change(store, "x:lost", &state->lost,
		    NULL, err);
	if (status == MP_OK)
		status = mp_store_bits_change(store, "x:removed",
		    &state->lost, NULL, err);
	if (status == MP_OK)
		status = mp_store_commit(store, err);
	else
		mp_store_rollback(store);
	return status;
}

enum mp_status
mp_store_check_packs(struct mp_store *store, const struct mp_check *check,
    struct mp_err *err)
{
	struct pack_check state = { .store = store, .check = check,
	    .adopted = MP_BUF_INIT(CATALOGUE_VALUE_MAX) };
	enum mp_status status;
	uint64_t id;

	status = mp_store_all(&state.known, &state.known_count, store, err);
	mp_docset_init(&state.lost, mp_store_end(store));
	if (status == MP_OK)
		status = mp_store_bits_load(&state.skip, store, "x:lost", err);
	if (status == MP_OK)
		status = mp_store_bits_load(&state.skip, store, "x:removed",
		    err);
	if (state.known_count != 0)
		qsort(state.known, state.known_count, sizeof *state.known,
		    by_place);
	for (id = 1; id <= store->manifest.log.pack && status == MP_OK; id++)
		status = check_pack(&state, id, err);
	if (status == MP_OK && check->repair)
		status = mend_packs(&state, err);
	mp_docset_clear(&state.skip);
	mp_docset_clear(&state.lost);
	mp_buf_clear(&state.adopted);
	free(state.known);
	return status;
}
