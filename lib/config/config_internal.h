/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CONFIG_INTERNAL_H
#define MP_CONFIG_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "config/config.h"

/* Characters as the INI form divides them. */

static inline bool
is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static inline bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static inline bool
is_section_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static inline bool
is_key_char(char c)
{
	return !is_control(c) && strchr(" =#;\"[]\\.", c) == NULL;
}

/* What is wrong with the value of a setting; NULL: nothing. */
const char *mp_config_wrong(const struct mp_setting *setting,
    const char *value);

bool mp_config_parse_number(uint64_t *number, const char *text);
bool mp_config_parse_bool(bool *truth, const char *text);

/* Add the words of text, which stand between blanks. */
void mp_config_split(struct mp_strlist *words, const char *text);

#endif
