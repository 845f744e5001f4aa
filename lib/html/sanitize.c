/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "html/html.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "html/html_internal.h"

/*
 * The tree is written anew from what is on the lists below; no byte of the
 * source gets through but as escaped text or a checked attribute value.
 */

#define LINK_TEXT_MAX 300
#define TEXT_OUT_MAX ((size_t)1 << 20)	/* of one attribute */

enum value_kind {
	ANY_TEXT,
	WORD,		/* letters */
	NUMBER,		/* up to five digits, perhaps with '%' */
	COLOUR
};

static const struct {
	char name[12];
	enum value_kind kind;
} attributes[] = {
	{ "align", WORD }, { "bgcolor", COLOUR }, { "border", NUMBER },
	{ "cellpadding", NUMBER }, { "cellspacing", NUMBER },
	{ "color", COLOUR }, { "colspan", NUMBER }, { "dir", WORD },
	{ "height", NUMBER }, { "lang", WORD }, { "rowspan", NUMBER },
	{ "size", NUMBER }, { "start", NUMBER }, { "title", ANY_TEXT },
	{ "valign", WORD }, { "width", NUMBER }
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"	/* Gumbo has 150 tags */

/* The elements that are kept; of others, not dropped, the content is. */
static bool
is_kept(GumboTag tag)
{
	switch (tag) {
	case GUMBO_TAG_A:
	case GUMBO_TAG_ABBR:
	case GUMBO_TAG_B:
	case GUMBO_TAG_BLOCKQUOTE:
	case GUMBO_TAG_BR:
	case GUMBO_TAG_CAPTION:
	case GUMBO_TAG_CENTER:
	case GUMBO_TAG_CODE:
	case GUMBO_TAG_COL:
	case GUMBO_TAG_COLGROUP:
	case GUMBO_TAG_DD:
	case GUMBO_TAG_DEL:
	case GUMBO_TAG_DIV:
	case GUMBO_TAG_DL:
	case GUMBO_TAG_DT:
	case GUMBO_TAG_EM:
	case GUMBO_TAG_FONT:
	case GUMBO_TAG_H1:
	case GUMBO_TAG_H2:
	case GUMBO_TAG_H3:
	case GUMBO_TAG_H4:
	case GUMBO_TAG_H5:
	case GUMBO_TAG_H6:
	case GUMBO_TAG_HR:
	case GUMBO_TAG_I:
	case GUMBO_TAG_INS:
	case GUMBO_TAG_LI:
	case GUMBO_TAG_OL:
	case GUMBO_TAG_P:
	case GUMBO_TAG_PRE:
	case GUMBO_TAG_S:
	case GUMBO_TAG_SMALL:
	case GUMBO_TAG_SPAN:
	case GUMBO_TAG_STRIKE:
	case GUMBO_TAG_STRONG:
	case GUMBO_TAG_SUB:
	case GUMBO_TAG_SUP:
	case GUMBO_TAG_TABLE:
	case GUMBO_TAG_TBODY:
	case GUMBO_TAG_TD:
	case GUMBO_TAG_TFOOT:
	case GUMBO_TAG_TH:
	case GUMBO_TAG_THEAD:
	case GUMBO_TAG_TR:
	case GUMBO_TAG_TT:
	case GUMBO_TAG_U:
	case GUMBO_TAG_UL:
		return true;
	default:
		return false;
	}
}

static bool
has_end_tag(GumboTag tag)
{
	return tag != GUMBO_TAG_BR && tag != GUMBO_TAG_COL &&
	    tag != GUMBO_TAG_HR;
}

#pragma GCC diagnostic pop

/* U+202A to U+202E and U+2066 to U+2069, which turn text around. */
static bool
turns_text(const char *text, size_t len)
{
	const unsigned char *at = (const unsigned char *)text;

	return len >= 3 && at[0] == 0xe2 &&
	    ((at[1] == 0x80 && at[2] >= 0xaa && at[2] <= 0xae) ||
	    (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9));
}

/* Text for content and for attribute values in double quotes. */
static void
add_escaped(struct mp_buf *to, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '&')
			mp_buf_str(to, "&amp;");
		else if (c == '<')
			mp_buf_str(to, "&lt;");
		else if (c == '>')
			mp_buf_str(to, "&gt;");
		else if (c == '"')
			mp_buf_str(to, "&quot;");
		else if (c == '\'')
			mp_buf_str(to, "&#39;");
		else if (c == '`')
			mp_buf_str(to, "&#96;");
		else if (turns_text(text + i, len - i))
			i += 2;
		else if (c >= 0x20 || c == '\n' || c == '\t')
			mp_buf_byte(to, c);
	}
}

static void
add_attribute(struct mp_buf *to, const char *name, const char *value)
{
	size_t len = strlen(value);

	if (len > TEXT_OUT_MAX)
		return;
	mp_buf_printf(to, " %s=\"", name);
	add_escaped(to, value, len);
	mp_buf_byte(to, '"');
}

static bool
only_has(const char *text, const char *allowed, size_t most)
{
	size_t len = strspn(text, allowed);

	return len > 0 && len <= most && text[len] == '\0';
}

static bool
is_fine(enum value_kind kind, const char *value)
{
	static const char letters[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";
	size_t digits = strspn(value, "0123456789");

	switch (kind) {
	case WORD:
		return only_has(value, letters, 20);
	case NUMBER:
		return digits > 0 && digits <= 4 && (value[digits] == '\0' ||
		    strcmp(value + digits, "%") == 0);
	case COLOUR:
		return value[0] == '#' ?
		    only_has(value + 1, "0123456789abcdefABCDEF", 6) :
		    only_has(value, letters, 20);
	case ANY_TEXT:
	default:
		return true;
	}
}

static void
add_attributes(struct mp_buf *to, const GumboNode *node)
{
	const GumboVector *list = &node->v.element.attributes;
	unsigned i;
	size_t k;

	for (i = 0; i < list->length; i++) {
		const GumboAttribute *got = list->data[i];

		if (got->attr_namespace != GUMBO_ATTR_NAMESPACE_NONE)
			continue;
		if (strcmp(got->name, "style") == 0) {
			struct mp_buf style = MP_BUF_INIT(TEXT_OUT_MAX);

			mp_html_style_filter(&style, got->value,
			    strlen(got->value));
			if (style.len != 0)
				add_attribute(to, "style",
				    mp_buf_text(&style));
			mp_buf_clear(&style);
		}
		for (k = 0; k < sizeof attributes / sizeof *attributes; k++)
			if (strcmp(got->name, attributes[k].name) == 0 &&
			    is_fine(attributes[k].kind, got->value))
				add_attribute(to, got->name, got->value);
	}
}

/* mailto: with no more than recipients and a subject. */
static void
add_mailto(struct mp_buf *to, const char *url)
{
	static const char *const names[] = { "to=", "cc=", "subject=" };
	size_t len = strcspn(url, "?");
	char join = '?';
	size_t i;

	add_escaped(to, url, len);
	url += len;
	while (*url != '\0') {
		url++;
		len = strcspn(url, "&");
		for (i = 0; i < sizeof names / sizeof *names; i++)
			if (strncasecmp(url, names[i], strlen(names[i])) ==
			    0) {
				add_escaped(to, &join, 1);
				add_escaped(to, url, len);
				join = '&';
			}
		url += len;
	}
}

static void
add_href(struct mp_buf *to, const struct mp_html_link *link)
{
	const char *after = link->url + strcspn(link->url, ":");
	bool relative = strncmp(link->url, "//", 2) == 0;

	if (strlen(link->url) + 1 >= sizeof link->url ||
	    !(link->is_mail || (link->is_web && link->host[0] != '\0' &&
	    (relative || strncmp(after, "://", 3) == 0))))
		return;
	mp_buf_str(to, " href=\"");
	if (link->is_mail) {
		add_mailto(to, link->url);
	} else {
		mp_buf_str(to, relative ? "https:" : "");
		add_escaped(to, link->url, strlen(link->url));
	}
	mp_buf_str(to, "\" rel=\"noopener noreferrer nofollow\""
	    " target=\"_blank\"");
}

/* The text of an element, as far as it is needed to compare. */
static void
add_inner_text(struct mp_buf *to, const GumboNode *root)
{
	struct mp_html_walk walk;

	mp_html_walk_init(&walk, root);
	while (walk.node != NULL && to->len < LINK_TEXT_MAX) {
		if (!mp_html_is_element(walk.node) &&
		    walk.node->type != GUMBO_NODE_COMMENT) {
			const char *text = walk.node->v.text.text;

			mp_buf_add(to, text, strnlen(text, LINK_TEXT_MAX));
		}
		mp_html_walk_next(&walk);
	}
}

static void
read_link(struct mp_html_link *link, const GumboNode *node, bool *named)
{
	struct mp_buf text = MP_BUF_INIT(2 * LINK_TEXT_MAX);
	char host[sizeof link->host];

	add_inner_text(&text, node);
	mp_html_link_read(link, mp_html_attr(node, "href"),
	    mp_buf_text(&text), text.len);
	*named = mp_html_names_host(host, sizeof host, mp_buf_text(&text),
	    text.len) && strcmp(host, link->host) == 0;
	mp_buf_clear(&text);
}

/* After a link: where it really leads, unless its text says so. */
static void
end_link(struct mp_buf *to, const GumboNode *node)
{
	struct mp_html_link link;
	struct mp_buf host = MP_BUF_INIT(4096);
	bool named;

	if (mp_html_attr(node, "href") == NULL)
		return;
	read_link(&link, node, &named);
	if (link.is_web && !named && link.host[0] != '\0') {
		mp_buf_str(to, " <small>[");
		mp_utf8_clean(&host, link.host, strlen(link.host), false);
		add_escaped(to, mp_buf_text(&host), host.len);
		mp_buf_str(to, "]</small>");
	}
	if (link.notes[0] != '\0') {
		mp_buf_str(to, " <strong>[! ");
		add_escaped(to, link.notes, strlen(link.notes));
		mp_buf_str(to, "]</strong>");
	}
	mp_buf_clear(&host);
}

static bool
is_tiny(const GumboNode *node)
{
	const char *width = mp_html_attr(node, "width");
	const char *height = mp_html_attr(node, "height");

	return (width != NULL && only_has(width, "012", 1)) ||
	    (height != NULL && only_has(height, "012", 1));
}

static void
add_image(struct mp_buf *to, const GumboNode *node, bool attached)
{
	static const char cid_chars[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@.$_%+-=";
	const char *src = mp_html_attr(node, "src");
	const char *alt = mp_html_attr(node, "alt");

	if (attached && src != NULL && strncasecmp(src, "cid:", 4) == 0 &&
	    only_has(src + 4, cid_chars, 256)) {
		mp_buf_str(to, "<img");
		add_attribute(to, "src", src);
		if (alt != NULL)
			add_attribute(to, "alt", alt);
		add_attributes(to, node);
		mp_buf_byte(to, '>');
	} else if (!is_tiny(node)) {
		bool named = alt != NULL && *alt != '\0';

		mp_buf_str(to, named ? "<span>[image: " : "<span>[image");
		if (named)
			add_escaped(to, alt, strlen(alt));
		mp_buf_str(to, "]</span>");
	}
}

static void
enter(struct mp_buf *to, const GumboNode *node, bool attached)
{
	GumboTag tag = node->v.element.tag;

	if (tag == GUMBO_TAG_IMG) {
		add_image(to, node, attached);
		return;
	}
	if (!is_kept(tag))
		return;
	mp_buf_printf(to, "<%s", gumbo_normalized_tagname(tag));
	if (tag == GUMBO_TAG_A && mp_html_attr(node, "href") != NULL) {
		struct mp_html_link link;

		mp_html_link_read(&link, mp_html_attr(node, "href"), "", 0);
		add_href(to, &link);
	}
	add_attributes(to, node);
	mp_buf_byte(to, '>');
	if (tag == GUMBO_TAG_PRE)	/* a parser takes the first one away */
		mp_buf_byte(to, '\n');
}

static void
leave(struct mp_buf *to, const GumboNode *node)
{
	GumboTag tag = node->v.element.tag;

	if (!is_kept(tag) || !has_end_tag(tag))
		return;
	mp_buf_printf(to, "</%s>", gumbo_normalized_tagname(tag));
	if (tag == GUMBO_TAG_A)
		end_link(to, node);
}

static void
write_tree(struct mp_buf *to, const GumboNode *root, bool attached)
{
	struct mp_html_walk walk;

	mp_html_walk_init(&walk, root);
	while (walk.node != NULL && !to->overflow) {
		const GumboNode *node = walk.node;

		if (mp_html_is_element(node)) {
			bool shallow = walk.depth <= MP_HTML_DEPTH;

			if (!walk.leaving && mp_html_is_hidden(node)) {
				mp_html_walk_skip(&walk);
				continue;
			}
			if (shallow && walk.leaving)
				leave(to, node);
			else if (shallow)
				enter(to, node, attached);
		} else if (node->type != GUMBO_NODE_COMMENT) {
			add_escaped(to, node->v.text.text,
			    strlen(node->v.text.text));
		}
		mp_html_walk_next(&walk);
	}
}

/* A document that is too much for a tree is shown as its text. */
static void
write_plain(struct mp_buf *to, const char *html, size_t len)
{
	struct mp_buf plain = MP_BUF_INIT(2 * MP_HTML_MAX);
	struct mp_buf valid = MP_BUF_INIT(6 * MP_HTML_MAX);

	(void)mp_html_plain(&plain, html, len, true);
	mp_utf8_repair(&valid, mp_buf_text(&plain), plain.len);
	mp_buf_str(to, "<pre>\n");
	add_escaped(to, mp_buf_text(&valid), valid.len);
	mp_buf_str(to, "</pre>");
	mp_buf_clear(&plain);
	mp_buf_clear(&valid);
}

enum mp_status
mp_html_sanitize(struct mp_buf *to, const char *html, size_t len,
    bool attached_images, struct mp_err *err)
{
	struct mp_html_tree tree;

	if (len == 0)
		return MP_OK;
	if (len > MP_HTML_MAX)
		return mp_err_set(err, MP_INVALID,
		    "cannot read HTML: over %zu bytes", MP_HTML_MAX);
	if (mp_html_tree_parse(&tree, html, len))
		write_tree(to, tree.output->root, attached_images);
	else
		write_plain(to, html, len);
	mp_html_tree_clear(&tree);
	if (to->overflow)
		return mp_err_set(err, MP_INVALID,
		    "cannot write HTML: over %zu bytes", to->max);
	return MP_OK;
}
