/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes to terms: each is UTF-8, of 1 to MP_TERM_MAX bytes, without
 * blanks, and folds to itself; positions never go back.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "text/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	uint32_t position;
	size_t count;
};

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
check_fold(const char *text, size_t len, bool same)
{
	struct mp_buf once = MP_BUF_INIT(1 << 22);
	struct mp_buf twice = MP_BUF_INIT(1 << 22);

	mp_text_fold(&once, text, len);
	must(!once.overflow);
	must(mp_utf8_valid(mp_buf_text(&once), once.len));
	mp_text_fold(&twice, mp_buf_text(&once), once.len);
	must(once.len == twice.len && memcmp(mp_buf_text(&once),
	    mp_buf_text(&twice), once.len) == 0);
	must(!same || (once.len == len &&
	    memcmp(mp_buf_text(&once), text, len) == 0));
	mp_buf_clear(&once);
	mp_buf_clear(&twice);
}

static void
check_term(void *arg, const char *term, size_t len, uint32_t position)
{
	struct seen *seen = arg;

	must(len > 0 && len <= MP_TERM_MAX);
	must(mp_utf8_valid(term, len));
	must(memchr(term, ' ', len) == NULL);
	must(memchr(term, '\0', len) == NULL);
	must(position >= seen->position && position <= seen->position + 1);
	check_fold(term, len, true);
	seen->position = position;
	seen->count++;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of the exact size, so that reading past it is seen. */
	char *text = malloc(size + (size == 0));
	struct seen seen = { 0, 0 };
	uint32_t position = 0;

	if (text == NULL || size > 1 << 20) {
		free(text);
		return 0;
	}
	if (size != 0)
		memcpy(text, data, size);
	mp_text_terms(text, size, &position, check_term, &seen);
	must(seen.count == 0 ? position == 0 :
	    position == seen.position + 1);
	check_fold(text, size, false);
	(void)mp_text_width(text, size);
	free(text);
	return 0;
}
