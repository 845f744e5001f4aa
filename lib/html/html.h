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
 * are not become U+FFFD, except with MP_HTML_PLAIN.
 *
 * Elements that a reader would not see are left out: script, style, head,
 * form controls, embedded objects, pictures drawn by code, the attribute
 * "hidden", and inline styles that hide (display, visibility, opacity or
 * font size of nothing, ink in the colour of the paper, clipped to nothing).
 *
 * Whatever the input, time and memory are bounded: past 1 s of processor
 * time or 256 MiB for its tree (which no mail needs that is not made for
 * it) a document is read without a tree, in linear time, as text only.
 */

enum mp_html_flags {
	MP_HTML_LINKS = 1,	/* number links and list them at the foot */
	MP_HTML_PLAIN = 2	/* only the words, for indexing */
};

/*
 * Append readable text: blocks, lists, quotes ("> "), tables, verbatim
 * blocks, images by their alternative text. Lines are wrapped at width
 * columns (0: never); control, zero-width and direction-changing characters
 * are left out. The foot lists for each link its number, the real host, the
 * address and after "[!]" what makes it suspect: a text that names another
 * host, a host in numbers, in another or in several alphabets, an odd port,
 * a user name that looks like a host, a scheme that is none of the web's.
 *
 * With MP_HTML_PLAIN instead the text as it stands, a line end where a
 * block begins or ends: bytes that are not UTF-8 and controls stay in it.
 * Most documents then need no tree, which is a hundred times faster; the
 * words are the same.
 *
 * MP_INVALID: over 32 MiB, or to would overflow.
 */
enum mp_status mp_html_text(struct mp_buf *to, const char *html, size_t len,
    unsigned flags, unsigned width, struct mp_err *err) MP_CHECKED;

/*
 * Append HTML in which only allow-listed elements, attributes and CSS are
 * left, written anew from the tree (256 elements deep at most; of deeper
 * ones and of unknown ones the text stays). No script, style sheet, import,
 * form, frame, remote reference or character that turns text around; images
 * become placeholders unless attached_images, which keeps references to
 * attached ones (cid:). Links to the web and to addresses stay, opened apart
 * and without a referrer; after each its real host is shown when the text
 * does not name it, and what makes it suspect. Of mailto: links only
 * recipients and subject stay.
 *
 * MP_INVALID: over 32 MiB, or to would overflow.
 */
enum mp_status mp_html_sanitize(struct mp_buf *to, const char *html,
    size_t len, bool attached_images, struct mp_err *err) MP_CHECKED;

/*
 * Append HTML bytes as UTF-8 for the above. They are in charset, or when
 * that is NULL in what a byte order mark or a <meta> in the first 1024
 * bytes says, else in UTF-8 if they are valid, else in windows-1252 (HTML5,
 * section 13.2.3; so ISO-8859-1 and US-ASCII are read as windows-1252).
 * Bytes that the charset does not have become U+FFFD.
 *
 * MP_USAGE: charset is given and not known. MP_INVALID: over 32 MiB, or to
 * would overflow.
 */
enum mp_status mp_html_decode(struct mp_buf *to, const void *html,
    size_t len, const char *charset, struct mp_err *err) MP_CHECKED;

#endif
