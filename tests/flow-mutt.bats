#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
load lib/common

# The results of a search, read with the real mutt.

@test "mutt opens the results Maildir and reads the mail in it" {
	new_store
	mail one@example.org 'The first' 'Body of one.' >"$T/1"
	mail two@example.org 'The second' 'Body of two.' >"$T/2"
	mp-fetch -q --index "$T/1" "$T/2" >/dev/null
	dir=$(mp-search --maildir subject:second)
	assert_dir_exist "$dir/cur"
	cat >"$T/muttrc" <<-EOF
	set wait_key=no quit=yes pipe_decode=no header_cache="" folder="$T"
	push "<first-entry><pipe-message>cat >$T/read<enter><quit>"
	EOF
	TERM=xterm on_tty timeout 30 mutt -n -F "$T/muttrc" -f "$dir" >"$T/screen"
	cmp "$T/read" "$T/2" || {
		cat "$T/screen"
		false
	}
}

@test "flags in the results are those of the tags" {
	new_store
	mail one@example.org >"$T/1"
	mp-fetch -q --index "$T/1" >/dev/null
	mp-tag -unread +flagged -- '*'
	dir=$(mp-search --maildir '*')
	run ls "$dir/cur"
	assert_output --regexp ':2,FS$'
}
