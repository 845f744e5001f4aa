/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_MESSAGE_RENDER_H
#define MP_MESSAGE_RENDER_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "message/message.h"

/*
 * A message for people to read, and as JSON. Text comes out as UTF-8 that is
 * safe on a terminal: controls, bidirectional overrides and invisible
 * characters made visible; strings of JSON are exact. Nothing is fetched.
 */
struct mp_render_options {
	unsigned width;		/* columns that HTML is wrapped at; 0: never */
};

/*
 * Append header and parts as text. Of a multipart/alternative one part is
 * shown: plain text if it is not empty, else the last that can be. HTML
 * becomes text, its links numbered at its foot. Messages inside are shown
 * with their own header. Everything else is a line with number, name, type,
 * size and what makes it risky (message/risk.h); it begins with "[part ",
 * and no line of the mail's own text does.
 *
 * MP_INVALID: over what to may hold.
 */
enum mp_status mp_message_render(struct mp_buf *to,
    struct mp_message *message, const struct mp_render_options *options,
    struct mp_err *err) MP_CHECKED;

/* Append all fields, decoded, one a line. */
void mp_message_render_headers(struct mp_buf *to,
    struct mp_message *message);

/*
 * Write members of the JSON object that is open: "from", "to", "cc" (arrays
 * of {"name", "address"}), "subject", "date" (RFC 3339, null without),
 * "references", "list-id", "defects" and "warnings" (words), and "parts",
 * each with "number", "depth", "parent", "kind", "type", "filename",
 * "disposition", "content-id", "size" (bytes of the decoded content), "risk"
 * (words) when it would be listed, and "text" when it would be shown.
 *
 * MP_INVALID: over what the JSON's buffer may hold.
 */
enum mp_status mp_message_json(struct mp_json *json,
    struct mp_message *message, struct mp_err *err) MP_CHECKED;

#endif
