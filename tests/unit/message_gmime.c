/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The same mail read by lib/message and by GMime: headers, structure and
 * content are the same, but for differences that are explained below. Reads
 * tests/data/sample.mbox and the SpamAssassin corpus in $MP_TEST_SA; as a
 * tool, the files and folders named, and prints each difference.
 */
#include <ftw.h>
#include <gmime/gmime.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "message/address.h"
#include "message/message.h"
#include "tap.h"

#define MAIL_MAX (64u << 20)

enum kind {
	SUBJECT,
	FROM,
	TO,
	DATE,
	STRUCTURE,
	FILENAME,
	CONTENT,
	TEXT,
	KINDS
};

/* How many mails of the SpamAssassin corpus may differ, and why they do. */
static const struct {
	const char *name;
	unsigned max;
	const char *reason;
} kinds[KINDS] = {
	[SUBJECT] = { "subject", 4, "GMime cuts ISO-2022-JP words that are "
	    "split, and takes windows-1252 bytes for controls" },
	[FROM] = { "from", 9, "GMime leaves out 8-bit addresses and names "
	    "without address" },
	[TO] = { "to", 61, "likewise, and file names and groups in <>" },
	[DATE] = { "date", 9, "GMime does not know am and pm" },
	[STRUCTURE] = { "structure", 0, "none" },
	[FILENAME] = { "filename", 0, "none" },
	[CONTENT] = { "content", 11, "GMime drops the last bytes of base64 "
	    "without padding, keeps \"=\" before blanks at a line's end" },
	[TEXT] = { "text", 265, "GMime leaves bytes in no declared charset, "
	    "takes windows-1252 bytes for controls" }
};

static unsigned differ[KINDS];
static unsigned mails;
static bool verbose;
static const char *current;

static void
differs(enum kind kind, const char *ours, const char *theirs)
{
	differ[kind]++;
	if (verbose)
		printf("# %s %s\n#  ours   %.200s\n#  gmime  %.200s\n",
		    kinds[kind].name, current, ours, theirs);
}

/* Runs of blanks count as one, at the ends as none. */
static char *
squeeze(const char *text)
{
	char *copy = mp_malloc(strlen(text) + 1), *to = copy;

	for (; *text != '\0'; text++) {
		bool blank = strchr(" \t\r\n", *text) != NULL;

		if (!blank)
			*to++ = *text;
		else if (to > copy && to[-1] != ' ')
			*to++ = ' ';
	}
	if (to > copy && to[-1] == ' ')
		to--;
	*to = '\0';
	return copy;
}

static void
compare_text(enum kind kind, const char *ours, const char *theirs)
{
	char *left = squeeze(ours);
	char *right = squeeze(theirs != NULL ? theirs : "");

	if (strcmp(left, right) != 0)
		differs(kind, left, right);
	free(left);
	free(right);
}

static void
list_addresses(struct mp_buf *to, InternetAddressList *list)
{
	int i, count = list == NULL ? 0 : internet_address_list_length(list);

	for (i = 0; i < count; i++) {
		InternetAddress *each =
		    internet_address_list_get_address(list, i);
		const char *name = internet_address_get_name(each);

		if (INTERNET_ADDRESS_IS_GROUP(each)) {
			InternetAddressList *members =
			    internet_address_group_get_members(
			    INTERNET_ADDRESS_GROUP(each));

			if (members != NULL &&
			    internet_address_list_length(members) != 0)
				list_addresses(to, members);
			else
				mp_buf_printf(to, "%s|;",
				    name != NULL ? name : "");
			continue;
		}
		mp_buf_printf(to, "%s|%s;", name != NULL ? name : "",
		    internet_address_mailbox_get_addr(
		    INTERNET_ADDRESS_MAILBOX(each)));
	}
}

static void
compare_addresses(enum kind kind, const struct mp_addresses *ours,
    InternetAddressList *theirs)
{
	struct mp_buf left = MP_BUF_INIT(MAIL_MAX);
	struct mp_buf right = MP_BUF_INIT(MAIL_MAX);
	size_t i;

	for (i = 0; i < ours->count; i++)
		mp_buf_printf(&left, "%s|%s;", ours->items[i].name,
		    ours->items[i].address);
	list_addresses(&right, theirs);
	compare_text(kind, mp_buf_text(&left), mp_buf_text(&right));
	mp_buf_clear(&left);
	mp_buf_clear(&right);
}

static void
compare_headers(struct mp_message *ours, GMimeMessage *theirs)
{
	GDateTime *date = g_mime_message_get_date(theirs);
	gint64 when = date != NULL ? g_date_time_to_unix(date) : 0;

	compare_text(SUBJECT, mp_message_subject(ours),
	    g_mime_message_get_subject(theirs));
	compare_addresses(FROM, mp_message_addresses(ours, MP_ADDRESS_FROM),
	    g_mime_message_get_from(theirs));
	compare_addresses(TO, mp_message_addresses(ours, MP_ADDRESS_TO),
	    g_mime_message_get_to(theirs));
	if (when != mp_message_date(ours)) {
		char left[32];
		const char *text = mp_message_field(ours, "date", 0);

		(void)snprintf(left, sizeof left, "%lld %lld",
		    (long long)mp_message_date(ours), (long long)when);
		differs(DATE, left, text != NULL ? text : "");
	}
}

static void
compare_bytes(enum kind kind, const struct mp_buf *ours, const void *theirs,
    size_t len)
{
	size_t i = 0;
	const char *right = theirs;

	if (ours->len == len && (len == 0 ||
	    memcmp(ours->data, theirs, len) == 0))
		return;
	while (i < ours->len && i < len &&
	    ours->data[i] == (uint8_t)right[i])
		i++;
	differ[kind]++;
	if (verbose)
		printf("# %s %s: at %zu of %zu and %zu\n#  ours   %.60s\n"
		    "#  gmime  %.60s\n", kinds[kind].name, current, i,
		    ours->len, len, mp_buf_text(ours) + (i > 10 ? i - 10 : 0),
		    len == 0 ? "" : right + (i > 10 ? i - 10 : 0));
}

static void
compare_content(const struct mp_part *part, GMimePart *theirs)
{
	struct mp_buf ours = MP_BUF_INIT(MAIL_MAX);
	struct mp_err err = MP_ERR_INIT;
	GMimeDataWrapper *wrapper = g_mime_part_get_content(theirs);
	GMimeStream *mem = g_mime_stream_mem_new();
	GByteArray *bytes;

	if (wrapper != NULL)
		(void)g_mime_data_wrapper_write_to_stream(wrapper, mem);
	bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(mem));
	if (mp_part_content(&ours, part, &err) != MP_OK)
		abort();
	compare_bytes(CONTENT, &ours, bytes->data, bytes->len);
	if (GMIME_IS_TEXT_PART(theirs)) {
		char *text = g_mime_text_part_get_text(
		    GMIME_TEXT_PART(theirs));

		mp_buf_reset(&ours);
		if (mp_part_text(&ours, part, &err) != MP_OK)
			abort();
		if (text != NULL)
			compare_bytes(TEXT, &ours, text, strlen(text));
		g_free(text);
	}
	g_object_unref(mem);
	mp_buf_clear(&ours);
}

/* The parts of a GMime tree in the order of ours. */
static void
flatten(GPtrArray *to, GMimeObject *object)
{
	int i;

	g_ptr_array_add(to, object);
	if (GMIME_IS_MULTIPART(object)) {
		GMimeMultipart *multipart = GMIME_MULTIPART(object);

		for (i = 0; i < g_mime_multipart_get_count(multipart); i++)
			flatten(to, g_mime_multipart_get_part(multipart, i));
	} else if (GMIME_IS_MESSAGE_PART(object)) {
		GMimeMessage *inner = g_mime_message_part_get_message(
		    GMIME_MESSAGE_PART(object));

		if (inner != NULL &&
		    g_mime_message_get_mime_part(inner) != NULL)
			flatten(to, g_mime_message_get_mime_part(inner));
	}
}

static void
add_type(struct mp_buf *to, GMimeObject *object)
{
	char *type = g_mime_content_type_get_mime_type(
	    g_mime_object_get_content_type(object));
	char *lower = g_ascii_strdown(type, -1);

	mp_buf_printf(to, "%s ", lower);
	g_free(lower);
	g_free(type);
}

static void
compare_parts(const struct mp_message *ours, GMimeMessage *theirs)
{
	GPtrArray *parts = g_ptr_array_new();
	struct mp_buf left = MP_BUF_INIT(MAIL_MAX);
	struct mp_buf right = MP_BUF_INIT(MAIL_MAX);
	size_t i;

	if (g_mime_message_get_mime_part(theirs) != NULL)
		flatten(parts, g_mime_message_get_mime_part(theirs));
	for (i = 0; i < mp_message_parts(ours); i++)
		mp_buf_printf(&left, "%s ", mp_message_part(ours, i)->type);
	for (i = 0; i < parts->len; i++)
		add_type(&right, parts->pdata[i]);
	compare_text(STRUCTURE, mp_buf_text(&left), mp_buf_text(&right));
	for (i = 0; i < parts->len && mp_message_parts(ours) == parts->len;
	    i++) {
		const struct mp_part *part = mp_message_part(ours, i);
		GMimeObject *object = parts->pdata[i];

		if (!GMIME_IS_PART(object))
			continue;
		compare_text(FILENAME,
		    part->filename != NULL ? part->filename : "",
		    g_mime_part_get_filename(GMIME_PART(object)));
		compare_content(part, GMIME_PART(object));
	}
	g_ptr_array_free(parts, TRUE);
	mp_buf_clear(&left);
	mp_buf_clear(&right);
}

static void
compare(const uint8_t *raw, size_t len)
{
	struct mp_message *ours = mp_message_new(raw, len);
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(
	    (const char *)raw, len);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *theirs = g_mime_parser_construct_message(parser, NULL);

	mails++;
	if (theirs != NULL) {
		compare_headers(ours, theirs);
		compare_parts(ours, theirs);
		g_object_unref(theirs);
	}
	g_object_unref(parser);
	g_object_unref(stream);
	mp_message_free(ours);
}

static int
compare_file(const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
	struct mp_buf raw = MP_BUF_INIT(MAIL_MAX);
	struct mp_err err = MP_ERR_INIT;
	const char *data;
	size_t len;

	(void)st;
	(void)ftw;
	if (type != FTW_F || strstr(path, "/data.js") != NULL)
		return 0;
	current = path;
	if (mp_path_read(&raw, path, &err) == MP_OK && raw.len != 0) {
		data = mp_buf_text(&raw);
		len = raw.len;
		if (strncmp(data, "From ", 5) == 0 &&
		    memchr(data, '\n', len) != NULL) {
			const char *eol = memchr(data, '\n', len);

			len -= (size_t)(eol + 1 - data);
			data = eol + 1;
		}
		compare((const uint8_t *)data, len);
	}
	mp_buf_clear(&raw);
	return 0;
}

/* Compare each mail of an mbox. */
static void
compare_mbox(const char *path)
{
	struct mp_buf all = MP_BUF_INIT(MAIL_MAX);
	struct mp_err err = MP_ERR_INIT;
	const char *at, *end;

	current = path;
	if (mp_path_read(&all, path, &err) != MP_OK)
		return;
	at = mp_buf_text(&all);
	end = at + all.len;
	while (at < end) {
		const char *eol = memchr(at, '\n', (size_t)(end - at));
		const char *next;

		if (eol == NULL)
			break;
		next = memmem(eol, (size_t)(end - eol), "\n\nFrom ", 7);
		compare((const uint8_t *)eol + 1,
		    (size_t)((next != NULL ? next + 1 : end) - (eol + 1)));
		at = next != NULL ? next + 2 : end;
	}
	mp_buf_clear(&all);
}

static void
report(const char *corpus, bool strict)
{
	int i;

	for (i = 0; i < KINDS; i++) {
		ok(differ[i] <= (strict ? 0 : kinds[i].max),
		    "%s: %s of %u mails, %u differ (%s)", corpus,
		    kinds[i].name, mails, differ[i], kinds[i].reason);
		differ[i] = 0;
	}
	mails = 0;
}

int
main(int argc, char *argv[])
{
	const char *corpus = getenv("MP_TEST_SA");
	int i;

	g_mime_init();
	for (i = 1; i < argc; i++) {
		verbose = true;
		(void)nftw(argv[i], compare_file, 16, FTW_PHYS);
	}
	if (verbose) {
		report("named", false);
		return done_testing();
	}
	compare_mbox("tests/data/sample.mbox");
	ok(mails > 0, "sample.mbox is read");
	report("sample.mbox", true);
	if (corpus != NULL) {
		(void)nftw(corpus, compare_file, 16, FTW_PHYS);
		report("SpamAssassin", false);
	} else {
		printf("# SpamAssassin is not compared: MP_TEST_SA is not "
		    "set\n");
	}
	return done_testing();
}
