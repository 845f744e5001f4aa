# SPDX-License-Identifier: GPL-3.0-or-later
load lib/common

setup() {
	common_setup
	unset MP_KEY_FILE
	mp-init --passphrase-fd=3 --kdf-cost=10 >/dev/null 3<<<pass
}

teardown() {
	mp-lock 2>/dev/null || true
	common_teardown
}

@test "lock: what was unlocked is locked" {
	mp-unlock --passphrase-fd=3 3<<<pass
	mp-passwd verify
	mp-lock
	run setsid -w mp-passwd verify
	assert_failure 75
}

@test "lock: the file goes as well" {
	XDG_RUNTIME_DIR=$(mktemp -d /dev/shm/mp.XXXXXX)
	mp-unlock --keep=file --passphrase-fd=3 3<<<pass
	assert_exists "$XDG_RUNTIME_DIR"/mp/uk-*
	mp-lock
	run ls "$XDG_RUNTIME_DIR/mp"
	rm -r "$XDG_RUNTIME_DIR"
	assert_output ""
}

@test "lock: a locked store stays locked, no store is 78" {
	run mp-lock
	assert_success
	MP_STORE=$T/none run mp-lock
	assert_failure 78
	run mp-lock now
	assert_failure 64
}
