#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later

load lib/common

# stored - print the number of messages in the store
stored() {
	mp-status | sed -n "s/^messages$TAB//p"
}

@test "new messages are named, known ones are silent" {
	new_store
	maildir "$T/md"
	mail 1@x >"$T/md/cur/1:2,S"
	mail '2 %@x' >"$T/md/new/2"
	run -0 mp-fetch "maildir:$T/md"
	assert_line 'id:1@x'
	assert_line 'id:2%25@x'
	[ "${#lines[@]}" -eq 2 ]
	run -0 mp-fetch "$T/md"
	assert_output ''
	cp "$T/md/cur/1:2,S" "$T/md/cur/9:2,S"
	run -0 mp-fetch -v "$T/md"
	assert_output 'mp-fetch: known already: id:1@x'
	refute_plaintext Alice 'Subject of' '1@x' "$T/md"
}

@test "records end in NUL with -0, and are JSON on demand" {
	new_store
	mail 1@x >"$T/1"
	run -0 bash -c "mp-fetch -n -0 '$T/1' | tr '\\0' ';'"
	assert_output 'id:1@x;'
	run -0 mp-fetch --format=json "$T/1"
	assert_output '{"id":"id:1@x"}'
}

@test "a dry run stores nothing" {
	new_store
	mail 1@x >"$T/1"
	run -0 mp-fetch -n "$T/1"
	assert_output 'id:1@x'
	[ "$(stored)" -eq 0 ]
	run -0 mp-fetch "$T/1"
	assert_output 'id:1@x'
}

@test "sources are guessed, or come from the settings" {
	new_store
	{ mail 1@x; mail 2@x; } >"$T/one"	# one message: no From line
	{
		echo "From a@b Tue Mar  4 03:33:20 2003"
		mail 3@x
		echo
		echo "From a@b Tue Mar  4 03:33:20 2003"
		mail 4@x
	} >"$T/two"
	mkdir -p "$T/mh/sub"
	mail 5@x >"$T/mh/1"
	mail 6@x >"$T/mh/sub/2"
	mail 7@x >"$T/mh/draft"
	run -0 mp-fetch "$T/one" "$T/two" "mh:$T/mh"
	assert_output 'id:1@x
id:3@x
id:4@x
id:5@x
id:6@x'
	run -78 mp-fetch
	assert_output --partial 'nothing to fetch from'
	mv "$T/mh" "$HOME/mh"
	mp-config set source.home 'maildir:~/mh'
	run -0 mp-fetch
	assert_output 'id:7@x'
}

@test "network sources are refused for now" {
	new_store
	run -65 mp-fetch imaps://u@example.org/INBOX
	assert_output --partial 'local sources only'
}

@test "what cannot be read is named once and passed over" {
	new_store
	maildir "$T/md"
	mail 1@x >"$T/md/cur/1:2,S"
	ln -s /nonexistent "$T/md/cur/2:2,S"
	mkfifo "$T/md/cur/3:2,S"
	run -65 mp-fetch "$T/md" /nonexistent "$T/md/cur/3:2,S"
	assert_line 'id:1@x'
	assert_line "mp-fetch: cannot open '/nonexistent': No such file or directory"
	assert_line "mp-fetch: cannot read '$T/md/cur/3:2,S': not a regular file"
	[ "$(grep -c "cur/3" <<<"$output")" -eq 2 ]
	run -65 mp-fetch "$T/md"
	refute_line 'id:1@x'
}

@test "an mbox without From lines" {
	new_store
	mail 1@x >"$T/header"
	echo 'no mail at all' >"$T/text"
	: >"$T/empty"
	run -0 mp-fetch "mbox:$T/header" "mbox:$T/empty"
	assert_output 'id:1@x'
	run -65 mp-fetch "mbox:$T/text"
	assert_output "mp-fetch: cannot read '$T/text' as mbox: no From line at byte 0"
	run -65 mp-fetch "$T/text"
	assert_output "mp-fetch: cannot fetch '$T/text': not a message"
}

@test "an mbox that grows is read on, one that shrinks anew" {
	new_store
	one() { echo "From a@b Tue Mar  4 03:33:20 2003"; mail "$1"; echo; }
	one 1@x >"$T/mbox"
	run -0 mp-fetch "$T/mbox"
	assert_output 'id:1@x'
	one 2@x >>"$T/mbox"
	run -0 mp-fetch -v "$T/mbox"
	assert_output 'id:2@x'
	one 2@x >"$T/mbox"
	run -0 mp-fetch -v "$T/mbox"
	assert_output 'mp-fetch: known already: id:2@x'
}

@test "flags become tags, now and when they change" {
	new_store
	maildir "$T/md"
	mail 1@x >"$T/md/cur/1:2,FS"
	mail 2@x >"$T/md/new/2"
	mp-fetch -q --index "$T/md" >/dev/null
	run -0 mp-status
	assert_line "unread${TAB}1"
	mv "$T/md/new/2" "$T/md/cur/2:2,RS"
	mv "$T/md/cur/1:2,FS" "$T/md/cur/1:2,"
	mail 3@x >"$T/md/cur/3:2,"
	run -0 mp-fetch --index "$T/md"
	assert_output 'id:3@x'
	run -0 mp-status
	assert_line "unread${TAB}2"
}

@test "--index indexes what waited before, too" {
	new_store
	mail 1@x >"$T/1"
	mail 2@x >"$T/2"
	mp-fetch "$T/1"
	run -0 mp-status
	assert_line "pending${TAB}1"
	run -0 mp-fetch --index "$T/2"
	assert_output 'id:2@x'
	run -0 mp-status
	assert_line "pending${TAB}0"
}

@test "one message on standard input" {
	new_store
	run -0 mp-fetch - < <(mail 1@x)
	assert_output 'id:1@x'
	run -0 mp-fetch - < <(echo "From a@b Tue Mar  4 03:33:20 2003"; mail 1@x)
	assert_output ''
	run -0 mp-fetch - < <(printf 'no header\0at all')
	assert_output --regexp '^id:mp-sha256-[0-9a-f]{64}@localhost$'
	run -65 mp-fetch - </dev/null
	assert_output --partial 'no message'
	run -64 mp-fetch -n - < <(mail 1@x)
}

@test "a locked store seals into the spool, the next run takes it out" {
	new_store
	key=$MP_KEY_FILE
	unset MP_KEY_FILE
	run -0 mp-fetch - < <(mail 1@x)
	assert_output ''
	run -0 mp-fetch -v - < <(mail 1@x; echo other)
	assert_output --partial 'sealed into the spool'
	[ "$(find "$MP_STORE/spool" -type f | wc -l)" -eq 2 ]
	refute_plaintext Alice 'Subject of' 1@x
	run -0 mp-fetch --if-unlocked "$T"
	export MP_KEY_FILE=$key
	run -0 mp-fetch - < <(mail 2@x)
	assert_output 'id:1@x
id:1@x
id:2@x'
	[ "$(find "$MP_STORE/spool" -type f | wc -l)" -eq 0 ]
}

@test "a busy store seals into the spool at once" {
	new_store
	exec 9>>"$MP_STORE/lock"
	flock 9
	SECONDS=0
	run -0 mp-fetch - < <(mail 1@x) 9>&-
	[ "$SECONDS" -lt 5 ]
	assert_output ''
	run -75 mp-fetch --wait=0 "$T" 9>&-
	exec 9>&-
	maildir "$T/md"
	run -0 mp-fetch "$T/md"
	assert_output 'id:1@x'
}

@test "no store at all: the mail server keeps the mail" {
	run -75 mp-fetch - < <(mail 1@x)
}

@test "a damaged file in the spool is named once, and kept" {
	new_store
	mkdir -p "$T/none"
	head -c 200 /dev/urandom >"$MP_STORE/spool/0.box"
	run -65 mp-fetch "$T/none"
	assert_output --partial "cannot take in '$MP_STORE/spool/0.box'"
	run -0 mp-fetch "$T/none"
	assert_file_exists "$MP_STORE/spool/0.box.bad"
}

@test "a killed run loses nothing and doubles nothing" {
	new_store
	maildir "$T/md"
	for i in {1..400}; do
		mail "$i@x" "s" "$(head -c 90000 /dev/zero | tr '\0' x)$i" \
			>"$T/md/cur/$i:2,S"
	done
	for delay in .02 .05 .1 .15 .2; do
		mp-fetch "$T/md" >/dev/null &
		sleep $delay
		kill -9 $! 2>/dev/null || true
		wait $! || true
	done
	run -0 mp-fetch "$T/md"
	[ "$(stored)" -eq 400 ]
	run -0 mp-fetch -v "$T/md"
	assert_output ''
}

@test "a closed standard output loses no message" {
	new_store
	mail 1@x >"$T/1"
	run -74 bash -c "mp-fetch '$T/1' >/dev/full"
	[ "$(stored)" -eq 1 ]
}

@test "ten thousand known messages are passed over in a moment" {
	new_store
	maildir "$T/md"
	mail 0@x >"$T/md/cur/0:2,S"
	for i in {1..9999}; do : >"$T/md/cur/$i:2,S"; done
	mp-fetch "$T/md" >/dev/null
	SECONDS=0
	run -0 mp-fetch "$T/md"
	[ "$SECONDS" -le 1 ]
}
