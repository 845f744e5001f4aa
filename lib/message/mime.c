/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message/message_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"

/*
 * The structure of a message (RFC 2046), found in one pass: every line that
 * starts with "--" is held against the boundaries of all open multiparts,
 * so that no byte is looked at once a level.
 */

enum { NO_LEVEL = -1 };

/* A reading of one message. */
struct reading {
	struct mp_message *message;
	const uint8_t *at;
	const uint8_t *end;
	struct slice open[MP_MIME_DEPTH + 1];	/* boundaries */
	unsigned open_count;
	int level;		/* of the boundary that ended the last entity */
	bool closing;		/* it was the last one ("--" behind it) */
};

static const uint8_t *read_entity(struct reading *reading,
    const struct header *header, unsigned depth, unsigned parent,
    const char *default_type);

/*
 * Which open boundary, innermost first, is the line at from ("--..."), and
 * is it a closing one?
 */
static int
match_boundary(const struct reading *reading, const uint8_t *from,
    bool *closing)
{
	const uint8_t *end = memchr(from, '\n', (size_t)(reading->end - from));
	size_t len = (size_t)((end != NULL ? end : reading->end) - from);
	unsigned i;

	for (i = reading->open_count; i-- > 0;) {
		const struct slice *open = &reading->open[i];
		size_t rest = 2 + open->len;

		if (len < rest || memcmp(from + 2, open->at, open->len) != 0)
			continue;
		*closing = len >= rest + 2 && from[rest] == '-' &&
		    from[rest + 1] == '-';
		if (*closing)
			rest += 2;
		while (rest < len && (from[rest] == ' ' ||
		    from[rest] == '\t' || from[rest] == '\r'))
			rest++;
		if (rest == len)
			return (int)i;
	}
	return NO_LEVEL;
}

/*
 * Go on to the next boundary line of any open multipart; gives where the
 * content before it ends. reading->at is after the line, or at the end.
 */
static const uint8_t *
skip_to_boundary(struct reading *reading)
{
	const uint8_t *start = reading->at, *from = start;

	reading->level = NO_LEVEL;
	while (reading->open_count != 0 && from < reading->end) {
		const uint8_t *line, *stop;

		if (from == start && reading->end - from >= 2 &&
		    from[0] == '-' && from[1] == '-') {
			line = from;
		} else {
			line = memmem(from, (size_t)(reading->end - from),
			    "\n--", 3);
			if (line == NULL)
				break;
			line++;
		}
		reading->level = match_boundary(reading, line,
		    &reading->closing);
		if (reading->level == NO_LEVEL) {
			from = line + 1;
			continue;
		}
		stop = memchr(line, '\n', (size_t)(reading->end - line));
		reading->at = stop != NULL ? stop + 1 : reading->end;
		/* the line end before a boundary belongs to it */
		if (line > start && line[-1] == '\n')
			line--;
		if (line > start && line[-1] == '\r')
			line--;
		return line;
	}
	reading->at = reading->end;
	return reading->end;
}

static struct mp_part *
add_part(struct reading *reading, unsigned depth, unsigned parent)
{
	struct mp_message *message = reading->message;
	struct mp_part *part;

	if (message->part_count == MP_MIME_PARTS) {
		message->defects |= MP_DEFECT_PARTS;
		return NULL;
	}
	if (message->part_count == message->part_cap) {
		message->part_cap = message->part_cap < 4 ? 4 :
		    message->part_cap * 2;
		message->parts = mp_realloc_array(message->parts,
		    message->part_cap, sizeof *message->parts);
	}
	part = &message->parts[message->part_count++];
	memset(part, 0, sizeof *part);
	part->number = (unsigned)message->part_count;
	part->depth = depth;
	part->parent = parent;
	part->encoding = "";
	return part;
}

static const char *
encoding_of(struct mp_message *message, const struct header *header)
{
	const struct field *field = mp_header_find(header,
	    "Content-Transfer-Encoding", 0);
	struct param_list list;

	if (field == NULL)
		return "";
	mp_params_read(&list, &message->arena, field->value,
	    &message->defects);
	return list.main;
}

static const char *
content_id_of(struct mp_message *message, const struct header *header)
{
	const struct field *field = mp_header_find(header, "Content-ID", 0);
	struct slice id;

	if (field == NULL)
		return NULL;
	id = field->value;
	if (id.len >= 2 && id.at[0] == '<' && id.at[id.len - 1] == '>') {
		id.at++;
		id.len -= 2;
	}
	return mp_arena_text(&message->arena, id.at, id.len);
}

static bool
is_text_type(const char *type)
{
	return strncmp(type, "text/", 5) == 0;
}

static enum mp_part_kind
kind_of(const char *type)
{
	if (strncmp(type, "multipart/", 10) == 0)
		return MP_PART_MULTIPART;
	if (strcmp(type, "message/rfc822") == 0 ||
	    strcmp(type, "message/global") == 0 ||
	    strcmp(type, "message/news") == 0)
		return MP_PART_MESSAGE;
	if (strcmp(type, "text/html") == 0 ||
	    strcmp(type, "application/xhtml+xml") == 0)
		return MP_PART_HTML;
	return is_text_type(type) || strcmp(type, "text") == 0 ?
	    MP_PART_TEXT : MP_PART_OTHER;
}

/* Fill in what the fields of its header say of a part. */
static void
describe(struct mp_message *message, struct mp_part *part,
    const struct header *header, struct param_list *type,
    const char *default_type)
{
	const struct field *field = mp_header_find(header, "Content-Type", 0);
	struct param_list disposition = { "", NULL };

	type->main = default_type;
	type->params = NULL;
	if (field != NULL)
		mp_params_read(type, &message->arena, field->value,
		    &message->defects);
	/* RFC 2045, section 5.2: what is no type counts as plain text */
	part->type = strchr(type->main, '/') != NULL ? type->main :
	    "text/plain";
	part->kind = kind_of(part->type);
	part->charset = mp_params_find(type, "charset");
	part->filename = mp_params_find(type, "name");
	field = mp_header_find(header, "Content-Disposition", 0);
	if (field != NULL) {
		const char *name;

		mp_params_read(&disposition, &message->arena, field->value,
		    &message->defects);
		name = mp_params_find(&disposition, "filename");
		if (name != NULL)
			part->filename = name;
		if (disposition.main[0] != '\0')
			part->disposition = disposition.main;
	}
	if (part->filename != NULL && part->filename[0] == '\0')
		part->filename = NULL;
	part->encoding = encoding_of(message, header);
	if (!mp_encoding_known(part->encoding))
		message->defects |= MP_DEFECT_ENCODING;
	part->content_id = content_id_of(message, header);
}

/* A boundary to look for inside this part; false: it has none. */
static bool
push_boundary(struct reading *reading, const struct param_list *type)
{
	const char *text = mp_params_find(type, "boundary");
	size_t len = text != NULL ? strlen(text) : 0;

	while (len != 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	if (len == 0)
		return false;
	reading->open[reading->open_count].at = text;
	reading->open[reading->open_count++].len = len;
	return true;
}

/* An entity inside a multipart: its header is still to be read. */
static const uint8_t *
read_part(struct reading *reading, unsigned depth, unsigned parent,
    const char *default_type)
{
	struct header header;

	mp_header_read(&header, &reading->message->arena, reading->at,
	    (size_t)(reading->end - reading->at));
	reading->message->defects |= header.defects & MP_DEFECT_HEADER_SIZE;
	return read_entity(reading, &header, depth, parent, default_type);
}

/* The parts of a multipart, whose boundary is the innermost open one. */
static const uint8_t *
read_multipart(struct reading *reading, unsigned depth, unsigned number,
    const char *default_type)
{
	int own = (int)reading->open_count - 1;
	const uint8_t *end = skip_to_boundary(reading);	/* the preamble */

	if (reading->level != own)
		reading->message->defects |= MP_DEFECT_BOUNDARY;
	while (reading->level == own && !reading->closing)
		end = read_part(reading, depth + 1, number, default_type);
	reading->open_count--;
	/* the epilogue belongs to nobody; an outer boundary ends it */
	return reading->level == own ? skip_to_boundary(reading) : end;
}

/* A nested message: header, then its content as one entity below. */
static const uint8_t *
read_nested(struct reading *reading, unsigned depth, unsigned number)
{
	struct mp_message *message = reading->message;
	struct mp_part *part = &message->parts[number - 1];
	const struct field *field;
	struct header header;

	mp_header_read(&header, &message->arena, reading->at,
	    (size_t)(reading->end - reading->at));
	field = mp_header_find(&header, "Subject", 0);
	if (field != NULL)
		part->subject = mp_header_decode(&message->arena,
		    field->value, &message->defects);
	field = mp_header_find(&header, "From", 0);
	if (field != NULL)
		part->from = mp_header_decode(&message->arena, field->value,
		    &message->defects);
	return read_entity(reading, &header, depth + 1, number, "text/plain");
}

static bool
is_identity(const char *encoding)
{
	return encoding[0] == '\0' || strcmp(encoding, "7bit") == 0 ||
	    strcmp(encoding, "8bit") == 0 || strcmp(encoding, "binary") == 0;
}

/*
 * What the part is taken as: a container only where it can be one. Pushes
 * the boundary of a multipart.
 */
static enum mp_part_kind
settle_kind(struct reading *reading, const struct mp_part *part,
    const struct param_list *type)
{
	struct mp_message *message = reading->message;

	if (part->kind != MP_PART_MULTIPART && part->kind != MP_PART_MESSAGE)
		return part->kind;
	if (part->depth >= MP_MIME_DEPTH) {
		message->defects |= MP_DEFECT_DEPTH;
		return MP_PART_OTHER;
	}
	if (part->kind == MP_PART_MESSAGE)
		return is_identity(part->encoding) ? MP_PART_MESSAGE :
		    MP_PART_OTHER;
	if (push_boundary(reading, type))
		return MP_PART_MULTIPART;
	message->defects |= MP_DEFECT_BOUNDARY;
	return MP_PART_TEXT;
}

/*
 * Read the entity whose header is at reading->at, up to a boundary of an
 * open multipart; gives where its content ends. Recursion is bounded by
 * MP_MIME_DEPTH.
 */
static const uint8_t *
read_entity(struct reading *reading, const struct header *header,
    unsigned depth, unsigned parent, const char *default_type)
{
	struct mp_message *message = reading->message;
	struct mp_part *part = add_part(reading, depth, parent);
	const uint8_t *body, *end;
	struct param_list type;
	unsigned number;

	if (part == NULL) {
		reading->at = reading->end;
		reading->level = NO_LEVEL;
		return reading->end;
	}
	describe(message, part, header, &type, default_type);
	part->kind = settle_kind(reading, part, &type);
	number = part->number;
	reading->at += header->body;
	body = reading->at;
	if (part->kind == MP_PART_MULTIPART)
		end = read_multipart(reading, depth, number,
		    strcmp(part->type, "multipart/digest") == 0 ?
		    "message/rfc822" : "text/plain");
	else if (part->kind == MP_PART_MESSAGE)
		end = read_nested(reading, depth, number);
	else
		end = skip_to_boundary(reading);
	part = &message->parts[number - 1];	/* the array may have moved */
	part->body = body;
	part->body_len = end > body ? (size_t)(end - body) : 0;
	return end;
}

void
mp_mime_read(struct mp_message *message)
{
	struct reading reading;

	reading.message = message;
	reading.at = message->raw;
	reading.end = message->raw + message->len;
	reading.open_count = 0;
	reading.level = NO_LEVEL;
	reading.closing = false;
	(void)read_entity(&reading, &message->header, 0, 0, "text/plain");
}

bool
mp_part_is_attachment(const struct mp_part *part)
{
	if (part->kind == MP_PART_MULTIPART)
		return false;
	if (part->disposition != NULL &&
	    strcmp(part->disposition, "attachment") == 0)
		return true;
	return part->filename != NULL;
}

enum mp_status
mp_part_content(struct mp_buf *to, const struct mp_part *part,
    struct mp_err *err)
{
	if (part->body_len != 0)
		mp_encoding_undo(to, part->encoding, part->body,
		    part->body_len);
	if (to->overflow)
		return mp_err_set(err, MP_INVALID,
		    "cannot decode part %u: over %zu bytes", part->number,
		    to->max);
	return MP_OK;
}

enum mp_status
mp_part_text(struct mp_buf *to, const struct mp_part *part,
    struct mp_err *err)
{
	const char *charset = part->charset != NULL ? part->charset : "";
	struct mp_buf content = MP_BUF_INIT(to->max);
	enum mp_status status = MP_OK;

	if (part->body_len == 0)
		return MP_OK;
	if (is_identity(part->encoding)) {
		(void)mp_charset_convert(to, charset, part->body,
		    part->body_len);
	} else {
		status = mp_part_content(&content, part, err);
		if (status == MP_OK && content.len != 0)
			(void)mp_charset_convert(to, charset, content.data,
			    content.len);
	}
	mp_buf_clear(&content);
	if (status == MP_OK && to->overflow)
		status = mp_err_set(err, MP_INVALID,
		    "cannot decode part %u: over %zu bytes", part->number,
		    to->max);
	return status;
}
