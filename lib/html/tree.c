/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "html/html_internal.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/alloc.h"

#define CHUNK_SIZE ((size_t)256 << 10)
#define MEMORY_BASE ((size_t)16 << 20)
#define MEMORY_FACTOR 64	/* bytes of tree a byte of HTML may need */
#define MEMORY_MAX ((size_t)256 << 20)
#define CPU_MS_MAX 1000
#define CLOCK_EVERY 64		/* allocations between looks at the clock */

struct mp_html_chunk {
	struct mp_html_chunk *next;
	size_t used, size;
	_Alignas(16) char data[];
};

struct arena {
	struct mp_html_tree *tree;
	jmp_buf too_much;
	int64_t deadline_ms;
	unsigned calls;
};

static int64_t
cpu_ms(void)
{
	struct timespec now = { 0, 0 };

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Gumbo cannot deal with NULL: past a limit the parse is left for good. */
static void *
arena_take(void *arg, size_t size)
{
	struct arena *arena = arg;
	struct mp_html_tree *tree = arena->tree;
	struct mp_html_chunk *chunk = tree->chunks;
	void *at;

	if (++arena->calls % CLOCK_EVERY == 0 &&
	    cpu_ms() >= arena->deadline_ms)
		longjmp(arena->too_much, 1);
	if (size > tree->limit - tree->used)
		longjmp(arena->too_much, 1);
	size = (size + 15) & ~(size_t)15;
	if (chunk == NULL || size > chunk->size - chunk->used) {
		size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;

		chunk = mp_malloc(sizeof *chunk + room);
		chunk->next = tree->chunks;
		chunk->used = 0;
		chunk->size = room;
		tree->chunks = chunk;
	}
	at = chunk->data + chunk->used;
	chunk->used += size;
	tree->used += size < tree->limit - tree->used ? size :
	    tree->limit - tree->used;
	return at;
}

static void
arena_give(void *arg, void *at)
{
	(void)arg;
	(void)at;
}

bool
mp_html_tree_parse(struct mp_html_tree *tree, const char *html, size_t len)
{
	struct arena arena = { .tree = tree };
	GumboOptions options = kGumboDefaultOptions;

	memset(tree, 0, sizeof *tree);
	tree->limit = MEMORY_BASE + len * MEMORY_FACTOR;
	if (tree->limit > MEMORY_MAX)
		tree->limit = MEMORY_MAX;
	arena.deadline_ms = cpu_ms() + CPU_MS_MAX;
	options.allocator = arena_take;
	options.deallocator = arena_give;
	options.userdata = &arena;
	options.max_errors = 0;
	if (setjmp(arena.too_much) != 0)
		return false;
	tree->output = gumbo_parse_with_options(&options, html, len);
	return true;
}

void
mp_html_tree_clear(struct mp_html_tree *tree)
{
	while (tree->chunks != NULL) {
		struct mp_html_chunk *chunk = tree->chunks;

		tree->chunks = chunk->next;
		free(chunk);
	}
	tree->output = NULL;
}

bool
mp_html_is_element(const GumboNode *node)
{
	return node->type == GUMBO_NODE_ELEMENT ||
	    node->type == GUMBO_NODE_TEMPLATE;
}

void
mp_html_walk_init(struct mp_html_walk *walk, const GumboNode *root)
{
	walk->root = walk->node = root;
	walk->leaving = false;
	walk->depth = 0;
}

/* From a node that is done with to the next one or up. */
static void
walk_on(struct mp_html_walk *walk)
{
	const GumboNode *parent = walk->node->parent;
	size_t next = walk->node->index_within_parent + 1;

	if (walk->node == walk->root) {
		walk->node = NULL;
		return;
	}
	walk->leaving = next >= parent->v.element.children.length;
	if (walk->leaving) {
		walk->node = parent;
		walk->depth--;
	} else {
		walk->node = parent->v.element.children.data[next];
	}
}

void
mp_html_walk_next(struct mp_html_walk *walk)
{
	const GumboNode *node = walk->node;

	if (walk->leaving || !mp_html_is_element(node))
		walk_on(walk);
	else if (node->v.element.children.length == 0)
		walk->leaving = true;
	else {
		walk->node = node->v.element.children.data[0];
		walk->depth++;
	}
}

void
mp_html_walk_skip(struct mp_html_walk *walk)
{
	walk_on(walk);
}

const char *
mp_html_attr(const GumboNode *node, const char *name)
{
	const GumboAttribute *got =
	    gumbo_get_attribute(&node->v.element.attributes, name);

	return got != NULL ? got->value : NULL;
}

bool
mp_html_is_hidden(const GumboNode *node)
{
	const char *style;

	if (node->v.element.tag_namespace != GUMBO_NAMESPACE_HTML ||
	    mp_html_kind(node->v.element.tag) == MP_HTML_DROPPED)
		return true;
	if (node->v.element.attributes.length == 0)
		return false;
	if (mp_html_attr(node, "hidden") != NULL)
		return true;
	style = mp_html_attr(node, "style");
	return style != NULL && mp_html_style_hides(style, strlen(style));
}
