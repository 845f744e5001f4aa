/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message/address.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "message/message_internal.h"

/* One address of a list, as byte ranges of its text. */
struct span {
	struct slice phrase;		/* before '<' */
	struct slice angle;		/* between '<' and '>' */
	struct slice comment;	/* in the last parentheses */
	bool has_angle;
	char stop;			/* ',' ';' ':' or 0 at the end */
};

static struct slice
trimmed(const char *text, size_t len)
{
	while (len != 0 && mp_is_blank(text[len - 1]))
		len--;
	while (len != 0 && mp_is_blank(*text)) {
		text++;
		len--;
	}
	return (struct slice){ text, len };
}

struct reader {
	const char *at;
	const char *end;
	bool no_quote;		/* no further closing '"' */
	bool no_paren;
};

/* Behind the closing quote of the string at at, or NULL without one. */
static const char *
skip_quoted(struct reader *in, const char *at)
{
	if (in->no_quote)
		return NULL;
	for (at++; at < in->end; at++) {
		if (*at == '"')
			return at + 1;
		if (*at == '\\' && in->end - at > 1)
			at++;
	}
	in->no_quote = true;
	return NULL;
}

static const char *
skip_comment(struct reader *in, const char *at)
{
	unsigned depth = 0;

	if (in->no_paren)
		return NULL;
	for (; at < in->end; at++) {
		if (*at == '(')
			depth++;
		else if (*at == ')' && --depth == 0)
			return at + 1;
		else if (*at == '\\' && in->end - at > 1)
			at++;
	}
	in->no_paren = true;
	return NULL;
}

/* From '<' to behind '>', or to where the list goes on without one. */
static const char *
read_angle(struct span *span, struct reader *in, const char *at)
{
	const char *start = ++at;

	while (at < in->end && *at != '>' && *at != '<' && *at != ',') {
		const char *after = *at == '"' ? skip_quoted(in, at) :
		    *at == '(' ? skip_comment(in, at) : NULL;

		/* the commas of a route, "<@a,@b:c@d>" */
		if (*at == '@' && at == start) {
			const char *colon = memchr(at, ':',
			    (size_t)(in->end - at) < 1000 ?
			    (size_t)(in->end - at) : 1000);

			if (colon != NULL)
				after = start = colon + 1;
		}
		at = after != NULL ? after : at + 1;
	}
	span->has_angle = true;
	span->angle = trimmed(start, (size_t)(at - start));
	return at < in->end && *at == '>' ? at + 1 : at;
}

/* Read up to the next separator. */
static bool
span_next(struct span *span, struct reader *in)
{
	const char *start, *at;
	bool seen_at = false;

	while (in->at < in->end && mp_is_blank(*in->at))
		in->at++;
	if (in->at == in->end)
		return false;
	*span = (struct span){ { "", 0 }, { "", 0 }, { "", 0 }, false, 0 };
	for (start = at = in->at; at < in->end;) {
		const char *after = NULL;

		if (*at == ',' || *at == ';' ||
		    (*at == ':' && !span->has_angle && !seen_at))
			break;
		if (*at == '@')
			seen_at = true;
		if (*at == '"') {
			after = skip_quoted(in, at);
		} else if (*at == '(') {
			after = skip_comment(in, at);
			if (after != NULL)
				span->comment = trimmed(at + 1,
				    (size_t)(after - at - 2));
		} else if (*at == '<' && !span->has_angle) {
			span->phrase = trimmed(start,
			    (size_t)(at - start));
			after = read_angle(span, in, at);
		}
		at = after != NULL ? after : at + 1;
	}
	if (!span->has_angle)
		span->phrase = trimmed(start, (size_t)(at - start));
	span->stop = at < in->end ? *at : '\0';
	in->at = at < in->end ? at + 1 : at;
	return true;
}

/* Append text without comments, blanks and, where they pair, quotes. */
static void
add_bare(struct mp_buf *to, struct slice text, bool is_name)
{
	struct reader in = { text.at, text.at + text.len, false, false };
	const char *at = text.at;

	while (at < in.end) {
		const char *after = *at == '"' ? skip_quoted(&in, at) :
		    *at == '(' ? skip_comment(&in, at) : NULL;

		if (after != NULL && *at == '"' && is_name) {
			for (at++; at + 1 < after; at++) {
				if (*at == '\\' && at + 2 < after)
					at++;
				mp_buf_byte(to, (uint8_t)*at);
			}
		} else if (after != NULL && *at == '"') {
			mp_buf_add(to, at, (size_t)(after - at));
		} else if (after == NULL &&
		    (is_name || !mp_is_blank(*at))) {
			mp_buf_byte(to, (uint8_t)*at);
		}
		at = after != NULL ? after : at + 1;
	}
}

static bool
needs_unquoting(struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++)
		if (text.at[i] == '"' || text.at[i] == '(')
			return true;
	return false;
}

static const char *
name_text(struct arena *arena, struct slice raw, unsigned *defects)
{
	struct mp_buf buf = MP_BUF_INIT(MP_HEADER_BYTES);
	const char *name;
	struct slice bare;

	if (!needs_unquoting(raw)) {
		name = mp_header_decode(arena, raw, defects);
	} else {
		add_bare(&buf, raw, true);
		name = mp_header_decode(arena, trimmed(mp_buf_text(&buf),
		    buf.len), defects);
		mp_buf_clear(&buf);
	}
	bare = trimmed(name, strlen(name));
	return name[0] == bare.at[0] && bare.at[bare.len] == '\0' ? name :
	    mp_arena_text(arena, bare.at, bare.len);
}

/*
 * Encoded words stay as they are: they have no meaning in an address, and
 * decoded they could show another one.
 */
static const char *
address_text(struct arena *arena, struct slice raw, unsigned *defects)
{
	struct mp_buf bare = MP_BUF_INIT(MP_HEADER_BYTES);
	struct mp_buf text = MP_BUF_INIT(4 * MP_HEADER_BYTES);
	const char *address;
	size_t i;

	for (i = 0; i < raw.len; i++)
		if ((signed char)raw.at[i] <= ' ' || raw.at[i] == '(')
			break;
	if (i == raw.len)
		return mp_arena_text(arena, raw.at, raw.len);
	add_bare(&bare, raw, false);
	if (!mp_charset_convert(&text, "utf-8", (const uint8_t *)
	    mp_buf_text(&bare), bare.len))
		*defects |= MP_DEFECT_CHARSET;
	address = mp_arena_text(arena, mp_buf_text(&text), text.len);
	mp_buf_clear(&bare);
	mp_buf_clear(&text);
	return address;
}

static void
put(struct mp_addresses *list, struct arena *arena, const char *name,
    const char *address)
{
	if (*name == '\0' && *address == '\0')
		return;
	if (list->count == list->cap) {
		size_t cap = list->cap != 0 ? list->cap * 2 : 4;
		struct mp_address *items = mp_arena_take(arena,
		    cap * sizeof *items);

		if (list->count != 0)
			memcpy(items, list->items,
			    list->count * sizeof *items);
		list->items = items;
		list->cap = cap;
	}
	list->items[list->count++] = (struct mp_address){ name, address };
}

/* Has it a blank outside quotes and comments? Then it is no address. */
static bool
is_phrase(struct slice text)
{
	struct reader in = { text.at, text.at + text.len, false, false };
	const char *at = text.at;

	while (at < in.end) {
		const char *after = *at == '"' ? skip_quoted(&in, at) :
		    *at == '(' ? skip_comment(&in, at) : NULL;

		if (after == NULL && mp_is_blank(*at) &&
		    (size_t)(in.end - at) > 1 && at[1] != '(')
			return true;
		at = after != NULL ? after : at + 1;
	}
	return false;
}

static void
put_span(struct mp_addresses *list, struct arena *arena,
    const struct span *span, unsigned *defects)
{
	const char *name = "", *address;

	if (span->has_angle) {
		struct slice from = span->phrase.len != 0 ?
		    span->phrase : span->comment;

		if (from.len != 0)
			name = name_text(arena, from, defects);
		address = address_text(arena, span->angle, defects);
	} else if (memchr(span->phrase.at, '@', span->phrase.len) == NULL &&
	    (is_phrase(span->phrase) || *span->phrase.at == '"')) {
		name = name_text(arena, span->phrase, defects);
		address = "";
	} else {
		if (span->comment.len != 0)
			name = name_text(arena, span->comment, defects);
		address = address_text(arena, span->phrase, defects);
	}
	put(list, arena, name, address);
}

void
mp_addresses_add(struct mp_addresses *list, struct arena *arena,
    struct slice value, unsigned *defects)
{
	struct reader in = { value.at, value.at + value.len, false, false };
	struct slice group = { NULL, 0 };
	struct span span;
	size_t before = 0;

	while (span_next(&span, &in)) {
		bool ends = span.stop == ';' || in.at == in.end;

		if (span.stop == ':') {
			group = span.phrase;
			before = list->count;
			ends = in.at == in.end;
		} else if (span.phrase.len != 0 || span.has_angle) {
			put_span(list, arena, &span, defects);
		}
		if (group.at == NULL || !ends)
			continue;
		if (list->count == before && group.len != 0)
			put(list, arena, name_text(arena, group, defects), "");
		group.at = NULL;
	}
}

struct mp_addresses *
mp_addresses_new(const char *text, size_t len)
{
	struct mp_addresses *list = mp_calloc(1, sizeof *list);
	unsigned defects = 0;

	list->own = mp_calloc(1, sizeof *list->own);
	mp_addresses_add(list, list->own, (struct slice){ text, len },
	    &defects);
	return list;
}

void
mp_addresses_free(struct mp_addresses *list)
{
	if (list == NULL)
		return;
	mp_arena_free(list->own);
	free(list->own);
	free(list);
}

static bool
is_atom_text(const char *name)
{
	const char *at;

	for (at = name; *at != '\0'; at++)
		if (strchr("()<>@,;:\\\"[]", *at) != NULL)
			return false;
	return true;
}

void
mp_address_add(struct mp_buf *to, const struct mp_address *address)
{
	const char *at;

	if (*address->name == '\0') {
		mp_buf_str(to, address->address);
		return;
	}
	if (is_atom_text(address->name)) {
		mp_buf_str(to, address->name);
	} else {
		mp_buf_byte(to, '"');
		for (at = address->name; *at != '\0'; at++) {
			if (*at == '"' || *at == '\\')
				mp_buf_byte(to, '\\');
			mp_buf_byte(to, (uint8_t)*at);
		}
		mp_buf_byte(to, '"');
	}
	if (*address->address != '\0') {
		mp_buf_str(to, " <");
		mp_buf_str(to, address->address);
		mp_buf_byte(to, '>');
	}
}
