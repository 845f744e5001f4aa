/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message/message.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "message/address.h"
#include "message/date.h"
#include "tap.h"

static struct mp_message *
parse(const char *text)
{
	return mp_message_new((const uint8_t *)text, strlen(text));
}

static void
same(const char *got, const char *want, const char *what)
{
	int len = (int)strcspn(what, "\n");	/* TAP is of lines */

	if (!ok(got != NULL && strcmp(got, want) == 0, "%.*s", len, what))
		printf("# got  '%s'\n# want '%s'\n",
		    got != NULL ? got : "(null)", want);
}

static void
text_is(const struct mp_message *message, unsigned number,
    const char *expected)
{
	struct mp_buf text = MP_BUF_INIT(1 << 20);
	struct mp_err err = MP_ERR_INIT;
	bool good = number <= mp_message_parts(message) &&
	    mp_part_text(&text, mp_message_part(message, number - 1),
	    &err) == MP_OK;

	ok(good && strcmp(mp_buf_text(&text), expected) == 0,
	    "text of part %u is '%s'", number, mp_buf_text(&text));
	mp_buf_clear(&text);
}

static void
test_plain(void)
{
	struct mp_message *m = parse(
	    "From: =?utf-8?Q?J=C3=BCrgen?= =?utf-8?Q?_M?= <j@example.org>\n"
	    "To: a@example.org,\n\tb@example.org\nTo: c@example.org\n"
	    "Subject: =?iso-8859-1?q?caf=E9?= au\n lait\n"
	    "Message-ID: <one@example.org>\n"
	    "In-Reply-To: <two@example.org>\n"
	    "References: <zero@example.org>\r\n <two@example.org>\n"
	    "List-Id: The list <list.example.org>\n"
	    "Date: Tue, 17 Nov 2009 18:21:38 -0500\n"
	    "Content-Type: text/plain; charset=iso-8859-1\n"
	    "Content-Transfer-Encoding: Quoted-Printable\n\n"
	    "na=EFve =\nline=\n");
	const struct mp_strlist *refs = mp_message_references(m);

	ok(strcmp(mp_message_from(m), "J\xc3\xbcrgen M <j@example.org>") == 0,
	    "From: %s", mp_message_from(m));
	ok(strcmp(mp_message_to(m), "a@example.org, b@example.org, "
	    "c@example.org") == 0, "To: %s", mp_message_to(m));
	ok(strcmp(mp_message_subject(m), "caf\xc3\xa9 au lait") == 0,
	    "Subject: %s", mp_message_subject(m));
	ok(strcmp(mp_message_id(m), "one@example.org") == 0, "id");
	ok(refs->count == 2 && strcmp(refs->items[1], "two@example.org") == 0,
	    "the parent is the last reference, none twice");
	ok(strcmp(mp_message_list_id(m), "list.example.org") == 0, "list");
	ok(mp_message_date(m) == 1258500098, "date: %lld",
	    (long long)mp_message_date(m));
	ok(mp_message_defects(m) == 0, "no defects: %u",
	    mp_message_defects(m));
	text_is(m, 1, "na\xc3\xafve line");
	ok(mp_message_field(m, "list-id", 0) != NULL &&
	    mp_message_field(m, "To", 1) != NULL &&
	    mp_message_field(m, "To", 2) == NULL, "fields by name");
	mp_message_free(m);
}

static void
test_parts(void)
{
	struct mp_message *m = parse(
	    "Content-Type: multipart/mixed; boundary=\"o:uter\"\n\n"
	    "preamble\n--o:uter\n"
	    "Content-Type: multipart/alternative; boundary=inner\n\n"
	    "--inner\n\nplain\n--inner\nContent-Type: text/html\n\n"
	    "<p>html</p>\n--inner--\nepilogue\n--o:uter\n"
	    "Content-Type: application/pdf; name=a.pdf\n"
	    "Content-Disposition: attachment;\n"
	    " filename*0*=utf-8''%e2%82%ac;\n filename*1=\" rates.pdf\"\n"
	    "Content-Transfer-Encoding: base64\n\naGVsbG8=\n"
	    "--o:uter\nContent-Type: message/rfc822\n\n"
	    "Subject: nested\nFrom: n@example.org\n\nnested text\n"
	    "--o:uter--\n");
	const struct mp_part *part;

	ok(mp_message_parts(m) == 7, "%zu parts", mp_message_parts(m));
	text_is(m, 3, "plain");
	part = mp_message_part(m, 3);
	ok(part->kind == MP_PART_HTML && part->depth == 2 &&
	    part->parent == 2, "HTML inside the alternative");
	text_is(m, 4, "<p>html</p>");
	part = mp_message_part(m, 4);
	ok(part->filename != NULL &&
	    strcmp(part->filename, "\xe2\x82\xac rates.pdf") == 0 &&
	    mp_part_is_attachment(part), "a name in pieces (RFC 2231): %s",
	    part->filename);
	text_is(m, 5, "hello");
	part = mp_message_part(m, 5);
	ok(part->kind == MP_PART_MESSAGE &&
	    strcmp(part->subject, "nested") == 0, "a nested message");
	text_is(m, 7, "nested text");
	mp_message_free(m);
}

static void
test_listing(void)
{
	struct mp_message *m = parse(
	    "Received: from a\r\n\tby b\r\n"
	    "From: =?utf-8?q?J=C3=B6rg?= Meier <joerg@example.org>\r\n"
	    "To: a@example.net (Ann), \"Bob, B.\" <b@example.net>\r\n"
	    "To: third@example.net\r\n"
	    "Cc: hidden:;\r\nBcc: c@example.net\r\n"
	    "Subject: =?iso-8859-1?Q?caf=E9?=\r\n"
	    "  =?iso-8859-1?Q?_au_lait?= now\r\n"
	    "Date: Tue, 24 Nov 2020 10:30:00 +0100\r\n"
	    "Message-ID: <one@example.org>\r\n"
	    "List-Id: A list <list.example.org>\r\n"
	    "\r\nText\r\n");

	same(mp_message_from(m), "J\xc3\xb6rg Meier <joerg@example.org>",
	    "From is decoded");
	same(mp_message_to(m), "Ann <a@example.net>, "
	    "\"Bob, B.\" <b@example.net>, third@example.net",
	    "all To fields, comments as names");
	same(mp_message_cc(m), "hidden, c@example.net",
	    "an empty group is a name; Bcc goes with Cc");
	same(mp_message_subject(m), "caf\xc3\xa9 au lait now",
	    "blanks between encoded words go");
	same(mp_message_id(m), "one@example.org", "id without <>");
	same(mp_message_list_id(m), "list.example.org", "id of List-Id");
	ok(mp_message_date(m) == 1606210200, "date");
	ok(mp_message_defects(m) == 0, "no defects");
	same(mp_message_field(m, "RECEIVED", 0), "from a\tby b",
	    "a folded field, name in any case");
	ok(mp_message_field(m, "received", 1) == NULL, "there is no second");
	ok(mp_message_parts(m) == 1 && mp_message_part(m, 0)->body_len == 6,
	    "one part");
	mp_message_free(m);
}

static void
id_of(const char *field, const char *want)
{
	char *text = mp_asprintf("%s\n\nx\n", field);
	struct mp_message *m = parse(text);

	same(mp_message_id(m), want, field);
	mp_message_free(m);
	free(text);
}

static void
test_ids(void)
{
	id_of("Subject: none", "");
	id_of("Message-ID: <a@b> <c@d>", "a@b");
	id_of("message-id:<a b\t@c>", "ab@c");
	id_of("Message-ID: text (comment <x>) <a@b>", "x");
	id_of("Message-ID: (comment <x>) <a@b>", "a@b");
	id_of("Message-ID: bare@b", "bare@b");
	id_of("Message-ID: <open@b", "open@b");
	id_of("Message-ID: <>", "<>");
	id_of("Message-ID:\n <folded@b>", "folded@b");
	id_of("Message-ID: <a@b>\nMessage-ID: <c@d>", "a@b");
}

static void
references_of(const char *fields, const char *want)
{
	char *text = mp_asprintf("Message-ID: <own@x>\n%s\n\nx\n", fields);
	struct mp_message *m = parse(text);
	const struct mp_strlist *list = mp_message_references(m);
	struct mp_buf got = MP_BUF_INIT(4096);
	size_t i;

	for (i = 0; i < list->count; i++)
		mp_buf_printf(&got, "%s%s", i != 0 ? " " : "",
		    list->items[i]);
	same(mp_buf_text(&got), want, fields);
	mp_buf_clear(&got);
	mp_message_free(m);
	free(text);
}

static void
test_references(void)
{
	references_of("References: <a@x> <b@x> <a@x>", "b@x a@x");
	references_of("References: <a@x> <b@x>\nIn-Reply-To: <c@x>",
	    "a@x b@x c@x");
	references_of("References: <a@x> <b@x>\nIn-Reply-To: <a@x>",
	    "b@x a@x");
	references_of("References: <a@x> <b@x>\n"
	    "In-Reply-To: Your message of <z@x>", "a@x z@x b@x");
	references_of("In-Reply-To: Message of Ann <ann@x> <p@x>",
	    "ann@x p@x");
	references_of("References: <own@x> <a@x>", "a@x");
	references_of("Subject: none", "");
}

static void
subject_of(const char *raw, const char *want)
{
	char *text = mp_asprintf("Subject: %s\n\nx\n", raw);
	struct mp_message *m = parse(text);

	same(mp_message_subject(m), want, raw);
	mp_message_free(m);
	free(text);
}

static void
test_words(void)
{
	subject_of("plain =?", "plain =?");
	subject_of("=?utf-8?b?w7xi?=", "\xc3\xbc" "b");
	subject_of("=?utf-8?b?w7?= =?utf-8?b?xi?=", "\xc3\xbc" "b");
	subject_of("=?utf-8?Q?=C3?= =?UTF-8?q?=BC?=", "\xc3\xbc");
	subject_of("a=?utf-8?q?b?=c", "abc");
	subject_of("=?utf-8?q?a b?=", "a b");
	subject_of("=?utf-8*en?q?a_b?=", "a b");
	subject_of("=?utf-8?q?never ends", "=?utf-8?q?never ends");
	subject_of("=?utf-8?x?a?=", "=?utf-8?x?a?=");
	subject_of("=?nonsense?q?=E4?=", "\xc3\xa4");
	subject_of("=?iso-2022-jp?b?GyRCRnxLXBsoQg==?=",
	    "\xe6\x97\xa5\xe6\x9c\xac");
	subject_of("=?windows-1252?q?=80?=", "\xe2\x82\xac");
	subject_of("=?iso-8859-15?q?=A4?=", "\xe2\x82\xac");
	subject_of("raw \xe4 latin", "raw \xc3\xa4 latin");
	subject_of("raw \xc3\xa4 utf-8", "raw \xc3\xa4 utf-8");
	subject_of("=?utf-8?q?a=00b?=", "a b");
}

static void
date_of(const char *text, int64_t want)
{
	int64_t got;
	bool read = mp_date_parse(&got, text, strlen(text));

	if (!ok(read == (want != 0) && got == want, "date %lld",
	    (long long)want))
		printf("# got %lld for %s\n", (long long)got, text);
}

static void
test_dates(void)
{
	date_of("Tue, 24 Nov 2020 10:30:00 +0000", 1606213800);
	date_of("24 Nov 20 10:30 GMT", 1606213800);
	date_of("Tue, 24 Nov 2020 05:30:00 EST", 1606213800);
	date_of("Tue, 24 (comment (nested)) Nov 2020 02:30:00 -0800 (PST)",
	    1606213800);
	date_of("Tue Nov 24 10:30:00 2020", 1606213800);
	date_of("24-Nov-2020 10:30:00", 1606213800);
	date_of("2020-11-24 10:30:00 +0000", 1606213800);
	date_of("11/24/2020 10:30:00 AM", 1606213800);
	date_of("Tue, 24 Nov 2020 10.30.00 +0000", 1606213800);
	date_of("Tue, 24 Nov 120 10:30:00", 1606213800);
	date_of("Tue, 24 Nov 2020 10:30:00+0000", 1606213800);
	date_of("Tuesday, November 24, 2020 10:30 PM", 1606257000);
	date_of("Wed, 31 Dec 1969 23:59:59 +0000", -1);
	date_of("Fri, 21 Nov 1997 09:55:06 -0600", 880127706);
	date_of("21 Nov 97 09:55:06 GMT", 880106106);
	date_of("24-Nov-2020 10:30:00 +0100", 1606210200);
	date_of("Mon, 1 Jan 2001 00:00:00 EST", 978325200);
	date_of("2002/09/14 Sat 02:29:32 CDT", 1031988572);
	date_of("Tue, 24 Sep 2002 10:39:13 +-0500", 1032863953);
	date_of("Thu, 22 Aug 0102 12:07:35 +0800", 0);
	date_of("29 Feb 2000 00:00:00 +0000", 951782400);
	date_of("Thu,\n\t13 Feb 1969 23:32 -0330 (Newfoundland)", -27723480);
	date_of("Wed, 02 Oct 2002 08:00:00 EDT (GMT-4)", 1033560000);
	date_of("yesterday", 0);
	date_of("", 0);
	date_of("32 Nov 2020 10:30:00", 0);
}

static const char multipart[] =
    "From: a@b\nMIME-Version: 1.0\n"
    "Content-Type: multipart/mixed; boundary=\"out\"\n\n"
    "preamble\n"
    "--out\n"
    "Content-Type: multipart/alternative; boundary=in\n\n"
    "--in\nContent-Type: TEXT/Plain; charset=ISO-8859-1\n"
    "Content-Transfer-Encoding: quoted-printable\n\n"
    "caf=E9 =\nau lait\n"
    "--in\nContent-Type: text/html\nContent-ID: <part@id>\n\n<b>x</b>\n\n"
    "--in--\nepilogue\n"
    "--out\nContent-Type: application/octet-stream; name=\"a.bin\"\n"
    "Content-Disposition: attachment; filename*0*=UTF-8''r%C3%A9;\n"
    " filename*1=sum.pdf\nContent-Transfer-Encoding: base64\n\n"
    "aGVs\nbG8=\n"
    "--out\nContent-Type: message/rfc822\n\n"
    "From: inner@x\nSubject: =?utf-8?q?In=C3=B6?=\n\ninner text\n"
    "--out--\n";

static void
test_multipart(void)
{
	static const char *const types[] = { "multipart/mixed",
		"multipart/alternative", "text/plain", "text/html",
		"application/octet-stream", "message/rfc822", "text/plain"
	};
	static const unsigned depths[] = { 0, 1, 2, 2, 1, 1, 2 };
	static const unsigned parents[] = { 0, 1, 2, 2, 1, 1, 6 };
	struct mp_message *m = parse(multipart);
	struct mp_buf buf = MP_BUF_INIT(4096);
	struct mp_err err = MP_ERR_INIT;
	size_t i;

	ok(mp_message_parts(m) == 7, "seven parts");
	for (i = 0; i < mp_message_parts(m); i++) {
		const struct mp_part *part = mp_message_part(m, i);

		ok(strcmp(part->type, types[i]) == 0 &&
		    part->depth == depths[i] && part->parent == parents[i] &&
		    part->number == i + 1, "part %zu", i + 1);
	}
	ok(mp_part_text(&buf, mp_message_part(m, 2), &err) == MP_OK,
	    "text is decoded");
	same(mp_buf_text(&buf), "caf\xc3\xa9 au lait", "to UTF-8");
	same(mp_message_part(m, 3)->content_id, "part@id", "Content-ID");
	same(mp_message_part(m, 4)->filename, "r\xc3\xa9sum.pdf",
	    "a filename in pieces");
	mp_buf_reset(&buf);
	ok(mp_part_content(&buf, mp_message_part(m, 4), &err) == MP_OK,
	    "base64 is decoded");
	same(mp_buf_text(&buf), "hello", "to bytes");
	ok(mp_part_is_attachment(mp_message_part(m, 4)), "an attachment");
	ok(!mp_part_is_attachment(mp_message_part(m, 3)), "HTML is none");
	same(mp_message_part(m, 5)->subject, "In\xc3\xb6",
	    "subject of the message inside");
	mp_buf_clear(&buf);
	mp_message_free(m);
}

static void
test_overflow(void)
{
	struct mp_message *m = parse("Subject: x\n\n0123456789\n");
	struct mp_buf buf = MP_BUF_INIT(4);
	struct mp_err err = MP_ERR_INIT;

	ok(mp_part_text(&buf, mp_message_part(m, 0), &err) == MP_INVALID,
	    "too long for the buffer");
	mp_buf_clear(&buf);
	mp_message_free(m);
}

static void
test_no_header(void)
{
	struct mp_message *m = parse("just text\nmore\n\nend\n");

	ok((mp_message_defects(m) & MP_DEFECT_NO_HEADER) != 0,
	    "no header is a defect");
	ok(mp_message_part(m, 0)->body_len == 20, "all of it is text");
	mp_message_free(m);
	m = parse("Received: a\n(no blank before it)\nSubject: kept\n\nbody");
	same(mp_message_subject(m), "kept", "a line that is no field");
	ok(mp_message_part(m, 0)->body_len == 4, "is no body");
	mp_message_free(m);
	m = parse("Subject: kept\nbody without\nan empty line\n");
	ok(mp_message_part(m, 0)->body_len == 27,
	    "without an empty line the first such line starts the body");
	mp_message_free(m);
	m = mp_message_new(NULL, 0);
	ok(mp_message_parts(m) == 1, "an empty message has a part");
	mp_message_free(m);
}

static void
test_broken(void)
{
	static const struct {
		const char *mail;
		unsigned defects;
		size_t parts;
	} cases[] = {
		{ "", MP_DEFECT_NO_HEADER | MP_DEFECT_DATE, 1 },
		{ "\n\n", MP_DEFECT_NO_HEADER | MP_DEFECT_DATE, 1 },
		{ "Content-Type: multipart/mixed\n\nx",
		    MP_DEFECT_BOUNDARY | MP_DEFECT_DATE, 1 },
		{ "Content-Type: multipart/mixed; boundary=b\n\nx",
		    MP_DEFECT_BOUNDARY | MP_DEFECT_DATE, 1 },
		{ "Content-Type: multipart/mixed; boundary=b\n\n--b\n--b--",
		    MP_DEFECT_DATE, 2 },
		{ "Subject: \xe9\n\n", MP_DEFECT_CHARSET | MP_DEFECT_DATE, 1 },
		{ "Subject: =?none?q?=E9?=\n\n",
		    MP_DEFECT_CHARSET | MP_DEFECT_DATE, 1 },
		{ "Content-Transfer-Encoding: odd\n\n",
		    MP_DEFECT_ENCODING | MP_DEFECT_DATE, 1 },
	};
	size_t i;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct mp_message *m = parse(cases[i].mail);

		ok(mp_message_defects(m) == cases[i].defects &&
		    mp_message_parts(m) == cases[i].parts,
		    "broken %zu: defects %u, parts %zu", i,
		    mp_message_defects(m), mp_message_parts(m));
		mp_message_free(m);
	}
}

static void
read_mail(const struct mp_buf *mail, size_t *parts, unsigned *defects)
{
	struct mp_message *m = mp_message_new(mail->data, mail->len);

	*parts = mp_message_parts(m);
	*defects = mp_message_defects(m);
	mp_message_free(m);
}

static void
repeat(struct mp_buf *to, const char *text, size_t times)
{
	while (times-- != 0)
		mp_buf_str(to, text);
}

/*
 * Quadratic time on any of these would be more than the minutes that a test
 * is given. A sanitizer makes it so: it looks at all that memmem may read.
 */
#ifdef MP_SANITIZE
enum { FEWER = 1000 };
#else
enum { FEWER = 1 };
#endif

static void
test_hostile(void)
{
	static const struct {
		const char *what;
		const char *start;
		const char *again;
		size_t times;
		unsigned defect;
	} cases[] = {
		{ "100,000 parts", "Content-Type: multipart/mixed; "
		    "boundary=b\n\n", "--b\n\nx\n", 100000,
		    MP_DEFECT_PARTS },
		{ "20,000 messages in one another", "",
		    "Content-Type: message/rfc822\n\n", 20000,
		    MP_DEFECT_DEPTH },
		{ "a header of 30 MB", "Subject: ", "0123456789\n ", 2500000,
		    MP_DEFECT_HEADER_SIZE },
		{ "encoded words that never end", "Subject: ", "=?a?q?x ",
		    130000, 0 },
		{ "300,000 addresses", "To: ", "a,\n ", 250000, 0 },
		{ "open quotes", "To: ", "\"(<", 300000, 0 },
		{ "open comments", "From: a@b ", ":<@(", 250000, 0 },
		{ "references", "References: ", "<a@b> <c>", 100000, 0 },
		{ "parameters", "Content-Type: text/plain", ";a*1*=\"", 150000,
		    0 },
		{ "parameters without name", "Content-Type: text/plain", ";=",
		    500000, 0 },
		{ "pieces of a name", "Content-Type: text/plain",
		    ";name*1*=a", 100000, 0 },
		{ "lines of two dashes", "Content-Type: multipart/mixed; "
		    "boundary=b\n\n", "--\n", 5000000, 0 },
		{ "no line end", "Content-Type: multipart/mixed; "
		    "boundary=b\n\n--b", "-", 20000000, 0 },
	};
	struct mp_buf mail = MP_BUF_INIT(64 << 20);
	unsigned defects;
	size_t parts, i;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		mp_buf_reset(&mail);
		mp_buf_str(&mail, cases[i].start);
		repeat(&mail, cases[i].again, cases[i].times / FEWER);
		read_mail(&mail, &parts, &defects);
		ok(parts <= MP_MIME_PARTS && (FEWER != 1 ||
		    (defects & cases[i].defect) == cases[i].defect),
		    "%s: %zu parts", cases[i].what, parts);
	}
	mp_buf_reset(&mail);
	for (i = 0; i < 10000; i++)
		mp_buf_printf(&mail, "Content-Type: multipart/mixed; "
		    "boundary=b%zu\n\n--b%zu\n", i, i);
	read_mail(&mail, &parts, &defects);
	ok(parts == MP_MIME_DEPTH + 1 && (defects & MP_DEFECT_DEPTH) != 0,
	    "10,000 multiparts in one another: %zu parts", parts);
	mp_buf_clear(&mail);
}

int
main(void)
{
	test_plain();
	test_parts();
	test_listing();
	test_ids();
	test_references();
	test_words();
	test_dates();
	test_multipart();
	test_overflow();
	test_no_header();
	test_broken();
	test_hostile();
	return done_testing();
}
