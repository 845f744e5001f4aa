/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/check.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "index/segment_internal.h"

static void
tell(const struct mp_check *check, uint64_t id, const char *text)
{
	char *where = mp_asprintf("seg/%016" PRIx64, id);
	struct mp_finding finding = { MP_DAMAGE_MENDABLE, where, 0, text,
	    MP_DOCSET_END, check->repair };

	check->fn(check->arg, &finding);
	free(where);
}

static enum mp_status
check_segment(struct mp_store *store, const struct mp_segment_ref *ref,
    struct mp_err *err)
{
	struct mp_block_cache *cache = mp_block_cache_new();
	char *path = mp_store_segment_path(store, ref->id);
	struct mp_segment *segment = NULL;
	enum mp_status status;

	status = mp_segment_open(&segment, path, ref, mp_store_keys(store),
	    cache, err);
	if (status == MP_OK)
		status = mp_segment_verify(segment, err);
	mp_segment_close(segment);
	mp_block_cache_free(cache);
	free(path);
	return status;
}

enum mp_status
mp_index_check(struct mp_store *store, const struct mp_check *check,
    struct mp_err *err)
{
	const struct mp_segment_ref *list;
	size_t count, i;

	list = mp_store_segments(&count, store);
	for (i = 0; i < count; i++) {
		enum mp_status status = check_segment(store, &list[i], err);

		if (status == MP_CORRUPT || status == MP_NOT_FOUND)
			tell(check, list[i].id, err->text);
		else if (status != MP_OK)
			return status;
		mp_err_clear(err);
	}
	return MP_OK;
}
