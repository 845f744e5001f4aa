/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/config.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "tap.h"

static struct mp_err err = MP_ERR_INIT;

static enum mp_status
parse(struct mp_ini *ini, const char *text)
{
	mp_ini_clear(ini);
	mp_err_clear(&err);
	return mp_ini_parse(ini, text, strlen(text), "f", &err);
}

static void
gives(const char *text, const char *name, const char *value)
{
	struct mp_ini ini = MP_INI_INIT;
	const char *got = NULL;

	if (parse(&ini, text) == MP_OK)
		got = mp_ini_get(&ini, name);
	else
		printf("# %s\n", err.text);
	ok(got != NULL && strcmp(got, value) == 0, "%s is '%.*s'", name,
	    (int)strcspn(value, "\n"), value);
	mp_ini_clear(&ini);
}

static void
fails(const char *text, const char *message)
{
	struct mp_ini ini = MP_INI_INIT;
	enum mp_status status = parse(&ini, text);

	ok(status == MP_CONFIG && strcmp(err.text, message) == 0 &&
	    ini.count == 0, "refused: %s", message);
	if (strcmp(err.text, message) != 0)
		printf("# got: %s\n", err.text);
	mp_ini_clear(&ini);
}

static void
test_reading(void)
{
	gives("[a]\nb = c d  # note\n", "a.b", "c d");
	gives("[a]\nb=c#d\n", "a.b", "c#d");
	gives("[a]\nb = # only a note\n", "a.b", "");
	gives("[a]\r\nb = c\r\n", "a.b", "c");
	gives("[a]\nb = c \\\n\td\n", "a.b", "c \td");
	gives("[a]\nb = \" c\\n\\t\\\"\\\\\" ; note", "a.b", " c\n\t\"\\");
	gives("[a]\nb = subject:\"x # y\" # note", "a.b",
	    "subject:\"x # y\"");
	gives("[a]\nb = \"x y\" or z", "a.b", "\"x y\" or z");
	gives("[a]\nb = /x\\.y/", "a.b", "/x\\.y/");
	gives("[a \"b.c\"] # note\n d = 1", "a.b.c.d", "1");
	gives("[a]\nb = 1\n[c]\nd = 2\n[a]\ne = 3", "a.e", "3");
	fails("[a]\nb = 1\nb = 2\n",
	    "f:3:6: this setting stood here already");
	fails("b = 1", "f:1:1: a setting stands in a [section]");
	fails("[a]\n\n  b\n", "f:3:4: key = value is expected");
	fails("[a\n", "f:1:3: a section ends in ]");
	fails("[A]\n",
	    "f:1:2: a section has a name of lower-case letters");
	fails("[a] b = 1\n", "f:1:5: more text than belongs here");
	fails("[a]\nb = \"c\n", "f:2:7: the quote is not closed");
	fails("[a]\nb = \"\\x\"",
	    "f:2:7: an escape is one of \\n \\t \\\" \\\\");
	fails("[a]\nb = \033[1m",
	    "f:2:9: a value is UTF-8 without control characters");
	fails("[a]\nb = \xff",
	    "f:2:6: a value is UTF-8 without control characters");
	fails("[a]\n= 1", "f:2:4: the name of a setting cannot be this");
}

/* What one writes is what another reads. */
static void
test_writing(void)
{
	static const char *const values[] = { "", "plain words", " blanks ",
	    "a\nb\tc", "# no note", "x ; y", "\"quoted\" whole", "say \"x\"",
	    "ends in \\", "\\n stays", "caf\xc3\xa9" };
	struct mp_ini ini = MP_INI_INIT, back = MP_INI_INIT;
	struct mp_buf text = MP_BUF_INIT(1 << 16);
	size_t count = sizeof values / sizeof values[0], i;
	char name[32];

	for (i = 0; i < count; i++) {
		(void)snprintf(name, sizeof name, "s.%s%zu",
		    i % 2 != 0 ? "a \"b\".c." : "", i);
		ok(mp_ini_name_valid(name) &&
		    mp_ini_add(&ini, name, values[i], 0), "add %s", name);
	}
	ok(!mp_ini_add(&ini, "s.0", "again", 0), "a name is there once");
	mp_ini_format(&text, &ini);
	ok(parse(&back, mp_buf_text(&text)) == MP_OK && back.count == count,
	    "the text is read back");
	for (i = 0; i < back.count; i++)
		ok(strcmp(back.entries[i].name, ini.entries[i].name) == 0 &&
		    strcmp(back.entries[i].value, ini.entries[i].value) == 0,
		    "%s comes back", ini.entries[i].name);
	mp_ini_clear(&ini);
	mp_ini_clear(&back);
	mp_buf_clear(&text);
}

static void
test_names(void)
{
	static const char *const bad[] = { "", "a", ".", ".b", "a.", "a..b",
	    "A.b", "a.b c", "a.b=c", "a.b\"c", "a.\nx.c", "a.\xff.c" };
	struct mp_buf longest = MP_BUF_INIT(MP_INI_NAME_MAX + 1);
	size_t i;

	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ok(!mp_ini_name_valid(bad[i]), "bad name %zu", i);
	mp_buf_str(&longest, "a.");
	while (longest.len < MP_INI_NAME_MAX)
		mp_buf_byte(&longest, 'x');
	ok(mp_ini_name_valid(mp_buf_text(&longest)), "255 bytes are");
	mp_buf_byte(&longest, 'x');
	ok(!mp_ini_name_valid(mp_buf_text(&longest)), "256 are not");
	mp_buf_clear(&longest);
}

static void
check(const char *name, const char *value, enum mp_status expected)
{
	mp_err_clear(&err);
	ok(mp_config_check(name, value, &err) == expected,
	    "%s = '%s' %s", name, value, expected == MP_OK ? "is good" :
	    err.text);
}

static void
test_checks(void)
{
	const struct mp_setting *known;
	size_t count, i;

	known = mp_settings(&count);
	for (i = 0; i < count; i++) {
		ok(i == 0 || strcmp(known[i - 1].name, known[i].name) < 0,
		    "%s stands in its place", known[i].name);
		if (known[i].fallback != NULL)
			check(known[i].name, known[i].fallback, MP_OK);
	}
	check("no.such", "x", MP_USAGE);
	check("rule", "x", MP_USAGE);
	check("rule.", "x", MP_USAGE);
	check("rule.a b", "x", MP_USAGE);
	check("new.tags", "a b/c", MP_OK);
	check("new.tags", "", MP_OK);
	check("new.tags", "+a", MP_CONFIG);
	check("query.todo", "tag:todo", MP_OK);
	check("query.todo", " ", MP_CONFIG);
	check("query.todo", "a\x01", MP_CONFIG);
	check("query.todo", "query:other and x", MP_OK);
	check("query.todo", "(tag:todo", MP_CONFIG);
	check("query.todo", "date:nonsense..", MP_CONFIG);
	check("rule.lists", "list:* and not to:me -> +lists -inbox", MP_OK);
	check("rule.lists", "list:* +lists", MP_CONFIG);
	check("rule.lists", " -> +lists", MP_CONFIG);
	check("rule.lists", "(a -> +lists", MP_CONFIG);
	check("rule.lists", "list:* ->", MP_CONFIG);
	check("rule.lists", "list:* -> +", MP_CONFIG);
}

static bool
text_is(struct mp_store *store, const char *name, const char *expected)
{
	char *value = NULL;
	bool same = mp_config_text(&value, store, name, &err) == MP_OK &&
	    (expected == NULL ? value == NULL :
	    value != NULL && strcmp(value, expected) == 0);

	free(value);
	return same;
}

static void
test_changes(struct mp_store *store)
{
	struct mp_ini old = MP_INI_INIT, new = MP_INI_INIT;
	struct mp_strlist keys = MP_STRLIST_INIT;
	size_t changes = 0;

	ok(text_is(store, "new.tags", "inbox unread"), "the default");
	ok(text_is(store, "query.none", NULL), "none");
	ok(mp_config_set(store, "new.tags", "x", &err) == MP_OK &&
	    mp_config_set(store, "query.a", "tag:a", &err) == MP_OK &&
	    mp_config_set(store, "query.b", "tag:b", &err) == MP_OK, "set");
	ok(mp_config_set(store, "new.tag", "x", &err) == MP_USAGE,
	    "only what is known");
	ok(text_is(store, "new.tags", "x"), "what was set");
	ok(mp_config_unset(store, "new.tags", &err) == MP_OK &&
	    mp_config_unset(store, "new.tags", &err) == MP_NOT_FOUND,
	    "unset once");
	ok(text_is(store, "new.tags", "inbox unread"), "the default again");
	ok(mp_config_load(&old, store, &err) == MP_OK && old.count == 2,
	    "load");
	/* somebody else changes one meanwhile, which must stay */
	ok(mp_config_set(store, "query.c", "tag:c", &err) == MP_OK, "other");
	ok(parse(&new, "[query]\na = tag:a\nd = tag:d\n") == MP_OK &&
	    mp_config_apply(&changes, store, &old, &new, &err) == MP_OK &&
	    changes == 2, "two differences");
	ok(mp_config_names(&keys, store, "query", &err) == MP_OK &&
	    keys.count == 3 && strcmp(keys.items[0], "a") == 0 &&
	    strcmp(keys.items[1], "c") == 0 &&
	    strcmp(keys.items[2], "d") == 0, "what is there now");
	mp_strlist_clear(&keys);
	mp_ini_clear(&old);
	mp_ini_clear(&new);
	ok(mp_config_words(&keys, store, "search.hidden", &err) == MP_OK &&
	    keys.count == 2 && strcmp(keys.items[1], "spam") == 0, "words");
	mp_strlist_clear(&keys);
}

static void
remove_store(const char *dir)
{
	static const char *const parts[] = { "aside", "log", "pack", "seg",
	    "spool", "" };
	size_t i;

	for (i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		char *path = mp_asprintf("%s/%s", dir, parts[i]);
		DIR *folder = opendir(path);
		struct dirent *entry;

		while (folder != NULL && (entry = readdir(folder)) != NULL)
			(void)unlinkat(dirfd(folder), entry->d_name, 0);
		if (folder != NULL)
			(void)closedir(folder);
		(void)rmdir(path);
		free(path);
	}
}

int
main(void)
{
	char dir[] = "/tmp/mp-unit-config-XXXXXX";
	struct mp_keys *keys = mp_keys_generate();
	struct mp_store_options options = { .path = dir, .keys = keys,
	    .mode = MP_STORE_WRITE, .writer = "unit" };
	struct mp_store *store = NULL;

	test_reading();
	test_writing();
	test_names();
	test_checks();
	if (mkdtemp(dir) != NULL && rmdir(dir) == 0 &&
	    mp_store_create(dir, keys, &err) == MP_OK &&
	    mp_store_open(&store, &options, &err) == MP_OK &&
	    mp_store_begin(store, &err) == MP_OK) {
		test_changes(store);
		ok(mp_store_commit(store, &err) == MP_OK, "commit");
	} else
		ok(false, "a store: %s", err.text);
	mp_store_close(store);
	mp_keys_free(keys);
	remove_store(dir);
	return done_testing();
}
