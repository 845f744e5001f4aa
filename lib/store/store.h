/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_STORE_STORE_H
#define MP_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/io.h"
#include "base/strlist.h"
#include "keys/keys.h"
#include "store/docset.h"

/*
 * The store: mail packs and an event log, which are primary, and a
 * catalogue and index segments, which are derived from them (mp-store.5).
 *
 * One writer at a time, any number of readers, which take no lock. A
 * writer's changes are gathered between mp_store_begin and mp_store_commit
 * and become durable all together at one point, the sync of the log's
 * COMMIT; mp_store_close drops what was not committed. A reader sees the
 * state of its mp_store_open.
 *
 * What can change is of three kinds only, and each is an event in the log,
 * so that the catalogue can be made anew from the log by this module alone:
 *	messages added: docid, place in a pack, hash of the Message-ID;
 *	bits: named sets of docids (tags, folders, "removed");
 *	values: named byte strings in named tables (settings, sources, ...).
 *
 * Names of bits: "t:TAG" a tag; "p:FOLDER" messages that lie in the folder,
 * relative to the source's root; "x:removed" removed messages, "x:purged"
 * those whose space was given back, "x:lost" those that damage took;
 * "x:variant" those that came after one with their id and other bytes.
 */
struct mp_store;

enum mp_store_mode {
	MP_STORE_READ,
	MP_STORE_WRITE
};

struct mp_store_options {
	const char *path;
	const struct mp_keys *keys;	/* the caller's; outlives the store */
	enum mp_store_mode mode;
	unsigned wait_s;	/* for the writer lock */
	const char *anchor;	/* file that remembers the epoch, or NULL */
	const char *writer;	/* command name, shown to who waits */
};

/*
 * Make an empty store at path (mode 0700, made if missing).
 * MP_EXISTS: there is one. keyslots is not written here.
 */
enum mp_status mp_store_create(const char *path, const struct mp_keys *keys,
    struct mp_err *err) MP_CHECKED;

/*
 * Open the store. For writing: take the lock and finish what a crash left.
 *
 * MP_NOT_FOUND: no store at path. MP_RETRY: the lock was not free in time.
 * MP_CORRUPT: a seal is broken, or the store is older than the anchor says.
 */
enum mp_status mp_store_open(struct mp_store **store,
    const struct mp_store_options *options, struct mp_err *err) MP_CHECKED;
void mp_store_close(struct mp_store *store);

const char *mp_store_path(const struct mp_store *store);
const struct mp_keys *mp_store_keys(const struct mp_store *store);
uint64_t mp_store_epoch(const struct mp_store *store);

/* When that commit was made, Unix seconds. */
int64_t mp_store_time(const struct mp_store *store);

/*
 * A reader sees the store as it is now instead of as it was when opened.
 * *changed says whether that is another state.
 */
enum mp_status mp_store_refresh(bool *changed, struct mp_store *store,
    struct mp_err *err) MP_CHECKED;

/* One more than the highest docid ever given out; this writer's included. */
uint32_t mp_store_end(const struct mp_store *store);

enum mp_status mp_store_begin(struct mp_store *store, struct mp_err *err)
    MP_CHECKED;
enum mp_status mp_store_commit(struct mp_store *store, struct mp_err *err)
    MP_CHECKED;
void mp_store_rollback(struct mp_store *store);

/* --- messages ------------------------------------------------------- */

struct mp_arrival {
	const uint8_t *raw;	/* the exact bytes, without mbox's From line */
	size_t len;
	const char *id;		/* Message-ID without <>, or mp-sha256-... */
	const char *folder;	/* where it lay, "" for none */
	int64_t received;	/* Unix seconds */
	uint8_t sha256[32];	/* of raw; filled by mp_store_seal */
	bool hashed;		/* sha256 is filled already */
};

struct mp_place {
	uint32_t pack;
	uint32_t offset;
};

/*
 * Sealing of messages, outside the writer's critical section: each thread
 * has one. It serves until the next mp_store_begin or mp_store_commit.
 */
struct mp_message_sealer;

/* sample: some mail to train the compression with when a pack is new. */
enum mp_status mp_store_sealer_new(struct mp_message_sealer **sealer,
    struct mp_store *store, const void *sample, size_t sample_len,
    struct mp_err *err) MP_CHECKED;
void mp_store_sealer_free(struct mp_message_sealer *sealer);

/* Append to out the records of one message; fills arrival->sha256. */
void mp_store_seal(struct mp_buf *out, struct mp_message_sealer *sealer,
    uint32_t docid, struct mp_arrival *arrival);

/*
 * Append sealed records of the message docid, which must be mp_store_end().
 * Its mail is durable after the commit, pending (not indexed) until
 * mp_store_segments_set covers it.
 */
enum mp_status mp_store_append(struct mp_place *place,
    struct mp_store *store, const struct mp_buf *sealed, uint32_t docid,
    const struct mp_arrival *arrival, struct mp_err *err) MP_CHECKED;

/* Seal and append one message. */
enum mp_status mp_store_add(uint32_t *docid, struct mp_place *place,
    struct mp_store *store, struct mp_arrival *arrival, struct mp_err *err)
    MP_CHECKED;

/* Committed messages that no segment covers yet, in docid order. */
struct mp_pending {
	uint32_t docid;
	struct mp_place place;
	uint64_t id_hash;	/* mp_store_id_hash of the Message-ID */
	uint8_t sha256[8];	/* first bytes of the message's SHA-256 */
};

/* *list is the caller's to free(3); NULL when there are none. */
enum mp_status mp_store_pending(struct mp_pending **list, size_t *count,
    struct mp_store *store, struct mp_err *err) MP_CHECKED;

/* All messages, pending or not, from the log: for a rebuild. */
enum mp_status mp_store_all(struct mp_pending **list, size_t *count,
    struct mp_store *store, struct mp_err *err) MP_CHECKED;

/* Keyed hash of a Message-ID: HMAC-SHA256 cut to 8 bytes. */
uint64_t mp_store_id_hash(struct mp_store *store, const char *id);

/*
 * Reading messages; one reader a thread. The store outlives it.
 *
 * MP_CORRUPT: a seal is broken or the SHA-256 differs; err names file and
 * place.
 */
struct mp_message_reader;

struct mp_message_info {
	char *id;
	char *folder;
	int64_t received;
	uint8_t sha256[32];
};

struct mp_message_reader *mp_store_reader_new(struct mp_store *store);
void mp_store_reader_free(struct mp_message_reader *reader);

/* Append the exact bytes; info may be NULL, else free its strings. */
enum mp_status mp_store_read(struct mp_buf *raw,
    struct mp_message_info *info, struct mp_message_reader *reader,
    uint32_t docid, struct mp_place place, struct mp_err *err) MP_CHECKED;

/*
 * Inside a transaction: give the space of all removed messages ("x:removed")
 * back to the file system; afterwards they cannot be read. *freed counts
 * bytes.
 */
enum mp_status mp_store_purge(uint64_t *freed, struct mp_store *store,
    struct mp_err *err) MP_CHECKED;

/* --- bits ----------------------------------------------------------- */

/* Add the set's members to *set, which is made as large as the store. */
enum mp_status mp_store_bits_load(struct mp_docset *set,
    struct mp_store *store, const char *name, struct mp_err *err)
    MP_CHECKED;

/* Put in and take out; either may be NULL. Only real changes are logged. */
enum mp_status mp_store_bits_change(struct mp_store *store,
    const char *name, const struct mp_docset *add,
    const struct mp_docset *remove, struct mp_err *err) MP_CHECKED;

/* All names of non-empty sets that start with prefix, sorted. */
enum mp_status mp_store_bits_names(struct mp_strlist *names,
    struct mp_store *store, const char *prefix, struct mp_err *err)
    MP_CHECKED;

/* Names of the sets starting with prefix that hold docid, sorted. */
enum mp_status mp_store_bits_of(struct mp_strlist *names,
    struct mp_store *store, uint32_t docid, const char *prefix,
    struct mp_err *err) MP_CHECKED;

/* --- values --------------------------------------------------------- */

/* Append the value. MP_NOT_FOUND: there is none. */
enum mp_status mp_store_get(struct mp_buf *value, struct mp_store *store,
    const char *table, const char *key, struct mp_err *err) MP_CHECKED;

/*
 * Set a value, at most MP_VALUE_MAX bytes. Each put is an event that stays
 * in the log for good, so what changes often is split into small values (a
 * few KiB, say a bucket of hashes each).
 */
#define MP_VALUE_MAX (256u << 10)

enum mp_status mp_store_put(struct mp_store *store, const char *table,
    const char *key, const void *value, size_t len, struct mp_err *err)
    MP_CHECKED;

/* No error when there is none. */
enum mp_status mp_store_delete(struct mp_store *store, const char *table,
    const char *key, struct mp_err *err) MP_CHECKED;

/* All keys of the table, sorted. */
enum mp_status mp_store_keys_of(struct mp_strlist *keys,
    struct mp_store *store, const char *table, struct mp_err *err)
    MP_CHECKED;

/* --- segments ------------------------------------------------------- */

struct mp_segment_ref {
	uint64_t id;
	uint32_t first;		/* docids first .. end - 1 */
	uint32_t end;
	uint64_t length;	/* bytes of the file */
	uint8_t mac[16];	/* of its trailer, as index wrote it */
};

/* The committed segments, by first docid. They stay the store's. */
const struct mp_segment_ref *mp_store_segments(size_t *count,
    const struct mp_store *store);

/* The path of a segment file; the caller frees it. */
char *mp_store_segment_path(const struct mp_store *store, uint64_t id);

/*
 * A new random segment id and its open, empty file under a temporary name. On
 * mp_store_segment_done it is synced and named; a later commit that does
 * not name it in mp_store_segments_set removes it.
 */
enum mp_status mp_store_segment_new(uint64_t *id, struct mp_file *file,
    struct mp_store *store, struct mp_err *err) MP_CHECKED;
enum mp_status mp_store_segment_done(struct mp_store *store, uint64_t id,
    struct mp_file *file, struct mp_err *err) MP_CHECKED;

/*
 * The whole new list of segments, by first docid, not overlapping; pending
 * messages that they cover are pending no more. Every docid that the old
 * list covered must be covered by the new one: a rebuild makes all its
 * segments first and sets them in one transaction, so that readers have the
 * old ones until then. MP_BUG otherwise.
 */
enum mp_status mp_store_segments_set(struct mp_store *store,
    const struct mp_segment_ref *list, size_t count, struct mp_err *err)
    MP_CHECKED;

/* --- history -------------------------------------------------------- */

enum mp_event_type {
	MP_EVENT_COMMIT = 1,
	MP_EVENT_MESSAGES = 2,
	MP_EVENT_BITS = 3,
	MP_EVENT_VALUE = 4,
	MP_EVENT_SEGMENTS = 5	/* not shown by mp_store_history */
};

struct mp_event {
	enum mp_event_type type;
	uint64_t epoch;		/* of the commit that closes its batch */
	int64_t time;		/* likewise */
	const char *writer;	/* likewise: the command */
	const char *name;	/* bits: name; value: table; else "" */
	const char *key;	/* value: key; else "" */
	const struct mp_docset *added;		/* bits; messages */
	const struct mp_docset *removed;	/* bits */
	const uint8_t *value;	/* value: bytes, NULL when deleted */
	size_t value_len;
};

/* Stops the walk and becomes its status when not MP_OK. */
typedef enum mp_status mp_event_fn(void *arg, const struct mp_event *event,
    struct mp_err *err);

/* Walk the committed events with epoch >= from, in order. */
enum mp_status mp_store_history(struct mp_store *store, uint64_t from,
    mp_event_fn *fn, void *arg, struct mp_err *err) MP_CHECKED;

#endif
