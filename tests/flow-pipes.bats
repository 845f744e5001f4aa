#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Commands joined by pipes, as people and scripts join them.

load lib/common

setup() {
	common_setup
	new_store >/dev/null
}

# Take mail in and index it: arguments as for mail.
deliver() {
	mail "$@" | mp-fetch - | mp-index
}

@test "flow: fetch, index, search, tag in one pipe" {
	maildir "$T/md"
	mail 1@x 'Patch one' >"$T/md/cur/1:2,S"
	mail 2@x 'Patch two' >"$T/md/cur/2:2,"
	mail 3@x 'Lunch' >"$T/md/cur/3:2,S"
	run -0 bash -c 'set -o pipefail
		mp-fetch "$1" | mp-index | mp-search --pipe subject:patch |
		mp-tag +todo -inbox' bash "$T/md"
	run -0 mp-search --output=ids --sort=arrival tag:todo
	assert_equal "$(sort <<<"$output")" $'id:1@x\nid:2@x'
	run -0 mp-search --output=ids tag:inbox
	assert_output id:3@x
}

@test "flow: ids with percents and bytes survive every pipe" {
	local id=$'a%41\xc3\xa9@x'
	deliver "$id" Odd
	run -0 mp-search --output=ids Odd
	assert_output $'id:a%2541\xc3\xa9@x'
	run -0 bash -c 'set -o pipefail
		mp-search --output=ids Odd | mp-tag +odd
		mp-search -0 --output=ids Odd | mp-tag -0 +odder
		mp-search --output=ids Odd | xargs -d "\n" mp-show --raw'
	assert_line "Message-ID: <$id>"
	run -0 mp-search --output=tags Odd
	assert_line odd
	assert_line odder
}

@test "flow: a reader into head ends at once and says nothing" {
	local i
	for i in $(seq 200); do
		mail "$i@x" 'A subject that is long enough to fill the pipe' \
			>"$T/$i.eml"
	done
	mkdir "$T/mail"
	mv "$T"/*.eml "$T/mail"
	mp-fetch "$T/mail" | mp-index >/dev/null
	run -0 bash -c 'mp-search "*" 2>&1 | head -n 1 | wc -l'
	assert_output 1
	run -0 bash -c 'mp-search --output=ids "*" | true
		case ${PIPESTATUS[0]} in 0 | 141) ;; *) exit 1 ;; esac'
}

@test "flow: a writer whose reader went away has done its work, 74" {
	deliver 1@x
	run -74 bash -c 'set -o pipefail
		{ sleep 0.2; mp-tag +done id:1@x; } | exec true'
	run -0 mp-search --output=ids tag:done
	assert_output id:1@x
}

@test "flow: an unknown id is passed over, the exit says so" {
	deliver 1@x
	run -1 bash -c 'printf "id:none@x\nid:1@x\n" | mp-tag +seen'
	assert_output --partial "none@x"
	run -0 mp-search --output=count tag:seen
	assert_output 1
}

@test "flow: what a record says after its first field does not matter" {
	deliver 1@x
	run -0 bash -c 'printf "id:1@x\tid:2@x\tanything\n" | mp-show --raw'
	assert_line 'Message-ID: <1@x>'
}

@test "flow: every record of every command is JSON when asked" {
	deliver 1@x $'Quote " and \\ and \xe2\x80\xae' 'body'
	each_json() {
		run -0 bash -c "set -o pipefail
			$1 | jq -e -c . >/dev/null"
	}
	each_json "mp-search --format=json '*'"
	each_json "mp-search --format=json --output=ids '*'"
	each_json "mp-search --format=json --output=threads '*'"
	each_json "mp-search --format=json --output=tags '*'"
	each_json "mp-search --format=json --output=addresses '*'"
	each_json "mp-search --format=json --output=count '*'"
	each_json 'mp-tag --format=json +x id:1@x'
	each_json 'mp-show --format=json id:1@x'
	each_json 'mp-status --format=json'
	mail 2@x >"$T/2.eml"
	each_json "mp-fetch --format=json $T/2.eml"
	each_json 'mp-index --format=json'
}

@test "flow: nothing of a mail can be read in the store" {
	deliver secretid@x 'Wasserturm' 'Kohlrabi and Sauerkraut' \
		'X-Marker: Zwiebelkuchen'
	mp-tag +geheimtag id:secretid@x
	mp-search --save=Suchwort subject:wasserturm
	refute_plaintext secretid wasserturm kohlrabi sauerkraut \
		zwiebelkuchen geheimtag suchwort alice@example.org
	run -0 mp-search --output=count kohlrabi
	assert_output 1
}

@test "flow: a locked store is 75, or quiet when told so" {
	deliver 1@x
	mv "$MP_KEY_FILE" "$T/away"
	local command
	for command in 'mp-search %s *' 'mp-tag %s +x id:1@x' \
		'mp-show %s id:1@x' 'mp-index %s'; do
		read -r -a words <<<"${command/\%s/}"
		run -75 setsid -w "${words[@]}" </dev/null
		read -r -a words <<<"${command/\%s/--if-unlocked}"
		run -0 setsid -w "${words[@]}" </dev/null
		refute_output
	done
}

@test "flow: numbers of a listing, on a terminal only" {
	deliver 1@x 'First thing'
	deliver 2@x 'Second thing'
	run -0 on_tty bash -c 'mp-search --sort=arrival thing &&
		mp-tag +todo 2 && mp-show 2 && mp-tag +done 1 && mp-tag +last .'
	run -0 mp-search --output=ids tag:todo
	assert_output id:1@x
	run -0 mp-search --output=ids tag:done
	assert_output id:2@x
	run -0 mp-search --output=ids tag:last
	assert_output id:1@x
}

@test "flow: mail cannot steer the terminal" {
	deliver 1@x $'Bell\a and \e]0;title\a and \e[31mred' $'text \e[2J\e[31m'
	run -0 on_tty mp-search --limit=1 bell
	refute_output --partial $'\a'
	refute_output --partial $'\e]'
	NO_COLOR=1 run -0 on_tty mp-show id:1@x
	refute_output --partial $'\e[2J'
	refute_output --partial $'\e[31m'
}

@test "flow: an old copy put in the store's place is told" {
	deliver 1@x
	cp -a "$MP_STORE" "$T/old"
	mp-tag +new id:1@x
	rm -r "$MP_STORE"
	mv "$T/old" "$MP_STORE"
	run -65 mp-search '*'
	assert_output --partial 'older'
}
