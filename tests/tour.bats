#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later

load lib/common

# The lines after a "$ " in the literal blocks of man/mp.7, as a reader
# would paste them.
tour_lines() {
	awk '/^\.Bd -literal/ { literal = 1; next }
	/^\.Ed/ { literal = 0 }
	literal && /^\$ / {
		sub(/^\$ /, "")
		gsub(/\\e/, "\\")
		gsub(/\\-/, "-")
		print
	}' "$TOP/man/mp.7"
}

@test "tour: every line of mp(7) works when pasted" {
	tour_lines | grep -vE '^(scripts/deps|make|PATH=)' >"$T/tour"
	[ "$(wc -l <"$T/tour")" -ge 15 ]
	cd "$TOP"
	while read -r line; do
		echo "$line"
		eval "$line" </dev/null >"$T/out" 2>&1 || {
			echo "status $?"
			cat "$T/out"
			false
		}
	done <"$T/tour"
	assert_not_exist "$HOME/mp-tour"
}

@test "tour: README is made of mp(7)" {
	run -0 "$TOP/scripts/check-readme"
}

@test "quickstart: from the checkout to a first search" {
	cp -a "$TOP/scripts" "$TOP/tests" "$T"
	mkdir "$T/build"
	ln -s "$MP_BUILD/bin" "$T/build/bin"
	printf 'all:\n' >"$T/Makefile"
	run -0 "$T/scripts/quickstart" -y
	assert_output --partial '78 messages in'
	assert_output --partial 'mp show 1'
	# a second run says what there is
	run -0 "$T/scripts/quickstart" -y
	assert_output --partial 'there is one'
	assert_output --partial '0 messages in'
}

@test "quickstart: one's own Maildir, with a key file" {
	cp -a "$TOP/scripts" "$TOP/tests" "$T"
	mkdir "$T/build"
	ln -s "$MP_BUILD/bin" "$T/build/bin"
	printf 'all:\n' >"$T/Makefile"
	maildir "$HOME/Maildir"
	mail one@example.org >"$HOME/Maildir/cur/1:2,S"
	unset MP_KEY_FILE MP_STORE
	run -0 "$T/scripts/quickstart" -y "$HOME/Maildir"
	assert_output --partial '1 messages in'
	assert_file_exist "$HOME/.config/mp/key"
	assert_dir_exist "$HOME/.local/share/mp"
	run -66 "$T/scripts/quickstart" -y "$HOME/none"
}
