#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
load lib/common

# What every kind of search says of the store, and every message's bytes.
portrait() {
	local query
	for query in '*' tag:todo tag:unread 'from:notmuch' '"the index"' \
	    'patch*' 'date:2009-11-17..2009-11-18' 'path:**' has:attachment \
	    'thread:{tag:todo}' 'subject:/maildir/'; do
		echo "== $query"
		mp-search --output=ids "$query" || true
		mp-search --output=threads "$query" || true
		mp-search --output=tags "$query" || true
	done
	mp-search --format=json '*'
	mp-tag --dump
	mp-address --limit=1000
	mp-config list
	mp-show --raw '*' | sha256sum
}

sample_store() {
	new_store
	mp-fetch -q --index "$TOP/tests/data/sample.mbox" >/dev/null
	mp-tag +todo -unread -- from:carl
	mp-tag -inbox -- subject:patch
	mp-config set query.todo tag:todo
	mp-tag +late -- query:todo
}

@test "log and packs alone give everything back" {
	sample_store
	portrait >"$T/before"
	[ "$(wc -l <"$T/before")" -gt 200 ]
	rm -rf "$MP_STORE"/cat.tdb "$MP_STORE"/seg "$MP_STORE"/lock
	mkdir "$MP_STORE/seg"
	mp-index -q --all </dev/null >/dev/null
	portrait >"$T/after"
	diff "$T/before" "$T/after"
	run -0 mp-fsck -q
}

@test "fetching in pieces and merging gives the same index" {
	sample_store
	portrait >"$T/before"
	mp-export --maildir="$T/maildir" '*'
	mp-index -q --optimize </dev/null >/dev/null
	portrait >"$T/after"
	diff "$T/before" "$T/after"
	run -0 mp-fsck -q
}

@test "removed mail stays removed and gives its space back" {
	sample_store
	before=$(du -s --block-size=1 "$MP_STORE/pack" | cut -f1)
	mp-rm -q -Q 'not subject:maildir' >/dev/null
	mp-index -q --optimize </dev/null >/dev/null
	after=$(du -s --block-size=1 "$MP_STORE/pack" | cut -f1)
	[ "$after" -lt "$before" ]
	kept=$(mp-search --output=count subject:maildir)
	[ "$kept" -gt 0 ]
	run mp-search --output=count '*'
	assert_output "$kept"
	mp-index -q --all </dev/null >/dev/null
	run mp-search --output=count '*'
	assert_output "$kept"
	run -0 mp-fsck -q
}
