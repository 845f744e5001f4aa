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

/* MP_CONFIG: the setting cannot have this value; err says why. */
enum mp_status mp_config_value_check(const struct mp_setting *setting,
    const char *value, struct mp_err *err) MP_CHECKED;

bool mp_config_parse_number(uint64_t *number, const char *text);
bool mp_config_parse_bool(bool *truth, const char *text);

/* Add the words of text, which stand between blanks. */
void mp_config_split(struct mp_strlist *words, const char *text);

#endif
