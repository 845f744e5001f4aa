# SPDX-License-Identifier: GPL-3.0-or-later
#
# What every bats file loads first: `load lib/common`.
#
# Each test gets its own HOME, store, key file, GNUPGHOME and runtime folder
# below $T, which is removed afterwards; nothing of the user's is touched.
# The commands come from $MP_BUILD (default build/) by PATH.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert
bats_load_library bats-file

# TAB, for fields of records.
TAB=$'\t'

common_setup() {
	TOP=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	MP_BUILD=${MP_BUILD:-$TOP/build}
	case $MP_BUILD in /*) ;; *) MP_BUILD=$TOP/$MP_BUILD ;; esac
	PATH=$MP_BUILD/bin:$PATH
	T=$BATS_TEST_TMPDIR
	export HOME=$T/home
	export XDG_DATA_HOME=$HOME/.local/share XDG_CONFIG_HOME=$HOME/.config
	export XDG_STATE_HOME=$HOME/.local/state
	export GNUPGHOME=$T/gnupg
	export MP_STORE=$T/store MP_KEY_FILE=$T/key
	export LC_ALL=C.UTF-8 TZ=UTC
	unset NO_COLOR MP_PAGER PAGER EDITOR VISUAL
	mkdir -m 700 "$HOME" "$GNUPGHOME"
	# a memory file system, or what must not reach a disk is not kept
	RUN_DIR=$(mktemp -d /dev/shm/mp-test.XXXXXX) || RUN_DIR=$(mktemp -d)
	export XDG_RUNTIME_DIR=$RUN_DIR
}

# gpg leaves an agent behind that would keep the folder busy.
common_teardown() {
	rm -rf "$RUN_DIR"
	if [ -e "$GNUPGHOME/S.gpg-agent" ]; then
		gpgconf --homedir "$GNUPGHOME" --kill all || true
	fi
}

setup() { common_setup; }
teardown() { common_teardown; }

# A store that opens with the key file (no passphrase, so no scrypt).
new_store() {
	mp-init -q --key-file="$MP_KEY_FILE" --no-recovery "$@"
}

# mail ID [SUBJECT [BODY [HEADER]...]] - a small message on stdout.
mail() {
	local id=$1 subject=${2:-Subject of $1} body=${3:-Body of $1.}
	shift $(($# < 3 ? $# : 3))
	printf '%s\n' "From: Alice <alice@example.org>" \
		"To: Bob <bob@example.net>" \
		"Date: Tue, 24 Nov 2020 10:30:00 +0000" \
		"Subject: $subject" "Message-ID: <$id>" \
		"MIME-Version: 1.0" \
		"Content-Type: text/plain; charset=utf-8" "$@" "" "$body"
}

# maildir DIR - make an empty Maildir; mail then goes to DIR/cur.
maildir() {
	mkdir -p "$1/cur" "$1/new" "$1/tmp"
}

# Print the folder of optional test data or skip the test.
test_data() {
	local dir=${MP_TEST_DATA:-$TOP/../shared/data}
	[ -d "$dir" ] || skip "no optional data: MP_TEST_DATA is not set"
	DATA=$dir
}

test_corpus() {
	[ -d "${MP_TEST_SA:-}" ] ||
		skip "no SpamAssassin corpus: MP_TEST_SA is not set"
	CORPUS=$MP_TEST_SA
}

# Skip what a sanitizer's runtime does not allow: limits of memory, hiding.
not_sanitized() {
	[ -z "${MP_SANITIZED:-}" ] || skip 'built with a sanitizer'
}

# refute_plaintext WORD... - no file of the store has the word in it.
refute_plaintext() {
	local word
	for word; do
		run ! grep -rqaiF -- "$word" "$MP_STORE"
	done
}

# on_tty COMMAND... - run it with a terminal as stdin, stdout and stderr.
on_tty() {
	local quoted
	printf -v quoted '%q ' "$@"
	(
		set -o pipefail
		SHELL=/bin/bash script -qec "$quoted" /dev/null </dev/null | tr -d '\r'
	)
}
