#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
load lib/common

# A store with a plain mail, its answer, and one with attachments.
show_store() {
	new_store
	mail one@x 'First' 'Body of one.' >"$T/1"
	mail two@x 'Re: First' 'Body of two.' 'In-Reply-To: <one@x>' >"$T/2"
	cat >"$T/3" <<-'EOF'
	From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>
	To: bob@example.net
	Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=
	Date: Tue, 24 Nov 2020 11:00:00 +0000
	Message-ID: <three@x>
	MIME-Version: 1.0
	Content-Type: multipart/mixed; boundary=b

	--b
	Content-Type: text/html; charset=utf-8

	<p>Hello <a href="http://evil.example/">http://bank.example/</a>
	<script>alert(1)</script></p>
	--b
	Content-Type: application/octet-stream
	Content-Disposition: attachment; filename="report.pdf.exe"
	Content-Transfer-Encoding: base64

	AAECAwQF
	--b
	Content-Type: message/rfc822

	Subject: nested
	From: n@example.org

	nested body
	--b--
	EOF
	mp-fetch "$T/1" "$T/2" "$T/3" >/dev/null
	mp-index -q </dev/null >/dev/null
}

@test "a number of the last listing, the text piped on to a pager" {
	command -v expect >/dev/null || skip "no expect"
	show_store
	unset XDG_RUNTIME_DIR
	run timeout 60 expect <<-'EOF'
		set timeout 20
		spawn bash -c "mp-search subject:first; mp-show 1 | cat; mp-show \\$ | cat"
		expect eof
	EOF
	assert_output --partial "Body of one."
	assert_output --partial "Body of two."
}

@test "readable text: tags, header, body" {
	show_store
	run -0 mp-show id:one@x
	assert_line 'From: Alice <alice@example.org>'
	assert_line 'Subject: First'
	assert_line 'Body of one.'
	assert_line --regexp '^Tags: .*inbox'
}

@test "encoded words, HTML as text, nested messages, risky attachments" {
	show_store
	run -0 mp-show three@x
	assert_output --partial 'Jürgen'
	assert_output --partial 'grüße'
	assert_output --partial 'Hello'
	refute_output --partial 'alert(1)'
	assert_output --partial 'evil.example'
	assert_output --partial 'nested body'
	assert_output --partial 'report.pdf.exe'
	assert_output --partial risky
}

@test "--raw gives the bytes back; several as mbox or ended by NUL" {
	show_store
	for n in 1:one 2:two 3:three; do
		mp-show --raw "id:${n#*:}@x" | cmp - "$T/${n%:*}"
	done
	mp-show --raw id:one@x id:two@x >"$T/mbox"
	assert_equal "$(grep -c '^From mp@localhost ' "$T/mbox")" 2
	mp-show -0 --raw id:one@x id:two@x |
		cmp - <(cat "$T/1"; printf '\0'; cat "$T/2"; printf '\0')
	mp-show -0 --raw id:one@x | cmp - <(cat "$T/1"; printf '\0')
}

@test "--part writes decoded content" {
	show_store
	mp-show --part=3 id:three@x | cmp - <(printf '\0\1\2\3\4\5')
	run mp-show --part=9 id:three@x
	assert_failure 1
	assert_output --partial 'no part 9'
}

@test "--headers shows all fields, decoded" {
	show_store
	run -0 mp-show --headers id:three@x
	assert_line --partial 'MIME-Version: 1.0'
	assert_line --partial 'Jürgen'
	refute_output --partial Hello
}

@test "--thread shows the whole thread once, oldest first" {
	show_store
	run -0 mp-show --thread id:two@x id:one@x
	assert_equal "$(grep -c '^Subject:' <<<"$output")" 2
	assert_equal "$(grep -n 'Body of' <<<"$output" | cut -d: -f2 |
		tr '\n' ' ')" 'Body of one. Body of two. '
}

@test "JSON: one object a message, with its parts" {
	show_store
	run -0 mp-show --format=json id:three@x
	python3 - "$output" <<-'EOF'
	import json, sys
	m = json.loads(sys.argv[1])
	assert m['id'] == 'id:three@x' and m['subject'] == 'grüße', m
	assert [p['number'] for p in m['parts']] == [1, 2, 3, 4, 5], m
	assert m['parts'][2]['filename'] == 'report.pdf.exe'
	assert m['parts'][2]['risk']
	EOF
}

@test "-m finds the message that is piped in" {
	show_store
	run -0 mp-show -m <"$T/2"
	assert_line 'Body of two.'
}

@test "by query, and ids of records on stdin" {
	show_store
	run -0 mp-show subject:first
	assert_line 'Body of two.'
	run -0 mp-show <<<"id:one@x${TAB}whatever"
	assert_line 'Body of one.'
}

@test "no such message: exit 1, the others are shown" {
	show_store
	run mp-show id:none@x id:one@x
	assert_failure 1
	assert_line 'Body of one.'
}

@test "nothing of mail reaches a terminal uncleaned" {
	show_store
	printf 'From: a@b.c\nSubject: x\033[31my\nMessage-ID: <e@x>\n\nz\033]0;t\007\xe2\x80\xae\n' >"$T/4"
	mp-fetch "$T/4" >/dev/null
	mp-index -q </dev/null >/dev/null
	for form in '' --raw --headers --part=1 --format=json; do
		run on_tty mp-show $form id:e@x
		refute_output --partial $'\033'
		refute_output --partial $'\007'
		refute_output --partial $'\xe2\x80\xae'
	done
}

@test "a single form only" {
	show_store
	run mp-show --raw --headers id:one@x
	assert_failure 64
}
