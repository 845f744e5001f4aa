/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

#define FIRST_AFTER_MS 1000
#define BETWEEN_MS 100

static int64_t
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
mp_cli_progress(struct mp_cli *cli, const char *what, uint64_t done,
    uint64_t total)
{
	int64_t now = now_ms();

	if (cli->progress_start_ms == 0)
		cli->progress_start_ms = now;
	if (cli->quiet || now - cli->progress_start_ms < FIRST_AFTER_MS ||
	    now - cli->progress_last_ms < BETWEEN_MS ||
	    !isatty(STDERR_FILENO))
		return;
	cli->progress_last_ms = now;
	cli->progress_shown = true;
	if (total != 0)
		fprintf(stderr, "\r%s %llu of %llu\033[K", what,
		    (unsigned long long)done, (unsigned long long)total);
	else
		fprintf(stderr, "\r%s %llu\033[K", what,
		    (unsigned long long)done);
}

void
mp_cli_progress_end(struct mp_cli *cli)
{
	if (cli->progress_shown)
		fputs("\r\033[K", stderr);
	cli->progress_shown = false;
	cli->progress_start_ms = 0;
}
