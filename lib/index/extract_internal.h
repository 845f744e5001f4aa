/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_INDEX_EXTRACT_INTERNAL_H
#define MP_INDEX_EXTRACT_INTERNAL_H

#include "index/accum_internal.h"
#include "index/documents_internal.h"
#include "index/index.h"

/*
 * From a message to terms: which text goes into which field. Texts of one
 * field are MP_TEXT_GAP positions apart, so that no phrase spans two.
 */
#define MP_TEXT_GAP 100
#define MP_PART_TEXT_MAX ((size_t)8 << 20)	/* of one part */
#define MP_MESSAGE_TEXT_MAX ((size_t)24 << 20)	/* of all parts */

enum mp_doc_flags {
	MP_DOC_ATTACHMENT = 1,
	MP_DOC_SIGNED = 2,
	MP_DOC_ENCRYPTED = 4
};

/* Hash of a Message-ID; called from several threads. */
typedef uint64_t mp_id_hash_fn(void *arg, const char *id);

/* One a thread; it keeps its buffers from message to message. */
struct mp_extractor;

struct mp_extractor *mp_extractor_new(struct mp_accum *accum,
    mp_id_hash_fn *hash, void *hash_arg);
void mp_extractor_free(struct mp_extractor *extractor);

/*
 * Take in a message as document docid, relative to the flush. Fills doc but
 * for place, hashes and thread; its pointers live as long as the
 * accumulator is not reset. Gives enum mp_doc_flags.
 */
unsigned mp_extract(struct mp_doc *doc, struct mp_extractor *extractor,
    uint32_t docid, const char *id, const uint8_t *raw, size_t len);

#endif
