#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
load lib/common

# A store with three mails, indexed and tagged; $LOST is one with a body that
# fills a record of its own.
filled_store() {
	new_store
	mail one@example.org >"$T/one"
	mail two@example.org >"$T/two"
	{
		mail big@example.org
		head -c 90000 /dev/urandom | base64
	} >"$T/big"
	mp-fetch -q "$T/one" "$T/two" "$T/big" | mp-index -q >/dev/null
	mp-tag +keep -- id:two@example.org
}

# flip FILE BYTE - turn one bit over.
flip() {
	python3 - "$MP_STORE/$1" "$2" <<-'EOF'
	import sys
	f = open(sys.argv[1], 'r+b')
	at = int(sys.argv[2])
	if at < 0:
	    at = f.seek(0, 2) + at
	f.seek(at)
	byte = f.read(1)[0]
	f.seek(at)
	f.write(bytes([byte ^ 4]))
	EOF
}

# The kinds of the findings, sorted.
kinds() {
	cut -f2 | sort | uniq -c | awk '{ print $1 " " $2 }'
}

@test "a sound store: exit 0, no findings" {
	filled_store
	run --separate-stderr mp-fsck
	assert_success
	assert_output ''
	run mp-fsck
	assert_output --partial 'sound: 3 messages'
	run mp-fsck -q
	assert_output ''
}

@test "a flipped bit in each kind of file is named by its file" {
	filled_store
	for file in log/0000000000000001 pack/0000000000000001 \
	    keyslots cat.tdb "seg/$(ls "$MP_STORE/seg")"; do
		cp -a "$MP_STORE" "$T/copy"
		size=$(stat -c %s "$MP_STORE/$file")
		flip "$file" $((size > 60000 ? 40000 : size - 60))
		run --separate-stderr mp-fsck
		if [ "$file" != cat.tdb ]; then
			assert_failure 65
			assert_output --partial "$file"
		fi
		rm -rf "$MP_STORE"
		mv "$T/copy" "$MP_STORE"
	done
	run mp-fsck -q
	assert_success
}

@test "repair makes catalogue and index anew, tags and all" {
	filled_store
	rm -rf "$MP_STORE"/cat.tdb "$MP_STORE"/seg/*
	run mp-fsck -q
	assert_failure 65
	run mp-fsck -q --repair
	assert_success
	run mp-fsck -q
	assert_success
	run mp-search --output=ids tag:keep
	assert_output id:two@example.org
}

@test "a damaged message is lost and named once, the others are whole" {
	filled_store
	flip pack/0000000000000001 -60000
	run --separate-stderr mp-fsck
	assert_failure 65
	[ "$(kinds <<<"$output")" = '1 lost' ]
	run --separate-stderr mp-fsck --repair
	assert_failure 65
	[ "$(kinds <<<"$output")" = '1 lost' ]
	run mp-fsck -q
	assert_success
	run mp-search --output=ids '*'
	assert_line id:one@example.org
	assert_line id:two@example.org
	refute_line id:big@example.org
	mp-show --raw id:one@example.org | cmp - "$T/one"
}

@test "repair of a damaged log keeps the mail and the other events" {
	filled_store
	flip log/0000000000000001 8600
	run mp-fsck -q
	assert_failure 65
	run mp-fsck --repair
	run mp-fsck -q
	assert_success
	for name in one two big; do
		mp-show --raw "id:$name@example.org" | cmp - "$T/$name"
	done
}

@test "messages found again after others were indexed are indexed in order" {
	new_store
	for i in {1..4}; do
		for j in {1..3}; do
			mail "$i.$j@example.org" >"$T/$i.$j"
		done
		mp-fetch --index "$T/$i".? >/dev/null
		size[i]=$(stat -c %s "$MP_STORE/log/0000000000000001")
	done
	# nothing is left of the second batch
	for ((at = size[1]; at < size[2]; at += 20)); do
		flip log/0000000000000001 "$at"
	done
	run mp-fsck -q --repair
	assert_failure 65	# its tags are lost
	run -0 mp-fsck -q
	run -0 mp-search --output=count '*'
	assert_output 12
	run -0 mp-search --output=ids id:2.2@example.org
	assert_output id:2.2@example.org
	# nor of the first, so that no segment is known any more
	for ((at = 8400; at < size[1]; at += 20)); do
		flip log/0000000000000001 "$at"
	done
	run mp-fsck -q --repair
	run -0 mp-search --output=ids '*'
	assert_equal "${#lines[@]}" 12
}

@test "-n --repair changes nothing" {
	filled_store
	rm "$MP_STORE"/seg/*
	run mp-fsck -nq --repair
	assert_failure 65
	assert_equal "$(ls "$MP_STORE/seg")" ''
}

@test "JSON findings parse" {
	filled_store
	rm "$MP_STORE"/seg/*
	run --separate-stderr mp-fsck --format=json
	python3 -c 'import json, sys
for line in sys.stdin: assert json.loads(line)["kind"] == "damaged"' \
	    <<<"$output"
}

@test "a locked store is exit 75" {
	filled_store
	unset MP_KEY_FILE
	run mp-fsck </dev/null
	assert_failure 75
}
