/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_STORE_CHECK_H
#define MP_STORE_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

/*
 * Checking and repairing what is the store's own: log, catalogue, packs.
 * Each function tells its findings through a callback; MP_OK means that the
 * check ran, not that nothing was found.
 */
enum mp_damage {
	MP_DAMAGE_NOTE,		/* worth knowing, nothing is damaged */
	MP_DAMAGE_MENDABLE,	/* derived or doubled data: repaired whole */
	MP_DAMAGE_LOSS		/* primary data is lost; text says what */
};

struct mp_finding {
	enum mp_damage damage;
	const char *where;	/* file, relative to the store */
	uint64_t offset;	/* byte in it; 0 for the file as a whole */
	const char *text;
	uint32_t docid;		/* the message lost, else MP_DOCSET_END */
	bool repaired;
};

typedef void mp_finding_fn(void *arg, const struct mp_finding *finding);

struct mp_check {
	bool repair;
	mp_finding_fn *fn;
	void *arg;
};

/*
 * Check every record of the log and its chain, before the store is opened.
 * Repair cuts the log at the damage and commits again every event after it
 * that still opens; the damaged files are kept in aside/.
 *
 * MP_RETRY: a writer is at work for longer than wait_s.
 */
enum mp_status mp_store_check_log(const struct mp_store_options *options,
    const struct mp_check *check, struct mp_err *err) MP_CHECKED;

/* Check the catalogue of a store open for writing; repair remakes it. */
enum mp_status mp_store_check_catalogue(struct mp_store *store,
    const struct mp_check *check, struct mp_err *err) MP_CHECKED;

/*
 * Read every message of every pack. Repair takes messages that the log does
 * not know into it, and gives those that are lost the bits "x:lost" and
 * "x:removed", so that they are told once.
 */
enum mp_status mp_store_check_packs(struct mp_store *store,
    const struct mp_check *check, struct mp_err *err) MP_CHECKED;

#endif
