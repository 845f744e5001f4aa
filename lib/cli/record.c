/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/utf8.h"
#include "cli/listing.h"
#include "cli/table.h"

#define HELD_MAX ((size_t)1 << 30)
#define LINE_MAX_BYTES ((size_t)1 << 20)
#define LISTING_IDS_MAX 100000

enum kind {
	KIND_ID,
	KIND_TEXT,
	KIND_NUMBER,
	KIND_REAL,
	KIND_TIME,
	KIND_LIST,
	KIND_MORE
};

struct field {
	enum kind kind;
	const char *name;
	const char *text;
	int64_t number;
	double real;
	const struct mp_strlist *words;
};

/* One way to write records. */
struct form {
	void (*field)(struct mp_records *records, const struct field *field);
	void (*end)(struct mp_records *records);
	void (*close)(struct mp_records *records);
};

struct mp_records {
	struct mp_cli *cli;
	const struct form *form;
	bool hold;
	bool open;		/* a record has fields already */
	uint64_t count;
	struct mp_buf line;	/* of the record being made */
	struct mp_buf held;
	struct mp_json json;
	struct mp_table *table;	/* on a terminal */
	struct mp_strlist ids;	/* of the listing, on a terminal */
};

static void
add_date(struct mp_buf *to, int64_t when)
{
	time_t t = (time_t)when;
	struct tm tm = { 0 };
	char text[64];

	if (gmtime_r(&t, &tm) == NULL || strftime(text, sizeof text,
	    "%Y-%m-%dT%H:%M:%S+00:00", &tm) == 0)
		(void)snprintf(text, sizeof text, "%lld", (long long)when);
	mp_buf_str(to, text);
}

static void
add_local_date(struct mp_buf *to, int64_t when)
{
	time_t t = (time_t)when;
	struct tm tm = { 0 };
	char text[64];

	if (localtime_r(&t, &tm) != NULL &&
	    strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm) != 0)
		mp_buf_str(to, text);
	else
		add_date(to, when);
}

/* Folded header fields keep their TABs: to people they are blanks. */
static void
add_clean(struct mp_buf *to, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\t");

		mp_utf8_clean(to, text, len, false);
		text += len;
		if (*text == '\t') {
			mp_buf_byte(to, ' ');
			text++;
		}
	}
}

static void
add_words(struct mp_buf *to, const struct mp_strlist *words)
{
	size_t i;

	for (i = 0; i < words->count; i++) {
		if (i != 0)
			mp_buf_byte(to, ',');
		add_clean(to, words->items[i]);
	}
}

/* The field as text; dates as given. */
static void
add_field(struct mp_buf *to, const struct field *field)
{
	switch (field->kind) {
	case KIND_ID:
	case KIND_TEXT:
	case KIND_MORE:
		add_clean(to, field->text);
		break;
	case KIND_NUMBER:
		mp_buf_printf(to, "%lld", (long long)field->number);
		break;
	case KIND_REAL:
		mp_buf_printf(to, "%.3f", field->real);
		break;
	case KIND_TIME:
		add_date(to, field->number);
		break;
	case KIND_LIST:
		add_words(to, field->words);
		break;
	}
}

/* Send the finished line on its way. */
static void
put_line(struct mp_records *records)
{
	mp_buf_byte(&records->line, records->cli->null ? '\0' : '\n');
	if (records->hold)
		mp_buf_add(&records->held, records->line.data,
		    records->line.len);
	else
		(void)fwrite(records->line.data, 1, records->line.len,
		    stdout);
	mp_buf_reset(&records->line);
}

static void
text_field(struct mp_records *records, const struct field *field)
{
	if (field->kind == KIND_MORE)
		return;
	if (records->open)
		mp_buf_byte(&records->line, '\t');
	add_field(&records->line, field);
}

static void
json_field(struct mp_records *records, const struct field *field)
{
	struct mp_json *json = &records->json;
	struct mp_buf date = MP_BUF_INIT(64);
	size_t i;

	if (!records->open) {
		mp_json_init(json, &records->line);
		mp_json_open(json, NULL, '{');
	}
	switch (field->kind) {
	case KIND_ID:
	case KIND_TEXT:
	case KIND_MORE:
		mp_json_string(json, field->name, field->text);
		break;
	case KIND_NUMBER:
		mp_json_number(json, field->name, field->number);
		break;
	case KIND_REAL:
		mp_json_real(json, field->name, field->real);
		break;
	case KIND_TIME:
		add_field(&date, field);
		mp_json_string(json, field->name, mp_buf_text(&date));
		mp_buf_clear(&date);
		break;
	case KIND_LIST:
		mp_json_open(json, field->name, '[');
		for (i = 0; i < field->words->count; i++)
			mp_json_string(json, NULL, field->words->items[i]);
		mp_json_close(json, ']');
		break;
	}
}

static void
json_end(struct mp_records *records)
{
	mp_json_close(&records->json, '}');
	put_line(records);
}

/*
 * People see a number for the id, and the date in their own time. What a
 * writer did is no listing: the numbers stay those of the last search.
 */
static void
table_field(struct mp_records *records, const struct field *field)
{
	struct mp_buf *cell = &records->line;
	enum mp_cell kind = MP_CELL_TEXT;

	if (field->kind == KIND_MORE)
		return;
	if (field->kind == KIND_ID && !records->hold &&
	    records->ids.count < LISTING_IDS_MAX) {
		mp_strlist_add(&records->ids, field->text);
		mp_buf_printf(cell, "%llu",
		    (unsigned long long)records->ids.count);
		kind = MP_CELL_NUMBER;
	} else if (field->kind == KIND_TIME) {
		add_local_date(cell, field->number);
		kind = MP_CELL_DATE;
	} else {
		add_field(cell, field);
		if (field->kind == KIND_LIST)
			kind = MP_CELL_LIST;
		else if (field->kind == KIND_NUMBER ||
		    field->kind == KIND_REAL)
			kind = MP_CELL_NUMBER;
	}
	mp_table_cell(records->table, kind, mp_buf_text(cell));
	mp_buf_reset(cell);
}

static void
table_end(struct mp_records *records)
{
	mp_table_row(records->table);
}

static void
table_close(struct mp_records *records)
{
	mp_table_flush(records->table);
	if (records->ids.count != 0)
		mp_listing_save(records->cli->store_path, &records->ids);
}

static const struct form text_form = { text_field, put_line, NULL };
static const struct form json_form = { json_field, json_end, NULL };
static const struct form table_form = { table_field, table_end,
	table_close };

struct mp_records *
mp_records_new(struct mp_cli *cli)
{
	struct mp_records *records = mp_calloc(1, sizeof *records);

	records->cli = cli;
	records->hold = (cli->command->flags & MP_CLI_WRITES) != 0;
	mp_buf_init(&records->line, LINE_MAX_BYTES);
	mp_buf_init(&records->held, HELD_MAX);
	if (cli->json) {
		records->form = &json_form;
	} else if (!cli->null && isatty(STDOUT_FILENO)) {
		records->form = &table_form;
		records->table = mp_table_new(!records->hold);
	} else {
		records->form = &text_form;
	}
	return records;
}

static void
put_field(struct mp_records *records, const struct field *field)
{
	records->form->field(records, field);
	records->open = true;
}

void
mp_record_id(struct mp_records *records, const char *id)
{
	put_field(records, &(struct field){ .kind = KIND_ID, .name = "id",
	    .text = id });
}

void
mp_record_text(struct mp_records *records, const char *name,
    const char *text)
{
	put_field(records, &(struct field){ .kind = KIND_TEXT, .name = name,
	    .text = text });
}

void
mp_record_number(struct mp_records *records, const char *name, int64_t value)
{
	put_field(records, &(struct field){ .kind = KIND_NUMBER,
	    .name = name, .number = value });
}

void
mp_record_real(struct mp_records *records, const char *name, double value)
{
	put_field(records, &(struct field){ .kind = KIND_REAL, .name = name,
	    .real = value });
}

void
mp_record_time(struct mp_records *records, const char *name, int64_t when)
{
	put_field(records, &(struct field){ .kind = KIND_TIME, .name = name,
	    .number = when });
}

void
mp_record_list(struct mp_records *records, const char *name,
    const struct mp_strlist *words)
{
	put_field(records, &(struct field){ .kind = KIND_LIST, .name = name,
	    .words = words });
}

void
mp_record_more(struct mp_records *records, const char *name,
    const char *text)
{
	put_field(records, &(struct field){ .kind = KIND_MORE, .name = name,
	    .text = text });
}

void
mp_record_end(struct mp_records *records)
{
	records->form->end(records);
	records->open = false;
	records->count++;
}

uint64_t
mp_records_count(const struct mp_records *records)
{
	return records->count;
}

enum mp_status
mp_records_close(struct mp_records *records, struct mp_err *err)
{
	enum mp_status status = MP_OK;

	if (records->form->close != NULL)
		records->form->close(records);
	errno = 0;
	if (records->held.overflow)
		status = mp_err_set(err, MP_IO, "cannot write records: "
		    "over the limit of %zu bytes", records->held.max);
	else if (records->held.len != 0 && fwrite(records->held.data, 1,
	    records->held.len, stdout) != records->held.len)
		status = mp_err_sys(err, errno,
		    "cannot write to standard output");
	mp_records_free(records);
	return status;
}

void
mp_records_free(struct mp_records *records)
{
	if (records == NULL)
		return;
	mp_buf_clear(&records->line);
	mp_buf_clear(&records->held);
	mp_table_free(records->table);
	mp_strlist_clear(&records->ids);
	free(records);
}
