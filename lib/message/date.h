/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_MESSAGE_DATE_H
#define MP_MESSAGE_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Read a Date field (RFC 5322, section 3.3 and its obsolete forms in 4.3)
 * and, as far as they can be understood, the broken ones of real mail: the
 * parts may stand in any order. Unix seconds. False: no date in it.
 */
bool mp_date_parse(int64_t *seconds, const char *text, size_t len);

#endif
