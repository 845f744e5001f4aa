/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "html/html_internal.h"

#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "html/entity_internal.h"

/*
 * Tags are read as the HTML5 tokeniser reads them (section 13.2.5), and as
 * long as a document keeps to what is the same with and without a tree, the
 * words come out the same. Whatever else turns up sets stuck.
 */

#define NONE GUMBO_TAG_LAST

struct plain {
	struct mp_buf *to;
	const char *at, *end;
	bool stuck;
	GumboTag hidden;	/* element that hides what is in it, or NONE */
	unsigned nested;	/* elements of the same name in it, and itself */
	unsigned tables;	/* tables in it */
};

struct tag {
	GumboTag tag;
	bool end;
	bool hides;		/* by an attribute */
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool
is_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static void
add_text(struct plain *plain, const char *from, const char *end)
{
	while (from < end) {
		const char *amp = memchr(from, '&', (size_t)(end - from));
		uint32_t point;
		size_t len;

		if (amp == NULL)
			amp = end;
		mp_buf_add(plain->to, from, (size_t)(amp - from));
		if (amp == end)
			break;
		len = mp_html_entity(&point, &plain->stuck, amp, end);
		if (len == 0)
			mp_buf_byte(plain->to, '&');
		else
			mp_utf8_add(plain->to, point);
		from = amp + (len != 0 ? len : 1);
	}
}

/* Read the value after '='; gives it without quotes. */
static const char *
read_value(struct plain *plain, size_t *len)
{
	const char *at = plain->at, *end = plain->end, *start, *stop;

	while (at < end && is_blank(*at))
		at++;
	start = at;
	if (at < end && (*at == '"' || *at == '\'')) {
		start++;
		stop = memchr(start, *at, (size_t)(end - start));
		at = stop != NULL ? stop + 1 : end;
		stop = stop != NULL ? stop : end;
	} else {
		while (at < end && !is_blank(*at) && *at != '>')
			at++;
		stop = at;
	}
	plain->at = at;
	*len = (size_t)(stop - start);
	return start;
}

/* One attribute that may hide the element. */
static void
note_attribute(struct plain *plain, struct tag *tag, bool *styled,
    const char *name, size_t len)
{
	size_t value_len = 0;
	const char *value = "";

	while (plain->at < plain->end && is_blank(*plain->at))
		plain->at++;
	if (plain->at < plain->end && *plain->at == '=') {
		plain->at++;
		value = read_value(plain, &value_len);
	}
	if (len == 6 && strncasecmp(name, "hidden", 6) == 0) {
		tag->hides = true;
	} else if (len == 5 && !*styled &&
	    strncasecmp(name, "style", 5) == 0) {
		*styled = true;
		if (memchr(value, '&', value_len) != NULL)
			plain->stuck = true;
		if (mp_html_style_hides(value, value_len))
			tag->hides = true;
	}
}

/* Attributes up to and with '>'; false when the text ends before that. */
static bool
read_attributes(struct plain *plain, struct tag *tag)
{
	bool styled = false;

	for (;;) {
		const char *name;

		while (plain->at < plain->end &&
		    (is_blank(*plain->at) || *plain->at == '/'))
			plain->at++;
		if (plain->at == plain->end)
			return false;
		if (*plain->at == '>') {
			plain->at++;
			return true;
		}
		name = plain->at++;	/* even if it is a '=' */
		while (plain->at < plain->end && !is_blank(*plain->at) &&
		    *plain->at != '/' && *plain->at != '>' &&
		    *plain->at != '=')
			plain->at++;
		note_attribute(plain, tag, &styled, name,
		    (size_t)(plain->at - name));
	}
}

/* At the name of a tag; false when the text ends within the tag. */
static bool
read_tag(struct plain *plain, struct tag *tag)
{
	const char *name = plain->at;

	while (plain->at < plain->end && !is_blank(*plain->at) &&
	    *plain->at != '/' && *plain->at != '>')
		plain->at++;
	tag->tag = gumbo_tagn_enum(name, (unsigned)(plain->at - name));
	tag->hides = false;
	if (!read_attributes(plain, tag)) {
		plain->at = plain->end;
		return false;
	}
	return true;
}

static void
skip_past(struct plain *plain, const char *what, size_t len)
{
	const char *found = memmem(plain->at, (size_t)(plain->end -
	    plain->at), what, len);

	plain->at = found != NULL ? found + len : plain->end;
}

/* After "<!--". */
static void
skip_comment(struct plain *plain)
{
	const char *at = plain->at, *end = plain->end;

	if (at < end && *at == '>') {
		plain->at++;
		return;
	}
	if (end - at > 1 && at[0] == '-' && at[1] == '>') {
		plain->at += 2;
		return;
	}
	while ((at = memmem(at, (size_t)(end - at), "--", 2)) != NULL) {
		at += 2;
		while (at < end && *at == '-')
			at++;
		if (at < end && *at == '!')
			at++;
		if (at < end && *at == '>') {
			plain->at = at + 1;
			return;
		}
	}
	plain->at = end;
}

static bool
is_raw(GumboTag tag)
{
	return tag == GUMBO_TAG_SCRIPT || tag == GUMBO_TAG_STYLE ||
	    tag == GUMBO_TAG_TITLE || tag == GUMBO_TAG_TEXTAREA ||
	    tag == GUMBO_TAG_IFRAME || tag == GUMBO_TAG_NOEMBED ||
	    tag == GUMBO_TAG_NOFRAMES;
}

/* A script in a comment in a script has an end tag of its own. */
static bool
nests_script(const char *script, size_t len)
{
	const char *end = script + len;
	const char *at = memmem(script, len, "<!--", 4);

	while (at != NULL && end - at > 7) {
		if (strncasecmp(at, "<script", 7) == 0)
			return true;
		at++;
		at = memchr(at, '<', (size_t)(end - at));
	}
	return false;
}

/* Pass over the text of an element that holds no tags, and its end tag. */
static void
skip_raw(struct plain *plain, GumboTag tag)
{
	const char *name = gumbo_normalized_tagname(tag);
	const char *start = plain->at;
	size_t len = strlen(name);
	struct tag close;

	for (;;) {
		const char *at;

		skip_past(plain, "</", 2);
		at = plain->at;
		if ((size_t)(plain->end - at) <= len) {
			plain->at = plain->end;
			break;
		}
		if (strncasecmp(at, name, len) == 0 && (is_blank(at[len]) ||
		    at[len] == '/' || at[len] == '>'))
			break;
	}
	if (tag == GUMBO_TAG_SCRIPT &&
	    nests_script(start, (size_t)(plain->at - start)))
		plain->stuck = true;
	if (plain->at < plain->end)
		(void)read_tag(plain, &close);
}

static bool
is_void(GumboTag tag)
{
	return tag == GUMBO_TAG_BR || tag == GUMBO_TAG_IMG ||
	    tag == GUMBO_TAG_IMAGE || tag == GUMBO_TAG_HR ||
	    tag == GUMBO_TAG_INPUT || tag == GUMBO_TAG_COL ||
	    tag == GUMBO_TAG_META || tag == GUMBO_TAG_LINK ||
	    tag == GUMBO_TAG_BASE || tag == GUMBO_TAG_EMBED ||
	    tag == GUMBO_TAG_AREA || tag == GUMBO_TAG_WBR ||
	    tag == GUMBO_TAG_PARAM || tag == GUMBO_TAG_SOURCE ||
	    tag == GUMBO_TAG_TRACK || tag == GUMBO_TAG_BGSOUND ||
	    tag == GUMBO_TAG_BASEFONT || tag == GUMBO_TAG_KEYGEN;
}

/* Elements whose content depends on the tree. */
static bool
needs_tree(GumboTag tag)
{
	return tag == GUMBO_TAG_SVG || tag == GUMBO_TAG_MATH ||
	    tag == GUMBO_TAG_TEMPLATE || tag == GUMBO_TAG_FRAMESET || tag == GUMBO_TAG_PLAINTEXT ||
	    tag == GUMBO_TAG_XMP || tag == GUMBO_TAG_ISINDEX;
}

/* Elements of a table, whose tags close what is open in a cell. */
static bool
is_of_table(GumboTag tag)
{
	return tag == GUMBO_TAG_TD || tag == GUMBO_TAG_TH ||
	    tag == GUMBO_TAG_TR || tag == GUMBO_TAG_TBODY ||
	    tag == GUMBO_TAG_THEAD || tag == GUMBO_TAG_TFOOT ||
	    tag == GUMBO_TAG_CAPTION || tag == GUMBO_TAG_COL ||
	    tag == GUMBO_TAG_COLGROUP;
}

/* A tag while a hidden element is open: is it still open after it? */
static void
hidden_tag(struct plain *plain, const struct tag *tag)
{
	bool block = mp_html_kind(tag->tag) != MP_HTML_INLINE &&
	    mp_html_kind(tag->tag) != MP_HTML_BREAK &&
	    mp_html_kind(tag->tag) != MP_HTML_DROPPED;
	bool block_outside = mp_html_kind(plain->hidden) != MP_HTML_INLINE;

	if (tag->tag == plain->hidden) {
		if (tag->end)
			plain->nested--;
		else
			plain->nested++;
		/* Such as <p hidden>...<p>, or what a browser mends. */
		if (!tag->end && (plain->hidden == GUMBO_TAG_P ||
		    plain->hidden == GUMBO_TAG_SELECT ||
		    plain->hidden == GUMBO_TAG_LI || !block_outside ||
		    plain->hidden == GUMBO_TAG_DD ||
		    plain->hidden == GUMBO_TAG_DT ||
		    (is_of_table(plain->hidden) && plain->tables == 0)))
			plain->stuck = true;
		if (plain->nested == 0)
			plain->hidden = NONE;
	} else if (tag->tag == GUMBO_TAG_TABLE) {
		if (tag->end && plain->tables == 0)
			plain->stuck = true;
		plain->tables += tag->end ? -1u : 1u;
	} else if (is_of_table(tag->tag) && plain->tables == 0 &&
	    !is_of_table(plain->hidden) && plain->hidden != GUMBO_TAG_TABLE) {
		plain->stuck = true;
	}
	if (plain->hidden == GUMBO_TAG_SELECT && (plain->tables > 0 ||
	    tag->tag == GUMBO_TAG_INPUT || tag->tag == GUMBO_TAG_KEYGEN))
		plain->stuck = true;
	if (block && tag->tag != plain->hidden && plain->hidden != NONE &&
	    (!block_outside || plain->hidden == GUMBO_TAG_P))
		plain->stuck = true;
}

static void
one_tag(struct plain *plain, const struct tag *tag)
{
	enum mp_html_kind kind = mp_html_kind(tag->tag);

	if (needs_tree(tag->tag) || (plain->hidden != GUMBO_TAG_SELECT &&
	    (tag->tag == GUMBO_TAG_OPTION || tag->tag == GUMBO_TAG_OPTGROUP)))
		plain->stuck = true;
	if (!tag->end && is_raw(tag->tag)) {
		if (plain->hidden == GUMBO_TAG_SELECT)
			plain->stuck = true;
		skip_raw(plain, tag->tag);
		return;
	}
	if (plain->hidden != NONE) {
		hidden_tag(plain, tag);
		return;
	}
	if (mp_html_parts_words(tag->tag))
		mp_buf_byte(plain->to, '\n');
	if (tag->end || is_void(tag->tag))
		return;
	if (tag->tag == GUMBO_TAG_HEAD) {	/* what is in it goes by itself */
		if (tag->hides)
			plain->stuck = true;
		return;
	}
	if (kind == MP_HTML_DROPPED || tag->hides) {
		if (tag->tag == GUMBO_TAG_BODY || tag->tag == GUMBO_TAG_HTML ||
		    tag->tag == GUMBO_TAG_UNKNOWN)
			plain->stuck = true;
		plain->hidden = tag->tag;
		plain->nested = 1;
		plain->tables = 0;
	}
}

/* At a '<'. */
static void
markup(struct plain *plain)
{
	size_t left = (size_t)(plain->end - plain->at);
	struct tag tag = { .end = false };

	if (left > 1 && is_letter(plain->at[1])) {
		plain->at++;
		if (read_tag(plain, &tag))
			one_tag(plain, &tag);
	} else if (left > 2 && plain->at[1] == '/' &&
	    is_letter(plain->at[2])) {
		plain->at += 2;
		tag.end = true;
		if (read_tag(plain, &tag))
			one_tag(plain, &tag);
	} else if (left > 3 && memcmp(plain->at, "<!--", 4) == 0) {
		plain->at += 4;
		skip_comment(plain);
	} else if (left > 2 && memcmp(plain->at, "</", 2) != 0 &&
	    plain->at[1] != '!' && plain->at[1] != '?') {
		if (plain->hidden == NONE)
			mp_buf_byte(plain->to, '<');
		plain->at++;
	} else if (left > 2) {
		skip_past(plain, ">", 1);
	} else {
		plain->at = plain->end;
	}
}

bool
mp_html_plain(struct mp_buf *to, const char *html, size_t len, bool forced)
{
	struct plain plain = {
		.to = to, .at = html, .end = html + len, .hidden = NONE
	};
	size_t start = to->len;

	if (!forced && memchr(html, '\0', len) != NULL)
		return false;
	while (plain.at < plain.end && (forced || !plain.stuck)) {
		const char *tag = memchr(plain.at, '<',
		    (size_t)(plain.end - plain.at));

		if (tag == NULL)
			tag = plain.end;
		if (plain.hidden == NONE)
			add_text(&plain, plain.at, tag);
		plain.at = tag;
		if (tag < plain.end)
			markup(&plain);
	}
	if (plain.hidden != NONE)
		plain.stuck = true;
	if (plain.stuck && !forced) {
		to->len = start;
		to->overflow = false;
		if (to->data != NULL)
			to->data[start] = '\0';
		return false;
	}
	return true;
}
