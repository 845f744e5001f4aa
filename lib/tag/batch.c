/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tag/batch.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/encode.h"
#include "query/match.h"
#include "tag/edit.h"

/* What one tag gains and loses; the later of two changes counts. */
struct gathered {
	char *tag;
	struct mp_docset add;
	struct mp_docset remove;
};

struct mp_tag_batch {
	struct mp_search *search;
	struct mp_store *store;
	bool restore;
	uint32_t end;
	struct mp_docset removed;	/* messages that are no more */
	bool removed_loaded;
	struct mp_docset one;	/* what a line named; empty in between */
	struct mp_docset all;	/* ... all gathered lines of a restore */
	struct gathered *tags;	/* sorted */
	size_t count;
	size_t cap;
};

struct mp_tag_batch *
mp_tag_batch_new(struct mp_search *search, bool restore)
{
	struct mp_tag_batch *batch = mp_calloc(1, sizeof *batch);

	batch->search = search;
	batch->store = mp_index_store(search->index);
	batch->restore = restore;
	batch->end = mp_index_end(search->index);
	mp_docset_init(&batch->one, batch->end);
	mp_docset_init(&batch->all, batch->end);
	return batch;
}

static void
forget(struct mp_tag_batch *batch)
{
	size_t i;

	for (i = 0; i < batch->count; i++) {
		free(batch->tags[i].tag);
		mp_docset_clear(&batch->tags[i].add);
		mp_docset_clear(&batch->tags[i].remove);
	}
	batch->count = 0;
}

void
mp_tag_batch_free(struct mp_tag_batch *batch)
{
	if (batch == NULL)
		return;
	forget(batch);
	free(batch->tags);
	mp_docset_clear(&batch->removed);
	mp_docset_clear(&batch->one);
	mp_docset_clear(&batch->all);
	free(batch);
}

/* --- gathering ------------------------------------------------------ */

static struct gathered *
gathered_of(struct mp_tag_batch *batch, const char *tag)
{
	size_t low = 0, high = batch->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(batch->tags[middle].tag, tag);

		if (order == 0)
			return &batch->tags[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (batch->count == batch->cap) {
		batch->cap = batch->cap == 0 ? 16 : batch->cap * 2;
		batch->tags = mp_realloc_array(batch->tags, batch->cap,
		    sizeof *batch->tags);
	}
	memmove(&batch->tags[low + 1], &batch->tags[low],
	    (batch->count - low) * sizeof *batch->tags);
	batch->count++;
	batch->tags[low].tag = mp_strdup(tag);
	mp_docset_init(&batch->tags[low].add, batch->end);
	mp_docset_init(&batch->tags[low].remove, batch->end);
	return &batch->tags[low];
}

static void
gather_tag(struct mp_tag_batch *batch, const char *tag, bool adds,
    uint32_t docid)
{
	struct gathered *gathered = gathered_of(batch, tag);

	mp_docset_add(adds ? &gathered->add : &gathered->remove, docid);
	mp_docset_remove(adds ? &gathered->remove : &gathered->add, docid);
}

static void
gather(struct mp_tag_batch *batch, const struct mp_tag_edit *edit,
    uint32_t docid)
{
	size_t i;

	if (batch->restore && mp_docset_has(&batch->all, docid))
		for (i = 0; i < batch->count; i++)	/* named before */
			mp_docset_remove(&batch->tags[i].add, docid);
	mp_docset_add(&batch->all, docid);
	for (i = 0; i < edit->remove.count; i++)
		gather_tag(batch, edit->remove.items[i], false, docid);
	for (i = 0; i < edit->add.count; i++)
		gather_tag(batch, edit->add.items[i], true, docid);
}

/* A restored message loses the tags that its line does not name. */
static enum mp_status
remove_unnamed(struct mp_tag_batch *batch, struct mp_err *err)
{
	struct mp_strlist names = MP_STRLIST_INIT;
	enum mp_status status;
	size_t i;

	status = mp_store_bits_names(&names, batch->store, "t:", err);
	for (i = 0; i < names.count && status == MP_OK; i++) {
		struct gathered *gathered = gathered_of(batch,
		    names.items[i] + 2);

		mp_docset_or(&gathered->remove, &batch->all);
		mp_docset_andnot(&gathered->remove, &gathered->add);
	}
	mp_strlist_clear(&names);
	return status;
}

enum mp_status
mp_tag_batch_flush(struct mp_tag_batch *batch, struct mp_err *err)
{
	enum mp_status status = MP_OK;
	size_t i;

	if (mp_docset_empty(&batch->all))
		return MP_OK;
	if (batch->restore)
		status = remove_unnamed(batch, err);
	for (i = 0; i < batch->count && status == MP_OK; i++) {
		char *name = mp_asprintf("t:%s", batch->tags[i].tag);

		status = mp_store_bits_change(batch->store, name,
		    &batch->tags[i].add, &batch->tags[i].remove, err);
		free(name);
	}
	forget(batch);
	mp_docset_clear(&batch->all);
	mp_docset_init(&batch->all, batch->end);
	return status;
}

/* --- lines ---------------------------------------------------------- */

/* The word at *at, moved over with the blanks after it; %XX resolved. */
static char *
next_word(const char **at)
{
	size_t len = strcspn(*at, " \t");
	struct mp_buf word = MP_BUF_INIT(1 << 16);

	mp_id_unescape(&word, *at, len);
	*at += len;
	*at += strspn(*at, " \t");
	return word.data == NULL ? mp_strdup("") : (char *)word.data;
}

static enum mp_status
read_words(struct mp_tag_edit *edit, const char **query, const char *line,
    bool restore, struct mp_err *err)
{
	enum mp_status status = MP_OK;
	char *word;

	while ((*line == '+' || *line == '-') && status == MP_OK) {
		if (strncmp(line, "--", 2) == 0 &&
		    (line[2] == '\0' || strchr(" \t", line[2]) != NULL)) {
			line += 2 + strspn(line + 2, " \t");
			break;
		}
		word = next_word(&line);
		status = mp_tag_edit_word(edit, word, err);
		free(word);
	}
	if (status == MP_OK && !restore && mp_tag_edit_empty(edit))
		status = mp_err_set(err, MP_USAGE, "expected +TAG or -TAG");
	if (status == MP_OK && *line == '\0')
		status = mp_err_set(err, MP_USAGE, "expected a query after "
		    "the tags");
	*query = line;
	return status;
}

/* The id when the query is nothing but id:..., else NULL; caller frees. */
static char *
plain_id(const char *query)
{
	struct mp_buf id = MP_BUF_INIT(1 << 16);
	const char *at = query + 3;

	if (strncmp(query, "id:", 3) != 0 || *at == '\0')
		return NULL;
	if (*at != '"') {
		if (at[strcspn(at, " \t)")] != '\0')
			return NULL;
		return mp_strdup(at);
	}
	for (at++; *at != '\0' && (*at != '"' || at[1] == '"'); at++) {
		at += *at == '"';
		mp_buf_byte(&id, (uint8_t)*at);
	}
	if (strcmp(at, "\"") != 0 || id.len == 0)
		mp_buf_clear(&id);
	return (char *)id.data;
}

static enum mp_status
load_removed(struct mp_tag_batch *batch, struct mp_err *err)
{
	if (batch->removed_loaded)
		return MP_OK;
	batch->removed_loaded = true;
	return mp_store_bits_load(&batch->removed, batch->store, "x:removed",
	    err);
}

static enum mp_status
find_id(struct mp_tag_batch *batch, const char *id, struct mp_err *err)
{
	enum mp_status status = load_removed(batch, err);

	if (status == MP_OK)
		status = mp_match_find_id(&batch->one,
		    batch->search->index, id, err);
	return status;
}

static enum mp_status
change_id(struct mp_tag_batch *batch, const struct mp_tag_edit *edit,
    const char *id, struct mp_docset *found, struct mp_err *err)
{
	enum mp_status status = find_id(batch, id, err);
	uint32_t docid = 0;
	bool any = false;

	while ((docid = mp_docset_next(&batch->one, docid)) !=
	    MP_DOCSET_END) {
		mp_docset_remove(&batch->one, docid);
		if (status != MP_OK || mp_docset_has(&batch->removed, docid))
			continue;
		any = true;
		gather(batch, edit, docid);
		if (found != NULL)
			mp_docset_add(found, docid);
	}
	if (status == MP_OK && !any && batch->restore)
		status = mp_err_set(err, MP_NOT_FOUND, "no message 'id:%s'",
		    id);
	return status;
}

static enum mp_status
change_query(struct mp_tag_batch *batch, struct mp_tag_edit *edit,
    const char *query, struct mp_docset *found, struct mp_err *err)
{
	struct mp_docset set = MP_DOCSET_INIT;
	enum mp_status status = mp_tag_batch_flush(batch, err);

	if (status == MP_OK)
		status = mp_search_run(&set, batch->search, query, err);
	edit->remove_all = batch->restore;
	if (status == MP_OK)
		status = mp_tag_edit_apply(batch->store, edit, &set, err);
	if (status == MP_OK && found != NULL)
		mp_docset_or(found, &set);
	mp_docset_clear(&set);
	return status;
}

enum mp_status
mp_tag_batch_line(struct mp_tag_batch *batch, const char *line,
    struct mp_docset *found, struct mp_err *err)
{
	struct mp_tag_edit edit = MP_TAG_EDIT_INIT;
	const char *query;
	char *id = NULL;
	enum mp_status status;

	line += strspn(line, " \t");
	if (*line == '\0' || *line == '#')
		return MP_OK;
	status = read_words(&edit, &query, line, batch->restore, err);
	if (status == MP_OK) {
		id = plain_id(query);
		status = id != NULL ?
		    change_id(batch, &edit, id, found, err) :
		    change_query(batch, &edit, query, found, err);
	}
	free(id);
	mp_tag_edit_clear(&edit);
	return status;
}

/* --- dumps ---------------------------------------------------------- */

static void
escape_tag(struct mp_buf *to, const char *tag)
{
	for (; *tag != '\0'; tag++)
		if (isalnum((unsigned char)*tag) ||
		    strchr("@=.,_+-", *tag) != NULL)
			mp_buf_byte(to, (uint8_t)*tag);
		else
			mp_buf_printf(to, "%%%02x", (unsigned char)*tag);
}

void
mp_tag_dump_line(struct mp_buf *to, const struct mp_strlist *tags,
    const char *id)
{
	size_t i;

	for (i = 0; i < tags->count; i++) {
		mp_buf_str(to, i == 0 ? "+" : " +");
		escape_tag(to, tags->items[i]);
	}
	mp_buf_str(to, tags->count == 0 ? "-- id:" : " -- id:");
	if (id[0] != '"' && strpbrk(id, " \t\n\r)") == NULL) {
		mp_buf_str(to, id);
	} else {
		mp_buf_byte(to, '"');
		for (; *id != '\0'; id++) {
			if (*id == '"')
				mp_buf_byte(to, '"');
			mp_buf_byte(to, (uint8_t)*id);
		}
		mp_buf_byte(to, '"');
	}
	mp_buf_byte(to, '\n');
}
