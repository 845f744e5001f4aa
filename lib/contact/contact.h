/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CONTACT_CONTACT_H
#define MP_CONTACT_CONTACT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "index/index.h"

/*
 * Correspondents, as the index has them from the mail actually exchanged:
 * every address in From, To and Cc with the names it was written with.
 */
struct mp_contact {
	char *address;		/* lower case */
	char *name;		/* the one used most, "" if never any */
	uint32_t from;		/* messages from the address */
	uint32_t to;		/* messages to it */
	uint32_t last_docid;	/* the latest message with it */
	uint32_t name_count;	/* messages with that name */
};

struct mp_contacts {
	struct mp_contact *list;
	size_t count;
	size_t cap;
};

#define MP_CONTACTS_INIT { NULL, 0, 0 }

/*
 * Find the correspondents in whose address or name every word of pattern
 * occurs, case and accents aside; the empty pattern finds all. Best first:
 * by how often mail went to them, then how often it came, then how lately.
 * Walks the vocabulary of addresses: 2 ms for 10,000 of them.
 */
enum mp_status mp_contacts_find(struct mp_contacts *contacts,
    struct mp_index *index, const char *pattern, struct mp_err *err)
    MP_CHECKED;
void mp_contacts_clear(struct mp_contacts *contacts);

#endif
