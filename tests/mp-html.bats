#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later

load lib/common

@test "mp-html: golden pairs, text" {
	local html
	for html in "$TOP"/tests/data/html/*.html; do
		mp-html "$html" >"$T/got"
		run -0 diff -u "${html%.html}.txt" "$T/got"
	done
}

@test "mp-html: golden pairs, sanitized" {
	local html
	for html in "$TOP"/tests/data/html/*.html; do
		mp-html --sanitize --images=attached "$html" >"$T/got"
		run -0 diff -u "${html%.html}.safe" "$T/got"
	done
}

@test "mp-html: what is sanitized stays as it is" {
	local html
	for html in "$TOP"/tests/data/html/*.html; do
		mp-html -s "$html" | sed 's/\[/(/g; s/\]/)/g' >"$T/once"
		mp-html -s "$T/once" | grep -v '^$' |
			sed 's: <small>\[[^]]*\]</small>::g
			    s: <strong>\[![^]]*\]</strong>::g' >"$T/twice"
		grep -v '^$' "$T/once" | run -0 diff -u - "$T/twice"
	done
}

@test "mp-html: standard input, by itself and as -" {
	run -0 mp-html <<<'<p>one<p>two'
	assert_output $'one\n\ntwo'
	run -0 mp-html - <<<'<b>x'
	assert_output x
	run -0 mp-html </dev/null
	assert_output ''
}

@test "mp-html: --width" {
	run -0 mp-html --width=10 <<<'aaaa bbbb cccc'
	assert_output $'aaaa bbbb\ncccc'
	run -0 mp-html -w 0 <<<"$(printf 'word %.0s' {1..50})"
	assert_equal "${#lines[@]}" 1
	run -64 mp-html --width=x </dev/null
	run -64 mp-html --width=10001 </dev/null
}

@test "mp-html: character sets" {
	run -0 mp-html --charset=koi8-r <<<$'\xd0'
	assert_output п
	run -0 mp-html <<<$'<meta charset=koi8-r>\xd0'
	assert_output п
	run -0 mp-html --charset= <<<$'\xe9'
	assert_output é
	run -0 --separate-stderr mp-html --charset=x-nonsense <<<$'\xe9'
	assert_output é
	assert_equal "$stderr" "mp-html: cannot read HTML in 'x-nonsense':\
 unknown character set: guessing"
}

@test "mp-html: needs no store and no home" {
	HOME=/nonexistent MP_STORE=/nonexistent run -0 mp-html <<<x
	assert_output x
	assert_not_exists "$MP_STORE"
}

@test "mp-html: wrong use and missing files" {
	run -64 mp-html a b
	run -64 mp-html --images=remote </dev/null
	run -1 mp-html "$T/none"
	assert_output --partial "$T/none"
}

@test "mp-html: no control characters reach a terminal" {
	run -0 mp-html <<<$'a\x1b[31m&#27;[0m&#x9b;&#x202e;\xc2\x9bb <a href="http://x\x1b.example/\x07">l</a>'
	run ! grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae' \
		<<<"$output"
}

@test "mp-html: the sandbox is closed before anything is read" {
	command -v strace >/dev/null || skip "no strace"
	echo x >"$T/x.html"
	strace -o "$T/trace" mp-html "$T/x.html" ||
		skip "strace cannot trace here"
	run -0 awk '/seccomp|landlock_restrict/ { closed = NR }
		/^read\(.* = 2$/ { seen = NR }	# "x\n", which only root is shown
		END { exit !(seen > closed) }' "$T/trace"
}

# Security test 90: html-xss-suite, the part with foreign data.
@test "mp-html: published attacks are made harmless (test data)" {
	test_data
	local set
	for set in html-html5lib html-owasp html-caniemail mimekit; do
		[ -f "$DATA/$set.tar.xz" ] || skip "no $set"
		mkdir "$T/$set"
		tar -xJf "$DATA/$set.tar.xz" -C "$T/$set"
	done
	# each code block of the cheat sheets, and each test of the tokenizer
	mkdir "$T/attacks"
	cat "$T"/html-owasp/*/cheatsheets/*.md | awk -v dir="$T/attacks" '
		/^ *```/ { on = !on; n += on; next }
		on { print > (dir "/owasp-" n ".html") }'
	find "$T"/html-html5lib -name '*.test' -exec cat {} + |
		grep -o '"input": *"[^"]*"' | sed 's/"input": *"//; s/"$//' |
		split -l 20 --additional-suffix=.html - "$T/attacks/h5-"
	find "$T/html-caniemail" "$T/mimekit" "$T/attacks" -name '*.html' \
		-print0 | xargs -0 "$MP_BUILD/unit/html_attacks" >"$T/tap"
	run ! grep '^not ok' "$T/tap"
	run -0 grep -c '^ok' "$T/tap"
	[ "$output" -gt 400 ]
}
