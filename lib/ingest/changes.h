/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_INGEST_CHANGES_H
#define MP_INGEST_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "store/store.h"

/* Changes of bits (tags and folders), gathered until the commit. */
struct mp_changes;

struct mp_changes *mp_changes_new(void);
void mp_changes_free(struct mp_changes *changes);

/* The set prefix + name gains docid, or loses it. */
void mp_changes_add(struct mp_changes *changes, const char *prefix,
    const char *name, uint32_t docid, bool gains);

/* The tags of a new message: new_tags (may be NULL) and flags. */
void mp_changes_tags(struct mp_changes *changes, uint32_t docid,
    const struct mp_strlist *new_tags, uint8_t flags);

/* What the difference of two states of flags means for tags. */
void mp_changes_flags(struct mp_changes *changes, uint32_t docid,
    uint8_t old_flags, uint8_t flags);

/* Apply all in the open transaction and forget them. */
enum mp_status mp_changes_apply(struct mp_changes *changes,
    struct mp_store *store, struct mp_err *err) MP_CHECKED;

#endif
