/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CLI_OPERAND_H
#define MP_CLI_OPERAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/cli.h"
#include "index/index.h"
#include "store/docset.h"

/*
 * From what a command is told to documents. Messages are named by
 *
 *	id:ID, <ID>, ID@HOST	an id; escaped (%XX) after id:
 *	thread:NUMBER		all messages of a thread
 *	3, 2:5, ., $		numbers of the last listing (mp_cli_next)
 *	-Q QUERY		what a query finds
 *	-m			the message on standard input
 *
 * and, where the command says so, all operands together are a query as soon
 * as one of them is nothing of that. Removed messages are named by nothing.
 */
enum mp_operand_kind {
	MP_OPERAND_ID,
	MP_OPERAND_THREAD,
	MP_OPERAND_OTHER
};

/* How text names messages, by its form alone. */
enum mp_operand_kind mp_operand_kind(const char *text);

/* All operands with blanks between, as one query; the caller frees it. */
char *mp_cli_query_text(const struct mp_cli *cli);

/*
 * The documents that a query finds, with the saved queries and hidden tags
 * of the settings; clear *set also after a failure. Says on stderr what
 * there is to note of the query. explain as for mp_query_match.
 *
 * MP_USAGE: it is no query; err points at the column.
 */
enum mp_status mp_cli_match(struct mp_docset *set, struct mp_cli *cli,
    struct mp_index *index, const char *query, struct mp_buf *explain,
    struct mp_err *err) MP_CHECKED;

/*
 * What the command is told, document by document in the order told; those
 * of a thread oldest first, of a query newest first. What names no message
 * is reported and passed over (mp_cli_skip).
 */
struct mp_operands;

/* queries: other operands make a query; else they name nothing. */
struct mp_operands *mp_operands_new(struct mp_cli *cli,
    struct mp_index *index, bool queries);
void mp_operands_free(struct mp_operands *operands);

/* The next one; false at the end, or with a failure in err. */
bool mp_operands_next(uint32_t *docid, struct mp_operands *operands,
    struct mp_err *err);

/* All of them as one set; clear *set also after a failure. */
enum mp_status mp_cli_docs(struct mp_docset *set, struct mp_cli *cli,
    struct mp_index *index, bool queries, struct mp_err *err) MP_CHECKED;

#endif
