/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "query/date.h"
#include "query/query_internal.h"

struct node *
mp_node_new(enum node_kind kind)
{
	struct node *node = mp_calloc(1, sizeof *node);

	node->kind = kind;
	return node;
}

void
mp_node_free(struct node *node)
{
	size_t i;

	if (node == NULL)
		return;
	for (i = 0; i < node->count; i++)
		mp_node_free(node->children[i]);
	free(node->children);
	mp_strlist_clear(&node->words);
	free(node->text);
	if (node->regex != NULL)
		regfree(node->regex);
	free(node->regex);
	free(node);
}

void
mp_node_add(struct node *parent, struct node *child)
{
	if (parent->count == parent->cap) {
		parent->cap = parent->cap == 0 ? 4 : parent->cap * 2;
		parent->children = mp_realloc_array(parent->children,
		    parent->cap, sizeof *parent->children);
	}
	parent->children[parent->count++] = child;
}

struct node *
mp_node_join(enum node_kind kind, struct node *left, struct node *right)
{
	struct node *node;

	if (left == NULL)
		return right;
	if (right == NULL)
		return left;
	if (left->kind == kind) {
		mp_node_add(left, right);
		return left;
	}
	node = mp_node_new(kind);
	mp_node_add(node, left);
	mp_node_add(node, right);
	return node;
}

struct node *
mp_node_not(struct node *child)
{
	struct node *node = mp_node_new(NODE_NOT);

	mp_node_add(node, child);
	return node;
}

static const char *const field_names[MP_FIELDS] = {
	[MP_FIELD_BODY] = "body", [MP_FIELD_SUBJECT] = "subject",
	[MP_FIELD_FROM] = "from", [MP_FIELD_TO] = "to", [MP_FIELD_CC] = "cc",
	[MP_FIELD_ATTACHMENT] = "attachment",
	[MP_FIELD_MIMETYPE] = "mimetype", [MP_FIELD_LIST] = "list",
	[MP_FIELD_MUA] = "mua", [MP_FIELD_FLAG] = "has",
	[MP_FIELD_PROPERTY] = "property",
	[MP_FIELD_PERSON_FROM] = "sender", [MP_FIELD_PERSON_TO] = "personal"
};

static void
print_fields(struct mp_buf *to, unsigned fields)
{
	const char *comma = "";
	int field;

	if (fields == FIELDS_ANY) {
		mp_buf_str(to, "any:");
		return;
	}
	for (field = 0; field < MP_FIELDS; field++)
		if (fields & FIELD_BIT(field)) {
			mp_buf_printf(to, "%s%s", comma, field_names[field]);
			comma = ",";
		}
	mp_buf_byte(to, ':');
}

static void
print_quoted(struct mp_buf *to, const char *text)
{
	mp_buf_byte(to, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			mp_buf_byte(to, '"');
		mp_buf_byte(to, (uint8_t)*text);
	}
	mp_buf_byte(to, '"');
}

static void
print_words(struct mp_buf *to, const struct node *node)
{
	size_t i;

	print_fields(to, node->fields);
	if (node->kind == NODE_EMPTY) {
		mp_buf_str(to, "\"\"");
		return;
	}
	if (node->kind != NODE_PHRASE) {
		mp_buf_str(to, node->words.items[0]);
		mp_buf_str(to, node->kind == NODE_PREFIX ? "*" :
		    node->stem ? "~" : "");
		return;
	}
	if (node->window != node->words.count || !node->ordered)
		mp_buf_printf(to, "%s/%" PRIu32,
		    node->ordered ? "adj" : "near", node->window);
	for (i = 0; i < node->words.count; i++)
		mp_buf_printf(to, "%c%s", i == 0 ? '"' : ' ',
		    node->words.items[i]);
	mp_buf_str(to, node->last_prefix ? "*\"" : "\"");
}

static void
print_range(struct mp_buf *to, const char *name, const struct node *node)
{
	mp_buf_printf(to, "%s:", name);
	if (node->first != MP_DATE_FIRST)
		mp_buf_printf(to, "%" PRId64, node->first);
	mp_buf_str(to, "..");
	if (node->last != MP_DATE_LAST)
		mp_buf_printf(to, "%" PRId64, node->last);
}

static void
print_children(struct mp_buf *to, const char *name, const struct node *node)
{
	size_t i;

	mp_buf_printf(to, "(%s", name);
	for (i = 0; i < node->count; i++) {
		mp_buf_byte(to, ' ');
		mp_node_print(to, node->children[i]);
	}
	mp_buf_byte(to, ')');
}

static void
print_text(struct mp_buf *to, const char *name, const struct node *node)
{
	mp_buf_printf(to, "%s:", name);
	print_quoted(to, node->text);
}

static void
print_regex(struct mp_buf *to, const struct node *node)
{
	static const char *const names[] = {
		[ON_FROM] = "from", [ON_SUBJECT] = "subject", [ON_ID] = "id",
		[ON_TAG] = "tag", [ON_FOLDER] = "path"
	};

	mp_buf_printf(to, "%s:/%s/", node->maildir ? "folder" :
	    names[node->on], node->text);
}

void
mp_node_print(struct mp_buf *to, const struct node *node)
{
	switch (node->kind) {
	case NODE_ALL:
		mp_buf_str(to, "all");
		break;
	case NODE_NONE:
		mp_buf_str(to, "none");
		break;
	case NODE_AND:
		print_children(to, "and", node);
		break;
	case NODE_OR:
		print_children(to, "or", node);
		break;
	case NODE_XOR:
		print_children(to, "xor", node);
		break;
	case NODE_NOT:
		print_children(to, "not", node);
		break;
	case NODE_WORD:
	case NODE_PREFIX:
	case NODE_PHRASE:
	case NODE_EMPTY:
		print_words(to, node);
		break;
	case NODE_EXACT:
		print_fields(to, node->fields);
		print_quoted(to, node->text);
		break;
	case NODE_TAG:
		print_text(to, "tag", node);
		mp_buf_str(to, node->last_prefix ? "*" : "");
		break;
	case NODE_FOLDER:
		print_text(to, node->maildir ? "folder" : "path", node);
		mp_buf_str(to, node->recursive ? "/**" : "");
		break;
	case NODE_ID:
		print_text(to, "id", node);
		break;
	case NODE_THREAD:
		print_children(to, "thread", node);
		break;
	case NODE_DOCID:
		mp_buf_printf(to, "docid:%" PRId64, node->first);
		break;
	case NODE_REGEX:
		print_regex(to, node);
		break;
	case NODE_DATE:
		print_range(to, "date", node);
		break;
	case NODE_SIZE:
		print_range(to, "size", node);
		break;
	case NODE_LASTMOD:
		print_range(to, "lastmod", node);
		break;
	case NODE_PERSONAL:
		mp_buf_str(to, "personal");
		break;
	case NODE_KNOWN:
		mp_buf_str(to, "sender:known");
		break;
	}
}

void
mp_query_print(struct mp_buf *to, const struct mp_query *query)
{
	mp_node_print(to, query->root);
}

void
mp_query_free(struct mp_query *query)
{
	if (query == NULL)
		return;
	mp_node_free(query->root);
	free(query->note);
	mp_strlist_clear(&query->tags);
	free(query);
}

const char *
mp_query_note(const struct mp_query *query)
{
	return query->note;
}

bool
mp_query_names_tag(const struct mp_query *query, const char *tag)
{
	return mp_strlist_has(&query->tags, tag);
}
