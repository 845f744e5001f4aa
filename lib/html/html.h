/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_HTML_HTML_H
#define MP_HTML_HTML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * HTML of mail, as an HTML5 parser sees it, to text or to harmless HTML.
 * Nothing is ever fetched. Input is UTF-8 (the caller converts); bytes that
 * are not become U+FFFD. Trees deeper than 256 are cut there.
 */

enum mp_html_flags {
	MP_HTML_LINKS = 1,	/* number links and list them at the foot */
	MP_HTML_PLAIN = 2	/* one long line a paragraph: for indexing */
};

/*
 * Append readable text: blocks, lists, quotes, tables; invisible elements
 * left out. Lines are wrapped at width columns (0: never). The foot of
 * links shows each real host; one whose text names another host is marked.
 *
 * MP_INVALID: over 32 MiB, or to would overflow.
 */
enum mp_status mp_html_text(struct mp_buf *to, const char *html, size_t len,
    unsigned flags, unsigned width, struct mp_err *err) MP_CHECKED;

/*
 * Append HTML in which only allow-listed elements, attributes and CSS are
 * left: no script, style sheet, import, form or remote URL; images become
 * placeholders unless attached_images, which keeps cid: references.
 */
enum mp_status mp_html_sanitize(struct mp_buf *to, const char *html,
    size_t len, bool attached_images, struct mp_err *err) MP_CHECKED;

#endif
