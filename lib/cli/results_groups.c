/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/results_internal.h"

#define AUTHORS_MAX 10	/* names shown of a thread */

/* A name and an address out of a From header as the index shows it. */
struct author {
	const char *name;
	size_t name_len;
	const char *address;
	size_t address_len;
};

static void
trim(const char **text, size_t *len)
{
	while (*len > 0 && strchr(" \t\"'", **text) != NULL) {
		++*text;
		--*len;
	}
	while (*len > 0 && strchr(" \t\"'", (*text)[*len - 1]) != NULL)
		--*len;
}

static struct author
author_of(const char *from)
{
	const char *open = strrchr(from, '<');
	const char *close = open == NULL ? NULL : strchr(open, '>');
	struct author author = { from, 0, from, strlen(from) };

	if (close != NULL) {
		author.name_len = (size_t)(open - from);
		author.address = open + 1;
		author.address_len = (size_t)(close - open - 1);
	} else if ((open = strchr(from, '(')) != NULL &&
	    (close = strrchr(open, ')')) != NULL) {
		author.address_len = (size_t)(open - from);
		author.name = open + 1;
		author.name_len = (size_t)(close - open - 1);
	}
	trim(&author.name, &author.name_len);
	trim(&author.address, &author.address_len);
	return author;
}

/* --- threads -------------------------------------------------------- */

struct member {
	uint32_t root;
	uint32_t docid;
	size_t rank;	/* in the order asked for */
};

struct group {
	size_t first;	/* among the members */
	size_t count;
	size_t rank;	/* of its first member */
};

static int
compare_members(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	if (x->root != y->root)
		return x->root < y->root ? -1 : 1;
	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static int
compare_groups(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* Members by thread, threads by the rank of their first member. */
static enum mp_status
group_threads(struct member **members, struct group **groups, size_t *count,
    const struct mp_results *results, const struct mp_docset *set,
    struct mp_err *err)
{
	uint32_t *docids;
	size_t total, i;
	enum mp_status status;

	*members = NULL;
	*groups = NULL;
	*count = 0;
	status = mp_sort_docs(&docids, &total, results->index, set,
	    results->sort, 0, MP_SORT_ALL, err);
	if (status != MP_OK || total == 0)
		return status;
	*members = mp_calloc(total, sizeof **members);
	*groups = mp_calloc(total, sizeof **groups);
	for (i = 0; i < total && status == MP_OK; i++) {
		struct member *member = &(*members)[i];

		member->docid = member->root = docids[i];
		member->rank = i;
		status = mp_err_allow(err, mp_index_thread(&member->root,
		    results->index, docids[i], err), MP_NOT_FOUND);
	}
	free(docids);
	qsort(*members, total, sizeof **members, compare_members);
	for (i = 0; i < total; i++) {
		if (i == 0 || (*members)[i].root != (*members)[i - 1].root)
			(*groups)[(*count)++] = (struct group){ i, 0,
				(*members)[i].rank };
		(*groups)[*count - 1].count++;
	}
	qsort(*groups, *count, sizeof **groups, compare_groups);
	return status;
}

struct thread_text {
	struct mp_strlist authors;
	struct mp_strlist tags;
	char *subject;
	int64_t date;
};

static void
add_author(struct mp_strlist *authors, const char *from)
{
	struct author author = author_of(from);
	bool named = author.name_len > 0;
	char *name = mp_strndup(named ? author.name : author.address,
	    named ? author.name_len : author.address_len);

	if (authors->count < AUTHORS_MAX && !mp_strlist_has(authors, name))
		mp_strlist_take(authors, name);
	else
		free(name);
}

/* The newest date and the oldest subject of the members that match. */
static enum mp_status
read_thread(struct thread_text *text, const struct mp_results *results,
    struct tagger *tagger, const struct member *members, size_t count,
    struct mp_err *err)
{
	struct mp_summary summary;
	int64_t oldest = INT64_MAX;
	enum mp_status status = MP_OK;
	size_t i;

	for (i = 0; i < count && status == MP_OK; i++) {
		status = mp_index_summary(&summary, results->index,
		    members[i].docid, err);
		if (status != MP_OK)
			break;
		if (summary.date > text->date)
			text->date = summary.date;
		if (text->subject == NULL || summary.date < oldest) {
			free(text->subject);
			text->subject = mp_strdup(summary.subject);
			oldest = summary.date;
		}
		add_author(&text->authors, summary.from);
		mp_summary_clear(&summary);
		status = mp_tagger_add(&text->tags, tagger, members[i].docid,
		    err);
	}
	mp_strlist_sort(&text->tags);
	return status;
}

static char *
join(const struct mp_strlist *words)
{
	struct mp_buf text = MP_BUF_INIT((size_t)1 << 20);
	size_t i;

	for (i = 0; i < words->count; i++)
		mp_buf_printf(&text, "%s%s", i == 0 ? "" : ", ",
		    words->items[i]);
	return text.data == NULL ? mp_strdup("") : (char *)text.data;
}

static enum mp_status
write_thread(const struct mp_results *results, struct mp_records *records,
    struct tagger *tagger, const struct member *members, size_t count,
    struct mp_err *err)
{
	struct thread_text text = { .date = 0 };
	struct mp_thread_node *nodes = NULL;
	size_t total = 0;
	enum mp_status status;
	char *id = mp_thread_name(members[0].root), *authors;

	status = read_thread(&text, results, tagger, members, count, err);
	if (status == MP_OK)
		status = mp_err_allow(err, mp_index_thread_nodes(&nodes,
		    &total, results->index, members[0].root, err),
		    MP_NOT_FOUND);
	authors = join(&text.authors);
	mp_record_id(records, id);
	mp_record_time(records, "date", text.date);
	mp_record_number(records, "matched", (int64_t)count);
	mp_record_number(records, "total", (int64_t)(total > count ? total :
	    count));
	mp_record_text(records, "from", authors);
	mp_record_text(records, "subject", text.subject == NULL ? "" :
	    text.subject);
	mp_record_list(records, "tags", &text.tags);
	mp_record_end(records);
	free(nodes);
	free(authors);
	free(id);
	free(text.subject);
	mp_strlist_clear(&text.authors);
	mp_strlist_clear(&text.tags);
	return status;
}

enum mp_status
mp_write_threads(const struct mp_results *results, struct mp_records *records,
    const struct mp_docset *set, struct mp_err *err)
{
	struct tagger tagger = { 0 };
	struct member *members;
	struct group *groups;
	size_t count, i;
	enum mp_status status;

	status = group_threads(&members, &groups, &count, results, set, err);
	if (status == MP_OK)
		status = mp_tagger_init(&tagger, results->index,
		    results->limit == MP_SORT_ALL ? count : results->limit,
		    err);
	for (i = results->offset; i < count && status == MP_OK &&
	    i - results->offset < results->limit; i++)
		status = write_thread(results, records, &tagger,
		    members + groups[i].first, groups[i].count, err);
	mp_tagger_clear(&tagger);
	free(members);
	free(groups);
	return status;
}

/* --- addresses ------------------------------------------------------ */

struct address {
	char *folded;	/* the address in lower case */
	char *address;
	char *name;	/* of the first message that has one */
	size_t rank;
	size_t count;
};

static int
compare_addresses(const void *a, const void *b)
{
	const struct address *x = a, *y = b;
	int order = strcmp(x->folded, y->folded);

	if (order != 0)
		return order;
	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static int
compare_ranks(const void *a, const void *b)
{
	const struct address *x = a, *y = b;

	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static void
address_clear(struct address *address)
{
	free(address->folded);
	free(address->address);
	free(address->name);
}

static void
read_address(struct address *address, const char *from, size_t rank)
{
	struct author author = author_of(from);
	char *ch;

	address->address = mp_strndup(author.address, author.address_len);
	address->folded = mp_strdup(address->address);
	for (ch = address->folded; *ch != '\0'; ch++)
		if (*ch >= 'A' && *ch <= 'Z')
			*ch = (char)(*ch - 'A' + 'a');
	address->name = mp_strndup(author.name, author.name_len);
	address->rank = rank;
	address->count = 1;
}

/* Join the ones with the same address; gives how many are left. */
static size_t
join_addresses(struct address *list, size_t count)
{
	size_t kept = 0, i;

	qsort(list, count, sizeof *list, compare_addresses);
	for (i = 0; i < count; i++) {
		struct address *last = kept == 0 ? NULL : &list[kept - 1];

		if (last == NULL ||
		    strcmp(last->folded, list[i].folded) != 0) {
			list[kept++] = list[i];
			continue;
		}
		last->count++;
		if (last->name[0] == '\0') {
			char *name = last->name;

			last->name = list[i].name;
			list[i].name = name;
		}
		address_clear(&list[i]);
	}
	qsort(list, kept, sizeof *list, compare_ranks);
	return kept;
}

enum mp_status
mp_write_addresses(const struct mp_results *results, struct mp_records *records,
    const struct mp_docset *set, struct mp_err *err)
{
	struct mp_summary summary;
	struct address *list;
	uint32_t *docids;
	size_t count, read = 0, i;
	enum mp_status status;

	status = mp_sort_docs(&docids, &count, results->index, set,
	    results->sort, 0, MP_SORT_ALL, err);
	if (status != MP_OK || count == 0)
		return status;
	list = mp_calloc(count, sizeof *list);
	while (read < count && (status = mp_index_summary(&summary,
	    results->index, docids[read], err)) == MP_OK) {
		read_address(&list[read], summary.from, read);
		mp_summary_clear(&summary);
		read++;
	}
	count = join_addresses(list, read);
	for (i = 0; i < count; i++) {
		if (status == MP_OK && i >= results->offset &&
		    i - results->offset < results->limit) {
			mp_record_text(records, "address", list[i].address);
			mp_record_text(records, "name", list[i].name);
			mp_record_number(records, "count",
			    (int64_t)list[i].count);
			mp_record_end(records);
		}
		address_clear(&list[i]);
	}
	free(list);
	free(docids);
	return status;
}
