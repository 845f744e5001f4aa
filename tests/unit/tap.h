/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_TESTS_TAP_H
#define MP_TESTS_TAP_H

/*
 * TAP for C unit tests: ok() as often as there are things to check,
 * done_testing() as main's return value.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static int tap_count, tap_failed;

__attribute__((format(printf, 2, 3), unused)) static bool
ok(bool passed, const char *fmt, ...)
{
	va_list args;

	tap_count++;
	if (!passed)
		tap_failed++;
	printf("%sok %d - ", passed ? "" : "not ", tap_count);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	(void)fflush(stdout);	/* a forked child would print it again */
	return passed;
}

__attribute__((unused)) static int
done_testing(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}

#endif
