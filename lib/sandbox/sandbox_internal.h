/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_SANDBOX_INTERNAL_H
#define MP_SANDBOX_INTERNAL_H

#include "sandbox/sandbox.h"

enum mp_status mp_landlock_enter(const struct mp_sandbox *box,
    struct mp_err *err) MP_CHECKED;
enum mp_status mp_seccomp_enter(const struct mp_sandbox *box,
    struct mp_err *err) MP_CHECKED;

/* The Landlock version of the running kernel, 0 for none. */
int mp_landlock_version(void);

#endif
