/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/encode.h"
#include "query/date.h"
#include "query/match_internal.h"

/* --- tags and folders ----------------------------------------------- */

static enum mp_status
add_bits(struct mp_docset *set, struct match *match, const char *name)
{
	struct mp_docset bits = MP_DOCSET_INIT;
	enum mp_status status;

	status = mp_store_bits_load(&bits, mp_index_store(match->index),
	    name, match->err);
	if (status == MP_OK)
		mp_docset_or(set, &bits);
	mp_docset_clear(&bits);
	return status;
}

typedef bool name_fn(const struct node *node, const char *name);

/* The documents of all sets of the kind whose names pass. */
static enum mp_status
add_named(struct mp_docset *set, struct match *match,
    const struct node *node, const char *kind, name_fn *passes)
{
	struct mp_strlist names = MP_STRLIST_INIT;
	enum mp_status status;
	size_t i;

	status = mp_store_bits_names(&names, mp_index_store(match->index),
	    kind, match->err);
	for (i = 0; i < names.count && status == MP_OK; i++)
		if (passes(node, names.items[i] + strlen(kind)))
			status = add_bits(set, match, names.items[i]);
	mp_strlist_clear(&names);
	return status;
}

static bool
starts_with_text(const struct node *node, const char *name)
{
	return strncmp(name, node->text, strlen(node->text)) == 0;
}

static bool
is_below(const struct node *node, const char *name)
{
	size_t len = strlen(node->text);

	return strncmp(name, node->text, len) == 0 &&
	    (name[len] == '\0' || name[len] == '/');
}

static bool
fits_regex(const struct node *node, const char *name)
{
	return regexec(node->regex, name, 0, NULL, 0) == 0;
}

enum mp_status
mp_match_tag(struct mp_docset *set, struct match *match,
    const struct node *node)
{
	char *name;
	enum mp_status status;

	if (node->last_prefix)
		return add_named(set, match, node, "t:", starts_with_text);
	name = mp_asprintf("t:%s", node->text);
	status = add_bits(set, match, name);
	free(name);
	return status;
}

/* What lies in cur and new of a Maildir lies in the Maildir. */
static size_t
maildir_len(const char *path)
{
	size_t len = strlen(path);
	const char *slash = strrchr(path, '/');
	const char *last = slash == NULL ? path : slash + 1;

	if (strcmp(last, "cur") != 0 && strcmp(last, "new") != 0)
		return len;
	return slash == NULL ? 0 : (size_t)(slash - path);
}

static bool
is_in_folder(const struct node *node, const char *name)
{
	size_t len = maildir_len(name);

	return strlen(node->text) == len &&
	    memcmp(node->text, name, len) == 0;
}

static bool
folder_fits_regex(const struct node *node, const char *name)
{
	char *folder = mp_strndup(name, node->maildir ? maildir_len(name) :
	    strlen(name));
	bool fits = fits_regex(node, folder);

	free(folder);
	return fits;
}

enum mp_status
mp_match_folder(struct mp_docset *set, struct match *match,
    const struct node *node)
{
	char *name;
	enum mp_status status;

	if (node->recursive && node->text[0] == '\0') {
		mp_docset_or(set, &match->alive);
		return MP_OK;
	}
	if (node->maildir)
		return add_named(set, match, node, "p:", is_in_folder);
	if (node->recursive)
		return add_named(set, match, node, "p:", is_below);
	name = mp_asprintf("p:%s", node->text);
	status = add_bits(set, match, name);
	free(name);
	return status;
}

/* --- ids ------------------------------------------------------------ */

/* The id in it, if text is not that itself; false: it cannot be. */
static bool
unwrap_id(struct mp_buf *id, const char *text, bool brackets)
{
	size_t len = strlen(text);

	if (brackets) {
		if (len <= 2 || text[0] != '<' || text[len - 1] != '>')
			return false;
		mp_buf_add(id, text + 1, len - 2);
		return true;
	}
	mp_id_unescape(id, text, len);
	return strchr(text, '%') != NULL;
}

enum mp_status
mp_match_find_id(struct mp_docset *set, struct mp_index *index,
    const char *text, struct mp_err *err)
{
	enum mp_status status = mp_index_find_id(set, index, text, err);
	int way;

	for (way = 0; way < 2 && status == MP_OK && mp_docset_empty(set);
	    way++) {
		struct mp_buf id = MP_BUF_INIT(1 << 20);

		if (unwrap_id(&id, text, way == 1))
			status = mp_index_find_id(set, index,
			    mp_buf_text(&id), err);
		mp_buf_clear(&id);
	}
	return status;
}

/* --- regular expressions on summaries ------------------------------- */

static bool
id_fits(const struct node *node, const char *id)
{
	struct mp_buf plain = MP_BUF_INIT(1 << 20);
	bool fits;

	mp_id_unescape(&plain, id + 3, strlen(id + 3));	/* after "id:" */
	fits = fits_regex(node, mp_buf_text(&plain));
	mp_buf_clear(&plain);
	return fits;
}

static bool
summary_fits(const struct node *node, const struct mp_summary *summary)
{
	if (node->on == ON_ID)
		return id_fits(node, summary->id);
	return fits_regex(node, node->on == ON_FROM ? summary->from :
	    summary->subject);
}

enum mp_status
mp_match_regex(struct mp_docset *set, struct match *match,
    const struct node *node, const struct mp_docset *within)
{
	struct mp_summary summary;
	enum mp_status status;
	uint32_t docid;

	if (node->on == ON_TAG)
		return add_named(set, match, node, "t:", fits_regex);
	if (node->on == ON_FOLDER)
		return add_named(set, match, node, "p:",
		    folder_fits_regex);
	if (within == NULL)
		within = &match->alive;
	for (docid = mp_docset_next(within, 0); docid != MP_DOCSET_END;
	    docid = mp_docset_next(within, docid + 1)) {
		status = mp_index_summary(&summary, match->index, docid,
		    match->err);
		if (status != MP_OK)
			return status;
		if (summary_fits(node, &summary))
			mp_docset_add(set, docid);
		mp_summary_clear(&summary);
	}
	return MP_OK;
}

/* --- ranges --------------------------------------------------------- */

struct lastmod {
	struct mp_docset *set;
	uint64_t last;
};

/* A later change takes a message out of the range again. */
static enum mp_status
take_event(void *arg, const struct mp_event *event, struct mp_err *err)
{
	struct lastmod *lastmod = arg;
	const struct mp_docset *sets[2] = { event->added, event->removed };
	size_t i;

	(void)err;
	for (i = 0; i < 2; i++) {
		if (sets[i] == NULL)
			continue;
		if (event->epoch <= lastmod->last)
			mp_docset_or(lastmod->set, sets[i]);
		else
			mp_docset_andnot(lastmod->set, sets[i]);
	}
	return MP_OK;
}

static enum mp_status
match_lastmod(struct mp_docset *set, struct match *match,
    const struct node *node)
{
	struct lastmod lastmod = { set, (uint64_t)node->last };

	return mp_store_history(mp_index_store(match->index),
	    node->first < 0 ? 0 : (uint64_t)node->first, take_event,
	    &lastmod, match->err);
}

enum mp_status
mp_match_range(struct mp_docset *set, struct match *match,
    const struct node *node)
{
	uint32_t first, last;

	if (node->first > node->last || node->last < 0 ||
	    node->first > UINT32_MAX)
		return MP_OK;
	if (node->kind == NODE_LASTMOD)
		return match_lastmod(set, match, node);
	first = node->first < 0 ? 0 : (uint32_t)node->first;
	last = node->last > UINT32_MAX ? UINT32_MAX : (uint32_t)node->last;
	return (node->kind == NODE_DATE ? mp_index_date_range :
	    mp_index_size_range)(set, match->index, first, last, match->err);
}

/* --- people --------------------------------------------------------- */

static enum mp_status
add_person(struct mp_docset *set, struct match *match, enum mp_field field,
    const char *address, size_t len)
{
	char *prefix = mp_asprintf("%.*s\t", (int)len, address);
	enum mp_status status;

	status = mp_index_prefix(set, match->index, field, prefix,
	    strlen(prefix), match->err);
	free(prefix);
	return status;
}

static enum mp_status
add_own(struct mp_docset *set, struct match *match, enum mp_field field)
{
	const struct mp_strlist *own = match->options->own;
	enum mp_status status = MP_OK;
	size_t i;

	for (i = 0; own != NULL && i < own->count && status == MP_OK; i++)
		status = add_person(set, match, field, own->items[i],
		    strlen(own->items[i]));
	return status;
}

enum mp_status
mp_match_personal(struct mp_docset *set, struct match *match)
{
	return add_own(set, match, MP_FIELD_PERSON_TO);
}

/* Addresses in "ADDRESS TAB NAME" order, each once. */
static enum mp_status
take_address(void *arg, const char *term, size_t len, uint32_t df,
    uint32_t last_docid, struct mp_err *err)
{
	struct mp_strlist *addresses = arg;
	const char *tab = memchr(term, '\t', len);
	size_t address = tab == NULL ? len : (size_t)(tab - term);
	const char *before = addresses->count == 0 ? "" :
	    addresses->items[addresses->count - 1];

	(void)df;
	(void)last_docid;
	(void)err;
	if (strlen(before) != address ||
	    memcmp(before, term, address) != 0)
		mp_strlist_addn(addresses, term, address);
	return MP_OK;
}

/* Add to set what address sent, if one of the sent messages is to it. */
static enum mp_status
add_if_written_to(struct mp_docset *set, struct match *match,
    const struct mp_docset *sent, const char *address)
{
	struct mp_docset to;
	enum mp_status status;

	mp_docset_init(&to, set->size);
	status = add_person(&to, match, MP_FIELD_PERSON_TO, address,
	    strlen(address));
	if (status == MP_OK) {
		mp_docset_and(&to, sent);
		if (!mp_docset_empty(&to))
			status = add_person(set, match, MP_FIELD_PERSON_FROM,
			    address, strlen(address));
	}
	mp_docset_clear(&to);
	return status;
}

enum mp_status
mp_match_known(struct mp_docset *set, struct match *match)
{
	struct mp_strlist addresses = MP_STRLIST_INIT;
	struct mp_docset sent;
	enum mp_status status;
	size_t i;

	if (match->options->own == NULL || match->options->own->count == 0)
		return mp_err_set(match->err, MP_CONFIG, "cannot tell known "
		    "senders: no address of your own is set");
	mp_docset_init(&sent, set->size);
	status = add_own(&sent, match, MP_FIELD_PERSON_FROM);
	mp_docset_and(&sent, &match->alive);
	if (status == MP_OK && !mp_docset_empty(&sent))
		status = mp_index_vocabulary(match->index,
		    MP_FIELD_PERSON_FROM, "", 0, take_address, &addresses,
		    match->err);
	for (i = 0; i < addresses.count && status == MP_OK; i++)
		status = add_if_written_to(set, match, &sent,
		    addresses.items[i]);
	mp_strlist_clear(&addresses);
	mp_docset_clear(&sent);
	return status;
}
