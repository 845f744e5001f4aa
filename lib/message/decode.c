/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message/message_internal.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/utf8.h"

/* --- transfer encodings (RFC 2045, section 6) --------------------------- */

static const int8_t hex_values[256] = {
	['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6,
	['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11,
	['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16
};

/* The length of a soft line break after '=', or 0. */
static size_t
soft_break(const uint8_t *at, size_t left)
{
	size_t i = 0;

	while (i < left && (at[i] == ' ' || at[i] == '\t'))
		i++;
	if (i < left && at[i] == '\r')
		i++;
	return i < left && at[i] == '\n' ? i + 1 : 0;
}

void
mp_quoted_printable_undo(struct mp_buf *to, const uint8_t *bytes, size_t len,
    bool header)
{
	uint8_t *out = mp_buf_reserve(to, len);
	size_t i = 0, used = 0;

	if (out == NULL)
		return;
	while (i < len) {
		uint8_t byte = bytes[i++];

		if (header && byte == '_') {
			byte = ' ';
		} else if (byte == '=') {
			size_t skip = header ? 0 :
			    soft_break(bytes + i, len - i);

			if (skip != 0) {
				i += skip;
				continue;
			}
			if (len - i >= 2 && hex_values[bytes[i]] != 0 &&
			    hex_values[bytes[i + 1]] != 0) {
				byte = (uint8_t)((hex_values[bytes[i]] - 1)
				    << 4 | (hex_values[bytes[i + 1]] - 1));
				i += 2;
			} else if (i == len && !header) {
				break;
			}
		}
		out[used++] = byte;
	}
	to->len += used;
	to->data[to->len] = '\0';
}

/* Value + 1 of each digit; 0 for all other bytes. */
static const uint8_t base64_values[256] = {
	['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6,
	['G'] = 7, ['H'] = 8, ['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12,
	['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17,
	['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22,
	['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27,
	['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
	['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37,
	['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,
	['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47,
	['v'] = 48, ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52,
	['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56, ['4'] = 57,
	['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62,
	['+'] = 63, ['/'] = 64
};

/* Groups of four digits, as long as nothing else stands between them. */
static size_t
base64_groups(uint8_t **out, const uint8_t *bytes, size_t len)
{
	size_t i;

	for (i = 0; i + 4 <= len; i += 4) {
		unsigned a = base64_values[bytes[i]];
		unsigned b = base64_values[bytes[i + 1]];
		unsigned c = base64_values[bytes[i + 2]];
		unsigned d = base64_values[bytes[i + 3]];
		unsigned bits;

		if (a == 0 || b == 0 || c == 0 || d == 0)
			break;
		bits = (a - 1) << 18 | (b - 1) << 12 | (c - 1) << 6 | (d - 1);
		*(*out)++ = (uint8_t)(bits >> 16);
		*(*out)++ = (uint8_t)(bits >> 8);
		*(*out)++ = (uint8_t)bits;
	}
	return i;
}

void
mp_base64_undo(struct mp_buf *to, const uint8_t *bytes, size_t len)
{
	uint8_t *start = mp_buf_reserve(to, len / 4 * 3 + 3), *out = start;
	uint32_t bits = 0;
	unsigned have = 0;
	size_t i = 0;

	if (start == NULL)
		return;
	while (i < len) {
		unsigned value;

		if (have == 0)
			i += base64_groups(&out, bytes + i, len - i);
		if (i == len)
			break;
		value = base64_values[bytes[i]];
		/* padding ends a group, not the text: parts joined */
		if (bytes[i++] == '=')
			have = 0;
		if (value == 0)
			continue;
		bits = bits << 6 | (value - 1);
		have += 6;
		if (have >= 8) {
			have -= 8;
			*out++ = (uint8_t)(bits >> have);
		}
	}
	to->len += (size_t)(out - start);
	to->data[to->len] = '\0';
}

/* One line of uuencoded data. */
static void
uu_line(struct mp_buf *to, const uint8_t *line, size_t len)
{
	size_t want = len != 0 ? (size_t)((line[0] - ' ') & 63) : 0, i;

	for (i = 1; want != 0 && i + 1 < len; i += 4) {
		uint8_t group[4] = { 0, 0, 0, 0 }, out[3];
		size_t j;

		for (j = 0; j < 4 && i + j < len; j++)
			group[j] = (uint8_t)((line[i + j] - ' ') & 63);
		out[0] = (uint8_t)(group[0] << 2 | group[1] >> 4);
		out[1] = (uint8_t)(group[1] << 4 | group[2] >> 2);
		out[2] = (uint8_t)(group[2] << 6 | group[3]);
		mp_buf_add(to, out, want < 3 ? want : 3);
		want -= want < 3 ? want : 3;
	}
}

static void
uu_undo(struct mp_buf *to, const uint8_t *bytes, size_t len)
{
	size_t at = 0;
	bool inside = false;

	while (at < len) {
		const uint8_t *line = bytes + at;
		const uint8_t *end = memchr(line, '\n', len - at);
		size_t line_len = end != NULL ? (size_t)(end - line) :
		    len - at;

		at += line_len + 1;
		if (line_len != 0 && line[line_len - 1] == '\r')
			line_len--;
		if (!inside)
			inside = line_len > 6 &&
			    memcmp(line, "begin ", 6) == 0;
		else if (line_len >= 3 && memcmp(line, "end", 3) == 0)
			inside = false;
		else
			uu_line(to, line, line_len);
	}
}

static bool
is_any(const char *text, const char *const *names, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcasecmp(text, names[i]) == 0)
			return true;
	return false;
}

static bool
is_uuencode(const char *encoding)
{
	static const char *const names[] = { "x-uuencode", "uuencode",
	    "x-uue" };

	return is_any(encoding, names, sizeof names / sizeof names[0]);
}

bool
mp_encoding_known(const char *encoding)
{
	static const char *const names[] = { "", "7bit", "8bit", "binary",
	    "quoted-printable", "base64" };

	return is_any(encoding, names, sizeof names / sizeof names[0]) ||
	    is_uuencode(encoding);
}

void
mp_encoding_undo(struct mp_buf *to, const char *encoding,
    const uint8_t *bytes, size_t len)
{
	if (strcmp(encoding, "quoted-printable") == 0)
		mp_quoted_printable_undo(to, bytes, len, false);
	else if (strcmp(encoding, "base64") == 0)
		mp_base64_undo(to, bytes, len);
	else if (is_uuencode(encoding))
		uu_undo(to, bytes, len);
	else
		mp_buf_add(to, bytes, len);
}

/* --- charsets ----------------------------------------------------------- */

/* windows-1252 above 0x7f where it is not ISO 8859-1. */
static const uint16_t windows_1252[32] = {
	0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008d, 0x017d, 0x008f,
	0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178
};

static void
from_windows_1252(struct mp_buf *to, const uint8_t *bytes, size_t len)
{
	size_t i = 0;

	while (i < len) {
		size_t run = i;

		while (run < len && bytes[run] < 0x80)
			run++;
		mp_buf_add(to, bytes + i, run - i);
		for (i = run; i < len && bytes[i] >= 0x80; i++)
			mp_utf8_add(to, bytes[i] < 0xa0 ?
			    windows_1252[bytes[i] - 0x80] : bytes[i]);
	}
}

static bool
is_ascii(const uint8_t *bytes, size_t len)
{
	size_t i = 0;
	uint64_t word;

	for (; i + 8 <= len; i += 8) {
		memcpy(&word, bytes + i, 8);
		if ((word & UINT64_C(0x8080808080808080)) != 0)
			return false;
	}
	for (; i < len; i++)
		if (bytes[i] >= 0x80)
			return false;
	return true;
}

/* Bytes in no known charset: UTF-8 if they are that, else windows-1252. */
static void
guess(struct mp_buf *to, const uint8_t *bytes, size_t len)
{
	if (mp_utf8_valid((const char *)bytes, len))
		mp_buf_add(to, bytes, len);
	else
		from_windows_1252(to, bytes, len);
}

/* Is some character beyond ASCII in it as UTF-8 writes it? */
static bool
has_utf8(const uint8_t *bytes, size_t len)
{
	uint32_t point;
	size_t i;

	for (i = 0; i < len; i++)
		if (bytes[i] >= 0xc2 && mp_utf8_decode(&point,
		    (const char *)bytes + i, len - i) > 1)
			return true;
	return false;
}

/* Damaged UTF-8 is mended; what never was UTF-8 is guessed. */
static bool
from_utf8(struct mp_buf *to, const uint8_t *bytes, size_t len)
{
	if (mp_utf8_valid((const char *)bytes, len)) {
		mp_buf_add(to, bytes, len);
		return true;
	}
	if (has_utf8(bytes, len))
		mp_utf8_repair(to, (const char *)bytes, len);
	else
		from_windows_1252(to, bytes, len);
	return false;
}

/* Names that iconv does not know, or that mean more than they say. */
static const char *const aliases[][2] = {
	{ "gb2312", "GB18030" }, { "gbk", "GB18030" },
	{ "x-gbk", "GB18030" }, { "hz-gb-2312", "HZ" },
	{ "ks_c_5601-1987", "CP949" }, { "euc-kr", "CP949" },
	{ "ks_c_5601", "CP949" }, { "x-sjis", "CP932" },
	{ "shift_jis", "CP932" }, { "shift-jis", "CP932" },
	{ "big5", "BIG5-HKSCS" }, { "x-big5", "BIG5-HKSCS" },
	{ "unicode-1-1-utf-7", "UTF-7" }, { "iso-8859-8-i", "ISO-8859-8" },
	{ "iso-8859-9", "WINDOWS-1254" }, { "x-mac-roman", "MACINTOSH" },
	{ "iso-2022-jp", "ISO-2022-JP-2" }, { "cp-850", "CP850" },
};

static iconv_t
open_iconv(const char *charset)
{
	size_t i;

	for (i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
		if (strcasecmp(charset, aliases[i][0]) == 0)
			return iconv_open("UTF-8", aliases[i][1]);
	/* "//" after a name would ask iconv for other behaviour */
	if (strlen(charset) > 40 || strchr(charset, '/') != NULL ||
	    charset[0] == '\0')
		return (iconv_t)-1;
	return iconv_open("UTF-8", charset);
}

/* Convert with U+FFFD for what is not in the charset. */
static bool
run_iconv(struct mp_buf *to, iconv_t cd, const uint8_t *bytes, size_t len)
{
	char *in = (char *)(uintptr_t)bytes;	/* iconv only reads it */
	bool good = true;

	while (len != 0) {
		char out[4096], *next = out;
		size_t room = sizeof out;
		size_t got = iconv(cd, &in, &len, &next, &room);

		mp_buf_add(to, out, (size_t)(next - out));
		if (got == (size_t)-1 && errno != E2BIG) {
			good = false;
			mp_utf8_add(to, 0xfffd);
			in++;
			len--;
			(void)iconv(cd, NULL, NULL, NULL, NULL);
		}
		if (to->overflow)
			return false;
	}
	return good;
}

bool
mp_charset_convert(struct mp_buf *to, const char *charset,
    const uint8_t *bytes, size_t len)
{
	static const char *const unicode[] = { "utf-8", "utf8" };
	static const char *const ascii[] = { "us-ascii", "ascii", "" };
	static const char *const western[] = { "iso-8859-1", "latin1",
	    "windows-1252", "cp1252", "iso8859-1", "iso_8859-1" };
	bool stateful = strncasecmp(charset, "utf-7", 5) == 0 ||
	    strncasecmp(charset, "iso-2022", 8) == 0 ||
	    strncasecmp(charset, "hz", 2) == 0 ||
	    strncasecmp(charset, "utf-16", 6) == 0 ||
	    strncasecmp(charset, "utf-32", 6) == 0 ||
	    strncasecmp(charset, "unicode-1-1", 11) == 0;
	iconv_t cd;
	bool good;

	if (!stateful && is_ascii(bytes, len)) {
		mp_buf_add(to, bytes, len);
		return true;
	}
	if (is_any(charset, unicode, sizeof unicode / sizeof unicode[0]))
		return from_utf8(to, bytes, len);
	if (is_any(charset, ascii, sizeof ascii / sizeof ascii[0])) {
		guess(to, bytes, len);
		return false;
	}
	if (is_any(charset, western, sizeof western / sizeof western[0])) {
		from_windows_1252(to, bytes, len);
		return true;
	}
	cd = open_iconv(charset);
	if (cd == (iconv_t)-1) {
		guess(to, bytes, len);
		return false;
	}
	good = run_iconv(to, cd, bytes, len);
	(void)iconv_close(cd);
	return good;
}

/* --- encoded words (RFC 2047) ------------------------------------------- */

struct word {
	struct slice charset;
	struct slice text;
	char encoding;		/* 'q' or 'b' */
	size_t len;		/* of the whole word */
};

enum { CHARSET_MAX = 60 };

/*
 * Is there an encoded word at the start of the text? *no_end is set when a
 * search for "?=" has failed, so that none is made twice.
 */
static bool
read_word(struct word *word, const char *at, size_t left, bool *no_end)
{
	const char *charset = at + 2, *end = at + left, *mark, *text, *close;

	if (*no_end || left < 8 || at[0] != '=' || at[1] != '?')
		return false;
	mark = memchr(charset, '?', left - 2 < CHARSET_MAX ? left - 2 :
	    CHARSET_MAX);
	if (mark == NULL || end - mark < 4 || mark[2] != '?' ||
	    mark == charset)
		return false;
	word->encoding = (char)(mark[1] | 0x20);
	if (word->encoding != 'q' && word->encoding != 'b')
		return false;
	word->charset.at = charset;
	word->charset.len = (size_t)(mark - charset);
	text = mark + 3;
	close = memmem(text, (size_t)(end - text), "?=", 2);
	/* "=?x?q?=41?=" : the "?=" may open an encoded byte */
	if (close != NULL && close == text && word->encoding == 'q' &&
	    end - close > 4 && hex_values[(uint8_t)close[2]] != 0)
		close = memmem(text + 1, (size_t)(end - text) - 1, "?=", 2);
	if (close == NULL) {
		*no_end = true;
		return false;
	}
	word->text.at = text;
	word->text.len = (size_t)(close - text);
	word->len = (size_t)(close + 2 - at);
	return true;
}

static bool
same_coding(const struct word *a, const struct word *b)
{
	return a->encoding == b->encoding && a->charset.len == b->charset.len &&
	    strncasecmp(a->charset.at, b->charset.at, a->charset.len) == 0;
}

static size_t
blanks_at(const char *at, size_t left)
{
	size_t i = 0;

	while (i < left && mp_is_blank(at[i]))
		i++;
	return i;
}

static void
flush_words(struct mp_buf *to, struct mp_buf *coded, const struct word *word,
    unsigned *defects)
{
	struct mp_buf bytes = MP_BUF_INIT(coded->max);
	char charset[CHARSET_MAX + 1];
	size_t len = word->charset.len;
	const char *language;

	if (coded->len == 0)
		return;
	if (word->encoding == 'q')
		mp_quoted_printable_undo(&bytes, coded->data, coded->len,
		    true);
	else
		mp_base64_undo(&bytes, coded->data, coded->len);
	memcpy(charset, word->charset.at, len);
	charset[len] = '\0';
	/* RFC 2231, section 5: charset*language */
	language = strchr(charset, '*');
	if (language != NULL)
		charset[language - charset] = '\0';
	if (bytes.len != 0 &&
	    !mp_charset_convert(to, charset, bytes.data, bytes.len))
		*defects |= MP_DEFECT_CHARSET;
	mp_buf_clear(&bytes);
	mp_buf_reset(coded);
}

/*
 * Append a run of encoded words; adjacent ones in one charset and encoding
 * are joined while still encoded, since a character, or a group of base64,
 * may be cut between them. Gives the length of the run.
 */
static size_t
add_words(struct mp_buf *to, struct word *word, const char *at, size_t left,
    bool *no_end, unsigned *defects)
{
	struct mp_buf coded = MP_BUF_INIT(to->max);
	size_t used = 0;

	for (;;) {
		struct word next;
		size_t gap;

		mp_buf_add(&coded, word->text.at, word->text.len);
		used += word->len;
		gap = blanks_at(at + used, left - used);
		if (!read_word(&next, at + used + gap, left - used - gap,
		    no_end))
			break;
		if (!same_coding(word, &next))
			flush_words(to, &coded, word, defects);
		*word = next;
		used += gap;
	}
	flush_words(to, &coded, word, defects);
	mp_buf_clear(&coded);
	return used;
}

/* Append plain text of a field: 8-bit bytes are guessed, line ends go. */
static void
add_plain(struct mp_buf *to, const char *at, size_t len, unsigned *defects)
{
	size_t i, start = 0;

	if (!is_ascii((const uint8_t *)at, len) &&
	    !mp_utf8_valid(at, len))
		*defects |= MP_DEFECT_CHARSET;
	for (i = 0; i <= len; i++) {
		if (i < len && at[i] != '\r' && at[i] != '\n' &&
		    at[i] != '\0')
			continue;
		guess(to, (const uint8_t *)at + start, i - start);
		start = i + 1;
	}
}

/* Is there a "=?"? Faster than memmem, as most text has no '='. */
static bool
has_mark(const char *at, size_t left)
{
	const char *end = at + left;

	while ((at = memchr(at, '=', (size_t)(end - at))) != NULL)
		if (++at < end && *at == '?')
			return true;
	return false;
}

/* Decoding may bring in NULs, which would end the text early. */
static void
drop_nuls(char *text, size_t len)
{
	char *nul = text;

	while ((nul = memchr(nul, '\0', (size_t)(text + len - nul))) != NULL)
		*nul = ' ';
}

const char *
mp_header_decode(struct arena *arena, struct slice value, unsigned *defects)
{
	struct mp_buf out = MP_BUF_INIT((size_t)MP_HEADER_BYTES * 4);
	const char *at = value.at;
	size_t left = value.len;
	bool no_end = false;
	char *text;

	if (left == 0 || (memchr(at, '\n', left) == NULL &&
	    memchr(at, '\0', left) == NULL &&
	    is_ascii((const uint8_t *)at, left) && !has_mark(at, left)))
		return mp_arena_text(arena, at, left);
	while (left != 0) {
		const char *mark = memmem(at, left, "=?", 2);
		size_t plain = mark != NULL ? (size_t)(mark - at) : left;
		struct word word;

		add_plain(&out, at, plain, defects);
		at += plain;
		left -= plain;
		if (left == 0)
			break;
		plain = 2;
		if (read_word(&word, at, left, &no_end))
			plain = add_words(&out, &word, at, left, &no_end,
			    defects);
		else
			add_plain(&out, at, plain, defects);
		at += plain;
		left -= plain;
	}
	text = mp_arena_text(arena, mp_buf_text(&out), out.len);
	drop_nuls(text, out.len);
	mp_buf_clear(&out);
	return text;
}
