/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message/risk.h"

#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/utf8.h"

#define ENDING_MAX 16
#define BLANKS_MAX 5		/* in a row in a name */
#define MEMBERS_MAX 10000	/* names of an archive */

struct endings {
	unsigned risk;
	const char *words;	/* each between blanks */
};

static const struct endings dangerous[] = {
	{ MP_RISK_PROGRAM, " exe com scr pif msi msp mst cpl dll sys drv ocx"
	    " appx msix apk jar gadget app command run pkg deb rpm appimage"
	    " application xll bin " },
	{ MP_RISK_SCRIPT, " bat cmd js jse mjs vb vbs vbe ws wsf wsh ps1 psm1"
	    " hta sh bash zsh csh py pyw pl rb php reg scf inf sct " },
	{ MP_RISK_SCRIPT, " chm hlp diagcab theme library-ms search-ms"
	    " settingcontent-ms iqy slk one " },
	{ MP_RISK_SHORTCUT, " lnk url desktop webloc appref-ms " },
	{ MP_RISK_DISK_IMAGE, " iso img vhd vhdx dmg udf " },
	{ MP_RISK_MACROS, " docm dotm xlsm xlsb xltm xlam pptm potm ppam ppsm"
	    " sldm mdb accdb ade adp mde accde " },
	{ MP_RISK_ACTIVE, " html htm xhtml shtml mht mhtml svg svgz swf xsl"
	    " xslt " },
};

static const char archives[] = " zip 7z rar cab ace arj lzh gz bz2 xz zst tar"
    " tgz tbz txz ";
static const char harmless[] = " pdf doc docx xls xlsx ppt pptx odt ods odp"
    " rtf txt csv jpg jpeg png gif bmp tif tiff webp mp3 mp4 avi mov wav zip"
    " eml msg ";

/* Of these, none is an archive inside, as office documents are. */
static const char unpacked[] = " pdf rtf txt csv jpg jpeg png gif bmp tif tiff"
    " webp mp3 mp4 avi mov wav doc xls ppt ";

struct ending {
	char text[ENDING_MAX + 3];	/* " exe " */
	size_t start;			/* where its dot is in the name */
};

/* Read the ending of the name's first len bytes; false when it has none. */
static bool
read_ending(struct ending *ending, const char *name, size_t len)
{
	size_t start, i;

	while (len != 0 && (name[len - 1] == '.' || name[len - 1] == ' '))
		len--;	/* as Windows does */
	for (start = len; start != 0 && name[start - 1] != '.'; start--)
		if (len - start == ENDING_MAX)
			return false;
	if (start == 0 || start == len)
		return false;
	ending->start = start - 1;
	ending->text[0] = ' ';
	for (i = 0; i < len - start; i++) {
		char c = name[start + i];

		ending->text[1 + i] = c >= 'A' && c <= 'Z' ?
		    (char)(c | 0x20) : c;
	}
	ending->text[1 + i] = ' ';
	ending->text[2 + i] = '\0';
	return memchr(ending->text + 1, ' ', i) == NULL;
}

static unsigned
risk_of_ending(const struct ending *ending)
{
	unsigned risk = 0;
	size_t i;

	for (i = 0; i < sizeof dangerous / sizeof dangerous[0]; i++)
		if (strstr(dangerous[i].words, ending->text) != NULL)
			risk |= dangerous[i].risk;
	return risk;
}

/* Characters that make a name look like another. */
static unsigned
risk_of_look(const char *name, size_t len)
{
	size_t i = 0, blanks = 0;
	unsigned risk = 0;

	while (i < len) {
		uint32_t point;
		size_t step = mp_utf8_decode(&point, name + i, len - i);

		i += step != 0 ? step : 1;
		blanks = point == ' ' || point == 0xa0 || point == 0x3000 ?
		    blanks + 1 : 0;
		if (blanks == BLANKS_MAX)
			risk |= MP_RISK_LONG_BLANKS;
		if ((point >= 0x202a && point <= 0x202e) ||
		    (point >= 0x2066 && point <= 0x2069) ||
		    point == 0x200e || point == 0x200f)
			risk |= MP_RISK_REVERSED_NAME;
	}
	return risk;
}

static unsigned
risk_of_bytes_name(const char *name, size_t len)
{
	unsigned risk = risk_of_look(name, len);
	struct ending ending, before;

	if (!read_ending(&ending, name, len))
		return risk;
	if (risk_of_ending(&ending) != 0 &&
	    read_ending(&before, name, ending.start) &&
	    strstr(harmless, before.text) != NULL)
		risk |= MP_RISK_DOUBLE_ENDING;
	return risk | risk_of_ending(&ending);
}

unsigned
mp_risk_of_name(const char *name)
{
	return name == NULL ? 0 : risk_of_bytes_name(name, strlen(name));
}

static bool
has_ending_of(const char *words, const char *name, size_t len)
{
	struct ending ending;

	return read_ending(&ending, name, len) &&
	    strstr(words, ending.text) != NULL;
}

/* --- zip (PKWARE APPNOTE 4.3) ------------------------------------------- */

#define ZIP_END_LEN 22
#define ZIP_MEMBER_LEN 46
#define ZIP_COMMENT_MAX 65535

/* The end record, which has a comment of any length behind it. */
static const uint8_t *
zip_end(const uint8_t *data, size_t len)
{
	size_t back;

	for (back = ZIP_END_LEN; back <= len &&
	    back <= ZIP_END_LEN + ZIP_COMMENT_MAX; back++)
		if (memcmp(data + len - back, "PK\5\6", 4) == 0)
			return data + len - back;
	return NULL;
}

static unsigned
risk_of_member(const char *name, size_t len, bool encrypted)
{
	static const char macros[] = "vbaProject.bin";
	unsigned risk = encrypted ? MP_RISK_LOCKED : 0;

	if (len >= sizeof macros - 1 && memcmp(name + len -
	    (sizeof macros - 1), macros, sizeof macros - 1) == 0)
		return risk | MP_RISK_MACROS;
	if (memmem(name, len, "Basic/script", 12) != NULL)
		return risk | MP_RISK_MACROS;
	if (has_ending_of(archives, name, len))
		risk |= MP_RISK_INSIDE;
	/* office documents are zip files with harmless .bin in them */
	if (len >= 4 && memcmp(name + len - 4, ".bin", 4) == 0)
		return risk;
	return risk_of_bytes_name(name, len) != 0 ? risk | MP_RISK_INSIDE :
	    risk;
}

static unsigned
risk_of_zip(const uint8_t *data, size_t len)
{
	const uint8_t *end = zip_end(data, len), *at;
	unsigned risk = 0, members = 0;
	size_t start, left;

	if (end == NULL)
		return MP_RISK_ARCHIVE;
	start = mp_get_u32(end + 16);
	if (start >= (size_t)(end - data))
		return MP_RISK_ARCHIVE;
	at = data + start;
	while ((left = (size_t)(end - at)) >= ZIP_MEMBER_LEN &&
	    memcmp(at, "PK\1\2", 4) == 0) {
		size_t name_len = mp_get_u16(at + 28);
		size_t whole = ZIP_MEMBER_LEN + name_len +
		    mp_get_u16(at + 30) + mp_get_u16(at + 32);

		if (members++ == MEMBERS_MAX || whole > left)
			return risk | MP_RISK_ARCHIVE;
		risk |= risk_of_member((const char *)at + ZIP_MEMBER_LEN,
		    name_len, (mp_get_u16(at + 8) & 1) != 0);
		at += whole;
	}
	return members == 0 ? MP_RISK_ARCHIVE : risk;
}

/* --- content ------------------------------------------------------------ */

static bool
begins(const uint8_t *data, size_t len, const char *magic, size_t magic_len)
{
	return len >= magic_len && memcmp(data, magic, magic_len) == 0;
}

#define BEGINS(data, len, magic) begins(data, len, magic, sizeof(magic) - 1)
#define HOLDS(data, len, text) \
	(memmem(data, len, text, sizeof(text) - 1) != NULL)

static unsigned
risk_of_pdf(const uint8_t *data, size_t len)
{
	return HOLDS(data, len, "/JavaScript") || HOLDS(data, len, "/JS") ||
	    HOLDS(data, len, "/Launch") || HOLDS(data, len, "/RichMedia") ||
	    HOLDS(data, len, "/EmbeddedFile") ? MP_RISK_ACTIVE : 0;
}

/* Old office documents name their macros' storage in UTF-16. */
static unsigned
risk_of_ole(const uint8_t *data, size_t len)
{
	return HOLDS(data, len, "_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T") ||
	    HOLDS(data, len, "M\0a\0c\0r\0o\0s") ? MP_RISK_MACROS : 0;
}

static unsigned
risk_of_magic(const uint8_t *data, size_t len)
{
	if (BEGINS(data, len, "MZ") || BEGINS(data, len, "\177ELF") ||
	    BEGINS(data, len, "\xcf\xfa\xed\xfe") ||
	    BEGINS(data, len, "\xca\xfe\xba\xbe"))
		return MP_RISK_PROGRAM;
	if (BEGINS(data, len, "#!"))
		return MP_RISK_SCRIPT;
	if (BEGINS(data, len, "L\0\0\0\1\x14\2\0"))
		return MP_RISK_SHORTCUT;
	if (len > 0x8006 && memcmp(data + 0x8001, "CD001", 5) == 0)
		return MP_RISK_DISK_IMAGE;
	if (BEGINS(data, len, "PK\3\4"))
		return risk_of_zip(data, len);
	if (BEGINS(data, len, "%PDF-"))
		return risk_of_pdf(data, len);
	if (BEGINS(data, len, "\xd0\xcf\x11\xe0"))
		return risk_of_ole(data, len);
	if (BEGINS(data, len, "{\\rtf") && HOLDS(data, len, "\\object"))
		return MP_RISK_ACTIVE;
	if (BEGINS(data, len, "Rar!") || BEGINS(data, len, "7z\xbc\xaf") ||
	    BEGINS(data, len, "MSCF") || BEGINS(data, len, "\x1f\x8b"))
		return MP_RISK_ARCHIVE;
	return 0;
}

static bool
is_packed(const uint8_t *data, size_t len)
{
	return BEGINS(data, len, "PK\3\4") || BEGINS(data, len, "Rar!") ||
	    BEGINS(data, len, "7z\xbc\xaf") || BEGINS(data, len, "MSCF");
}

unsigned
mp_risk_of_content(const char *name, const void *content, size_t len)
{
	unsigned by_name = mp_risk_of_name(name);
	unsigned by_magic = len == 0 ? 0 : risk_of_magic(content, len);
	unsigned runs = MP_RISK_PROGRAM | MP_RISK_SCRIPT | MP_RISK_SHORTCUT;

	if (name != NULL && (by_magic & runs) != 0 && (by_name & runs) == 0 &&
	    has_ending_of(harmless, name, strlen(name)))
		by_magic |= MP_RISK_OTHER_TYPE;
	if (name != NULL && is_packed(content, len) &&
	    has_ending_of(unpacked, name, strlen(name)))
		by_magic |= MP_RISK_OTHER_TYPE;
	return by_name | by_magic;
}

static unsigned
risk_of_type(const char *type)
{
	static const struct {
		const char *type;
		unsigned risk;
	} types[] = {
		{ "application/x-msdownload", MP_RISK_PROGRAM },
		{ "application/x-msdos-program", MP_RISK_PROGRAM },
		{ "application/vnd.microsoft.portable-executable",
		    MP_RISK_PROGRAM },
		{ "application/java-archive", MP_RISK_PROGRAM },
		{ "application/hta", MP_RISK_SCRIPT },
		{ "application/javascript", MP_RISK_SCRIPT },
		{ "text/javascript", MP_RISK_SCRIPT },
		{ "application/x-sh", MP_RISK_SCRIPT },
		{ "application/x-shellscript", MP_RISK_SCRIPT },
		{ "application/x-iso9660-image", MP_RISK_DISK_IMAGE },
		{ "application/x-ms-shortcut", MP_RISK_SHORTCUT },
		{ "image/svg+xml", MP_RISK_ACTIVE },
	};
	size_t i;

	for (i = 0; i < sizeof types / sizeof types[0]; i++)
		if (strcmp(type, types[i].type) == 0)
			return types[i].risk;
	return 0;
}

unsigned
mp_risk_of_part(const struct mp_part *part)
{
	struct mp_buf content = MP_BUF_INIT(MP_RISK_BYTES);
	struct mp_part head = *part;
	struct mp_err err = MP_ERR_INIT;
	unsigned risk = risk_of_type(part->type);

	if (part->kind == MP_PART_MULTIPART || part->kind == MP_PART_MESSAGE)
		return 0;
	if (head.body_len > MP_RISK_BYTES)
		head.body_len = MP_RISK_BYTES / 2;
	if (mp_part_content(&content, &head, &err) == MP_OK)
		risk |= mp_risk_of_content(part->filename,
		    mp_buf_text(&content), content.len);
	else
		risk |= mp_risk_of_name(part->filename);
	mp_buf_clear(&content);
	return risk;
}

const char *
mp_risk_word(unsigned risk, unsigned n)
{
	static const char *const words[] = { "program", "script", "macros",
		"shortcut", "disk image", "active content", "double ending",
		"reversed name", "long blanks in the name",
		"not what its name says", "archive", "risky archive",
		"encrypted archive"
	};
	unsigned i;

	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		if ((risk & 1u << i) != 0 && n-- == 0)
			return words[i];
	return NULL;
}

void
mp_risk_words(struct mp_buf *to, unsigned risk)
{
	const char *word;
	unsigned i;

	for (i = 0; (word = mp_risk_word(risk, i)) != NULL; i++) {
		if (i != 0)
			mp_buf_str(to, ", ");
		mp_buf_str(to, word);
	}
}

const char *
mp_part_risk(const struct mp_part *part)
{
	return mp_risk_word(mp_risk_of_part(part), 0);
}
