/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "index/index_internal.h"

enum near_limits {
	LIST_BUF = 4096,
	PLACES_MAX = 64,
	WINDOW_MAX = 1 << 12
};

/* One term of a place: its list in the segment at hand. */
struct near_list {
	struct mp_list_in in;
	bool started;
	bool at_end;
};

struct near_place {
	struct near_list *lists;
	size_t count;
	uint32_t *positions;	/* of the document at hand, sorted */
	size_t position_count;
	size_t position_cap;
	size_t at;
};

struct near {
	struct mp_segment *segment;
	struct near_place *places;
	size_t count;
	struct mp_docset candidates;	/* documents that have all places */
	uint32_t window;
	bool ordered;
};

static void
near_clear(struct near *near)
{
	size_t i, k;

	for (i = 0; i < near->count; i++) {
		for (k = 0; k < near->places[i].count; k++)
			mp_list_in_clear(&near->places[i].lists[k].in);
		free(near->places[i].lists);
		free(near->places[i].positions);
	}
	free(near->places);
	mp_docset_clear(&near->candidates);
}

/* Find the lists of a place and keep the candidates that are in them. */
static enum mp_status
open_place(struct near *near, struct near_place *to, struct mp_index *index,
    enum mp_field field, const struct mp_phrase_place *place,
    struct mp_err *err)
{
	struct mp_docset here;
	enum mp_status status = MP_OK;
	size_t i;

	mp_docset_init(&here, near->candidates.size);
	to->lists = mp_calloc(place->count + 1, sizeof *to->lists);
	for (i = 0; i < place->count && status == MP_OK; i++) {
		struct mp_list list;
		bool found;

		status = mp_index_lookup(&list, &found, near->segment, field,
		    place->terms[i], strlen(place->terms[i]), err);
		if (status != MP_OK || !found)
			continue;
		status = mp_list_add(&here, near->segment, &list,
		    &index->list, err);
		mp_list_in_init(&to->lists[to->count].in, LIST_BUF);
		mp_list_open(&to->lists[to->count].in, near->segment, &list,
		    true, err);
		to->count++;
	}
	mp_docset_and(&near->candidates, &here);
	mp_docset_clear(&here);
	return status;
}

static int
compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void
add_positions(struct near_place *place, struct near_list *list)
{
	uint32_t position;

	while (mp_list_position(&list->in, &position)) {
		if (place->position_count == place->position_cap) {
			place->position_cap = place->position_cap * 2 + 64;
			place->positions = mp_realloc_array(place->positions,
			    place->position_cap, sizeof *place->positions);
		}
		place->positions[place->position_count++] = position;
	}
}

/* Gather the positions of a place in a document (relative docid). */
static enum mp_status
load_positions(struct near_place *place, uint32_t docid)
{
	size_t i;

	place->position_count = place->at = 0;
	for (i = 0; i < place->count; i++) {
		struct near_list *list = &place->lists[i];

		if (!list->at_end && (!list->started ||
		    list->in.docid < docid)) {
			list->started = true;
			list->at_end = !mp_list_seek(&list->in, docid);
		}
		if (!list->at_end && list->in.docid == docid)
			add_positions(place, list);
		if (mp_list_status(&list->in) != MP_OK)
			return mp_list_status(&list->in);
	}
	if (place->count > 1 && place->position_count > 1)
		qsort(place->positions, place->position_count,
		    sizeof *place->positions, compare_u32);
	return MP_OK;
}

/* For each start the nearest followers: each pointer only moves forward. */
static bool
match_ordered(struct near *near)
{
	struct near_place *first = &near->places[0];
	size_t i;

	for (; first->at < first->position_count; first->at++) {
		uint32_t start = first->positions[first->at], last = start;

		for (i = 1; i < near->count; i++) {
			struct near_place *place = &near->places[i];

			while (place->at < place->position_count &&
			    place->positions[place->at] <= last)
				place->at++;
			if (place->at == place->position_count)
				return false;
			last = place->positions[place->at];
		}
		if (last - start < near->window)
			return true;
	}
	return false;
}

/* Do all places stand on positions of their own? */
static bool
distinct(const struct near *near)
{
	size_t i, k;

	for (i = 0; i < near->count; i++)
		for (k = 0; k < i; k++)
			if (near->places[i].positions[near->places[i].at] ==
			    near->places[k].positions[near->places[k].at])
				return false;
	return true;
}

/* Who stands where in the window, while places are given positions. */
struct seats {
	const struct near *near;
	uint32_t low;		/* where the window starts */
	size_t *owners;		/* place + 1 at each of its positions */
	size_t *tried;		/* in which round */
	size_t round;
};

/* Give the place a position, moving others if need be (Kuhn's matching). */
static bool
seat_place(struct seats *seats, size_t number)
{
	const struct near_place *place = &seats->near->places[number];
	size_t at;

	for (at = place->at; at < place->position_count; at++) {
		uint32_t seat = place->positions[at] - seats->low;

		if (seat >= seats->near->window)
			break;
		if (seats->tried[seat] == seats->round)
			continue;
		seats->tried[seat] = seats->round;
		if (seats->owners[seat] == 0 ||
		    seat_place(seats, seats->owners[seat] - 1)) {
			seats->owners[seat] = number + 1;
			return true;
		}
	}
	return false;
}

/*
 * Two places stand on one position: can they all have one of their own in
 * the window from low on? Only for searches of a reasonable size.
 */
static bool
can_be_distinct(const struct near *near, uint32_t low)
{
	struct seats seats = { .near = near, .low = low };
	bool good = near->count <= PLACES_MAX && near->window <= WINDOW_MAX;

	if (!good)
		return false;
	seats.owners = mp_calloc(near->window, sizeof *seats.owners);
	seats.tried = mp_calloc(near->window, sizeof *seats.tried);
	while (good && seats.round < near->count) {
		seats.round++;
		good = seat_place(&seats, seats.round - 1);
	}
	free(seats.owners);
	free(seats.tried);
	return good;
}

/* Move the place that is furthest back until all are close together. */
static bool
match_unordered(struct near *near)
{
	for (;;) {
		struct near_place *least = &near->places[0];
		uint32_t low = UINT32_MAX, high = 0;
		size_t i;

		for (i = 0; i < near->count; i++) {
			struct near_place *place = &near->places[i];
			uint32_t position;

			if (place->at == place->position_count)
				return false;
			position = place->positions[place->at];
			if (position < low) {
				low = position;
				least = place;
			}
			if (position > high)
				high = position;
		}
		if (high - low < near->window &&
		    (distinct(near) || can_be_distinct(near, low)))
			return true;
		least->at++;
	}
}

static enum mp_status
near_match(struct mp_docset *set, struct near *near)
{
	uint32_t first = near->segment->ref.first;
	uint32_t docid = mp_docset_next(&near->candidates, first);
	enum mp_status status = MP_OK;
	size_t i;

	while (docid != MP_DOCSET_END) {
		for (i = 0; i < near->count && status == MP_OK; i++)
			status = load_positions(&near->places[i],
			    docid - first);
		if (status != MP_OK)
			return status;
		if (near->ordered ? match_ordered(near) :
		    match_unordered(near))
			mp_docset_add(set, docid);
		docid = mp_docset_next(&near->candidates, docid + 1);
	}
	return MP_OK;
}

enum mp_status
mp_index_near(struct mp_docset *set, struct mp_index *index,
    enum mp_field field, const struct mp_phrase_place *places, size_t count,
    uint32_t window, bool ordered, struct mp_err *err)
{
	enum mp_status status = MP_OK;
	size_t i, k;

	if (count == 0 || !mp_field_has_positions(field))
		return MP_OK;
	for (i = 0; i < index->segment_count && status == MP_OK; i++) {
		struct near near = { 0 };

		near.segment = index->segments[i];
		near.places = mp_calloc(count, sizeof *near.places);
		near.count = count;
		near.window = window;
		near.ordered = ordered;
		mp_docset_init(&near.candidates, near.segment->ref.end);
		mp_docset_add_range(&near.candidates,
		    near.segment->ref.first, near.segment->ref.end);
		for (k = 0; k < count && status == MP_OK &&
		    !mp_docset_empty(&near.candidates); k++)
			status = open_place(&near, &near.places[k], index,
			    field, &places[k], err);
		if (status == MP_OK)
			status = near_match(set, &near);
		near_clear(&near);
	}
	return status;
}
