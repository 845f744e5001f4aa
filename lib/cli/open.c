/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/open.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/encode.h"
#include "base/io.h"
#include "cli/cli_internal.h"
#include "cli/listing.h"

/*
 * The file that remembers the store's epoch, by the store's id, so that a
 * store is known again after it moved. NULL where it cannot be kept.
 */
static char *
anchor_path(const struct mp_keys *keys)
{
	char *folder = mp_cli_xdg_folder("XDG_STATE_HOME", ".local/state");
	struct mp_buf id = MP_BUF_INIT(2 * MP_STORE_ID_LEN);
	struct mp_err err = MP_ERR_INIT;
	char *path = NULL;

	mp_hex_add(&id, mp_keys_store_id(keys), MP_STORE_ID_LEN);
	if (folder[0] == '/' && mp_path_make(folder, &err) == MP_OK)
		path = mp_asprintf("%s/epoch-%s", folder, mp_buf_text(&id));
	mp_buf_clear(&id);
	free(folder);
	return path;
}

void
mp_cli_store_options(struct mp_store_options *options, struct mp_cli *cli,
    const struct mp_keys *keys, enum mp_store_mode mode)
{
	free(cli->anchor);
	cli->anchor = anchor_path(keys);
	*options = (struct mp_store_options){
		.path = cli->store_path,
		.keys = keys,
		.mode = mode,
		.wait_s = cli->wait < UINT_MAX ? (unsigned)cli->wait :
		    UINT_MAX,
		.anchor = cli->anchor,
		.writer = cli->command->name
	};
}

enum mp_status
mp_cli_store_open_keys(struct mp_store **store, struct mp_cli *cli,
    const struct mp_keys *keys, enum mp_store_mode mode, struct mp_err *err)
{
	struct mp_store_options options;

	mp_cli_store_options(&options, cli, keys, mode);
	return mp_store_open(store, &options, err);
}

static void
free_keys(struct mp_cli *cli)
{
	mp_keys_free(cli->keys);
}

enum mp_status
mp_cli_store_open(struct mp_store **store, struct mp_cli *cli,
    enum mp_store_mode mode, struct mp_err *err)
{
	struct mp_unlocked unlocked = MP_UNLOCKED_INIT;
	struct mp_unlock_ways ways;
	enum mp_status status;

	mp_cli_unlock_ways(&ways, cli);
	status = mp_unlock(&unlocked, &ways, err);
	if (status == MP_RETRY && cli->if_unlocked) {
		mp_unlocked_clear(&unlocked);
		mp_err_clear(err);
		exit(mp_cli_finish(cli, err));
	}
	if (status == MP_OK) {
		cli->keys = unlocked.keys;
		cli->at_finish = free_keys;
		unlocked.keys = NULL;
		status = mp_cli_store_open_keys(store, cli, cli->keys, mode,
		    err);
	}
	mp_unlocked_clear(&unlocked);
	return status;
}

enum mp_status
mp_cli_sandbox(struct mp_cli *cli, struct mp_sandbox *box,
    struct mp_err *err)
{
	enum mp_status status = MP_OK;
	char *listing = mp_listing_folder();

	if (box->powers & MP_POWER_READ)
		mp_sandbox_read(box, cli->store_path);
	if (box->powers & MP_POWER_WRITE)
		mp_sandbox_write(box, cli->store_path);
	/* no powers of the command, but ours: a listing, the last epoch */
	if (listing != NULL)	/* with stdout a pipe it is only read */
		mp_strlist_add(isatty(STDOUT_FILENO) ? &box->write :
		    &box->read, listing);
	if (cli->anchor != NULL)
		mp_strlist_take(&box->write, mp_strndup(cli->anchor,
		    (size_t)(strrchr(cli->anchor, '/') - cli->anchor)));
	if (getenv("MP_NO_SANDBOX") == NULL)
		status = mp_sandbox_enter(box, err);
	mp_sandbox_clear(box);
	free(listing);
	return status;
}
