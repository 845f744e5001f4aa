/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "index/index_internal.h"

/* --- threads of a set ----------------------------------------------- */

/* Call fn with the root of each indexed document, in order. */
typedef void root_fn(void *arg, uint32_t docid, uint32_t root);

static enum mp_status
walk_segment(struct mp_index *index, struct mp_segment *segment, root_fn *fn,
    void *arg, struct mp_err *err)
{
	uint8_t raw[4 * MP_WINDOW];
	uint64_t docid = segment->ref.first;
	uint32_t count, i;

	while (docid < segment->ref.end) {
		enum mp_status status = mp_segment_column(raw, &count,
		    MP_WINDOW, segment, MP_SECTION_THREAD, 4,
		    (uint32_t)docid, err);

		if (status != MP_OK)
			return status;
		for (i = 0; i < count; i++)
			fn(arg, (uint32_t)docid + i,
			    mp_roots_find(&index->roots,
			    mp_get_u32(raw + (size_t)4 * i)));
		docid += count;
	}
	return MP_OK;
}

/* Documents before from are left out, as far as whole segments are. */
static enum mp_status
walk_roots(struct mp_index *index, uint32_t from, root_fn *fn, void *arg,
    struct mp_err *err)
{
	enum mp_status status = mp_index_load_roots(index, err);
	size_t i;

	for (i = 0; i < index->segment_count && status == MP_OK; i++)
		if (index->segments[i]->ref.end > from)
			status = walk_segment(index, index->segments[i], fn,
			    arg, err);
	return status;
}

struct thread_sets {
	struct mp_docset *set;
	struct mp_docset roots;
	uint32_t lowest;	/* of the roots */
};

static void
note_root(void *arg, uint32_t docid, uint32_t root)
{
	struct thread_sets *sets = arg;

	if (!mp_docset_has(sets->set, docid))
		return;
	mp_docset_add(&sets->roots, root);
	if (root < sets->lowest)
		sets->lowest = root;
}

static void
add_member(void *arg, uint32_t docid, uint32_t root)
{
	struct thread_sets *sets = arg;

	if (mp_docset_has(&sets->roots, root))
		mp_docset_add(sets->set, docid);
}

enum mp_status
mp_index_threads(struct mp_docset *set, struct mp_index *index,
    struct mp_err *err)
{
	struct thread_sets sets = { .set = set, .lowest = UINT32_MAX };
	uint32_t first = mp_docset_next(set, 0);
	enum mp_status status;

	if (first == MP_DOCSET_END)
		return MP_OK;
	mp_docset_init(&sets.roots, mp_index_end(index));
	status = walk_roots(index, first, note_root, &sets, err);
	if (status == MP_OK && sets.lowest != UINT32_MAX)
		status = walk_roots(index, sets.lowest, add_member, &sets,
		    err);
	mp_docset_clear(&sets.roots);
	return status;
}

/* --- the tree of a thread ------------------------------------------- */

#define NONE SIZE_MAX

struct node {
	uint32_t docid;
	uint32_t date;
	uint32_t order;		/* the latest date on the way from the top */
	uint32_t depth;
	size_t parent;		/* index in the tree, or NONE */
	size_t mark;		/* of the walk that passed it; 0: none */
	uint32_t parent_docid;
};

struct tree {
	uint32_t root;
	struct node *nodes;	/* by docid */
	size_t count;
	size_t cap;
};

static void
add_node(void *arg, uint32_t docid, uint32_t root)
{
	struct tree *tree = arg;

	if (root != tree->root)
		return;
	if (tree->count == tree->cap) {
		tree->cap = tree->cap * 2 + 16;
		tree->nodes = mp_realloc_array(tree->nodes, tree->cap,
		    sizeof *tree->nodes);
	}
	tree->nodes[tree->count++] = (struct node){ .docid = docid,
	    .parent = NONE };
}

static size_t
find_node(const struct tree *tree, uint32_t docid)
{
	size_t low = 0, high = tree->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (tree->nodes[middle].docid < docid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < tree->count && tree->nodes[low].docid == docid ? low :
	    NONE;
}

struct parent_search {
	const struct tree *tree;
	size_t child;
	size_t parent;
};

static enum mp_status
take_parent(void *arg, struct mp_segment *segment, uint32_t docid,
    struct mp_err *err)
{
	struct parent_search *search = arg;
	size_t at = find_node(search->tree, docid);

	(void)segment;
	(void)err;
	if (at != NONE && at != search->child && search->parent == NONE)
		search->parent = at;
	return MP_OK;
}

/* The nearest reference that the thread has a document of. */
static enum mp_status
find_parent(struct tree *tree, size_t at, struct mp_index *index,
    struct mp_err *err)
{
	struct parent_search search = { tree, at, NONE };
	uint32_t docid = tree->nodes[at].docid, count;
	uint64_t refs[MP_REFS_KEPT];
	enum mp_status status = mp_segment_refs(refs, &count,
	    mp_index_segment_of(index, docid), docid, err);

	while (status == MP_OK && count-- != 0 && search.parent == NONE)
		status = mp_index_owners(index, refs[count], take_parent,
		    &search, err);
	tree->nodes[at].parent = search.parent;
	return status;
}

/*
 * Mail can claim to answer its own answer: cut such circles, each where the
 * first walk came in, so that every node has a way to the top.
 */
static void
cut_circles(struct tree *tree)
{
	size_t i, at;

	for (i = 0; i < tree->count; i++) {
		at = i;
		while (tree->nodes[at].mark == 0) {
			tree->nodes[at].mark = i + 1;
			if (tree->nodes[at].parent == NONE)
				break;
			at = tree->nodes[at].parent;
			if (tree->nodes[at].mark == i + 1) {
				tree->nodes[at].parent = NONE;
				break;
			}
		}
	}
}

/* Set order and depth of a node whose parent has them. */
static void
place_node(struct tree *tree, struct node *node)
{
	const struct node *parent;

	node->order = node->date;
	node->depth = 1;
	if (node->parent == NONE)
		return;
	parent = &tree->nodes[node->parent];
	node->depth = parent->depth + 1;
	if (parent->order > node->order)
		node->order = parent->order;
}

static void
place_nodes(struct tree *tree)
{
	size_t *path = mp_calloc(tree->count + 1, sizeof *path);
	size_t i;

	for (i = 0; i < tree->count; i++) {
		size_t at = i, depth = 0;

		while (at != NONE && tree->nodes[at].depth == 0) {
			path[depth++] = at;
			at = tree->nodes[at].parent;
		}
		while (depth != 0)
			place_node(tree, &tree->nodes[path[--depth]]);
	}
	free(path);
}

static int
compare_nodes(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	if (x->depth != y->depth)
		return x->depth < y->depth ? -1 : 1;
	return x->docid < y->docid ? -1 : x->docid > y->docid;
}

/* Sort into *nodes, parents named by docid. */
static void
give_nodes(struct mp_thread_node **nodes, struct tree *tree)
{
	size_t i;

	for (i = 0; i < tree->count; i++)
		tree->nodes[i].parent_docid =
		    tree->nodes[i].parent == NONE ? MP_DOCSET_END :
		    tree->nodes[tree->nodes[i].parent].docid;
	qsort(tree->nodes, tree->count, sizeof *tree->nodes, compare_nodes);
	*nodes = mp_calloc(tree->count + 1, sizeof **nodes);
	for (i = 0; i < tree->count; i++) {
		(*nodes)[i].docid = tree->nodes[i].docid;
		(*nodes)[i].parent = tree->nodes[i].parent_docid;
	}
}

enum mp_status
mp_index_thread_nodes(struct mp_thread_node **nodes, size_t *count,
    struct mp_index *index, uint32_t root, struct mp_err *err)
{
	struct tree tree = { .root = root };
	enum mp_status status;
	size_t i;

	*nodes = NULL;
	*count = 0;
	status = walk_roots(index, root, add_node, &tree, err);
	for (i = 0; i < tree.count && status == MP_OK; i++) {
		status = mp_index_date(&tree.nodes[i].date, index,
		    tree.nodes[i].docid, err);
		if (status == MP_OK)
			status = find_parent(&tree, i, index, err);
	}
	if (status == MP_OK) {
		cut_circles(&tree);
		place_nodes(&tree);
		give_nodes(nodes, &tree);
		*count = tree.count;
	}
	free(tree.nodes);
	return status;
}
