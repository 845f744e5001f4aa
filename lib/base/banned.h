/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_BASE_BANNED_H
#define MP_BASE_BANNED_H

/*
 * Forced into every file by the Makefile: functions that nobody here may
 * call, each with a better one in libc or in base/. The name in the
 * compiler's error says which it was.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MP_BANNED(name) mp_banned_function_##name

#undef strcpy
#define strcpy(...) MP_BANNED(strcpy)
#undef strcat
#define strcat(...) MP_BANNED(strcat)
#undef strncpy
#define strncpy(...) MP_BANNED(strncpy)
#undef strncat
#define strncat(...) MP_BANNED(strncat)
#undef stpcpy
#define stpcpy(...) MP_BANNED(stpcpy)
#undef sprintf
#define sprintf(...) MP_BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) MP_BANNED(vsprintf)
#undef strtok
#define strtok(...) MP_BANNED(strtok)
#undef atoi
#define atoi(...) MP_BANNED(atoi)
#undef atol
#define atol(...) MP_BANNED(atol)
#undef atoll
#define atoll(...) MP_BANNED(atoll)
#undef atof
#define atof(...) MP_BANNED(atof)
#undef gets
#define gets(...) MP_BANNED(gets)
#undef system
#define system(...) MP_BANNED(system)
#undef popen
#define popen(...) MP_BANNED(popen)
#undef rand
#define rand(...) MP_BANNED(rand)
#undef srand
#define srand(...) MP_BANNED(srand)
#undef gmtime
#define gmtime(...) MP_BANNED(gmtime)
#undef localtime
#define localtime(...) MP_BANNED(localtime)
#undef ctime
#define ctime(...) MP_BANNED(ctime)
#undef asctime
#define asctime(...) MP_BANNED(asctime)
#undef tmpnam
#define tmpnam(...) MP_BANNED(tmpnam)
#undef mktemp
#define mktemp(...) MP_BANNED(mktemp)

#endif
