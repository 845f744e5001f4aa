/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "crypto/sealedbox.h"
#include "ingest/ingest.h"
#include "ingest/source.h"
#include "ingest/spool.h"
#include "ingest/state.h"

#include "tap.h"

static char *top;
static char *store_path;
static struct mp_keys *keys;
static struct mp_err err = MP_ERR_INIT;
static struct mp_strlist stored = MP_STRLIST_INIT;
static int known, reported;

static void
must(enum mp_status status)
{
	if (status == MP_OK)
		return;
	printf("Bail out! %s\n", err.text);
	exit(1);
}

static void
note_stored(void *arg, const char *id)
{
	(void)arg;
	mp_strlist_add(&stored, id);
}

static void
note_known(void *arg, const char *id)
{
	(void)arg;
	(void)id;
	known++;
}

static void
note_report(void *arg, const struct mp_err *what)
{
	(void)arg;
	(void)what;
	reported++;
}

static struct mp_store *
open_store(void)
{
	const struct mp_store_options options = {
		.path = store_path,
		.keys = keys,
		.mode = MP_STORE_WRITE,
		.writer = "test"
	};
	struct mp_store *store;

	must(mp_store_open(&store, &options, &err));
	return store;
}

static struct mp_ingest *
new_ingest(struct mp_store *store, size_t batch, bool dry_run)
{
	struct mp_strlist tags = MP_STRLIST_INIT;
	struct mp_ingest_options options = {
		.new_tags = &tags,
		.batch = batch,
		.dry_run = dry_run,
		.stored = note_stored,
		.known = note_known
	};
	struct mp_ingest *ingest;

	mp_strlist_add(&tags, "inbox");
	mp_strlist_add(&tags, "unread");
	must(mp_ingest_new(&ingest, store, &options, &err));
	mp_strlist_clear(&tags);
	mp_strlist_clear(&stored);
	known = reported = 0;
	return ingest;
}

static void
put(const char *path, const char *text)
{
	char *full = mp_asprintf("%s/%s", top, path);
	char *slash = strrchr(full, '/');
	int fd;

	*slash = '\0';
	must(mp_path_make(full, &err));
	*slash = '/';
	fd = open(full, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	(void)close(fd);
	free(full);
}

static void
move(const char *from, const char *to)
{
	char *a = mp_asprintf("%s/%s", top, from);
	char *b = mp_asprintf("%s/%s", top, to);

	must(mp_path_rename(a, b, &err));
	free(a);
	free(b);
}

/* Fetch the source below top; gives the number of new messages. */
static size_t
fetch_how(const char *scheme, const char *path, size_t batch, bool dry_run)
{
	char *text = mp_asprintf("%s%s/%s", scheme, top, path);
	struct mp_store *store = open_store();
	struct mp_ingest *ingest = new_ingest(store, batch, dry_run);
	struct mp_source source;

	must(mp_source_parse(&source, text, NULL, &err));
	must(mp_source_fetch(ingest, &source, dry_run, note_report, NULL,
	    &err));
	must(mp_ingest_commit(ingest, &err));
	mp_source_clear(&source);
	mp_ingest_free(ingest);
	mp_store_close(store);
	free(text);
	return stored.count;
}

static size_t
fetch(const char *path)
{
	return fetch_how("", path, 0, false);
}

/* Members of the set. */
static uint32_t
bits(const char *name)
{
	struct mp_store *store = open_store();
	struct mp_docset set = MP_DOCSET_INIT;
	uint32_t count;

	must(mp_store_bits_load(&set, store, name, &err));
	count = mp_docset_count(&set);
	mp_docset_clear(&set);
	mp_store_close(store);
	return count;
}

static uint64_t
epoch(void)
{
	struct mp_store *store = open_store();
	uint64_t now = mp_store_epoch(store);

	mp_store_close(store);
	return now;
}

/* --- a Maildir ------------------------------------------------------ */

static void
test_maildir(void)
{
	uint64_t before;

	put("md/cur/1:2,S", "Message-ID: <1@x>\nSubject: 1\n\n1\n");
	put("md/cur/2:2,FR", "Message-ID: <2@x>\nSubject: 2\n\n2\n");
	put("md/cur/3", "Message-ID: <3@x>\nSubject: 3\n\n3\n");
	put("md/new/4", "Message-ID: <4 4@x>\nSubject: 4\n\n4\n");
	put("md/.Sent/cur/5:2,PDT", "Subject: no id\n\n5\n");
	put("md/.Sent/new/empty", "");
	ok(fetch_how("maildir:", "md", 0, true) == 5 && epoch() <= 1,
	    "a dry run says five and stores none");
	ok(fetch_how("maildir:", "md", 0, false) == 5, "five messages");
	ok(bits("t:inbox") == 5 && bits("t:unread") == 4 &&
	    bits("t:flagged") == 1 && bits("t:replied") == 1 &&
	    bits("t:passed") == 1 && bits("t:draft") == 1 &&
	    bits("t:deleted") == 1, "tags from flags");
	ok(bits("p:cur") == 3 && bits("p:new") == 1 &&
	    bits("p:.Sent/cur") == 1, "folders");
	ok(mp_strlist_has(&stored, "id:44@x") && mp_strlist_has(&stored,
	    "id:mp-sha256-b7a5f9a37e3ff9bb8d8d1e6a38ee4c7b6e3e1dfa7a5"
	    "b6cd7c1fc9dca1e1a2a5b@localhost") == false, "ids");
	before = epoch();
	ok(fetch("md") == 0 && known == 0 && epoch() == before,
	    "again: nothing is read or written");
	move("md/cur/1:2,S", "md/cur/1:2,F");
	move("md/new/4", "md/cur/4:2,S");
	ok(fetch("md") == 0 && bits("t:unread") == 4 &&
	    bits("t:flagged") == 2, "changed flags are changed tags");
	ok(bits("p:cur") == 4 && bits("p:new") == 0, "read: from new to cur");
	put("md/.Copy/cur/9:2,", "Message-ID: <1@x>\nSubject: 1\n\n1\n");
	put("md/.Copy/cur/8:2,S", "Message-ID: <1@x>\nSubject: other\n\n1\n");
	ok(fetch("md") == 1 && known == 1 && bits("p:.Copy/cur") == 2,
	    "the same bytes are known, other bytes with the same id new");
}

static void
test_removed(void)
{
	struct mp_store *store = open_store();
	struct mp_docset all;

	mp_docset_init(&all, mp_store_end(store));
	mp_docset_add_range(&all, 0, mp_store_end(store));
	must(mp_store_begin(store, &err));
	must(mp_store_bits_change(store, "x:removed", &all, NULL, &err));
	must(mp_store_commit(store, &err));
	mp_docset_clear(&all);
	mp_store_close(store);
	move("md/cur/1:2,F", "md/cur/1:2,FS");
	ok(fetch("md") == 0, "a removed message does not come back");
}

/* --- an mbox -------------------------------------------------------- */

#define FROM "From a@b Tue Mar  4 03:33:20 2003\n"

static void
test_mbox(void)
{
	put("in.mbox", FROM "Message-ID: <m1@x>\nStatus: RO\n\n1\n\n"
	    FROM "Message-ID: <m2@x>\n\n2");
	ok(fetch("in.mbox") == 2 && bits("p:in.mbox") == 2, "an mbox");
	ok(fetch("in.mbox") == 0 && known == 0, "again: nothing is read");
	put("in.mbox", "\n\n" FROM "Message-ID: <m3@x>\n\n3\n");
	ok(fetch("in.mbox") == 2, "what was cut off, and what was added");
	put("in.mbox", "\n" FROM "Message-ID: <m4@x>\n\n4\n\n");
	ok(fetch("in.mbox") == 1 && known <= 1, "read on from the end");
	put("in2.mbox", FROM "Message-ID: <m4@x>\n\n4\n\n");
	move("in2.mbox", "in.mbox");
	ok(fetch("in.mbox") == 0 && known == 1, "another file of that name");
}

/* --- batches and crashes -------------------------------------------- */

static void
fill_folder(int first, int end)
{
	int i;

	for (i = first; i < end; i++) {
		char *path = mp_asprintf("big/cur/%d:2,", i);
		char *text = mp_asprintf("Message-ID: <b%d@x>\nDate: %d Jan "
		    "2020 10:00:00 +0000\n\nbody %d\n", i, 28 - i % 28, i);

		put(path, text);
		free(path);
		free(text);
	}
}

static void
test_batches(void)
{
	uint64_t before = epoch();

	fill_folder(0, 1500);
	ok(fetch_how("", "big", 10000, false) == 1500, "many small batches");
	ok(epoch() > before + 5, "each is a commit");
	ok(fetch("big") == 0 && known == 0, "all are known by name");
	fill_folder(1500, 1510);
	ok(fetch("big") == 10 && known == 0, "ten more");
}

static unsigned long syncs_left;

static int
failing_fdatasync(int fd)
{
	if (syncs_left == 0) {
		errno = ENOSPC;
		return -1;
	}
	syncs_left--;
	return fdatasync(fd);
}

/* A disk that fills up in the middle: the next run finds what was done. */
static void
test_full_disk(void)
{
	char *text = mp_asprintf("%s/big", top);
	uint32_t in_cur = bits("p:cur"), first, end;
	size_t failures = 0;
	struct mp_ingest *ingest;
	struct mp_source source;
	struct mp_store *store;
	unsigned long limit;

	store = open_store();
	first = mp_store_end(store);
	mp_store_close(store);
	fill_folder(2000, 2400);
	must(mp_source_parse(&source, text, NULL, &err));
	for (limit = 0; limit < 10; limit++) {
		store = open_store();
		ingest = new_ingest(store, 2000, false);
		mp_io.fdatasync = failing_fdatasync;
		syncs_left = limit;
		if (mp_source_fetch(ingest, &source, false, note_report,
		    NULL, &err) != MP_OK ||
		    mp_ingest_commit(ingest, &err) != MP_OK)
			failures += err.status == MP_RETRY;
		mp_io.fdatasync = fdatasync;
		mp_ingest_free(ingest);
		mp_store_close(store);
	}
	mp_source_clear(&source);
	free(text);
	ok(failures > 3, "%zu runs ended with a full disk", failures);
	(void)fetch("big");
	store = open_store();
	end = mp_store_end(store);
	mp_store_close(store);
	ok(end - first == 400 && bits("p:cur") == in_cur + 400,
	    "each message is there once");
	ok(fetch("big") == 0 && known == 0, "and nothing is left to do");
}

/* --- the spool ------------------------------------------------------ */

static void
spool_key(uint8_t key[MP_SPOOL_KEY_LEN])
{
	uint8_t seed[MP_BOX_SEED], secret[MP_BOX_SECRET];

	mp_keys_derive(seed, sizeof seed, keys, "spool", NULL, 0);
	mp_box_keys(key, secret, seed);
}

static void
test_spool(void)
{
	static const char mail[] = "Message-ID: <s1@x>\n\nspooled\n";
	uint8_t key[MP_SPOOL_KEY_LEN];
	struct mp_ingest *ingest;
	struct mp_store *store;
	size_t taken;

	spool_key(key);
	must(mp_spool_put(store_path, key, (const uint8_t *)mail,
	    strlen(mail), 1000000000, &err));
	must(mp_spool_put(store_path, key, (const uint8_t *)mail,
	    strlen(mail), 1000000001, &err));
	put("store/spool/0bad.box", "this is no sealed box, but long enough "
	    "to hold one if it were, which it is not");
	put("store/spool/0short.box", "short");
	ok(mp_spool_count(store_path) == 4, "four wait");
	store = open_store();
	ingest = new_ingest(store, 0, false);
	must(mp_spool_absorb(&taken, ingest, note_report, NULL, &err));
	ok(taken == 2 && stored.count == 1 && known == 1,
	    "taken in, the same mail once");
	ok(reported == 2, "damaged ones are reported");
	ok(mp_spool_count(store_path) == 0, "none waits any more");
	must(mp_spool_absorb(&taken, ingest, note_report, NULL, &err));
	ok(taken == 0 && reported == 2, "nor is anything reported twice");
	mp_ingest_free(ingest);
	mp_store_close(store);
}

/* --- states --------------------------------------------------------- */

static void
test_state(void)
{
	struct mp_store *store = open_store();
	struct mp_folder_state *state;
	uint8_t flags;
	uint64_t i, found = 0;

	must(mp_folder_state_load(&state, store, "/s", "f", &err));
	for (i = 1; i <= 10000; i++)
		mp_folder_state_set(state, i << 40, (uint8_t)i);
	must(mp_store_begin(store, &err));
	must(mp_folder_state_save(state, store, true, &err));
	must(mp_store_commit(store, &err));
	mp_folder_state_free(state);
	must(mp_folder_state_load(&state, store, "/s", "f", &err));
	for (i = 1; i <= 5000; i++)
		found += mp_folder_state_find(&flags, state, i << 40) &&
		    flags == (uint8_t)i;
	ok(found == 5000 && !mp_folder_state_find(&flags, state, 7),
	    "a state of 10000 files is read back");
	must(mp_store_begin(store, &err));
	must(mp_folder_state_save(state, store, true, &err));
	must(mp_store_commit(store, &err));
	mp_folder_state_free(state);
	must(mp_folder_state_load(&state, store, "/s", "f", &err));
	for (i = 1, found = 0; i <= 10000; i++)
		found += mp_folder_state_find(&flags, state, i << 40);
	ok(found == 5000, "what was not seen is gone: %llu",
	    (unsigned long long)found);
	mp_folder_state_free(state);
	mp_store_close(store);
}

static void
test_sources(void)
{
	struct mp_source source;

	ok(mp_source_parse(&source, "imaps://u@h/INBOX", NULL, &err) == MP_USAGE,
	    "a network source: %s", err.text);
	mp_source_clear(&source);
	mp_err_clear(&err);
	ok(mp_source_parse(&source, "maildir:/nonexistent", NULL, &err) ==
	    MP_NOT_FOUND, "no such folder: %s", err.text);
	mp_source_clear(&source);
	mp_err_clear(&err);
	put("one.eml", "From x\nMessage-ID: <one@x>\n\nx\n\n");
	put("two.eml", "Message-ID: <two@x>\n\nx\n\n");
	ok(fetch("two.eml") == 1, "one file, one message");
}

int
main(void)
{
	char path[] = "/tmp/mp-ingest-XXXXXX";
	int result;

	top = mkdtemp(path);
	if (top == NULL)
		return 1;
	store_path = mp_asprintf("%s/store", top);
	keys = mp_keys_generate();
	must(mp_store_create(store_path, keys, &err));
	test_maildir();
	test_removed();
	test_mbox();
	test_batches();
	test_full_disk();
	test_spool();
	test_state();
	test_sources();
	mp_strlist_clear(&stored);
	mp_keys_free(keys);
	free(store_path);
	result = done_testing();
	(void)fflush(stdout);
	if (result == 0)
		(void)execlp("rm", "rm", "-rf", top, (char *)NULL);
	return result;
}
