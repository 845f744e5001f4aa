/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_TAG_RULES_H
#define MP_TAG_RULES_H

#include "base/err.h"
#include "index/index.h"
#include "store/docset.h"
#include "store/store.h"

/*
 * Apply the settings rule.NAME ("QUERY -> +TAG -TAG"), by name, to those of
 * the documents, just indexed, that their queries find, in the open
 * transaction; each rule sees what the ones before it did. Hidden tags hide
 * nothing here.
 *
 * MP_CONFIG: a rule cannot be read; err names it.
 */
enum mp_status mp_rules_apply(struct mp_store *store, struct mp_index *index,
    const struct mp_docset *docs, struct mp_err *err) MP_CHECKED;

/* The same in a transaction of its own, if there are rules and documents. */
enum mp_status mp_rules_run(struct mp_index *index,
    const struct mp_docset *docs, struct mp_err *err) MP_CHECKED;

/*
 * For who indexes by mp_index_pending: make *old of what is indexed so far,
 * and afterwards run the rules for all that is not in it. The caller clears
 * *old also after a failure.
 */
enum mp_status mp_rules_before(struct mp_docset *old, struct mp_store *store,
    struct mp_err *err) MP_CHECKED;
enum mp_status mp_rules_after(struct mp_store *store,
    const struct mp_docset *old, struct mp_err *err) MP_CHECKED;

#endif
