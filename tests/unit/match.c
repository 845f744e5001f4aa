/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Matching and sorting over a real store and index, changes of tags and
 * their history.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "index/indexer.h"
#include "query/match.h"
#include "query/sort.h"
#include "search/search.h"
#include "tag/batch.h"
#include "tag/edit.h"
#include "tag/history.h"
#include "tap.h"

static char dir[] = "/tmp/mp-unit-match-XXXXXX";
static struct mp_keys *keys;
static struct mp_store *store;
static struct mp_index *index_;
static struct mp_err err = MP_ERR_INIT;

/* from, subject, body; the date is docid days after 1 January 2020. */
static const char *const mails[][3] = {
	{ "Ann <ann@a.example>", "Boats", "We sail on Monday, all of us." },
	{ "Bob <bob@b.example>", "Re: Boats", "Sailing! John sails, too." },
	{ "Ann <ann@a.example>", "", "Johnson writes C++ and c, not go." },
	{ "Cy <cy@c.example>", "Caf\303\251", "\346\227\245\346\234\254"
	    "\350\252\236 is spoken; probability, probably." },
	{ "Dee <dee@d.example>", "[list] Dying", "They are lying; she lies "
	    "and he tied the boat." },
	{ "Bob <bob@b.example>", "git-send-email", "kre@munnari.oz.au one "
	    "two three four five six seven eight nine ten eleven twelve" }
};

#define MAILS (sizeof mails / sizeof mails[0])

static bool
good(enum mp_status status)
{
	if (status != MP_OK)
		printf("# %s\n", err.text);
	return status == MP_OK;
}

static void
reopen(enum mp_store_mode mode)
{
	struct mp_store_options options = { .path = dir, .keys = keys,
	    .mode = mode, .writer = "unit" };

	mp_index_close(index_);
	mp_store_close(store);
	index_ = NULL;
	store = NULL;
	ok(good(mp_store_open(&store, &options, &err)) &&
	    good(mp_index_open(&index_, store, &err)), "opens");
}

static void
indexed(void *arg, uint32_t docid, const char *id)
{
	(void)docid;
	(void)id;
	++*(unsigned *)arg;
}

/* Every second message from first on. */
static void
put_into(const char *name, uint32_t first)
{
	struct mp_docset set;

	mp_docset_init(&set, MAILS);
	for (; first < MAILS; first += 2)
		mp_docset_add(&set, first);
	ok(good(mp_store_bits_change(store, name, &set, NULL, &err)), "%s",
	    name);
	mp_docset_clear(&set);
}

static void
fill(void)
{
	struct mp_indexer_options options = { .threads = 1 };
	struct mp_place place;
	unsigned count = 0;
	uint32_t docid;
	size_t i;

	ok(good(mp_store_begin(store, &err)), "begins");
	for (i = 0; i < MAILS; i++) {
		char *raw = mp_asprintf("From: %s\nTo: Me <me@m.example>\n"
		    "Subject: %s\nDate: %zu Jan 2020 10:00:00 +0000\n"
		    "Message-ID: <%zu@x>\n%sContent-Type: text/plain; "
		    "charset=utf-8\n\n%s\n", mails[i][0], mails[i][1], i + 1,
		    i, i == 1 ? "In-Reply-To: <0@x>\n" : "", mails[i][2]);
		char *id = mp_asprintf("%zu@x", i);
		struct mp_arrival arrival = {
			.raw = (const uint8_t *)raw, .len = strlen(raw),
			.id = id, .folder = ""
		};

		ok(good(mp_store_add(&docid, &place, store, &arrival,
		    &err)) && docid == i, "adds %zu", i);
		free(raw);
		free(id);
	}
	put_into("p:a/cur", 0);
	put_into("p:b", 1);
	ok(good(mp_store_commit(store, &err)), "commits");
	ok(good(mp_index_pending(store, &options, false, indexed, &count,
	    &err)) && count == MAILS, "indexes");
}

/* Members as digits. */
static const char *
members(const struct mp_docset *set)
{
	static char text[64];
	uint32_t docid;
	size_t len = 0;

	for (docid = mp_docset_next(set, 0); docid != MP_DOCSET_END;
	    docid = mp_docset_next(set, docid + 1))
		text[len++] = (char)('0' + docid);
	text[len] = '\0';
	return text;
}

static void
finds(const char *query, const char *expected)
{
	struct mp_search search;
	struct mp_docset set = MP_DOCSET_INIT;
	bool found = good(mp_search_init(&search, index_, &err)) &&
	    good(mp_search_run(&set, &search, query, &err));

	if (!ok(found && strcmp(members(&set), expected) == 0, "%s finds %s",
	    query, expected))
		printf("# %s\n", members(&set));
	mp_docset_clear(&set);
	mp_search_clear(&search);
	mp_err_clear(&err);
}

static void
words(void)
{
	finds("*", "012345");
	finds("sail", "01");
	finds("sails", "01");
	finds("Sail", "0");
	finds("John", "1");
	finds("john*", "12");
	finds("dying", "4");
	finds("lie", "4");
	finds("lied", "4");
	finds("tie", "4");
	finds("probable", "3");
	finds("cafe", "3");
	finds("CAF\303\211", "3");
	finds("\346\227\245\346\234\254", "3");
	finds("\350\252\236", "3");
	finds("\346\227\245\350\252\236", "");
	finds("c++", "2");
	finds("C#", "23");
	finds("\"we sail\"", "0");
	finds("\"sail we\"", "");
	finds("send-email", "5");
	finds("git-send*", "5");
	finds("git-send-em*", "5");
	finds("kre@munnari.oz.au", "5");
	finds("one near eleven", "5");
	finds("one near twelve", "");
	finds("eleven near/10 one", "5");
	finds("eleven adj one", "");
	finds("one adj/11 twelve", "5");
	finds("subject:\"\"", "2");
	finds("subject:*", "01345");
	finds("from:ann from:bob", "0125");
	finds("from:ann and from:bob", "");
	finds("to:me", "012345");
	finds("boat", "014");
	finds("subject:(boat or dying)", "014");
}

static void
combined(void)
{
	finds("sail not from:bob", "0");
	finds("not sail", "2345");
	finds("-sail -boat", "235");
	finds("not *", "");
	finds("not not sail", "01");
	finds("sail xor from:bob", "05");
	finds("nosuch and sail or dying", "4");
	finds("thread:{monday}", "01");
	finds("thread:00000001", "01");
	finds("thread:00000009", "");
	finds("thread:{nosuch}", "");
	finds("id:3@x", "3");
	finds("id:<3@x>", "3");
	finds("id:%33@x", "3");
	finds("mid:/^[34]@/", "34");
	finds("from:/@[bc]/", "135");
	finds("sail from:/@[bc]/", "1");
	finds("path:b", "135");
	finds("path:a", "");
	finds("path:a/**", "024");
	finds("path:**", "012345");
	finds("path:/^a/", "024");
	finds("folder:a", "024");
	finds("folder:/^a$/", "024");
	finds("date:2020-01-02..2020-01-04", "123");
	finds("date:..2020-01-02", "01");
	finds("date:2020-01-05..", "45");
	finds("date:2020-01-04..2020-01-02", "");
	finds("date:2200..", "");
	finds("larger:100", "012345");
	finds("smaller:1k", "012345");
	finds("size:..1", "");
	finds("lastmod:0..", "012345");
	finds("lastmod:99999..", "");
}

static void
word(struct mp_tag_edit *edit, const char *text)
{
	ok(good(mp_tag_edit_word(edit, text, &err)), "takes %s", text);
}

static void
tag(const char *change, const char *docs)
{
	struct mp_tag_edit edit = MP_TAG_EDIT_INIT;
	struct mp_docset set;

	mp_docset_init(&set, MAILS);
	for (; *docs != '\0'; docs++)
		mp_docset_add(&set, (uint32_t)(*docs - '0'));
	word(&edit, change);
	ok(good(mp_store_begin(store, &err)) &&
	    good(mp_tag_edit_apply(store, &edit, &set, &err)) &&
	    good(mp_store_commit(store, &err)), "%s", change);
	mp_docset_clear(&set);
	mp_tag_edit_clear(&edit);
}

static void
tags(void)
{
	tag("+spam", "0");
	tag("+work/x", "12");
	tag("+work/y", "23");
	tag("-work/y", "3");
	finds("*", "12345");
	finds("tag:spam or sail", "01");
	finds("tag:work/x tag:work/y", "12");
	finds("tag:work/x is:work/y", "2");
	finds("tag:work*", "12");
	finds("tag:*", "12");
	finds("tag:/y$/", "2");
	finds("not tag:*", "345");
}

static void
undoes(size_t count, const char *query, const char *expected)
{
	struct mp_docset set;

	mp_docset_init(&set, MAILS);
	ok(good(mp_store_begin(store, &err)) &&
	    good(mp_tag_undo(&set, store, count, &err)) &&
	    good(mp_store_commit(store, &err)), "undo %zu", count);
	mp_docset_clear(&set);
	finds(query, expected);
}

static void
history(void)
{
	struct mp_tag_history log;
	struct mp_docset set;

	if (ok(good(mp_tag_history_load(&log, store, SIZE_MAX, &err)) &&
	    log.count == 4, "four changes"))
		ok(strcmp(log.changes[0].events[0].name, "t:spam") == 0,
		    "the oldest first");
	mp_tag_history_clear(&log);
	if (ok(good(mp_tag_history_load(&log, store, 2, &err)) &&
	    log.count == 2, "the last two"))
		ok(strcmp(log.changes[0].events[0].name, "t:work/y") == 0,
		    "are the last two");
	mp_tag_history_clear(&log);
	undoes(1, "tag:work/y", "23");
	undoes(1, "tag:work/y", "2");
	undoes(6, "tag:*", "");
	mp_docset_init(&set, MAILS);
	ok(good(mp_store_begin(store, &err)) &&
	    mp_tag_undo(&set, store, 99, &err) == MP_NOT_FOUND,
	    "not more than there are");
	mp_store_rollback(store);
	mp_docset_clear(&set);
	mp_err_clear(&err);
}

static void
batch(void)
{
	struct mp_search search;
	struct mp_tag_batch *lines;

	ok(good(mp_search_init(&search, index_, &err)) &&
	    good(mp_store_begin(store, &err)), "begins a batch");
	lines = mp_tag_batch_new(&search, false);
	ok(good(mp_tag_batch_line(lines, "# nothing", NULL, &err)) &&
	    good(mp_tag_batch_line(lines, "+a%20b -- id:0@x", NULL, &err)) &&
	    good(mp_tag_batch_line(lines, "+c tag:\"a b\"", NULL, &err)) &&
	    good(mp_tag_batch_line(lines, "-c +d id:0@x", NULL, &err)) &&
	    good(mp_tag_batch_line(lines, "+c id:0@x", NULL, &err)) &&
	    good(mp_tag_batch_flush(lines, &err)), "takes lines");
	ok(mp_tag_batch_line(lines, "+c (", NULL, &err) == MP_USAGE,
	    "not a bad query");
	mp_err_clear(&err);
	mp_tag_batch_free(lines);
	lines = mp_tag_batch_new(&search, true);
	ok(good(mp_tag_batch_line(lines, "+e -- id:1@x", NULL, &err)) &&
	    good(mp_tag_batch_line(lines, "+f -- id:1@x", NULL, &err)) &&
	    good(mp_tag_batch_line(lines, "-- id:2@x", NULL, &err)) &&
	    mp_tag_batch_line(lines, "+e -- id:9@x", NULL, &err) ==
	    MP_NOT_FOUND, "restores lines");
	mp_err_clear(&err);
	ok(good(mp_tag_batch_flush(lines, &err)) &&
	    good(mp_store_commit(store, &err)), "commits");
	mp_tag_batch_free(lines);
	mp_search_clear(&search);
	finds("tag:\"a b\" and tag:c and tag:d", "0");
	finds("tag:f", "1");
	finds("tag:e", "");
}

static void
sorted(enum mp_sort order, size_t offset, size_t limit, const char *expected)
{
	struct mp_docset set;
	uint32_t *docids = NULL;
	char text[16] = "";
	size_t count = 0, i;

	mp_docset_init(&set, MAILS);
	mp_docset_add_range(&set, 0, MAILS);
	ok(good(mp_sort_docs(&docids, &count, index_, &set, order, offset,
	    limit, &err)), "sorts");
	for (i = 0; i < count && i < 15; i++)
		text[i] = (char)('0' + docids[i]);
	ok(strcmp(text, expected) == 0, "%zu from %zu: %s is %s", limit,
	    offset, text, expected);
	free(docids);
	mp_docset_clear(&set);
}

static void
removed(void)
{
	struct mp_docset set;

	mp_docset_init(&set, MAILS);
	mp_docset_add(&set, 1);
	ok(good(mp_store_begin(store, &err)) &&
	    good(mp_store_bits_change(store, "x:removed", &set, NULL,
	    &err)) && good(mp_store_commit(store, &err)), "removes one");
	mp_docset_clear(&set);
	finds("*", "02345");
	finds("not sail", "2345");
	finds("id:1@x", "");
	finds("thread:{monday}", "0");
}

static void
remove_dir(void)
{
	pid_t child = fork();

	if (child == 0) {
		(void)execlp("rm", "rm", "-r", dir, (char *)NULL);
		_exit(1);
	}
	(void)waitpid(child, NULL, 0);
}

int
main(void)
{
	(void)setenv("TZ", "UTC", 1);
	if (!ok(mkdtemp(dir) != NULL && (keys = mp_keys_generate()) != NULL &&
	    good(mp_store_create(dir, keys, &err)), "a store"))
		return done_testing();
	reopen(MP_STORE_WRITE);
	fill();
	reopen(MP_STORE_WRITE);
	words();
	combined();
	sorted(MP_SORT_NEWEST, 0, MP_SORT_ALL, "543210");
	sorted(MP_SORT_NEWEST, 1, 2, "43");
	sorted(MP_SORT_OLDEST, 0, 3, "012");
	sorted(MP_SORT_OLDEST, 5, 3, "5");
	sorted(MP_SORT_ARRIVAL, 0, 1, "5");
	sorted(MP_SORT_NEWEST, 9, 9, "");
	sorted(MP_SORT_NEWEST, 0, 0, "");
	tags();
	history();
	batch();
	removed();
	mp_index_close(index_);
	mp_store_close(store);
	mp_keys_free(keys);
	remove_dir();
	return done_testing();
}
