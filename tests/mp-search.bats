#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later

load lib/common

# letter ID DATE FROM SUBJECT BODY [HEADER]... - a message on stdout.
letter() {
	printf '%s\n' "From: $3" "To: Bob <bob@example.net>" "Date: $2" \
		"Subject: $4" "Message-ID: <$1>" "MIME-Version: 1.0" \
		"Content-Type: text/plain; charset=utf-8" "${@:6}" "" "$5"
}

some_mail() {
	local md=$T/md
	new_store
	maildir "$md"
	letter 1@x 'Mon, 1 Jan 2018 10:00:00 +0000' \
		'Alice <alice@example.org>' 'Boats' 'We sail on Monday.' \
		>"$md/cur/1:2,S"
	letter 2@x 'Tue, 2 Jan 2018 10:00:00 +0000' \
		'Carol <carol@example.org>' 'Re: Boats' 'Sailing is fun.' \
		'In-Reply-To: <1@x>' 'References: <1@x>' >"$md/cur/2:2,"
	letter 3@x 'Wed, 3 Jan 2018 10:00:00 +0000' \
		'Alice Again <Alice@example.org>' 'Größe der Äpfel' \
		'Straße nach 日本語' >"$md/cur/3:2,FS"
	letter 4@x 'Thu, 4 Jan 2018 10:00:00 +0000' \
		'Spammer <x@spam.example>' 'Cheap boats' 'Buy a boat now.' \
		>"$md/cur/4:2,S"
	mp-fetch --index "$md" >/dev/null
	mp-tag -q +spam id:4@x >/dev/null
}

ids() { mp-search --output=ids "$@"; }

@test "ids, newest first; hidden tags are left out unless named" {
	some_mail
	run -0 ids '*'
	assert_output 'id:3@x
id:2@x
id:1@x'
	run -0 ids boats
	assert_output 'id:2@x
id:1@x'
	run -0 ids boats tag:spam
	assert_output id:4@x
	run -0 ids --exclude=false boats
	assert_output 'id:4@x
id:2@x
id:1@x'
	mp-config set search.hidden nothing
	run -0 ids boats
	assert_line id:4@x
}

@test "order, limit and offset" {
	some_mail
	run -0 ids --sort=oldest '*'
	assert_output 'id:1@x
id:2@x
id:3@x'
	run -0 ids --limit=1 '*'
	assert_output id:3@x
	run -0 ids --limit=1 --offset=1 '*'
	assert_output id:2@x
	run -0 ids --offset=2 '*'
	assert_output id:1@x
	run -0 ids --sort=arrival --limit=2 '*'
	assert_output 'id:3@x
id:2@x'
}

@test "a summary has id, date, from, subject, tags" {
	some_mail
	run -0 mp-search id:2@x
	assert_output "id:2@x${TAB}2018-01-02T10:00:00+00:00${TAB}Carol \
<carol@example.org>${TAB}Re: Boats${TAB}inbox,unread"
	run -0 mp-search --format=json id:2@x
	assert_output --partial '"id":"id:2@x"'
	assert_output --partial '"tags":["inbox","unread"]'
	assert_output --partial '"thread":"thread:'
	run -0 bash -c "mp-search -0 --output=ids '*' | tr '\\0' '|'"
	assert_output 'id:3@x|id:2@x|id:1@x|'
}

@test "threads, tags, addresses, count" {
	some_mail
	run -0 mp-search --output=threads subject:boats
	assert_line --regexp "^thread:[0-9a-f]+${TAB}2018-01-02T10:00:00\
[^${TAB}]*${TAB}2${TAB}2${TAB}(Carol, Alice|Alice, Carol)${TAB}Boats${TAB}"
	thread=${output%%"$TAB"*}
	run -0 ids "$thread"
	assert_output 'id:2@x
id:1@x'
	run -0 ids "thread:{sailing}"
	assert_output 'id:2@x
id:1@x'
	run -0 mp-search --output=tags '*'
	assert_output 'flagged
inbox
unread'
	run -0 mp-search --output=addresses '*'
	assert_output "Alice@example.org${TAB}Alice Again${TAB}2
carol@example.org${TAB}Carol${TAB}1"
	run -0 mp-search --output=count '*'
	assert_output 3
	run -1 mp-search --output=count nosuchword
	assert_output 0
}

@test "stems, accents and text without blanks" {
	some_mail
	run -0 ids sails
	assert_output 'id:2@x
id:1@x'
	run -0 ids Sailing
	assert_output id:2@x
	run -0 ids grosse apfel strasse
	assert_output id:3@x
	run -0 ids 日本
	assert_output id:3@x
	run -0 ids 本語
	assert_output id:3@x
	run -1 ids 語日
	mp-config set search.language none
	run -1 ids sails
}

@test "values: dates, sizes, flags, folders, expressions" {
	some_mail
	run -0 ids date:2018-01-02
	assert_output id:2@x
	run -0 ids date:2018/01/02..!
	assert_output id:2@x
	run -0 ids from:/carol@/
	assert_output id:2@x
	run -0 ids 'subject:/^B/'
	assert_output id:1@x
	run -0 ids from:alice from:carol subject:boats
	assert_output 'id:2@x
id:1@x'
	run -0 ids 'not from:alice'
	assert_output id:2@x
	run -0 ids -- -from:alice
	assert_output id:2@x
	run -0 ids 'folder:""'
	assert_line id:1@x
	run -1 ids larger:1m
	run -0 ids smaller:1m
	run -0 ids 'boats near sail or monday'
	run -0 ids 'not *  or tag:flagged'
	assert_output id:3@x
	mp-config set user.addresses BOB@example.net
	run -0 mp-search --output=count is:personal
	assert_output 3
	run -1 ids sender:known
	run -0 mp-search --output=count sender:unknown
	assert_output 3
}

@test "sender: needs own addresses" {
	some_mail
	run -78 --separate-stderr ids sender:known
	[[ $stderr == *'no address of your own'* ]]
}

@test "only among the ids on stdin" {
	some_mail
	run -0 bash -c "printf 'id:1@x\trest\nid:3@x\n' |
		mp-search --pipe --output=ids '*'"
	assert_output 'id:3@x
id:1@x'
	run -1 bash -c "echo id:3@x | mp-search --pipe --output=ids boats"
	assert_output ''
	run -0 bash -c "mp-search --output=ids '*' |
		mp-search --pipe subject:boats | mp-tag +boats"
	run -0 ids tag:boats
	assert_output 'id:2@x
id:1@x'
}

@test "an error shows the query and points at the place" {
	some_mail
	run -64 --separate-stderr ids 'boats and (größe or)'
	assert_output ''
	[[ ${stderr_lines[0]} == 'mp-search: boats and (größe or)' ]]
	[[ ${stderr_lines[1]} == 'mp-search:                    ^' ]]
	[[ ${stderr_lines[2]} == *'at column 20: expected a search term'* ]]
	run -64 --separate-stderr mp-search
	[[ $stderr == *'no query given'* ]]
	run -0 --separate-stderr ids '"we sail'
	assert_output id:1@x
	[[ $stderr == *'quote is not closed'* ]]
}

@test "saved queries" {
	some_mail
	run -0 mp-search --save=sea 'sail or boats'
	assert_output ''
	run -0 ids query:sea from:carol
	assert_output id:2@x
	run -64 mp-search --save=bad 'a and'
	run -64 --separate-stderr ids query:bad
	[[ $stderr == *'saved query'* ]]
}

@test "explain says how a query was read and what matches" {
	some_mail
	run -0 mp-search --explain 'boats from:carol'
	assert_line --regexp "^1${TAB}\(and any:boats~ from:carol\)"
	assert_line --regexp "^1${TAB}  from:carol"
	run -1 mp-search --explain 'nosuch and boats'
	assert_line --regexp "^-${TAB}  any:boats~"
}

@test "Mailpile's syntax" {
	some_mail
	run -0 ids --syntax=mailpile 'sailing +monday -from:carol'
	assert_output id:1@x
	run -0 ids --syntax=mailpile 'in:inbox att:x +subject:boats'
	assert_output 'id:2@x
id:1@x'
}

@test "results as a Maildir in memory" {
	some_mail
	[ -d /dev/shm ] || skip 'no /dev/shm'
	dir=$(mktemp -d /dev/shm/mp-test-XXXXXX)
	run -0 mp-search --maildir="$dir/view" subject:größe
	assert_output "$dir/view"
	run -0 bash -c "cat '$dir'/view/cur/*:2,FS"
	assert_output --partial 'Subject: Größe'
	run -0 env XDG_RUNTIME_DIR="$dir" mp-search --maildir subject:größe
	assert_output --partial "$dir/mp/view-"
	rm -r "$dir"
}

@test "without a session's folder the Maildir wants a name" {
	some_mail
	XDG_RUNTIME_DIR='' run -64 --separate-stderr mp-search --maildir '*'
	[[ $stderr == *'XDG_RUNTIME_DIR is not set: name a folder'* ]]
}

@test "an option behind a word is refused, not searched for" {
	some_mail
	run -64 --separate-stderr mp-search boats --limit=1
	[[ $stderr == *"option '--limit' must stand before 'boats'"* ]]
	run -64 mp-tag +late boats --dry-run
	run -0 mp-search --limit=1 boats
	run -1 mp-search -- boats --limit=1
	run -1 mp-search tag:late
	run -64 mp search boats --limit=1
}

@test "what looks like a field and is none is said" {
	some_mail
	run -1 --separate-stderr mp-search frm:nobody
	[[ $stderr == *"there is no field 'frm:'"* ]]
	for query in from:nobody http://nobody 12:30 std::nobody '"frm:nobody"'
	do
		run -1 --separate-stderr mp-search "$query"
		assert_equal "$stderr" ''
	done
}

@test "no Maildir in clear on a disk, unless forced" {
	some_mail
	[ "$(stat -f -c %T "$T")" != tmpfs ] || skip 'tests run on tmpfs'
	run -77 --separate-stderr mp-search --maildir="$T/view" '*'
	[[ $stderr == *'not on a memory file system'* ]]
	assert_not_exist "$T/view"
	run -0 mp-search --maildir="$T/view" --force-disk subject:boats
	[ "$(find "$T/view" -type f | wc -l)" = 2 ]
}

@test "removed messages are gone, variants show once" {
	some_mail
	maildir "$T/other"
	letter 1@x 'Mon, 1 Jan 2018 10:00:00 +0000' \
		'Alice <alice@example.org>' 'Boats' \
		'We sail on Monday, says the list.' >"$T/other/cur/9:2,S"
	mp-fetch --index "$T/other" >/dev/null
	run -0 ids monday
	assert_output id:1@x
	run -0 mp-search --output=count monday
	assert_output 1
	mp-rm -q id:1@x >/dev/null
	run -1 ids monday
}
