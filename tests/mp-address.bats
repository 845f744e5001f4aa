#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
load lib/common

people_store() {
	new_store
	{
		mail one@x | sed 's/^From: .*/From: Jürgen Müller <JM@example.org>/'
	} >"$T/1"
	mail two@x | sed 's/^From: .*/From: "M, J" <jm@example.org>/' >"$T/2"
	mail three@x | sed 's/^From: .*/From: jm@example.org (Jürgen Müller)/
s/^To: .*/To: Carol <carol@example.com>, Bob <bob@example.net>/' >"$T/3"
	mp-fetch -q "$T/1" "$T/2" "$T/3" | mp-index -q >/dev/null
}

@test "an address once, under the name used most, counted both ways" {
	people_store
	run mp-address jm@
	assert_success
	assert_output "jm@example.org${TAB}Jürgen Müller${TAB}to 0, from 3"
	run mp-address bob
	assert_output "bob@example.net${TAB}Bob${TAB}to 3, from 0"
}

@test "every word must match, in address or name, case and accents aside" {
	people_store
	run mp-address MULLER example
	assert_line --partial jm@example.org
	run mp-address muller example.com
	assert_failure 1
	assert_output ''
}

@test "those written to most come first; --limit" {
	people_store
	run mp-address
	assert_line --index 0 --partial bob@example.net
	assert_line --index 1 --partial carol@example.com
	run mp-address --limit=1
	assert_equal "${#lines[@]}" 1
}

@test "mutt's form: a line before the records" {
	people_store
	run mp-address --format=mutt bob
	assert_line --index 0 '1 found'
	assert_line --index 1 --partial "bob@example.net${TAB}Bob"
}

@test "JSON" {
	people_store
	run mp-address --format=json bob
	assert_equal "$(python3 -c 'import json, sys
print(json.load(sys.stdin)["name"])' <<<"$output")" Bob
}
