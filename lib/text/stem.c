/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/text.h"

#include <libstemmer.h>
#include <limits.h>
#include <stdlib.h>

#include "base/alloc.h"

struct mp_stemmer {
	struct sb_stemmer *stemmer;
};

struct mp_stemmer *
mp_stemmer_new(const char *language)
{
	struct sb_stemmer *stemmer = sb_stemmer_new(language, "UTF_8");
	struct mp_stemmer *made;

	if (stemmer == NULL)
		return NULL;
	made = mp_malloc(sizeof *made);
	made->stemmer = stemmer;
	return made;
}

void
mp_stemmer_free(struct mp_stemmer *stemmer)
{
	if (stemmer == NULL)
		return;
	sb_stemmer_delete(stemmer->stemmer);
	free(stemmer);
}

const char *
mp_stemmer_stem(struct mp_stemmer *stemmer, const char *word,
    size_t word_len, size_t *len)
{
	const sb_symbol *stem;

	if (word_len > INT_MAX) {	/* nothing that long is a word */
		*len = word_len;
		return word;
	}
	stem = sb_stemmer_stem(stemmer->stemmer, (const sb_symbol *)word,
	    (int)word_len);
	if (stem == NULL)
		mp_no_memory();
	*len = (size_t)sb_stemmer_length(stemmer->stemmer);
	return (const char *)stem;
}
