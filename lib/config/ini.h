/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CONFIG_INI_H
#define MP_CONFIG_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Settings as text, in the form of git's configuration:
 *
 *	# comment		; comment
 *	[section]
 *		key = value
 *	[section "sub"]
 *		key = "quoted \"value\"\n"
 *
 * which name section.key and section.sub.key. Unlike git's, names keep
 * their case, a key stands once, and quotes count only when the whole value
 * is quoted, so that a query needs no escapes: name = subject:"a b". In a
 * value without quotes a comment starts at a # or ; after a blank, and a
 * backslash at the end of a line goes on with the next one.
 */

#define MP_INI_BYTES_MAX ((size_t)1 << 20)	/* of the whole text */
#define MP_INI_NAME_MAX 255
#define MP_INI_VALUE_MAX ((size_t)64 << 10)

struct mp_ini_entry {
	char *name;
	char *value;
	unsigned line;		/* where it stood, from 1; 0: nowhere */
};

/* Entries sorted by name, each name once. */
struct mp_ini {
	struct mp_ini_entry *entries;
	size_t count;
	size_t cap;
};

#define MP_INI_INIT { NULL, 0, 0 }

void mp_ini_clear(struct mp_ini *ini);

/* The value of name, or NULL. It stays the ini's. */
const char *mp_ini_get(const struct mp_ini *ini, const char *name);

/* Add a setting; false, and nothing is added, when the name is there. */
bool mp_ini_add(struct mp_ini *ini, const char *name, const char *value,
    unsigned line);

/*
 * Read text into *ini, which is empty before and after a failure.
 *
 * MP_CONFIG: it is not in this form; err names file:line:column.
 */
enum mp_status mp_ini_parse(struct mp_ini *ini, const char *text, size_t len,
    const char *file, struct mp_err *err) MP_CHECKED;

/* Append the text that mp_ini_parse reads back as the same settings. */
void mp_ini_format(struct mp_buf *to, const struct mp_ini *ini);

/* Append value in the form that stands after "key = ". */
void mp_ini_format_value(struct mp_buf *to, const char *value);

/*
 * Can this form hold the name? Section: lower-case letters, digits and -;
 * sub: any text; key: without blanks, quotes, brackets, dots, = # ; and \.
 */
bool mp_ini_name_valid(const char *name);

/* UTF-8 without control characters but TAB and LF, not too long. */
bool mp_ini_value_valid(const char *value, size_t len);

/*
 * Split a valid name: bytes of section and sub (which may be none: 0) at
 * its start; gives the key.
 */
const char *mp_ini_name_split(size_t *section_len, size_t *sub_len,
    const char *name);

#endif
