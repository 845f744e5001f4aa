#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later

load lib/common

three_messages() {
	new_store
	maildir "$T/md"
	mail 1@x one >"$T/md/cur/1:2,S"
	mail 2@x two >"$T/md/cur/2:2,S"
	mail 3@x three >"$T/md/cur/3:2,S"
	mp-fetch --index "$T/md" >/dev/null
}

@test "removed messages are found no more" {
	three_messages
	run -0 mp-rm id:1@x
	assert_output 'id:1@x'
	run -0 mp-search --output=count '*'
	assert_output 2
	run -1 mp-search --output=ids subject:one
	run -1 mp-rm 1@x
	assert_output --partial '1@x'
}

@test "a dry run removes nothing" {
	three_messages
	run -0 mp-rm -n -Q 'subject:one or subject:two'
	assert_output 'id:1@x
id:2@x'
	run -0 mp-search --output=count '*'
	assert_output 3
}

@test "words are no query without -Q" {
	three_messages
	run -1 mp-rm subject:one
	run -0 mp-search --output=count '*'
	assert_output 3
	run -0 mp-rm -Q subject:one
	assert_output 'id:1@x'
}

@test "what comes on a pipe is removed" {
	three_messages
	run -0 bash -c 'mp-search subject:two | mp-rm'
	assert_output 'id:2@x'
	run -0 mp-rm -m < <(mail 3@x)
	assert_output 'id:3@x'
	run -0 mp-search --output=ids '*'
	assert_output 'id:1@x'
}

@test "the mailbox it came from does not bring it back" {
	three_messages
	mp-rm 1@x
	mv "$T/md/cur/1:2,S" "$T/md/cur/1:2,FS"
	run -0 mp-fetch "$T/md"
	assert_output ''
	cp "$T/md/cur/1:2,FS" "$T/md/cur/9:2,FS"
	run -0 mp-fetch "$T/md"
	assert_output 'id:1@x'
}

@test "a busy store is 75" {
	three_messages
	exec 9>>"$MP_STORE/lock"
	flock 9
	run -75 mp-rm --wait=0 1@x 9>&-
	exec 9>&-
	run -0 mp-search --output=count '*'
	assert_output 3
}
