/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_KEYS_PROMPT_H
#define MP_KEYS_PROMPT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/secret.h"

#define MP_PASSPHRASE_MAX 1024	/* bytes */

/* May we ask: is there a terminal, and one of descriptors 0 to 2 on it? */
bool mp_prompt_possible(void);

/*
 * Ask on /dev/tty with echo off, whatever stdin and stdout are. Signals
 * that come meanwhile have their effect once the terminal is as it was.
 * Commands of one pipeline ask one after the other.
 *
 * MP_RETRY: there is no terminal, or the answer was broken off.
 */
enum mp_status mp_prompt(struct mp_secret *answer, const char *question,
    struct mp_err *err) MP_CHECKED;

/* Read a line from the descriptor, or ask when it is -1. */
enum mp_status mp_ask_secret(struct mp_secret *answer, int fd,
    const char *question, struct mp_err *err) MP_CHECKED;

/* Ask twice until both answers are the same and not empty. */
enum mp_status mp_prompt_new(struct mp_secret *answer, const char *question,
    struct mp_err *err) MP_CHECKED;

/*
 * Read one line, without its LF, from a descriptor; byte by byte, so that
 * the next line can be read after it.
 *
 * MP_INVALID: it is empty, over MP_PASSPHRASE_MAX bytes, or holds a NUL.
 */
enum mp_status mp_read_secret(struct mp_secret *secret, int fd,
    const char *name, struct mp_err *err) MP_CHECKED;

#endif
