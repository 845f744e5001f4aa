/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_SANDBOX_SANDBOX_H
#define MP_SANDBOX_SANDBOX_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strlist.h"

/*
 * Giving up what a command does not need, once it has opened what it does.
 *
 * Two walls, each as high as the kernel allows: Landlock limits files to
 * those below the folders named (and, where the kernel can, TCP, abstract
 * sockets and signals), seccomp answers EPERM to system calls that the
 * command never makes. Descriptors opened before stay usable. Neither can
 * be undone; entering again gives up more. Both hold for child processes.
 *
 * What every process may still do: read the system's libraries, character
 * set tables, locales and time zones, use /dev/null, /dev/urandom and
 * /dev/tty.
 *
 * Built with a sanitizer nothing is given up: its runtime reads /proc and
 * traces its own process at exit.
 */
enum mp_power {
	MP_POWER_READ = 1,	/* files below mp_sandbox_read paths */
	MP_POWER_WRITE = 2,	/* files below mp_sandbox_write paths */
	MP_POWER_NET = 4,	/* sockets of any kind */
	MP_POWER_EXEC = 8	/* other programs, and local sockets to them */
};

struct mp_sandbox {
	unsigned powers;
	struct mp_strlist read;
	struct mp_strlist write;
};

#define MP_SANDBOX_INIT(powers) \
	{ (powers), MP_STRLIST_INIT, MP_STRLIST_INIT }

/*
 * Name a file or folder (and all below it) to be read, or read and changed.
 * Paths that do not exist are passed over. Without the power in the set it
 * is a bug: abort.
 */
void mp_sandbox_read(struct mp_sandbox *box, const char *path);
void mp_sandbox_write(struct mp_sandbox *box, const char *path);

/*
 * Give up everything else. Best effort: an old kernel without Landlock or
 * seccomp is no error (mp_sandbox_level tells), a kernel that has them and
 * refuses is MP_DENIED.
 */
enum mp_status mp_sandbox_enter(const struct mp_sandbox *box,
    struct mp_err *err) MP_CHECKED;
void mp_sandbox_clear(struct mp_sandbox *box);

/* The kernel's Landlock version, 0 for none, -1 in sanitizer builds. */
int mp_sandbox_level(void);

#endif
