/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/text.h"

#include <string.h>

#include "tap.h"

/* All terms as "term@position term@position". */
static void
add_term(void *arg, const char *term, size_t len, uint32_t position)
{
	struct mp_buf *got = arg;

	mp_buf_printf(got, "%s%.*s@%u", got->len != 0 ? " " : "", (int)len,
	    term, (unsigned)position);
}

static void
terms(const char *text, const char *want)
{
	struct mp_buf got = MP_BUF_INIT(1 << 16);
	uint32_t position = 1;

	mp_text_terms(text, strlen(text), &position, add_term, &got);
	ok(strcmp(mp_buf_text(&got), want) == 0, "\"%s\": %s", text,
	    mp_buf_text(&got));
	mp_buf_clear(&got);
}

static void
test_ascii(void)
{
	terms("", "");
	terms(" \t-", "");
	terms("Hello, World", "hello@1 world@2");
	terms("snake_case x-y a/b", "snake_case@1 x@2 y@3 a@4 b@5");
	terms("user@example.com", "user@1 example@2 com@3");
	terms("Fred's AT&T 'quoted'", "fred's@1 at&t@2 quoted@3");
	terms("a''b a'-b it's", "a@1 b@2 a@3 b@4 it's@5");
	terms("10.5 1,000;2 1.a a.1 3.", "10.5@1 1,000;2@2 1@3 a@4 a@5 1@6 "
	    "3@7");
	terms("C++ C# fish+chips c++++ f## x#y", "c++@1 c#@2 fish@3 chips@4 "
	    "c@5 f##@6 x@7 y@8");
	terms("U.N.O. U.N.o U. M&S P.T", "uno@1 u@2 n@3 o@4 u@5 m&s@6 pt@7");
	terms("U.N.2 I.B.M..P.T.O", "u@1 n@2 2@3 ibm@4 pto@5");
}

static void
test_unicode(void)
{
	terms("Élan ÉLAN e\xcc\x81lan", "elan@1 elan@2 elan@3");
	terms("Straße STRASSE", "strasse@1 strasse@2");
	terms("Łódź Ærø cœur", "lodz@1 aero@2 coeur@3");
	terms("\xef\xbc\xa1\xef\xbc\xa2 \xef\xac\x81n x\xc2\xb2 \xc2\xbd",
	    "ab@1 fin@2 x2@3 \xc2\xbd@4");
	terms("Привет, МИР", "привет@1 мир@2");
	terms("ΣΊΣΥΦΟΣ σισυφος", "σισυφοσ@1 σισυφοσ@2");
	terms("don\xe2\x80\x99t zero\xe2\x80\x8bwidth soft\xc2\xadhyphen",
	    "don't@1 zerowidth@2 softhyphen@3");
	terms("“quoted”—dash\xc2\xa0nbsp…", "quoted@1 dash@2 nbsp@3");
	terms("bad\xffutf\xc3", "bad@1 utf@2");
	terms("\xcc\x81 x", "x@1");
}

static void
test_cjk(void)
{
	terms("日本語", "日@1 日本@1 本@2 本語@2 語@3");
	terms("abc日本 日x", "abc@1 日@2 日本@2 本@3 日@4 x@5");
	terms("日。本", "日@1 本@2");
	terms("\xef\xbd\xb6\xef\xbe\x9e", "ガ@1");	/* half-width ga */
	terms("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "한@1");
}

static void
test_length(void)
{
	char text[200];
	struct mp_buf got = MP_BUF_INIT(1 << 16);
	uint32_t position = 7;
	size_t len;

	for (len = 60; len < 70; len++) {
		const char *found;

		memset(text, 'x', len);
		memcpy(text + len, " end", 5);
		mp_buf_reset(&got);
		mp_text_terms(text, strlen(text), &position, add_term, &got);
		found = strstr(mp_buf_text(&got), "xx");
		ok((found != NULL) == (len <= MP_TERM_MAX),
		    "a word of %zu bytes", len);
	}
	ok(position == 7 + 10 + 5, "those left out are no positions: %u",
	    (unsigned)position);
	mp_buf_clear(&got);
}

static void
test_fold(void)
{
	static const char *const pairs[][2] = {
		{ "Jürgen GROß", "jurgen gross" },
		{ "a\xc2\xa0z", "a z" },
		{ "\xff", "\xef\xbf\xbd" },
		{ "か\xe3\x82\x99", "が" },
		{ "", "" },
	};
	size_t i;

	for (i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct mp_buf got = MP_BUF_INIT(1000);

		mp_text_fold(&got, pairs[i][0], strlen(pairs[i][0]));
		ok(strcmp(mp_buf_text(&got), pairs[i][1]) == 0,
		    "folded \"%s\": %s", pairs[i][0], mp_buf_text(&got));
		mp_buf_clear(&got);
	}
}

static void
test_stem(void)
{
	struct mp_stemmer *english = mp_stemmer_new("english");
	struct mp_stemmer *german = mp_stemmer_new("german");
	const char *stem;
	size_t len;

	ok(mp_stemmer_new("klingon") == NULL, "no such language");
	stem = mp_stemmer_stem(english, "running", 7, &len);
	ok(len == 3 && memcmp(stem, "run", 3) == 0, "running: %.*s", (int)len,
	    stem);
	stem = mp_stemmer_stem(german, "katzen", 6, &len);
	ok(len == 4 && memcmp(stem, "katz", 4) == 0, "katzen: %.*s", (int)len,
	    stem);
	mp_stemmer_free(english);
	mp_stemmer_free(german);
	mp_stemmer_free(NULL);
}

static void
test_width(void)
{
	ok(mp_text_width("abc", 3) == 3, "ASCII");
	ok(mp_text_width("日本", 6) == 4, "wide");
	ok(mp_text_width("e\xcc\x81", 3) == 1, "combining");
	ok(mp_text_width("a\tb\x1b", 4) == 2, "controls are nothing");
}

int
main(void)
{
	test_ascii();
	test_unicode();
	test_cjk();
	test_length();
	test_fold();
	test_stem();
	test_width();
	return done_testing();
}
