/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_MESSAGE_RENDER_H
#define MP_MESSAGE_RENDER_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "message/message.h"

/*
 * A message for people to read. All of its text is cleaned of control,
 * bidirectional and invisible characters (mp_utf8_clean).
 */
struct mp_render_options {
	unsigned width;		/* columns that HTML is wrapped at; 0: never */
};

/*
 * Append the main header fields, the text of the parts in their order (of
 * alternatives the plain text, else the HTML as text), nested messages, and
 * a line for each attachment, marked when it is risky (message/risk.h).
 *
 * MP_INVALID: over what to may hold.
 */
enum mp_status mp_message_render(struct mp_buf *to,
    struct mp_message *message, const struct mp_render_options *options,
    struct mp_err *err) MP_CHECKED;

/* Append all header fields, decoded, one a line. */
void mp_message_render_headers(struct mp_buf *to,
    struct mp_message *message);

/* Add the message's keys to an open object (mp-records.5: mp-show). */
enum mp_status mp_message_json(struct mp_json *json,
    struct mp_message *message, struct mp_err *err) MP_CHECKED;

#endif
