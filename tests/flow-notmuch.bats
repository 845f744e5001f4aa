#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
load lib/common

# Moving between notmuch and mp, as mp(7) tells: the same Maildir, tags over
# and back.

# A Maildir that notmuch has indexed and tagged.
notmuch_store() {
	export NOTMUCH_CONFIG=$T/notmuch-config
	maildir "$T/mail/inbox"
	for n in 1 2 3 4; do
		mail "mail$n@example.org" "Subject $n" >"$T/mail/inbox/cur/$n:2,S"
	done
	mail 'odd%id with+more@example.org' >"$T/mail/inbox/cur/5:2,"
	printf '[database]\npath=%s\n[user]\nname=x\nprimary_email=x@x\n[new]\ntags=inbox\n' \
	    "$T/mail" >"$NOTMUCH_CONFIG"
	notmuch new --quiet
	notmuch tag '+a tag' +work/now -inbox -- id:mail1@example.org
	notmuch tag '+100%' -- id:mail2@example.org
	notmuch tag +odd -- subject:odd
}

tags_of() {
	mp-search --format=json "id:$1" | jq -c '.tags'
}

@test "from notmuch: its dump is read by --restore, and by --batch" {
	notmuch_store
	new_store
	mp-fetch -q --index "maildir:$T/mail" >/dev/null
	notmuch dump --output="$T/dump"
	mp-tag --restore <"$T/dump" >/dev/null
	assert_equal "$(tags_of mail1@example.org)" '["a tag","work/now"]'
	assert_equal "$(tags_of mail2@example.org)" '["100%","inbox"]'
	assert_equal "$(tags_of mail3@example.org)" '["inbox"]'
	mp-tag +lost -- id:mail3@example.org
	sed 's/ -- / -lost -- /' "$T/dump" | mp-tag --batch >/dev/null
	assert_equal "$(tags_of mail3@example.org)" '["inbox"]'
}

@test "back to notmuch: mp-tag --dump is read by notmuch restore" {
	notmuch_store
	new_store
	mp-fetch -q --index "maildir:$T/mail" >/dev/null
	mp-tag --restore < <(notmuch dump) >/dev/null
	mp-tag '+new one' -inbox -- id:mail4@example.org
	notmuch dump | grep -v '^#' | sort >"$T/want.old"
	mp-tag --dump >"$T/dump"
	notmuch restore --input="$T/dump"
	run notmuch search --output=tags id:mail4@example.org
	assert_output 'new one'
	run notmuch search --output=tags id:mail1@example.org
	assert_output $'a tag\nwork/now'
	# and over again: nothing changes
	mp-tag --restore < <(notmuch dump) >/dev/null
	mp-tag --dump | grep -v '^#' | sort >"$T/again"
	grep -v '^#' "$T/dump" | sort | diff - "$T/again"
}
