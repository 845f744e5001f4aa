/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message/risk.h"

#include <string.h>

#include "tap.h"

static void
name_is(const char *name, unsigned risk)
{
	unsigned got = mp_risk_of_name(name);

	ok(got == risk, "%s: %u", name, got);
}

static void
test_names(void)
{
	name_is("report.pdf", 0);
	name_is("README", 0);
	name_is("archive.tar.gz", 0);
	name_is("setup.EXE", MP_RISK_PROGRAM);
	name_is("setup.exe. . ", MP_RISK_PROGRAM);
	name_is("invoice.pdf.exe", MP_RISK_PROGRAM | MP_RISK_DOUBLE_ENDING);
	name_is("v1.2.exe", MP_RISK_PROGRAM);
	name_is("a.js", MP_RISK_SCRIPT);
	name_is("a.docm", MP_RISK_MACROS);
	name_is("a.lnk", MP_RISK_SHORTCUT);
	name_is("a.iso", MP_RISK_DISK_IMAGE);
	name_is("a.html", MP_RISK_ACTIVE);
	name_is("photo\xe2\x80\xaegpj.exe",
	    MP_RISK_PROGRAM | MP_RISK_REVERSED_NAME);
	name_is("photo.jpg        .exe", MP_RISK_PROGRAM |
	    MP_RISK_LONG_BLANKS | MP_RISK_DOUBLE_ENDING);
	ok(mp_risk_of_name(NULL) == 0, "no name");
}

/* A zip with one member of no content. */
static size_t
make_zip(uint8_t *zip, const char *member, uint8_t flags)
{
	size_t len = strlen(member), at = 30 + len;

	memset(zip, 0, 512);
	memcpy(zip, "PK\3\4", 4);
	memcpy(zip + 30, member, len);
	memcpy(zip + at, "PK\1\2", 4);
	zip[at + 8] = flags;
	zip[at + 28] = (uint8_t)len;
	memcpy(zip + at + 46, member, len);
	memcpy(zip + at + 46 + len, "PK\5\6", 4);
	zip[at + 46 + len + 16] = (uint8_t)at;
	return at + 46 + len + 22;
}

static void
zip_is(const char *member, uint8_t flags, unsigned risk)
{
	uint8_t zip[512];
	size_t len = make_zip(zip, member, flags), cut;
	unsigned got = mp_risk_of_content("a.zip", zip, len), any = 0;

	ok(got == risk, "zip with %s: %u", member, got);
	for (cut = 0; cut < len; cut++)
		any |= mp_risk_of_content("a.zip", zip, cut);
	ok((any & ~(risk | MP_RISK_ARCHIVE)) == 0, "and cut anywhere");
}

static void
test_content(void)
{
	zip_is("letter.txt", 0, 0);
	zip_is("x/setup.exe", 0, MP_RISK_INSIDE);
	zip_is("word/vbaProject.bin", 0, MP_RISK_MACROS);
	zip_is("inner.zip", 0, MP_RISK_INSIDE);
	zip_is("secret.txt", 1, MP_RISK_LOCKED);
	ok(mp_risk_of_content("photo.jpg", "MZ\x90", 3) ==
	    (MP_RISK_PROGRAM | MP_RISK_OTHER_TYPE), "a program as a photo");
	ok(mp_risk_of_content("a.pdf", "Rar!\x1a\7", 6) ==
	    (MP_RISK_ARCHIVE | MP_RISK_OTHER_TYPE), "an archive as a PDF");
	ok(mp_risk_of_content("a.xlsx", "Rar!\x1a\7", 6) == MP_RISK_ARCHIVE,
	    "what may be one inside");
	ok(mp_risk_of_content(NULL, "#!/bin/sh\n", 10) == MP_RISK_SCRIPT,
	    "a script without name");
	ok(mp_risk_of_content("a.pdf", "%PDF-1.4 /JavaScript", 20) ==
	    MP_RISK_ACTIVE, "a PDF with JavaScript");
	ok(mp_risk_of_content("a.pdf", "%PDF-1.4", 8) == 0, "a plain PDF");
	ok(mp_risk_of_content("a.7z", "7z\xbc\xaf'\x1c", 6) ==
	    MP_RISK_ARCHIVE, "an archive that is not looked into");
	ok(mp_risk_of_content("empty.txt", "", 0) == 0, "nothing");
}

static void
test_words(void)
{
	struct mp_buf words = MP_BUF_INIT(256);

	mp_risk_words(&words, MP_RISK_PROGRAM | MP_RISK_DOUBLE_ENDING);
	ok(strcmp(mp_buf_text(&words), "program, double ending") == 0,
	    "words: %s", mp_buf_text(&words));
	ok(mp_risk_word(0, 0) == NULL, "no risk, no word");
	mp_buf_clear(&words);
}

int
main(void)
{
	test_names();
	test_content();
	test_words();
	return done_testing();
}
