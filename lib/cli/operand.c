/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/operand.h"

#include <stdlib.h>
#include <unistd.h>

#include "cli/listing.h"
#include "query/sort.h"

void
mp_operands_init(struct mp_operands *operands, struct mp_find *find)
{
	*operands = (struct mp_operands){ .find = find };
}

void
mp_operands_clear(struct mp_operands *operands)
{
	free(operands->docs);
	operands->docs = NULL;
	operands->count = operands->next = 0;
}

bool
mp_operands_next(uint32_t *docid, struct mp_operands *operands,
    struct mp_err *err)
{
	struct mp_docset set = MP_DOCSET_INIT;
	enum mp_status status = MP_OK;
	const char *name;

	while (status == MP_OK && operands->next == operands->count) {
		mp_operands_clear(operands);
		if (!mp_find_next(&set, &name, operands->find, err)) {
			status = MP_NOT_FOUND;
			break;
		}
		status = mp_sort_docs(&operands->docs, &operands->count,
		    operands->find->search.index, &set, mp_find_is_name(name) ?
		    MP_SORT_OLDEST : MP_SORT_NEWEST, 0, MP_SORT_ALL, err);
	}
	mp_docset_clear(&set);
	if (status != MP_OK)
		return false;
	*docid = operands->docs[operands->next++];
	return true;
}

void
mp_operands_shown(const struct mp_operands *operands, uint32_t docid)
{
	struct mp_summary summary;
	struct mp_err err = MP_ERR_INIT;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
	    mp_index_summary(&summary, operands->find->search.index, docid,
	    &err) != MP_OK)
		return;
	mp_listing_set_current(operands->find->cli->store_path, summary.id);
	mp_summary_clear(&summary);
}

enum mp_status
mp_operands_all(struct mp_docset *set, struct mp_find *find,
    struct mp_err *err)
{
	struct mp_docset one = MP_DOCSET_INIT;
	const char *name;

	mp_docset_init(set, mp_index_end(find->search.index));
	while (mp_find_next(&one, &name, find, err))
		mp_docset_or(set, &one);
	mp_docset_clear(&one);
	return err->status;
}
