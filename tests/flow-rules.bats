#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Rules (rule.NAME) change the tags of new mail as it is indexed.

load lib/common

some_rules() {
	new_store
	mp-config set rule.1-boats 'subject:boat -> +boats -inbox'
	mp-config set rule.2-again 'tag:boats -> +twice'
	mp-config set rule.3-spam 'subject:cheap -> +spam'
	mp-config set rule.4-hidden 'tag:spam -> -unread'
	maildir "$T/md"
	mail 1@x 'A boat' >"$T/md/new/1"
	mail 2@x 'A car' >"$T/md/new/2"
	mail 3@x 'Cheap pills' >"$T/md/new/3"
}

check_tags() {
	run -0 mp-search --exclude=false --output=ids tag:boats tag:twice
	assert_output id:1@x
	run -0 bash -c "mp-search --output=ids tag:inbox and tag:unread |
		sort"
	assert_output id:2@x
	run -0 mp-search --output=ids tag:spam and not tag:unread
	assert_output id:3@x
}

@test "fetch, then index" {
	some_rules
	run -0 bash -c "mp-fetch '$T/md' | mp-index"
	assert_equal "${#lines[@]}" 3
	check_tags
}

@test "both in one pass" {
	some_rules
	run -0 mp-fetch --index "$T/md"
	check_tags
}

@test "mail that is indexed already stays as it is" {
	some_rules
	mp-fetch --index "$T/md" >/dev/null
	mp-tag -q -boats -twice id:1@x
	mp-config set rule.5-all '* -> +all'
	mp-index --all >/dev/null
	run -1 mp-search 'tag:boats or tag:all'
	mail 4@x 'Another boat' >"$T/md/new/4"
	mp-fetch "$T/md" | mp-index >/dev/null
	run -0 mp-search --output=ids tag:boats
	assert_output id:4@x
	run -0 mp-search --output=ids tag:all
	assert_output id:4@x
}

@test "a rule that does not work is an error, the mail is there" {
	some_rules
	mp-config set rule.6-bad 'sender:known -> +x'
	run -78 --separate-stderr bash -c "mp-fetch '$T/md' | mp-index"
	[[ $stderr == *"cannot apply 'rule.6-bad'"* ]]
	run -0 mp-search --output=count --exclude=false '*'
	assert_output 3
}
