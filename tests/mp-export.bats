#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later

load lib/common

two_messages() {
	new_store
	maildir "$T/md"
	mail 1@x "one" $'From here on\n>From there\n' >"$T/md/cur/1:2,FS"
	printf 'Message-ID: <2@x>\r\nSubject: two\r\n\r\nno line end' \
		>"$T/md/new/2"
	mp-fetch --index "$T/md" >/dev/null
}

@test "a mailbox goes out as mbox and comes back to the byte" {
	two_messages
	run -0 mp-export id:1@x 2@x
	assert_line --regexp '^From mp@localhost ... ... .. '
	assert_line '>From here on'
	assert_line '>>From there'
	mp-export '*' >"$T/all.mbox"
	export MP_STORE=$T/other
	new_store
	mp-fetch "$T/all.mbox" >/dev/null
	mp-export -0 1@x | cmp - <(cat "$T/md/cur/1:2,FS"; printf '\0')
	mp-export -0 2@x | cmp - <(cat "$T/md/new/2"; printf '\0')
}

@test "other programs read the mbox" {
	command -v python3 >/dev/null || skip 'python3 is not installed'
	two_messages
	mp-export '*' >"$T/all.mbox"
	run -0 python3 -c "
import mailbox
print(sorted(m['Message-ID'] for m in mailbox.mbox('$T/all.mbox')))"
	assert_output "['<1@x>', '<2@x>']"
}

@test "into a Maildir, with flags" {
	two_messages
	run -0 mp-export --maildir="$T/out/sub" '*'
	assert_output ''
	run -0 bash -c "cd '$T/out/sub' && ls cur new tmp"
	assert_line --regexp '\.mp:2,FS$'
	cmp "$T"/out/sub/cur/* "$T/md/cur/1:2,FS"
	cmp "$T"/out/sub/new/* "$T/md/new/2"
	run -0 mp-fetch "$T/out/sub"
	assert_output ''
}

@test "ids come from a pipe, queries find spam too" {
	two_messages
	run -0 bash -c 'mp-search subject:one | mp-export'
	assert_line 'Subject: one'
	refute_line --partial 'Subject: two'
	run -0 mp-export subject:two
	assert_line --partial 'Subject: two'
	run -0 mp-export -m < <(mail 1@x)
	assert_line 'Subject: one'
}

@test "nothing found is 1, a full disk 74" {
	two_messages
	run -1 mp-export subject:nothing
	assert_output ''
	run -1 mp-export --maildir="$T/out" subject:nothing
	run -1 mp-export id:none@x id:1@x
	assert_line 'Subject: one'
	run -74 bash -c "mp-export '*' >/dev/full"
}
