/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "index/extract_internal.h"

#define PEOPLE_MAX 2000		/* of one field */
#define PART_MAX 256		/* bytes of a name or an address */

struct person {
	struct mp_buf words;	/* what stands outside <> */
	struct mp_buf address;	/* what stands inside */
	struct mp_buf comment;
};

static void
add_byte(struct mp_buf *to, char byte)
{
	if (to->len < PART_MAX)
		mp_buf_byte(to, (uint8_t)byte);
}

static void
trim(const char **text, size_t *len)
{
	while (*len != 0 && strchr(" \t\r\n'", **text) != NULL) {
		++*text;
		--*len;
	}
	while (*len != 0 && strchr(" \t\r\n'", (*text)[*len - 1]) != NULL)
		--*len;
}

static void
person_reset(struct person *person)
{
	mp_buf_reset(&person->words);
	mp_buf_reset(&person->address);
	mp_buf_reset(&person->comment);
}

static void
person_end(struct person *person, mp_person_fn *fn, void *arg)
{
	const char *address = mp_buf_text(&person->address);
	const char *name = mp_buf_text(&person->words);
	size_t address_len = person->address.len;
	size_t name_len = person->words.len;

	if (address_len == 0) {	/* address (name) */
		address = name;
		address_len = name_len;
		name = mp_buf_text(&person->comment);
		name_len = person->comment.len;
	}
	trim(&address, &address_len);
	trim(&name, &name_len);
	if (address_len != 0 && address_len < PART_MAX &&
	    memchr(address, '@', address_len) != NULL)
		fn(arg, address, address_len, name, name_len);
	person_reset(person);
}

/* Copy up to the closing byte; backslashes quote. Gives what follows. */
static const char *
copy_until(struct mp_buf *to, const char *text, char close)
{
	while (*text != '\0' && *text != close) {
		if (*text == '\\' && close != '>' && text[1] != '\0')
			text++;
		add_byte(to, *text++);
	}
	return *text == '\0' ? text : text + 1;
}

static const char *
copy_comment(struct mp_buf *to, const char *text)
{
	unsigned depth = 1;

	for (; *text != '\0'; text++) {
		if (*text == '(')
			depth++;
		else if (*text == ')' && --depth == 0)
			return text + 1;
		else if (*text == '\\' && text[1] != '\0')
			text++;
		add_byte(to, *text);
	}
	return text;
}

static bool
has_address(const struct person *person)
{
	return person->address.len != 0 || (person->words.len != 0 &&
	    memchr(person->words.data, '@', person->words.len) != NULL);
}

void
mp_people(const char *text, mp_person_fn *fn, void *arg)
{
	struct person person = { MP_BUF_INIT(PART_MAX + 8),
	    MP_BUF_INIT(PART_MAX + 8), MP_BUF_INIT(PART_MAX + 8) };
	unsigned people = 0;

	while (*text != '\0' && people < PEOPLE_MAX) {
		char byte = *text++;

		if (byte == '"')
			text = copy_until(&person.words, text, '"');
		else if (byte == '(')
			text = copy_comment(&person.comment, text);
		else if (byte == '<')
			text = copy_until(&person.address, text, '>');
		else if (byte == ':' && !has_address(&person))
			person_reset(&person);	/* the name of a group */
		else if ((byte != ',' && byte != ';') || (byte == ',' &&
		    person.words.len != 0 && !has_address(&person)))
			add_byte(&person.words, byte);
		else {
			person_end(&person, fn, arg);
			people++;
		}
	}
	person_end(&person, fn, arg);
	mp_buf_clear(&person.words);
	mp_buf_clear(&person.address);
	mp_buf_clear(&person.comment);
}
