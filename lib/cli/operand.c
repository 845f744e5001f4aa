/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/operand.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/encode.h"
#include "base/io.h"
#include "cli/listing.h"
#include "config/config.h"
#include "ingest/id.h"
#include "mailbox/mailbox.h"
#include "query/match.h"
#include "query/query.h"
#include "query/sort.h"

#define ID_MAX 8192

struct mp_operands {
	struct mp_cli *cli;
	struct mp_index *index;
	bool queries;
	bool started;
	bool done;
	struct mp_docset removed;
	uint32_t *docs;		/* of the operand at hand */
	size_t count;
	size_t next;
};

/* Is text a bare Message-ID? Then it has one @ and nothing of a query. */
static bool
is_bare_id(const char *text)
{
	const char *at = strchr(text, '@');
	const char *colon = strchr(text, ':');

	return at != NULL && at != text && at[1] != '\0' &&
	    text[strcspn(text, " \t\r\n\"()<>{}*")] == '\0' &&
	    (colon == NULL || colon > at);
}

enum mp_operand_kind
mp_operand_kind(const char *text)
{
	size_t len = strlen(text);

	if (strncmp(text, "id:", 3) == 0)
		return text[3] != '\0' && strpbrk(text, " \t\"(){}") == NULL ?
		    MP_OPERAND_ID : MP_OPERAND_OTHER;
	if (strncmp(text, "thread:", 7) == 0)
		return text[7 + strspn(text + 7, "0123456789abcdef")] ==
		    '\0' && text[7] != '\0' ? MP_OPERAND_THREAD :
		    MP_OPERAND_OTHER;
	if (len > 2 && text[0] == '<' && text[len - 1] == '>')
		return MP_OPERAND_ID;
	return is_bare_id(text) ? MP_OPERAND_ID : MP_OPERAND_OTHER;
}

char *
mp_cli_query_text(const struct mp_cli *cli)
{
	struct mp_buf text = MP_BUF_INIT(MP_QUERY_BYTES);
	size_t i;

	mp_buf_str(&text, "");
	for (i = 0; i < cli->operand_count; i++) {
		if (i != 0)
			mp_buf_byte(&text, ' ');
		mp_buf_str(&text, cli->operands[i]);
	}
	/* one too long for a query is cut and so no query */
	return text.data != NULL ? (char *)text.data : mp_strdup("");
}

static bool
is_query(const struct mp_cli *cli)
{
	const bool numbers = isatty(STDIN_FILENO) != 0;
	size_t i;

	for (i = 0; i < cli->operand_count; i++) {
		const char *operand = cli->operands[i];

		if (mp_operand_kind(operand) == MP_OPERAND_OTHER &&
		    strcmp(operand, "-") != 0 &&
		    !(numbers && mp_listing_is_number(operand)))
			return true;
	}
	return false;
}

static enum mp_status
saved_query(void *arg, struct mp_buf *text, const char *name,
    struct mp_err *err)
{
	char *setting = mp_asprintf("query.%s", name);
	char *value = NULL;
	enum mp_status status = mp_config_text(&value, arg, setting, err);

	if (status == MP_OK && value == NULL)
		status = mp_err_set(err, MP_NOT_FOUND,
		    "there is no saved query '%s'", name);
	if (status == MP_OK)
		mp_buf_str(text, value);
	free(value);
	free(setting);
	return status;
}

enum mp_status
mp_cli_match(struct mp_docset *set, struct mp_cli *cli,
    struct mp_index *index, const char *text, struct mp_buf *explain,
    struct mp_err *err)
{
	struct mp_store *store = mp_index_store(index);
	struct mp_query_options reading = { .now = time(NULL),
	    .saved = saved_query, .saved_arg = store };
	struct mp_strlist hidden = MP_STRLIST_INIT;
	struct mp_match_options matching = { .hidden = &hidden };
	struct mp_query *query = NULL;
	enum mp_status status;

	status = mp_query_parse(&query, text, &reading, NULL, err);
	if (status == MP_OK && mp_query_note(query) != NULL)
		mp_cli_note(cli, "%s", mp_query_note(query));
	if (status == MP_OK)
		status = mp_config_words(&hidden, store, "search.hidden",
		    err);
	if (status == MP_OK)
		status = mp_query_match(set, index, query, &matching,
		    explain, err);
	mp_query_free(query);
	mp_strlist_clear(&hidden);
	return status;
}

struct mp_operands *
mp_operands_new(struct mp_cli *cli, struct mp_index *index, bool queries)
{
	struct mp_operands *operands = mp_calloc(1, sizeof *operands);

	operands->cli = cli;
	operands->index = index;
	operands->queries = queries;
	return operands;
}

void
mp_operands_free(struct mp_operands *operands)
{
	if (operands == NULL)
		return;
	mp_docset_clear(&operands->removed);
	free(operands->docs);
	free(operands);
}

static enum mp_status
start(struct mp_operands *operands, struct mp_err *err)
{
	operands->started = true;
	mp_docset_init(&operands->removed, mp_index_end(operands->index));
	return mp_store_bits_load(&operands->removed,
	    mp_index_store(operands->index), "x:removed", err);
}

/* Make the documents of the set those at hand. */
static enum mp_status
take(struct mp_operands *operands, struct mp_docset *set,
    enum mp_sort order, const char *name, struct mp_err *err)
{
	mp_docset_andnot(set, &operands->removed);
	if (mp_docset_empty(set))
		return mp_err_set(err, MP_NOT_FOUND,
		    "cannot find '%s': no such message", name);
	free(operands->docs);
	operands->docs = NULL;
	operands->next = 0;
	return mp_sort_docs(&operands->docs, &operands->count,
	    operands->index, set, order, 0, MP_SORT_ALL, err);
}

static enum mp_status
find_id(struct mp_docset *set, struct mp_operands *operands,
    const char *text, struct mp_err *err)
{
	struct mp_buf id = MP_BUF_INIT(ID_MAX);
	size_t len = strlen(text);
	enum mp_status status;

	if (strncmp(text, "id:", 3) == 0)
		mp_id_unescape(&id, text + 3, len - 3);
	else if (text[0] == '<')
		mp_buf_add(&id, text + 1, len - 2);
	else
		mp_buf_str(&id, text);
	status = mp_index_find_id(set, operands->index, mp_buf_text(&id),
	    err);
	mp_buf_clear(&id);
	return status;
}

static enum mp_status
find(struct mp_operands *operands, const char *text, struct mp_err *err)
{
	struct mp_docset set = MP_DOCSET_INIT;
	enum mp_operand_kind kind = mp_operand_kind(text);
	enum mp_status status;

	if (kind == MP_OPERAND_ID) {
		mp_docset_init(&set, mp_index_end(operands->index));
		status = find_id(&set, operands, text, err);
	} else if (kind == MP_OPERAND_THREAD) {
		status = mp_cli_match(&set, operands->cli, operands->index,
		    text, NULL, err);
	} else {
		status = mp_err_set(err, MP_USAGE,
		    "cannot use '%s': it names no message", text);
	}
	if (status == MP_OK)
		status = take(operands, &set, MP_SORT_OLDEST, text, err);
	mp_docset_clear(&set);
	return status;
}

static enum mp_status
find_query(struct mp_operands *operands, const char *query,
    struct mp_err *err)
{
	struct mp_docset set = MP_DOCSET_INIT;
	enum mp_status status = mp_cli_match(&set, operands->cli,
	    operands->index, query, NULL, err);

	if (status == MP_OK && mp_docset_empty(&set))
		mp_cli_no(operands->cli);
	else if (status == MP_OK)
		status = take(operands, &set, MP_SORT_NEWEST, query, err);
	mp_docset_clear(&set);
	return status;
}

static enum mp_status
find_message(struct mp_operands *operands, struct mp_err *err)
{
	struct mp_buf raw = MP_BUF_INIT(MP_MAIL_MAX);
	struct mp_docset set = MP_DOCSET_INIT;
	enum mp_status status = mp_fd_read(&raw, STDIN_FILENO,
	    "standard input", err);
	size_t skip;
	char *id;

	if (status == MP_OK && raw.len == 0)
		status = mp_err_set(err, MP_INVALID,
		    "cannot find a message on standard input");
	if (status == MP_OK) {
		skip = mp_mail_from_line(raw.data, raw.len);
		id = mp_mail_id(raw.data + skip, raw.len - skip, NULL);
		mp_docset_init(&set, mp_index_end(operands->index));
		status = mp_index_find_id(&set, operands->index, id, err);
		if (status == MP_OK)
			status = take(operands, &set, MP_SORT_OLDEST, id,
			    err);
		free(id);
	}
	mp_docset_clear(&set);
	mp_buf_clear(&raw);
	return status;
}

/* A query (-Q or the operands) and -m stand for all operands at once. */
static enum mp_status
find_all(bool *found, struct mp_operands *operands, struct mp_err *err)
{
	struct mp_cli *cli = operands->cli;
	enum mp_status status = MP_OK;
	char *query;

	*found = true;
	if (cli->query != NULL) {
		status = find_query(operands, cli->query, err);
	} else if (cli->message) {
		status = find_message(operands, err);
	} else if (operands->queries && is_query(cli)) {
		query = mp_cli_query_text(cli);
		status = find_query(operands, query, err);
		free(query);
	} else {
		*found = false;
	}
	return status;
}

/* Put the next documents at hand; done when there are no more. */
static enum mp_status
advance(struct mp_operands *operands, struct mp_err *err)
{
	enum mp_status status;
	const char *text;

	if (!operands->started) {
		status = start(operands, err);
		if (status == MP_OK)
			status = find_all(&operands->done, operands, err);
		if (status != MP_OK || operands->done)
			return status;
	}
	text = mp_cli_next(operands->cli);
	operands->done = text == NULL;
	return text != NULL ? find(operands, text, err) : MP_OK;
}

bool
mp_operands_next(uint32_t *docid, struct mp_operands *operands,
    struct mp_err *err)
{
	while (operands->next == operands->count) {
		if (operands->done)
			return false;
		operands->count = operands->next = 0;
		if (advance(operands, err) != MP_OK &&
		    !mp_cli_skip(operands->cli, err))
			return false;
	}
	*docid = operands->docs[operands->next++];
	return true;
}

enum mp_status
mp_cli_docs(struct mp_docset *set, struct mp_cli *cli,
    struct mp_index *index, bool queries, struct mp_err *err)
{
	struct mp_operands *operands = mp_operands_new(cli, index, queries);
	uint32_t docid;

	mp_docset_init(set, mp_index_end(index));
	while (mp_operands_next(&docid, operands, err))
		mp_docset_add(set, docid);
	mp_operands_free(operands);
	return err->status;
}
