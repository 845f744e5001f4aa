/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * Segments against a naive model: random documents of random terms are
 * written through accumulators, read back, merged, damaged.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "index/accum_internal.h"
#include "index/index.h"
#include "index/merge_internal.h"
#include "tap.h"

enum {
	DOCS = 3000,
	WORDS = 700,
	TERMS_MAX = 40,		/* of a document */
	WORKERS = 3
};

struct occurrence {
	uint16_t word;
	uint8_t field;
	uint32_t position;
};

struct model_doc {
	struct occurrence terms[TERMS_MAX];
	unsigned count;
	struct mp_doc doc;
	uint64_t refs[4];
	uint8_t summary[40];
};

static struct model_doc model[DOCS];
static struct mp_keys *keys;
static struct mp_block_cache *cache;
static char dir[] = "/tmp/mp-segment-XXXXXX";

static uint32_t
random_below(uint32_t limit)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 11) % limit;
}

/* Words of 1 to 70 bytes with long shared starts; low ones are frequent. */
static size_t
word_text(char *to, unsigned word)
{
	size_t len = 0;

	if (word % 7 == 0) {
		memset(to, 'p', 20 + word % 45);
		len = 20 + word % 45;
	}
	len += (size_t)snprintf(to + len, 32, "w%u", word);
	return len;
}

static unsigned
random_word(void)
{
	uint32_t span = WORDS;

	while (span > 2 && random_below(3) != 0)
		span /= 2;
	return random_below(span);
}

static void
make_model(void)
{
	static const uint8_t fields[] = { MP_FIELD_BODY, MP_FIELD_SUBJECT,
	    MP_FIELD_FLAG, MP_FIELD_PERSON_FROM };
	unsigned i, k;

	for (i = 0; i < DOCS; i++) {
		struct model_doc *doc = &model[i];

		doc->count = random_below(TERMS_MAX);
		for (k = 0; k < doc->count; k++) {
			doc->terms[k].field = fields[random_below(4)];
			doc->terms[k].word = (uint16_t)random_word();
			doc->terms[k].position = (k == 0 ? 0 :
			    doc->terms[k - 1].position + 1) +
			    random_below(3) * random_below(200);
		}
		doc->doc.date = 1000000 + i * 10 + random_below(500);
		doc->doc.size = random_below(100000);
		doc->doc.place.pack = i / 100;
		doc->doc.place.offset = i * 7;
		mp_put_u64(doc->doc.sha256, i * UINT64_C(0x12345678901));
		doc->doc.id_hash = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
		doc->doc.ref_count = random_below(3) == 0 ?
		    random_below(4) : 0;
		doc->doc.refs = doc->refs;
		for (k = 0; k < doc->doc.ref_count; k++)
			doc->refs[k] = (1 + i - i % 50 + random_below(60)) *
			    UINT64_C(0x9e3779b97f4a7c15);
		doc->doc.summary = doc->summary;
		doc->doc.summary_len = (uint32_t)snprintf(
		    (char *)doc->summary, sizeof doc->summary,
		    "\002idsummary of %u", i);
	}
}

static void
add_terms(struct mp_accum *accum, uint32_t docid, const struct model_doc *doc)
{
	char text[128 + 8];
	unsigned k;

	mp_accum_document(accum, docid);
	for (k = 0; k < doc->count; k++)
		mp_accum_add(accum, doc->terms[k].field, text,
		    word_text(text, doc->terms[k].word),
		    doc->terms[k].position);
}

static struct mp_segment *
reopen(const struct mp_segment_ref *ref, const char *path)
{
	struct mp_segment *segment;
	struct mp_err err = MP_ERR_INIT;

	if (mp_segment_open(&segment, path, ref, keys, cache, &err) != MP_OK)
		ok(false, "%s", err.text);
	return segment;
}

static char *
segment_path(uint64_t id)
{
	return mp_asprintf("%s/%llu", dir, (unsigned long long)id);
}

/* Write first .. end - 1; segments hold what is before. */
static struct mp_segment *
build(uint64_t id, uint32_t first, uint32_t end,
    struct mp_segment *const *segments, size_t segment_count)
{
	struct mp_accum *accums[WORKERS];
	struct mp_segment_out *out;
	struct mp_threading threading;
	struct mp_segment_ref ref;
	struct mp_segment *segment;
	struct mp_doc *docs = mp_calloc(end - first, sizeof *docs);
	struct mp_err err = MP_ERR_INIT;
	struct mp_file file = MP_FILE_INIT;
	char *path = segment_path(id);
	uint32_t i;

	for (i = 0; i < WORKERS; i++)
		accums[i] = mp_accum_new(1 << 20);
	for (i = first; i < end; i++) {
		/* Documents 0 to 9 of the first segment are not of it. */
		add_terms(accums[random_below(WORKERS)], i - first,
		    &model[i]);
		docs[i - first] = model[i].doc;
	}
	for (i = 0; i < WORKERS; i++)
		mp_accum_sort(accums[i]);
	mp_threading_init(&threading);
	for (i = 0; i < segment_count; i++)
		ok(mp_roots_load(&threading.roots, segments[i], &err) ==
		    MP_OK, "joins are read");
	ok(mp_threading_run(&threading, docs, end - first, first, segments,
	    segment_count, &err) == MP_OK, "threading %s", err.text);

	ok(mp_file_open(&file, path, O_RDWR | O_CREAT | O_TRUNC, &err) ==
	    MP_OK, "a new file");
	out = mp_segment_out_new(&file, keys, id, first, end);
	for (i = 0; i < end - first; i++)
		mp_segment_out_doc(out, &docs[i]);
	mp_accum_write(&out->postings, accums, WORKERS, 0, end - first);
	mp_threading_write(out, &threading, 0, end - first);
	for (i = 0; i < threading.join_count; i++)
		mp_segment_out_join(out, threading.joins[i].from,
		    threading.joins[i].to);
	ok(mp_segment_out_finish(&ref, out, &err) == MP_OK,
	    "written %s", err.text);
	mp_segment_out_free(out);
	mp_file_close(&file);
	mp_threading_clear(&threading);
	for (i = 0; i < WORKERS; i++)
		mp_accum_free(accums[i]);
	free(docs);
	segment = reopen(&ref, path);
	free(path);
	return segment;
}

static bool
model_has(uint32_t docid, unsigned field, unsigned word)
{
	unsigned k;

	for (k = 0; k < model[docid].count; k++)
		if (model[docid].terms[k].field == field &&
		    model[docid].terms[k].word == word)
			return true;
	return false;
}

/* Positions of the current document against the model's. */
static bool
same_positions(struct mp_list_in *in, uint32_t docid, unsigned field,
    unsigned word)
{
	uint32_t position;
	unsigned k;

	for (k = 0; k < model[docid].count; k++) {
		if (model[docid].terms[k].field != field ||
		    model[docid].terms[k].word != word)
			continue;
		if (!mp_list_position(in, &position) ||
		    position != model[docid].terms[k].position)
			return false;
	}
	return !mp_list_position(in, &position);
}

static unsigned
check_list(struct mp_segment *segment, const struct mp_list *list,
    unsigned field, unsigned word, const struct mp_docset *removed)
{
	struct mp_list_in in;
	struct mp_err err = MP_ERR_INIT;
	bool positions = mp_field_has_positions(field);
	unsigned wrong = 0;
	uint32_t i;

	mp_list_in_init(&in, 64);
	mp_list_open(&in, segment, list, positions, &err);
	for (i = segment->ref.first; i < segment->ref.end; i++) {
		if (!model_has(i, field, word) ||
		    (removed != NULL && mp_docset_has(removed, i)))
			continue;
		if (!mp_list_next(&in) ||
		    in.docid + segment->ref.first != i ||
		    (positions && i % 3 != 0 &&
		    !same_positions(&in, i, field, word)))
			wrong++;
	}
	if (mp_list_next(&in) || mp_list_status(&in) != MP_OK)
		wrong++;
	/* The same by skipping. */
	mp_list_open(&in, segment, list, positions, &err);
	for (i = segment->ref.first; i < segment->ref.end;
	    i += 1 + random_below(300)) {
		uint32_t want = i;

		while (want < segment->ref.end &&
		    (!model_has(want, field, word) || (removed != NULL &&
		    mp_docset_has(removed, want))))
			want++;
		if (mp_list_seek(&in, i - segment->ref.first) !=
		    (want < segment->ref.end))
			wrong++;
		if (want == segment->ref.end)
			break;
		if (in.docid + segment->ref.first != want || (positions &&
		    !same_positions(&in, want, field, word)))
			wrong++;
		i = want;
	}
	if (mp_list_status(&in) != MP_OK)
		wrong++;
	mp_list_in_clear(&in);
	return wrong;
}

static void
check_terms(struct mp_segment *segment, const struct mp_docset *removed)
{
	struct mp_dict_cursor cursor;
	struct mp_err err = MP_ERR_INIT;
	unsigned field, word, wrong = 0, found = 0, walked = 0;
	uint8_t key[128], last[128];
	size_t last_len = 0;

	for (field = 0; field < MP_FIELDS; field++) {
		for (word = 0; word < WORDS; word++) {
			bool exists = false;
			size_t len = 1 + word_text((char *)key + 1, word);
			uint32_t i;

			key[0] = (uint8_t)field;
			for (i = segment->ref.first; i < segment->ref.end &&
			    !exists; i++)
				exists = model_has(i, field, word) &&
				    (removed == NULL ||
				    !mp_docset_has(removed, i));
			if (mp_dict_seek(&cursor, segment, key, len, &err) !=
			    MP_OK)
				wrong++;
			if ((!cursor.at_end && mp_key_compare(cursor.key,
			    cursor.key_len, key, len) == 0) != exists)
				wrong++;
			else if (exists)
				wrong += check_list(segment, &cursor.list,
				    field, word, removed);
			found += exists;
		}
	}
	if (mp_dict_seek(&cursor, segment, NULL, 0, &err) != MP_OK)
		wrong++;
	for (; !cursor.at_end; walked++) {
		if (walked != 0 && mp_key_compare(last, last_len, cursor.key,
		    cursor.key_len) >= 0)
			wrong++;
		memcpy(last, cursor.key, cursor.key_len);
		last_len = cursor.key_len;
		if (mp_dict_next(&cursor, &err) != MP_OK)
			break;
	}
	ok(wrong == 0 && found != 0, "%u terms of %u .. %u, %u wrong %s",
	    found, segment->ref.first, segment->ref.end, wrong, err.text);
	ok(walked == found, "the walk gives %u terms in order", walked);
}

static void
check_columns(struct mp_segment *segment, const struct mp_docset *removed)
{
	struct mp_err err = MP_ERR_INIT;
	unsigned wrong = 0;
	uint32_t i;

	for (i = segment->ref.first; i < segment->ref.end; i++) {
		const struct mp_doc *doc = &model[i].doc;
		struct mp_buf summary = MP_BUF_INIT(1000);
		uint64_t refs[MP_REFS_KEPT];
		uint32_t date, size, count;
		bool gone = removed != NULL && mp_docset_has(removed, i);

		if (mp_segment_u32(&date, segment, MP_SECTION_DATE, i,
		    &err) != MP_OK || date != doc->date ||
		    mp_segment_u32(&size, segment, MP_SECTION_SIZE, i,
		    &err) != MP_OK || size != doc->size ||
		    mp_segment_refs(refs, &count, segment, i, &err) !=
		    MP_OK || count != doc->ref_count || (count != 0 &&
		    memcmp(refs, doc->refs, count * 8) != 0) ||
		    mp_segment_summary(&summary, segment, i, &err) != MP_OK ||
		    strcmp(mp_buf_text(&summary), gone ? "" :
		    (const char *)doc->summary) != 0)
			wrong++;
		mp_buf_clear(&summary);
	}
	ok(wrong == 0, "columns of %u .. %u, %u wrong %s",
	    segment->ref.first, segment->ref.end, wrong, err.text);
}

/* Roots by the definition: spread the lowest docid until nothing changes. */
static void
naive_roots(uint32_t roots[DOCS])
{
	bool changed = true;
	uint32_t i, k, ref;

	for (i = 0; i < DOCS; i++)
		roots[i] = i;
	while (changed) {
		static uint32_t lowest[DOCS + 100];

		changed = false;
		memset(lowest, 0xff, sizeof lowest);
		for (k = 0; k < 2; k++)
			for (i = 0; i < DOCS; i++)
				for (ref = 0; ref <= model[i].doc.ref_count;
				    ref++) {
					/* ids are small multiples */
					uint64_t hash = ref == 0 ?
					    model[i].doc.id_hash :
					    model[i].refs[ref - 1];
					uint64_t id = hash *
					    UINT64_C(0xf1de83e19937733d);

					if (lowest[id] > roots[i])
						lowest[id] = roots[i];
					if (roots[i] > lowest[id]) {
						roots[i] = lowest[id];
						changed = true;
					}
				}
	}
}

static void
check_threads(struct mp_segment *const *segments, size_t count)
{
	static uint32_t want[DOCS];
	struct mp_roots roots;
	struct mp_err err = MP_ERR_INIT;
	unsigned wrong = 0, threads = 0;
	size_t i;
	uint32_t docid, root;

	naive_roots(want);
	mp_roots_init(&roots);
	for (i = 0; i < count; i++)
		if (mp_roots_load(&roots, segments[i], &err) != MP_OK)
			wrong++;
	for (i = 0; i < count; i++)
		for (docid = segments[i]->ref.first;
		    docid < segments[i]->ref.end; docid++) {
			if (mp_segment_u32(&root, segments[i],
			    MP_SECTION_THREAD, docid, &err) != MP_OK ||
			    mp_roots_find(&roots, root) != want[docid])
				wrong++;
			threads += want[docid] == docid;
		}
	ok(wrong == 0, "%u threads in %zu segments, %u wrong", threads,
	    count, wrong);
	mp_roots_clear(&roots);
}

static void
check_ids(struct mp_segment *segment, const struct mp_docset *removed)
{
	struct mp_err err = MP_ERR_INIT;
	unsigned wrong = 0;
	uint32_t i;

	for (i = segment->ref.first; i < segment->ref.end; i++) {
		struct mp_mid mid;
		uint64_t at;

		if (mp_mid_find(&at, segment, model[i].doc.id_hash, &err) !=
		    MP_OK || mp_mid_get(&mid, segment, at, &err) != MP_OK ||
		    mid.hash != model[i].doc.id_hash || mid.docid !=
		    i - segment->ref.first || mid.phantom != (removed !=
		    NULL && mp_docset_has(removed, i)))
			wrong++;
	}
	ok(wrong == 0, "ids are found, %u wrong", wrong);
}

static struct mp_segment *
merge(uint64_t id, struct mp_segment *const *segments, size_t count,
    struct mp_segment *const *all, size_t all_count,
    const struct mp_docset *removed)
{
	struct mp_segment_out *out;
	struct mp_segment_ref ref;
	struct mp_segment *merged;
	struct mp_roots roots;
	struct mp_err err = MP_ERR_INIT;
	struct mp_file file = MP_FILE_INIT;
	char *path = segment_path(id);
	size_t i;

	mp_roots_init(&roots);
	for (i = 0; i < all_count; i++)
		ok(mp_roots_load(&roots, all[i], &err) == MP_OK, "joins");
	ok(mp_file_open(&file, path, O_RDWR | O_CREAT | O_TRUNC, &err) ==
	    MP_OK, "a file for the merge");
	out = mp_segment_out_new(&file, keys, id, segments[0]->ref.first,
	    segments[count - 1]->ref.end);
	ok(mp_segment_merge(out, segments, count, &roots,
	    count == all_count, removed, &err) == MP_OK, "merge of %zu %s", count, err.text);
	ok(mp_segment_out_finish(&ref, out, &err) == MP_OK,
	    "written %s", err.text);
	mp_segment_out_free(out);
	mp_roots_clear(&roots);
	mp_file_close(&file);
	merged = reopen(&ref, path);
	free(path);
	return merged;
}

/* Flip a bit in each block of 512 bytes: all must be noticed. */
static void
check_damage(struct mp_segment *segment)
{
	struct mp_segment_ref ref = segment->ref;
	struct mp_err err = MP_ERR_INIT;
	struct mp_file file = MP_FILE_INIT;
	unsigned flips = 0, missed = 0, wrong_status = 0;
	uint64_t at;

	ok(mp_segment_verify(segment, &err) == MP_OK, "all seals are whole");
	ok(mp_file_open(&file, segment->file.path, O_RDWR, &err) == MP_OK,
	    "damage");
	for (at = random_below(512); at < ref.length;
	    at += 1 + random_below(1023)) {
		struct mp_segment *damaged = reopen(&ref,
		    segment->file.path);
		uint8_t byte = 0;

		(void)!pread(file.fd, &byte, 1, (off_t)at);
		byte = (uint8_t)(byte ^ 1u << at % 8);
		(void)!pwrite(file.fd, &byte, 1, (off_t)at);
		flips++;
		switch ((int)mp_segment_verify(damaged, &err)) {
		case MP_OK:
			missed++;
			break;
		case MP_CORRUPT:
			break;
		default:
			wrong_status++;
		}
		byte = (uint8_t)(byte ^ 1u << at % 8);
		(void)!pwrite(file.fd, &byte, 1, (off_t)at);
		mp_segment_close(damaged);
	}
	ok(flips > 50 && missed == 0 && wrong_status == 0,
	    "%u bits flipped, %u missed, %u taken for something else", flips,
	    missed, wrong_status);
	ref.mac[0] ^= 1;
	mp_segment_close(segment);
	segment = reopen(&ref, file.path);
	ok(mp_segment_load(segment, &err) == MP_CORRUPT,
	    "another file than the store names: %s", err.text);
	mp_segment_close(segment);
	mp_file_close(&file);
}

static void
check_policy(void)
{
	uint64_t lengths[64];
	size_t count = 0, first, run, most = 0, i, merges = 0;
	uint64_t written = 0, added = 0;

	for (i = 0; i < 3000; i++) {
		lengths[count++] = 20000 + random_below(30000);
		added += lengths[count - 1];
		while (mp_merge_choose(&first, &run, lengths, count)) {
			uint64_t sum = 0;
			size_t k;

			for (k = first; k < first + run; k++)
				sum += lengths[k];
			written += sum;
			merges++;
			lengths[first] = sum;
			memmove(lengths + first + 1, lengths + first + run,
			    (count - first - run) * sizeof *lengths);
			count -= run - 1;
		}
		if (count > most)
			most = count;
	}
	ok(most <= MP_SEGMENTS_MAX && merges != 0 &&
	    written < added * 10, "at most %zu segments; %zu merges wrote "
	    "each byte %.1f times", most, merges,
	    (double)written / (double)added);
}

int
main(void)
{
	static const uint32_t borders[] = { 0, 1, 90, 400, 2600, DOCS };
	struct mp_segment *segments[5], *pair[3], *whole;
	struct mp_docset removed;
	uint32_t i;

	if (mkdtemp(dir) == NULL)
		return 1;
	keys = mp_keys_generate();
	cache = mp_block_cache_new();
	make_model();
	for (i = 0; i < 5; i++) {
		segments[i] = build(i + 1, borders[i], borders[i + 1],
		    segments, i);
		if (i > 1)
			check_terms(segments[i], NULL);
		check_columns(segments[i], NULL);
		check_ids(segments[i], NULL);
	}
	check_threads(segments, 5);

	mp_docset_init(&removed, DOCS);
	for (i = 0; i < DOCS; i += 1 + random_below(40))
		mp_docset_add(&removed, i);
	pair[0] = segments[0];
	pair[1] = merge(11, segments + 1, 3, segments, 5, NULL);
	pair[2] = segments[4];
	check_terms(pair[1], NULL);
	check_columns(pair[1], NULL);
	check_threads(pair, 3);
	whole = merge(12, pair, 3, pair, 3, NULL);
	check_terms(whole, NULL);
	check_columns(whole, NULL);
	check_ids(whole, NULL);
	check_threads(&whole, 1);
	ok(mp_section_length(whole, MP_SECTION_JOINS) == 0,
	    "one segment needs no joins");
	mp_segment_close(whole);
	whole = merge(13, pair, 3, pair, 3, &removed);
	check_terms(whole, &removed);
	check_columns(whole, &removed);
	check_ids(whole, &removed);
	check_threads(&whole, 1);
	check_damage(whole);
	check_policy();

	for (i = 0; i < 5; i++)
		mp_segment_close(segments[i]);
	mp_segment_close(pair[1]);
	for (i = 0; i < 14; i++) {
		char *path = segment_path(i);

		(void)unlink(path);
		free(path);
	}
	(void)rmdir(dir);
	mp_docset_clear(&removed);
	mp_block_cache_free(cache);
	mp_keys_free(keys);
	return done_testing();
}
