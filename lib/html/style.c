/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "html/html_internal.h"

#include <string.h>

enum mp_html_kind
mp_html_kind(GumboTag tag)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"	/* 150 are inline */
	switch (tag) {
	case GUMBO_TAG_BR:
		return MP_HTML_BREAK;
	case GUMBO_TAG_TD:
	case GUMBO_TAG_TH:
		return MP_HTML_CELL;
	case GUMBO_TAG_P:
	case GUMBO_TAG_H1:
	case GUMBO_TAG_H2:
	case GUMBO_TAG_H3:
	case GUMBO_TAG_H4:
	case GUMBO_TAG_H5:
	case GUMBO_TAG_H6:
	case GUMBO_TAG_BLOCKQUOTE:
	case GUMBO_TAG_UL:
	case GUMBO_TAG_OL:
	case GUMBO_TAG_DL:
	case GUMBO_TAG_PRE:
	case GUMBO_TAG_LISTING:
	case GUMBO_TAG_XMP:
	case GUMBO_TAG_PLAINTEXT:
	case GUMBO_TAG_HR:
	case GUMBO_TAG_TABLE:
		return MP_HTML_PARAGRAPH;
	case GUMBO_TAG_HTML:
	case GUMBO_TAG_BODY:
	case GUMBO_TAG_ADDRESS:
	case GUMBO_TAG_ARTICLE:
	case GUMBO_TAG_ASIDE:
	case GUMBO_TAG_CAPTION:
	case GUMBO_TAG_CENTER:
	case GUMBO_TAG_DD:
	case GUMBO_TAG_DETAILS:
	case GUMBO_TAG_DIR:
	case GUMBO_TAG_DIV:
	case GUMBO_TAG_DT:
	case GUMBO_TAG_FIELDSET:
	case GUMBO_TAG_FIGCAPTION:
	case GUMBO_TAG_FIGURE:
	case GUMBO_TAG_FOOTER:
	case GUMBO_TAG_FORM:
	case GUMBO_TAG_HEADER:
	case GUMBO_TAG_LEGEND:
	case GUMBO_TAG_LI:
	case GUMBO_TAG_MAIN:
	case GUMBO_TAG_MENU:
	case GUMBO_TAG_NAV:
	case GUMBO_TAG_SECTION:
	case GUMBO_TAG_SUMMARY:
	case GUMBO_TAG_TBODY:
	case GUMBO_TAG_TFOOT:
	case GUMBO_TAG_THEAD:
	case GUMBO_TAG_TR:
		return MP_HTML_BLOCK;
	case GUMBO_TAG_APPLET:
	case GUMBO_TAG_AUDIO:
	case GUMBO_TAG_BASE:
	case GUMBO_TAG_CANVAS:
	case GUMBO_TAG_EMBED:
	case GUMBO_TAG_FRAMESET:
	case GUMBO_TAG_HEAD:
	case GUMBO_TAG_IFRAME:
	case GUMBO_TAG_LINK:
	case GUMBO_TAG_MATH:
	case GUMBO_TAG_META:
	case GUMBO_TAG_NOEMBED:
	case GUMBO_TAG_NOFRAMES:
	case GUMBO_TAG_NOSCRIPT:
	case GUMBO_TAG_OBJECT:
	case GUMBO_TAG_SCRIPT:
	case GUMBO_TAG_SELECT:
	case GUMBO_TAG_STYLE:
	case GUMBO_TAG_SVG:
	case GUMBO_TAG_TEMPLATE:
	case GUMBO_TAG_TEXTAREA:
	case GUMBO_TAG_TITLE:
	case GUMBO_TAG_VIDEO:
		return MP_HTML_DROPPED;
	default:
		return MP_HTML_INLINE;
	}
#pragma GCC diagnostic pop
}

bool
mp_html_parts_words(GumboTag tag)
{
	return mp_html_kind(tag) != MP_HTML_INLINE &&
	    tag != GUMBO_TAG_HTML && tag != GUMBO_TAG_HEAD &&
	    tag != GUMBO_TAG_BODY;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* Copy without comments, trimmed, lower case, blanks as one. */
static void
copy_trimmed(char *to, size_t size, const char *from, const char *end)
{
	size_t len = 0;

	while (from < end && len + 1 < size) {
		if (end - from > 1 && from[0] == '/' && from[1] == '*') {
			for (from += 2; end - from > 1 &&
			    (from[0] != '*' || from[1] != '/'); from++)
				;
			from = end - from > 1 ? from + 2 : end;
			continue;
		}
		if (!is_blank(*from))
			to[len++] = (char)(*from >= 'A' && *from <= 'Z' ?
			    *from | 0x20 : *from);
		else if (len > 0 && to[len - 1] != ' ')
			to[len++] = ' ';
		from++;
	}
	while (len > 0 && to[len - 1] == ' ')
		len--;
	to[len] = '\0';
}

bool
mp_html_style_next(struct mp_html_declaration *got, const char **at,
    const char *end)
{
	while (*at < end) {
		const char *stop = memchr(*at, ';', (size_t)(end - *at));
		const char *colon;

		if (stop == NULL)
			stop = end;
		colon = memchr(*at, ':', (size_t)(stop - *at));
		if (colon != NULL) {
			copy_trimmed(got->name, sizeof got->name, *at, colon);
			copy_trimmed(got->value, sizeof got->value,
			    colon + 1, stop);
		}
		*at = stop < end ? stop + 1 : end;
		if (colon != NULL)
			return true;
	}
	return false;
}

static bool
is_zero(const char *value)
{
	if (*value == '.' || *value == '0')
		value += strspn(value, "0.");
	else
		return false;
	return *value == '\0' || *value == ' ' || *value == '%' ||
	    (*value >= 'a' && *value <= 'z');
}

static bool
starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

bool
mp_html_style_hides(const char *style, size_t len)
{
	struct mp_html_declaration got;
	const char *at = style, *end = style + len;
	char ink[sizeof got.value] = "", paper[sizeof got.value] = "";
	bool flat = false, clipped = false;

	while (mp_html_style_next(&got, &at, end)) {
		const char *value = got.value;

		if (strcmp(got.name, "display") == 0) {
			if (starts(value, "none"))
				return true;
		} else if (strcmp(got.name, "visibility") == 0) {
			if (starts(value, "hidden") ||
			    starts(value, "collapse"))
				return true;
		} else if (strcmp(got.name, "font-size") == 0 ||
		    strcmp(got.name, "opacity") == 0) {
			if (is_zero(value))
				return true;
		} else if (strcmp(got.name, "max-height") == 0 ||
		    strcmp(got.name, "max-width") == 0 ||
		    strcmp(got.name, "height") == 0 ||
		    strcmp(got.name, "width") == 0) {
			flat = flat || is_zero(value);
		} else if (strcmp(got.name, "overflow") == 0) {
			clipped = starts(value, "hidden");
		} else if (strcmp(got.name, "color") == 0) {
			memcpy(ink, value, sizeof ink);
		} else if (strcmp(got.name, "background-color") == 0 ||
		    strcmp(got.name, "background") == 0) {
			memcpy(paper, value, sizeof paper);
		}
	}
	return (flat && clipped) || (*ink != '\0' && strcmp(ink, paper) == 0);
}

static bool
is_harmless(const struct mp_html_declaration *got)
{
	static const char *const names[] = {
		"background-color", "color", "font-size", "font-style",
		"font-weight", "text-align", "text-decoration",
		"vertical-align", "white-space"
	};
	static const char *const families[] = {
		"border", "margin", "padding"
	};
	const char *c;
	size_t i;
	bool known = false;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		known = known || strcmp(got->name, names[i]) == 0;
	for (i = 0; i < sizeof families / sizeof *families; i++)
		known = known || starts(got->name, families[i]);
	if (!known || strcmp(got->name, "border-image") == 0 ||
	    starts(got->name, "border-image-"))
		return false;
	for (c = got->name; *c != '\0'; c++)
		if ((*c < 'a' || *c > 'z') && *c != '-')
			return false;
	for (c = got->value; *c != '\0'; c++) {
		bool fine = (*c >= 'a' && *c <= 'z') ||
		    (*c >= '0' && *c <= '9') ||
		    strchr("#% .,-", *c) != NULL;

		/* Negative sizes lay text over what is around it. */
		if (!fine || (*c == '-' &&
		    ((c[1] >= '0' && c[1] <= '9') || c[1] == '.')))
			return false;
	}
	return *got->value != '\0';
}

void
mp_html_style_filter(struct mp_buf *to, const char *style, size_t len)
{
	struct mp_html_declaration got;
	const char *at = style, *end = style + len;
	bool first = true;

	while (mp_html_style_next(&got, &at, end)) {
		/* One that was cut is not what it says any more. */
		if (strlen(got.name) + 1 >= sizeof got.name ||
		    strlen(got.value) + 1 >= sizeof got.value ||
		    !is_harmless(&got))
			continue;
		if (!first)
			mp_buf_str(to, "; ");
		mp_buf_str(to, got.name);
		mp_buf_str(to, ": ");
		mp_buf_str(to, got.value);
		first = false;
	}
}
