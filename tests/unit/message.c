/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message/message.h"

#include <stdlib.h>
#include <string.h>

#include "message/date.h"
#include "tap.h"

static struct mp_message *
parse(const char *text)
{
	return mp_message_new((const uint8_t *)text, strlen(text));
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
check_plain(void)
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
	ok(strcmp(mp_message_to(m), "a@example.org,\tb@example.org, "
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
check_parts(void)
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
check_broken(void)
{
	static const struct {
		const char *mail;
		unsigned defects;
		size_t parts;
	} cases[] = {
		{ "", MP_DEFECT_NO_HEADER | MP_DEFECT_DATE, 1 },
		{ "\n\n", MP_DEFECT_NO_HEADER | MP_DEFECT_DATE, 1 },
		{ "no header at all\nnone\n",
		    MP_DEFECT_NO_HEADER | MP_DEFECT_DATE, 1 },
		{ "Content-Type: multipart/mixed\n\nx",
		    MP_DEFECT_BOUNDARY | MP_DEFECT_DATE, 1 },
		{ "Content-Type: multipart/mixed; boundary=b\n\nx",
		    MP_DEFECT_BOUNDARY | MP_DEFECT_DATE, 1 },
		{ "Content-Type: multipart/mixed; boundary=b\n\n--b\n--b--",
		    MP_DEFECT_DATE, 2 },
		{ "Subject: \xe9\n\n", MP_DEFECT_CHARSET | MP_DEFECT_DATE, 1 },
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

/* One nested multipart in another, deeper than the limit. */
static void
check_depth(void)
{
	struct mp_buf mail = MP_BUF_INIT(1 << 24);
	struct mp_message *m;
	unsigned i;

	mp_buf_str(&mail, "Date: 1 Jan 2000 00:00:00 GMT\n");
	for (i = 0; i < 10000; i++)
		mp_buf_printf(&mail, "Content-Type: multipart/mixed; "
		    "boundary=b%u\n\n--b%u\n", i, i);
	m = mp_message_new(mail.data, mail.len);
	ok(mp_message_parts(m) == MP_MIME_DEPTH + 1 &&
	    (mp_message_defects(m) & MP_DEFECT_DEPTH) != 0,
	    "10,000 levels: %zu parts", mp_message_parts(m));
	mp_message_free(m);
	mp_buf_reset(&mail);
	mp_buf_str(&mail, "Content-Type: multipart/mixed; boundary=b\n\n");
	for (i = 0; i < 100000; i++)
		mp_buf_str(&mail, "--b\n\nx\n");
	m = mp_message_new(mail.data, mail.len);
	ok(mp_message_parts(m) == MP_MIME_PARTS &&
	    (mp_message_defects(m) & MP_DEFECT_PARTS) != 0,
	    "100,000 parts: %zu are read", mp_message_parts(m));
	mp_message_free(m);
	mp_buf_clear(&mail);
}

static void
check_dates(void)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} cases[] = {
		{ "Fri, 21 Nov 1997 09:55:06 -0600", 880127706 },
		{ "21 Nov 97 09:55:06 GMT", 880106106 },
		{ "Thu,\n\t13 Feb 1969 23:32 -0330 (Newfoundland)",
		    -27723480 },
		{ "Tue Nov 24 10:30:00 2020", 1606213800 },
		{ "24-Nov-2020 10:30:00 +0100", 1606210200 },
		{ "Mon, 1 Jan 2001 00:00:00 EST", 978325200 },
		{ "Wed, 02 Oct 2002 08:00:00 EDT (GMT-4)", 1033560000 },
	};
	size_t i;
	int64_t seconds = 0;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		bool good = mp_date_parse(&seconds, cases[i].text,
		    strlen(cases[i].text));

		ok(good && seconds == cases[i].seconds, "date '%s': %lld",
		    cases[i].text, (long long)seconds);
	}
	ok(!mp_date_parse(&seconds, "yesterday", 9), "no date");
}

int
main(void)
{
	check_plain();
	check_parts();
	check_broken();
	check_depth();
	check_dates();
	return done_testing();
}
