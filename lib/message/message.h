/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_MESSAGE_MESSAGE_H
#define MP_MESSAGE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strlist.h"

/*
 * One message (RFC 5322, RFC 2045 to 2049) as a header and a flat list of
 * parts in reading order. Nothing in a message is an error: what cannot be
 * read is left out and noted in defects. The parser is ours; a test compares
 * it with GMime on real mail and says where they differ on purpose. Time and
 * memory are linear in the length.
 *
 * The raw bytes belong to the caller and outlive the message. A message
 * serves one thread.
 */
struct mp_message;
struct mp_addresses;

enum mp_message_limits {
	MP_MIME_DEPTH = 100,
	MP_MIME_PARTS = 10000,
	MP_HEADER_BYTES = 1 << 20	/* of one header section */
};

enum mp_message_defects {
	MP_DEFECT_NO_HEADER = 1,	/* no field at all */
	MP_DEFECT_DEPTH = 2,		/* deeper parts were not read */
	MP_DEFECT_PARTS = 4,		/* further parts were not read */
	MP_DEFECT_HEADER_SIZE = 8,	/* the header was cut */
	MP_DEFECT_BOUNDARY = 16,	/* multipart without its boundary */
	MP_DEFECT_CHARSET = 32,		/* unknown one, or bytes not in it */
	MP_DEFECT_ENCODING = 64,	/* unknown transfer encoding */
	MP_DEFECT_DATE = 128		/* no Date, or not a date */
};

/* Read a message. A new one each time; free with mp_message_free. */
struct mp_message *mp_message_new(const uint8_t *raw, size_t len);
void mp_message_free(struct mp_message *message);

/*
 * What every listing needs, decoded to UTF-8; "" where absent. From, To and
 * Cc are written anew from the addresses of all their fields, read before
 * they are decoded: "Name <address>, ...". The list's id is what List-Id
 * has in <>.
 */
const char *mp_message_id(const struct mp_message *message); /* no <> */
const char *mp_message_from(const struct mp_message *message);
const char *mp_message_to(const struct mp_message *message);
const char *mp_message_cc(const struct mp_message *message); /* and Bcc */
const char *mp_message_subject(const struct mp_message *message);
int64_t mp_message_date(const struct mp_message *message); /* 0: none */
const char *mp_message_list_id(const struct mp_message *message);
unsigned mp_message_defects(const struct mp_message *message);

/* Their addresses (message/address.h). */
enum mp_address_field {
	MP_ADDRESS_FROM,
	MP_ADDRESS_TO,
	MP_ADDRESS_CC,		/* and Bcc */
	MP_ADDRESS_FIELDS
};
const struct mp_addresses *mp_message_addresses(
    const struct mp_message *message, enum mp_address_field field);

/*
 * Ids of References and In-Reply-To, none twice, for threads: oldest first,
 * the parent last. That is, as for notmuch, what In-Reply-To says when it
 * is one id and nothing else, else the last of References, else the last of
 * In-Reply-To. Own id left out.
 */
const struct mp_strlist *mp_message_references(const struct mp_message *m);

/* The n-th field of that name (any case), decoded, or NULL. */
const char *mp_message_field(struct mp_message *message, const char *name,
    size_t n);

/*
 * The field at that place of the header, its name as it is written (not
 * ended by a NUL) and its value decoded; false behind the last.
 */
bool mp_message_field_at(struct mp_message *message, size_t place,
    const char **name, size_t *name_len, const char **value);

/* Bytes of the header section, its blank line included. */
size_t mp_message_header_len(const struct mp_message *message);

enum mp_part_kind {
	MP_PART_TEXT,		/* text of any kind but HTML */
	MP_PART_HTML,
	MP_PART_MULTIPART,	/* a container: its parts follow */
	MP_PART_MESSAGE,	/* message/rfc822: its parts follow */
	MP_PART_OTHER
};

struct mp_part {
	unsigned number;	/* 1 for the first, as mp-show --part */
	unsigned depth;		/* 0 for the outermost */
	unsigned parent;	/* its number, 0 for the outermost */
	enum mp_part_kind kind;
	const char *type;	/* "text/plain", lower case */
	const char *filename;	/* decoded, NULL when none */
	const char *disposition; /* "attachment", "inline" or NULL */
	const char *content_id;	/* without <>, or NULL */
	const char *charset;	/* as given, or NULL */
	const char *encoding;	/* lower case, "" when none */
	const uint8_t *body;	/* raw, still transfer-encoded */
	size_t body_len;
	const char *subject;	/* of a MP_PART_MESSAGE, decoded, or NULL */
	const char *from;	/* likewise */
};

size_t mp_message_parts(const struct mp_message *message);
const struct mp_part *mp_message_part(const struct mp_message *message,
    size_t index);

/* Is the part one that people call an attachment? */
bool mp_part_is_attachment(const struct mp_part *part);

/*
 * Append the part's content with its transfer encoding undone; and, for
 * text, as UTF-8 too. MP_INVALID: over what to may hold.
 */
enum mp_status mp_part_content(struct mp_buf *to,
    const struct mp_part *part, struct mp_err *err) MP_CHECKED;
enum mp_status mp_part_text(struct mp_buf *to, const struct mp_part *part,
    struct mp_err *err) MP_CHECKED;

#endif
