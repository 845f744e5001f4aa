#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later

load lib/common

four_messages() {
	local i
	new_store
	maildir "$T/md"
	for i in 1 2 3 4; do
		mail "$i@x" "Number $i" | sed "s/^Date: .*/Date: $i Jan 2020/" \
			>"$T/md/cur/$i:2,S"
	done
	mp-fetch --index "$T/md" >/dev/null
}

ids() { mp-search --output=ids --sort=oldest --exclude=false "$@"; }

@test "ids as operands, on stdin, and a query" {
	four_messages
	run -0 mp-tag +a -inbox id:1@x '<2@x>' 3@x
	assert_output "id:1@x${TAB}a
id:2@x${TAB}a
id:3@x${TAB}a"
	run -0 bash -c 'echo id:4@x | mp-tag +b'
	assert_output "id:4@x${TAB}b,inbox"
	run -0 mp-tag +c -- subject:number not tag:b
	run -0 mp-search --output=count tag:c
	assert_output 3
	run -0 mp-tag +d subject:number
	run -0 mp-tag -Q tag:b +e
	assert_output "id:4@x${TAB}b,d,e,inbox"
}

@test "the message on stdin names itself" {
	four_messages
	mail 2@x >"$T/one"
	run -0 bash -c "mp-tag -m +f <'$T/one'"
	assert_output "id:2@x${TAB}f,inbox"
}

@test "unknown ids are passed over and said" {
	four_messages
	run -1 --separate-stderr mp-tag +a id:nosuch@x id:2@x
	assert_output "id:2@x${TAB}a,inbox"
	[[ $stderr == *"no message 'id:nosuch@x'"* ]]
	run -1 mp-tag +a -- subject:nothing
}

@test "bad tags and bad usage change nothing" {
	four_messages
	run -64 mp-tag + id:1@x
	run -64 mp-tag +-a id:1@x
	run -64 mp-tag "+$(printf 'a\tb')" id:1@x
	run -64 mp-tag id:1@x
	run -64 mp-tag +a --list
	run -64 mp-tag --list --log
	run -64 mp-tag --rename a
	run -64 mp-tag +a -- 'subject:('
	run -0 mp-search --output=tags '*'
	assert_output inbox
}

@test "a dry run changes nothing" {
	four_messages
	run -0 mp-tag -n +a id:1@x
	assert_output "id:1@x${TAB}a,inbox"
	run -1 ids tag:a
}

@test "of two words about one tag the later counts; all tags away" {
	four_messages
	run -0 mp-tag +a -a id:1@x
	assert_output "id:1@x${TAB}inbox"
	run -0 mp-tag -a +a id:1@x
	assert_output "id:1@x${TAB}a,inbox"
	run -0 mp-tag --remove-all +only id:1@x
	assert_output "id:1@x${TAB}only"
	run -0 mp-tag --remove-all id:1@x
	assert_output "id:1@x$TAB"
}

@test "batch: encoding, queries that see what was done, all or nothing" {
	four_messages
	run -0 mp-tag --batch <<-'END'
		# a comment

		+one%20two +100%25 -- id:1@x
		  +seen   tag:"one two"
		-inbox +archive -- not tag:seen
		+odd"quote -- id:"2@x"
	END
	run -0 mp-tag --list
	assert_output "100%${TAB}1
archive${TAB}3
inbox${TAB}1
odd\"quote${TAB}1
one two${TAB}1
seen${TAB}1"
	run -64 --separate-stderr mp-tag --batch <<-'END'
		+lost -- id:1@x
		+lost -- subject:(
	END
	[[ $stderr == *'line 2: '*'at column'* ]]
	[[ $stderr == *'no tag was changed'* ]]
	run -1 ids tag:lost
	run -64 mp-tag --batch <<<'inbox id:1@x'
	run -64 mp-tag --batch <<<'+a'
}

@test "batches and dumps see hidden messages, a query does not" {
	four_messages
	mp-tag -q +spam id:1@x
	run -0 mp-tag +seen -- subject:number
	assert_equal "${#lines[@]}" 3
	run -0 mp-tag --batch <<<'+batch subject:number'
	assert_equal "${#lines[@]}" 4
	run -0 mp-tag --dump subject:number
	assert_equal "${#lines[@]}" 5
}

@test "a dump on a terminal holds no control characters" {
	new_store
	maildir "$T/md"
	mail "$(printf 'a\033[31mb@x')" >"$T/md/cur/1"
	mp-fetch --index "$T/md" >/dev/null
	run -0 on_tty mp-tag --dump
	refute_output --partial "$(printf '\033[31m')"
}

@test "dump and restore are exact" {
	four_messages
	mp-tag -q '+a b"c%é' +-x -- 'id:1@x' || true
	mp-tag -q '+a b"c%é' id:1@x
	mp-tag -q -inbox id:2@x
	mp-tag --dump >"$T/dump"
	run -0 cat "$T/dump"
	assert_line --index 0 --regexp '^#notmuch-dump batch-tag:'
	assert_line '+a%20b%22c%25%c3%a9 +inbox -- id:1@x'
	assert_line -- '-- id:2@x'
	mp-tag -q --remove-all +other -- '*'
	echo '+x -- id:gone@x' >>"$T/dump"
	run -1 --separate-stderr mp-tag --restore <"$T/dump"
	[[ $stderr == *"line 6: no message 'id:gone@x'"* ]]
	sed -i '$d' "$T/dump"
	run -0 mp-tag --dump
	assert_output - <"$T/dump"
	run -0 mp-tag --dump id:2@x
	assert_line -- '-- id:2@x'
	refute_line --partial id:1@x
}

@test "notmuch's dump and mp's are each other's" {
	command -v notmuch >/dev/null || skip 'no notmuch'
	four_messages
	export NOTMUCH_CONFIG=$T/nm
	printf '[database]\npath=%s\n[user]\nprimary_email=x@y\n[new]\ntags=n\n' \
		"$T/md" >"$NOTMUCH_CONFIG"
	maildir "$T/md/odd"
	mail 'a b)"c@x' >"$T/md/odd/cur/9:2,S"
	notmuch new >/dev/null 2>&1
	mp-fetch --index "$T/md/odd" >/dev/null
	mp-tag -q --remove-all '+blank in "it"' '+ä%' -- \
		'id:1@x or id:3@x'
	mp-tag -q --remove-all -- 'not (id:1@x or id:3@x)'
	mp-tag --dump | notmuch restore
	mp-tag --dump | grep -v '^#' | sed 's/^-- / -- /' | sort >"$T/mine"
	notmuch dump --include=tags | grep -v '^#' | sort >"$T/theirs"
	run -0 diff "$T/mine" "$T/theirs"

	notmuch tag -- '+new (tag)' +ö -- 'id:2@x'
	notmuch tag -'ä%' -- '*'
	notmuch dump >"$T/all"
	mp-tag --restore <"$T/all" >/dev/null
	mp-tag --dump | grep -v '^#' | sed 's/^-- / -- /' | sort >"$T/mine"
	notmuch dump --include=tags | grep -v '^#' | sort >"$T/theirs"
	run -0 diff "$T/mine" "$T/theirs"
	[ "$(wc -l <"$T/mine")" = 5 ]
}

@test "log, undo and undo of undo" {
	four_messages
	run -1 --separate-stderr mp-tag --undo
	[[ $stderr == *'there is nothing to undo'* ]]
	mp-tag -q +a -- '*'
	mp-tag -q -inbox id:1@x
	run -0 mp-tag --log
	assert_equal "${#lines[@]}" 2
	assert_line --index 0 --regexp "${TAB}mp-tag${TAB}-inbox:1\$"
	assert_line --index 1 --regexp "${TAB}mp-tag${TAB}\+a:4\$"
	run -0 mp-tag --undo
	assert_output "id:1@x${TAB}a,inbox"
	run -0 mp-tag --undo
	assert_output "id:1@x${TAB}a"
	run -0 mp-tag --undo=4
	run -1 ids tag:a
	run -0 mp-search --output=count tag:inbox
	assert_output 4
	run -1 --separate-stderr mp-tag --undo=99
	[[ $stderr == *'only 5 changes'* ]]
	run -0 mp-search --output=count tag:inbox
	assert_output 4
}

@test "rename" {
	four_messages
	mp-tag -q +old id:1@x id:2@x
	mp-tag -q +new id:2@x id:3@x
	run -0 mp-tag --rename old new
	run -0 ids tag:new
	assert_output 'id:1@x
id:2@x
id:3@x'
	run -1 ids tag:old
	run -1 mp-tag --rename old new
	run -64 mp-tag --rename new +x
}

@test "tags are sealed" {
	four_messages
	mp-tag -q +verysecrettag -- '*'
	refute_plaintext verysecrettag
}
