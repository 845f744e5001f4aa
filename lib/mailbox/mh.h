/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_MAILBOX_MH_H
#define MP_MAILBOX_MH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mailbox/mailbox.h"

/*
 * The public sequences of an MH folder (mh-sequence(5)): those that tell
 * flags, as ranges of message numbers.
 */
struct mp_mh_range {
	uint32_t first;
	uint32_t last;
	uint8_t flag;		/* MP_MAIL_SEEN stands for "unseen" */
};

struct mp_mh_sequences {
	struct mp_mh_range *ranges;
	size_t count;
};

#define MP_MH_SEQUENCES_INIT { NULL, 0 }
#define MP_MH_SEQUENCES_MAX ((size_t)4 << 20)	/* bytes of the file */

/* Read the text of .mh_sequences; what is malformed is passed over. */
void mp_mh_sequences_read(struct mp_mh_sequences *sequences,
    const char *text, size_t len);
void mp_mh_sequences_clear(struct mp_mh_sequences *sequences);

/* enum mp_mail_flag of message number. */
uint8_t mp_mh_flags(const struct mp_mh_sequences *sequences,
    uint32_t number);

/* The number that a file's name is; false when it is none. */
bool mp_mh_number(uint32_t *number, const char *name);

#endif
