/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_BASE_JSON_H
#define MP_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * A JSON writer (RFC 8259) into a buffer, one value a time:
 *
 *	mp_json_open(&json, NULL, '{');
 *	mp_json_string(&json, "id", id);
 *	mp_json_open(&json, "tags", '[');
 *	mp_json_string(&json, NULL, "inbox");
 *	mp_json_close(&json, ']');
 *	mp_json_close(&json, '}');
 *
 * key is NULL for values of an array and for the outermost value. Bytes
 * that are not UTF-8 become U+FFFD; controls and invisible characters are
 * escaped, so that a string is exact and safe on a terminal all the same.
 */
struct mp_json {
	struct mp_buf *to;
	bool comma;
};

void mp_json_init(struct mp_json *json, struct mp_buf *to);
void mp_json_open(struct mp_json *json, const char *key, char bracket);
void mp_json_close(struct mp_json *json, char bracket);
void mp_json_string(struct mp_json *json, const char *key, const char *text);
void mp_json_text(struct mp_json *json, const char *key, const char *text,
    size_t len);
void mp_json_number(struct mp_json *json, const char *key, int64_t value);
void mp_json_real(struct mp_json *json, const char *key, double value);
void mp_json_bool(struct mp_json *json, const char *key, bool value);
void mp_json_null(struct mp_json *json, const char *key);

#endif
