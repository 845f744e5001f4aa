/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "query/match_internal.h"

#define PREFIX_TERMS_MAX 10000	/* alternatives of a phrase's last word */

/* The next field of the mask at or after field; MP_FIELDS at the end. */
static int
next_field(unsigned fields, int field)
{
	while (field < MP_FIELDS && (fields & FIELD_BIT(field)) == 0)
		field++;
	return field;
}

/*
 * "c++" and "c#" are words with their suffix where the body of some mail
 * has them so, else without, as Xapian's query parser decides. Gives the
 * length of the word to look for.
 */
static enum mp_status
effective_len(size_t *len, struct match *match, const char *word)
{
	enum mp_status status;
	uint32_t with, without;
	size_t bare = strlen(word);

	*len = bare;
	while (bare > 1 && strchr("+#", word[bare - 1]) != NULL)
		bare--;
	if (bare == *len)
		return MP_OK;
	status = mp_index_frequency(&with, match->index, MP_FIELD_BODY, word,
	    *len, match->err);
	if (status == MP_OK)
		status = mp_index_frequency(&without, match->index,
		    MP_FIELD_BODY, word, bare, match->err);
	if (status == MP_OK && with == 0 && without > 0)
		*len = bare;
	return status;
}

/* --- stems ---------------------------------------------------------- */

static struct mp_stemmer *
stemmer_of(struct match *match)
{
	const char *language = match->options->language;

	if (match->stemmer == NULL && !match->plain) {
		match->stemmer = mp_stemmer_new(language == NULL ?
		    "english" : language);
		match->plain = match->stemmer == NULL;
	}
	return match->stemmer;
}

struct stem_search {
	struct mp_stemmer *stemmer;
	char stem[MP_TERM_MAX * 2];
	size_t stem_len;
	struct mp_strlist *terms;
};

static enum mp_status
take_stem(void *arg, const char *term, size_t len, uint32_t df,
    uint32_t last_docid, struct mp_err *err)
{
	struct stem_search *search = arg;
	size_t stem_len;
	const char *stem = mp_stemmer_stem(search->stemmer, term, len,
	    &stem_len);

	(void)df;
	(void)last_docid;
	(void)err;
	if (stem_len == search->stem_len &&
	    memcmp(stem, search->stem, stem_len) == 0)
		mp_strlist_addn(search->terms, term, len);
	return MP_OK;
}

/*
 * How many of the stem's bytes all its words start with. Suffixes are cut
 * or exchanged at the end only ("happi" and "happy", "probabl" and
 * "probability"), but for dying, lying and tying.
 */
static size_t
common_len(const struct stem_search *search)
{
	size_t len = search->stem_len;

	if (len == 3 && memcmp(search->stem + 1, "ie", 2) == 0)
		return 1;
	return len < 3 ? len : len - 1;
}

/* Words of the field with the stem of word, itself too if it is there. */
static enum mp_status
same_stem(struct mp_strlist *terms, struct match *match, int field,
    const char *word, size_t len)
{
	struct stem_search search = { .stemmer = stemmer_of(match),
		.terms = terms };
	const char *stem;

	if (search.stemmer == NULL) {
		mp_strlist_addn(terms, word, len);
		return MP_OK;
	}
	stem = mp_stemmer_stem(search.stemmer, word, len, &search.stem_len);
	if (search.stem_len == 0 || search.stem_len > sizeof search.stem) {
		mp_strlist_addn(terms, word, len);
		return MP_OK;
	}
	memcpy(search.stem, stem, search.stem_len);
	return mp_index_vocabulary(match->index, (enum mp_field)field,
	    search.stem, common_len(&search), take_stem, &search,
	    match->err);
}

/* --- words ---------------------------------------------------------- */

static enum mp_status
add_terms(struct mp_docset *set, struct match *match, int field,
    const struct mp_strlist *terms)
{
	enum mp_status status = MP_OK;
	size_t i;

	for (i = 0; i < terms->count && status == MP_OK; i++)
		status = mp_index_term(set, match->index,
		    (enum mp_field)field, terms->items[i],
		    strlen(terms->items[i]), match->err);
	return status;
}

enum mp_status
mp_match_word(struct mp_docset *set, struct match *match,
    const struct node *node)
{
	const char *word = node->words.items[0];
	struct mp_strlist terms = MP_STRLIST_INIT;
	enum mp_status status;
	size_t len;
	int field;

	status = effective_len(&len, match, word);
	for (field = next_field(node->fields, 0);
	    field < MP_FIELDS && status == MP_OK;
	    field = next_field(node->fields, field + 1)) {
		if (!node->stem) {
			status = mp_index_term(set, match->index,
			    (enum mp_field)field, word, len, match->err);
			continue;
		}
		status = same_stem(&terms, match, field, word, len);
		if (status == MP_OK)
			status = add_terms(set, match, field, &terms);
		mp_strlist_clear(&terms);
	}
	return status;
}

enum mp_status
mp_match_prefix(struct mp_docset *set, struct match *match,
    const struct node *node)
{
	const char *word = node->words.items[0];
	enum mp_status status = MP_OK;
	int field;

	for (field = next_field(node->fields, 0);
	    field < MP_FIELDS && status == MP_OK;
	    field = next_field(node->fields, field + 1))
		status = mp_index_prefix(set, match->index,
		    (enum mp_field)field, word, strlen(word), match->err);
	return status;
}

enum mp_status
mp_match_empty(struct mp_docset *set, struct match *match,
    const struct node *node)
{
	struct mp_docset filled;
	enum mp_status status;
	int field;

	mp_docset_init(&filled, set->size);
	status = mp_index_covered(set, match->index, match->err);
	for (field = next_field(node->fields, 0);
	    field < MP_FIELDS && status == MP_OK;
	    field = next_field(node->fields, field + 1))
		status = mp_index_prefix(&filled, match->index,
		    (enum mp_field)field, "", 0, match->err);
	if (status == MP_OK)
		mp_docset_andnot(set, &filled);
	mp_docset_clear(&filled);
	return status;
}

/* --- phrases -------------------------------------------------------- */

static enum mp_status
take_any(void *arg, const char *term, size_t len, uint32_t df,
    uint32_t last_docid, struct mp_err *err)
{
	struct mp_strlist *terms = arg;

	(void)df;
	(void)last_docid;
	if (terms->count == PREFIX_TERMS_MAX)
		return mp_err_set(err, MP_USAGE, "more than %d words start "
		    "so: write more of the last word of the phrase",
		    PREFIX_TERMS_MAX);
	mp_strlist_addn(terms, term, len);
	return MP_OK;
}

/* The words of one place in the field; none when the index has none. */
static enum mp_status
place_terms(struct mp_strlist *terms, struct match *match, int field,
    const char *word, bool prefix)
{
	enum mp_status status;
	uint32_t df;
	size_t len;

	if (prefix)
		return mp_index_vocabulary(match->index,
		    (enum mp_field)field, word, strlen(word), take_any,
		    terms, match->err);
	if ((status = effective_len(&len, match, word)) != MP_OK)
		return status;
	status = mp_index_frequency(&df, match->index, (enum mp_field)field,
	    word, len, match->err);
	if (status == MP_OK && df > 0)
		mp_strlist_addn(terms, word, len);
	return status;
}

static enum mp_status
phrase_in_field(struct mp_docset *set, struct match *match,
    const struct node *node, int field)
{
	size_t count = node->words.count, i;
	struct mp_strlist *terms = mp_calloc(count, sizeof *terms);
	struct mp_phrase_place *places = mp_calloc(count, sizeof *places);
	enum mp_status status = MP_OK;
	bool possible = true;

	for (i = 0; i < count && status == MP_OK && possible; i++) {
		status = place_terms(&terms[i], match, field,
		    node->words.items[i],
		    node->last_prefix && i + 1 == count);
		possible = terms[i].count > 0;
		places[i].terms = (const char *const *)terms[i].items;
		places[i].count = terms[i].count;
	}
	if (status == MP_OK && possible)
		status = mp_index_near(set, match->index,
		    (enum mp_field)field, places, count, node->window,
		    node->ordered, match->err);
	for (i = 0; i < count; i++)
		mp_strlist_clear(&terms[i]);
	free(terms);
	free(places);
	return status;
}

enum mp_status
mp_match_phrase(struct mp_docset *set, struct match *match,
    const struct node *node)
{
	enum mp_status status = MP_OK;
	int field;

	for (field = next_field(node->fields, 0);
	    field < MP_FIELDS && status == MP_OK;
	    field = next_field(node->fields, field + 1))
		status = phrase_in_field(set, match, node, field);
	return status;
}

enum mp_status
mp_match_word_cost(uint64_t *cost, struct match *match, const struct node *node)
{
	uint64_t least = UINT64_MAX;
	enum mp_status status;
	size_t i;

	for (i = 0; i < node->words.count; i++) {
		uint64_t sum = 0;
		uint32_t df;
		int field;

		for (field = next_field(node->fields, 0); field < MP_FIELDS;
		    field = next_field(node->fields, field + 1)) {
			status = mp_index_frequency(&df, match->index,
			    (enum mp_field)field, node->words.items[i],
			    strlen(node->words.items[i]), match->err);
			if (status != MP_OK)
				return status;
			sum += df;
		}
		if (sum < least)
			least = sum;
	}
	/* Stems and positions take longer than a list of documents. */
	*cost = node->kind == NODE_PHRASE ? 4 * least : node->stem ?
	    2 * least : least;
	return MP_OK;
}
