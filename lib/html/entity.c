/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "html/entity_internal.h"

#include <stdint.h>
#include <string.h>

/* U+00A0 to U+00FF in order; these also count without a semicolon. */
static const char latin[96][7] = {
	"nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect",
	"uml", "copy", "ordf", "laquo", "not", "shy", "reg", "macr", "deg",
	"plusmn", "sup2", "sup3", "acute", "micro", "para", "middot",
	"cedil", "sup1", "ordm", "raquo", "frac14", "frac12", "frac34",
	"iquest", "Agrave", "Aacute", "Acirc", "Atilde", "Auml", "Aring",
	"AElig", "Ccedil", "Egrave", "Eacute", "Ecirc", "Euml", "Igrave",
	"Iacute", "Icirc", "Iuml", "ETH", "Ntilde", "Ograve", "Oacute",
	"Ocirc", "Otilde", "Ouml", "times", "Oslash", "Ugrave", "Uacute",
	"Ucirc", "Uuml", "Yacute", "THORN", "szlig", "agrave", "aacute",
	"acirc", "atilde", "auml", "aring", "aelig", "ccedil", "egrave",
	"eacute", "ecirc", "euml", "igrave", "iacute", "icirc", "iuml",
	"eth", "ntilde", "ograve", "oacute", "ocirc", "otilde", "ouml",
	"divide", "oslash", "ugrave", "uacute", "ucirc", "uuml", "yacute",
	"thorn", "yuml"
};

struct entity {
	char name[7];
	uint16_t point;
};

/* Others that count without a semicolon. */
static const struct entity bare[] = {
	{ "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' },
	{ "AMP", '&' }, { "LT", '<' }, { "GT", '>' }, { "QUOT", '"' },
	{ "COPY", 0xa9 }, { "REG", 0xae }
};

/* What else mail uses. */
static const struct entity common[] = {
	{ "apos", '\'' }, { "bull", 0x2022 }, { "euro", 0x20ac },
	{ "hellip", 0x2026 }, { "ldquo", 0x201c }, { "rdquo", 0x201d },
	{ "lsquo", 0x2018 }, { "rsquo", 0x2019 }, { "sbquo", 0x201a },
	{ "bdquo", 0x201e }, { "lsaquo", 0x2039 }, { "rsaquo", 0x203a },
	{ "ndash", 0x2013 }, { "mdash", 0x2014 }, { "trade", 0x2122 },
	{ "zwnj", 0x200c }, { "zwj", 0x200d }, { "ensp", 0x2002 },
	{ "emsp", 0x2003 }, { "thinsp", 0x2009 }, { "larr", 0x2190 },
	{ "uarr", 0x2191 }, { "rarr", 0x2192 }, { "darr", 0x2193 },
	{ "scaron", 0x161 }, { "Scaron", 0x160 }, { "oelig", 0x153 },
	{ "OElig", 0x152 }, { "minus", 0x2212 }, { "dagger", 0x2020 }
};

/* Of the names that text starts with the longest; 0 when there is none. */
static size_t
find(uint32_t *point, const struct entity *list, size_t count,
    const char *text, size_t len)
{
	size_t best = 0, i;

	for (i = 0; i < count; i++) {
		size_t used;

		if (list[i].name[0] != text[0])
			continue;
		used = strlen(list[i].name);
		if (used > best && used <= len &&
		    memcmp(list[i].name, text, used) == 0) {
			best = used;
			*point = list[i].point;
		}
	}
	return best;
}

static size_t
find_bare(uint32_t *point, const char *text, size_t len)
{
	size_t best = find(point, bare, sizeof bare / sizeof *bare, text,
	    len);
	size_t i;

	for (i = 0; i < sizeof latin / sizeof *latin; i++) {
		size_t used;

		if (latin[i][0] != text[0])
			continue;
		used = strlen(latin[i]);
		if (used > best && used <= len &&
		    memcmp(latin[i], text, used) == 0) {
			best = used;
			*point = 0xa0 + (uint32_t)i;
		}
	}
	return best;
}

/* HTML5 reads numbers 128 to 159 as windows-1252. */
static uint32_t
number_point(uint32_t number)
{
	static const uint16_t windows[32] = {
		0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021,
		0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f,
		0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
		0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178
	};

	if (number >= 128 && number < 160)
		return windows[number - 128];
	if (number == 0 || number > 0x10ffff ||
	    (number >= 0xd800 && number < 0xe000))
		return 0xfffd;
	return number;
}

static unsigned
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (unsigned)((c | 0x20) - 'a' + 10);
	return 16;
}

static size_t
read_number(uint32_t *point, const char *at, const char *end)
{
	const char *start = at, *digits;
	unsigned base = 10;
	uint32_t number = 0;

	at += 2;	/* the "&#" */
	if (at < end && (*at == 'x' || *at == 'X')) {
		base = 16;
		at++;
	}
	for (digits = at; at < end && digit_value(*at) < base; at++)
		if (number <= 0x10ffff)
			number = number * base + digit_value(*at);
	if (at == digits)
		return 0;
	*point = number_point(number);
	return (size_t)(at - start) + (at < end && *at == ';');
}

size_t
mp_html_entity(uint32_t *point, bool *unknown, const char *at,
    const char *end)
{
	const char *name = at + 1;
	size_t len = 0, left = (size_t)(end - name), used;
	uint32_t common_point = 0;

	if (left > 0 && *name == '#')
		return read_number(point, at, end);
	while (len < left && ((name[len] >= '0' && name[len] <= '9') ||
	    ((name[len] | 0x20) >= 'a' && (name[len] | 0x20) <= 'z')))
		len++;
	if (len == 0)
		return 0;
	used = find_bare(point, name, len);
	if (len == left || name[len] != ';')
		return used != 0 ? used + 1 : 0;
	if (used == len || find(&common_point, common,
	    sizeof common / sizeof *common, name, len) == len) {
		*point = used == len ? *point : common_point;
		return len + 2;
	}
	*unknown = true;
	return used != 0 ? used + 1 : 0;
}
