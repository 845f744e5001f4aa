#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Mail from real delivery agents, into a store that is unlocked, locked,
# busy, or on a full disk. What the agent must see: 0 when the mail is safe,
# else 75, and nothing half stored.

load lib/common

setup() {
	common_setup
	new_store
	{
		echo "From alice@example.org Tue Mar  4 03:33:20 2003"
		mail 1@x
	} >"$T/mail"
	cat >"$T/procmailrc" <<-EOF
		MAILDIR=$T
		DEFAULT=$T/default
		LOGFILE=$T/log
		SHELL=/bin/sh
		PATH=$PATH
		MP_STORE=$MP_STORE

		:0 w
		| mp-fetch -

		:0 e
		{ EXITCODE=75 HOST }
	EOF
	cat >"$T/mailfilter" <<-EOF
		PATH="$PATH"
		MP_STORE="$MP_STORE"
		to "| mp-fetch -"
	EOF
	chmod 600 "$T/mailfilter" "$T/procmailrc"
	key=$MP_KEY_FILE
}

teardown() {
	umount "$T/small" 2>/dev/null || true
	common_teardown
}

with_procmail() {
	command -v procmail >/dev/null || skip 'procmail is not installed'
	procmail "MP_KEY_FILE=${MP_KEY_FILE:-}" "$T/procmailrc"
}

with_maildrop() {
	command -v maildrop >/dev/null || skip 'maildrop is not installed'
	# it keeps nothing of the environment but what the filter sets
	sed -i "1i MP_KEY_FILE=\"${MP_KEY_FILE:-}\"" "$T/mailfilter"
	maildrop -V9 "$T/mailfilter"
}

# taken - print the ids of what is in store and spool
taken() {
	MP_KEY_FILE=$key mp-fetch "$T/none" 2>/dev/null || true
}

# on_full_disk COMMAND - run it with the store on a file system of 2 MiB
# that is full.
on_full_disk() {
	local small=$T/small
	mkdir -p "$small"
	[ "$(id -u)" -eq 0 ] || skip 'mounting a small file system needs root'
	mount -t tmpfs -o size=2m tmpfs "$small" 2>/dev/null ||
		skip 'mounting is not possible here'
	cp -a "$MP_STORE" "$small/store"
	export MP_STORE=$small/store
	sed -i "s|^\(.*MP_STORE=\).*|\1\"$MP_STORE\"|" "$T/mailfilter" \
		"$T/procmailrc"
	dd if=/dev/zero of="$small/filler" bs=4k 2>/dev/null || true
	run "$@"
	echo "$status" >"$T/status"
	echo "$output" >"$T/output"
	rm "$small/filler"
	run -0 mp-fetch - <"$T/mail"
	local after=$output
	umount "$small"
	# nothing was said to be safe: the agent still has it
	assert_equal "$(cat "$T/status")" 75
	assert_equal "$after" id:1@x
}

check_unlocked() {
	run -0 "$1" <"$T/mail"
	run -0 mp-export -0 1@x
	assert_equal "$output" "$(mail 1@x)"
	assert_file_not_exists "$T/default"
}

check_locked() {
	unset MP_KEY_FILE
	run -0 "$1" <"$T/mail"
	assert_file_not_exists "$T/default"
	refute_plaintext Alice 'Subject of'
	mkdir "$T/none"
	run taken
	assert_output 'id:1@x'
	run taken
	assert_output ''
}

check_busy() {
	exec 9>>"$MP_STORE/lock"
	flock 9
	run -0 "$1" <"$T/mail" 9>&-
	exec 9>&-
	mkdir "$T/none"
	run taken
	assert_output 'id:1@x'
}

check_gone() {
	mv "$MP_STORE" "$MP_STORE.away"
	run -75 "$1" <"$T/mail"
	assert_file_not_exists "$T/default"
}

@test "procmail, store unlocked" { check_unlocked with_procmail; }
@test "procmail, store locked" { check_locked with_procmail; }
@test "procmail, store busy" { check_busy with_procmail; }
@test "procmail, no store" { check_gone with_procmail; }
@test "procmail, disk full" { on_full_disk with_procmail <"$T/mail"; }
@test "maildrop, store unlocked" { check_unlocked with_maildrop; }
@test "maildrop, store locked" { check_locked with_maildrop; }
@test "maildrop, store busy" { check_busy with_maildrop; }
@test "maildrop, no store" { check_gone with_maildrop; }
@test "maildrop, disk full" { on_full_disk with_maildrop <"$T/mail"; }

@test "a hundred deliveries at once, none lost, none twice" {
	for i in {1..100}; do
		mail "$i@x" | mp-fetch - >/dev/null &
		[ $((i % 10)) -ne 0 ] || wait
	done
	wait
	mkdir "$T/none"
	mp-fetch "$T/none" >/dev/null
	run -0 mp-status
	assert_line "messages${TAB}100"
	assert_equal "$(find "$MP_STORE/spool" -type f | wc -l)" 0
}

@test "a delivery killed at any point loses nothing that was said to be safe" {
	for i in {1..30}; do
		mail "$i@x" >"$T/$i"
		mp-fetch - <"$T/$i" >/dev/null 2>&1 &
		sleep "0.0$((i % 10))"
		[ $((i % 6)) -eq 0 ] || kill -9 $! 2>/dev/null || true
		if wait $!; then echo "id:$i@x"; fi
	done | sort >"$T/safe"
	mkdir "$T/none"
	mp-fetch "$T/none" >/dev/null
	for i in {1..30}; do
		mp-fetch -n "$T/$i"
	done | sort >"$T/missing"
	run -0 comm -12 "$T/safe" "$T/missing"
	assert_output ''
	[ "$(wc -l <"$T/safe")" -ge 5 ]
}
