#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The corpus of the bench: the same for the same seed, with threads kept.
# Nothing here is timed.

load lib/common

grow() {
	"$TOP/tests/bench/grow" "$@"
}

setup() {
	common_setup
	command -v python3 >/dev/null || skip "no python3"
	mkdir "$T/mails"
	{
		echo 'From alice  Tue Nov 24 10:30:00 2020'
		mail root@x "First" "several ordinary words stand here in text"
	} >"$T/mails/1"
	mail reply@x "Re: First" "an answer with many other words again" \
		"In-Reply-To: <root@x>" "References:" " <root@x>" \
		>"$T/mails/2"
}

# The files of a Maildir in the order of their numbers.
mails() {
	find "$1/cur" -type f | sort -V
}

@test "the first copies are the mails themselves, without a From line" {
	grow --mails=2 "$T/mails" "$T/out"
	run -0 diff <(tail -n +2 "$T/mails/1") "$(mails "$T/out" | head -n 1)"
	run -0 diff "$T/mails/2" "$(mails "$T/out" | tail -n 1)"
}

@test "copies have ids of their own and keep their threads" {
	grow --mails=6 "$T/mails" "$T/out"
	run -0 bash -c "grep -rhoi '^message-id: .*' '$T/out/cur' | sort -u |
		wc -l"
	assert_output 6
	local copy=2 reply
	reply=$(grep -rl "^Message-ID: <reply.c$copy@x>" "$T/out/cur")
	run -0 grep -c "<root.c$copy@x>" "$reply"
	assert_output 2
	run -1 grep '<root@x>' "$reply"
	run -1 grep 'Date: Tue, 24 Nov 2020' "$reply"
}

@test "the same seed gives the same mail, another seed other" {
	grow --mails=200 "$T/mails" "$T/one"
	grow --mails=100 "$T/mails" "$T/two"
	grow --mails=200 --first=100 "$T/mails" "$T/two"
	run -0 diff -r "$T/one" "$T/two"
	grow --mails=200 --seed=2 "$T/mails" "$T/three"
	run -1 diff -rq "$T/one" "$T/three"
}

@test "an mbox is taken apart" {
	mkdir "$T/boxes"
	{
		cat "$T/mails/1"
		printf '>From here on it is text\n\n'
		echo 'From bob  Tue Nov 24 10:31:00 2020'
		cat "$T/mails/2"
	} >"$T/boxes/box"
	grow --mbox "$T/boxes" "$T/out"
	run -0 bash -c "find '$T/out/cur' -type f | wc -l"
	assert_output 2
	run -0 grep -c '^From here' "$(mails "$T/out" | head -n 1)"
}

@test "the bench tells its rows" {
	run -0 "$TOP/scripts/bench" --help
	assert_line --partial 'absent term, whole process'
	run -2 "$TOP/scripts/bench" --rows=nothing
}
