/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "html/html_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"

static void
note(struct mp_html_link *link, const char *fmt, ...) MP_PRINTF(2, 3);

static void
note(struct mp_html_link *link, const char *fmt, ...)
{
	size_t len = strlen(link->notes), room = sizeof link->notes - len;
	va_list args;
	int got;

	if (len != 0 && room > 2) {
		memcpy(link->notes + len, "; ", 3);
		len += 2;
		room -= 2;
	}
	va_start(args, fmt);
	got = vsnprintf(link->notes + len, room, fmt, args);
	va_end(args);
	if (got < 0 || (size_t)got >= room)	/* none rather than half */
		link->notes[len > 1 ? len - 2 : 0] = '\0';
}

static char
lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

static unsigned
hex(char c)
{
	return c >= '0' && c <= '9' ? (unsigned)(c - '0') :
	    lower(c) >= 'a' && lower(c) <= 'f' ?
	    (unsigned)(lower(c) - 'a') + 10 : 16;
}

/* As browsers do: blanks and controls at the ends and within go. */
static void
clean_url(struct mp_html_link *link, const char *href)
{
	size_t len = 0;

	while (*href != '\0' && len + 1 < sizeof link->url) {
		if ((unsigned char)*href > ' ' && *href != 0x7f)
			link->url[len++] = *href;
		href++;
	}
	while (len > 0 && !mp_utf8_valid(link->url, len))
		len--;	/* cut within a character */
	link->url[len] = '\0';
	if (*href != '\0')
		note(link, "very long");
}

/* Scripts whose letters are easily taken for each other's. */
static unsigned
script_of(uint32_t point)
{
	if ((point >= 'a' && point <= 'z') ||
	    (point >= 0xc0 && point <= 0x24f) ||
	    (point >= 0x1e00 && point <= 0x1eff))
		return 1;
	if ((point >= 0x370 && point <= 0x3ff) ||
	    (point >= 0x1f00 && point <= 0x1fff))
		return 2;
	if (point >= 0x400 && point <= 0x52f)
		return 4;
	if (point >= 0x530 && point <= 0x58f)
		return 8;
	if ((point >= 0x13a0 && point <= 0x13ff) ||
	    (point >= 0xab70 && point <= 0xabbf))
		return 16;
	return 0;
}

static bool
is_mixed(const char *host)
{
	unsigned seen = 0;
	size_t len = strlen(host), i = 0;

	while (i < len) {
		uint32_t point;
		size_t step = mp_utf8_decode(&point, host + i, len - i);

		i += step != 0 ? step : 1;
		if (point == '.')
			seen = 0;
		seen |= script_of(point);
		if ((seen & (seen - 1)) != 0)
			return true;
	}
	return false;
}

static uint32_t
adapt(uint32_t delta, uint32_t count, bool first)
{
	uint32_t steps = 0;

	delta = first ? delta / 700 : delta / 2;
	delta += delta / count;
	for (; delta > 455; steps += 36)
		delta /= 35;
	return steps + 36 * delta / (delta + 38);
}

/* Punycode (RFC 3492, section 6.2) of one label without its "xn--". */
static bool
decode_label(struct mp_buf *to, const char *label, size_t len)
{
	uint32_t points[64], n = 128, at = 0, bias = 72;
	size_t count = 0, i = 0, basic = 0;

	if (len >= 64)
		return false;
	for (i = 0; i < len; i++)
		if (label[i] == '-')
			basic = i;
	for (count = 0; count < basic; count++)
		points[count] = (unsigned char)label[count];
	i = basic > 0 ? basic + 1 : 0;
	while (i < len && count < 63) {
		uint32_t old = at, weight = 1, step;

		for (step = 36;; step += 36) {
			uint32_t digit, limit;

			if (i == len)
				return false;
			digit = (unsigned char)label[i++];
			digit = digit >= 'a' && digit <= 'z' ? digit - 'a' :
			    digit >= '0' && digit <= '9' ? digit - '0' + 26 :
			    36;
			if (digit == 36 || digit > (UINT32_MAX - at) / weight)
				return false;
			at += digit * weight;
			limit = step <= bias ? 1 : step >= bias + 26 ? 26 :
			    step - bias;
			if (digit < limit)
				break;
			if (weight > UINT32_MAX / (36 - limit))
				return false;
			weight *= 36 - limit;
		}
		count++;
		bias = adapt(at - old, (uint32_t)count, old == 0);
		n += at / (uint32_t)count;
		at %= (uint32_t)count;
		if (n > 0x10ffff || (n >= 0xd800 && n < 0xe000) || n < 0x80)
			return false;
		memmove(points + at + 1, points + at,
		    (count - 1 - at) * sizeof *points);
		points[at++] = n;
	}
	for (i = 0; i < count; i++)
		mp_utf8_add(to, points[i]);
	return true;
}

/* The host with its "xn--" labels as a browser may show them. */
static bool
decode_host(struct mp_buf *to, const char *host)
{
	bool any = false;

	for (;;) {
		size_t len = strcspn(host, ".");

		if (len > 4 && strncmp(host, "xn--", 4) == 0 &&
		    decode_label(to, host + 4, len - 4))
			any = true;
		else
			mp_buf_add(to, host, len);
		if (host[len] == '\0')
			break;
		mp_buf_byte(to, '.');
		host += len + 1;
	}
	return any && !to->overflow;
}

static void
note_host(struct mp_html_link *link)
{
	struct mp_buf shown = MP_BUF_INIT(1024), clean = MP_BUF_INIT(8192);
	const char *host = link->host;
	const unsigned char *c;
	bool high = false;

	for (c = (const unsigned char *)host; *c != '\0'; c++)
		high = high || *c >= 0x80;
	if (host[0] == '[' || (host[0] != '\0' &&
	    host[strspn(host, "0123456789.")] == '\0') ||
	    strncmp(host, "0x", 2) == 0)
		note(link, "numeric address");
	if (decode_host(&shown, host) || high) {
		mp_utf8_clean(&clean, mp_buf_text(&shown), shown.len, false);
		note(link, "international name, may be shown as %s",
		    mp_buf_text(&clean));
		if (is_mixed(mp_buf_text(&shown)))
			note(link, "mixes alphabets");
	}
	mp_buf_clear(&shown);
	mp_buf_clear(&clean);
}

static void
copy_host(char *host, size_t size, const char *from, size_t len)
{
	size_t to = 0, i;

	for (i = 0; i < len && to + 1 < size; i++) {
		if (from[i] == '%' && i + 2 < len && hex(from[i + 1]) < 16 &&
		    hex(from[i + 2]) < 16) {
			char c = (char)(hex(from[i + 1]) * 16 +
			    hex(from[i + 2]));

			i += 2;
			if ((unsigned char)c > ' ' && c != 0x7f)
				host[to++] = lower(c);
		} else {
			host[to++] = lower(from[i]);
		}
	}
	while (to > 0 && host[to - 1] == '.')
		to--;
	while (to > 0 && !mp_utf8_valid(host, to))
		to--;
	host[to] = '\0';
}

/* The authority of a URL that browsers take apart like http's. */
static void
read_authority(struct mp_html_link *link, const char *at)
{
	const char *host, *end, *port;
	size_t len;

	at += strspn(at, "/\\");
	len = strcspn(at, "/\\?#");
	end = at + len;
	host = memrchr(at, '@', len);
	if (host != NULL)
		note(link, "user name before the host");
	host = host != NULL ? host + 1 : at;
	len = (size_t)(end - host);
	port = memrchr(host, ':', len);
	if (port != NULL && memchr(port, ']', (size_t)(end - port)) == NULL) {
		size_t digits = (size_t)(end - port) - 1;

		len = (size_t)(port - host);
		if (digits > 0 && digits < 6 &&
		    strncmp(port + 1, "443", digits) != 0 &&
		    strncmp(port + 1, "80", digits) != 0)
			note(link, "port %.*s", (int)digits, port + 1);
	}
	copy_host(link->host, sizeof link->host, host, len);
	note_host(link);
}

static bool
is_host_char(char c)
{
	return (lower(c) >= 'a' && lower(c) <= 'z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '.' ||
	    (unsigned char)c >= 0x80;
}

/* Endings that make one word a host name and not a file or a sentence. */
static bool
is_known_ending(const char *host)
{
	static const char *const endings[] = {
		"com", "net", "org", "edu", "gov", "mil", "int", "info",
		"biz", "io", "co", "eu", "uk", "de", "fr", "nl", "it", "es",
		"ch", "at", "be", "se", "no", "dk", "fi", "cz", "ru", "ua",
		"cn", "jp", "kr", "in", "au", "nz", "br", "mx", "ca", "us",
		"za", "bank", "app", "dev", "xyz", "online", "shop", "site"
	};
	const char *dot = strrchr(host, '.');
	size_t i;

	for (i = 0; dot != NULL && i < sizeof endings / sizeof *endings; i++)
		if (strcmp(dot + 1, endings[i]) == 0)
			return true;
	return false;
}

bool
mp_html_names_host(char *host, size_t size, const char *text, size_t len)
{
	const char *end = text + len, *at = text, *found, *stop;
	bool sure = false;

	while (at < end && !is_host_char(*at))
		at++;
	found = memmem(at, (size_t)(end - at), "://", 3);
	if (found != NULL && found - at <= 5) {
		at = found + 3;
		sure = true;
	} else if (end - at > 4 && strncasecmp(at, "www.", 4) == 0) {
		sure = true;
	}
	for (stop = at; stop < end && is_host_char(*stop); stop++)
		;
	if (stop < end && *stop == '@') {	/* an address or a trap */
		at = ++stop;
		while (stop < end && is_host_char(*stop))
			stop++;
	}
	copy_host(host, size, at, (size_t)(stop - at));
	if (strchr(host, '.') == NULL || host[0] == '.')
		return false;
	return sure || ((stop == end || strchr("/:?#", *stop) != NULL) &&
	    is_known_ending(host));
}

/* The part of a host somebody registered, as far as a rule can tell. */
static const char *
registered(const char *host)
{
	static const char *const second[] = {
		"co.", "com.", "org.", "net.", "ac.", "gov.", "edu.", "or.",
		"ne.", "go.", "gob.", "gouv.", "govt."
	};
	const char *dots[3] = { NULL, NULL, NULL };
	const char *c;
	size_t i;

	for (c = host; *c != '\0'; c++)
		if (*c == '.') {
			dots[0] = dots[1];
			dots[1] = dots[2];
			dots[2] = c;
		}
	if (dots[1] == NULL)
		return host;
	for (i = 0; i < sizeof second / sizeof *second; i++)
		if (strlen(dots[2]) == 3 && strncmp(dots[1] + 1, second[i],
		    strlen(second[i])) == 0)
			return dots[0] != NULL ? dots[0] + 1 : host;
	return dots[1] + 1;
}

static void
compare_text(struct mp_html_link *link, const char *text, size_t len)
{
	char named[sizeof link->host];
	struct mp_buf clean = MP_BUF_INIT(2048);

	if (!mp_html_names_host(named, sizeof named, text, len) ||
	    strcmp(registered(named), registered(link->host)) == 0)
		return;
	mp_utf8_clean(&clean, named, strlen(named), false);
	note(link, "the text names %s", mp_buf_text(&clean));
	mp_buf_clear(&clean);
}

void
mp_html_link_read(struct mp_html_link *link, const char *href,
    const char *text, size_t text_len)
{
	const char *colon;
	size_t len;

	link->is_web = link->is_mail = false;
	link->host[0] = link->notes[0] = '\0';
	clean_url(link, href);
	len = strcspn(link->url, ":/\\?#");
	colon = link->url + len;
	if (link->url[0] == '#' || (*colon != ':' && len > 0)) {
		return;		/* leads nowhere outside the message */
	} else if (len == 0 && strspn(link->url, "/\\") >= 2) {
		link->is_web = true;
		read_authority(link, link->url);
	} else if ((len == 4 && strncasecmp(link->url, "http", 4) == 0) ||
	    (len == 5 && strncasecmp(link->url, "https", 5) == 0)) {
		link->is_web = true;
		read_authority(link, colon + 1);
	} else if (len == 6 && strncasecmp(link->url, "mailto", 6) == 0) {
		const char *at = colon + 1 + strcspn(colon + 1, "@?");

		link->is_mail = true;
		if (*at == '@')
			copy_host(link->host, sizeof link->host, at + 1,
			    strcspn(at + 1, "?,;&"));
	} else if ((len == 3 && (strncasecmp(link->url, "ftp", 3) == 0 ||
	    strncasecmp(link->url, "tel", 3) == 0 ||
	    strncasecmp(link->url, "cid", 3) == 0)) || len == 0) {
		return;
	} else {
		note(link, "not a web address");
	}
	if (link->host[0] != '\0')
		compare_text(link, text, text_len);
}
