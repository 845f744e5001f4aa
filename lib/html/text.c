/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "html/html.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "html/html_internal.h"
#include "text/text.h"

/*
 * Text is collected into paragraphs; the ends of blocks only ask for a gap,
 * and the paragraph is written when the next one begins. So what belongs to
 * a paragraph (the number of a link around it) can still be added to it.
 */

#define QUOTES_MAX 12		/* "> " shown */
#define LISTS_MAX 12		/* numbered; deeper ones only get bullets */
#define INDENT 2
#define LINKS_MAX 1000
#define LINK_TEXT_MAX 300
#define RULE_WIDTH 40
#define TABLE_GAP '\t'		/* stands between two cells */
#define CELL_MAX 60		/* bytes of a row that more cells may join */

struct place {			/* where a paragraph begins */
	unsigned gap;		/* ends of lines before it: 1, 2 */
	unsigned quotes;
	unsigned indent;
	bool pre;
	char bullet[16];
};

struct link {
	const char *href;	/* the tree's */
	char *notes;
	char *host;
};

struct render {
	struct mp_buf *to;
	struct mp_buf para;
	unsigned flags;
	size_t width;
	struct place place;	/* of para */
	struct place next;	/* of the paragraph after it */
	unsigned last_quotes;	/* of the paragraph written last */
	size_t start;		/* of our text in to */
	bool blank;		/* a blank is due before the next character */
	bool cell;		/* a gap between cells is due */
	bool cell_empty;	/* nothing came yet in a cell that joins */
	unsigned row_paras;	/* paragraphs begun in this row of a table */
	unsigned pre, tables;
	unsigned lists;
	unsigned numbers[LISTS_MAX];	/* next number; 0: bullets */
	const char *href;	/* of the link that is open */
	bool image;		/* there was an image in it */
	struct mp_buf link_text;
	struct link *links;
	size_t link_count;
};

static void
add_prefix(struct render *render, bool first)
{
	const struct place *place = &render->place;
	size_t bullet = strlen(place->bullet), indent = place->indent, i;

	for (i = 0; i < place->quotes && i < QUOTES_MAX; i++)
		mp_buf_str(render->to, "> ");
	if (indent > LISTS_MAX)
		indent = LISTS_MAX;
	indent *= INDENT;
	if (first && bullet != 0) {
		indent = indent > bullet ? indent - bullet : 0;
		for (i = 0; i < indent; i++)
			mp_buf_byte(render->to, ' ');
		mp_buf_str(render->to, place->bullet);
		return;
	}
	for (i = 0; i < indent; i++)
		mp_buf_byte(render->to, ' ');
}

static void
end_line(struct render *render)
{
	struct mp_buf *to = render->to;

	while (to->len > 0 && to->data[to->len - 1] == ' ')
		to->len--;
	mp_buf_byte(to, '\n');
}

/*
 * Bytes of the next piece that stays on one line. Chinese and Japanese break
 * anywhere, addresses nowhere; what the first room columns hold decides, so
 * that a long run is looked at once.
 */
static size_t
piece_len(const char *text, size_t len, size_t room)
{
	size_t at = 0, used = 0;
	bool wide = false;

	while (at < len && text[at] != ' ' && text[at] != TABLE_GAP) {
		uint32_t point;
		size_t step = mp_utf8_decode(&point, text + at, len - at);
		size_t columns;

		step = step != 0 ? step : 1;
		columns = mp_text_width(text + at, step);
		used += columns;
		if (used <= room)
			wide = wide || columns > 1;
		else if (wide)
			break;
		at += step;
	}
	return at;
}

static void
add_wrapped(struct render *render)
{
	const char *text = mp_buf_text(&render->para);
	size_t len = render->para.len, at = 0, column, start;
	bool first = true;

	while (at < len) {
		size_t line = render->to->len, gap = 0;

		add_prefix(render, first);
		column = mp_text_width(mp_buf_text(render->to) + line,
		    render->to->len - line);
		start = column;
		first = false;
		while (at < len) {
			size_t room = render->width > start ?
			    render->width - start : 1;
			size_t piece = piece_len(text + at, len - at, room);
			size_t wide = mp_text_width(text + at, piece);

			if (column > start &&
			    column + gap + wide > render->width)
				break;
			for (; gap > 0; gap--, column++)
				mp_buf_byte(render->to, ' ');
			mp_buf_add(render->to, text + at, piece);
			column += wide;
			at += piece;
			for (; at < len && (text[at] == ' ' ||
			    text[at] == TABLE_GAP); at++)
				gap += text[at] == TABLE_GAP ? 2 : 1;
		}
		end_line(render);
		if (render->to->overflow)
			return;
	}
}

static void
flush(struct render *render)
{
	const char *text = mp_buf_text(&render->para);
	size_t i;

	if (render->para.len == 0)
		return;
	if (render->to->len > render->start && render->place.gap > 1) {
		for (i = 0; i < render->place.quotes &&
		    i < render->last_quotes && i < QUOTES_MAX; i++)
			mp_buf_str(render->to, "> ");
		end_line(render);
	}
	render->last_quotes = render->place.quotes;
	if (render->width != 0 && !render->place.pre) {
		add_wrapped(render);
	} else {
		add_prefix(render, true);
		for (i = 0; i < render->para.len; i++) {
			if (text[i] == TABLE_GAP)
				mp_buf_str(render->to, "  ");
			else
				mp_buf_byte(render->to, (uint8_t)text[i]);
		}
		end_line(render);
	}
	mp_buf_reset(&render->para);
}

static void
ask_gap(struct render *render, unsigned lines)
{
	if (render->cell_empty)
		return;
	if (render->next.gap < lines)
		render->next.gap = lines;
	render->blank = render->cell = false;
}

/* Before text: begin the next paragraph if a gap was asked for. */
static void
begin_text(struct render *render)
{
	if (render->next.gap == 0)
		return;
	flush(render);
	render->row_paras++;
	render->place = render->next;
	render->place.pre = render->pre > 0;
	render->next.gap = 0;
	render->next.bullet[0] = '\0';
}

static void
add_point(struct render *render, uint32_t point)
{
	begin_text(render);
	if (render->cell && render->para.len > 0)
		mp_buf_byte(&render->para, TABLE_GAP);
	else if (render->blank && render->para.len > 0)
		mp_buf_byte(&render->para, ' ');
	if (render->href != NULL && render->link_text.len < LINK_TEXT_MAX) {
		if (render->blank && render->link_text.len > 0)
			mp_buf_byte(&render->link_text, ' ');
		mp_utf8_add(&render->link_text, point);
	}
	render->blank = render->cell = render->cell_empty = false;
	mp_utf8_add(&render->para, point);
}

/* Controls, and what is there to fill or to turn text around. */
static bool
is_unseen(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0) ||
	    point == 0xad || point == 0x34f || point == 0x61c ||
	    point == 0x180e || (point >= 0x200b && point <= 0x200f) ||
	    (point >= 0x202a && point <= 0x202e) ||
	    (point >= 0x2060 && point <= 0x206f) || point == 0xfeff ||
	    (point >= 0xfff9 && point <= 0xfffb) ||
	    (point >= 0xe0000 && point <= 0xe007f);
}

static void
pre_point(struct render *render, uint32_t point)
{
	if (point == '\n') {
		if (render->next.gap < 2)
			render->next.gap++;
	} else if (point == '\t') {
		begin_text(render);
		do
			mp_buf_byte(&render->para, ' ');
		while (render->para.len % 8 != 0);
	} else if (!is_unseen(point)) {
		add_point(render, point);
	}
}

static void
add_text(struct render *render, const char *text, size_t len)
{
	size_t i = 0;

	while (i < len) {
		uint32_t point;
		size_t step = mp_utf8_decode(&point, text + i, len - i);

		i += step != 0 ? step : 1;
		if (render->pre > 0)
			pre_point(render, point == 0xa0 ? ' ' : point);
		else if (point == ' ' || (point >= '\t' && point <= '\r') ||
		    point == 0xa0 || point == 0x2028 || point == 0x2029)
			render->blank = true;
		else if (!is_unseen(point))
			add_point(render, point);
	}
}

static void
add_string(struct render *render, const char *text)
{
	add_text(render, text, strlen(text));
}

/* The number of a link with these notes, 0 when there are too many. */
static size_t
link_number(struct render *render, const struct mp_html_link *link)
{
	struct link *made;
	size_t i;

	for (i = 0; i < render->link_count; i++)
		if (strcmp(render->links[i].href, render->href) == 0 &&
		    strcmp(render->links[i].notes, link->notes) == 0)
			return i + 1;
	if (render->link_count == LINKS_MAX)
		return 0;
	if (render->links == NULL)
		render->links = mp_calloc(LINKS_MAX, sizeof *render->links);
	made = &render->links[render->link_count++];
	made->href = render->href;
	made->notes = mp_strdup(link->notes);
	made->host = mp_strdup(link->host);
	return render->link_count;
}

static void
end_link(struct render *render)
{
	struct mp_html_link link;
	struct mp_buf mark = MP_BUF_INIT(64);
	unsigned gap = render->next.gap;
	size_t number;

	if (render->href == NULL)
		return;
	if (render->link_text.len == 0 && render->image)
		add_string(render, "[image]");
	mp_html_link_read(&link, render->href,
	    mp_buf_text(&render->link_text), render->link_text.len);
	number = render->link_text.len != 0 && (link.host[0] != '\0' ||
	    link.notes[0] != '\0') ? link_number(render, &link) : 0;
	render->href = NULL;
	if (number != 0) {
		mp_buf_printf(&mark, "[%zu]%s", number,
		    link.notes[0] != '\0' ? "[!]" : "");
		render->next.gap = 0;	/* it belongs to what came before */
		render->blank = render->para.len != 0;
		add_string(render, mp_buf_text(&mark));
		render->next.gap = gap;
	}
	mp_buf_clear(&mark);
	mp_buf_reset(&render->link_text);
}

static void
begin_list(struct render *render, const GumboNode *node)
{
	const char *start = mp_html_attr(node, "start");
	unsigned number = 1;

	ask_gap(render, render->lists == 0 ? 2 : 1);
	if (start != NULL && *start >= '0' && *start <= '9')
		number = (unsigned)strtoul(start, NULL, 10) % 1000000;
	if (render->lists < LISTS_MAX)
		render->numbers[render->lists] =
		    node->v.element.tag == GUMBO_TAG_OL ? number : 0;
	render->lists++;
	render->next.indent++;
}

static void
begin_item(struct render *render)
{
	unsigned *number = render->lists > 0 && render->lists <= LISTS_MAX ?
	    &render->numbers[render->lists - 1] : NULL;

	ask_gap(render, 1);
	if (number != NULL && *number != 0)
		(void)snprintf(render->next.bullet,
		    sizeof render->next.bullet, "%u. ", (*number)++);
	else
		memcpy(render->next.bullet, "* ", 3);
}

/*
 * Cells of a row stand side by side as long as each is one short paragraph;
 * so are those of tables with data, but not those that lay out a page.
 */
static void
begin_cell(struct render *render, const GumboNode *node)
{
	render->cell_empty = false;
	if (node->index_within_parent == 0 || render->row_paras == 0)
		return;
	if (render->row_paras > 1 || render->para.len > CELL_MAX) {
		ask_gap(render, 1);
		return;
	}
	render->next.gap = 0;
	render->cell = render->cell_empty = true;
}

static void
add_image(struct render *render, const GumboNode *node)
{
	const char *alt = mp_html_attr(node, "alt");

	render->image = true;
	if (alt == NULL || alt[strspn(alt, " \t\r\n")] == '\0')
		return;
	add_string(render, "[");
	add_string(render, alt);
	add_string(render, "]");
}

static void
add_rule(struct render *render)
{
	size_t i;

	ask_gap(render, 1);
	for (i = 0; i < RULE_WIDTH; i++)
		add_string(render, "-");
	ask_gap(render, 1);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"	/* Gumbo has 150 tags */

/* The gap before and after an element. */
static void
ask_gap_of(struct render *render, GumboTag tag)
{
	enum mp_html_kind kind = mp_html_kind(tag);
	bool tight = render->lists > 0 ||
	    (tag == GUMBO_TAG_TABLE && render->tables > 0);

	if (kind == MP_HTML_BLOCK || tag == GUMBO_TAG_HR)
		ask_gap(render, 1);
	else if (kind == MP_HTML_PARAGRAPH)
		ask_gap(render, tight ? 1 : 2);
}

static void
enter(struct render *render, const GumboNode *node)
{
	ask_gap_of(render, node->v.element.tag);
	switch (node->v.element.tag) {
	case GUMBO_TAG_A:
		end_link(render);
		render->href = mp_html_attr(node, "href");
		render->image = false;
		if ((render->flags & MP_HTML_LINKS) == 0)
			render->href = NULL;
		break;
	case GUMBO_TAG_BLOCKQUOTE:
		render->next.quotes++;
		break;
	case GUMBO_TAG_BR:
		if (render->next.gap < 2)
			ask_gap(render, render->next.gap + 1);
		break;
	case GUMBO_TAG_DD:
		render->next.indent += 2;
		break;
	case GUMBO_TAG_HR:
		add_rule(render);
		break;
	case GUMBO_TAG_IMG:
		add_image(render, node);
		break;
	case GUMBO_TAG_LI:
		begin_item(render);
		break;
	case GUMBO_TAG_OL:
	case GUMBO_TAG_UL:
	case GUMBO_TAG_DIR:
	case GUMBO_TAG_MENU:
		begin_list(render, node);
		break;
	case GUMBO_TAG_PRE:
	case GUMBO_TAG_LISTING:
	case GUMBO_TAG_XMP:
	case GUMBO_TAG_PLAINTEXT:
		render->pre++;
		break;
	case GUMBO_TAG_TABLE:
		render->tables++;
		break;
	case GUMBO_TAG_TD:
	case GUMBO_TAG_TH:
		begin_cell(render, node);
		break;
	case GUMBO_TAG_TR:
		render->row_paras = 0;
		break;
	default:
		break;
	}
}

static void
leave(struct render *render, const GumboNode *node)
{
	switch (node->v.element.tag) {
	case GUMBO_TAG_A:
		end_link(render);
		break;
	case GUMBO_TAG_BLOCKQUOTE:
		render->next.quotes--;
		break;
	case GUMBO_TAG_DD:
		render->next.indent -= 2;
		break;
	case GUMBO_TAG_OL:
	case GUMBO_TAG_UL:
	case GUMBO_TAG_DIR:
	case GUMBO_TAG_MENU:
		render->lists--;
		render->next.indent--;
		break;
	case GUMBO_TAG_PRE:
	case GUMBO_TAG_LISTING:
	case GUMBO_TAG_XMP:
	case GUMBO_TAG_PLAINTEXT:
		render->pre--;
		break;
	case GUMBO_TAG_TABLE:
		render->tables--;
		render->row_paras = 2;	/* nothing joins it */
		break;
	case GUMBO_TAG_TD:
	case GUMBO_TAG_TH:
	case GUMBO_TAG_TR:
		render->cell_empty = false;
		break;
	default:
		break;
	}
	ask_gap_of(render, node->v.element.tag);
}

#pragma GCC diagnostic pop

static void
render_tree(struct render *render, const GumboNode *root)
{
	struct mp_html_walk walk;

	mp_html_walk_init(&walk, root);
	while (walk.node != NULL && !render->to->overflow) {
		const GumboNode *node = walk.node;

		if (mp_html_is_element(node)) {
			if (walk.leaving) {
				leave(render, node);
			} else if (mp_html_is_hidden(node)) {
				mp_html_walk_skip(&walk);
				continue;
			} else {
				enter(render, node);
			}
		} else if (node->type == GUMBO_NODE_TEXT ||
		    node->type == GUMBO_NODE_WHITESPACE ||
		    node->type == GUMBO_NODE_CDATA) {
			add_string(render, node->v.text.text);
		}
		mp_html_walk_next(&walk);
	}
	end_link(render);
	flush(render);
}

static void
add_foot(struct render *render)
{
	size_t i;

	if (render->link_count != 0)
		mp_buf_str(render->to, "\n");
	for (i = 0; i < render->link_count; i++) {
		const struct link *link = &render->links[i];
		struct mp_html_link again;
		struct mp_buf line = MP_BUF_INIT(1 << 16);

		mp_html_link_read(&again, link->href, "", 0);
		mp_buf_printf(&line, "[%zu] %s%s%s", i + 1, link->host,
		    link->host[0] != '\0' ? "  " : "", again.url);
		if (link->notes[0] != '\0')
			mp_buf_printf(&line, "  [!] %s", link->notes);
		mp_utf8_clean(render->to, mp_buf_text(&line), line.len,
		    false);
		mp_buf_byte(render->to, '\n');
		mp_buf_clear(&line);
	}
}

static void
render_clear(struct render *render)
{
	size_t i;

	for (i = 0; i < render->link_count; i++) {
		free(render->links[i].notes);
		free(render->links[i].host);
	}
	free(render->links);
	mp_buf_clear(&render->para);
	mp_buf_clear(&render->link_text);
}

/* A document that is too much for a tree: its words, line by line. */
static void
render_plain(struct render *render, const char *html, size_t len)
{
	struct mp_buf plain = MP_BUF_INIT(2 * MP_HTML_MAX);

	(void)mp_html_plain(&plain, html, len, true);
	render->pre = 1;
	add_text(render, mp_buf_text(&plain), plain.len);
	render->place.pre = false;
	flush(render);
	mp_buf_clear(&plain);
}

/* For the index: text as it is, with a line end where a block begins. */
static void
add_tree_plain(struct mp_buf *to, const GumboNode *root)
{
	struct mp_html_walk walk;

	mp_html_walk_init(&walk, root);
	while (walk.node != NULL && !to->overflow) {
		const GumboNode *node = walk.node;

		if (mp_html_is_element(node)) {
			if (!walk.leaving && mp_html_is_hidden(node)) {
				mp_html_walk_skip(&walk);
				continue;
			}
			if (mp_html_parts_words(node->v.element.tag))
				mp_buf_byte(to, '\n');
		} else if (node->type != GUMBO_NODE_COMMENT) {
			mp_buf_str(to, node->v.text.text);
		}
		mp_html_walk_next(&walk);
	}
}

enum mp_status
mp_html_text(struct mp_buf *to, const char *html, size_t len,
    unsigned flags, unsigned width, struct mp_err *err)
{
	struct render render = {
		.to = to, .start = to->len, .flags = flags, .width = width,
		.para = MP_BUF_INIT(2 * MP_HTML_MAX),
		.link_text = MP_BUF_INIT(LINK_TEXT_MAX + 8)
	};
	struct mp_html_tree tree;

	if (len == 0)
		return MP_OK;
	if (len > MP_HTML_MAX)
		return mp_err_set(err, MP_INVALID,
		    "cannot read HTML: over %zu bytes", MP_HTML_MAX);
	if ((flags & MP_HTML_PLAIN) != 0 &&
	    mp_html_plain(to, html, len, false))
		goto done;
	render.next.gap = 1;
	if (mp_html_tree_parse(&tree, html, len)) {
		if ((flags & MP_HTML_PLAIN) != 0) {
			add_tree_plain(to, tree.output->root);
		} else {
			render_tree(&render, tree.output->root);
			add_foot(&render);
		}
	} else if ((flags & MP_HTML_PLAIN) != 0) {
		(void)mp_html_plain(to, html, len, true);
	} else {
		render_plain(&render, html, len);
	}
	render_clear(&render);
	mp_html_tree_clear(&tree);
done:
	if (to->overflow)
		return mp_err_set(err, MP_INVALID,
		    "cannot read HTML: its text is over %zu bytes", to->max);
	return MP_OK;
}
