/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_HTML_ENTITY_INTERNAL_H
#define MP_HTML_ENTITY_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Read the character reference at the '&' at, as it counts in text: gives
 * its length and sets *point, or 0 when it is only an ampersand. *unknown
 * is set when it is none of those known here (HTML5 has 2231, this the 140
 * that occur in mail).
 */
size_t mp_html_entity(uint32_t *point, bool *unknown, const char *at,
    const char *end);

#endif
