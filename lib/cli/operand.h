/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CLI_OPERAND_H
#define MP_CLI_OPERAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/find.h"
#include "store/docset.h"

/*
 * What a command is told (mp_find_next) document by document, in the order
 * told; those of a thread oldest first, of a query newest first. What names
 * no message is reported and passed over (mp_cli_skip).
 */
struct mp_operands {
	struct mp_find *find;	/* the caller's */
	uint32_t *docs;		/* of the operand at hand */
	size_t count;
	size_t next;
};

void mp_operands_init(struct mp_operands *operands, struct mp_find *find);
void mp_operands_clear(struct mp_operands *operands);

/* The next one; false at the end, or with a failure in err. */
bool mp_operands_next(uint32_t *docid, struct mp_operands *operands,
    struct mp_err *err);

/*
 * The document was shown: on a terminal "." means it from now on, if the
 * last listing has it. Failures do not matter.
 */
void mp_operands_shown(const struct mp_operands *operands, uint32_t docid);

/* All of them as one set; clear *set also after a failure. */
enum mp_status mp_operands_all(struct mp_docset *set, struct mp_find *find,
    struct mp_err *err) MP_CHECKED;

#endif
