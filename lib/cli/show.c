/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/show.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/utf8.h"
#include "cli/table.h"
#include "mailbox/mailbox.h"
#include "mailbox/mbox.h"
#include "message/message.h"
#include "message/render.h"

#define TEXT_MAX ((size_t)256 << 20)	/* of one message as text */
enum { WIDTH_PIPE = 78, WIDTH_MAX = 100 };

struct mp_show {
	struct mp_find *find;
	const struct mp_show_options *options;
	struct mp_message_reader *reader;
	struct mp_docset threads;	/* roots that were shown */
	struct mp_buf raw;
	struct mp_buf out;
	int64_t received;	/* of the message in raw */
	struct mp_buf first;	/* raw form: the first message, kept */
	int64_t first_received;
	size_t count;
	bool terminal;
};

struct mp_show *
mp_show_new(struct mp_find *find, const struct mp_show_options *options)
{
	struct mp_show *show = mp_calloc(1, sizeof *show);

	show->find = find;
	show->options = options;
	show->reader = mp_store_reader_new(mp_index_store(
	    find->search.index));
	mp_docset_init(&show->threads, mp_index_end(find->search.index));
	mp_buf_init(&show->raw, MP_MAIL_MAX);
	mp_buf_init(&show->first, MP_MAIL_MAX);
	mp_buf_init(&show->out, 2 * MP_MAIL_MAX + 4096);
	show->terminal = isatty(STDOUT_FILENO) == 1;
	return show;
}

void
mp_show_free(struct mp_show *show)
{
	if (show == NULL)
		return;
	mp_store_reader_free(show->reader);
	mp_docset_clear(&show->threads);
	mp_buf_clear(&show->raw);
	mp_buf_clear(&show->first);
	mp_buf_clear(&show->out);
	free(show);
}

static enum mp_status
write_out(const struct mp_buf *bytes, struct mp_err *err)
{
	if (bytes->overflow)
		return mp_err_set(err, MP_INVALID,
		    "cannot show the message: it is too large");
	if (bytes->len != 0 &&
	    fwrite(bytes->data, 1, bytes->len, stdout) != bytes->len)
		return mp_err_sys(err, errno,
		    "cannot write to standard output");
	return MP_OK;
}

/* Bytes of mail: as they are, but never to a terminal. */
static enum mp_status
write_bytes(struct mp_show *show, const struct mp_buf *bytes,
    struct mp_err *err)
{
	struct mp_buf clean = MP_BUF_INIT(4 * MP_MAIL_MAX);
	enum mp_status status;

	if (!show->terminal)
		return write_out(bytes, err);
	mp_utf8_clean(&clean, mp_buf_text(bytes), bytes->len, true);
	status = write_out(&clean, err);
	mp_buf_clear(&clean);
	return status;
}

static enum mp_status
read_message(struct mp_show *show, uint32_t docid, struct mp_err *err)
{
	struct mp_message_info info = { 0 };
	struct mp_place place;
	enum mp_status status;

	mp_buf_reset(&show->raw);
	mp_buf_reset(&show->out);
	status = mp_index_place(&place, show->find->search.index, docid, err);
	if (status == MP_OK)
		status = mp_store_read(&show->raw, &info, show->reader, docid,
		    place, err);
	show->received = info.received;
	free(info.id);
	free(info.folder);
	return status;
}

/* --- raw --------------------------------------------------------------- */

/* One of several messages. */
static enum mp_status
write_raw(struct mp_show *show, const struct mp_buf *raw, int64_t received,
    struct mp_err *err)
{
	mp_buf_reset(&show->out);
	if (show->find->cli->null) {
		mp_buf_add(&show->out, raw->data, raw->len);
		mp_buf_byte(&show->out, '\0');
	} else {
		mp_mbox_write(&show->out, raw->data, raw->len, received);
	}
	return write_bytes(show, &show->out, err);
}

static enum mp_status
show_raw(struct mp_show *show, struct mp_err *err)
{
	struct mp_buf swap = show->first;

	if (show->count == 1) {
		show->first = show->raw;
		show->raw = swap;
		show->first_received = show->received;
		return MP_OK;
	}
	if (show->count == 2 && write_raw(show, &show->first,
	    show->first_received, err) != MP_OK)
		return err->status;
	return write_raw(show, &show->raw, show->received, err);
}

enum mp_status
mp_show_finish(struct mp_show *show, struct mp_err *err)
{
	if (show->count == 0)
		mp_cli_no(show->find->cli);
	if (show->options->form != MP_SHOW_RAW || show->count != 1)
		return MP_OK;
	return show->find->cli->null ? write_raw(show, &show->first,
	    show->first_received, err) : write_bytes(show, &show->first, err);
}

/* --- part, headers, text, JSON -------------------------------------------- */

static enum mp_status
show_part(struct mp_show *show, struct mp_message *message,
    struct mp_err *err)
{
	unsigned number = show->options->part;
	const struct mp_part *part;

	if (number > mp_message_parts(message))
		return mp_err_set(err, MP_NOT_FOUND,
		    "no part %u: the message has %zu", number,
		    mp_message_parts(message));
	part = mp_message_part(message, number - 1);
	if ((part->kind == MP_PART_TEXT && show->terminal ?
	    mp_part_text(&show->out, part, err) :
	    mp_part_content(&show->out, part, err)) != MP_OK)
		return err->status;
	return write_bytes(show, &show->out, err);
}

static void
add_tags(struct mp_buf *out, const struct mp_strlist *tags)
{
	size_t i;

	mp_buf_str(out, "Tags: ");
	for (i = 0; i < tags->count; i++) {
		mp_buf_str(out, i != 0 ? " " : "");
		mp_utf8_clean(out, tags->items[i] + strlen("t:"),
		    strlen(tags->items[i] + strlen("t:")), false);
	}
	mp_buf_byte(out, '\n');
}

static enum mp_status
show_text(struct mp_show *show, struct mp_message *message,
    const struct mp_strlist *tags, struct mp_err *err)
{
	struct mp_render_options options = { .width = WIDTH_PIPE };

	if (show->terminal)
		options.width = mp_table_width();
	if (options.width > WIDTH_MAX)
		options.width = WIDTH_MAX;
	if (show->count > 1)
		mp_buf_str(&show->out, "\n----------------------------------"
		    "--------------------------------------\n\n");
	if (tags->count != 0)
		add_tags(&show->out, tags);
	if (mp_message_render(&show->out, message, &options, err) != MP_OK)
		return err->status;
	return write_out(&show->out, err);
}

static enum mp_status
show_json(struct mp_show *show, struct mp_message *message, uint32_t docid,
    const struct mp_strlist *tags, struct mp_err *err)
{
	struct mp_summary summary = { 0 };
	struct mp_json json;
	size_t i;

	if (mp_index_summary(&summary, show->find->search.index, docid,
	    err) != MP_OK)
		return err->status;
	mp_json_init(&json, &show->out);
	mp_json_open(&json, NULL, '{');
	mp_json_string(&json, "id", summary.id);
	mp_summary_clear(&summary);
	mp_json_open(&json, "tags", '[');
	for (i = 0; i < tags->count; i++)
		mp_json_string(&json, NULL, tags->items[i] + strlen("t:"));
	mp_json_close(&json, ']');
	if (mp_message_json(&json, message, err) != MP_OK)
		return err->status;
	mp_json_close(&json, '}');
	mp_buf_byte(&show->out, show->find->cli->null ? '\0' : '\n');
	return write_out(&show->out, err);
}

static enum mp_status
show_parsed(struct mp_show *show, uint32_t docid, struct mp_err *err)
{
	struct mp_message *message = mp_message_new(show->raw.data,
	    show->raw.len);
	struct mp_strlist tags = MP_STRLIST_INIT;
	enum mp_status status;

	status = mp_store_bits_of(&tags, mp_index_store(
	    show->find->search.index), docid, "t:", err);
	if (status != MP_OK) {
		/* said already */
	} else if (show->options->form == MP_SHOW_PART) {
		status = show_part(show, message, err);
	} else if (show->options->form == MP_SHOW_HEADERS) {
		mp_message_render_headers(&show->out, message);
		status = write_out(&show->out, err);
	} else if (show->options->form == MP_SHOW_JSON) {
		status = show_json(show, message, docid, &tags, err);
	} else {
		status = show_text(show, message, &tags, err);
	}
	mp_strlist_clear(&tags);
	mp_message_free(message);
	return status;
}

enum mp_status
mp_show_message(struct mp_show *show, uint32_t docid, struct mp_err *err)
{
	if (read_message(show, docid, err) != MP_OK)
		return err->status;
	show->count++;
	return show->options->form == MP_SHOW_RAW ? show_raw(show, err) :
	    show_parsed(show, docid, err);
}

enum mp_status
mp_show_thread(struct mp_show *show, uint32_t docid, struct mp_err *err)
{
	struct mp_index *index = show->find->search.index;
	struct mp_thread_node *nodes = NULL;
	enum mp_status status;
	size_t count = 0, i;
	uint32_t root;

	status = mp_index_thread(&root, index, docid, err);
	if (status != MP_OK || mp_docset_has(&show->threads, root))
		return status;
	mp_docset_add(&show->threads, root);
	status = mp_index_thread_nodes(&nodes, &count, index, root, err);
	for (i = 0; i < count && status == MP_OK; i++)
		if (!mp_docset_has(&show->find->removed, nodes[i].docid))
			status = mp_show_message(show, nodes[i].docid, err);
	free(nodes);
	return status;
}
