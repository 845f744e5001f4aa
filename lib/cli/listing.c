/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/listing.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/io.h"

#define LISTING_MAX ((size_t)16 << 20)
#define NUMBER_MAX 99999999ul

/*
 * The file's first line is its owner (below), the second the current
 * message's number, every other an id.
 */
struct listing {
	struct mp_strlist ids;
	size_t current;		/* from 1 */
};

/* Where no session gives a folder, as after su(1) or in a container. */
static char *
own_folder(void)
{
	char *dir = mp_asprintf("/dev/shm/mp-%lu", (unsigned long)geteuid());
	struct stat st;
	char *seq = NULL;

	/* Anybody may make files there: none that another one made. */
	if (mp_path_is_tmpfs("/dev/shm") && (lstat(dir, &st) != 0 ?
	    errno == ENOENT : S_ISDIR(st.st_mode) &&
	    st.st_uid == geteuid() && (st.st_mode & 077) == 0))
		seq = mp_asprintf("%s/seq", dir);
	free(dir);
	return seq;
}

/* The folder, NULL where there is no memory file system for it. */
static char *
folder(void)
{
	const char *run = getenv("XDG_RUNTIME_DIR");

	if (run == NULL || run[0] == '\0')
		return own_folder();
	if (run[0] != '/' || !mp_path_is_tmpfs(run))
		return NULL;
	return mp_asprintf("%s/mp/seq", run);
}

char *
mp_listing_folder(void)
{
	char *dir = isatty(STDIN_FILENO) || isatty(STDOUT_FILENO) ?
	    folder() : NULL;
	struct mp_err err = MP_ERR_INIT;

	if (dir != NULL && mp_path_make(dir, &err) == MP_OK)
		return dir;
	free(dir);
	return NULL;
}

/* The session's file. */
static char *
listing_path(void)
{
	char *dir = folder();
	char *path = NULL;

	if (dir != NULL)
		path = mp_asprintf("%s/%ld", dir, (long)getsid(0));
	free(dir);
	return path;
}

/* When the session began, for session numbers come again; "" unknown. */
static char session_start[32];

void
mp_listing_start(void)
{
	struct mp_buf text = MP_BUF_INIT(4096);
	struct mp_err err = MP_ERR_INIT;
	char *path = mp_asprintf("/proc/%ld/stat", (long)getsid(0));
	const char *at = NULL;
	int field;

	if (mp_path_read(&text, path, &err) == MP_OK)
		at = strrchr(mp_buf_text(&text), ')');
	for (field = 2; at != NULL && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at != NULL)
		(void)snprintf(session_start, sizeof session_start, "%.*s",
		    (int)strcspn(at + 1, " "), at + 1);
	mp_buf_clear(&text);
	free(path);
}

/* Whose listing it is: the session's and the store's. */
static char *
owner(const char *store_path)
{
	struct stat st = { 0 };

	(void)stat(store_path, &st);
	return mp_asprintf("%llu:%llu:%s", (unsigned long long)st.st_dev,
	    (unsigned long long)st.st_ino, session_start);
}

static void
write_listing(const char *store_path, const struct listing *listing)
{
	struct mp_buf text = MP_BUF_INIT(LISTING_MAX);
	struct mp_err err = MP_ERR_INIT;
	char *dir = isatty(STDOUT_FILENO) ? mp_listing_folder() : NULL;
	char *path = dir != NULL ? listing_path() : NULL;
	char *who = owner(store_path);
	size_t i;

	mp_buf_printf(&text, "%s\n%zu\n", who, listing->current);
	for (i = 0; i < listing->ids.count; i++) {
		mp_buf_str(&text, listing->ids.items[i]);
		mp_buf_byte(&text, '\n');
	}
	/* a listing that cannot be kept is no reason to fail */
	if (path != NULL && !text.overflow &&
	    mp_path_replace(path, text.data, text.len, &err) != MP_OK)
		mp_err_clear(&err);
	mp_buf_clear(&text);
	free(who);
	free(path);
	free(dir);
}

/* Cut the next line off *at. */
static char *
next_line(char **at)
{
	char *line = *at;
	char *end = strchr(line, '\n');

	if (end == NULL)
		return NULL;
	*end = '\0';
	*at = end + 1;
	return line;
}

static bool
read_listing(struct listing *listing, const char *store_path)
{
	struct mp_buf text = MP_BUF_INIT(LISTING_MAX);
	struct mp_err err = MP_ERR_INIT;
	char *path = listing_path();
	char *who = owner(store_path);
	bool found = false;

	if (path != NULL && mp_path_read(&text, path, &err) == MP_OK &&
	    text.len != 0) {
		char *at = (char *)text.data;
		char *line = next_line(&at);
		char *current = line != NULL ? next_line(&at) : NULL;

		found = current != NULL && strcmp(line, who) == 0;
		listing->current = current != NULL ?
		    strtoul(current, NULL, 10) : 0;
		while (found && (line = next_line(&at)) != NULL)
			mp_strlist_add(&listing->ids, line);
	}
	mp_buf_clear(&text);
	free(who);
	free(path);
	return found;
}

void
mp_listing_save(const char *store_path, const struct mp_strlist *ids)
{
	struct listing listing = { *ids, 1 };

	write_listing(store_path, &listing);
}

void
mp_listing_set_current(const char *store_path, const char *id)
{
	struct listing listing = { MP_STRLIST_INIT, 0 };
	size_t i;

	if (read_listing(&listing, store_path))
		for (i = 0; i < listing.ids.count; i++)
			if (strcmp(listing.ids.items[i], id) == 0) {
				listing.current = i + 1;
				write_listing(store_path, &listing);
				break;
			}
	mp_strlist_clear(&listing.ids);
}

/* Read one end of a range at *at; false when there is none. */
static bool
read_end(size_t *number, const char **at, size_t current, size_t last)
{
	unsigned long value;
	char *end;

	if (**at == '.' || **at == '$') {
		*number = **at == '.' ? current : last;
		++*at;
		return true;
	}
	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	value = strtoul(*at, &end, 10);
	*at = end;
	*number = errno != 0 || value > NUMBER_MAX ? NUMBER_MAX : value;
	return true;
}

static bool
read_range(size_t *from, size_t *to, const char *text, size_t current,
    size_t last)
{
	if (!read_end(from, &text, current, last))
		return false;
	*to = *from;
	if (*text == ':') {
		text++;
		if (!read_end(to, &text, current, last))
			return false;
	}
	return *text == '\0';
}

bool
mp_listing_is_number(const char *text)
{
	size_t from, to;

	return read_range(&from, &to, text, 1, 1);
}

enum mp_status
mp_listing_expand(struct mp_strlist *ids, const char *store_path,
    const char *text, struct mp_err *err)
{
	struct listing listing = { MP_STRLIST_INIT, 0 };
	enum mp_status status = MP_OK;
	size_t from = 0, to = 0, i;
	char *dir = folder();

	if (dir == NULL)
		status = mp_err_set(err, MP_USAGE, "cannot use '%s': listings "
		    "are kept in memory only, and neither XDG_RUNTIME_DIR nor "
		    "/dev/shm gives a place", text);
	else if (!read_listing(&listing, store_path))
		status = mp_err_set(err, MP_USAGE, "cannot use '%s': "
		    "nothing was listed on this terminal yet", text);
	else if (!read_range(&from, &to, text, listing.current,
	    listing.ids.count) || from == 0 || from > to ||
	    to > listing.ids.count)
		status = mp_err_set(err, MP_USAGE, "cannot use '%s': "
		    "the last listing has 1 to %zu", text,
		    listing.ids.count);
	assert(status != MP_OK || listing.ids.items != NULL);
	for (i = from; status == MP_OK && i <= to; i++)
		mp_strlist_add(ids, listing.ids.items[i - 1]);
	mp_strlist_clear(&listing.ids);
	free(dir);
	return status;
}
