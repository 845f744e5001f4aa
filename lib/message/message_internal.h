/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_MESSAGE_MESSAGE_INTERNAL_H
#define MP_MESSAGE_MESSAGE_INTERNAL_H

#include "message/address.h"
#include "message/message.h"

/*
 * Memory of one message: pieces are handed out in order and all freed
 * together.
 */
struct arena {
	struct arena_block *blocks;
	uint8_t *next;
	size_t left;
};

void *mp_arena_take(struct arena *arena, size_t len);
char *mp_arena_text(struct arena *arena, const char *text, size_t len);
void mp_arena_free(struct arena *arena);

/* A slice of the raw bytes. */
struct slice {
	const char *at;
	size_t len;
};

/* Blanks of a header, the line ends of folding among them. */
static inline bool
mp_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct field {
	struct slice name;
	struct slice value;	/* raw, folded */
};

/* One header section. */
struct header {
	struct field *fields;
	size_t count;
	size_t body;		/* offset of the body after it */
	unsigned defects;
};

struct mp_message {
	const uint8_t *raw;
	size_t len;
	struct arena arena;
	struct header header;
	unsigned defects;
	const char *id;
	struct mp_addresses addresses[MP_ADDRESS_FIELDS];
	const char *address_text[MP_ADDRESS_FIELDS];
	const char *subject;
	const char *list_id;
	int64_t date;
	struct mp_strlist references;
	struct mp_part *parts;
	size_t part_count;
	size_t part_cap;
};

/* Read the header section of raw; fields are in the arena. */
void mp_header_read(struct header *header, struct arena *arena,
    const uint8_t *raw, size_t len);

/* The n-th field of the name, or NULL. */
const struct field *mp_header_find(const struct header *header,
    const char *name, size_t n);

/* A field's value unfolded and decoded to UTF-8, in the arena. */
const char *mp_header_decode(struct arena *arena, struct slice value,
    unsigned *defects);

/* Add the addresses of a raw value to the list, in the arena. */
void mp_addresses_add(struct mp_addresses *list, struct arena *arena,
    struct slice value, unsigned *defects);

/* "type/subtype" or a disposition in lower case, and its parameters. */
struct param {
	struct param *next;
	const char *name;	/* lower case */
	const char *value;	/* decoded (RFC 2231, RFC 2047) */
};

struct param_list {
	const char *main;	/* "" when there is none */
	struct param *params;
};

void mp_params_read(struct param_list *list, struct arena *arena,
    struct slice value, unsigned *defects);
const char *mp_params_find(const struct param_list *list, const char *name);

/* Fill message->parts from the body. */
void mp_mime_read(struct mp_message *message);

/*
 * Append bytes in charset as UTF-8. False: an unknown charset, or bytes
 * that are not in it; they were guessed (UTF-8, else windows-1252).
 */
bool mp_charset_convert(struct mp_buf *to, const char *charset,
    const uint8_t *bytes, size_t len);

bool mp_encoding_known(const char *encoding);

/* Append what the transfer encoding hides; unknown ones hide nothing. */
void mp_encoding_undo(struct mp_buf *to, const char *encoding,
    const uint8_t *bytes, size_t len);
void mp_quoted_printable_undo(struct mp_buf *to, const uint8_t *bytes,
    size_t len, bool header);
void mp_base64_undo(struct mp_buf *to, const uint8_t *bytes, size_t len);

#endif
