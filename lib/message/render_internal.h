/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_MESSAGE_RENDER_INTERNAL_H
#define MP_MESSAGE_RENDER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "message/message.h"

/* The n-th thing about the sender that deceives, from 0, or NULL. */
const char *mp_render_warning(const struct mp_message *message, unsigned n);

/* Bytes of the part's content, decoded. */
size_t mp_render_size(const struct mp_part *part);

/* Text that is shown rather than listed? */
bool mp_render_is_text(const struct mp_part *part);

/* Listed as an attachment? Shown text with a file name is, too. */
bool mp_render_is_listed(const struct mp_part *part);

#endif
