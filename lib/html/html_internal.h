/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_HTML_HTML_INTERNAL_H
#define MP_HTML_HTML_INTERNAL_H

#include <gumbo.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define MP_HTML_MAX ((size_t)32 << 20)
#define MP_HTML_DEPTH 256

/* What an element does to the text around it. */
enum mp_html_kind {
	MP_HTML_INLINE,
	MP_HTML_BLOCK,		/* begins and ends a line */
	MP_HTML_PARAGRAPH,	/* the same, with an empty line around it */
	MP_HTML_CELL,		/* of a table */
	MP_HTML_BREAK,		/* br */
	MP_HTML_DROPPED		/* not shown, nor what is in it */
};

enum mp_html_kind mp_html_kind(GumboTag tag);

/* Does it part words? What frames the whole document does not. */
bool mp_html_parts_words(GumboTag tag);

/* Does an inline style make the element invisible? */
bool mp_html_style_hides(const char *style, size_t len);

/* Append the declarations of a style that are harmless. */
void mp_html_style_filter(struct mp_buf *to, const char *style, size_t len);

/*
 * Walk over the declarations of a style: false at the end. name is lower
 * case, value trimmed; both are cut at the size of the buffers.
 */
struct mp_html_declaration {
	char name[32];
	char value[128];
};

bool mp_html_style_next(struct mp_html_declaration *got, const char **at,
    const char *end);

/*
 * A parsed document. All its memory is one arena: Gumbo's own freeing
 * recurses, and an arena lets a parse that takes too much be left.
 */
struct mp_html_tree {
	GumboOutput *output;
	struct mp_html_chunk *chunks;
	size_t used;		/* bytes taken from chunks */
	size_t limit;
};

/*
 * Parse; false when the document needs too much memory or time (deep
 * nesting costs Gumbo quadratic time). Clear in either case.
 */
bool mp_html_tree_parse(struct mp_html_tree *tree, const char *html,
    size_t len);
void mp_html_tree_clear(struct mp_html_tree *tree);

/*
 * A walk over a tree in document order without recursion: each element is
 * seen twice, entered and left; everything else once, entered.
 */
struct mp_html_walk {
	const GumboNode *root;
	const GumboNode *node;	/* NULL at the end */
	bool leaving;
	unsigned depth;		/* open elements above node */
};

void mp_html_walk_init(struct mp_html_walk *walk, const GumboNode *root);
void mp_html_walk_next(struct mp_html_walk *walk);

/* Go on after the element just entered, not into it. */
void mp_html_walk_skip(struct mp_html_walk *walk);

bool mp_html_is_element(const GumboNode *node);

/* The element's attribute value; NULL when it has none. */
const char *mp_html_attr(const GumboNode *node, const char *name);

/* Is the element, with all in it, one that a reader does not see? */
bool mp_html_is_hidden(const GumboNode *node);

/*
 * Append the text by a tokeniser of our own, in linear time and without a
 * tree; lines as blocks end. False (to is as before) when the document has
 * what only a tree can tell, unless forced to do its best.
 */
bool mp_html_plain(struct mp_buf *to, const char *html, size_t len,
    bool forced);

/* What is known of the target of a link. */
struct mp_html_link {
	char url[2048];		/* without blanks and controls, may be cut */
	bool is_web;		/* http or https */
	bool is_mail;
	char host[256];		/* lower case; of mailto: what follows the @ */
	char notes[256];	/* warnings joined by "; ", "" when harmless */
};

/*
 * Look a link up; text is what the reader sees of it, whose host, when it
 * names one, is compared with the real one.
 */
void mp_html_link_read(struct mp_html_link *link, const char *href,
    const char *text, size_t text_len);

/* Does the text name a host? Gives it in lower case. */
bool mp_html_names_host(char *host, size_t size, const char *text,
    size_t len);

#endif
