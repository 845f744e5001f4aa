/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "pack/recfile.h"
#include "store/check.h"
#include "tap.h"

static char dir[] = "/tmp/mp-unit-store-XXXXXX";
static struct mp_keys *keys;
static struct mp_err err = MP_ERR_INIT;

static struct mp_store *
open_store(enum mp_store_mode mode)
{
	struct mp_store_options options = { .path = dir, .keys = keys,
	    .mode = mode, .wait_s = 0, .writer = "unit" };
	struct mp_store *store = NULL;

	if (mp_store_open(&store, &options, &err) != MP_OK)
		printf("# %s\n", err.text);
	return store;
}

static struct mp_place
add_mail(struct mp_store *store, size_t len, const char *id)
{
	uint8_t *raw = mp_malloc(len);
	struct mp_arrival arrival = { .raw = raw, .len = len, .id = id,
	    .folder = "inbox/cur", .received = 1000 };
	struct mp_place place = { 0, 0 };
	uint32_t docid;
	size_t i;

	for (i = 0; i < len; i++)
		raw[i] = (uint8_t)(i * i >> 3 ^ len);
	if (mp_store_add(&docid, &place, store, &arrival, &err) != MP_OK)
		printf("# %s\n", err.text);
	free(raw);
	return place;
}

static bool
mail_is(struct mp_store *store, uint32_t docid, struct mp_place place,
    size_t len, const char *id)
{
	struct mp_message_reader *reader = mp_store_reader_new(store);
	struct mp_buf raw = MP_BUF_INIT(1 << 30);
	struct mp_message_info info;
	bool good;
	size_t i;

	good = mp_store_read(&raw, &info, reader, docid, place, &err) ==
	    MP_OK && raw.len == len && strcmp(info.id, id) == 0 &&
	    strcmp(info.folder, "inbox/cur") == 0 && info.received == 1000;
	if (err.status != MP_OK)
		printf("# %s\n", err.text);
	for (i = 0; good && i < len; i++)
		good = raw.data[i] == (uint8_t)(i * i >> 3 ^ len);
	free(info.id);
	free(info.folder);
	mp_buf_clear(&raw);
	mp_store_reader_free(reader);
	return good;
}

static uint32_t
count_bits(struct mp_store *store, const char *name)
{
	struct mp_docset set = MP_DOCSET_INIT;
	uint32_t count;

	if (mp_store_bits_load(&set, store, name, &err) != MP_OK)
		printf("# %s\n", err.text);
	count = mp_docset_count(&set);
	mp_docset_clear(&set);
	return count;
}

static bool
value_is(struct mp_store *store, const char *key, const char *expected)
{
	struct mp_buf value = MP_BUF_INIT(1 << 20);
	enum mp_status status = mp_store_get(&value, store, "config", key,
	    &err);
	bool good = expected == NULL ? status == MP_NOT_FOUND :
	    status == MP_OK && strcmp(mp_buf_text(&value), expected) == 0;

	mp_buf_clear(&value);
	return good;
}

static size_t
pending(struct mp_store *store)
{
	struct mp_pending *list = NULL;
	size_t count = 0;

	if (mp_store_pending(&list, &count, store, &err) != MP_OK)
		printf("# %s\n", err.text);
	free(list);
	return count;
}

static const size_t sizes[] = { 0, 1, 700, 65536, 65000, 300000, 3 << 20 };
#define MAILS (sizeof sizes / sizeof sizes[0])
static struct mp_place places[MAILS];

static void
check_content(const char *when)
{
	struct mp_store *store = open_store(MP_STORE_READ);
	struct mp_strlist names = MP_STRLIST_INIT;
	size_t i, good = 0;

	if (!ok(store != NULL, "%s: opens to read", when))
		return;
	ok(mp_store_end(store) == MAILS, "%s: the number of mails", when);
	for (i = 0; i < MAILS; i++) {
		char *id = mp_asprintf("mail-%zu@example.org", i);

		good += mail_is(store, (uint32_t)i, places[i], sizes[i], id);
		free(id);
	}
	ok(good == MAILS, "%s: all mails are byte for byte there", when);
	ok(count_bits(store, "t:inbox") == 5, "%s: a tag", when);
	ok(count_bits(store, "t:none") == 0, "%s: a tag nobody has", when);
	ok(value_is(store, "name", "second") && value_is(store, "gone", NULL),
	    "%s: values", when);
	ok(mp_store_bits_names(&names, store, "t:", &err) == MP_OK &&
	    names.count == 2 && strcmp(names.items[1], "t:todo") == 0,
	    "%s: names of tags", when);
	mp_strlist_clear(&names);
	ok(mp_store_bits_of(&names, store, 3, "t:", &err) == MP_OK &&
	    names.count == 1 && strcmp(names.items[0], "t:inbox") == 0,
	    "%s: tags of one mail", when);
	mp_strlist_clear(&names);
	mp_strlist_clear(&names);
	ok(pending(store) == 3, "%s: mails that no segment covers", when);
	mp_store_close(store);
}

static void
fill(void)
{
	struct mp_store *store = open_store(MP_STORE_WRITE);
	struct mp_segment_ref segment = { .id = 7, .first = 0, .end = 4 };
	struct mp_docset set, other;
	size_t i;

	ok(mp_store_begin(store, &err) == MP_OK, "begin");
	for (i = 0; i < MAILS; i++) {
		char *id = mp_asprintf("mail-%zu@example.org", i);

		places[i] = add_mail(store, sizes[i], id);
		free(id);
	}
	mp_docset_init(&set, MAILS);
	mp_docset_init(&other, MAILS);
	mp_docset_add_range(&set, 0, MAILS);
	ok(mp_store_bits_change(store, "t:inbox", &set, NULL, &err) == MP_OK,
	    "tag all");
	mp_docset_add(&other, 2);
	mp_docset_add(&other, 4);
	ok(mp_store_bits_change(store, "t:inbox", NULL, &other, &err) ==
	    MP_OK && mp_store_bits_change(store, "t:todo", &other, NULL,
	    &err) == MP_OK, "untag two");
	ok(count_bits(store, "t:inbox") == 5, "a change shows before commit");
	ok(mp_store_put(store, "config", "name", "first", 5, &err) == MP_OK &&
	    mp_store_put(store, "config", "gone", "x", 1, &err) == MP_OK &&
	    mp_store_commit(store, &err) == MP_OK, "commit");
	ok(mp_store_begin(store, &err) == MP_OK &&
	    mp_store_put(store, "config", "name", "second", 6, &err) ==
	    MP_OK && mp_store_delete(store, "config", "gone", &err) == MP_OK &&
	    mp_store_segments_set(store, &segment, 1, &err) == MP_OK &&
	    mp_store_commit(store, &err) == MP_OK, "a second commit");
	ok(mp_store_begin(store, &err) == MP_OK &&
	    mp_store_segments_set(store, NULL, 0, &err) == MP_BUG,
	    "a list of segments that covers less is refused");
	mp_docset_clear(&set);
	mp_docset_clear(&other);
	mp_store_close(store);
}

/* What is written but not committed is gone at the next open. */
static void
check_uncommitted(void)
{
	struct mp_store *store = open_store(MP_STORE_WRITE);

	ok(mp_store_begin(store, &err) == MP_OK, "begin, to be dropped");
	(void)add_mail(store, 5000, "dropped@example.org");
	ok(mp_store_put(store, "config", "name", "third", 5, &err) == MP_OK,
	    "a change that is dropped");
	mp_store_close(store);
	check_content("after a dropped transaction");
}

static size_t
count_files(const char *name)
{
	char *path = mp_asprintf("%s/%s", dir, name);
	DIR *folder = opendir(path);
	size_t count = 0;

	while (folder != NULL && readdir(folder) != NULL)
		count++;
	if (folder != NULL)
		(void)closedir(folder);
	free(path);
	return count < 2 ? 0 : count - 2;
}

static ssize_t
full_disk(int fd, const void *from, size_t len, off_t at)
{
	(void)fd;
	(void)from;
	(void)len;
	(void)at;
	errno = ENOSPC;
	return -1;
}

/* A torn tail that cannot be moved aside is no reason not to read. */
static void
check_full_disk(void)
{
	struct mp_store *store;

	mp_io.pwrite = full_disk;
	store = open_store(MP_STORE_WRITE);
	ok(store == NULL && err.status == MP_RETRY,
	    "a full disk keeps writers out: %s", err.text);
	mp_store_close(store);
	store = open_store(MP_STORE_READ);
	ok(store != NULL && count_bits(store, "t:inbox") == 5,
	    "but no readers");
	mp_store_close(store);
	mp_io.pwrite = pwrite;
}

/* Append garbage to a store file, as a torn write would leave it. */
static void
append_garbage(const char *name)
{
	char *path = mp_asprintf("%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_APPEND);
	static const char garbage[1000] = "garbage";

	ok(fd >= 0 && write(fd, garbage, sizeof garbage) ==
	    sizeof garbage, "garbage in %s", name);
	(void)close(fd);
	free(path);
}

/* Append a copy of bytes that the file has already. */
static void
append_copy(const char *name, off_t from, off_t end)
{
	char *path = mp_asprintf("%s/%s", dir, name);
	int fd = open(path, O_RDWR);
	char bytes[4096];
	size_t len = (size_t)(end - from);

	ok(len <= sizeof bytes && pread(fd, bytes, len, from) ==
	    (ssize_t)len && pwrite(fd, bytes, len, lseek(fd, 0, SEEK_END)) ==
	    (ssize_t)len, "%zu old bytes at the end of %s", len, name);
	(void)close(fd);
	free(path);
}

static void
flip(const char *name, off_t at)
{
	char *path = mp_asprintf("%s/%s", dir, name);
	int fd = open(path, O_RDWR);
	char byte = 0;

	if (pread(fd, &byte, 1, at) == 1) {
		byte = (char)(byte ^ 1);
		if (pwrite(fd, &byte, 1, at) != 1)
			printf("# cannot flip\n");
	}
	(void)close(fd);
	free(path);
}

static void
remove_file(const char *name)
{
	char *path = mp_asprintf("%s/%s", dir, name);

	ok(unlink(path) == 0, "%s removed", name);
	free(path);
}

struct tally {
	unsigned notes, mendable, losses;
	uint32_t docid;
};

static void
count_finding(void *arg, const struct mp_finding *finding)
{
	struct tally *tally = arg;

	printf("# %s %s at %llu: %s\n", finding->damage == MP_DAMAGE_LOSS ?
	    "loss" : "found", finding->where,
	    (unsigned long long)finding->offset, finding->text);
	if (finding->damage == MP_DAMAGE_NOTE)
		tally->notes++;
	else if (finding->damage == MP_DAMAGE_MENDABLE)
		tally->mendable++;
	else
		tally->losses++;
	if (finding->docid != MP_DOCSET_END)
		tally->docid = finding->docid;
}

/* Run all checks; gives what they found. */
static struct tally
check_store(bool repair)
{
	struct mp_store_options options = { .path = dir, .keys = keys,
	    .mode = MP_STORE_WRITE, .writer = "unit" };
	struct tally tally = { 0, 0, 0, MP_DOCSET_END };
	struct mp_check check = { repair, count_finding, &tally };
	struct mp_store *store;

	if (mp_store_check_log(&options, &check, &err) != MP_OK)
		printf("# %s\n", err.text);
	store = open_store(MP_STORE_WRITE);
	if (store == NULL) {
		tally.losses = 99;
		return tally;
	}
	if (mp_store_check_catalogue(store, &check, &err) != MP_OK ||
	    mp_store_check_packs(store, &check, &err) != MP_OK)
		printf("# %s\n", err.text);
	mp_store_close(store);
	return tally;
}

static void
check_damage(void)
{
	struct mp_store *store;
	struct mp_message_reader *reader;
	struct mp_buf raw = MP_BUF_INIT(1 << 30);
	struct tally tally;

	flip("pack/0000000000000001", (off_t)places[3].offset + 100);
	store = open_store(MP_STORE_READ);
	reader = mp_store_reader_new(store);
	ok(mp_store_read(&raw, NULL, reader, 3, places[3], &err) ==
	    MP_CORRUPT && strstr(err.text, "pack/0000000000000001") != NULL,
	    "a flipped bit of a pack is named: %s", err.text);
	ok(mp_store_read(&raw, NULL, reader, 2, places[3], &err) ==
	    MP_CORRUPT, "another document's place");
	mp_store_reader_free(reader);
	mp_store_close(store);
	flip("pack/0000000000000001", (off_t)places[3].offset + 100);
	flip("pack/0000000000000001", 50);
	flip("pack/0000000000000001", 8192 + 100);
	flip("log/0000000000000001", 50);
	check_content("with the first of two headers and dictionaries broken");
	tally = check_store(true);
	ok(tally.mendable == 3 && tally.losses == 0,
	    "they are mended from their copies");
	flip("log/0000000000000001", 8192 + 240);
	remove_file("cat.tdb");
	store = NULL;
	ok(open_store(MP_STORE_READ) == NULL && err.status == MP_CORRUPT,
	    "a flipped bit of the log is named: %s", err.text);
	flip("log/0000000000000001", 8192 + 240);
	mp_buf_clear(&raw);
}

static enum mp_status
count_event(void *arg, const struct mp_event *event, struct mp_err *unused)
{
	unsigned *counts = arg;

	(void)unused;
	counts[event->type]++;
	return MP_OK;
}

static void
check_history(void)
{
	struct mp_store *store = open_store(MP_STORE_READ);
	unsigned counts[8] = { 0 };
	struct mp_pending *all;
	size_t count;

	ok(mp_store_history(store, 0, count_event, counts, &err) == MP_OK &&
	    counts[MP_EVENT_COMMIT] == 3 && counts[MP_EVENT_MESSAGES] == 1 &&
	    counts[MP_EVENT_BITS] == 3 && counts[MP_EVENT_VALUE] == 4,
	    "the history has all events");
	ok(mp_store_all(&all, &count, store, &err) == MP_OK &&
	    count == MAILS && all[3].place.offset == places[3].offset,
	    "all mails are in the log");
	free(all);
	mp_store_close(store);
}

static bool
is_sound(void)
{
	struct tally tally = check_store(false);

	return tally.notes + tally.mendable + tally.losses == 0;
}

/* The offset in the log of the record number, counted from 0. */
static off_t
log_record(unsigned number)
{
	struct mp_recfile *file = NULL;
	struct mp_record record = { .next = MP_RECFILE_HEADER };
	char *path = mp_asprintf("%s/log/0000000000000001", dir);

	if (mp_recfile_open(&file, path, MP_RECFILE_LOG, 1, keys, false,
	    &err) != MP_OK)
		printf("# %s\n", err.text);
	do
		if (mp_recfile_read(&record, file, record.next, &err) !=
		    MP_OK)
			printf("# %s\n", err.text);
	while (number-- != 0);
	mp_recfile_close(file);
	free(path);
	return (off_t)record.offset;
}

static void
check_purge(void)
{
	struct mp_store *store = open_store(MP_STORE_WRITE);
	struct mp_docset gone;
	uint64_t freed = 0;

	mp_docset_init(&gone, MAILS);
	mp_docset_add(&gone, 6);
	ok(mp_store_begin(store, &err) == MP_OK && mp_store_bits_change(store,
	    "x:removed", &gone, NULL, &err) == MP_OK &&
	    mp_store_purge(&freed, store, &err) == MP_OK &&
	    mp_store_commit(store, &err) == MP_OK && freed > 1000,
	    "%llu bytes of a removed message are given back",
	    (unsigned long long)freed);
	ok(!mail_is(store, 6, places[6], sizes[6], "mail-6@example.org") &&
	    mail_is(store, 5, places[5], sizes[5], "mail-5@example.org"),
	    "it is gone, the one beside it is not");
	ok(mp_store_begin(store, &err) == MP_OK &&
	    mp_store_purge(&freed, store, &err) == MP_OK && freed == 0,
	    "once");
	mp_docset_clear(&gone);
	mp_store_close(store);
	ok(is_sound(), "a purged store is sound");
}

/*
 * The log is: 0 COMMIT | 1, 2 BITS, 3 BITS, 4, 5 VALUE, 6 MESSAGES,
 * 7 COMMIT | 8, 9 VALUE, 10 SEGMENTS, 11 COMMIT.
 */
static void
check_repair(void)
{
	struct tally tally;
	struct mp_store *store;
	off_t value, after_value;

	/* two tails went aside, nothing else is there to tell */
	ok(is_sound(), "a whole store is sound");
	flip("log/0000000000000001", 50);
	tally = check_store(true);
	ok(tally.mendable == 1 && tally.losses == 0 && is_sound(),
	    "a broken header is mended from its copy");

	value = log_record(4);
	after_value = log_record(5);
	flip("log/0000000000000001", log_record(6) + 100);
	ok(check_store(false).losses != 0, "a lost MESSAGES event is told");
	/* an event of old, put at the end, must not come true again */
	append_copy("log/0000000000000001", value, after_value);
	tally = check_store(true);
	ok(tally.mendable == MAILS && is_sound(),
	    "its messages are found again in the packs");
	store = open_store(MP_STORE_READ);
	ok(store != NULL && count_bits(store, "t:inbox") == 5 &&
	    value_is(store, "name", "second") && mp_store_end(store) == MAILS,
	    "the events around the damage are there");
	mp_store_close(store);

	flip("pack/0000000000000001", (off_t)places[4].offset + 100);
	tally = check_store(true);
	ok(tally.losses == 1 && tally.docid == 4,
	    "a lost message is named");
	store = open_store(MP_STORE_READ);
	ok(count_bits(store, "x:lost") == 1 &&
	    mail_is(store, 5, places[5], sizes[5], "mail-5@example.org"),
	    "those beside it are there");
	mp_store_close(store);
	ok(is_sound(), "and the loss is told once");
	check_purge();
	remove_file("pack/0000000000000001");
	tally = check_store(false);
	ok(tally.losses == MAILS - 1, "a missing pack: every message is named");
}

static void
remove_all(void)
{
	char *command[] = { (char[]){ "rm" }, (char[]){ "-rf" }, dir, NULL };

	if (fork() == 0)
		_exit(execvp(command[0], command));
}

int
main(void)
{
	struct mp_store *writer;

	if (mkdtemp(dir) == NULL)
		return 1;
	keys = mp_keys_generate();
	ok(mp_store_create(dir, keys, &err) == MP_OK, "create: %s", err.text);
	ok(mp_store_create(dir, keys, &err) == MP_EXISTS, "create again");
	fill();
	check_content("filled");
	check_uncommitted();
	append_garbage("pack/0000000000000001");
	append_garbage("log/0000000000000001");
	check_full_disk();
	writer = open_store(MP_STORE_WRITE);
	ok(writer != NULL, "opens to write after a crash");
	ok(open_store(MP_STORE_WRITE) == NULL && err.status == MP_RETRY,
	    "a second writer waits: %s", err.text);
	mp_store_close(writer);
	ok(count_files("aside") >= 2, "the tails were moved aside");
	check_content("after a crash");
	remove_file("cat.tdb");
	check_content("without its catalogue");
	check_damage();
	check_content("mended");
	check_history();
	check_repair();
	mp_keys_free(keys);
	remove_all();
	return done_testing();
}
