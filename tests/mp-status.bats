#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later

load lib/common

# value NAME - of a line of the last output.
value() {
	sed -n "s/^$1$TAB//p" <<<"$output"
}

# Mail in the spool, as if it had come while the store was locked.
spooled() {
	mail "$1" | MP_KEY_FILE='' mp-fetch - >/dev/null
}

@test "a new store has no mail and no problem" {
	new_store
	run -0 mp-status
	assert_equal "$(value store)" "$MP_STORE"
	assert_equal "$(value locked)" no
	assert_equal "$(value messages)" 0
	assert_equal "$(value unread)" 0
	refute_line --partial problem
	refute_line --partial waiting
}

@test "messages, unread and pending are counted" {
	new_store
	mail a@x | mp-fetch - >/dev/null
	mail b@x | mp-fetch - >/dev/null
	run -0 mp-status
	assert_equal "$(value messages) $(value pending)" '2 2'
	assert_equal "$(value unread)" 2
	mp-index >/dev/null
	mp-tag -unread -- id:a@x >/dev/null
	run -0 mp-status
	assert_equal "$(value messages) $(value pending)" '2 0'
	assert_equal "$(value unread)" 1
	run -0 mp-status --prompt
	assert_output 1
}

@test "a locked store tells what waits and asks nothing" {
	new_store
	MP_KEY_FILE='' run -0 mp-status </dev/null
	assert_equal "$(value locked)" yes
	assert_equal "$(value waiting)" 0
	refute_line --partial unread
	MP_KEY_FILE='' run -0 mp-status --prompt
	assert_output locked
	spooled a@x
	MP_KEY_FILE='' run -1 mp-status
	assert_equal "$(value waiting)" 1
	MP_KEY_FILE='' run -1 mp-status --prompt
	assert_output locked+1
}

@test "problems come first and exit 1" {
	new_store
	echo damage >>"$MP_STORE/keyslots.2"
	echo x >"$MP_STORE/aside/pack-1"
	run -1 mp-status
	assert_line -n 0 --partial 'keyslots is damaged: run mp-fsck'
	assert_line -n 1 --partial 'aside/'
	run -1 mp-status --prompt
	assert_output '0!'
}

@test "no store, a wrong key" {
	run -78 mp-status
	new_store
	head -c 32 /dev/urandom >"$T/other"
	chmod 600 "$T/other"
	run -77 mp-status --key-file="$T/other"
	run -64 mp-status x
}

@test "JSON" {
	new_store
	run -0 mp-status --format=json
	assert_line '{"name":"unread","value":0}'
	assert_line '{"name":"locked","value":"no"}'
}
