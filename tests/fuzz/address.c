/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as an address list, and as a date: names and addresses are
 * UTF-8, and so is what is written from them; none is empty.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "message/address.h"
#include "message/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mp_addresses *list = mp_addresses_new((const char *)data,
	    size);
	struct mp_buf text = MP_BUF_INIT(1 << 24);
	int64_t date;
	size_t i;

	for (i = 0; i < list->count; i++) {
		const struct mp_address *each = &list->items[i];

		must(*each->name != '\0' || *each->address != '\0');
		must(mp_utf8_valid(each->name, strlen(each->name)));
		must(mp_utf8_valid(each->address, strlen(each->address)));
		mp_address_add(&text, each);
	}
	must(mp_utf8_valid(mp_buf_text(&text), text.len));
	mp_buf_clear(&text);
	mp_addresses_free(list);
	(void)mp_date_parse(&date, (const char *)data, size);
	return 0;
}
