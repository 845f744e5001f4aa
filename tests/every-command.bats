#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What every command has in common.

load lib/common

# each FUNCTION - call it with the name of each command; all must agree
each() {
	local name failed=
	for name in "$MP_BUILD"/bin/*; do
		name=${name##*/}
		"$1" "$name" || failed="$failed $name"
	done
	[ -z "$failed" ] || fail "$1 fails for:$failed"
}

helps() {
	"$1" --help >"$T/out" 2>"$T/err" || return
	[ ! -s "$T/err" ] && head -n 1 "$T/out" | grep -q "^usage: $1 "
}
@test "every command: --help goes to stdout and says how it is used" {
	each helps
}

has_common_options() {
	local name
	for name in null format store quiet verbose help version; do
		"$1" --dump-options | cut -f 2 | grep -qx "$name" || return
	done
}
@test "every command: the common options" {
	each has_common_options
}

refuses() {
	run "$1" --no-such-option
	[ "$status" = 64 ] && [[ $output == "$1: unknown option"* ]] || return
	run "$1" --format=xml
	[ "$status" = 64 ] || return
	run "$1" --hel
	[ "$status" = 64 ]
}
@test "every command: wrong options are 64, abbreviations too" {
	each refuses
}

checks_stdout() {
	run sh -c "$1 --help >/dev/full"
	[ "$status" = 74 ] || return
	run sh -c "$1 --version >&-"
	[ "$status" = 74 ] || [ "$status" = 0 ]
}
@test "every command: a stdout that fails is 74" {
	each checks_stdout
}

bare() {
	env -i "$MP_BUILD/bin/$1" --version >/dev/null
}
@test "every command: starts without any environment" {
	each bare
}

# mp runs others, mp-html and mp-init need no store
without_store() {
	case $1 in mp | mp-html | mp-init | mp-lock) return 0 ;; esac
	run "$1" --store="$T/none" --if-unlocked x </dev/null
	[ "$status" != 0 ] || return
	[ "$status" -lt 128 ] || return
	[[ $output == "$1: "* ]]
}
@test "every command: without a store it says so and does not crash" {
	each without_store
}
