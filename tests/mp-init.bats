# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2119,SC2120 # the options of mp-init, not of the test
load lib/common

setup() {
	common_setup
	unset MP_KEY_FILE
}

init() {
	mp-init --passphrase-fd=3 --kdf-cost=10 "$@" 3<<<"open sesame"
}

@test "init: prints the path, then 24 words, once" {
	run --separate-stderr init
	assert_success
	assert_equal "${lines[0]}" "$MP_STORE"
	assert_equal "$(wc -w <<<"${lines[1]}")" 24
	assert_equal "${#lines[@]}" 2
	assert_equal "$stderr" ""
}

@test "init: the store opens with the passphrase and with the code" {
	init >"$T/out"
	run mp-passwd --passphrase-fd=3 verify 3<<<"open sesame"
	assert_success
	run mp-passwd --passphrase-fd=3 verify 3< <(tail -n 1 "$T/out")
	assert_success
}

@test "init: a second store in the same place is refused, 73" {
	init
	sum=$(sha256sum "$MP_STORE/keyslots")
	run init
	assert_failure 73
	assert_output --partial "there is one"
	assert_equal "$(sha256sum "$MP_STORE/keyslots")" "$sum"
}

@test "init: a key file is made when missing, 0600, never overwritten" {
	mp-init --key-file="$T/key" --no-recovery
	assert_equal "$(stat -c %a:%s "$T/key")" 600:32
	sum=$(sha256sum "$T/key")
	MP_STORE=$T/two mp-init --key-file="$T/key" --no-recovery
	assert_equal "$(sha256sum "$T/key")" "$sum"
	run mp-passwd --key-file="$T/key" verify
	assert_success
}

@test "init: a key file open to others is refused, 77" {
	head -c 32 /dev/urandom >"$T/key"
	chmod 640 "$T/key"
	run mp-init --key-file="$T/key"
	assert_failure 77
	assert_not_exists "$MP_STORE/keyslots"
}

@test "init: a short key file works, at the price of a passphrase" {
	(umask 077 && echo short >"$T/key")
	mp-init --key-file="$T/key" --kdf-cost=11 --no-recovery
	run mp-passwd list
	assert_output --regexp "keyfile${TAB}[^$TAB]*${TAB}11${TAB}"
	run mp-passwd --key-file="$T/key" verify
	assert_success
}

@test "init: everything is closed to others, whatever the umask" {
	mkdir -m 755 "$MP_STORE"
	umask 000
	init
	run find "$MP_STORE" -perm /077
	assert_output ""
}

@test "init: --no-recovery prints the path only" {
	run init --no-recovery
	assert_output "$MP_STORE"
	run mp-passwd list
	refute_output --partial recovery
}

@test "init: -q keeps the code, json has both" {
	run init -q
	assert_equal "$(wc -w <<<"$output")" 24
	MP_STORE=$T/two run init --format=json
	run jq -r '.store, (.recovery | split(" ") | length)' <<<"$output"
	assert_line --index 0 "$T/two"
	assert_line --index 1 24
}

@test "init: without a terminal and without a secret: 64" {
	run setsid -w mp-init
	assert_failure 64
	assert_output --partial "--passphrase-fd"
}

@test "init: wrong costs, passphrases and operands" {
	for cost in 9 21 30 4294967306; do
		run mp-init --passphrase-fd=3 --kdf-cost=$cost 3<<<x
		assert_failure 64
	done
	run mp-init --passphrase-fd=3 3<<<""
	assert_failure 65
	run mp-init --passphrase-fd=3 3< <(printf 'a %.0s' {1..24})
	assert_failure 77
	run mp-init --passphrase-fd=9
	assert_failure 74
	run mp-init somewhere
	assert_failure 64
	assert_not_exists "$MP_STORE/keyslots"
}

@test "init: the default cost is tuned to 15..19" {
	mp-init --passphrase-fd=3 --no-recovery 3<<<"open sesame"
	cost=$(mp-passwd list | cut -f 4)
	[ "$cost" -ge 15 ] && [ "$cost" -le 19 ]
}

@test "init: asks twice on a terminal, without echo" {
	command -v expect >/dev/null || skip "no expect"
	run timeout 60 expect <<-EOF
		set timeout 20
		spawn mp-init --kdf-cost=10
		expect "new passphrase: "
		send "open sesame\r"
		expect "Again, new passphrase: "
		send "open sesame\r"
		expect eof
		exit [lindex [wait] 3]
	EOF
	assert_success
	refute_output --partial "open sesame"
	run mp-passwd --passphrase-fd=3 verify 3<<<"open sesame"
	assert_success
}

@test "init: on a terminal it tells what differs, what it printed, what next" {
	command -v expect >/dev/null || skip "no expect"
	run timeout 60 expect <<-EOF
		set timeout 20
		spawn mp-init --kdf-cost=10
		expect "new passphrase: "
		send "open sesame\r"
		expect "Again, new passphrase: "
		send "open barley\r"
		expect "the two passphrases differ"
		expect "new passphrase: "
		send "open sesame\r"
		expect "Again, new passphrase: "
		send "open sesame\r"
		expect eof
		exit [lindex [wait] 3]
	EOF
	assert_success
	assert_output --partial "the 24 words are the recovery code"
	assert_output --partial "next: mp unlock"
}

@test "init: an interrupted start leaves what init may finish" {
	mkdir -m 700 "$MP_STORE"
	echo rubbish >"$MP_STORE/keyslots"
	run init
	assert_success
	run mp-passwd --passphrase-fd=3 verify 3<<<"open sesame"
	assert_success
}
