/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * The index of a store: what goes in by way of messages is found again,
 * indexed at once or bit by bit, by one thread or several, merged or not.
 */

#include "index/index.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "crypto/hash.h"
#include "index/extract_internal.h"
#include "index/indexer.h"
#include "tap.h"
#include "text/text.h"

enum { MAILS = 1200, WORDS = 60, LONGEST = 40 };

struct mail {
	unsigned words[LONGEST];
	unsigned count;
	unsigned parent;	/* MAILS: none */
	unsigned thread;
	int64_t date;
	size_t size;
	uint8_t sha256[32];
};

static struct mail mails[MAILS];
static char dir[] = "/tmp/mp-unit-index-XXXXXX";
static struct mp_keys *keys;
static struct mp_err err = MP_ERR_INIT;

static uint32_t
random_below(uint32_t limit)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 11) % limit;
}

static bool
good(enum mp_status status)
{
	if (status != MP_OK)
		printf("# %s\n", err.text);
	return status == MP_OK;
}

static void
make_mails(void)
{
	unsigned i, k;

	for (i = 0; i < MAILS; i++) {
		mails[i].count = random_below(LONGEST);
		for (k = 0; k < mails[i].count; k++)
			mails[i].words[k] = random_below(
			    1 + random_below(WORDS));
		mails[i].date = i % 50 == 7 ? 0 : 1500000000 + i * 1000 + random_below(5000);
		/* parents may come later, and some never do */
		mails[i].parent = random_below(3) == 0 ? MAILS :
		    i + random_below(40) < 30 ? MAILS :
		    i + random_below(40) - 30;
		if (mails[i].parent == i)
			mails[i].parent = MAILS;
	}
}

/* Threads by spreading the lowest number, missing parents included. */
static void
make_threads(void)
{
	static unsigned lowest[MAILS + 1];
	bool changed = true;
	unsigned i;

	for (i = 0; i < MAILS; i++)
		mails[i].thread = i;
	while (changed) {
		changed = false;
		for (i = 0; i < MAILS; i++)
			lowest[i] = mails[i].thread;
		for (i = 0; i < MAILS; i++)
			if (mails[i].parent < MAILS &&
			    lowest[mails[i].parent] > mails[i].thread)
				lowest[mails[i].parent] = mails[i].thread;
		for (i = 0; i < MAILS; i++) {
			unsigned best = lowest[i];

			if (mails[i].parent < MAILS &&
			    lowest[mails[i].parent] < best)
				best = lowest[mails[i].parent];
			changed |= best < mails[i].thread;
			mails[i].thread = best;
		}
	}
}

static void
write_mail(struct mp_buf *to, unsigned i)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr",
	    "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t date = (time_t)mails[i].date;
	struct tm tm;
	unsigned k;

	(void)gmtime_r(&date, &tm);
	mp_buf_printf(to, "From: \"Doe, Person %u\" <P%u@Example.org>\n"
	    "To: list@example.net\nSubject: about w%u\n"
	    "%s: Mon, %d %s %d %02d:%02d:%02d +0000\n"
	    "Message-ID: <m%u@example>\n", i % 9, i % 9, i % WORDS,
	    date != 0 ? "Date" : "X-No-Date", tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour,
	    tm.tm_min, tm.tm_sec, i);
	if (mails[i].parent < MAILS)
		mp_buf_printf(to, "In-Reply-To: <m%u@example>\n",
		    mails[i].parent);
	mp_buf_str(to, "\n");
	for (k = 0; k < mails[i].count; k++)
		mp_buf_printf(to, "w%u ", mails[i].words[k]);
	mp_buf_str(to, "\n");
}

static struct mp_store *
open_store(enum mp_store_mode mode)
{
	struct mp_store_options options = { .path = dir, .keys = keys,
	    .mode = mode, .wait_s = 0, .writer = "unit" };
	struct mp_store *store = NULL;

	(void)good(mp_store_open(&store, &options, &err));
	return store;
}

static void
add_mails(unsigned first, unsigned end)
{
	struct mp_store *store = open_store(MP_STORE_WRITE);
	unsigned i, failed = 0;

	ok(good(mp_store_begin(store, &err)), "mails %u to %u", first, end);
	for (i = first; i < end; i++) {
		struct mp_buf raw = MP_BUF_INIT(1 << 16);
		char *id = mp_asprintf("m%u@example", i);
		struct mp_arrival arrival = { .id = id, .folder = "cur" };
		struct mp_place place;
		uint32_t docid;

		write_mail(&raw, i);
		arrival.raw = raw.data;
		arrival.len = raw.len;
		failed += !good(mp_store_add(&docid, &place, store, &arrival,
		    &err)) || docid != i;
		memcpy(mails[i].sha256, arrival.sha256, 32);
		mails[i].size = raw.len;
		free(id);
		mp_buf_clear(&raw);
	}
	ok(failed == 0 && good(mp_store_commit(store, &err)), "are added");
	mp_store_close(store);
}

struct seen {
	uint32_t next;
	unsigned wrong;
};

static void
see(void *arg, uint32_t docid, const char *id)
{
	struct seen *seen = arg;
	char *want = mp_asprintf("m%u@example", docid);

	seen->wrong += docid != seen->next++ || strcmp(id, want) != 0;
	free(want);
}

static void
index_mails(unsigned first, unsigned end, unsigned threads, size_t memory,
    bool all)
{
	struct mp_store *store = open_store(MP_STORE_WRITE);
	struct mp_indexer_options options = { .threads = threads,
	    .memory = memory };
	struct seen seen = { all ? 0 : first, 0 };

	ok(good(mp_index_pending(store, &options, all, see, &seen, &err)) &&
	    seen.next == end && seen.wrong == 0,
	    "%u to %u are indexed by %u threads", first, end, threads);
	mp_store_close(store);
}

/* --- what is in it ------------------------------------------------- */

static bool
mail_has(unsigned i, unsigned word)
{
	unsigned k;

	for (k = 0; k < mails[i].count; k++)
		if (mails[i].words[k] == word)
			return true;
	return false;
}

static unsigned
differ(const struct mp_docset *a, const struct mp_docset *b)
{
	struct mp_docset x;
	unsigned count;

	mp_docset_copy(&x, a);
	mp_docset_xor(&x, b);
	count = mp_docset_count(&x);
	mp_docset_clear(&x);
	return count;
}

static void
check_terms(struct mp_index *index, unsigned end)
{
	unsigned wrong = 0, word, i;

	for (word = 0; word < WORDS + 2; word++) {
		struct mp_docset got, want, starts, want_starts;
		char *text = mp_asprintf("w%u", word);
		uint32_t df;

		mp_docset_init(&got, end);
		mp_docset_init(&want, end);
		mp_docset_init(&starts, end);
		mp_docset_init(&want_starts, end);
		for (i = 0; i < end; i++) {
			unsigned k;

			if (mail_has(i, word))
				mp_docset_add(&want, i);
			for (k = 0; k < mails[i].count; k++)
				if (mails[i].words[k] == word ||
				    mails[i].words[k] / 10 == word)
					if (word != 0 ||
					    mails[i].words[k] == 0)
						mp_docset_add(&want_starts,
						    i);
		}
		wrong += !good(mp_index_term(&got, index, MP_FIELD_BODY,
		    text, strlen(text), &err)) || differ(&got, &want) != 0;
		wrong += !good(mp_index_frequency(&df, index, MP_FIELD_BODY,
		    text, strlen(text), &err)) ||
		    df != mp_docset_count(&want);
		wrong += !good(mp_index_prefix(&starts, index, MP_FIELD_BODY,
		    text, strlen(text), &err)) ||
		    differ(&starts, &want_starts) != 0;
		free(text);
		mp_docset_clear(&got);
		mp_docset_clear(&want);
		mp_docset_clear(&starts);
		mp_docset_clear(&want_starts);
	}
	ok(wrong == 0, "terms, frequencies, prefixes: %u wrong", wrong);
}

/* The narrowest span of the words in the mail, or 0. */
static unsigned
naive_span(const struct mail *mail, unsigned a, unsigned b, bool ordered)
{
	unsigned best = 0, i, k;

	for (i = 0; i < mail->count; i++)
		for (k = 0; k < mail->count; k++) {
			unsigned span = (k > i ? k - i : i - k) + 1;

			if (i != k && mail->words[i] == a &&
			    mail->words[k] == b && (!ordered || k > i) &&
			    (best == 0 || span < best))
				best = span;
		}
	return best;
}

static void
check_near(struct mp_index *index, unsigned end)
{
	unsigned wrong = 0, hits = 0, round, i;

	for (round = 0; round < 150; round++) {
		unsigned words[3] = { random_below(12), random_below(12),
		    random_below(30) };
		unsigned window = 2 + random_below(4);
		bool ordered = random_below(2) != 0;
		bool either = random_below(2) != 0;
		char a[8], b[8], c[8];
		const char *first[] = { a }, *second[] = { b, c };
		struct mp_phrase_place places[] = { { first, 1 },
		    { second, either ? 2 : 1 } };
		struct mp_docset got, want;

		snprintf(a, sizeof a, "w%u", words[0]);
		snprintf(b, sizeof b, "w%u", words[1]);
		snprintf(c, sizeof c, "w%u", words[2]);
		mp_docset_init(&got, end);
		mp_docset_init(&want, end);
		for (i = 0; i < end; i++) {
			unsigned x = naive_span(&mails[i], words[0],
			    words[1], ordered);
			unsigned y = either ? naive_span(&mails[i], words[0],
			    words[2], ordered) : 0;

			if ((x != 0 && x <= window) ||
			    (y != 0 && y <= window))
				mp_docset_add(&want, i);
		}
		wrong += !good(mp_index_near(&got, index, MP_FIELD_BODY,
		    places, 2, window, ordered, &err)) ||
		    differ(&got, &want) != 0;
		hits += mp_docset_count(&want);
		mp_docset_clear(&got);
		mp_docset_clear(&want);
	}
	ok(wrong == 0 && hits != 0, "phrases and neighbours: %u hits, %u "
	    "wrong", hits, wrong);
}

static void
check_columns(struct mp_index *index, unsigned indexed, unsigned end)
{
	unsigned wrong = 0, i;

	for (i = 0; i < end; i++) {
		struct mp_summary summary = { 0 };
		struct mp_docset same;
		char *id = mp_asprintf("m%u@example", i);
		uint32_t date, size, docid, variants;
		uint8_t sha256[32];

		wrong += !good(mp_index_date(&date, index, i, &err)) ||
		    date != mails[i].date;
		wrong += !good(mp_index_size(&size, index, i, &err)) ||
		    size != mails[i].size;
		wrong += !good(mp_index_summary(&summary, index, i, &err)) ||
		    strcmp(summary.id + 3, id) != 0 ||
		    summary.date != mails[i].date ||
		    strncmp(summary.subject, "about w", 7) != 0;
		mp_summary_clear(&summary);
		mp_docset_init(&same, end);
		wrong += !good(mp_index_find_id(&same, index, id, &err)) ||
		    mp_docset_count(&same) != 1 || !mp_docset_has(&same, i);
		mp_docset_clear(&same);
		memcpy(sha256, mails[i].sha256, 32);
		wrong += !good(mp_index_find_same(&docid, &variants, index,
		    id, sha256, &err)) || docid != i || variants != 0;
		sha256[3] ^= 1;
		wrong += mp_index_find_same(&docid, &variants, index, id,
		    sha256, &err) != MP_NOT_FOUND || variants != 1;
		free(id);
	}
	ok(wrong == 0, "columns of %u mails, %u of them pending: %u wrong",
	    end, end - indexed, wrong);
}

static void
check_ranges(struct mp_index *index, unsigned end)
{
	unsigned wrong = 0, round, i;

	for (round = 0; round < 40; round++) {
		uint32_t low = round == 0 ? 0 :
		    1500000000 + random_below(MAILS * 1000);
		uint32_t high = low + random_below(MAILS * 1000);
		struct mp_docset got, want;

		mp_docset_init(&got, end);
		mp_docset_init(&want, end);
		for (i = 0; i < end; i++)
			if (mails[i].date >= low && mails[i].date <= high &&
			    mails[i].date != 0)
				mp_docset_add(&want, i);
		wrong += !good(mp_index_date_range(&got, index, low, high,
		    &err)) || differ(&got, &want) != 0;
		mp_docset_clear(&got);
		mp_docset_clear(&want);
		mp_docset_init(&got, end);
		mp_docset_init(&want, end);
		low = 200 + random_below(100);
		for (i = 0; i < end; i++)
			if (mails[i].size >= low)
				mp_docset_add(&want, i);
		wrong += !good(mp_index_size_range(&got, index, low,
		    UINT32_MAX, &err)) || differ(&got, &want) != 0;
		mp_docset_clear(&got);
		mp_docset_clear(&want);
	}
	ok(wrong == 0, "ranges of dates and sizes: %u wrong", wrong);
}

static void
check_nodes(struct mp_index *index, unsigned root, unsigned *wrong)
{
	struct mp_thread_node *nodes;
	size_t count, members = 0, i, k;

	if (!good(mp_index_thread_nodes(&nodes, &count, index, root, &err)))
		++*wrong;
	for (i = 0; i < MAILS; i++)
		members += mails[i].thread == root;
	*wrong += members != count;
	for (i = 0; i < count; i++) {
		unsigned parent = mails[nodes[i].docid].parent;

		for (k = 0; k < i && nodes[k].docid != nodes[i].parent; k++)
			;
		if (nodes[i].parent != MP_DOCSET_END && k == i)
			++*wrong;	/* parents come before */
		if (nodes[i].parent != MP_DOCSET_END &&
		    nodes[i].parent != parent)
			++*wrong;
		if (nodes[i].parent == MP_DOCSET_END && parent < MAILS &&
		    mails[parent].parent >= MAILS)
			++*wrong;	/* no circle to cut there */
	}
	free(nodes);
}

/* Only when all mails are indexed: earlier, threads are other ones. */
static void
check_threads(struct mp_index *index)
{
	struct mp_docset set, want;
	unsigned wrong = 0, tree_wrong = 0, threads = 0, i, k;

	for (i = 0; i < MAILS; i++) {
		uint32_t root;

		wrong += !good(mp_index_thread(&root, index, i, &err)) ||
		    root != mails[i].thread;
		if (mails[i].thread != i)
			continue;
		threads++;
		check_nodes(index, i, &tree_wrong);
	}
	ok(wrong == 0 && threads > 10, "%u threads, %u mails wrong", threads,
	    wrong);
	ok(tree_wrong == 0, "trees of threads, %u wrong", tree_wrong);

	mp_docset_init(&set, MAILS);
	mp_docset_init(&want, MAILS);
	for (i = 0; i < 5; i++)
		mp_docset_add(&set, random_below(MAILS));
	for (i = 0; i < MAILS; i++)
		for (k = 0; mp_docset_has(&set, i) && k < MAILS; k++)
			if (mails[k].thread == mails[i].thread)
				mp_docset_add(&want, k);
	ok(good(mp_index_threads(&set, index, &err)) &&
	    differ(&set, &want) == 0, "all of the threads of some mails");
	mp_docset_clear(&set);
	mp_docset_clear(&want);
}

struct word_walk {
	unsigned count;
	unsigned wrong;
	char last[64];
};

static enum mp_status
walk_word(void *arg, const char *term, size_t len, uint32_t df,
    uint32_t last, struct mp_err *walk_err)
{
	struct word_walk *walk = arg;
	unsigned found = 0, greatest = 0, i;
	char *text = mp_strndup(term, len);

	(void)walk_err;
	for (i = 0; i < MAILS; i++)
		if (mail_has(i, (unsigned)strtoul(text + 1, NULL, 10))) {
			found++;
			greatest = i;
		}
	walk->wrong += found != df || greatest != last ||
	    strcmp(text, walk->last) <= 0;
	snprintf(walk->last, sizeof walk->last, "%s", text);
	walk->count++;
	free(text);
	return MP_OK;
}

static void
check_vocabulary(struct mp_index *index)
{
	struct word_walk walk = { 0, 0, "" };
	struct mp_docset set;
	const char *person = "p3@example.org\tDoe, Person 3";

	ok(good(mp_index_vocabulary(index, MP_FIELD_BODY, "w", 1, walk_word,
	    &walk, &err)) && walk.wrong == 0 && walk.count > WORDS / 2,
	    "%u words in order, %u wrong", walk.count, walk.wrong);
	mp_docset_init(&set, MAILS);
	ok(good(mp_index_term(&set, index, MP_FIELD_PERSON_FROM, person,
	    strlen(person), &err)) &&
	    mp_docset_count(&set) == (MAILS + 5) / 9, "people");
	mp_docset_clear(&set);
}

static void
check_all(unsigned indexed, unsigned end, const char *what)
{
	struct mp_store *store = open_store(MP_STORE_READ);
	struct mp_index *index;
	struct mp_docset covered;
	size_t segments;

	(void)mp_store_segments(&segments, store);
	ok(good(mp_index_open(&index, store, &err)), "%s: %zu segments",
	    what, segments);
	mp_docset_init(&covered, end);
	ok(good(mp_index_covered(&covered, index, &err)) &&
	    mp_docset_count(&covered) == indexed &&
	    mp_index_end(index) == end, "covers %u of %u", indexed, end);
	mp_docset_clear(&covered);
	check_terms(index, indexed);
	check_near(index, indexed);
	check_columns(index, indexed, end);
	check_ranges(index, indexed);
	if (indexed == MAILS) {
		check_threads(index);
		check_vocabulary(index);
	}
	mp_index_close(index);
	mp_store_close(store);
}

static void
check_removed(void)
{
	struct mp_store *store = open_store(MP_STORE_WRITE);
	struct mp_docset removed, found;
	struct mp_index *index;
	uint32_t docid, variants;
	unsigned i;

	mp_docset_init(&removed, MAILS);
	for (i = 0; i < MAILS; i += 3)
		mp_docset_add(&removed, i);
	ok(good(mp_store_begin(store, &err)) &&
	    good(mp_store_bits_change(store, "x:removed", &removed, NULL,
	    &err)) && good(mp_store_commit(store, &err)),
	    "a third is removed");
	ok(good(mp_index_optimize(store, &err)), "optimized");
	ok(good(mp_index_open(&index, store, &err)), "open");
	mp_docset_init(&found, MAILS);
	ok(good(mp_index_prefix(&found, index, MP_FIELD_BODY, "w", 1, &err)),
	    "search");
	mp_docset_and(&found, &removed);
	ok(mp_docset_empty(&found), "nothing removed is found");
	ok(mp_index_find_same(&docid, &variants, index, "m3@example",
	    mails[3].sha256, &err) == MP_NOT_FOUND && variants == 0,
	    "a removed mail may come again");
	ok(good(mp_index_thread(&docid, index, 3, &err)) &&
	    docid == mails[3].thread, "but still holds its thread");
	mp_docset_clear(&removed);
	mp_docset_clear(&found);
	mp_index_close(index);
	mp_store_close(store);
}

static void
check_missing(void)
{
	struct mp_store *store = open_store(MP_STORE_WRITE);
	struct mp_index *index;
	size_t count;
	char *path = mp_store_segment_path(store,
	    mp_store_segments(&count, store)->id);

	(void)unlink(path);
	free(path);
	ok(mp_index_open(&index, store, &err) == MP_CORRUPT && index == NULL,
	    "a missing segment is damage");
	mp_err_clear(&err);
	mp_store_close(store);
	index_mails(MAILS, MAILS, 2, 0, true);
	check_all(MAILS, MAILS, "mended");
}

static void
remove_store(void)
{
	pid_t child = fork();

	if (child == 0) {
		execlp("rm", "rm", "-rf", dir, (char *)NULL);
		_exit(1);
	}
	(void)waitpid(child, NULL, 0);
}

int
main(void)
{
	if (mkdtemp(dir) == NULL)
		return 1;
	keys = mp_keys_generate();
	if (!good(mp_store_create(dir, keys, &err)))
		return 1;
	make_mails();
	make_threads();
	add_mails(0, 3);
	index_mails(0, 3, 1, 0, false);
	add_mails(3, 100);
	check_all(3, 100, "a few and pending ones");
	index_mails(3, 100, 2, 0, false);
	add_mails(100, 700);
	index_mails(100, 700, 3, 0, false);
	check_all(700, 700, "bit by bit");
	add_mails(700, MAILS);
	index_mails(700, MAILS, 2, 0, false);
	check_all(MAILS, MAILS, "all of it");
	index_mails(MAILS, MAILS, 2, 0, true);
	check_all(MAILS, MAILS, "anew");
	check_missing();
	check_removed();
	mp_keys_free(keys);
	remove_store();
	return done_testing();
}
