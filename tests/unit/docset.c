/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/docset.h"

#include "tap.h"

#define SIZE 5000

static uint32_t seed = 12345;

static uint32_t
next_random(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

static void
check_model(const char *what, unsigned permille, unsigned run)
{
	struct mp_docset set, back, odd;
	struct mp_buf buf = MP_BUF_INIT(1 << 20);
	struct mp_err err = MP_ERR_INIT;
	struct mp_cursor cur;
	static bool model[SIZE];
	uint32_t i, count = 0, at, bad = 0;

	mp_docset_init(&set, SIZE);
	for (i = 0; i < SIZE; i++) {
		bool in = i % run != 0 ? model[i - 1] :
		    next_random() % 1000 < permille;

		model[i] = in;
		count += in;
		if (in)
			mp_docset_add(&set, i);
	}
	ok(mp_docset_count(&set) == count, "%s: count", what);
	for (i = 0, at = mp_docset_next(&set, 0); i < SIZE; i++) {
		if (model[i] != (at == i))
			bad++;
		if (at == i)
			at = mp_docset_next(&set, at + 1);
	}
	ok(bad == 0, "%s: next finds the members in order", what);
	for (i = SIZE, at = mp_docset_prev(&set, SIZE); i-- > 0;) {
		if (model[i] != (at == i))
			bad++;
		if (at == i)
			at = mp_docset_prev(&set, at);
	}
	ok(bad == 0, "%s: prev finds them backwards", what);

	mp_docset_encode(&buf, &set, 0, SIZE);
	mp_cursor_init(&cur, buf.data, buf.len);
	mp_docset_init(&back, SIZE);
	ok(mp_docset_decode(&back, &cur, &err) == MP_OK &&
	    mp_cursor_left(&cur) == 0, "%s: decodes", what);
	mp_docset_copy(&odd, &set);
	mp_docset_xor(&odd, &back);
	ok(mp_docset_empty(&odd), "%s: %zu bytes give the same set", what,
	    buf.len);

	mp_buf_reset(&buf);
	mp_docset_encode(&buf, &set, 1024, 2048);
	mp_cursor_init(&cur, buf.data, buf.len);
	mp_docset_clear(&back);
	mp_docset_init(&back, SIZE);
	ok(mp_docset_decode(&back, &cur, &err) == MP_OK, "%s: a part", what);
	for (i = 0; i < SIZE; i++)
		if (mp_docset_has(&back, i) !=
		    (model[i] && i >= 1024 && i < 2048))
			bad++;
	ok(bad == 0, "%s: a part holds just its range", what);

	mp_docset_clear(&back);
	mp_docset_init(&back, 1000);
	mp_cursor_init(&cur, buf.data, buf.len);
	if (mp_docset_count(&set) > 100)
		ok(mp_docset_decode(&back, &cur, &err) == MP_CORRUPT,
		    "%s: members beyond the size are refused", what);
	mp_docset_invert(&odd);
	ok(mp_docset_count(&odd) == SIZE, "%s: inverted", what);
	mp_docset_resize(&odd, 70);
	mp_docset_resize(&odd, 300);
	ok(mp_docset_count(&odd) == 70, "%s: resized", what);
	mp_docset_clear(&set);
	mp_docset_clear(&back);
	mp_docset_clear(&odd);
	mp_buf_clear(&buf);
}

int
main(void)
{
	check_model("empty", 0, 1);
	check_model("sparse", 5, 1);
	check_model("half", 500, 1);
	check_model("dense", 990, 1);
	check_model("runs", 500, 100);
	check_model("full", 1000, 1);
	return done_testing();
}
