#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later

load lib/common

# make with this build's folder and nothing inherited from a make around it
build() {
	MAKEFLAGS='' make -s -C "$TOP" O="${MP_BUILD#"$TOP/"}" "$@"
}

@test "install: programs, pages and completions, and uninstall removes them" {
	build install DESTDIR="$T/root" PREFIX=/usr
	assert_file_executable "$T/root/usr/bin/mp"
	assert_file_exist "$T/root/usr/share/man/man1/mp.1"
	assert_file_exist \
		"$T/root/usr/share/bash-completion/completions/mp"
	assert_file_exist "$T/root/usr/share/zsh/site-functions/_mp"
	assert_file_exist "$T/root/usr/share/fish/vendor_completions.d/mp.fish"
	run -0 find "$T/root" -type f -perm /022
	refute_output
	run -0 sh -c "strings '$T'/root/usr/bin/mp* | grep -c '$TOP/'; true"
	assert_output 0
	build uninstall DESTDIR="$T/root" PREFIX=/usr
	run -0 find "$T/root" ! -type d
	refute_output
}

@test "install: what is installed runs" {
	build install DESTDIR= PREFIX="$T/usr"
	run -0 env PATH="$T/usr/bin:/usr/bin:/bin" mp --list
	run -0 env -i "$T/usr/bin/mp" --version
	assert_output --regexp '^mp [0-9]'
}

# completed WORD... - what bash offers for the last word
completed() {
	bash --norc -c '
		. /usr/share/bash-completion/bash_completion
		. "$1"
		shift
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		COMP_LINE="$*"
		COMP_POINT=${#COMP_LINE}
		_mp
		printf "%s\n" "${COMPREPLY[@]}"
	' bash "$MP_BUILD/completion/mp.bash" "$@" 2>/dev/null
}

@test "completion: bash offers options, words and verbs" {
	[ -e /usr/share/bash-completion/bash_completion ] ||
		skip 'bash-completion is not installed'
	build completions
	run -0 completed mp he
	assert_output help
	run -0 completed mp-init --ver
	assert_line --verbose
	assert_line --version
	run -0 completed mp-init --format=j
	assert_output json
	run -0 completed mp init --null
	assert_output --null
}

@test "completion: bash offers the tags there are" {
	[ -e /usr/share/bash-completion/bash_completion ] ||
		skip 'bash-completion is not installed'
	build completions
	new_store >/dev/null
	mail 1@x | mp-fetch - | mp-index >/dev/null
	run -0 completed mp-tag +in
	assert_output +inbox
	run -0 completed mp search tag:unr
	assert_output --regexp '^(tag:)?unread$'
	mv "$MP_KEY_FILE" "$T/away"
	run -0 completed mp-tag +in
	assert_output ''
}

@test "completion: zsh and fish accept theirs" {
	build completions
	command -v zsh >/dev/null || skip 'zsh is not installed'
	run -0 zsh -n "$MP_BUILD/completion/mp.zsh"
	command -v fish >/dev/null || skip 'fish is not installed'
	run -0 fish --no-execute "$MP_BUILD/completion/mp.fish"
}
