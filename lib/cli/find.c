/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/find.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/encode.h"
#include "base/io.h"
#include "base/utf8.h"
#include "cli/listing.h"
#include "ingest/id.h"
#include "mailbox/mailbox.h"
#include "text/text.h"

#define TEXT_MAX ((size_t)4 << 20)

enum mp_status
mp_find_init(struct mp_find *find, struct mp_cli *cli,
    struct mp_index *index, struct mp_err *err)
{
	enum mp_status status;

	*find = (struct mp_find){ .cli = cli };
	status = mp_search_init(&find->search, index, err);
	if (status == MP_OK)
		status = mp_store_bits_load(&find->removed,
		    mp_index_store(index), "x:removed", err);
	return status;
}

void
mp_find_clear(struct mp_find *find)
{
	mp_search_clear(&find->search);
	mp_docset_clear(&find->removed);
	mp_docset_clear(&find->found);
	free(find->text);
	find->text = NULL;
}

/* --- queries -------------------------------------------------------- */

/* The query, and a caret below the place. */
static void
point_out(struct mp_find *find, const char *text,
    const struct mp_query_place *place)
{
	struct mp_buf before = MP_BUF_INIT(TEXT_MAX);

	mp_utf8_clean(&before, text, place->byte, false);
	mp_cli_error(find->cli, "%s", text);
	mp_cli_error(find->cli, "%*s^", (int)mp_text_width(
	    mp_buf_text(&before), before.len), "");
	mp_buf_clear(&before);
}

enum mp_status
mp_find_parse(struct mp_query **query, struct mp_find *find,
    const char *text, struct mp_err *err)
{
	struct mp_query_place place = { 0, 0 };
	enum mp_status status;

	status = mp_search_parse(query, &find->search, text, &place, err);
	if (status == MP_USAGE) {
		point_out(find, text, &place);
		mp_err_context(err, "cannot read the query");
	}
	if (status == MP_OK && mp_query_note(*query) != NULL)
		mp_cli_note(find->cli, "%s", mp_query_note(*query));
	return status;
}

enum mp_status
mp_find_query(struct mp_docset *set, struct mp_find *find, const char *text,
    struct mp_buf *explain, struct mp_err *err)
{
	struct mp_query *query;
	enum mp_status status;

	*set = (struct mp_docset)MP_DOCSET_INIT;
	status = mp_find_parse(&query, find, text, err);
	if (status == MP_OK)
		status = mp_search_match(set, &find->search, query, explain,
		    err);
	mp_query_free(query);
	return status;
}

/* --- operands ------------------------------------------------------- */

static enum mp_status
find_thread(struct mp_docset *set, struct mp_find *find, const char *operand,
    struct mp_err *err)
{
	struct mp_docset found;
	bool hiding = !find->search.show_hidden;
	enum mp_status status;

	find->search.show_hidden = true;
	status = mp_find_query(&found, find, operand, NULL, err);
	find->search.show_hidden = !hiding;
	if (status == MP_OK)
		mp_docset_or(set, &found);
	mp_docset_clear(&found);
	return status;
}

static enum mp_status
find_id(struct mp_docset *set, struct mp_find *find, const char *operand,
    struct mp_err *err)
{
	struct mp_buf id = MP_BUF_INIT(TEXT_MAX);
	size_t len = strlen(operand);
	enum mp_status status;

	if (strncmp(operand, "id:", 3) == 0)
		mp_id_unescape(&id, operand + 3, len - 3);
	else if (len > 2 && operand[0] == '<' && operand[len - 1] == '>')
		mp_buf_add(&id, operand + 1, len - 2);
	else
		mp_buf_add(&id, operand, len);
	status = mp_index_find_id(set, find->search.index, mp_buf_text(&id), err);
	mp_buf_clear(&id);
	return status;
}

/* Move what was found and is not removed; false when that is nothing. */
static bool
move_found(struct mp_docset *set, struct mp_find *find)
{
	uint32_t docid = 0;
	bool any = false;

	while ((docid = mp_docset_next(&find->found, docid)) !=
	    MP_DOCSET_END) {
		if (!mp_docset_has(&find->removed, docid)) {
			mp_docset_add(set, docid);
			any = true;
		}
		mp_docset_remove(&find->found, docid);
	}
	return any;
}

enum mp_status
mp_find_operand(struct mp_docset *set, struct mp_find *find,
    const char *operand, struct mp_err *err)
{
	enum mp_status status;

	if (find->found.words == NULL)
		mp_docset_init(&find->found, mp_index_end(find->search.index));
	if (strncmp(operand, "thread:", 7) == 0)
		status = find_thread(&find->found, find, operand, err);
	else
		status = find_id(&find->found, find, operand, err);
	if (!move_found(set, find) && status == MP_OK)
		status = mp_err_set(err, MP_NOT_FOUND, "no message '%s'",
		    operand);
	return status;
}

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

bool
mp_find_is_name(const char *text)
{
	size_t len = strlen(text);

	if (strncmp(text, "id:", 3) == 0)
		return text[3] != '\0' && strpbrk(text, " \t\"(){}") == NULL;
	if (strncmp(text, "thread:", 7) == 0)
		return text[7] != '\0' && strpbrk(text, " \t\"(){}") == NULL;
	return (len > 2 && text[0] == '<' && text[len - 1] == '>') ||
	    is_bare_id(text);
}

static bool
is_query(const struct mp_cli *cli)
{
	const bool numbers = isatty(STDIN_FILENO) != 0;
	size_t i;

	if (cli->dashes && cli->operand_count > 0)
		return true;
	for (i = 0; i < cli->operand_count; i++) {
		const char *operand = cli->operands[i];

		if (!mp_find_is_name(operand) && strcmp(operand, "-") != 0 &&
		    !(numbers && mp_listing_is_number(operand)))
			return true;
	}
	return false;
}

/* The id of the message on stdin. */
static enum mp_status
message_id(char **id, struct mp_err *err)
{
	struct mp_buf raw = MP_BUF_INIT(MP_MAIL_MAX);
	enum mp_status status = mp_fd_read(&raw, STDIN_FILENO,
	    "standard input", err);
	size_t skip;

	*id = NULL;
	if (status == MP_OK && raw.len == 0)
		status = mp_err_set(err, MP_INVALID,
		    "cannot find a message on standard input");
	if (status == MP_OK) {
		skip = mp_mail_from_line(raw.data, raw.len);
		*id = mp_mail_id(raw.data + skip, raw.len - skip, NULL);
	}
	mp_buf_clear(&raw);
	return status;
}

static enum mp_status
find_message(struct mp_docset *set, struct mp_find *find,
    struct mp_err *err)
{
	enum mp_status status = message_id(&find->text, err);

	if (status != MP_OK)
		return status;
	mp_docset_init(set, mp_index_end(find->search.index));
	status = mp_index_find_id(set, find->search.index, find->text, err);
	mp_docset_andnot(set, &find->removed);
	if (status == MP_OK && mp_docset_empty(set))
		status = mp_err_set(err, MP_NOT_FOUND, "no message '%s'",
		    find->text);
	return status;
}

/* Is there one thing that stands for all operands? Then look it up. */
static bool
find_all(struct mp_docset *set, const char **name, struct mp_find *find,
    struct mp_err *err)
{
	struct mp_cli *cli = find->cli;
	enum mp_status status;

	if (cli->message) {
		status = find_message(set, find, err);
	} else if (cli->query != NULL) {
		find->text = mp_strdup(cli->query);
		status = mp_find_query(set, find, find->text, NULL, err);
	} else if (find->queries && is_query(cli)) {
		find->text = mp_find_join(cli->operands, cli->operand_count);
		status = mp_find_query(set, find, find->text, NULL, err);
	} else {
		return false;
	}
	*name = find->text;
	find->done = true;
	if (status == MP_OK && mp_docset_empty(set))
		mp_cli_no(cli);
	return true;
}

bool
mp_find_next(struct mp_docset *set, const char **name, struct mp_find *find,
    struct mp_err *err)
{
	mp_docset_clear(set);
	if (find->done)
		return false;
	if (find_all(set, name, find, err))
		return err->status == MP_OK;
	while ((*name = mp_cli_next(find->cli)) != NULL) {
		mp_docset_clear(set);
		mp_docset_init(set, mp_index_end(find->search.index));
		if (mp_find_operand(set, find, *name, err) == MP_OK)
			return true;
		if (!mp_cli_skip(find->cli, err))
			return false;
	}
	find->done = true;
	return false;
}

char *
mp_find_join(char *const words[], size_t count)
{
	struct mp_buf text = MP_BUF_INIT(TEXT_MAX);
	size_t i;

	for (i = 0; i < count; i++) {
		if (i > 0)
			mp_buf_byte(&text, ' ');
		mp_buf_str(&text, words[i]);
	}
	return text.data == NULL ? mp_strdup("") : (char *)text.data;
}
