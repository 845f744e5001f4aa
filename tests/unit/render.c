/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message/render.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "tap.h"

#define MAX (1u << 20)

static void
same(const char *got, const char *want, const char *what)
{
	if (!ok(strcmp(got, want) == 0, "%s", what))
		printf("# got:\n%s\n# want:\n%s\n", got, want);
}

static void
renders(const char *mail, const char *want, const char *what)
{
	struct mp_render_options options = { 72 };
	struct mp_message *m = mp_message_new((const uint8_t *)mail,
	    strlen(mail));
	struct mp_buf text = MP_BUF_INIT(MAX);
	struct mp_err err = MP_ERR_INIT;

	if (mp_message_render(&text, m, &options, &err) != MP_OK)
		ok(false, "%s: %s", what, err.text);
	same(mp_buf_text(&text), want, what);
	mp_buf_clear(&text);
	mp_message_free(m);
}

static void
test_text(void)
{
	renders("From: =?utf-8?q?J=C3=B6rg?= <j@x>\r\nX-Other: no\r\n"
	    "Date: Tue, 24 Nov 2020 10:30:00 +0000\r\nSubject: Hi\r\n"
	    "\r\nText\r\n\r\n",
	    "From: J\xc3\xb6rg <j@x>\n"
	    "Date: Tue, 24 Nov 2020 10:30:00 +0000\nSubject: Hi\n\nText\n",
	    "a plain message");
	renders("Subject: \x1b[31m=?utf-8?q?=1b[2J=E2=80=AEa?=\n\n"
	    "\x1b]0;x\x07\xe2\x80\x8bz\n",
	    "Subject: \xe2\x90\x9b[31m\xe2\x90\x9b[2J<U+202E>a\n\n"
	    "\xe2\x90\x9b]0;x\xe2\x90\x87<U+200B>z\n",
	    "no escape reaches the terminal");
	renders("Subject: x\n\n[part 2: safe.txt, text/plain, 1 bytes]\n"
	    "[warning: none]\n",
	    "Subject: x\n\n [part 2: safe.txt, text/plain, 1 bytes]\n"
	    " [warning: none]\n",
	    "a mail cannot write our lines");
	renders("From: \"bank@example.com\" <evil@example.net>\n\nx\n",
	    "From: \"bank@example.com\" <evil@example.net>\n"
	    "[warning: the sender's name looks like an address, but is not "
	    "the sender's]\n\nx\n", "a name that is another's address");
	renders("From: a@x\nFrom: b@x\n\nx\n", "From: a@x, b@x\n"
	    "[warning: the message names several senders]\n\nx\n",
	    "several senders");
}

static void
test_parts(void)
{
	renders("Content-Type: multipart/alternative; boundary=b\n\n"
	    "--b\n\nplain\n--b\nContent-Type: text/html\n\n<p>html</p>\n"
	    "--b--\n", "\nplain\n", "plain text before HTML");
	renders("Content-Type: multipart/alternative; boundary=b\n\n"
	    "--b\n\n  \n\n--b\nContent-Type: text/html\n\n<p>html</p>\n"
	    "--b--\n", "\nhtml\n", "but not when it is empty");
	renders("Content-Type: multipart/alternative; boundary=b\n\n"
	    "--b\n\nplain\n--b\n"
	    "Content-Type: multipart/mixed; boundary=c\n\n"
	    "--c\nContent-Type: text/html\n\n<p>html</p>\n"
	    "--c\nContent-Type: application/pdf; name=a.pdf\n\n%PDF-1\n"
	    "--c\nContent-Type: image/png; name=i.png\nContent-ID: <i>\n\n\n"
	    "--c--\n--b--\n", "\nplain\n\n"
	    "[part 5: a.pdf, application/pdf, 6 bytes]\n",
	    "attachments inside an alternative are listed");
	renders("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee\n"
	    "--b\nContent-Type: application/octet-stream\n"
	    "Content-Disposition: attachment; filename=\"a.pdf.exe\"\n"
	    "Content-Transfer-Encoding: base64\n\nTVqQ\n"
	    "--b\nContent-Type: text/plain\n"
	    "Content-Disposition: inline; filename=fix.patch\n\n+line\n"
	    "--b--\n", "\nsee\n\n"
	    "[part 3: a.pdf.exe, application/octet-stream, 3 bytes; risky: "
	    "program, double ending]\n\n"
	    "[part 4: fix.patch, text/plain, 5 bytes]\n+line\n",
	    "attachments, risky ones too; inline text is shown");
	renders("Content-Type: multipart/signed; boundary=b\n\n--b\n\nsigned\n"
	    "--b\nContent-Type: application/pgp-signature\n\nxx\n--b--\n",
	    "\nsigned\n", "signatures are not listed");
	renders("Content-Type: message/rfc822\n\nFrom: in@x\nSubject: inner\n"
	    "\nnested\n", "\n[part 1: a message]\nFrom: in@x\n"
	    "Subject: inner\n\n\nnested\n", "a message inside");
	renders("Content-Type: multipart/mixed; boundary=b\n\nlost text\n",
	    "\nlost text\n", "text of a multipart without its boundary");
}

static void
test_headers(void)
{
	static const char mail[] = "B: =?utf-8?q?=C3=A4?=\na:  x\n y\n\n";
	struct mp_message *m = mp_message_new((const uint8_t *)mail,
	    sizeof mail - 1);
	struct mp_buf text = MP_BUF_INIT(MAX);

	mp_message_render_headers(&text, m);
	same(mp_buf_text(&text), "B: \xc3\xa4\na: x y\n", "all headers");
	mp_buf_clear(&text);
	mp_message_free(m);
}

static void
test_json(void)
{
	static const char mail[] = "From: A <a@x>\n"
	    "Subject: s\x1b\xe2\x80\xae\xf3\xa0\x81\x81\n"
	    "References: <r@x>\nDate: Tue, 24 Nov 2020 10:30:00 +0000\n"
	    "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n"
	    "--b\nContent-Type: application/x; name=\"a.exe\"\n\nMZ\n"
	    "--b--\n";
	struct mp_message *m = mp_message_new((const uint8_t *)mail,
	    sizeof mail - 1);
	struct mp_buf text = MP_BUF_INIT(MAX);
	struct mp_err err = MP_ERR_INIT;
	struct mp_json json;

	mp_json_init(&json, &text);
	mp_json_open(&json, NULL, '{');
	ok(mp_message_json(&json, m, &err) == MP_OK, "JSON is written");
	mp_json_close(&json, '}');
	same(mp_buf_text(&text), "{\"from\":[{\"name\":\"A\",\"address\":"
	    "\"a@x\"}],\"to\":[],\"cc\":[],\"subject\":"
	    "\"s\\u001b\\u202e\\udb40\\udc41\","
	    "\"date\":\"2020-11-24T10:30:00+00:00\","
	    "\"references\":[\"r@x\"],\"list-id\":\"\","
	    "\"defects\":[],\"warnings\":[],\"parts\":["
	    "{\"number\":1,\"depth\":0,\"parent\":0,\"kind\":\"multipart\","
	    "\"type\":\"multipart/mixed\"},"
	    "{\"number\":2,\"depth\":1,\"parent\":1,\"kind\":\"text\","
	    "\"type\":\"text/plain\",\"size\":2,\"text\":\"hi\"},"
	    "{\"number\":3,\"depth\":1,\"parent\":1,\"kind\":\"other\","
	    "\"type\":\"application/x\",\"filename\":\"a.exe\",\"size\":2,"
	    "\"risk\":[\"program\"]}]}", "JSON");
	mp_buf_clear(&text);
	mp_message_free(m);
}

static void
test_overflow(void)
{
	static const char mail[] = "Subject: x\n\n0123456789abcdef\n";
	struct mp_render_options options = { 0 };
	struct mp_message *m = mp_message_new((const uint8_t *)mail,
	    sizeof mail - 1);
	struct mp_buf text = MP_BUF_INIT(20);
	struct mp_err err = MP_ERR_INIT;

	ok(mp_message_render(&text, m, &options, &err) == MP_INVALID,
	    "too long for the buffer");
	mp_buf_clear(&text);
	mp_message_free(m);
}

int
main(void)
{
	test_text();
	test_parts();
	test_headers();
	test_json();
	test_overflow();
	return done_testing();
}
