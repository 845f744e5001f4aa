/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parser against golden trees and errors (tests/data/query), its limits,
 * saved queries, Mailpile's syntax.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "query/query.h"
#include "tap.h"

#define NOW 1795520945	/* Tuesday, 24 November 2026, 11:49:05 UTC */

static enum mp_status
saved(void *arg, struct mp_buf *text, const char *name, struct mp_err *err)
{
	(void)arg;
	if (strcmp(name, "boats") == 0)
		mp_buf_str(text, "subject:boat or harbour");
	else if (strcmp(name, "broken") == 0)
		mp_buf_str(text, "a and");
	else if (strcmp(name, "loop") == 0)
		mp_buf_str(text, "x query:loop");
	else if (strcmp(name, "hidden") == 0)
		mp_buf_str(text, "tag:spam");
	else
		return mp_err_set(err, MP_NOT_FOUND, "no such query");
	return MP_OK;
}

static struct mp_query_options options = { .now = NOW, .saved = saved };

static char *
tree_of(const char *text)
{
	struct mp_buf out = MP_BUF_INIT(1 << 20);
	struct mp_query *query;
	struct mp_err err = MP_ERR_INIT;

	if (mp_query_parse(&query, text, &options, NULL, &err) != MP_OK)
		return mp_asprintf("error %s", err.text);
	mp_query_print(&out, query);
	mp_query_free(query);
	return (char *)out.data;
}

static void
is_tree(const char *text, const char *expected)
{
	char *got = tree_of(text);

	if (!ok(strcmp(got, expected) == 0, "%s", text))
		printf("# got      %s\n# expected %s\n", got, expected);
	free(got);
}

static void
is_error(const char *text, const char *byte, const char *column,
    const char *expected)
{
	struct mp_query *query;
	struct mp_err err = MP_ERR_INIT;
	struct mp_query_place place = { 0, 0 };
	enum mp_status status;

	status = mp_query_parse(&query, text, &options, &place, &err);
	if (!ok(status == MP_USAGE && query == NULL &&
	    strcmp(err.text, expected) == 0 &&
	    place.byte == strtoul(byte, NULL, 10) &&
	    place.column == strtoul(column, NULL, 10), "error: %s", text))
		printf("# got %zu %zu %s\n", place.byte, place.column,
		    err.text);
	mp_query_free(query);
}

/* Split a line at TABs; gives the number of fields. */
static size_t
split(char *line, char *fields[], size_t max)
{
	size_t count = 0;
	char *field;

	line[strcspn(line, "\n")] = '\0';
	while (count < max && (field = strsep(&line, "\t")) != NULL)
		fields[count++] = field;
	return count;
}

static void
is_range(const char *text, const char *first, const char *last)
{
	char *query = mp_asprintf("date:%s", text);
	char *expected = mp_asprintf("date:%s..%s",
	    strcmp(first, "-") == 0 ? "" : first,
	    strcmp(last, "-") == 0 ? "" : last);

	is_tree(query, expected);
	free(query);
	free(expected);
}

static void
golden(const char *path, size_t columns)
{
	FILE *file = fopen(path, "r");
	char *line = NULL, *fields[4];
	size_t cap = 0, rows = 0;

	if (!ok(file != NULL, "%s opens", path))
		return;
	while (getline(&line, &cap, file) > 0) {
		if (line[0] == '#' ||
		    split(line, fields, 4) != columns)
			continue;
		rows++;
		if (columns == 2)
			is_tree(fields[0], fields[1]);
		else if (columns == 3)
			is_range(fields[0], fields[1], fields[2]);
		else
			is_error(fields[0], fields[1], fields[2], fields[3]);
	}
	ok(rows >= 40, "%s has %zu rows", path, rows);
	free(line);
	(void)fclose(file);
}

static char *
repeat(const char *text, size_t count, const char *after)
{
	struct mp_buf buf = MP_BUF_INIT(1 << 22);

	while (count-- > 0)
		mp_buf_str(&buf, text);
	mp_buf_str(&buf, after);
	return (char *)buf.data;
}

static void
fails_with(char *text, const char *words, const char *what)
{
	char *got = tree_of(text);

	if (!ok(strstr(got, words) != NULL, "%s", what))
		printf("# got %.200s\n", got);
	free(got);
	free(text);
}

static void
limits(void)
{
	char *deep = repeat("(", 999, "a"), *got;
	struct mp_buf text = MP_BUF_INIT(1 << 20);

	mp_buf_str(&text, deep);
	free(deep);
	deep = repeat(")", 999, "");
	mp_buf_str(&text, deep);
	free(deep);
	is_tree(mp_buf_text(&text), "any:a~");
	mp_buf_clear(&text);
	fails_with(repeat("(", 100000, "a"), "1000 levels", "too deep");
	fails_with(repeat("thread:{", 5000, "a"), "at column",
	    "subqueries too deep");
	fails_with(repeat("a ", 10001, ""), "10000 terms", "too many terms");
	got = tree_of("query:loop");
	ok(strstr(got, "1000 levels") != NULL, "a saved query within itself");
	free(got);
	deep = repeat("not ", 100000, "a");
	is_tree(deep, "(not (not any:a~))");
	free(deep);
	deep = repeat("a or ", 5000, "a");
	got = tree_of(deep);
	ok(strncmp(got, "(or any:a~ any:a~ ", 18) == 0, "a wide or is flat");
	free(got);
	free(deep);
}

static void
tags_and_notes(void)
{
	struct mp_query *query;
	struct mp_err err = MP_ERR_INIT;

	if (ok(mp_query_parse(&query, "tag:spam or is:\"a b\" tag:x*",
	    &options, NULL, &err) == MP_OK, "a query with tags")) {
		ok(mp_query_names_tag(query, "spam"), "names spam");
		ok(mp_query_names_tag(query, "a b"), "names a b");
		ok(!mp_query_names_tag(query, "x"), "does not name x");
		ok(mp_query_note(query) == NULL, "no note");
	}
	mp_query_free(query);
	if (ok(mp_query_parse(&query, "query:hidden", &options, NULL,
	    &err) == MP_OK, "a saved query with a tag"))
		ok(mp_query_names_tag(query, "spam"), "names its tag");
	mp_query_free(query);
	if (ok(mp_query_parse(&query, "subject:\"a b", &options, NULL,
	    &err) == MP_OK, "an open quote"))
		ok(mp_query_note(query) != NULL, "has a note");
	mp_query_free(query);
}

static void
mailpile(void)
{
	options.syntax = MP_QUERY_MAILPILE;
	is_tree("a b", "(and any:a~ any:b~)");
	is_tree("a +b", "(or any:a~ any:b~)");
	is_tree("a -b", "(and any:a~ (not any:b~))");
	is_tree("+a b -c +d e",
	    "(and (or (and any:a~ any:b~ (not any:c~)) any:d~) any:e~)");
	is_tree("from:a from:b", "(and from:a from:b)");
	is_tree("in:inbox -is:unread",
	    "(and tag:\"inbox\" (not tag:\"unread\"))");
	is_tree("this and that", "(and any:this~ any:and~ any:that~)");
	options.syntax = MP_QUERY_NOTMUCH;
}

int
main(void)
{
	(void)setenv("TZ", "UTC", 1);
	golden("tests/data/query/trees.tsv", 2);
	golden("tests/data/query/dates.tsv", 3);
	golden("tests/data/query/errors.tsv", 4);
	is_tree("", "all");
	is_tree(" \t\n", "all");
	is_tree("tab\tis a\nblank",
	    "(and any:tab~ any:is~ any:a~ any:blank~)");
	limits();
	tags_and_notes();
	mailpile();
	return done_testing();
}
