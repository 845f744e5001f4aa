/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/utf8.h"

size_t
mp_utf8_decode(uint32_t *point, const char *text, size_t len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *at = (const unsigned char *)text;
	uint32_t got;
	size_t want, i;

	*point = 0xfffd;
	if (len == 0)
		return 0;
	if (at[0] < 0x80) {
		*point = at[0];
		return 1;
	}
	if (at[0] < 0xc2 || at[0] > 0xf4)
		return 0;
	want = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
	if (want > len)
		return 0;
	got = at[0] & (0x7fu >> want);
	for (i = 1; i < want; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		got = got << 6 | (at[i] & 0x3fu);
	}
	if (got < least[want] || got > 0x10ffff ||
	    (got >= 0xd800 && got <= 0xdfff))
		return 0;
	*point = got;
	return want;
}

void
mp_utf8_add(struct mp_buf *to, uint32_t point)
{
	if (point < 0x80) {
		mp_buf_byte(to, (uint8_t)point);
		return;
	}
	if (point < 0x800) {
		mp_buf_byte(to, (uint8_t)(0xc0 | point >> 6));
	} else {
		if (point < 0x10000) {
			mp_buf_byte(to, (uint8_t)(0xe0 | point >> 12));
		} else {
			mp_buf_byte(to, (uint8_t)(0xf0 | point >> 18));
			mp_buf_byte(to,
			    (uint8_t)(0x80 | (point >> 12 & 0x3f)));
		}
		mp_buf_byte(to, (uint8_t)(0x80 | (point >> 6 & 0x3f)));
	}
	mp_buf_byte(to, (uint8_t)(0x80 | (point & 0x3f)));
}

bool
mp_utf8_valid(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len) {
		uint32_t point;
		size_t step = mp_utf8_decode(&point, text + i, len - i);

		if (step == 0)
			return false;
		i += step;
	}
	return true;
}

void
mp_utf8_repair(struct mp_buf *to, const char *text, size_t len)
{
	size_t i = 0;

	while (i < len) {
		uint32_t point;
		size_t step = mp_utf8_decode(&point, text + i, len - i);

		mp_utf8_add(to, point);
		i += step != 0 ? step : 1;
	}
}

bool
mp_utf8_invisible(uint32_t point)
{
	return point == 0xad || point == 0x61c || point == 0x180e ||
	    (point >= 0x200b && point <= 0x200f) ||
	    (point >= 0x2028 && point <= 0x202e) ||
	    (point >= 0x2060 && point <= 0x206f) || point == 0xfeff ||
	    (point >= 0xfff9 && point <= 0xfffb) ||
	    (point >= 0xe0000 && point <= 0xe007f);
}

/* Bytes at the start of text that are printable ASCII. */
static size_t
printable(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && text[i] >= 0x20 && text[i] < 0x7f)
		i++;
	return i;
}

void
mp_utf8_clean(struct mp_buf *to, const char *text, size_t len,
    bool multiline)
{
	size_t i = 0;

	while (i < len) {
		uint32_t point;
		size_t step = printable(text + i, len - i);

		if (step != 0) {
			mp_buf_add(to, text + i, step);
			i += step;
			continue;
		}
		step = mp_utf8_decode(&point, text + i, len - i);
		i += step != 0 ? step : 1;
		if (multiline && (point == '\n' || point == '\t'))
			mp_buf_byte(to, (uint8_t)point);
		else if (multiline && point == '\r' && i < len &&
		    text[i] == '\n')
			continue;
		else if (point < 0x20)
			mp_utf8_add(to, 0x2400 + point);
		else if (point == 0x7f)
			mp_utf8_add(to, 0x2421);
		else if ((point >= 0x80 && point < 0xa0) ||
		    mp_utf8_invisible(point))
			mp_buf_printf(to, "<U+%04X>", (unsigned)point);
		else
			mp_utf8_add(to, point);
	}
}
