/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CLI_FIND_H
#define MP_CLI_FIND_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strlist.h"
#include "cli/cli.h"
#include "index/index.h"
#include "search/search.h"
#include "store/docset.h"

/*
 * From what the user writes to documents: queries, and operands, which name
 * messages or threads.
 */
struct mp_find {
	struct mp_cli *cli;
	struct mp_search search;
	bool queries;		/* operands may be a query, too */
	struct mp_docset removed;
	struct mp_docset found;	/* empty between calls */
	char *text;		/* what -m or all operands stand for */
	bool done;		/* and it was given */
};

/* Read the settings. Clear also after a failure. */
enum mp_status mp_find_init(struct mp_find *find, struct mp_cli *cli,
    struct mp_index *index, struct mp_err *err) MP_CHECKED;
void mp_find_clear(struct mp_find *find);

/*
 * Parse a query. On MP_USAGE the query and a caret below the place of the
 * error have been written to stderr.
 */
enum mp_status mp_find_parse(struct mp_query **query, struct mp_find *find,
    const char *text, struct mp_err *err) MP_CHECKED;

/*
 * Make *set of what the query finds; the caller clears it in any case.
 * explain as for mp_query_match.
 */
enum mp_status mp_find_query(struct mp_docset *set, struct mp_find *find,
    const char *text, struct mp_buf *explain, struct mp_err *err) MP_CHECKED;

/*
 * Add to set, made with mp_index_end, the messages that an operand or the
 * first field of a record names: "id:..." escaped, "<Message-ID>",
 * "Message-ID" (all variants of the message), "thread:..." (all of the
 * thread). Removed messages are not named.
 *
 * MP_NOT_FOUND: there is no such message.
 */
enum mp_status mp_find_operand(struct mp_docset *set, struct mp_find *find,
    const char *operand, struct mp_err *err) MP_CHECKED;

/* Does text name messages or a thread by its form, whatever there is? */
bool mp_find_is_name(const char *text);

/*
 * The next message of the run as documents: those of -Q QUERY or of the
 * message that -m reads from stdin, else of operands and records as
 * mp_cli_next gives them. With queries set, all operands together are a
 * query as soon as one of them is no name or "--" stands before them. False at the end or after a
 * failure that is not to be passed over; then *err tells which. *name is
 * what the user wrote, until the next call.
 */
bool mp_find_next(struct mp_docset *set, const char **name,
    struct mp_find *find, struct mp_err *err);

/* The words of an operand list as one text, blanks between; caller frees. */
char *mp_find_join(char *const words[], size_t count);

#endif
