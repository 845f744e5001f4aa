/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message/message_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/*
 * Parameters of Content-Type and Content-Disposition (RFC 2045, section
 * 5.1), continued and encoded ones too (RFC 2231).
 */
enum { PARAMS_MAX = 200 };

/* One "name*2*=value" as it stands. */
struct piece {
	struct slice name;	/* without the marks of RFC 2231 */
	unsigned number;
	bool numbered;
	bool encoded;
	char *value;		/* unquoted, in the arena */
	size_t len;
};

struct reader {
	const char *at;
	const char *end;
	struct arena *arena;
};

/* Blanks, line ends and comments. */
static void
skip_blank(struct reader *in)
{
	unsigned depth = 0;

	while (in->at < in->end) {
		char c = *in->at;

		if (c == '\\' && depth != 0 && in->end - in->at > 1)
			in->at++;
		else if (c == '(')
			depth++;
		else if (c == ')' && depth != 0)
			depth--;
		else if (depth == 0 && c != ' ' && c != '\t' && c != '\r' &&
		    c != '\n')
			return;
		in->at++;
	}
}

static bool
is_token(char c)
{
	return (unsigned char)c > 0x20 && c != 0x7f &&
	    strchr("()<>@,;:\\\"[]?=", c) == NULL;
}

static struct slice
read_token(struct reader *in)
{
	struct slice token = { in->at, 0 };

	while (in->at < in->end && is_token(*in->at))
		in->at++;
	token.len = (size_t)(in->at - token.at);
	return token;
}

/* Behind the quoted string at at. */
static const char *
quoted_end(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		if (*at == '\\' && end - at > 1)
			at++;
	return at;
}

static void
read_quoted(struct piece *piece, struct reader *in)
{
	in->at++;
	piece->value = mp_arena_take(in->arena,
	    (size_t)(quoted_end(in->at - 1, in->end) - in->at) + 1);
	piece->len = 0;
	while (in->at < in->end && *in->at != '"') {
		if (*in->at == '\\' && in->end - in->at > 1)
			in->at++;
		if (*in->at != '\r' && *in->at != '\n')
			piece->value[piece->len++] = *in->at;
		in->at++;
	}
	if (in->at < in->end)
		in->at++;
	piece->value[piece->len] = '\0';
}

/* An unquoted value: to the next ';', whatever bytes, as mailers write. */
static void
read_bare(struct piece *piece, struct reader *in)
{
	const char *start = in->at;
	size_t len;

	while (in->at < in->end && *in->at != ';')
		in->at++;
	len = (size_t)(in->at - start);
	while (len != 0 && ((unsigned char)start[len - 1] <= 0x20))
		len--;
	piece->value = mp_arena_text(in->arena, start, len);
	piece->len = len;
}

/* Take "*0*" and the like off the name. */
static void
read_marks(struct piece *piece)
{
	const char *star = memchr(piece->name.at, '*', piece->name.len);
	const char *end = piece->name.at + piece->name.len;

	if (star == NULL)
		return;
	piece->name.len = (size_t)(star - piece->name.at);
	star++;
	while (star < end && *star >= '0' && *star <= '9' &&
	    piece->number < PARAMS_MAX) {
		piece->number = piece->number * 10 + (unsigned)(*star++ - '0');
		piece->numbered = true;
	}
	piece->encoded = !piece->numbered || (star < end && *star == '*');
}

/* To the next parameter's name; what is none is passed over. */
static bool
find_name(struct piece *piece, struct reader *in)
{
	do {
		do {
			skip_blank(in);
		} while (in->at < in->end && *in->at == ';' && in->at++);
		piece->name = read_token(in);
		if (piece->name.len != 0)
			return true;
		while (in->at < in->end && *in->at != ';')
			in->at++;
	} while (in->at < in->end);
	return false;
}

static bool
read_piece(struct piece *piece, struct reader *in)
{
	memset(piece, 0, sizeof *piece);
	if (!find_name(piece, in))
		return false;
	skip_blank(in);
	piece->value = mp_arena_text(in->arena, "", 0);
	if (in->at < in->end && *in->at == '=') {
		in->at++;
		skip_blank(in);
		if (in->at < in->end && *in->at == '"')
			read_quoted(piece, in);
		else
			read_bare(piece, in);
	}
	read_marks(piece);
	return true;
}

/* Append the bytes of an encoded value ("%41"). */
static void
undo_percent(struct mp_buf *to, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		char hex[3] = { 0 }, *end;
		unsigned long byte;

		if (text[i] == '%' && len - i > 2) {
			memcpy(hex, text + i + 1, 2);
			byte = strtoul(hex, &end, 16);
			if (*end == '\0') {
				mp_buf_byte(to, (uint8_t)byte);
				i += 2;
				continue;
			}
		}
		mp_buf_byte(to, (uint8_t)text[i]);
	}
}

static bool
same_name(const struct piece *a, const struct piece *b)
{
	return a->name.len == b->name.len &&
	    strncasecmp(a->name.at, b->name.at, a->name.len) == 0;
}

/* The piece of the same parameter with that number, or NULL. */
static const struct piece *
find_piece(const struct piece *pieces, size_t count,
    const struct piece *first, unsigned number)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (same_name(&pieces[i], first) && pieces[i].numbered &&
		    pieces[i].number == number)
			return &pieces[i];
	return NULL;
}

/* The value of a parameter in RFC 2231 form, from all its pieces. */
static const char *
join_pieces(struct arena *arena, const struct piece *pieces, size_t count,
    const struct piece *first, unsigned *defects)
{
	struct mp_buf bytes = MP_BUF_INIT(1 << 20), text = MP_BUF_INIT(4 << 20);
	const char *rest = first->value, *mark, *value;
	char charset[64] = "";
	const struct piece *piece = first;
	unsigned number = 0;

	/* charset'language'text */
	mark = first->encoded ? strchr(rest, '\'') : NULL;
	if (mark != NULL && strchr(mark + 1, '\'') != NULL) {
		if ((size_t)(mark - rest) < sizeof charset)
			memcpy(charset, rest, (size_t)(mark - rest));
		rest = strchr(mark + 1, '\'') + 1;
	}
	while (piece != NULL) {
		if (piece->encoded)
			undo_percent(&bytes, rest, strlen(rest));
		else
			mp_buf_str(&bytes, rest);
		if (!piece->numbered)
			break;
		piece = find_piece(pieces, count, first, ++number);
		rest = piece != NULL ? piece->value : "";
	}
	if (bytes.len != 0 && !mp_charset_convert(&text,
	    charset[0] != '\0' ? charset : "utf-8", bytes.data, bytes.len))
		*defects |= MP_DEFECT_CHARSET;
	value = mp_arena_text(arena, mp_buf_text(&text), text.len);
	mp_buf_clear(&text);
	mp_buf_clear(&bytes);
	return value;
}

static char *
lower_text(struct arena *arena, struct slice text)
{
	char *copy = mp_arena_text(arena, text.at, text.len);
	size_t i;

	for (i = 0; i < text.len; i++)
		if (copy[i] >= 'A' && copy[i] <= 'Z')
			copy[i] = (char)(copy[i] + ('a' - 'A'));
	return copy;
}

static void
add_param(struct param_list *list, struct arena *arena,
    const struct piece *piece, const char *value)
{
	struct param *param = mp_arena_take(arena, sizeof *param);

	param->name = lower_text(arena, piece->name);
	param->value = value;
	param->next = list->params;
	list->params = param;
}

/* Each parameter has a ';' before it. */
static size_t
most_params(const char *at, const char *end)
{
	size_t count = 1;

	while (count < PARAMS_MAX && (at = memchr(at, ';',
	    (size_t)(end - at))) != NULL) {
		at++;
		count++;
	}
	return count;
}

void
mp_params_read(struct param_list *list, struct arena *arena,
    struct slice value, unsigned *defects)
{
	struct reader in = { value.at, value.at + value.len, arena };
	struct piece *pieces;
	struct slice main;
	size_t count = 0, most, i;

	list->params = NULL;
	skip_blank(&in);
	main.at = in.at;
	while (in.at < in.end && (is_token(*in.at) || *in.at == '/'))
		in.at++;
	main.len = (size_t)(in.at - main.at);
	list->main = lower_text(arena, main);
	if (in.at == in.end)
		return;
	most = most_params(in.at, in.end);
	pieces = mp_arena_take(arena, most * sizeof *pieces);
	while (count < most && read_piece(&pieces[count], &in))
		count++;
	/* last first, so that the first of two equal names is found first */
	for (i = count; i-- > 0;) {
		const struct piece *piece = &pieces[i];
		struct slice plain = { piece->value, piece->len };

		if (!piece->encoded && !piece->numbered)
			add_param(list, arena, piece,
			    mp_header_decode(arena, plain, defects));
		else if (!piece->numbered || piece->number == 0)
			add_param(list, arena, piece, join_pieces(arena,
			    pieces, count, piece, defects));
	}
}

const char *
mp_params_find(const struct param_list *list, const char *name)
{
	const struct param *param;

	for (param = list->params; param != NULL; param = param->next)
		if (strcmp(param->name, name) == 0)
			return param->value;
	return NULL;
}
