/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_MESSAGE_ADDRESS_H
#define MP_MESSAGE_ADDRESS_H

#include <stddef.h>

#include "base/buf.h"

/*
 * Address lists (RFC 5322, 3.4 and 4.4): mailboxes, groups, comments,
 * quoted names, routes, encoded words, raw 8-bit bytes, and what is broken
 * in every way mail has shown.
 */
struct mp_address {
	const char *name;	/* decoded, "" when none */
	const char *address;	/* as written, without blanks and comments;
				   "" when there is only a name */
};

struct mp_addresses {
	struct mp_address *items;
	size_t count;
	size_t cap;
	struct arena *own;	/* of a list from mp_addresses_new */
};

/*
 * Read a raw field value. The lists and all strings live until
 * mp_addresses_free. The members of a group stand alone; its name is kept
 * only for an empty one, as a name without address.
 */
struct mp_addresses *mp_addresses_new(const char *text, size_t len);
void mp_addresses_free(struct mp_addresses *list);

/*
 * Append "Name <address>", the name quoted where it has to be, or only the
 * one that there is.
 */
void mp_address_add(struct mp_buf *to, const struct mp_address *address);

#endif
