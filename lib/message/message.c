/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message/message_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "message/date.h"

/* --- arena ------------------------------------------------------------------ */

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

/* --- header sections (RFC 5322, section 2.2) --------------------------------- */

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
	while (value.len != 0 && (unsigned char)value.at[0] <= 0x20 &&
	    value.at[0] != '\0') {
		value.at++;
		value.len--;
	}
	while (value.len != 0 &&
	    (unsigned char)value.at[value.len - 1] <= 0x20)
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
	size_t at = 0, cap = 0;

	memset(header, 0, sizeof *header);
	while (at < len) {
		size_t step = folded_len(raw + at, len - at), name;

		if (raw[at] == '\n' || (raw[at] == '\r' && at + 1 < len &&
		    raw[at + 1] == '\n')) {
			at += raw[at] == '\n' ? 1 : 2;
			break;
		}
		if (at + step > MP_HEADER_BYTES) {
			header->defects |= MP_DEFECT_HEADER_SIZE;
			at = skip_header(raw, at, len);
			break;
		}
		name = field_name(raw + at, step);
		if (name != 0)
			add_field(header, arena, &cap, raw + at, name, step);
		else if (!is_from_line(raw + at, step))
			break;	/* the body starts without an empty line */
		at += step;
	}
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

		if (field->name.len == len &&
		    strncasecmp(field->name.at, name, len) == 0 && n-- == 0)
			return field;
	}
	return NULL;
}

/* --- ids ---------------------------------------------------------------------- */

/* Copy an id without the blanks that folding put into it. */
static char *
id_text(struct arena *arena, const char *at, size_t len)
{
	char *text = mp_arena_take(arena, len + 1);
	size_t used = 0, i;

	for (i = 0; i < len; i++)
		if ((unsigned char)at[i] > 0x20)
			text[used++] = at[i];
	text[used] = '\0';
	return text;
}

/* Find the next <id> at or after *at; NULL at the end. */
static char *
next_id(struct arena *arena, const char **at, const char *end)
{
	while (*at < end) {
		const char *open = memchr(*at, '<', (size_t)(end - *at));
		const char *close;
		char *id;

		if (open == NULL)
			break;
		close = memchr(open, '>', (size_t)(end - open));
		if (close == NULL)
			break;
		*at = close + 1;
		id = id_text(arena, open + 1, (size_t)(close - open) - 1);
		if (id[0] != '\0')
			return id;
	}
	*at = end;
	return NULL;
}

/* The id in <>, or, better than none, the whole field. */
static const char *
read_id(struct mp_message *message)
{
	const struct field *field = mp_header_find(&message->header,
	    "Message-ID", 0);
	const char *at, *id;

	if (field == NULL)
		return "";
	at = field->value.at;
	id = next_id(&message->arena, &at, at + field->value.len);
	return id != NULL ? id : id_text(&message->arena, field->value.at,
	    field->value.len);
}

enum { REFERENCES_MAX = 1000 };

static void
add_ids(struct mp_strlist *ids, struct mp_message *message,
    const struct field *field)
{
	const char *at = field->value.at, *end = at + field->value.len;
	char *id;

	while (ids->count < REFERENCES_MAX &&
	    (id = next_id(&message->arena, &at, end)) != NULL)
		if (strcmp(id, message->id) != 0)
			mp_strlist_add(ids, id);
}

/*
 * In-Reply-To first, its first id nearest, then References: so that the
 * last of References is the parent where there is one.
 */
static void
read_references(struct mp_message *message)
{
	const struct field *reply = mp_header_find(&message->header,
	    "In-Reply-To", 0);
	const struct field *references = mp_header_find(&message->header,
	    "References", 0);
	struct mp_strlist ids = MP_STRLIST_INIT;
	size_t i, j;

	if (reply != NULL)
		add_ids(&ids, message, reply);
	for (i = 0; i < ids.count / 2; i++) {
		char *other = ids.items[i];

		ids.items[i] = ids.items[ids.count - 1 - i];
		ids.items[ids.count - 1 - i] = other;
	}
	if (references != NULL)
		add_ids(&ids, message, references);
	/* of equal ones the last counts */
	for (i = 0; i < ids.count; i++) {
		for (j = i + 1; j < ids.count; j++)
			if (strcmp(ids.items[i], ids.items[j]) == 0)
				break;
		if (j == ids.count)
			mp_strlist_add(&message->references, ids.items[i]);
	}
	mp_strlist_clear(&ids);
}

/* --- the message ---------------------------------------------------------------- */

static const char *
decode_field(struct mp_message *message, const char *name)
{
	const struct field *field = mp_header_find(&message->header, name, 0);

	return field == NULL ? "" : mp_header_decode(&message->arena,
	    field->value, &message->defects);
}

/* All fields of the two names, joined by ", ". */
static const char *
decode_all(struct mp_message *message, const char *name, const char *other)
{
	const char *const names[] = { name, other };
	struct mp_buf text = MP_BUF_INIT((size_t)MP_HEADER_BYTES * 4);
	const struct field *field;
	const char *all = "";
	size_t i, n, found = 0;

	for (i = 0; i < 2 && names[i] != NULL; i++) {
		for (n = 0; (field = mp_header_find(&message->header,
		    names[i], n)) != NULL; n++) {
			const char *value = mp_header_decode(&message->arena,
			    field->value, &message->defects);

			if (found++ == 0) {
				all = value;
				mp_buf_str(&text, value);
				continue;
			}
			mp_buf_str(&text, ", ");
			mp_buf_str(&text, value);
		}
	}
	if (found > 1)
		all = mp_arena_text(&message->arena, mp_buf_text(&text),
		    text.len);
	mp_buf_clear(&text);
	return all;
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
	message->id = read_id(message);
	message->from = decode_field(message, "From");
	message->to = decode_all(message, "To", NULL);
	message->cc = decode_all(message, "Cc", "Bcc");
	message->subject = decode_field(message, "Subject");
	message->list_id = read_list_id(message);
	read_date(message);
	read_references(message);
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
	return message->from;
}

const char *
mp_message_to(const struct mp_message *message)
{
	return message->to;
}

const char *
mp_message_cc(const struct mp_message *message)
{
	return message->cc;
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
