/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_TESTS_HTML_CHECK_H
#define MP_TESTS_HTML_CHECK_H

/*
 * Is HTML harmless? Judged from the tree that Gumbo makes of it, by lists
 * of its own, so that the sanitizer is not measured by itself.
 */

#include <gumbo.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

static bool
html_check_is_in(const char *list, const char *name)
{
	size_t len = strlen(name);
	const char *at = list;

	while ((at = strstr(at, name)) != NULL) {
		if (at[-1] == ' ' && at[len] == ' ')
			return true;
		at++;
	}
	return false;
}

static const char *
html_check_attribute(const char *name, const char *value)
{
	static const char known[] = " align alt bgcolor border cellpadding "
	    "cellspacing color colspan dir height href lang rel rowspan size "
	    "src start style target title valign width ";

	if (!html_check_is_in(known, name))
		return name;
	if (strcmp(name, "href") == 0 &&
	    strncasecmp(value, "http://", 7) != 0 &&
	    strncasecmp(value, "https://", 8) != 0 &&
	    strncasecmp(value, "mailto:", 7) != 0)
		return "href elsewhere";
	if (strcmp(name, "src") == 0 && strncasecmp(value, "cid:", 4) != 0)
		return "src outside the message";
	if (strcmp(name, "style") == 0 &&
	    (strpbrk(value, "()\\/@<>\"'!") != NULL ||
	    strstr(value, "position") != NULL))
		return "style";
	return NULL;
}

static const char *
html_check_element(const GumboElement *element)
{
	static const char known[] = " html head body a abbr b blockquote br "
	    "caption center code col colgroup dd del div dl dt em font h1 h2 "
	    "h3 h4 h5 h6 hr i img ins li ol p pre s small span strike strong "
	    "sub sup table tbody td tfoot th thead tr tt u ul ";
	const char *name = gumbo_normalized_tagname(element->tag);
	const char *breach = NULL;
	unsigned i;

	if (element->tag_namespace != GUMBO_NAMESPACE_HTML)
		return "foreign element";
	if (!html_check_is_in(known, name))
		return *name != '\0' ? name : "unknown element";
	for (i = 0; i < element->attributes.length && breach == NULL; i++) {
		const GumboAttribute *got = element->attributes.data[i];

		breach = html_check_attribute(got->name, got->value);
	}
	return breach;
}

/* What is not allowed in the tree, NULL when it is harmless. */
static const char *
html_check_tree(const GumboNode *root)
{
	const GumboNode *node = root;
	const char *breach;

	for (;;) {
		if (node->type == GUMBO_NODE_COMMENT ||
		    node->type == GUMBO_NODE_TEMPLATE ||
		    node->type == GUMBO_NODE_CDATA)
			return "comment, template or CDATA";
		if (node->type == GUMBO_NODE_ELEMENT) {
			breach = html_check_element(&node->v.element);
			if (breach != NULL)
				return breach;
			if (node->v.element.children.length != 0) {
				node = node->v.element.children.data[0];
				continue;
			}
		}
		while (node != root && node->index_within_parent + 1 ==
		    node->parent->v.element.children.length)
			node = node->parent;
		if (node == root)
			return NULL;
		node = node->parent->v.element.children.data[
		    node->index_within_parent + 1];
	}
}

/* The same of HTML text; the caller frees what it says. */
static char *
html_check(const char *html, size_t len)
{
	GumboOptions options = kGumboDefaultOptions;
	GumboOutput *output;
	const char *breach;
	char *copy = NULL;

	options.max_errors = 0;
	output = gumbo_parse_with_options(&options, html, len);
	breach = html_check_tree(output->root);
	if (breach != NULL)	/* names of attributes die with the tree */
		copy = strdup(breach);
	gumbo_destroy_output(&options, output);
	return copy;
}

#endif
