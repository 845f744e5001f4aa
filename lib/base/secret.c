/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/secret.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"

static size_t
page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

void
mp_secret_init(struct mp_secret *secret, size_t len)
{
	size_t page = page_size();
	size_t body = (len + 1 + page - 1) / page * page;
	uint8_t *map;

	map = mmap(NULL, body + 2 * page, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED ||
	    mprotect(map + page, body, PROT_READ | PROT_WRITE) != 0)
		mp_no_memory();
	(void)mlock(map + page, body);
	(void)madvise(map + page, body, MADV_DONTDUMP);
	(void)madvise(map + page, body, MADV_WIPEONFORK);
	secret->data = map + page;
	secret->len = len;
	secret->mapped = body + 2 * page;
}

void
mp_secret_set(struct mp_secret *secret, const void *data, size_t len)
{
	mp_secret_clear(secret);
	mp_secret_init(secret, len);
	memcpy(secret->data, data, len);
}

void
mp_secret_copy(struct mp_secret *to, const struct mp_secret *from)
{
	mp_secret_set(to, from->data, from->len);
}

void
mp_secret_clear(struct mp_secret *secret)
{
	size_t page;

	if (secret->data == NULL)
		return;
	page = page_size();
	explicit_bzero(secret->data, secret->mapped - 2 * page);
	(void)munmap(secret->data - page, secret->mapped);
	secret->data = NULL;
	secret->len = 0;
	secret->mapped = 0;
}

bool
mp_secret_equal(const struct mp_secret *a, const struct mp_secret *b)
{
	volatile uint8_t diff = 0;
	size_t i;

	if (a->len != b->len)
		return false;
	for (i = 0; i < a->len; i++)
		diff = (uint8_t)(diff | (a->data[i] ^ b->data[i]));
	return diff == 0;
}
