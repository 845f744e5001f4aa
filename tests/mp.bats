#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later

load lib/common

# A verb of the user's own, that says how it was called.
user_verb() {
	mkdir -p "$T/bin"
	printf '#!/bin/sh\nprintf "%%s\\n" "${0##*/}" "$@"\n' >"$T/bin/mp-$1"
	chmod +x "$T/bin/mp-$1"
	PATH=$T/bin:$PATH
}

@test "mp: a user's mp-foo in PATH is a verb" {
	user_verb foo
	run -0 mp foo a '' '-x' 'b c'
	assert_output $'mp-foo\na\n\n-x\nb c'
}

@test "mp: options before the verb are given to it" {
	user_verb foo
	run -0 mp -q --store /s foo -x
	assert_output $'mp-foo\n-q\n--store\n/s\n-x'
}

@test "mp: the exit status is the verb's" {
	user_verb foo
	echo 'exit 65' >>"$T/bin/mp-foo"
	run -65 mp foo
}

@test "mp: alone it is mp-status" {
	cp "$MP_BUILD/bin/mp" "$T/mp"
	user_verb status
	run -0 "$T/mp" -v
	assert_output $'mp-status\n-v'
}

@test "mp: the program beside it comes before PATH" {
	user_verb foo
	mkdir "$T/here"
	cp "$MP_BUILD/bin/mp" "$T/here/mp"
	printf '#!/bin/sh\necho beside\n' >"$T/here/mp-foo"
	chmod +x "$T/here/mp-foo"
	run -0 "$T/here/mp" foo
	assert_output beside
}

@test "mp: unknown verbs are usage errors" {
	run -64 mp no-such-verb
	assert_output "mp: unknown command 'no-such-verb': 'mp --list' lists them"
	run -64 mp ../mp-foo
	run -64 mp --no-such-option foo
}

@test "mp: --list has the user's verbs and ours" {
	user_verb foo
	run -0 mp --list
	assert_line foo
}

@test "mp: help shows the page of a verb" {
	mkdir "$T/bin"
	printf '#!/bin/sh\nprintf "man %%s\\n" "$*"\n' >"$T/bin/man"
	chmod +x "$T/bin/man"
	PATH=$T/bin:$PATH
	cp "$MP_BUILD/bin/mp" "$T/mp"
	run -0 "$T/mp" help search
	assert_output 'man mp-search'
	run -0 "$T/mp" help
	assert_output 'man 7 mp'
}

@test "mp: in the source tree help finds any page, with mandoc alone, too" {
	mkdir -p "$T/build/bin" "$T/man" "$T/tools"
	touch "$T/man/mp.7" "$T/man/mp-query.7" "$T/man/mp-search.1"
	cp "$MP_BUILD/bin/mp" "$T/build/bin/mp"
	# shellcheck disable=SC2016 # for that shell
	printf '#!/bin/sh\necho "mandoc $1 ${2##*/}"\n' >"$T/tools/mandoc"
	chmod +x "$T/tools/mandoc"
	for page in query search ''; do
		PATH=$T/tools run -0 "$T/build/bin/mp" help ${page:+"$page"}
		assert_output --regexp "^mandoc -a mp${page:+-$page}\.[17]$"
	done
}

@test "mp: --help and --version" {
	run -0 mp --help
	assert_line --index 0 \
		'usage: mp [OPTION]... [COMMAND [ARG]...] | help [COMMAND]'
	run -0 mp --version
	assert_output --regexp '^mp [0-9]'
}

@test "mp: a full stdout is 74" {
	run -74 sh -c 'mp --help >/dev/full'
	assert_output --partial 'cannot write to standard output'
}
