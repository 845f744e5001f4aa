/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message/render.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "html/html.h"
#include "message/message_internal.h"
#include "message/render_internal.h"
#include "message/risk.h"

#define PART_TEXT_MAX ((size_t)64 << 20)

struct render {
	struct mp_buf *to;
	const struct mp_message *message;
	unsigned width;
	unsigned *chosen;	/* of an alternative: the part shown; else 0 */
	bool *hidden;
};

/* --- header ------------------------------------------------------------- */

static void
add_clean(struct mp_buf *to, const char *text)
{
	mp_utf8_clean(to, text, strlen(text), false);
}

static void
add_line(struct mp_buf *to, const char *name, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	mp_buf_printf(to, "%s: ", name);
	add_clean(to, text);
	mp_buf_byte(to, '\n');
}

/* Does the name look like an address that is not the one beside it? */
static bool
name_deceives(const struct mp_address *from)
{
	return (strchr(from->name, '@') != NULL ||
	    strchr(from->name, '<') != NULL) &&
	    strcasecmp(from->name, from->address) != 0;
}

const char *
mp_render_warning(const struct mp_message *message, unsigned n)
{
	const struct mp_addresses *from = mp_message_addresses(message,
	    MP_ADDRESS_FROM);
	size_t i;

	if (from->count > 1 && n-- == 0)
		return "the message names several senders";
	for (i = 0; i < from->count; i++)
		if (name_deceives(&from->items[i]))
			return n == 0 ? "the sender's name looks like an "
			    "address, but is not the sender's" : NULL;
	return NULL;
}

static void
add_header(struct mp_buf *to, struct mp_message *message)
{
	const char *warning;
	unsigned i;

	add_line(to, "From", mp_message_from(message));
	for (i = 0; (warning = mp_render_warning(message, i)) != NULL; i++)
		mp_buf_printf(to, "[warning: %s]\n", warning);
	add_line(to, "To", mp_message_to(message));
	add_line(to, "Cc", mp_message_cc(message));
	add_line(to, "Date", mp_message_field(message, "date", 0));
	add_line(to, "Subject", mp_message_subject(message));
}

void
mp_message_render_headers(struct mp_buf *to, struct mp_message *message)
{
	const char *name, *value;
	size_t len, i;

	for (i = 0; mp_message_field_at(message, i, &name, &len, &value);
	    i++) {
		mp_utf8_clean(to, name, len, false);
		mp_buf_str(to, ": ");
		add_clean(to, value);
		mp_buf_byte(to, '\n');
	}
}

/* --- what is shown ------------------------------------------------------ */

static bool
is_attached(const struct mp_part *part)
{
	return part->disposition != NULL &&
	    strcmp(part->disposition, "attachment") == 0;
}

bool
mp_render_is_text(const struct mp_part *part)
{
	return !is_attached(part) && (part->kind == MP_PART_HTML ||
	    (part->kind == MP_PART_TEXT &&
	    strcmp(part->type, "text/calendar") != 0));
}

/* Signatures and the like say nothing to a reader. */
static bool
is_machinery(const struct mp_part *part)
{
	return strcmp(part->type, "application/pgp-signature") == 0 ||
	    strcmp(part->type, "application/pgp-encrypted") == 0;
}

bool
mp_render_is_listed(const struct mp_part *part)
{
	if (part->kind == MP_PART_MULTIPART)
		return false;
	if (part->kind == MP_PART_MESSAGE)
		return is_attached(part);
	if (part->kind == MP_PART_OTHER || !mp_render_is_text(part))
		return !is_machinery(part);
	return part->filename != NULL;
}

size_t
mp_render_size(const struct mp_part *part)
{
	struct mp_buf content = MP_BUF_INIT(SIZE_MAX / 4);
	struct mp_err err = MP_ERR_INIT;
	size_t size = part->body_len;

	if (part->encoding[0] == 'q' || part->encoding[0] == 'b' ||
	    part->encoding[0] == 'x' || part->encoding[0] == 'u')
		if (mp_part_content(&content, part, &err) == MP_OK)
			size = content.len;
	mp_buf_clear(&content);
	return size;
}

#define BLANK_MAX 256	/* bytes of a part that may be found empty */

static bool
is_empty(const struct mp_part *part)
{
	struct mp_buf text = MP_BUF_INIT(4 * BLANK_MAX);
	struct mp_err err = MP_ERR_INIT;
	bool empty = part->body_len <= BLANK_MAX &&
	    mp_part_text(&text, part, &err) == MP_OK &&
	    strspn(mp_buf_text(&text), " \t\r\n") == text.len;

	mp_buf_clear(&text);
	return empty;
}

/* How good is the part as the one of its alternative? The last wins. */
static unsigned
rank(const struct mp_part *part)
{
	if (is_attached(part))
		return 0;
	if (strcmp(part->type, "text/plain") == 0)
		return is_empty(part) ? 1 : 4;
	if (part->kind == MP_PART_HTML || part->kind == MP_PART_MULTIPART)
		return 3;
	return part->kind == MP_PART_TEXT ? 2 : 1;
}

/* Choose one part of each alternative; what is in the others is hidden. */
static void
choose(struct render *render)
{
	size_t count = mp_message_parts(render->message), i;
	unsigned *best = mp_calloc(count + 1, sizeof *best);

	for (i = 0; i < count; i++) {
		const struct mp_part *part = mp_message_part(render->message,
		    i);
		unsigned own;

		if (part->parent == 0 || strcmp(mp_message_part(
		    render->message, part->parent - 1)->type,
		    "multipart/alternative") != 0)
			continue;
		own = rank(part);
		if (own > best[part->parent] || (own == 3 &&
		    best[part->parent] == 3)) {
			best[part->parent] = own;
			render->chosen[part->parent] = part->number;
		}
	}
	for (i = 0; i < count; i++) {
		const struct mp_part *part = mp_message_part(render->message,
		    i);
		unsigned chosen = render->chosen[part->parent];

		render->hidden[i + 1] = render->hidden[part->parent] ||
		    (chosen != 0 && chosen != part->number);
	}
	free(best);
}

/* --- parts -------------------------------------------------------------- */

static void
add_size(struct mp_buf *to, size_t size)
{
	if (size < 1024)
		mp_buf_printf(to, "%zu bytes", size);
	else if (size < 1024 * 1024)
		mp_buf_printf(to, "%zu KiB", (size + 512) / 1024);
	else
		mp_buf_printf(to, "%.1f MiB", (double)size / 1024 / 1024);
}

/* "[part 3: name.pdf, application/pdf, 12 KiB]" */
static void
add_listed(struct render *render, const struct mp_part *part)
{
	struct mp_buf *to = render->to;
	unsigned risk = mp_risk_of_part(part);

	mp_buf_printf(to, "[part %u: ", part->number);
	if (part->filename != NULL) {
		add_clean(to, part->filename);
		mp_buf_str(to, ", ");
	}
	add_clean(to, part->type);
	mp_buf_str(to, ", ");
	add_size(to, mp_render_size(part));
	if (risk != 0) {
		mp_buf_str(to, "; risky: ");
		mp_risk_words(to, risk);
	}
	mp_buf_str(to, "]\n");
}

/*
 * Append lines; one that would pass for a line of ours gets a blank before
 * it, so that a mail cannot list attachments or warnings it has not.
 */
static void
add_text(struct mp_buf *to, const char *text, size_t len)
{
	struct mp_buf clean = MP_BUF_INIT(to->max);
	const char *at, *end;

	mp_utf8_clean(&clean, text, len, true);
	at = mp_buf_text(&clean);
	end = at + clean.len;
	while (end > at && (end[-1] == '\n' || end[-1] == ' '))
		end--;
	while (at < end) {
		const char *eol = memchr(at, '\n', (size_t)(end - at));

		if (strncmp(at, "[part ", 6) == 0 ||
		    strncmp(at, "[warning:", 9) == 0)
			mp_buf_byte(to, ' ');
		eol = eol != NULL ? eol : end;
		mp_buf_add(to, at, (size_t)(eol - at));
		mp_buf_byte(to, '\n');
		at = eol < end ? eol + 1 : end;
	}
	if (clean.overflow)
		to->overflow = true;
	mp_buf_clear(&clean);
}

static enum mp_status
add_body(struct render *render, const struct mp_part *part,
    struct mp_err *err)
{
	struct mp_buf text = MP_BUF_INIT(PART_TEXT_MAX);
	struct mp_buf plain = MP_BUF_INIT(PART_TEXT_MAX);
	enum mp_status status = mp_part_text(&text, part, err);

	if (status == MP_OK && part->kind == MP_PART_HTML) {
		status = mp_html_text(&plain, mp_buf_text(&text), text.len,
		    MP_HTML_LINKS, render->width, err);
		if (status == MP_OK)
			add_text(render->to, mp_buf_text(&plain), plain.len);
	} else if (status == MP_OK) {
		add_text(render->to, mp_buf_text(&text), text.len);
	}
	if (status == MP_INVALID) {
		/* too much to read is no reason to show nothing else */
		mp_err_clear(err);
		mp_buf_printf(render->to,
		    "[part %u is too large to be shown]\n", part->number);
		status = MP_OK;
	}
	mp_buf_clear(&plain);
	mp_buf_clear(&text);
	return status;
}

/* The header of the message in a part stands before its first part. */
static void
add_nested(struct render *render, const struct mp_part *part)
{
	size_t next = part->number;
	const struct mp_part *root;
	struct mp_message *inner;

	mp_buf_printf(render->to, "[part %u: a message]\n", part->number);
	if (next >= mp_message_parts(render->message))
		return;
	root = mp_message_part(render->message, next);
	if (root->parent != part->number || root->body < part->body)
		return;
	inner = mp_message_new(part->body, (size_t)(root->body - part->body));
	add_header(render->to, inner);
	mp_message_free(inner);
	mp_buf_byte(render->to, '\n');
}

static enum mp_status
add_part(struct render *render, const struct mp_part *part,
    struct mp_err *err)
{
	struct mp_part as_text = *part;
	bool childless = part->number == mp_message_parts(render->message);

	if (part->kind == MP_PART_MESSAGE) {
		add_nested(render, part);
		return MP_OK;
	}
	if (mp_render_is_listed(part))
		add_listed(render, part);
	if (mp_render_is_text(part))
		return add_body(render, part, err);
	/* its parts were not found: all that is there is its raw text */
	if (part->kind == MP_PART_MULTIPART && childless) {
		as_text.kind = MP_PART_TEXT;
		return add_body(render, &as_text, err);
	}
	return MP_OK;
}

/*
 * Some put attachments into one branch of an alternative. What has an id is
 * an image of the HTML there.
 */
static bool
is_apart(const struct mp_part *part)
{
	return mp_render_is_listed(part) && part->content_id == NULL &&
	    (part->filename != NULL || is_attached(part));
}

static enum mp_status
add_parts(struct render *render, struct mp_err *err)
{
	enum mp_status status = MP_OK;
	size_t i;
	bool first = true;

	for (i = 0; i < mp_message_parts(render->message) &&
	    status == MP_OK; i++) {
		const struct mp_part *part = mp_message_part(render->message,
		    i);

		if (is_machinery(part) || (render->hidden[i + 1] &&
		    !is_apart(part)) || (part->kind == MP_PART_MULTIPART &&
		    i + 1 != mp_message_parts(render->message)))
			continue;
		if (!first)
			mp_buf_byte(render->to, '\n');
		first = false;
		if (render->hidden[i + 1])
			add_listed(render, part);
		else
			status = add_part(render, part, err);
	}
	return status;
}

static void
add_defects(struct mp_buf *to, unsigned defects)
{
	if ((defects & (MP_DEFECT_DEPTH | MP_DEFECT_PARTS)) != 0)
		mp_buf_str(to, "[warning: not all parts were read]\n");
	if ((defects & MP_DEFECT_HEADER_SIZE) != 0)
		mp_buf_str(to, "[warning: the header was not read to its "
		    "end]\n");
}

enum mp_status
mp_message_render(struct mp_buf *to, struct mp_message *message,
    const struct mp_render_options *options, struct mp_err *err)
{
	size_t count = mp_message_parts(message);
	struct render render = { to, message, options->width, NULL, NULL };
	enum mp_status status;

	add_header(to, message);
	mp_buf_byte(to, '\n');
	render.chosen = mp_calloc(count + 1, sizeof *render.chosen);
	render.hidden = mp_calloc(count + 1, sizeof *render.hidden);
	choose(&render);
	status = add_parts(&render, err);
	free(render.chosen);
	free(render.hidden);
	add_defects(to, mp_message_defects(message));
	if (status == MP_OK && to->overflow)
		status = mp_err_set(err, MP_INVALID,
		    "cannot show the message: over %zu bytes", to->max);
	return status;
}
