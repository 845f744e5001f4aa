/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/tagging.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/utf8.h"
#include "cli/results_internal.h"
#include "tag/batch.h"
#include "tag/history.h"

static enum mp_status
take_line(struct mp_tag_batch *batch, struct mp_docset *set,
    struct mp_cli *cli, const char *line, uint64_t number,
    struct mp_err *err)
{
	enum mp_status status = mp_tag_batch_line(batch, line, set, err);

	if (status == MP_OK)
		return MP_OK;
	mp_err_context(err, "line %llu", (unsigned long long)number);
	if (status == MP_NOT_FOUND && mp_cli_skip(cli, err))
		return MP_OK;
	return status;
}

enum mp_status
mp_tagging_batch(struct mp_docset *set, struct mp_find *find, bool restore,
    struct mp_err *err)
{
	struct mp_tag_batch *batch = mp_tag_batch_new(&find->search, restore);
	enum mp_status status = MP_OK;
	char *line = NULL;
	size_t cap = 0;
	uint64_t number = 0;
	ssize_t len;

	while (status == MP_OK && (len = getline(&line, &cap, stdin)) > 0) {
		while (len > 0 && strchr("\r\n ", line[len - 1]) != NULL)
			line[--len] = '\0';
		status = take_line(batch, set, find->cli, line, ++number,
		    err);
	}
	if (status == MP_OK && ferror(stdin))
		status = mp_err_set(err, MP_IO, "cannot read standard input");
	if (status == MP_OK)
		status = mp_tag_batch_flush(batch, err);
	mp_tag_batch_free(batch);
	free(line);
	return status;
}

/* --- messages and their tags ---------------------------------------- */

typedef void message_fn(void *arg, const char *id,
    const struct mp_strlist *tags);

static enum mp_status
each_message(struct mp_index *index, struct mp_docset *set, message_fn *fn,
    void *arg, struct mp_err *err)
{
	struct mp_strlist tags = MP_STRLIST_INIT;
	struct mp_summary summary;
	struct tagger tagger = { 0 };
	enum mp_status status;
	uint32_t docid;

	status = mp_results_unique(set, index, err);
	if (status == MP_OK)
		status = mp_tagger_init(&tagger, index, mp_docset_count(set),
		    err);
	for (docid = mp_docset_next(set, 0);
	    docid != MP_DOCSET_END && status == MP_OK;
	    docid = mp_docset_next(set, docid + 1)) {
		status = mp_index_summary(&summary, index, docid, err);
		if (status != MP_OK)
			break;
		status = mp_tagger_add(&tags, &tagger, docid, err);
		if (status == MP_OK)
			fn(arg, summary.id, &tags);
		mp_strlist_clear(&tags);
		mp_summary_clear(&summary);
	}
	mp_tagger_clear(&tagger);
	return status;
}

/* An id is exact, but for a terminal: it comes from a mail. */
static void
dump_message(void *arg, const char *id, const struct mp_strlist *tags)
{
	const bool *terminal = arg;
	struct mp_buf plain = MP_BUF_INIT((size_t)1 << 20);
	struct mp_buf line = MP_BUF_INIT((size_t)4 << 20);
	struct mp_buf clean = MP_BUF_INIT((size_t)16 << 20);

	mp_id_unescape(&plain, id + 3, strlen(id + 3));	/* after "id:" */
	mp_tag_dump_line(&line, tags, mp_buf_text(&plain));
	if (*terminal)
		mp_utf8_clean(&clean, mp_buf_text(&line), line.len, true);
	else
		mp_buf_add(&clean, line.data, line.len);
	(void)fwrite(clean.data, 1, clean.len, stdout);
	mp_buf_clear(&clean);
	mp_buf_clear(&plain);
	mp_buf_clear(&line);
}

enum mp_status
mp_tagging_dump(struct mp_index *index, struct mp_docset *set,
    struct mp_err *err)
{
	bool terminal = isatty(STDOUT_FILENO) != 0;

	(void)fputs(MP_TAG_DUMP_HEADER, stdout);
	return each_message(index, set, dump_message, &terminal, err);
}

static void
show_message(void *arg, const char *id, const struct mp_strlist *tags)
{
	struct mp_records *records = arg;

	mp_record_id(records, id);
	mp_record_list(records, "tags", tags);
	mp_record_end(records);
}

enum mp_status
mp_tagging_show(struct mp_records *records, struct mp_index *index,
    struct mp_docset *set, struct mp_err *err)
{
	return each_message(index, set, show_message, records, err);
}

/* --- tags and changes ----------------------------------------------- */

enum mp_status
mp_tagging_list(struct mp_records *records, struct mp_find *find,
    struct mp_err *err)
{
	struct mp_store *store = mp_index_store(find->search.index);
	struct mp_strlist names = MP_STRLIST_INIT;
	enum mp_status status;
	size_t i;

	status = mp_store_bits_names(&names, store, "t:", err);
	for (i = 0; i < names.count && status == MP_OK; i++) {
		struct mp_docset set = MP_DOCSET_INIT;

		status = mp_store_bits_load(&set, store, names.items[i], err);
		mp_docset_andnot(&set, &find->removed);
		if (status == MP_OK && !mp_docset_empty(&set)) {
			mp_record_text(records, "tag", names.items[i] + 2);
			mp_record_number(records, "count",
			    mp_docset_count(&set));
			mp_record_end(records);
		}
		mp_docset_clear(&set);
	}
	mp_strlist_clear(&names);
	return status;
}

enum mp_status
mp_tagging_log(struct mp_records *records, struct mp_store *store,
    struct mp_err *err)
{
	struct mp_tag_history history;
	enum mp_status status;
	size_t i;

	status = mp_tag_history_load(&history, store, SIZE_MAX, err);
	for (i = history.count; i-- > 0 && status == MP_OK;) {
		const struct mp_tag_change *change = &history.changes[i];
		struct mp_strlist words = MP_STRLIST_INIT;

		mp_tag_change_words(&words, change);
		mp_record_number(records, "epoch", (int64_t)change->epoch);
		mp_record_time(records, "time", change->time);
		mp_record_text(records, "command", change->writer);
		mp_record_list(records, "changes", &words);
		mp_record_end(records);
		mp_strlist_clear(&words);
	}
	mp_tag_history_clear(&history);
	return status;
}
