# SPDX-License-Identifier: GPL-3.0-or-later
load lib/common

setup() {
	common_setup
	unset MP_KEY_FILE
	export XDG_RUNTIME_DIR=$T/none	# no file; the keyring may serve
	mp-init --passphrase-fd=3 --kdf-cost=10 >"$T/init" 3<<<one
	code=$(tail -n 1 "$T/init")
}

teardown() {
	mp-lock 2>/dev/null || true
	common_teardown
}

# passwd ARG... - with the passphrase "one"
passwd() {
	mp-passwd --passphrase-fd=3 "$@" 3<<<one
}

opens_with() {
	mp-passwd --passphrase-fd=3 verify 3<<<"$1"
}

# All of the store but what this command may change.
rest_of_store() {
	(cd "$MP_STORE" && find . -type f ! -name 'keyslots*' ! -name epochs \
		-exec sha256sum {} + | sort)
}

@test "passwd: list needs no secret and says what slots say" {
	run mp-passwd list
	assert_success
	assert_line --index 0 --regexp "^0${TAB}passphrase${TAB}20[^$TAB]*${TAB}10${TAB}"
	assert_line --index 1 --regexp "^1${TAB}recovery${TAB}20[^$TAB]*${TAB}0${TAB}"
	run mp-passwd --format=json list
	run jq -r '"\(.slot) \(.type) \(.kdf_cost)"' <<<"$output"
	assert_line --index 0 "0 passphrase 10"
}

@test "passwd: change: old fails, new works, the rest is untouched" {
	rest_of_store >"$T/before"
	passwd --new-passphrase-fd=4 --kdf-cost=10 change 4<<<two
	run opens_with one
	assert_failure 77
	run opens_with two
	assert_success
	rest_of_store | cmp - "$T/before"
	# neither copy keeps the old one
	echo >"$MP_STORE/keyslots"
	run opens_with one
	assert_failure 77
}

@test "passwd: old and new passphrase on one descriptor" {
	run mp-passwd --passphrase-fd=3 --new-passphrase-fd=3 \
		--kdf-cost=10 change 3< <(printf 'one\ntwo\n')
	assert_success
	run opens_with two
	assert_success
}

@test "passwd: add a passphrase and a key file, remove them" {
	passwd --new-passphrase-fd=4 --new-key-file="$T/key" \
		--label="a b%c" --kdf-cost=10 add 4<<<two
	run mp-passwd list
	assert_line --index 2 --regexp "^2${TAB}passphrase${TAB}.*${TAB}a b%c"
	assert_line --index 3 --regexp "^3${TAB}keyfile${TAB}.*${TAB}0${TAB}"
	run opens_with two
	assert_success
	run mp-passwd --key-file="$T/key" verify
	assert_success
	passwd rm 2
	run opens_with two
	assert_failure 77
	passwd rm 3
	run mp-passwd --key-file="$T/key" verify
	assert_failure 75
}

@test "passwd: the last slot stays, 77" {
	passwd rm 1
	run passwd rm 0
	assert_failure 77
	assert_output --partial "the last"
	run opens_with one
	assert_success
}

@test "passwd: an unlocked store is not enough to change its slots" {
	mp-unlock --passphrase-fd=3 3<<<one || skip "no kernel keyring here"
	run setsid -w mp-passwd verify
	assert_success
	run setsid -w mp-passwd recovery
	assert_failure 75
	run setsid -w mp-passwd rm 1
	assert_failure 75
}

@test "passwd: recovery prints the code of init, or a page" {
	run passwd recovery
	assert_output "$code"
	run passwd --sheet recovery
	assert_line --index 0 --partial "Recovery code"
	words=$(grep -E '^   [ 0-9][0-9] ' <<<"$output" |
		grep -oE '[a-z]+' | paste -sd ' ')
	assert_equal "$words" "$code"
}

@test "passwd: recovery for a store made without" {
	MP_STORE=$T/two mp-init --passphrase-fd=3 --kdf-cost=10 \
		--no-recovery 3<<<one
	export MP_STORE=$T/two
	run passwd recovery
	assert_equal "$(wc -w <<<"$output")" 24
	run opens_with "$output"
	assert_success
}

@test "passwd: rotate: a new code, the old one is void" {
	run passwd rotate
	assert_success
	new=$output
	[ "$new" != "$code" ]
	run opens_with "$code"
	assert_failure 77
	run opens_with "$new"
	assert_success
	run opens_with one
	assert_success
	assert_exists "$MP_STORE/epochs"
}

@test "passwd: restore: both keyslots destroyed, the code is enough" {
	rm "$MP_STORE/keyslots" "$MP_STORE/keyslots.2"
	run opens_with one
	assert_failure 65
	assert_output --partial "mp-passwd restore"
	run mp-passwd --passphrase-fd=3 --new-passphrase-fd=4 --kdf-cost=10 \
		restore 3<<<"$code" 4<<<two
	assert_success
	run opens_with two
	assert_success
	run opens_with "$code"
	assert_success
	run opens_with one
	assert_failure 77
}

@test "passwd: restore after rotations, from damaged copies" {
	passwd rotate
	passwd rotate >"$T/code"
	echo x | tee "$MP_STORE/keyslots" >"$MP_STORE/keyslots.2"
	run mp-passwd --passphrase-fd=3 --new-passphrase-fd=4 --kdf-cost=10 \
		restore 3<"$T/code" 4<<<two
	assert_success
	run opens_with two
	assert_success
	run passwd recovery
	assert_failure 77
	run mp-passwd --passphrase-fd=3 recovery 3<<<two
	assert_output "$(cat "$T/code")"
}

@test "passwd: restore refuses typos, foreign codes, sound slots" {
	run mp-passwd --passphrase-fd=3 --new-passphrase-fd=4 \
		restore 3<<<"$code" 4<<<two
	assert_failure 77
	assert_output --partial "not lost"
	rm "$MP_STORE"/keyslots*
	run mp-passwd --passphrase-fd=3 --new-passphrase-fd=4 \
		restore 3<<<"${code% *} zzzz" 4<<<two
	assert_failure 65
	assert_output --partial "word 24"
	MP_STORE=$T/two mp-init --passphrase-fd=3 --kdf-cost=10 >"$T/two.out" \
		3<<<x
	run mp-passwd --passphrase-fd=3 --new-passphrase-fd=4 \
		restore 3< <(tail -n 1 "$T/two.out") 4<<<two
	assert_failure 77
	assert_not_exists "$MP_STORE/keyslots"
	MP_STORE=$T/none run mp-passwd --passphrase-fd=3 restore 3<<<"$code"
	assert_failure
}

# The number of the master key that wraps a log or pack file's own.
wrapped_by() {
	od -An -tu4 -j40 -N4 "$1" | tr -d ' '
	od -An -tu4 -j4136 -N4 "$1" | tr -d ' '
}

@test "passwd: rotate wraps the keys of all files anew" {
	mail one@x | mp-fetch --passphrase-fd=3 - 3<<<one
	for file in "$MP_STORE"/log/* "$MP_STORE"/pack/*; do
		assert_equal "$(wrapped_by "$file")" $'1\n1'
	done
	passwd rotate >"$T/code"
	for file in "$MP_STORE"/log/* "$MP_STORE"/pack/*; do
		assert_equal "$(wrapped_by "$file")" $'2\n2'
	done
	mail two@x | mp-fetch --passphrase-fd=3 - 3<<<one
	run mp-index --passphrase-fd=3 3<<<one
	assert_success
	assert_line id:one@x
	assert_line id:two@x
	run mp-fsck --passphrase-fd=3 3<<<one
	assert_success
	# what the old code opened is out of its reach
	rm "$MP_STORE"/keyslots*
	run mp-passwd --passphrase-fd=3 --new-passphrase-fd=4 --kdf-cost=10 \
		restore 3<<<"$code" 4<<<two
	assert_failure 77
	assert_output --partial "before a rotation"
	run mp-passwd --passphrase-fd=3 --new-passphrase-fd=4 --kdf-cost=10 \
		restore 3<"$T/code" 4<<<two
	assert_success
	run mp-fsck --passphrase-fd=3 3<<<two
	assert_success
}

@test "passwd: rotate shuts out a copied keyslots file and an open session" {
	passwd --new-passphrase-fd=4 --new-key-file="$T/key" --kdf-cost=10 \
		add 4<<<two
	mp-unlock --passphrase-fd=3 3<<<one || skip "no kernel keyring here"
	mp-passwd verify
	passwd rm 2
	passwd rotate
	run setsid -w mp-passwd verify
	assert_failure 75
	run mp-passwd --key-file="$T/key" verify
	assert_success
	run opens_with one
	assert_success
	run opens_with two
	assert_failure 77
}

@test "passwd: rotate waits for a writer, and changes nothing in vain" {
	exec 8<"$MP_STORE/lock"
	flock 8
	run passwd --wait=0 rotate
	assert_failure 75
	exec 8<&-
	run passwd recovery
	assert_output "$code"
}

gpg_key() {
	gpg --batch --quiet --pinentry-mode loopback --passphrase '' \
		--quick-generate-key "$1" future-default default never
	fpr=$(gpg --batch --with-colons --list-keys "$1" |
		awk -F: '/^fpr/ { print $10; exit }')
}

@test "passwd: an OpenPGP key opens the store, through gpg" {
	command -v gpg >/dev/null || skip "no gpg"
	gpg_key "Alice <alice@example.org>"
	passwd --openpgp="$fpr" add
	run mp-passwd list
	assert_line --index 2 --partial "openpgp"
	assert_line --index 2 --partial "$fpr"
	run setsid -w mp-unlock
	assert_success
	mp-lock
	run setsid -w mp-passwd recovery
	assert_output "$code"
	# not without the secret key
	gpg --batch --yes --delete-secret-keys "$fpr"
	run setsid -w mp-unlock
	assert_failure 75
	assert_output --partial "No secret key"
}

@test "passwd: an OpenPGP key whose passphrase nobody gives" {
	command -v gpg >/dev/null || skip "no gpg"
	gpg --batch --quiet --pinentry-mode loopback --passphrase secret \
		--quick-generate-key "Al <al@x.org>" future-default default never
	fpr=$(gpg --batch --with-colons --list-keys al@x.org |
		awk -F: '/^fpr/ { print $10; exit }')
	passwd --openpgp="$fpr" add
	gpgconf --kill gpg-agent
	echo "pinentry-program /bin/false" >"$GNUPGHOME/gpg-agent.conf"
	run setsid -w mp-unlock
	assert_failure 75
	assert_output --partial "OpenPGP slot 2"
	# the other ways still do
	run mp-unlock --passphrase-fd=3 3<<<one
	assert_success
}

@test "passwd: an OpenPGP key is named by its full fingerprint" {
	command -v gpg >/dev/null || skip "no gpg"
	gpg_key "Alice <alice@example.org>"
	run passwd --openpgp=alice@example.org add
	assert_failure 64
	run passwd --openpgp="${fpr:24}" add
	assert_failure 64
	run passwd --openpgp=0123456789ABCDEF0123456789ABCDEF01234567 add
	assert_failure 1
	run mp-passwd list
	assert_equal "${#lines[@]}" 2
}

@test "passwd: change of a key file, and of the wrong type" {
	passwd --new-key-file="$T/key" add
	run passwd --new-passphrase-fd=4 change 2 4<<<x
	assert_failure 64
	run passwd --new-passphrase-fd=4 change 1 4<<<x
	assert_failure 64
	passwd --new-key-file="$T/key2" change 2
	run mp-passwd --key-file="$T/key" verify
	assert_failure 77
	run mp-passwd --key-file="$T/key2" verify
	assert_success
}

@test "passwd: one change at a time, 75" {
	exec 8<"$MP_STORE"
	flock 8
	run passwd rm 1
	assert_failure 75
	exec 8<&-
	run passwd rm 1
	assert_success
}

@test "passwd: wrong use" {
	for args in "" what "rm" "rm x" "rm 1 2" "list 1" "rm -1" "rm 99999"; do
		# shellcheck disable=SC2086 # words
		run passwd $args
		assert_failure 64
	done
	run passwd rm 7
	assert_failure 1
	run passwd change 7
	assert_failure 1
	run mp-passwd --passphrase-fd=3 add 3<<<wrong
	assert_failure 77
	run passwd --kdf-cost=30 --new-passphrase-fd=4 add 4<<<x
	assert_failure 64
}
