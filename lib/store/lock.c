/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/encode.h"

enum { POLL_MS = 50 };

/*
 * flock, not fcntl: it belongs to the open file, so that nothing else in
 * the process can drop it.
 */
enum mp_status
mp_lock_take(struct mp_store *store, unsigned wait_s, struct mp_err *err)
{
	static const struct timespec pause = { 0, POLL_MS * 1000000L };
	char *path = mp_store_file(store, "lock");
	unsigned long left = (unsigned long)wait_s * 1000 / POLL_MS;
	char holder[128] = "";
	enum mp_status status = MP_OK;
	ssize_t got;

	store->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (store->lock < 0)
		status = mp_err_sys(err, errno, "cannot open '%s'", path);
	while (status == MP_OK && flock(store->lock, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			status = mp_err_sys(err, errno, "cannot lock '%s'",
			    path);
		} else if (left-- == 0) {
			got = pread(store->lock, holder, sizeof holder - 1, 0);
			holder[got > 0 ? got : 0] = '\0';
			holder[strcspn(holder, "\n")] = '\0';
			status = mp_err_set(err, MP_RETRY,
			    "cannot write to the store: %s is writing",
			    holder[0] != '\0' ? holder : "another command");
		} else {
			(void)nanosleep(&pause, NULL);
		}
	}
	free(path);
	if (status != MP_OK) {
		mp_lock_drop(store);
		return status;
	}
	(void)snprintf(holder, sizeof holder, "%s (pid %ld)\n",
	    store->writer, (long)getpid());
	/* who holds the lock is only told, never relied on */
	if (pwrite(store->lock, holder, strlen(holder), 0) < 0)
		mp_err_clear(err);
	return MP_OK;
}

void
mp_lock_drop(struct mp_store *store)
{
	if (store->lock >= 0)
		(void)close(store->lock);
	store->lock = -1;
}

/*
 * The anchor: the last epoch seen, remembered outside the store, under a
 * keyed hash. One that is damaged counts as none: whoever can write it can
 * remove it as well.
 */
enum { ANCHOR_LEN = 8 + MP_SHA256_LEN };

static void
anchor_bytes(uint8_t out[ANCHOR_LEN], const struct mp_store *store,
    uint64_t epoch)
{
	uint8_t key[MP_SHA256_LEN];
	struct mp_mac *mac;

	mp_keys_derive(key, sizeof key, store->keys, "anchor", NULL, 0);
	mac = mp_mac_new(key, sizeof key);
	explicit_bzero(key, sizeof key);
	mp_put_u64(out, epoch);
	mp_mac_compute(out + 8, mac, out, 8);
	mp_mac_free(mac);
}

uint64_t
mp_anchor_load(const struct mp_store *store)
{
	struct mp_buf content = MP_BUF_INIT(ANCHOR_LEN);
	struct mp_err ignored = MP_ERR_INIT;
	uint8_t expected[ANCHOR_LEN];
	uint64_t epoch = 0;

	if (store->anchor != NULL &&
	    mp_path_read(&content, store->anchor, &ignored) == MP_OK &&
	    content.len == ANCHOR_LEN) {
		anchor_bytes(expected, store, mp_get_u64(content.data));
		if (mp_equal(expected, content.data, ANCHOR_LEN))
			epoch = mp_get_u64(content.data);
	}
	mp_buf_clear(&content);
	return epoch;
}

enum mp_status
mp_anchor_check(const struct mp_store *store, uint64_t epoch,
    struct mp_err *err)
{
	if (epoch > store->manifest.log.epoch)
		return mp_err_set(err, MP_CORRUPT,
		    "the store '%s' is older (commit %llu) than it was when "
		    "last used here (commit %llu): an old copy was put in "
		    "its place; to accept that, remove '%s'", store->path,
		    (unsigned long long)store->manifest.log.epoch,
		    (unsigned long long)epoch, store->anchor);
	return MP_OK;
}

void
mp_anchor_save(struct mp_store *store)
{
	uint8_t content[ANCHOR_LEN];
	ssize_t put;
	int fd;

	if (store->anchor == NULL)
		return;
	anchor_bytes(content, store, store->manifest.log.epoch);
	fd = open(store->anchor, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (fd < 0)
		return;
	/*
	 * Neither synced nor checked: it guards against replaced stores, not
	 * power cuts, and one that is cut short counts as none.
	 */
	put = pwrite(fd, content, sizeof content, 0);
	(void)put;
	(void)close(fd);
}
