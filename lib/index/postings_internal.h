/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_INDEX_POSTINGS_INTERNAL_H
#define MP_INDEX_POSTINGS_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "index/bits_internal.h"
#include "index/index.h"
#include "index/segment_internal.h"

/*
 * Lists of documents and positions, and the dictionary that names them. A
 * key is one byte of enum mp_field and the term's bytes; keys are added and
 * found in the order of their bytes.
 */

/* Do terms of the field have positions? */
static inline bool
mp_field_has_positions(unsigned field)
{
	return field < MP_FIELD_FLAG;
}

/*
 * Parameters of Rice codes that are not written down: of docids in a list
 * of one frame, and of first positions and their gaps in a frame of few
 * documents of a field.
 */
#define MP_FEW_DOCS 8

unsigned mp_docs_k(uint32_t segment_docs, uint32_t df);
void mp_positions_k(unsigned *first_k, unsigned *gap_k, unsigned field);

/* --- writing -------------------------------------------------------- */

/*
 * Writes one list after the other: begin, then for each document in
 * ascending order doc and its positions in ascending order, then end, which
 * enters it into the dictionary.
 */
struct mp_postings_out {
	struct mp_blocks_out *blocks;
	uint32_t segment_docs;
	/* the list at hand */
	unsigned field;
	uint32_t df;
	uint32_t last;			/* docid before frame[0] */
	uint32_t frame[MP_FRAME_DOCS];
	uint32_t tf[MP_FRAME_DOCS];	/* positions of each */
	uint32_t frame_count;
	uint32_t position;		/* the last one */
	uint32_t *values;		/* of the frame: first, gaps less 1 */
	size_t value_count;
	size_t value_cap;
	uint64_t first_sum;		/* of the documents' first positions */
	uint64_t gap_sum;
	struct mp_buf docs;		/* the frame, encoded */
	struct mp_buf pos;
	struct mp_buf skips;
	uint64_t docs_at;		/* of the list in its section */
	uint64_t pos_at;
	/* the dictionary */
	uint8_t key[MP_KEY_MAX];	/* the key before */
	size_t key_len;
	struct mp_buf leaf;
	uint32_t leaf_count;
	uint32_t leaves;
	struct mp_buf level1;
	uint8_t level1_key[MP_KEY_MAX];
	size_t level1_key_len;
	uint32_t level1_count;
	struct mp_buf level2;
	uint32_t level2_count;
};

/* docs: documents of the segment. */
void mp_postings_init(struct mp_postings_out *out,
    struct mp_blocks_out *blocks, uint32_t docs);
void mp_postings_clear(struct mp_postings_out *out);
void mp_postings_begin(struct mp_postings_out *out, unsigned field);

/* A document, relative to the segment's first. */
void mp_postings_doc(struct mp_postings_out *out, uint32_t docid);
static inline void mp_postings_position(struct mp_postings_out *out,
    uint32_t position);

/* The key is of that field. A list without documents leaves no trace. */
void mp_postings_end(struct mp_postings_out *out, const uint8_t *key,
    size_t key_len);

/* Write the last leaf and append the top of the dictionary to trailer. */
void mp_postings_finish(struct mp_postings_out *out, struct mp_buf *trailer);

void mp_postings_grow(struct mp_postings_out *out);

static inline void
mp_postings_position(struct mp_postings_out *out, uint32_t position)
{
	uint32_t value = position;

	if (out->value_count == out->value_cap)
		mp_postings_grow(out);
	if (out->tf[out->frame_count - 1]++ == 0) {
		out->first_sum += value;
	} else {
		value -= out->position + 1;
		out->gap_sum += value;
	}
	out->values[out->value_count++] = value;
	out->position = position;
}

/* --- reading the dictionary ----------------------------------------- */

struct mp_list {
	uint8_t field;
	uint32_t df;
	bool is_inline;
	uint32_t last;		/* relative docid; inline: not known yet */
	uint32_t skips_len;	/* df > MP_FRAME_DOCS: at the end of docs */
	uint64_t docs_at;
	uint64_t docs_len;
	uint64_t pos_at;
	uint64_t pos_len;
	uint8_t bytes[MP_INLINE_MAX];
	size_t bytes_len;
};

struct mp_dict_cursor {
	struct mp_segment *segment;
	bool at_end;
	uint8_t key[MP_KEY_MAX];
	size_t key_len;
	struct mp_list list;
	/* where it stands */
	uint64_t leaf;
	uint32_t left;		/* entries after this one in the leaf */
	uint64_t docs_next;
	uint64_t pos_next;
	size_t block_len;
	size_t block_at;
	uint8_t block[MP_BLOCK_SMALL];
};

/* Go to the first key at or after the given one. */
enum mp_status mp_dict_seek(struct mp_dict_cursor *cursor,
    struct mp_segment *segment, const uint8_t *key, size_t key_len,
    struct mp_err *err) MP_CHECKED;
enum mp_status mp_dict_next(struct mp_dict_cursor *cursor,
    struct mp_err *err) MP_CHECKED;

/* memcmp order, a prefix before what it starts. */
int mp_key_compare(const uint8_t *a, size_t a_len, const uint8_t *b,
    size_t b_len);

/* --- reading lists -------------------------------------------------- */

/*
 * Documents of a list and, on demand, their positions. Set up with
 * mp_list_open; then each mp_list_next gives a document, whose positions
 * mp_list_position gives; what was not read is passed over.
 */
struct mp_list_in {
	struct mp_stream docs;
	struct mp_stream pos;
	struct mp_list list;
	uint32_t limit;		/* documents of the segment */
	uint32_t frames_left;	/* documents not in frame[] yet */
	uint32_t frames_read;	/* frames read or passed over */
	uint32_t last;
	uint32_t frame[MP_FRAME_DOCS];
	uint32_t frame_count;
	uint32_t frame_at;
	uint32_t docid;		/* the current one */
	struct mp_bits_in bits;	/* of pos */
	unsigned first_k;
	unsigned gap_k;
	bool positions;		/* asked for */
	bool fresh;		/* positions of docid not begun */
	uint32_t position;
	uint32_t positions_left;
	/* skips, read when first needed */
	struct mp_buf skips;
	struct mp_cursor skip;
	bool skips_loaded;
	uint32_t skip_last;	/* docid before the frame skip_frames */
	uint64_t skip_docs;	/* where that frame starts */
	uint64_t skip_pos;
	uint32_t skip_frames;	/* number of the next frame */
};

void mp_list_in_init(struct mp_list_in *in, size_t buf_size);
void mp_list_in_clear(struct mp_list_in *in);

/* err must outlive the reading. */
void mp_list_open(struct mp_list_in *in, struct mp_segment *segment,
    const struct mp_list *list, bool positions, struct mp_err *err);

/* False at the end, or when something is damaged: see mp_list_status. */
bool mp_list_next(struct mp_list_in *in);

/*
 * Go to the first document at or after docid; passes over whole frames
 * where it can. Going back is not possible.
 */
bool mp_list_seek(struct mp_list_in *in, uint32_t docid);

/* The next position of the current document; false after the last. */
bool mp_list_position(struct mp_list_in *in, uint32_t *position);
enum mp_status mp_list_status(const struct mp_list_in *in) MP_CHECKED;

/* Add all documents, made absolute, to set. */
enum mp_status mp_list_add(struct mp_docset *set, struct mp_segment *segment,
    const struct mp_list *list, struct mp_list_in *scratch,
    struct mp_err *err) MP_CHECKED;

/* The greatest relative docid of the list. */
enum mp_status mp_list_last(uint32_t *last, struct mp_segment *segment,
    const struct mp_list *list, struct mp_err *err) MP_CHECKED;

#endif
