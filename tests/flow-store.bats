#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What commands promise of the store as a whole.

load lib/common

@test "a reader beside a busy writer does not take the store for an old copy" {
	command -v strace >/dev/null || skip 'strace is not installed'
	[ -z "${MP_SANITIZED:-}" ] || skip 'the leak checker cannot be traced'
	new_store
	mp-config get new.tags
	anchor=$(echo "$XDG_STATE_HOME"/mp/epoch-*)
	# this one reads the remembered epoch half a second after all before that
	strace -qq -o /dev/null -P "$anchor" -e trace=openat \
	    -e inject=openat:delay_enter=500000:when=1 \
	    mp-config get new.tags >"$T/tags" 2>"$T/errors" &
	reader=$!
	sleep 0.2
	mp-config set new.tags later
	wait "$reader" || true
	assert_equal "$(cat "$T/errors")" ''
}

@test "an old copy put in the store's place is reported, also one commit old" {
	new_store
	cp -a "$MP_STORE" "$T/old"
	mp-config set new.tags later
	mv "$MP_STORE" "$T/new"
	mv "$T/old" "$MP_STORE"
	run mp-config get new.tags
	assert_failure 65
	assert_output --partial 'an old copy was put in its place'
	rm -r "$MP_STORE"
	mv "$T/new" "$MP_STORE"
	run -0 mp-config get new.tags
	assert_output later
}

@test "what a killed delivery left in the spool goes after an hour" {
	new_store
	: >"$MP_STORE/spool/old.box.new"
	: >"$MP_STORE/spool/young.box.new"
	touch -d '2 hours ago' "$MP_STORE/spool/old.box.new"
	mail one@example.org | mp-fetch -
	assert_equal "$(ls "$MP_STORE/spool")" young.box.new
}
