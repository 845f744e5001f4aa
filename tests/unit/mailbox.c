/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/strlist.h"
#include "mailbox/folders.h"
#include "mailbox/maildir.h"
#include "mailbox/mbox.h"
#include "mailbox/mh.h"
#include "mailbox/scan.h"
#include "message/message.h"

#include "tap.h"

static char *top;	/* temporary folder */

static int
memory_file(const char *data, size_t size)
{
	int fd = memfd_create("mbox", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	return fd;
}

/* --- mbox ----------------------------------------------------------- */

/* The messages of the mbox must be exactly those given, NULL-ended. */
static void
check_mbox(const char *what, const char *text, size_t len, bool mboxrd,
    const char *const *expect)
{
	struct mp_buf raw = MP_BUF_INIT(1 << 20);
	struct mp_err err = MP_ERR_INIT;
	struct mp_mbox *mbox = NULL;
	struct mp_mbox_mail mail;
	int fd = memory_file(text, len);
	bool same = true;

	if (mp_mbox_open(&mbox, fd, "test", 0, mboxrd, &err) != MP_OK) {
		ok(false, "%s: %s", what, err.text);
		(void)close(fd);
		return;
	}
	while (mp_mbox_next(&raw, &mail, mbox, &err) == MP_OK) {
		if (*expect == NULL || strlen(*expect) != raw.len ||
		    memcmp(*expect, mp_buf_text(&raw), raw.len) != 0) {
			printf("# got: %s\n", mp_buf_text(&raw));
			same = false;
		}
		if (*expect != NULL)
			expect++;
	}
	ok(same && *expect == NULL && err.status == MP_NOT_FOUND, "%s", what);
	mp_mbox_close(mbox);
	mp_buf_clear(&raw);
	(void)close(fd);
}

#define DATE " Tue Mar  4 03:33:20 2003"
#define MBOX(what, text, ...) \
	check_mbox(what, text, strlen(text), false, \
	    (const char *const[]){ __VA_ARGS__, NULL })

static void
test_mbox(void)
{
	MBOX("two messages", "From a@b" DATE "\nA: 1\n\nx\n\n"
	    "From a@b" DATE "\nA: 2\n\ny\n\n",
	    "A: 1\n\nx\n", "A: 2\n\ny\n");
	MBOX("no empty line at the end", "From a@b" DATE "\nA: 1\n\nx\n",
	    "A: 1\n\nx\n");
	MBOX("no line end at the end", "From a@b" DATE "\nA: 1\n\nx",
	    "A: 1\n\nx");
	MBOX("pipermail's addresses with blanks",
	    "From a at b.org" DATE "\nA: 1\n\n\n\n"
	    "From c at d.org " DATE "\nA: 2\n\ny\n",
	    "A: 1\n\n\n", "A: 2\n\ny\n");
	MBOX("sentences that start with From are text",
	    "From a@b" DATE "\nA: 1\n\n\nFrom here on: it works\n\n"
	    "From Russia with love\nYear: 1963\n",
	    "A: 1\n\n\nFrom here on: it works\n\n"
	    "From Russia with love\nYear: 1963\n");
	MBOX("Netscape, without an empty line between",
	    "From - \nA: 1\n\nx\nFrom - \nA: 2\n\nFrom -\nno field\n",
	    "A: 1\n\nx\n", "A: 2\n\nFrom -\nno field\n");
	MBOX("an address without a date",
	    "From 1844347@xxx\nA: 1\n\nx\n\nFrom 1844@xxx\nA: 2\n\n"
	    "y\nFrom z@xxx\nA: 3\n",
	    "A: 1\n\nx\n", "A: 2\n\ny\nFrom z@xxx\nA: 3\n");
	MBOX("a dated line in a text without an empty line before it",
	    "From a@b" DATE "\nA: 1\n\nx\nFrom c@d" DATE "\nno field\n",
	    "A: 1\n\nx\nFrom c@d" DATE "\nno field\n");
	MBOX("CRLF", "From a@b" DATE "\r\nA: 1\r\n\r\nx\r\n\r\n"
	    "From a@b" DATE "\r\nA: 2\r\n\r\ny\r\n\r\n",
	    "A: 1\r\n\r\nx\r\n", "A: 2\r\n\r\ny\r\n");
	MBOX("byte order mark and empty lines first",
	    "\xef\xbb\xbf\n\r\nFrom -\nA: 1\n\nx\n", "A: 1\n\nx\n");
	MBOX("one message without From line", "A: 1\n\nx\n\n", "A: 1\n\nx\n");
	MBOX("quoted lines stay", "From a@b" DATE "\nA: 1\n\n>From x\n>>From\n",
	    "A: 1\n\n>From x\n>>From\n");
	MBOX("the >From of a relay after the From line",
	    "From a@b" DATE "\n>From c@d" DATE " remote from e\nA: 1\n\nx\n",
	    ">From c@d" DATE " remote from e\nA: 1\n\nx\n");
	MBOX("an empty message", "From a@b" DATE "\n\nFrom a@b" DATE "\nA: 1\n",
	    "\n", "A: 1\n");
	check_mbox("NUL bytes end nothing", "From a@b" DATE "\nA: 1\n\nx\n",
	    9, false, (const char *const[]){ "", NULL });
}

static void
test_content_length(void)
{
	MBOX("mboxcl2: From lines in a body of known length",
	    "From a@b" DATE "\nContent-Length: 46\n\n"
	    "1234567890\n\nFrom x@y" DATE "\n\n"
	    "From a@b" DATE "\nA: 2\n\ny\n",
	    "Content-Length: 46\n\n1234567890\n\nFrom x@y" DATE "\n",
	    "A: 2\n\ny\n");
	MBOX("a length that ends nowhere",
	    "From a@b" DATE "\nContent-Length: 3\n\nxyz123\n\n"
	    "From a@b" DATE "\nA: 2\n\ny\n",
	    "Content-Length: 3\n\nxyz123\n", "A: 2\n\ny\n");
	MBOX("a length beyond the file",
	    "From a@b" DATE "\nContent-Length: 99999999999999999999\n\nx\n",
	    "Content-Length: 99999999999999999999\n\nx\n");
	MBOX("a received field makes no other message vanish",
	    "From a@b" DATE "\nA: 1\n\nx\n\n"
	    "From a@b" DATE "\nContent-Length: 47\n\n123\n\n"
	    "From a@b" DATE "\nA: 3\n\n1\n\n"
	    "From a@b" DATE "\nA: 4\n\n1\n",
	    "A: 1\n\nx\n", "Content-Length: 47\n\n123\n", "A: 3\n\n1\n",
	    "A: 4\n\n1\n");
}

static void
test_mboxrd(void)
{
	static const char *const mails[] = {
		"A: 1\n\nFrom x\n>From y\n>>From z\n> From\n", "A: 2\n\nno end",
		"", "\n", "\n\n", "From: x\r\n\r\n\r\n", "no header", ">", NULL
	};
	struct mp_buf all = MP_BUF_INIT(1 << 20);
	const char *const *mail;

	check_mbox("declared mboxrd", "From a@b\nA: 1\n\n>From x\n>>From\n",
	    strlen("From a@b\nA: 1\n\n>From x\n>>From\n"), true,
	    (const char *const[]){ "A: 1\n\nFrom x\n>>From\n", NULL });
	for (mail = mails; *mail != NULL; mail++)
		mp_mbox_write(&all, (const uint8_t *)*mail, strlen(*mail),
		    1046748800);
	ok(strncmp(mp_buf_text(&all), "From mp@localhost" DATE "\n",
	    strlen("From mp@localhost" DATE "\n")) == 0, "our From line");
	check_mbox("our own mboxrd gives every byte back",
	    mp_buf_text(&all), all.len, false, mails);
	mp_buf_clear(&all);
}

static void
test_mbox_offsets(void)
{
	static const char text[] = "From a@b" DATE "\nStatus: RO\n"
	    "X-Status: A\n\nx\n\nFrom a@b" DATE "\nA: 2\n\ny\n";
	struct mp_buf raw = MP_BUF_INIT(1 << 20), small = MP_BUF_INIT(10);
	struct mp_err err = MP_ERR_INIT;
	struct mp_mbox *mbox = NULL;
	struct mp_mbox_mail mail;
	int fd = memory_file(text, strlen(text));
	uint64_t second;

	ok(mp_mbox_open(&mbox, fd, "test", 0, false, &err) == MP_OK &&
	    mp_mbox_next(&raw, &mail, mbox, &err) == MP_OK, "opens");
	ok(mail.received == 1046748800, "the date of the From line");
	ok(mail.flags == (MP_MAIL_KNOWN | MP_MAIL_SEEN | MP_MAIL_REPLIED),
	    "Status and X-Status");
	second = mail.end;
	mp_mbox_close(mbox);
	ok(mp_mbox_open(&mbox, fd, "test", second, false, &err) == MP_OK &&
	    mp_mbox_next(&raw, &mail, mbox, &err) == MP_OK &&
	    strcmp(mp_buf_text(&raw), "A: 2\n\ny\n") == 0,
	    "goes on from an offset");
	ok(mail.flags == 0, "without Status nothing is known");
	mp_mbox_close(mbox);
	ok(mp_mbox_open(&mbox, fd, "test", second - 3, false, &err) ==
	    MP_INVALID, "an offset without From line: %s", err.text);
	mp_err_clear(&err);
	ok(mp_mbox_open(&mbox, fd, "test", 0, false, &err) == MP_OK &&
	    mp_mbox_next(&small, &mail, mbox, &err) == MP_INVALID,
	    "too long: %s", err.text);
	mp_err_clear(&err);
	ok(mp_mbox_next(&small, &mail, mbox, &err) == MP_OK &&
	    strcmp(mp_buf_text(&small), "A: 2\n\ny\n") == 0,
	    "the next one is read");
	mp_mbox_close(mbox);
	mp_buf_clear(&raw);
	mp_buf_clear(&small);
	(void)close(fd);
}

/* --- scan ----------------------------------------------------------- */

static void
check_id(const char *raw, const char *expect)
{
	struct mp_buf id = MP_BUF_INIT(1000);
	bool found = mp_scan_id(&id, (const uint8_t *)raw, strlen(raw));

	ok(found == (expect[0] != '\0') &&
	    strcmp(mp_buf_text(&id), expect) == 0, "id '%s'", expect);
	mp_buf_clear(&id);
}

static void
check_date(const char *text, int64_t expect)
{
	char *raw = mp_asprintf("Subject: x\nDate: %s\n\nbody", text);
	int64_t got = mp_scan_date((const uint8_t *)raw, strlen(raw));

	ok(got == expect, "date '%s': %lld", text, (long long)got);
	free(raw);
}

static void
test_scan(void)
{
	check_id("Message-ID: <a@b>\n\n", "a@b");
	check_id("A: 1\r\nMESSAGE-id:\r\n <a@b>\r\n\r\n", "a@b");
	check_id("Message-Id : a@b\n", "a@b");
	check_id("Message-ID: <a\n b@c> (comment)\n", "ab@c");
	check_id("Message-ID:\n\n", "");
	check_id("A: 1\n\nMessage-ID: <a@b>\n", "");
	check_id("X-Message-ID: <a@b>\nMessage-ID: <c@d>\n"
	    "Message-ID: <e@f>\n", "c@d");
	check_date("Tue, 24 Nov 2020 10:30:00 +0000", 1606213800);
	check_date("24 Nov 20 12:30 +0200 (CEST)", 1606213800);
	check_date("Tue Nov 24 10:30:00 2020", 1606213800);
	check_date("Tue, 24-Nov-2020 05:30:00 -0500", 1606213800);
	check_date("1 Jan 1970 00:00:00 GMT", 0);
	check_date("29 Feb 2000 00:00:00", 951782400);
	check_date("yesterday", 0);
	ok(mp_mail_from_line((const uint8_t *)"From x\nA: 1\n", 12) == 7,
	    "a From line");
	ok(mp_mail_from_line((const uint8_t *)"From : x\nA: 1\n", 14) == 0 &&
	    mp_mail_from_line((const uint8_t *)"From: x\nA: 1\n", 13) == 0,
	    "a From field is none");
}

/* Each message's id is the one that the parser of lib/message finds. */
static void
compare_ids(const char *const *raws)
{
	for (; *raws != NULL; raws++) {
		const uint8_t *raw = (const uint8_t *)*raws;
		struct mp_message *message = mp_message_new(raw,
		    strlen(*raws));

		check_id(*raws, mp_message_id(message));
		mp_message_free(message);
	}
}

static void
test_same_ids(void)
{
	static const char *const raws[] = {
		"Message-ID: <a@b\n\n", "Message-ID: a> <b@c>\n\n",
		"Message-ID: <> <b@c>\n", "Message-ID: < \n > x\n",
		"Message-ID:\r\n\t<a b@c>\r\n", "Message-ID : \001<a>\n",
		"From x\n>From y\nMessage-ID: <a>\n",
		"A: 1\nno field\nMessage-ID: <a>\n",
		"--b: 1\nMessage-ID: <a>\n", "A\n :\nMessage-ID: <a>\n",
		" x\nMessage-ID: <a>\n", "Message-ID: <<a@b>>\n",
		"\r\nMessage-ID: <a>\n", "A: 1\n \nMessage-ID: <a>\n",
		"Message-ID\n: <a>\n", "Message-ID: <\303\251@b>\n",
		"Message-ID:  a b  \n c\nMessage-ID: <x>\n", NULL
	};

	compare_ids(raws);
}

/* Likewise for a corpus; how far dates differ is only looked at. */
static void
test_corpus_ids(const char *path)
{
	struct mp_buf raw = MP_BUF_INIT(1 << 20), id = MP_BUF_INIT(10000);
	struct mp_err err = MP_ERR_INIT;
	struct mp_mbox *mbox = NULL;
	struct mp_mbox_mail mail;
	int fd = open(path, O_RDONLY);
	int ids = 0, dates = 0, count = 0;

	if (fd < 0 || mp_mbox_open(&mbox, fd, path, 0, false, &err) != MP_OK)
		return;
	while (mp_mbox_next(&raw, &mail, mbox, &err) == MP_OK) {
		struct mp_message *message = mp_message_new(raw.data,
		    raw.len);

		mp_buf_reset(&id);
		(void)mp_scan_id(&id, raw.data, raw.len);
		ids += strcmp(mp_buf_text(&id), mp_message_id(message)) == 0;
		dates += mp_scan_date(raw.data, raw.len) ==
		    mp_message_date(message);
		count++;
		mp_message_free(message);
	}
	ok(count > 50 && ids == count, "%d of %d ids of %s", ids, count,
	    path);
	ok(dates >= count - count / 50, "%d of %d dates", dates, count);
	mp_mbox_close(mbox);
	mp_buf_clear(&raw);
	mp_buf_clear(&id);
	(void)close(fd);
}

/* --- folders -------------------------------------------------------- */

static void
put(const char *path, const char *text)
{
	struct mp_err err = MP_ERR_INIT;
	char *full = mp_asprintf("%s/%s", top, path);
	char *slash = strrchr(full, '/');
	int fd;

	*slash = '\0';
	if (mp_path_make(full, &err) != MP_OK)
		abort();
	*slash = '/';
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	(void)close(fd);
	free(full);
}

static void
count_report(void *arg, const struct mp_err *err)
{
	(void)err;
	++*(int *)arg;
}

/* Walk and give "FOLDER NAME FLAGS;" of each readable file, sorted. */
static char *
walk(const char *root, bool mh, int *reports)
{
	struct mp_buf text = MP_BUF_INIT(1 << 16), raw = MP_BUF_INIT(1000);
	struct mp_strlist found = MP_STRLIST_INIT;
	struct mp_err err = MP_ERR_INIT;
	struct mp_folders *folders = NULL;
	struct mp_mail_file file;
	int64_t mtime;
	size_t i;

	*reports = 0;
	if (mp_folders_open(&folders, root, mh, count_report, reports,
	    &err) != MP_OK)
		abort();
	while (mp_folders_next(&file, folders)) {
		if (mp_folders_read(&raw, &mtime, folders, &err) == MP_OK)
			mp_strlist_take(&found, mp_asprintf("%s %.*s %d",
			    file.folder, (int)file.name_len, file.name,
			    file.flags));
		else if (err.text[0] != '\0')
			++*reports;
		mp_err_clear(&err);
	}
	mp_folders_close(folders);
	mp_strlist_sort(&found);
	for (i = 0; i < found.count; i++)
		mp_buf_printf(&text, "%s;", found.items[i]);
	mp_strlist_clear(&found);
	mp_buf_clear(&raw);
	return text.data != NULL ? (char *)text.data : mp_strdup("");
}

static void
check_walk(const char *what, const char *below, bool mh, int expect_reports,
    const char *expect)
{
	char *root = mp_asprintf("%s/%s", top, below);
	int reports;
	char *got = walk(root, mh, &reports);

	if (!ok(strcmp(got, expect) == 0, "%s", what))
		printf("# got: %s\n", got);
	ok(reports == expect_reports, "%s: %d reports", what, reports);
	free(got);
	free(root);
}

static void
test_folders(void)
{
	char *link = mp_asprintf("%s/md/again", top);
	char *loop = mp_asprintf("%s/md/.Sent/loop", top);
	char *fifo = mp_asprintf("%s/md/new/fifo", top);

	put("md/cur/1:2,FS", "Subject: 1\n");
	put("md/cur/2", "no mail but in cur");
	put("md/cur/.hidden", "Subject: 1\n");
	put("md/new/3:2,S", "From a@b\nSubject: 3\n");
	put("md/new/empty", "");
	put("md/tmp/4", "Subject: 4\n");
	put("md/dovecot-uidlist", "3 V1\n");
	put("md/.Sent/cur/5:2,RPDT", "Subject: 5\n");
	put("md/.git/config", "Subject: 1\n");
	put("md/sub/plain", "X: 1\nTo: x\n\nbody\n");
	put("md/sub/readme", "This is no mail.\n\nSubject: x\n");
	put("md/sub/tmp/6", "From: x\n");
	if (symlink(".", link) != 0 || symlink("..", loop) != 0 ||
	    mkfifo(fifo, 0600) != 0)
		abort();
	check_walk("a tree of all kinds", "md", false, 1,
	    ".Sent/cur 5 186;cur 1 133;cur 2 0;new 3 129;"
	    "sub plain 0;sub/tmp 6 0;");
	put("mh/.mh_sequences", "cur: 1\nunseen: 2-3 9\nflagged: 1\n"
	    "replied: 3-1 x 1\nunseen\n");
	put("mh/1", "no mail");
	put("mh/2", "Subject: x\n");
	put("mh/,3", "Subject: x\n");
	put("mh/03", "Subject: x\n");
	put("mh/note", "Subject: x\n");
	put("mh/in/3", "Subject: x\n");
	check_walk("an MH folder by its sequences", "mh", false, 0,
	    " 1 135; 2 128;in 3 0;");
	check_walk("an MH folder by name", "mh", true, 0,
	    " 1 135; 2 128;in 3 129;");
	free(link);
	free(loop);
	free(fifo);
}

static void
test_maildir_delivery(void)
{
	struct mp_err err = MP_ERR_INIT;
	struct mp_maildir *maildir = NULL;
	char *path = mp_asprintf("%s/out", top);
	char info[MP_MAILDIR_INFO];
	int reports;
	char *got;

	mp_maildir_info(info, 63);
	ok(strcmp(info, ":2,DFPRST") == 0, "all flags: %s", info);
	ok(mp_maildir_create(&maildir, path, true, &err) == MP_OK, "create");
	ok(mp_maildir_deliver(maildir, (const uint8_t *)"A: 1\n", 5,
	    MP_MAIL_SEEN, 1000000000, &err) == MP_OK, "deliver to cur");
	ok(mp_maildir_deliver(maildir, (const uint8_t *)"A: 2\n", 5,
	    MP_MAIL_KNOWN, 1000000000, &err) == MP_OK, "deliver to new");
	ok(mp_maildir_finish(maildir, &err) == MP_OK, "finish");
	got = walk(path, false, &reports);
	ok(strncmp(got, "cur ", 4) == 0 && strstr(got, " 129;new ") != NULL &&
	    strstr(got, " 128;") != NULL, "read back: %s", got);
	free(got);
	free(path);
}

static void
remove_top(void)
{
	char *command[] = { (char[]){ "rm" }, (char[]){ "-rf" }, top, NULL };

	(void)execvp(command[0], command);
}

int
main(void)
{
	char path[] = "/tmp/mp-mailbox-XXXXXX";
	int result;

	top = mkdtemp(path);
	if (top == NULL)
		return 1;
	test_mbox();
	test_content_length();
	test_mboxrd();
	test_mbox_offsets();
	test_scan();
	test_same_ids();
	test_corpus_ids("tests/data/sample.mbox");
	test_folders();
	test_maildir_delivery();
	result = done_testing();
	(void)fflush(stdout);
	if (result == 0)
		remove_top();
	return result;
}
