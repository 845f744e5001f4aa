/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/text.h"

#include <uniwidth.h>

#include "base/utf8.h"

size_t
mp_text_width(const char *text, size_t len)
{
	size_t width = 0, i = 0;

	while (i < len) {
		uint32_t point;
		size_t step;

		if (text[i] >= ' ' && text[i] < 0x7f) {
			width++;
			i++;
			continue;
		}
		step = mp_utf8_decode(&point, text + i, len - i);
		i += step != 0 ? step : 1;
		if (uc_width(point, "UTF-8") > 0)
			width += (size_t)uc_width(point, "UTF-8");
	}
	return width;
}
