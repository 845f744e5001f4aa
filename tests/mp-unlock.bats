# SPDX-License-Identifier: GPL-3.0-or-later
load lib/common

setup() {
	common_setup
	unset MP_KEY_FILE
	XDG_RUNTIME_DIR=$(mktemp -d /dev/shm/mp.XXXXXX)
	mp-init --passphrase-fd=3 --kdf-cost=10 >"$T/init" 3<<<pass
}

teardown() {
	mp-lock 2>/dev/null || true
	rm -rf "$XDG_RUNTIME_DIR"
	common_teardown
}

unlock() {
	mp-unlock --passphrase-fd=3 "$@" 3<<<pass
}

# Is it open for a process of another session, without a terminal?
is_open() {
	setsid -w mp-passwd verify
}

need_keyring() {
	unlock --keep=keyring || skip "no kernel keyring here"
}

@test "unlock: other sessions find the key, until the time is over" {
	need_keyring
	run is_open
	assert_success
	unlock -t 2
	run is_open
	assert_success
	sleep 3
	run is_open
	assert_failure 75
	assert_output --partial "locked"
}

@test "unlock: a new session keyring finds the key too" {
	command -v keyctl >/dev/null || skip "no keyctl"
	need_keyring
	run keyctl session - mp-passwd verify
	assert_success
}

@test "unlock: another user does not find it" {
	[ "$(id -u)" = 0 ] || skip "needs root"
	need_keyring
	chmod 711 "$T" "$BATS_RUN_TMPDIR" "$MP_BUILD" 2>/dev/null || true
	chmod -R a+rX "$MP_STORE"
	run setpriv --reuid=65534 --clear-groups setsid -w \
		mp-passwd --store="$MP_STORE" verify
	assert_failure 75
}

@test "unlock: a wrong passphrase is 77, changes nothing, costs as much" {
	store=$(cat "$MP_STORE"/keyslots* | sha256sum)
	run mp-unlock --passphrase-fd=3 3<<<wrong
	assert_failure 77
	assert_output "mp-unlock: wrong passphrase"
	run is_open
	assert_failure 75
	assert_equal "$(cat "$MP_STORE"/keyslots* | sha256sum)" "$store"
	MP_STORE=$T/slow mp-init --passphrase-fd=3 --kdf-cost=17 \
		>/dev/null 3<<<pass
	start=$(date +%s%N)
	MP_STORE=$T/slow run mp-unlock --passphrase-fd=3 3<<<wrong
	assert_failure 77
	[ $(($(date +%s%N) - start)) -ge 100000000 ]
}

@test "unlock: the file serves where it may, and nowhere else" {
	unlock --keep=file
	file=$(echo "$XDG_RUNTIME_DIR"/mp/uk-*)
	assert_equal "$(stat -c %a "$file")" 600
	run is_open
	assert_success
	chmod 644 "$file"
	run is_open
	assert_failure 75
	chmod 600 "$file"
	mv "$file" "$XDG_RUNTIME_DIR/real"
	ln -s "$XDG_RUNTIME_DIR/real" "$file"
	run is_open
	assert_failure 75
	rm "$file"
}

@test "unlock: the file is not written on a disk, 77" {
	disk=$(mktemp -d /var/tmp/mp.XXXXXX)
	case $(stat -f -c %T "$disk") in tmpfs | ramfs)
		rmdir "$disk"
		skip "all is in memory here" ;;
	esac
	XDG_RUNTIME_DIR=$disk run unlock --keep=file
	run_status=$status run_output=$output
	run find "$disk" -type f
	rm -r "$disk"
	assert_output ""
	assert_equal "$run_status" 77
	[[ $run_output == *"memory file system"* ]]
}

@test "unlock: in a terminal three tries, without echo" {
	command -v expect >/dev/null || skip "no expect"
	run timeout 60 expect <<-EOF
		set timeout 20
		spawn mp-unlock
		expect "Passphrase for"
		send "wrong1\r"
		expect "wrong passphrase; the recovery code opens it, too"
		expect "Passphrase for"
		send "pass\r"
		expect eof
		exit [lindex [wait] 3]
	EOF
	assert_success
	refute_output --partial "wrong1"
	run is_open
	assert_success
}

@test "unlock: the commands of a pipeline ask one after the other" {
	command -v expect >/dev/null || skip "no expect"
	run timeout 60 expect <<-'EOF'
		set timeout 20
		spawn bash -c "mp-tag --log | mp-search '*' | cat; stty -a"
		expect "Passphrase for"
		sleep 1
		send "pass\r"
		expect "Passphrase for"
		send "pass\r"
		expect eof
	EOF
	assert_success
	refute_output --partial "wrong passphrase"
	assert_output --regexp "[^-]echo echoe"
}

@test "unlock: interrupted, the terminal echoes again" {
	command -v expect >/dev/null || skip "no expect"
	run timeout 60 expect <<-'EOF'
		set timeout 20
		spawn sh -c "trap : INT; mp-unlock; echo status \$?; stty -a"
		expect "Passphrase for"
		send "\003"
		expect eof
	EOF
	assert_success
	assert_output --partial "status 130"
	assert_output --regexp "[^-]echo echoe"
}

@test "unlock: the recovery code, in any dress" {
	code=$(tail -n 1 "$T/init")
	run mp-unlock --passphrase-fd=3 3<<<"${code^^}"
	assert_success
	run mp-unlock --passphrase-fd=3 3<<<"  ${code// / - }"
	assert_success
	run mp-unlock --passphrase-fd=3 3<<<"zzzz ${code#* }"
	assert_failure 65
	assert_output --partial "word 1 of the recovery code, 'zzzz'"
	read -ra words <<<"$code"
	[ "${words[0]}" != "${words[1]}" ] || skip "the words are the same"
	run mp-unlock --passphrase-fd=3 \
		3<<<"${words[1]} ${words[0]} ${words[*]:2}"
	[ "$status" = 65 ] || [ "$status" = 77 ]
}

@test "unlock: passphrase-command and systemd credential" {
	mkdir -p "$XDG_CONFIG_HOME/mp" "$T/cred"
	echo "passphrase-command echo pass" >"$XDG_CONFIG_HOME/mp/bootstrap"
	run is_open
	assert_success
	chmod 666 "$XDG_CONFIG_HOME/mp/bootstrap"
	run is_open
	assert_failure 78
	rm "$XDG_CONFIG_HOME/mp/bootstrap"
	echo pass >"$T/cred/mp.passphrase"
	CREDENTIALS_DIRECTORY=$T/cred run is_open
	assert_success
}

@test "unlock: scrypt of 2^30 is refused before it is tried, 65" {
	not_sanitized
	for copy in keyslots keyslots.2; do
		sed -i 's/N=10/N=30/; /^sum /d' "$MP_STORE/$copy"
		sum=$(sha256sum <"$MP_STORE/$copy")
		echo "sum ${sum%% *}" >>"$MP_STORE/$copy"
	done
	run bash -c 'ulimit -v 400000; mp-unlock --passphrase-fd=3 3<<<pass'
	assert_failure 65
	assert_output --partial "N '30'"
}

@test "unlock: a slot cut out by somebody without the key shows, 65" {
	for copy in keyslots keyslots.2; do
		sed -i '/^slot 1 /d; /^sum /d' "$MP_STORE/$copy"
		sum=$(sha256sum <"$MP_STORE/$copy")
		echo "sum ${sum%% *}" >>"$MP_STORE/$copy"
	done
	run unlock
	assert_failure 65
	assert_output --partial "mac mismatch"
}

@test "unlock: takes in what came while the store was locked" {
	mail one@x | mp-fetch - >/dev/null
	mail two@x | mp-fetch - >/dev/null
	assert_equal "$(find "$MP_STORE/spool" -type f | wc -l)" 2
	run unlock
	assert_success
	assert_output --partial "2 messages"
	assert_equal "$(find "$MP_STORE/spool" -type f | wc -l)" 0
	run mp-index --passphrase-fd=3 3<<<pass
	assert_line "id:one@x"
	assert_line "id:two@x"
	run unlock
	assert_success
	assert_output ""
}

@test "unlock: a damaged copy is written anew" {
	sum=$(sha256sum <"$MP_STORE/keyslots.2")
	head -c 200 "$MP_STORE/keyslots.2" >"$T/torn"
	cp "$T/torn" "$MP_STORE/keyslots"
	run mp-passwd --passphrase-fd=3 verify 3<<<pass
	assert_failure 65
	run unlock
	assert_success
	assert_output --partial "damaged"
	run cmp "$MP_STORE/keyslots" "$MP_STORE/keyslots.2"
	assert_success
	[ "$(sha256sum <"$MP_STORE/keyslots.2")" != "$sum" ]
}

# The passphrase is waited for, so the process can be looked at.
@test "unlock: no core, not dumpable, no secret to be seen in /proc" {
	not_sanitized
	as=()
	mkfifo -m 666 "$T/fifo"
	if [ "$(id -u)" = 0 ]; then
		chmod 711 "$T" "$BATS_RUN_TMPDIR" 2>/dev/null || true
		chown -R 65534 "$MP_STORE"
		as=(setpriv --reuid=65534 --clear-groups)
	fi
	"${as[@]}" mp-unlock --store="$MP_STORE" --passphrase-fd=3 \
		3<"$T/fifo" &
	pid=$!
	exec 4>"$T/fifo"
	sleep 0.5
	run tr '\0' '\n' <"/proc/$pid/cmdline"
	assert_line --index 0 --regexp "mp-unlock$"
	run awk '/^Max core/ { print $5, $6 }' "/proc/$pid/limits"
	assert_output "0 0"
	# files of a process that is not dumpable are root's
	run stat -c %u "/proc/$pid/environ"
	assert_output 0
	echo wrong >&4
	exec 4>&-
	run wait "$pid"
	assert_failure
}

@test "unlock: --if-unlocked is quiet where there is no secret" {
	run setsid -w mp-unlock --if-unlocked
	assert_success
	assert_output ""
	run setsid -w mp-unlock
	assert_failure 75
	MP_STORE=$T/none run mp-unlock --passphrase-fd=3 3<<<x
	assert_failure 78
	run mp-unlock -t 99999999999
	assert_failure 64
	run mp-unlock what
	assert_failure 64
}
