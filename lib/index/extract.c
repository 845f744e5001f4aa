/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/extract_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/utf8.h"
#include "html/html.h"
#include "index/index_internal.h"
#include "message/address.h"
#include "message/message.h"
#include "text/text.h"

enum extract_limits {
	ID_MAX = 16 << 10,	/* bytes of an id in a summary */
	LINE_MAX = 500		/* bytes of From and Subject there */
};

struct mp_extractor {
	struct mp_accum *accum;
	mp_id_hash_fn *hash;
	void *hash_arg;
	struct mp_buf text;
	struct mp_buf html;
	struct mp_buf line;
	size_t text_left;	/* of MP_MESSAGE_TEXT_MAX */
	uint32_t positions[MP_FIELDS];
	enum mp_field field;	/* that terms go to */
	unsigned flags;
};

struct mp_extractor *
mp_extractor_new(struct mp_accum *accum, mp_id_hash_fn *hash, void *hash_arg)
{
	struct mp_extractor *x = mp_calloc(1, sizeof *x);

	x->accum = accum;
	x->hash = hash;
	x->hash_arg = hash_arg;
	mp_buf_init(&x->text, MP_PART_TEXT_MAX);
	mp_buf_init(&x->html, MP_PART_TEXT_MAX);
	mp_buf_init(&x->line, MP_PART_TEXT_MAX);
	return x;
}

void
mp_extractor_free(struct mp_extractor *x)
{
	if (x == NULL)
		return;
	mp_buf_clear(&x->text);
	mp_buf_clear(&x->html);
	mp_buf_clear(&x->line);
	free(x);
}

static void
add_term(void *arg, const char *term, size_t len, uint32_t position)
{
	struct mp_extractor *x = arg;

	mp_accum_add(x->accum, x->field, term, len, position);
}

static void
add_text(struct mp_extractor *x, enum mp_field field, const char *text,
    size_t len)
{
	x->field = field;
	mp_text_terms(text, len, &x->positions[field], add_term, x);
	x->positions[field] += MP_TEXT_GAP;
}

static void
add_string(struct mp_extractor *x, enum mp_field field, const char *text)
{
	if (text != NULL && *text != '\0')
		add_text(x, field, text, strlen(text));
}

/* flag: less than 32 - MP_TERM_PAD bytes. */
static void
add_flag(struct mp_extractor *x, const char *flag)
{
	char padded[32] = "";
	size_t len = strnlen(flag, sizeof padded - MP_TERM_PAD);

	memcpy(padded, flag, len);
	mp_accum_add(x->accum, MP_FIELD_FLAG, padded, len, 0);
}

/* len, or less, so that no code point is cut. */
static size_t
cut_text(const char *text, size_t len, size_t max)
{
	if (len <= max)
		return len;
	len = max;
	while (len != 0 && ((uint8_t)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

/* --- people --------------------------------------------------------- */

/* "ADDRESS TAB NAME", the address with small letters. */
static void
add_person(struct mp_extractor *x, enum mp_field field,
    const struct mp_address *person)
{
	char line[MP_EXACT_MAX + MP_TERM_PAD];
	size_t len = strlen(person->address), name_len, i;

	if (len == 0 || len >= MP_EXACT_MAX)
		return;
	for (i = 0; i < len; i++) {
		char byte = person->address[i];

		line[i] = byte == '\t' ? ' ' : byte >= 'A' && byte <= 'Z' ?
		    (char)(byte - 'A' + 'a') : byte;
	}
	line[len++] = '\t';
	name_len = cut_text(person->name, strlen(person->name),
	    MP_EXACT_MAX - len);
	memcpy(line + len, person->name, name_len);
	mp_accum_add(x->accum, field, line, len + name_len, 0);
}

static void
add_people(struct mp_extractor *x, enum mp_field field,
    const struct mp_addresses *people)
{
	size_t i;

	for (i = 0; people != NULL && i < people->count; i++)
		add_person(x, field, &people->items[i]);
}

/* --- parts ---------------------------------------------------------- */

/*
 * The end of the uuencoded file that starts at this line ("begin 644 name"
 * to "end"), or NULL.
 */
static const char *
uuencoded_end(const char *at, const char *end)
{
	const char *stop = NULL;

	if (end - at > 10 && memcmp(at, "begin ", 6) == 0 &&
	    strspn(at + 6, "01234567") == 3 && at[9] == ' ')
		stop = memmem(at, (size_t)(end - at), "\nend", 4);
	return stop != NULL ? stop + 4 : NULL;
}

/* Give the text of a body without uuencoded files; note inline PGP. */
static void
add_lines(struct mp_extractor *x, const char *text, size_t len)
{
	const char *at = text, *end = text + len, *start = text;

	while (at != NULL && at < end) {
		const char *stop = NULL;

		if (*at == 'b')
			stop = uuencoded_end(at, end);
		else if (*at == '-' && end - at > 15 &&
		    memcmp(at, "-----BEGIN PGP ", 15) == 0)
			add_flag(x, "crypto");
		if (stop != NULL) {
			add_text(x, MP_FIELD_BODY, start,
			    (size_t)(at - start));
			start = at = stop;
		}
		at = memchr(at, '\n', (size_t)(end - at));
		if (at != NULL)
			at++;
	}
	if (start < end)
		add_text(x, MP_FIELD_BODY, start, (size_t)(end - start));
}

static void
add_body(struct mp_extractor *x, const struct mp_part *part)
{
	struct mp_err err;
	struct mp_buf *text = &x->text;
	size_t len;

	mp_buf_reset(text);
	/* of more than the limit what fits is indexed */
	(void)!mp_part_text(text, part, &err);
	if (part->kind == MP_PART_HTML) {
		mp_buf_reset(&x->html);
		(void)!mp_html_text(&x->html, mp_buf_text(text), text->len,
		    MP_HTML_PLAIN, 0, &err);
		text = &x->html;
	}
	len = text->len < x->text_left ? text->len : x->text_left;
	x->text_left -= len;
	add_lines(x, mp_buf_text(text), len);
}

struct kind_of_file {
	const char *flag;
	const char *types;	/* starts of MIME types */
	const char *endings;	/* of file names */
};

/* Mailpile's kinds of attachments. */
static const struct kind_of_file kinds[] = {
	{ "image", " image/",
	  " .bmp .gif .heic .ico .jpeg .jpg .png .svg .tif .tiff .webp " },
	{ "audio", " audio/", " .flac .m4a .mp3 .oga .ogg .opus .wav " },
	{ "video", " video/", " .avi .mkv .mov .mp4 .mpeg .mpg .webm " },
	{ "document", " application/pdf application/msword application/rtf"
	  " application/postscript application/vnd.ms-"
	  " application/vnd.openxmlformats-"
	  " application/vnd.oasis.opendocument text/rtf",
	  " .doc .docx .epub .odp .ods .odt .pdf .ppt .pptx .ps .rtf .tex"
	  " .xls .xlsx " },
	{ "code", " text/x- application/javascript application/x-sh"
	  " application/x-perl application/x-python",
	  " .c .cc .cpp .css .diff .go .h .java .js .patch .php .pl .py .rb"
	  " .rs .sh .ts " },
	{ "archive", " application/zip application/gzip application/x-tar"
	  " application/x-gzip application/x-bzip application/x-xz"
	  " application/x-7z application/x-rar application/vnd.rar"
	  " application/zstd",
	  " .7z .bz2 .gz .rar .tar .tgz .xz .zip .zst " }
};

/* Does one of the words, each after a blank, start type? */
static bool
starts_type(const char *words, const char *type)
{
	while (*words == ' ') {
		size_t len = strcspn(++words, " ");

		if (strncmp(words, type, len) == 0)
			return true;
		words += len;
	}
	return false;
}

static bool
has_ending(const char *endings, const char *filename)
{
	const char *dot = filename != NULL ? strrchr(filename, '.') : NULL;
	char word[16];
	size_t len, i;

	if (dot == NULL || (len = strlen(dot)) > sizeof word - 3)
		return false;
	word[0] = ' ';
	for (i = 0; i < len; i++)
		word[1 + i] = dot[i] >= 'A' && dot[i] <= 'Z' ?
		    (char)(dot[i] - 'A' + 'a') : dot[i];
	word[1 + len] = ' ';
	word[2 + len] = '\0';
	return strstr(endings, word) != NULL;
}

static void
add_kinds(struct mp_extractor *x, const struct mp_part *part)
{
	size_t i;

	for (i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (starts_type(kinds[i].types, part->type) ||
		    has_ending(kinds[i].endings, part->filename))
			add_flag(x, kinds[i].flag);
}

static void
add_crypto(struct mp_extractor *x, const struct mp_part *part)
{
	const char *type = part->type;

	if (strcmp(type, "multipart/signed") == 0)
		x->flags |= MP_DOC_SIGNED;
	else if (strcmp(type, "multipart/encrypted") == 0 ||
	    strcmp(type, "application/pkcs7-mime") == 0 ||
	    strcmp(type, "application/x-pkcs7-mime") == 0)
		x->flags |= MP_DOC_ENCRYPTED;
	else if (strcmp(type, "application/pgp-keys") == 0)
		add_flag(x, "crypto");
}

/*
 * Is it the machinery of RFC 1847: what is in a multipart/encrypted, or what
 * follows the first part of a multipart/signed? parts are numbered from 1.
 */
static bool
is_machinery(const struct mp_message *message, const struct mp_part *part)
{
	const char *parent;

	if (part->parent == 0)
		return false;
	parent = mp_message_part(message, part->parent - 1)->type;
	return strcmp(parent, "multipart/encrypted") == 0 ||
	    (strcmp(parent, "multipart/signed") == 0 &&
	    part->number != part->parent + 1);
}

static void
add_part(struct mp_extractor *x, const struct mp_message *message,
    const struct mp_part *part)
{
	/* the tag and the field are notmuch's, which asks no file name */
	bool attached = part->disposition != NULL &&
	    strcmp(part->disposition, "attachment") == 0;

	add_string(x, MP_FIELD_MIMETYPE, part->type);
	add_crypto(x, part);
	if (is_machinery(message, part))
		return;
	if (mp_part_is_attachment(part)) {
		add_flag(x, "attachment");
		add_kinds(x, part);
	}
	if (attached) {
		x->flags |= MP_DOC_ATTACHMENT;
		add_string(x, MP_FIELD_ATTACHMENT, part->filename);
	}
	if (part->kind == MP_PART_MESSAGE) {
		add_string(x, MP_FIELD_BODY, part->subject);
		add_string(x, MP_FIELD_BODY, part->from);
	} else if (!attached && (part->kind == MP_PART_TEXT ||
	    part->kind == MP_PART_HTML)) {
		add_body(x, part);
	}
}

/* --- the message ---------------------------------------------------- */

static void
add_headers(struct mp_extractor *x, struct mp_message *message)
{
	const char *agent = mp_message_field(message, "user-agent", 0);

	add_string(x, MP_FIELD_FROM, mp_message_from(message));
	add_string(x, MP_FIELD_TO, mp_message_to(message));
	add_string(x, MP_FIELD_CC, mp_message_cc(message));
	add_people(x, MP_FIELD_PERSON_FROM,
	    mp_message_addresses(message, MP_ADDRESS_FROM));
	add_people(x, MP_FIELD_PERSON_TO,
	    mp_message_addresses(message, MP_ADDRESS_TO));
	add_people(x, MP_FIELD_PERSON_TO,
	    mp_message_addresses(message, MP_ADDRESS_CC));
	add_string(x, MP_FIELD_SUBJECT, mp_message_subject(message));
	add_string(x, MP_FIELD_LIST, mp_message_list_id(message));
	if (agent == NULL)
		agent = mp_message_field(message, "x-mailer", 0);
	add_string(x, MP_FIELD_MUA, agent);
	if (mp_message_date(message) <= 0)
		add_flag(x, "missing-date");
	if (*mp_message_subject(message) == '\0')
		add_flag(x, "missing-subject");
	if (*mp_message_from(message) == '\0')
		add_flag(x, "missing-from");
	if (*mp_message_to(message) == '\0')
		add_flag(x, "missing-to");
}

static void
add_document_flags(struct mp_extractor *x)
{
	if (x->flags & MP_DOC_SIGNED)
		add_flag(x, "signed");
	if (x->flags & MP_DOC_ENCRYPTED)
		add_flag(x, "encrypted");
	if (x->flags & (MP_DOC_SIGNED | MP_DOC_ENCRYPTED))
		add_flag(x, "crypto");
}

static void
make_summary(struct mp_doc *doc, struct mp_extractor *x, const char *id,
    const struct mp_message *message)
{
	const char *from = mp_message_from(message);
	const char *subject = mp_message_subject(message);
	uint8_t *copy;

	mp_buf_reset(&x->line);
	mp_buf_blob(&x->line, id, cut_text(id, strlen(id), ID_MAX));
	mp_buf_blob(&x->line, from, cut_text(from, strlen(from), LINE_MAX));
	mp_buf_blob(&x->line, subject,
	    cut_text(subject, strlen(subject), LINE_MAX));
	copy = mp_accum_alloc(x->accum, x->line.len);
	memcpy(copy, x->line.data, x->line.len);
	doc->summary = copy;
	doc->summary_len = (uint32_t)x->line.len;
}

static void
make_references(struct mp_doc *doc, struct mp_extractor *x,
    const struct mp_message *message)
{
	const struct mp_strlist *ids = mp_message_references(message);
	size_t count = ids->count, skip = 0, i;
	uint64_t *refs;

	if (count > MP_REFS_MAX) {
		skip = count - MP_REFS_MAX;
		count = MP_REFS_MAX;
	}
	refs = mp_accum_alloc(x->accum, count * sizeof *refs + 1);
	for (i = 0; i < count; i++)
		refs[i] = x->hash(x->hash_arg, ids->items[skip + i]);
	doc->refs = refs;
	doc->ref_count = (uint32_t)count;
}

unsigned
mp_extract(struct mp_doc *doc, struct mp_extractor *x, uint32_t docid,
    const char *id, const uint8_t *raw, size_t len)
{
	struct mp_message *message = mp_message_new(raw, len);
	size_t parts = mp_message_parts(message), i;

	mp_accum_document(x->accum, docid);
	memset(x->positions, 0, sizeof x->positions);
	x->flags = 0;
	x->text_left = MP_MESSAGE_TEXT_MAX;
	add_headers(x, message);
	for (i = 0; i < parts; i++)
		add_part(x, message, mp_message_part(message, i));
	add_document_flags(x);
	doc->date = mp_index_clamp_date(mp_message_date(message));
	doc->size = len < UINT32_MAX ? (uint32_t)len : UINT32_MAX;
	make_summary(doc, x, id, message);
	make_references(doc, x, message);
	mp_message_free(message);
	return x->flags;
}
