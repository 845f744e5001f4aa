/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/table.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "base/alloc.h"
#include "base/strlist.h"
#include "base/utf8.h"

#define COLUMNS_MAX 16
#define BLOCK_ROWS 200		/* rows that decide the widths */
#define DEFAULT_WIDTH 80
#define LEAST_WIDTH 8		/* no column is squeezed below */
#define GAP 2			/* blanks between columns */

struct mp_table {
	struct mp_strlist cells;	/* of complete rows and the open one */
	struct mp_strlist rows;	/* one string of kinds a row */
	char kinds[COLUMNS_MAX + 1];
	size_t columns;		/* of the open row */
	bool flows;
	bool colour;
	size_t terminal;
};

unsigned
mp_table_width(void)
{
	struct winsize size = { 0 };
	const char *columns = getenv("COLUMNS");
	unsigned long wide;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0)
		return size.ws_col;
	wide = columns != NULL ? strtoul(columns, NULL, 10) : 0;
	return wide >= LEAST_WIDTH && wide < 10000 ? (unsigned)wide :
	    DEFAULT_WIDTH;
}

struct mp_table *
mp_table_new(bool flows)
{
	struct mp_table *table = mp_calloc(1, sizeof *table);
	const char *no_colour = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	/* wcwidth knows wide characters only in a UTF-8 locale */
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		(void)setlocale(LC_CTYPE, "");
	table->flows = flows;
	table->colour = (no_colour == NULL || no_colour[0] == '\0') &&
	    term != NULL && strcmp(term, "dumb") != 0;
	table->terminal = mp_table_width();
	return table;
}

/* Columns of one code point; 1 for what the system does not know. */
static size_t
point_width(uint32_t point)
{
	int wide = wcwidth((wchar_t)point);

	return wide < 0 ? 1 : (size_t)wide;
}

static size_t
text_width(const char *text)
{
	size_t len = strlen(text), width = 0, i = 0;

	while (i < len) {
		uint32_t point;
		size_t step = mp_utf8_decode(&point, text + i, len - i);

		width += point_width(point);
		i += step != 0 ? step : 1;
	}
	return width;
}

/* Bytes of text that fit width columns; *used: the columns they take. */
static size_t
fitting(const char *text, size_t width, size_t *used)
{
	size_t len = strlen(text), i = 0;

	*used = 0;
	while (i < len) {
		uint32_t point;
		size_t step = mp_utf8_decode(&point, text + i, len - i);
		size_t wide = point_width(point);

		if (*used + wide > width)
			break;
		*used += wide;
		i += step != 0 ? step : 1;
	}
	return i;
}

void
mp_table_cell(struct mp_table *table, enum mp_cell kind, const char *text)
{
	if (table->columns == COLUMNS_MAX)
		return;
	mp_strlist_add(&table->cells, text);
	table->kinds[table->columns++] = "tndl"[kind];
	table->kinds[table->columns] = '\0';
}

void
mp_table_row(struct mp_table *table)
{
	mp_strlist_add(&table->rows, table->kinds);
	table->columns = 0;
	table->kinds[0] = '\0';
	if (table->flows && table->rows.count >= BLOCK_ROWS)
		mp_table_flush(table);
}

/* Take from the widest columns until all fit the terminal. */
static void
squeeze(size_t width[COLUMNS_MAX], size_t columns, size_t terminal)
{
	for (;;) {
		size_t total = columns != 0 ? GAP * (columns - 1) : 0;
		size_t widest = 0, i;

		for (i = 0; i < columns; i++) {
			total += width[i];
			if (width[i] > width[widest])
				widest = i;
		}
		if (total <= terminal || width[widest] <= LEAST_WIDTH)
			return;
		width[widest]--;
	}
}

static const char *
colour_of(char kind)
{
	switch (kind) {
	case 'n':
		return "\033[33m";
	case 'd':
		return "\033[36m";
	case 'l':
		return "\033[32m";
	default:
		return NULL;
	}
}

static void
print_cell(const struct mp_table *table, char kind, const char *text,
    size_t width, bool last)
{
	const char *colour = table->colour ? colour_of(kind) : NULL;
	size_t used, fits, pad;
	bool cut = text_width(text) > width;

	fits = fitting(text, cut ? width - 1 : width, &used);
	pad = width - used - (cut ? 1 : 0);
	if (kind == 'n')
		printf("%*s", (int)pad, "");
	if (colour != NULL)
		fputs(colour, stdout);
	(void)fwrite(text, 1, fits, stdout);
	if (cut)
		fputs("…", stdout);
	if (colour != NULL)
		fputs("\033[m", stdout);
	if (!last)
		printf("%*s", (int)(GAP + (kind == 'n' ? 0 : pad)), "");
}

void
mp_table_flush(struct mp_table *table)
{
	size_t width[COLUMNS_MAX] = { 0 };
	size_t columns = 0, cell = 0, row, i;

	for (row = 0; row < table->rows.count; row++) {
		size_t count = strlen(table->rows.items[row]);

		for (i = 0; i < count; i++) {
			size_t wide =
			    text_width(table->cells.items[cell++]);

			if (wide > width[i])
				width[i] = wide;
		}
		if (count > columns)
			columns = count;
	}
	squeeze(width, columns, table->terminal);
	for (row = 0, cell = 0; row < table->rows.count; row++) {
		const char *kinds = table->rows.items[row];

		for (i = 0; kinds[i] != '\0'; i++)
			print_cell(table, kinds[i],
			    table->cells.items[cell++], width[i],
			    kinds[i + 1] == '\0');
		putchar('\n');
	}
	mp_strlist_clear(&table->rows);
	mp_strlist_clear(&table->cells);
}

void
mp_table_free(struct mp_table *table)
{
	if (table == NULL)
		return;
	mp_strlist_clear(&table->rows);
	mp_strlist_clear(&table->cells);
	free(table);
}
