/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_STORE_STORE_INTERNAL_H
#define MP_STORE_STORE_INTERNAL_H

#include "crypto/hash.h"
#include "pack/frames.h"
#include "store/catalogue.h"
#include "store/check.h"
#include "store/log.h"
#include "store/store.h"

/* Bits are kept in chunks of this many docids. */
#define CHUNK_DOCS 65536u
#define SEGMENTS_MAX 256
#define CATALOGUE_VALUE_MAX ((size_t)64 << 20)

/*
 * What the catalogue says of the whole: where the log stood when it was
 * written, the list of segments, and which chunks of pending messages exist.
 */
struct manifest {
	struct mp_log_state log;
	uint32_t pending_first;	/* chunks pending_first .. pending_end - 1 */
	uint32_t pending_end;
	size_t segment_count;
	struct mp_segment_ref segments[SEGMENTS_MAX];
};

struct mp_store {
	char *path;
	const struct mp_keys *keys;
	enum mp_store_mode mode;
	char *anchor;
	char *writer;
	int lock;			/* -1: not held */
	struct mp_catalogue *catalogue;
	struct mp_log *log;
	struct mp_mac *ids;		/* Message-ID hashes */
	struct manifest manifest;	/* committed */
	struct manifest next;		/* as the open transaction leaves it */
	bool changing;			/* inside a transaction */
	bool lagging;			/* the log is ahead: open anew */
	struct mp_recfile *pack;	/* the one appended to, or NULL */
	struct mp_dictionary *dictionary;	/* its */
	bool pack_dirty;
	bool pack_broken;		/* missing or damaged: use a new one */
	struct mp_pending *added;	/* of the MESSAGES event to be */
	size_t added_count;
	size_t added_cap;
	uint64_t *new_segments;		/* made in this transaction */
	size_t new_segment_count;
};

/* Work on the log in that folder of the store. */
void mp_store_use_log(struct mp_store *store, const char *folder);

char *mp_store_file(const struct mp_store *store, const char *name);

/* --- applying events to the catalogue: the same live and in a replay --- */

enum mp_status mp_apply_event(struct mp_store *store,
    const struct mp_log_event *event, struct mp_err *err) MP_CHECKED;
enum mp_status mp_apply_bits(struct mp_store *store, const char *name,
    const struct mp_docset *add, const struct mp_docset *remove,
    struct mp_err *err) MP_CHECKED;
enum mp_status mp_apply_value(struct mp_store *store, const char *table,
    const char *key, const void *value, size_t len, struct mp_err *err)
    MP_CHECKED;
enum mp_status mp_apply_messages(struct mp_store *store,
    const struct mp_pending *list, size_t count, struct mp_err *err)
    MP_CHECKED;
enum mp_status mp_apply_segments(struct mp_store *store,
    const struct mp_segment_ref *list, size_t count, struct mp_err *err)
    MP_CHECKED;

/* --- the bodies of events ---------------------------------------------- */

/* The docids of chunk, as a set that shares set's words. */
struct mp_docset mp_chunk_of(const struct mp_docset *set, uint32_t chunk);

enum mp_status mp_decode_messages(struct mp_pending **list, size_t *count,
    const struct mp_log_event *event, struct mp_err *err) MP_CHECKED;

struct bits_event {
	char *name;
	struct mp_docset added;
	struct mp_docset removed;
};

/* Free the parts also after a failure. */
enum mp_status mp_decode_bits(struct bits_event *bits,
    const struct mp_log_event *event, uint32_t doc_end, struct mp_err *err)
    MP_CHECKED;
void mp_bits_event_clear(struct bits_event *bits);

struct value_event {
	char *table;
	char *key;
	const uint8_t *value;	/* inside the event; NULL: deleted */
	size_t len;
};

enum mp_status mp_decode_value(struct value_event *value,
    const struct mp_log_event *event, struct mp_err *err) MP_CHECKED;
void mp_value_event_clear(struct value_event *value);

void mp_segment_ref_encode(struct mp_buf *to,
    const struct mp_segment_ref *ref);
void mp_segment_ref_decode(struct mp_segment_ref *ref,
    struct mp_cursor *cur);

/* --- manifest ----------------------------------------------------------- */

void mp_manifest_save(struct mp_store *store);
enum mp_status mp_manifest_load(struct mp_store *store, struct mp_err *err)
    MP_CHECKED;

/* --- packs -------------------------------------------------------------- */

char *mp_pack_path(const struct mp_store *store, uint64_t id);

/*
 * Sync what was appended; close the pack; cut off what was appended since
 * the last commit and close it.
 */
enum mp_status mp_pack_sync(struct mp_store *store, struct mp_err *err)
    MP_CHECKED;
void mp_pack_forget(struct mp_store *store);
void mp_pack_take_back(struct mp_store *store);

/* Take in a message that a pack holds and the log does not know. */
enum mp_status mp_messages_adopt(struct mp_store *store,
    const struct mp_pending *message, struct mp_err *err) MP_CHECKED;

/*
 * Sort by docid, each once, and give how many are left. The log has another
 * order after a repair, which adds what it found again at the end.
 */
size_t mp_pending_order(struct mp_pending *list, size_t count);

/* Put the gathered MESSAGES event into the log. */
void mp_messages_flush(struct mp_store *store);

/* --- recovery ----------------------------------------------------------- */

/*
 * With the writer lock held: bring the catalogue up to the log, making it
 * anew when it is missing or damaged; move aside what no COMMIT covers.
 */
enum mp_status mp_store_recover(struct mp_store *store, struct mp_err *err)
    MP_CHECKED;

/*
 * Its steps: an empty catalogue beside the old one, filled from the log;
 * putting it in the old one's place; both, for a store in use.
 */
enum mp_status mp_store_replay(bool *tail, struct mp_store *store,
    struct mp_log_state *state, struct mp_err *err) MP_CHECKED;
enum mp_status mp_store_install(struct mp_store *store, struct mp_err *err)
    MP_CHECKED;
enum mp_status mp_store_remake(struct mp_store *store, struct mp_err *err)
    MP_CHECKED;

/* Leave the file at its committed length, the rest copied into aside/. */
enum mp_status mp_cut_tail(struct mp_store *store, const char *path,
    uint64_t committed, const char *kind, uint64_t id, struct mp_err *err)
    MP_CHECKED;

/* A store that is not opened: path, keys, log; free with mp_store_close. */
struct mp_store *mp_store_prepare(const struct mp_store_options *options);

/* The epoch that the catalogue on disk has seen; 0 when it has no say. */
uint64_t mp_catalogue_epoch(struct mp_store *store);

typedef void mp_log_tell_fn(void *arg, enum mp_damage damage, uint64_t file,
    uint64_t offset, const char *text);

enum mp_status mp_salvage_log(const struct mp_store_options *options,
    bool repair, mp_log_tell_fn *tell, void *arg, struct mp_err *err)
    MP_CHECKED;

enum mp_status mp_lock_take(struct mp_store *store, unsigned wait_s,
    struct mp_err *err) MP_CHECKED;
void mp_lock_drop(struct mp_store *store);

/*
 * The remembered epoch, 0 when there is none: it must be read before the
 * catalogue, which is never older then, whoever writes meanwhile.
 */
uint64_t mp_anchor_load(const struct mp_store *store);
enum mp_status mp_anchor_check(const struct mp_store *store, uint64_t epoch,
    struct mp_err *err) MP_CHECKED;
void mp_anchor_save(struct mp_store *store);

#endif
