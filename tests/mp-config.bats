#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later

# shellcheck disable=SC2016 # scripts of editors
load lib/common

# editor SCRIPT - let $EDITOR be a shell script on the file "$1".
editor() {
	printf '#!/bin/sh\n%s\n' "$1" >"$T/editor"
	chmod +x "$T/editor"
	export EDITOR=$T/editor T
}

@test "get gives what was set, else the default, else 1" {
	new_store
	run -0 mp-config get new.tags
	assert_output 'inbox unread'
	mp-config set new.tags 'a b'
	run -0 mp-config get new.tags
	assert_output 'a b'
	run -1 mp-config get query.none
	assert_output ''
}

@test "set without a value reads standard input" {
	new_store
	printf 'tag:"a b"\n' | mp-config set query.x
	run -0 mp-config get query.x
	assert_output 'tag:"a b"'
	run -65 mp-config set query.x < <(printf 'a\0b')
	assert_output --partial 'NUL'
	run -0 mp-config get query.x
	assert_output 'tag:"a b"'
}

@test "what is not known or not right is refused" {
	new_store
	run -64 mp-config set new.tag x
	assert_output "mp-config: there is no setting 'new.tag'"
	run -64 mp-config get nonsense
	run -78 mp-config set new.tags '+x'
	assert_output "mp-config: cannot set 'new.tags': a tag does not start with + or -"
	run -78 mp-config set query.x $'a\e[1mb'
	refute_output --partial $'\e'
	run -78 mp-config set query.x '(tag:todo'
	assert_output --partial "cannot set 'query.x': at column"
	run -64 mp-config frob
	run -64 mp-config get
	run -64 mp-config set a b c d
	run -1 mp-config list
}

@test "unset goes back to the default" {
	new_store
	mp-config set new.tags x
	mp-config unset new.tags
	run -0 mp-config get new.tags
	assert_output 'inbox unread'
	run -1 mp-config unset new.tags
}

@test "list prints the text form, records and JSON" {
	new_store
	run -1 mp-config list
	assert_output ''
	mp-config set query.b 'subject:"x # y"'
	mp-config set new.tags ''
	run -0 mp-config
	assert_output $'[new]\n\ttags = ""\n[query]\n\tb = "subject:\\"x # y\\""'
	run -0 bash -c 'mp-config -0 list | tr "\0" "\n"'
	assert_line "query.b${TAB}subject:\"x # y\""
	run -0 mp-config --format=json list
	assert_line '{"name":"query.b","value":"subject:\"x # y\""}'
	run -0 mp-config --format=json get query.b
	assert_output '{"name":"query.b","value":"subject:\"x # y\""}'
}

@test "list --all has every setting, as the page does" {
	new_store
	run -0 mp-config -a list
	assert_line --partial 'hidden = deleted spam'
	local known page
	known=$(mp-config -a list | sed -n 's/^# \([^:]*\): .*/\1/p')
	page=$(sed -n 's/^\.It Cm \([a-z]*\.[a-z]*\).*Ar NAME.*/\1*/p
		s/^\.It Cm \([a-z]*\.[a-z]*\) No.*/\1/p' \
		"$TOP/man/mp-config.5" | sort -u)
	assert_equal "$page" "$(sort <<<"$known")"
}

@test "dry run checks but changes nothing" {
	new_store
	mp-config -n set new.tags x
	run -1 mp-config list
	run -78 mp-config -n set new.tags +x
}

@test "settings are not readable on disk" {
	new_store
	mp-config set query.verysecretname 'subject:quitesecretvalue'
	refute_plaintext verysecretname quitesecretvalue query
}

@test "edit changes, adds and takes out in one go" {
	new_store
	mp-config set query.old tag:old
	mp-config set query.stays tag:stays
	editor 'cat "$1" >"$T/seen"
		grep -v "old =" "$1" >"$1.new"
		printf "[rule]\n r = from:y -> +x # note\n" >>"$1.new"
		mv "$1.new" "$1"
		touch "$(dirname "$1")/backup~"'
	run -0 mp-config -v edit
	assert_output 'mp-config: 2 settings changed'
	run -0 mp-config list
	assert_output $'[query]\n\tstays = tag:stays\n[rule]\n\tr = from:y -> +x'
	run -0 grep -c 'old = tag:old' "$T/seen"
	run find "$XDG_RUNTIME_DIR" -type f
	assert_output ''
}

@test "edit with an error changes nothing" {
	new_store
	editor 'printf "[new]\ntags = x\ntagz = y\n" >"$1"'
	run -78 mp-config edit </dev/null
	assert_output "mp-config: settings:3: there is no setting 'new.tagz'"
	editor 'printf "[new]\ntags = \"x\n" >"$1"'
	run -78 mp-config edit </dev/null
	assert_output 'mp-config: settings:2:10: the quote is not closed'
	editor 'exit 3'
	run -64 mp-config edit
	editor 'head -c 2000000 /dev/zero >"$1"'
	run -65 mp-config edit </dev/null
	run -1 mp-config list
	run find "$XDG_RUNTIME_DIR" -type f
	assert_output ''
}

@test "edit keeps what another command changed meanwhile" {
	new_store
	mp-config set query.a tag:a
	editor 'mp-config set query.b tag:b && mp-config unset query.a
		printf "[query]\nc = tag:c\n" >>"$1"'
	run -0 mp-config edit
	run -0 mp-config list
	assert_line --partial 'b = tag:b'
	assert_line --partial 'c = tag:c'
	refute_line --partial 'a = tag:a'
}

@test "edit can be mended on a terminal" {
	new_store
	editor 'if [ -e "$T/twice" ]; then echo "[new]" >"$1"
		else touch "$T/twice"; echo wrong >"$1"; fi'
	run -0 script -qec 'mp-config edit' /dev/null < <(sleep 1; echo y; sleep 1)
	assert_output --partial 'Edit again?'
	assert_file_exists "$T/twice"
}

@test "edit writes nothing outside of memory" {
	new_store
	editor 'touch "$T/ran"'
	case $(stat -f -c %T "$T") in tmpfs) skip "tests run in memory" ;; esac
	mkdir -m 700 "$T/run"
	XDG_RUNTIME_DIR=$T/run run -77 mp-config edit
	assert_output --partial 'tmpfs'
	assert_file_not_exists "$T/ran"
	XDG_RUNTIME_DIR='' run -77 mp-config edit
}
