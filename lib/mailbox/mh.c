/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mailbox/mh.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct sequence_name {
	const char *name;
	uint8_t flag;
};

static const struct sequence_name names[] = {
	{ "unseen", MP_MAIL_SEEN },
	{ "replied", MP_MAIL_REPLIED },
	{ "flagged", MP_MAIL_FLAGGED },
	{ "forwarded", MP_MAIL_PASSED },
	{ "draft", MP_MAIL_DRAFT },
};

static uint8_t
flag_of(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (strlen(names[i].name) == len &&
		    memcmp(names[i].name, name, len) == 0)
			return names[i].flag;
	return 0;
}

/* Read digits at *pos; 0 when there are none or too many. */
static uint32_t
read_number(const char *text, size_t len, size_t *pos)
{
	uint64_t value = 0;

	while (*pos < len && text[*pos] >= '0' && text[*pos] <= '9') {
		value = value * 10 + (uint64_t)(text[*pos] - '0');
		if (value > UINT32_MAX)
			return 0;
		++*pos;
	}
	return (uint32_t)value;
}

static void
read_ranges(struct mp_mh_sequences *sequences, const char *text, size_t len,
    uint8_t flag)
{
	size_t pos = 0;

	while (pos < len) {
		struct mp_mh_range range = { 0, 0, flag };

		range.first = range.last = read_number(text, len, &pos);
		if (range.first == 0) {
			pos++;
			continue;
		}
		if (pos < len && text[pos] == '-') {
			pos++;
			range.last = read_number(text, len, &pos);
		}
		if (range.last < range.first)
			continue;
		sequences->ranges = mp_realloc_array(sequences->ranges,
		    sequences->count + 1, sizeof *sequences->ranges);
		sequences->ranges[sequences->count++] = range;
	}
}

void
mp_mh_sequences_read(struct mp_mh_sequences *sequences, const char *text,
    size_t len)
{
	while (len != 0) {
		const char *lf = memchr(text, '\n', len);
		size_t line = lf != NULL ? (size_t)(lf - text) : len;
		const char *colon = memchr(text, ':', line);
		size_t name = colon != NULL ? (size_t)(colon - text) : 0;
		uint8_t flag = flag_of(text, name);

		if (flag != 0)
			read_ranges(sequences, text + name + 1,
			    line - name - 1, flag);
		line += lf != NULL;
		text += line;
		len -= line;
	}
}

void
mp_mh_sequences_clear(struct mp_mh_sequences *sequences)
{
	free(sequences->ranges);
	sequences->ranges = NULL;
	sequences->count = 0;
}

uint8_t
mp_mh_flags(const struct mp_mh_sequences *sequences, uint32_t number)
{
	uint8_t flags = MP_MAIL_KNOWN | MP_MAIL_SEEN;
	size_t i;

	for (i = 0; i < sequences->count; i++) {
		const struct mp_mh_range *range = &sequences->ranges[i];

		if (number < range->first || number > range->last)
			continue;
		if (range->flag == MP_MAIL_SEEN)
			flags &= (uint8_t)~MP_MAIL_SEEN;
		else
			flags |= range->flag;
	}
	return flags;
}

bool
mp_mh_number(uint32_t *number, const char *name)
{
	size_t pos = 0, len = strlen(name);

	*number = read_number(name, len, &pos);
	return *number != 0 && pos == len && name[0] != '0';
}
