/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "ingest/id.h"
#include "ingest/ingest_internal.h"
#include "mailbox/scan.h"

/* Compression never grows a frame by more; records add some bytes. */
#define SEALED_MAX (2 * MP_MAIL_MAX)

void
mp_batch_reset(struct mp_batch *batch)
{
	size_t i;

	for (i = 0; i < batch->count; i++)
		free(batch->mails[i].id);
	batch->count = 0;
	mp_buf_reset(&batch->bytes);
}

size_t
mp_batch_split(struct mp_batch_job *jobs, unsigned threads,
    struct mp_batch *batch)
{
	size_t share = batch->bytes.len / threads + 1;
	size_t count = 0, bytes = 0, i;

	for (i = 0; i < batch->count; i++) {
		if (count == 0 || (bytes >= share && count < threads)) {
			memset(&jobs[count], 0, sizeof jobs[count]);
			jobs[count].batch = batch;
			jobs[count].first = i;
			mp_buf_init(&jobs[count].sealed, SEALED_MAX);
			count++;
			bytes = 0;
		}
		bytes += batch->mails[i].arrival.len;
		jobs[count - 1].end = i + 1;
	}
	return count;
}

/* Run fn on each job, the first one in this thread. */
static void
run(void *(*fn)(void *), struct mp_batch_job *jobs, size_t count)
{
	pthread_t threads[MP_INGEST_THREADS_MAX];
	bool started[MP_INGEST_THREADS_MAX];
	size_t i;

	for (i = 1; i < count; i++)
		started[i] = pthread_create(&threads[i], NULL, fn,
		    &jobs[i]) == 0;
	if (count > 0)
		(void)fn(&jobs[0]);
	for (i = 1; i < count; i++)
		if (started[i])
			(void)pthread_join(threads[i], NULL);
		else
			(void)fn(&jobs[i]);
}

static void *
prepare(void *arg)
{
	struct mp_batch_job *job = arg;
	size_t i;

	for (i = job->first; i < job->end; i++) {
		struct mp_batch_mail *mail = &job->batch->mails[i];
		struct mp_arrival *arrival = &mail->arrival;

		mp_sha256(arrival->sha256, arrival->raw, arrival->len);
		arrival->hashed = true;
		mail->id = mp_mail_id(arrival->raw, arrival->len,
		    arrival->sha256);
		arrival->id = mail->id;
		mail->date = mp_scan_date(arrival->raw, arrival->len);
		if (mail->date == 0)
			mail->date = arrival->received;
	}
	return NULL;
}

/* By date; then as they came, which their place in the bytes tells. */
static int
by_date(const void *a, const void *b)
{
	const struct mp_batch_mail *x = a, *y = b;

	if (x->date != y->date)
		return x->date < y->date ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

void
mp_batch_prepare(struct mp_batch *batch, unsigned threads)
{
	struct mp_batch_job jobs[MP_INGEST_THREADS_MAX];
	size_t i;

	/* only now, since the bytes do not move any more */
	for (i = 0; i < batch->count; i++)
		batch->mails[i].arrival.raw = batch->bytes.data +
		    batch->mails[i].offset;
	run(prepare, jobs, mp_batch_split(jobs, threads, batch));
	qsort(batch->mails, batch->count, sizeof *batch->mails, by_date);
}

static void *
seal(void *arg)
{
	struct mp_batch_job *job = arg;
	size_t i;

	for (i = job->first; i < job->end; i++) {
		struct mp_batch_mail *mail = &job->batch->mails[i];

		if (mail->fate != MP_BATCH_NEW)
			continue;
		mail->sealed = job->sealed.len;
		mp_store_seal(&job->sealed, job->sealer, mail->docid,
		    &mail->arrival);
		mail->sealed_len = job->sealed.len - mail->sealed;
	}
	return NULL;
}

void
mp_batch_seal(struct mp_batch_job *jobs, size_t count)
{
	run(seal, jobs, count);
}
