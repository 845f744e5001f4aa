/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_MESSAGE_RISK_H
#define MP_MESSAGE_RISK_H

#include <stddef.h>

#include "base/buf.h"
#include "message/message.h"

/*
 * What makes an attachment dangerous to open: by its name, its type and its
 * first bytes, and for zip files by the names inside. A warning, no virus
 * scanner: what is not marked may still be harmful.
 */
enum mp_risk {
	MP_RISK_PROGRAM = 1,
	MP_RISK_SCRIPT = 2,
	MP_RISK_MACROS = 4,		/* in an office document */
	MP_RISK_SHORTCUT = 8,
	MP_RISK_DISK_IMAGE = 16,
	MP_RISK_ACTIVE = 32,		/* HTML, SVG, a PDF that acts */
	MP_RISK_DOUBLE_ENDING = 64,	/* "invoice.pdf.exe" */
	MP_RISK_REVERSED_NAME = 128,	/* bidirectional overrides in it */
	MP_RISK_LONG_BLANKS = 256,	/* that push the ending out of sight */
	MP_RISK_OTHER_TYPE = 512,	/* content is not what the name says */
	MP_RISK_ARCHIVE = 1024,		/* that could not be looked into */
	MP_RISK_INSIDE = 2048,		/* an archive with any of these in it */
	MP_RISK_LOCKED = 4096		/* an encrypted archive */
};

/* Of a name alone; NULL or "" is none. */
unsigned mp_risk_of_name(const char *name);

/* Of a name and the content. */
unsigned mp_risk_of_content(const char *name, const void *content,
    size_t len);

/*
 * Of a part; parts over MP_RISK_BYTES when decoded are judged by their
 * first bytes, an archive then as one that cannot be looked into.
 */
#define MP_RISK_BYTES (64u << 20)
unsigned mp_risk_of_part(const struct mp_part *part);

/* The worst of it in words, or NULL. */
const char *mp_part_risk(const struct mp_part *part);

/* The word for the n-th bit that is set, from 0, or NULL: "program". */
const char *mp_risk_word(unsigned risk, unsigned n);

/* Append all words, joined by ", ". */
void mp_risk_words(struct mp_buf *to, unsigned risk);

#endif
