/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli_internal.h"

/*
 * A closed descriptor 0, 1 or 2 would be taken by the next file opened, and
 * messages would go into the store.
 */
static void
open_standard_fds(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) == -1 &&
		    open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) != fd)
			_exit(74);
}

void
mp_cli_harden(bool writes)
{
	const struct rlimit none = { 0, 0 };

	open_standard_fds();
#ifndef MP_SANITIZE	/* the leak checker attaches to its own process */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)umask(077);
	(void)signal(SIGPIPE, writes ? SIG_IGN : SIG_DFL);
}
