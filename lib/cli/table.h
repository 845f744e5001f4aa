/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_CLI_TABLE_H
#define MP_CLI_TABLE_H

#include <stdbool.h>

/*
 * Columns on a terminal: rows are kept until there are enough to know how
 * wide the columns are, then laid out in the terminal's width. Cell texts
 * must be clean (mp_utf8_clean). Colour unless NO_COLOR is set or TERM is
 * "dumb".
 */
struct mp_table;

enum mp_cell {
	MP_CELL_TEXT,
	MP_CELL_NUMBER,	/* to the right */
	MP_CELL_DATE,
	MP_CELL_LIST
};

/* flows: print when a block of rows is full; else only in flush. */
struct mp_table *mp_table_new(bool flows);
void mp_table_cell(struct mp_table *table, enum mp_cell kind,
    const char *text);
void mp_table_row(struct mp_table *table);	/* the row is complete */
void mp_table_flush(struct mp_table *table);
void mp_table_free(struct mp_table *table);	/* NULL is fine */

/* Columns of the terminal that stdout is, else $COLUMNS, else 80. */
unsigned mp_table_width(void);

#endif
