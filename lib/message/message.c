/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message/message_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "message/date.h"

/* --- arena -------------------------------------------------------------- */

enum { ARENA_BLOCK = 4000 };

struct arena_block {
	struct arena_block *next;
};

void *
mp_arena_take(struct arena *arena, size_t len)
{
	void *at;

	len = (len + 7) & ~(size_t)7;
	if (len > arena->left) {
		size_t size = len > ARENA_BLOCK / 4 ? len : ARENA_BLOCK;
		struct arena_block *block = mp_malloc(sizeof *block + size);

		block->next = arena->blocks;
		arena->blocks = block;
		/* a large piece has its block alone; go on in the old one */
		if (size != ARENA_BLOCK)
			return block + 1;
		arena->next = (uint8_t *)(block + 1);
		arena->left = size;
	}
	at = arena->next;
	arena->next += len;
	arena->left -= len;
	return at;
}

char *
mp_arena_text(struct arena *arena, const char *text, size_t len)
{
	char *copy = mp_arena_take(arena, len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

void
mp_arena_free(struct arena *arena)
{
	while (arena->blocks != NULL) {
		struct arena_block *block = arena->blocks;

		arena->blocks = block->next;
		free(block);
	}
}

/* --- header sections (RFC 5322, section 2.2) ---------------------------- */

/* Is "name:" at the start of the line? Gives the name's length, else 0. */
static size_t
field_name(const uint8_t *line, size_t len)
{
	size_t i = 0, name;

	/* a boundary may hold a colon; no field starts so */
	if (len >= 2 && line[0] == '-' && line[1] == '-')
		return 0;
	while (i < len && line[i] > 0x20 && line[i] < 0x7f && line[i] != ':')
		i++;
	name = i;
	while (i < len && (line[i] == ' ' || line[i] == '\t'))
		i++;
	return i < len && line[i] == ':' ? name : 0;
}

/* mbox separators that got into a message. */
static bool
is_from_line(const uint8_t *line, size_t len)
{
	return (len >= 5 && memcmp(line, "From ", 5) == 0) ||
	    (len >= 6 && memcmp(line, ">From ", 6) == 0);
}

static void
add_field(struct header *header, struct arena *arena, size_t *cap,
    const uint8_t *line, size_t name_len, size_t len)
{
	const char *colon = memchr(line + name_len, ':', len - name_len);
	struct field *field;
	struct slice value;

	if (header->count == *cap) {
		size_t wider = *cap < 32 ? 32 : *cap * 2;
		struct field *fields = mp_arena_take(arena,
		    wider * sizeof *fields);

		if (header->count != 0)
			memcpy(fields, header->fields,
			    header->count * sizeof *fields);
		header->fields = fields;
		*cap = wider;
	}
	value.at = colon + 1;
	value.len = len - (size_t)(value.at - (const char *)line);
	while (value.len != 0 && mp_is_blank(value.at[0])) {
		value.at++;
		value.len--;
	}
	while (value.len != 0 && mp_is_blank(value.at[value.len - 1]))
		value.len--;
	field = &header->fields[header->count++];
	field->name.at = (const char *)line;
	field->name.len = name_len;
	field->value = value;
}

/* The length of the line at from, its line end included. */
static size_t
line_len(const uint8_t *from, size_t left)
{
	const uint8_t *end = memchr(from, '\n', left);

	return end != NULL ? (size_t)(end - from) + 1 : left;
}

/* The length of the field at from: lines that start with a blank go on. */
static size_t
folded_len(const uint8_t *from, size_t left)
{
	size_t len = line_len(from, left);

	while (len < left && (from[len] == ' ' || from[len] == '\t')) {
		size_t more = line_len(from + len, left - len);

		/* a line of blanks only ends the header as an empty one */
		if (from[len + more - 1] == '\n' && more <= 2 &&
		    from[len] == '\n')
			break;
		len += more;
	}
	return len;
}

/* A boundary, perhaps: no header goes on behind it. */
static bool
is_end(const uint8_t *line, size_t len)
{
	return len >= 2 && line[0] == '-' && line[1] == '-';
}

/* A header over the limit: what is left of it is passed over. */
static size_t
skip_header(const uint8_t *raw, size_t at, size_t len)
{
	while (at < len) {
		size_t step = line_len(raw + at, len - at);

		if (raw[at] == '\n' || (step == 2 && raw[at] == '\r'))
			return at + step;
		at += step;
	}
	return len;
}

void
mp_header_read(struct header *header, struct arena *arena,
    const uint8_t *raw, size_t len)
{
	size_t at = 0, cap = 0, junk = len;
	bool ended = false;

	memset(header, 0, sizeof *header);
	while (at < len && !ended) {
		size_t step = folded_len(raw + at, len - at), name;

		if (raw[at] == '\n' || (raw[at] == '\r' && at + 1 < len &&
		    raw[at + 1] == '\n')) {
			at += raw[at] == '\n' ? 1 : 2;
			ended = true;
			break;
		}
		if (at + step > MP_HEADER_BYTES) {
			header->defects |= MP_DEFECT_HEADER_SIZE;
			at = skip_header(raw, at, len);
			ended = true;
			break;
		}
		name = field_name(raw + at, step);
		if (name != 0)
			add_field(header, arena, &cap, raw + at, name, step);
		else if (is_end(raw + at, step))
			ended = true;
		else if (junk == len && !is_from_line(raw + at, step))
			junk = at;
		if (!ended)
			at += step;
	}
	/* lines that are no field are passed over, but without an empty
	   line, or with nothing else, the first of them starts the body */
	if (!ended || header->count == 0)
		at = junk < at ? junk : at;
	header->body = at;
	if (header->count == 0)
		header->defects |= MP_DEFECT_NO_HEADER;
}

const struct field *
mp_header_find(const struct header *header, const char *name, size_t n)
{
	size_t len = strlen(name), i;

	for (i = 0; i < header->count; i++) {
		const struct field *field = &header->fields[i];

		/* most are told apart by length and first letter */
		if (field->name.len == len &&
		    (field->name.at[0] & 0xdf) == (name[0] & 0xdf) &&
		    strncasecmp(field->name.at, name, len) == 0 && n-- == 0)
			return field;
	}
	return NULL;
}

/* --- ids ---------------------------------------------------------------- */

/* Behind blanks and comments. */
static const char *
skip_comments(const char *at)
{
	unsigned depth = 0;

	for (; *at != '\0'; at++) {
		if (*at == '(')
			depth++;
		else if (*at == ')' && depth != 0)
			depth--;
		else if (depth != 0 && *at == '\\' && at[1] != '\0')
			at++;
		else if (depth == 0 && !mp_is_blank(*at))
			break;
	}
	return at;
}

/*
 * The next id in <> at *at as notmuch reads it: what stands before '<' is
 * passed over, blanks inside go. NULL when there is none.
 */
static char *
next_id(struct arena *arena, const char **at)
{
	const char *start = skip_comments(*at), *end;
	char *id, *to;

	start += strcspn(start, "<");
	*at = start;
	if (*start == '\0')
		return NULL;
	start = skip_comments(start + 1);
	end = start + strcspn(start, ">");
	*at = *end != '\0' ? end + 1 : end;
	id = to = mp_arena_take(arena, (size_t)(end - start) + 1);
	for (; start < end; start++)
		if (!mp_is_blank(*start))
			*to++ = *start;
	*to = '\0';
	return to == id ? NULL : id;
}

/* The value when it is one id and nothing else, else NULL. */
static char *
strict_id(struct arena *arena, const char *text)
{
	const char *start = skip_comments(text), *end;

	if (*start != '<')
		return NULL;
	start = skip_comments(start + 1);
	end = start + strcspn(start, "> \t\r\n");
	if (*end != '>' || end == start || *skip_comments(end + 1) != '\0')
		return NULL;
	return mp_arena_text(arena, start, (size_t)(end - start));
}

/* The first id in <>, or, better than none, the whole field. */
static const char *
read_id(struct mp_message *message, const char *text)
{
	const char *at = text;
	const char *id = next_id(&message->arena, &at);

	return id != NULL ? id : text;
}

enum { REFERENCES_MAX = 1000 };

/* Past the limit the last place is for the newest. */
static void
add_reference(struct mp_message *message, const char *id)
{
	struct mp_strlist *list = &message->references;

	if (mp_strlist_has(list, id))
		return;
	if (list->count == REFERENCES_MAX)
		free(list->items[--list->count]);
	mp_strlist_add(list, id);
}

/* Add the ids of a field; gives the last that is not the message's own. */
static const char *
add_references(struct mp_message *message, const char *text)
{
	const char *last = NULL, *id;

	while (*text != '\0') {
		id = next_id(&message->arena, &text);
		if (id == NULL || strcmp(id, message->id) == 0)
			continue;
		add_reference(message, id);
		last = id;
	}
	return last;
}

/* Move the id to the end of the list. */
static void
set_parent(struct mp_strlist *list, const char *id)
{
	size_t i = 0;
	char *parent;

	while (i < list->count && strcmp(list->items[i], id) != 0)
		i++;
	if (i == list->count)
		return;
	parent = list->items[i];
	memmove(list->items + i, list->items + i + 1,
	    (list->count - i - 1) * sizeof *list->items);
	list->items[list->count - 1] = parent;
}

static void
read_references(struct mp_message *message, const char *references,
    const char *reply)
{
	const char *last = add_references(message, references);
	const char *strict = strict_id(&message->arena, reply);
	const char *loose = add_references(message, reply);

	if (strict != NULL && strcmp(strict, message->id) != 0)
		set_parent(&message->references, strict);
	else if (last != NULL)
		set_parent(&message->references, last);
	else if (loose != NULL)
		set_parent(&message->references, loose);
}

/* --- the message -------------------------------------------------------- */

static const char *
decode_field(struct mp_message *message, const char *name)
{
	const struct field *field = mp_header_find(&message->header, name, 0);

	return field == NULL ? "" : mp_header_decode(&message->arena,
	    field->value, &message->defects);
}

static enum mp_address_field
address_field(struct slice name)
{
	static const char *const names[] = { "from", "to", "cc", "bcc" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (name.len == strlen(names[i]) &&
		    strncasecmp(name.at, names[i], name.len) == 0)
			return i == 3 ? MP_ADDRESS_CC :
			    (enum mp_address_field)i;
	return MP_ADDRESS_FIELDS;
}

static void
read_addresses(struct mp_message *message)
{
	struct mp_buf text = MP_BUF_INIT((size_t)MP_HEADER_BYTES * 8);
	size_t i, j;

	for (i = 0; i < message->header.count; i++) {
		const struct field *field = &message->header.fields[i];
		enum mp_address_field which = field->name.len > 4 ?
		    MP_ADDRESS_FIELDS : address_field(field->name);

		if (which != MP_ADDRESS_FIELDS)
			mp_addresses_add(&message->addresses[which],
			    &message->arena, field->value,
			    &message->defects);
	}
	for (i = 0; i < MP_ADDRESS_FIELDS; i++) {
		const struct mp_addresses *list = &message->addresses[i];

		mp_buf_reset(&text);
		for (j = 0; j < list->count; j++) {
			if (j != 0)
				mp_buf_str(&text, ", ");
			mp_address_add(&text, &list->items[j]);
		}
		message->address_text[i] = mp_arena_text(&message->arena,
		    mp_buf_text(&text), text.len);
	}
	mp_buf_clear(&text);
}

static void
read_date(struct mp_message *message)
{
	const struct field *field = mp_header_find(&message->header, "Date",
	    0);

	if (field == NULL || !mp_date_parse(&message->date, field->value.at,
	    field->value.len)) {
		message->date = 0;
		message->defects |= MP_DEFECT_DATE;
	}
}

static const char *
read_list_id(struct mp_message *message)
{
	const char *value = decode_field(message, "List-Id");
	const char *open = strrchr(value, '<');
	const char *close = open != NULL ? strchr(open, '>') : NULL;

	return close == NULL ? value : mp_arena_text(&message->arena,
	    open + 1, (size_t)(close - open) - 1);
}

struct mp_message *
mp_message_new(const uint8_t *raw, size_t len)
{
	struct mp_message *message = mp_calloc(1, sizeof *message);

	message->raw = raw;
	message->len = len;
	mp_header_read(&message->header, &message->arena, raw, len);
	message->defects = message->header.defects;
	message->id = read_id(message, decode_field(message, "Message-ID"));
	read_addresses(message);
	message->subject = decode_field(message, "Subject");
	message->list_id = read_list_id(message);
	read_date(message);
	read_references(message, decode_field(message, "References"),
	    decode_field(message, "In-Reply-To"));
	mp_mime_read(message);
	return message;
}

void
mp_message_free(struct mp_message *message)
{
	if (message == NULL)
		return;
	mp_strlist_clear(&message->references);
	mp_arena_free(&message->arena);
	free(message->parts);
	free(message);
}

const char *
mp_message_id(const struct mp_message *message)
{
	return message->id;
}

const char *
mp_message_from(const struct mp_message *message)
{
	return message->address_text[MP_ADDRESS_FROM];
}

const char *
mp_message_to(const struct mp_message *message)
{
	return message->address_text[MP_ADDRESS_TO];
}

const char *
mp_message_cc(const struct mp_message *message)
{
	return message->address_text[MP_ADDRESS_CC];
}

const char *
mp_message_subject(const struct mp_message *message)
{
	return message->subject;
}

int64_t
mp_message_date(const struct mp_message *message)
{
	return message->date;
}

const char *
mp_message_list_id(const struct mp_message *message)
{
	return message->list_id;
}

unsigned
mp_message_defects(const struct mp_message *message)
{
	return message->defects;
}

const struct mp_strlist *
mp_message_references(const struct mp_message *message)
{
	return &message->references;
}

const char *
mp_message_field(struct mp_message *message, const char *name, size_t n)
{
	const struct field *field = mp_header_find(&message->header, name, n);

	return field == NULL ? NULL : mp_header_decode(&message->arena,
	    field->value, &message->defects);
}

bool
mp_message_field_at(struct mp_message *message, size_t place,
    const char **name, size_t *name_len, const char **value)
{
	const struct field *field;

	if (place >= message->header.count)
		return false;
	field = &message->header.fields[place];
	*name = field->name.at;
	*name_len = field->name.len;
	*value = mp_header_decode(&message->arena, field->value,
	    &message->defects);
	return true;
}

const struct mp_addresses *
mp_message_addresses(const struct mp_message *message,
    enum mp_address_field field)
{
	return &message->addresses[field];
}

size_t
mp_message_header_len(const struct mp_message *message)
{
	return message->header.body;
}

size_t
mp_message_parts(const struct mp_message *message)
{
	return message->part_count;
}

const struct mp_part *
mp_message_part(const struct mp_message *message, size_t index)
{
	return &message->parts[index];
}
