/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "query/match.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "query/match_internal.h"

static enum mp_status evaluate(struct mp_docset *set, struct match *match,
    const struct node *node, const struct mp_docset *within);

/* --- the order of an and -------------------------------------------- */

struct part {
	const struct node *node;	/* of a not: what it negates */
	bool negated;
	uint64_t cost;
};

static enum mp_status
cost_of(uint64_t *cost, struct match *match, const struct node *node)
{
	uint64_t end = match->alive.size, one;
	enum mp_status status;
	size_t i;

	switch (node->kind) {
	case NODE_WORD:
	case NODE_PHRASE:
		return mp_match_word_cost(cost, match, node);
	case NODE_NONE:
	case NODE_ID:
	case NODE_DOCID:
		*cost = 0;
		return MP_OK;
	case NODE_TAG:
	case NODE_FOLDER:
	case NODE_EXACT:
		*cost = 8;
		return MP_OK;
	case NODE_AND:
	case NODE_OR:
	case NODE_XOR:
		*cost = node->kind == NODE_AND ? end : 0;
		for (i = 0; i < node->count; i++) {
			status = cost_of(&one, match, node->children[i]);
			if (status != MP_OK)
				return status;
			if (node->kind != NODE_AND)
				*cost += one;
			else if (one < *cost)
				*cost = one;
		}
		return MP_OK;
	case NODE_DATE:
	case NODE_SIZE:
	case NODE_PREFIX:
	case NODE_PERSONAL:
		*cost = end / 2;
		return MP_OK;
	case NODE_ALL:
	case NODE_NOT:
	case NODE_EMPTY:
	case NODE_THREAD:
		*cost = end;
		return MP_OK;
	case NODE_LASTMOD:
	case NODE_REGEX:
	case NODE_KNOWN:
		break;
	}
	*cost = 2 * end + 16;
	return MP_OK;
}

/* What must match before what must not, and the rarest first. */
static int
compare_parts(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (x->negated != y->negated)
		return x->negated ? 1 : -1;
	return x->cost < y->cost ? -1 : x->cost > y->cost;
}

static enum mp_status
order_parts(struct part *parts, struct match *match, const struct node *node)
{
	enum mp_status status;
	size_t i;

	for (i = 0; i < node->count; i++) {
		const struct node *child = node->children[i];

		parts[i].negated = child->kind == NODE_NOT;
		parts[i].node = parts[i].negated ? child->children[0] : child;
		status = cost_of(&parts[i].cost, match, parts[i].node);
		if (status != MP_OK)
			return status;
	}
	qsort(parts, node->count, sizeof *parts, compare_parts);
	return MP_OK;
}

/* --- operators ------------------------------------------------------ */

static void
add_all(struct mp_docset *set, const struct match *match,
    const struct mp_docset *within)
{
	mp_docset_or(set, within != NULL ? within : &match->alive);
}

static enum mp_status
apply_part(struct mp_docset *set, struct match *match,
    const struct part *part)
{
	struct mp_docset other;
	enum mp_status status;

	mp_docset_init(&other, set->size);
	status = evaluate(&other, match, part->node, set);
	if (status == MP_OK && part->negated)
		mp_docset_andnot(set, &other);
	else if (status == MP_OK)
		mp_docset_and(set, &other);
	mp_docset_clear(&other);
	return status;
}

static void
explain_skipped(struct match *match, const struct part *part)
{
	struct mp_buf text = MP_BUF_INIT(MP_QUERY_BYTES * 2);

	if (match->lines == NULL)
		return;
	mp_buf_printf(&text, "-\t%*s", (int)(match->depth * 2), "");
	mp_node_print(&text, part->node);
	mp_strlist_add(match->lines, mp_buf_text(&text));
	mp_buf_clear(&text);
}

static enum mp_status
evaluate_and(struct mp_docset *set, struct match *match,
    const struct node *node, const struct mp_docset *within)
{
	struct part *parts = mp_calloc(node->count, sizeof *parts);
	enum mp_status status = order_parts(parts, match, node);
	size_t i;

	for (i = 0; i < node->count && status == MP_OK; i++) {
		if (i > 0 && mp_docset_empty(set)) {
			explain_skipped(match, &parts[i]);
		} else if (i == 0 && !parts[i].negated) {
			status = evaluate(set, match, parts[i].node, within);
		} else {
			if (i == 0)
				add_all(set, match, within);
			status = apply_part(set, match, &parts[i]);
		}
	}
	free(parts);
	return status;
}

static enum mp_status
evaluate_each(struct mp_docset *set, struct match *match,
    const struct node *node, const struct mp_docset *within)
{
	struct mp_docset other = MP_DOCSET_INIT;
	enum mp_status status = MP_OK;
	size_t i;

	for (i = 0; i < node->count && status == MP_OK; i++) {
		mp_docset_init(&other, set->size);
		status = evaluate(&other, match, node->children[i], within);
		if (status == MP_OK && node->kind == NODE_XOR)
			mp_docset_xor(set, &other);
		else if (status == MP_OK)
			mp_docset_or(set, &other);
		mp_docset_clear(&other);
	}
	return status;
}

static enum mp_status
evaluate_not(struct mp_docset *set, struct match *match,
    const struct node *node, const struct mp_docset *within)
{
	const struct part part = { node->children[0], true, 0 };

	add_all(set, match, within);
	return apply_part(set, match, &part);
}

static enum mp_status
evaluate_thread(struct mp_docset *set, struct match *match,
    const struct node *node)
{
	enum mp_status status = evaluate(set, match, node->children[0],
	    NULL);

	return status != MP_OK ? status :
	    mp_index_threads(set, match->index, match->err);
}

static enum mp_status
evaluate_exact(struct mp_docset *set, struct match *match,
    const struct node *node)
{
	int field = __builtin_ctz(node->fields);

	return mp_index_term(set, match->index, (enum mp_field)field,
	    node->text, strlen(node->text), match->err);
}

static enum mp_status
dispatch(struct mp_docset *set, struct match *match, const struct node *node,
    const struct mp_docset *within)
{
	switch (node->kind) {
	case NODE_ALL:
		add_all(set, match, within);
		return MP_OK;
	case NODE_NONE:
		return MP_OK;
	case NODE_AND:
		return evaluate_and(set, match, node, within);
	case NODE_OR:
	case NODE_XOR:
		return evaluate_each(set, match, node, within);
	case NODE_NOT:
		return evaluate_not(set, match, node, within);
	case NODE_WORD:
		return mp_match_word(set, match, node);
	case NODE_PREFIX:
		return mp_match_prefix(set, match, node);
	case NODE_PHRASE:
		return mp_match_phrase(set, match, node);
	case NODE_EMPTY:
		return mp_match_empty(set, match, node);
	case NODE_EXACT:
		return evaluate_exact(set, match, node);
	case NODE_TAG:
		return mp_match_tag(set, match, node);
	case NODE_FOLDER:
		return mp_match_folder(set, match, node);
	case NODE_ID:
		return mp_match_find_id(set, match->index, node->text,
		    match->err);
	case NODE_THREAD:
		return evaluate_thread(set, match, node);
	case NODE_DOCID:
		mp_docset_add(set, (uint32_t)node->first);
		return MP_OK;
	case NODE_REGEX:
		return mp_match_regex(set, match, node, within);
	case NODE_DATE:
	case NODE_SIZE:
	case NODE_LASTMOD:
		return mp_match_range(set, match, node);
	case NODE_PERSONAL:
		return mp_match_personal(set, match);
	case NODE_KNOWN:
		return mp_match_known(set, match);
	}
	return mp_err_set(match->err, MP_BUG, "unknown part of a query");
}

/*
 * Add the documents of node to the empty set. within, unless NULL, is all
 * that matters: the result is cut to it. Recursion is bounded by the
 * parser's limits.
 */
static enum mp_status
evaluate(struct mp_docset *set, struct match *match, const struct node *node,
    const struct mp_docset *within)
{
	size_t line = match->lines == NULL ? 0 : match->lines->count;
	struct mp_buf text = MP_BUF_INIT(MP_QUERY_BYTES * 2);
	enum mp_status status;

	if (match->lines != NULL)
		mp_strlist_add(match->lines, "");
	match->depth++;
	status = dispatch(set, match, node, within);
	match->depth--;
	mp_docset_and(set, within != NULL ? within : &match->alive);
	if (match->lines != NULL && status == MP_OK) {
		mp_buf_printf(&text, "%" PRIu32 "\t%*s",
		    mp_docset_count(set), (int)(match->depth * 2), "");
		mp_node_print(&text, node);
		free(match->lines->items[line]);
		match->lines->items[line] = mp_strdup(mp_buf_text(&text));
		mp_buf_clear(&text);
	}
	return status;
}

/* --- the whole ------------------------------------------------------ */

static enum mp_status
load_bits(struct mp_docset *set, struct match *match, const char *prefix,
    const char *name)
{
	char *bits = mp_asprintf("%s%s", prefix, name);
	enum mp_status status;

	mp_docset_init(set, 0);
	status = mp_store_bits_load(set, mp_index_store(match->index), bits,
	    match->err);
	free(bits);
	return status;
}

static enum mp_status
take_out(struct mp_docset *set, struct match *match, const char *prefix,
    const char *name)
{
	struct mp_docset bits = MP_DOCSET_INIT;
	enum mp_status status = load_bits(&bits, match, prefix, name);

	if (status == MP_OK)
		mp_docset_andnot(set, &bits);
	mp_docset_clear(&bits);
	return status;
}

static enum mp_status
take_out_hidden(struct mp_docset *set, struct match *match,
    const struct mp_query *query)
{
	const struct mp_strlist *hidden = match->options->hidden;
	enum mp_status status = MP_OK;
	size_t i;

	for (i = 0; hidden != NULL && i < hidden->count &&
	    status == MP_OK; i++)
		if (!mp_query_names_tag(query, hidden->items[i]))
			status = take_out(set, match, "t:",
			    hidden->items[i]);
	return status;
}

enum mp_status
mp_query_match(struct mp_docset *set, struct mp_index *index,
    const struct mp_query *query, const struct mp_match_options *options,
    struct mp_buf *explain, struct mp_err *err)
{
	struct mp_strlist lines = MP_STRLIST_INIT;
	struct match match = {
		.index = index, .options = options, .err = err,
		.lines = explain == NULL ? NULL : &lines
	};
	enum mp_status status;
	size_t i;

	mp_docset_init(&match.alive, mp_index_end(index));
	mp_docset_init(set, match.alive.size);
	mp_docset_add_range(&match.alive, 0, match.alive.size);
	status = take_out(&match.alive, &match, "x:", "removed");
	if (status == MP_OK)
		status = evaluate(set, &match, query->root, NULL);
	if (status == MP_OK)
		status = take_out_hidden(set, &match, query);
	for (i = 0; explain != NULL && i < lines.count; i++)
		mp_buf_printf(explain, "%s\n", lines.items[i]);
	mp_strlist_clear(&lines);
	mp_docset_clear(&match.alive);
	mp_stemmer_free(match.stemmer);
	return status;
}
