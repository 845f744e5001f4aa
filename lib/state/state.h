/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_STATE_STATE_H
#define MP_STATE_STATE_H

#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "store/store.h"

/*
 * How a store is, for people: what mp-status says. Counts come from the
 * catalogue, so that it costs no more than a search, whatever the size.
 */
struct mp_state {
	uint64_t spooled;	/* wait in the spool, for a key */
	uint64_t messages;	/* the rest: only with an open store */
	uint64_t unread;
	uint64_t pending;	/* not indexed yet */
	uint64_t epoch;
	int64_t changed;	/* last commit, Unix seconds */
	struct mp_strlist problems;	/* that need the user; lower case */
};

#define MP_STATE_INIT { .problems = MP_STRLIST_INIT }

void mp_state_clear(struct mp_state *state);

/* What can be seen without a key: the spool, damage, things put aside. */
void mp_state_outside(struct mp_state *state, const char *store_path);

/* What only the open store knows. */
enum mp_status mp_state_inside(struct mp_state *state,
    struct mp_store *store, struct mp_err *err) MP_CHECKED;

#endif
