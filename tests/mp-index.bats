#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later

load lib/common

# pending - print the number of messages that are not indexed
pending() {
	mp-status | sed -n "s/^pending$TAB//p"
}

@test "nothing to index is no error" {
	new_store
	run -0 mp-index </dev/null
	assert_output ''
	run -0 mp-index --all --optimize </dev/null
	assert_output ''
}

@test "pending messages are indexed and named, once" {
	new_store
	mail 1@x >"$T/1"
	mail '2 %@x' >"$T/2"
	mp-fetch "$T/1" "$T/2" >/dev/null
	[ "$(pending)" -eq 2 ]
	run -0 mp-index </dev/null
	assert_output 'id:1@x
id:2%25@x'
	[ "$(pending)" -eq 0 ]
	run -0 mp-index </dev/null
	assert_output ''
	refute_plaintext Alice 'Subject of' alice@example.org
}

@test "in a pipe the ids asked for go through" {
	new_store
	mail 1@x >"$T/1"
	mail 2@x >"$T/2"
	mp-fetch "$T/1" >/dev/null
	mp-index </dev/null
	mp-fetch "$T/2" >/dev/null
	run -0 mp-index id:1@x
	assert_output 'id:1@x'
	[ "$(pending)" -eq 0 ]
	run -0 bash -c 'printf "id:2@x\tmore\0001@x\0" | mp-index -0 | tr "\0" ";"'
	assert_output 'id:2@x;id:1@x;'
	run -1 mp-index id:none@x id:2@x
	assert_output "mp-index: cannot index 'none@x': no such message
id:2@x"
	run -0 mp-index --format=json id:2@x
	assert_output '{"id":"id:2@x"}'
}

@test "a dry run indexes nothing" {
	new_store
	mail 1@x >"$T/1"
	mp-fetch "$T/1" >/dev/null
	run -0 mp-index -n </dev/null
	assert_output ''
	[ "$(pending)" -eq 1 ]
}

@test "a new index from the stored mail alone" {
	new_store
	mail 1@x >"$T/1"
	mail 2@x >"$T/2"
	mp-fetch "$T/1" >/dev/null
	mp-index </dev/null
	before=$(ls "$MP_STORE/seg")
	mp-fetch "$T/2" >/dev/null
	run -0 mp-index --all -j 2 </dev/null
	assert_output 'id:1@x
id:2@x'
	[ "$(pending)" -eq 0 ]
	[ "$(ls "$MP_STORE/seg" | wc -l)" -eq 1 ]
	refute [ "$(ls "$MP_STORE/seg")" = "$before" ]
	run -0 mp-index --optimize </dev/null
	assert_output ''
}

@test "many small pieces stay few files" {
	new_store
	for i in 1 2 3 4 5 6 7 8 9 10; do
		mail "$i@x" >"$T/m"
		mp-fetch "$T/m" >/dev/null
		mp-index -q </dev/null >/dev/null
	done
	[ "$(ls "$MP_STORE/seg" | wc -l)" -lt 5 ]
	run -0 mp-index id:1@x id:10@x
	assert_line 'id:1@x'
	assert_line 'id:10@x'
}

@test "automatic tags of first indexing" {
	new_store
	{
		mail 1@x S B 'MIME-Version: 1.0' \
			'Content-Type: application/pdf' \
			'Content-Disposition: attachment; filename="a.pdf"'
	} >"$T/1"
	mail 2@x >"$T/2"
	mp-fetch "$T/1" "$T/2" >/dev/null
	mp-index </dev/null >/dev/null
	run -0 mp-search --output=ids tag:attachment
	assert_output 'id:1@x'
	run -0 mp-search --output=ids attachment:pdf
	assert_output 'id:1@x'
}

@test "a damaged segment is named, and a new index mends it" {
	new_store
	mail 1@x >"$T/1"
	mp-fetch "$T/1" >/dev/null
	mp-index </dev/null >/dev/null
	segment=$(ls "$MP_STORE"/seg/*)
	printf X | dd of="$segment" bs=1 seek=50 conv=notrunc status=none
	run -65 mp-index id:1@x
	assert_output --partial "$segment"
	run -0 mp-index --all </dev/null
	assert_output 'id:1@x'
	run -0 mp-index id:1@x
}

@test "wrong use" {
	run -64 mp-index --nonsense
	run -64 mp-index -j x
	run -64 mp-index -j 65
	run -78 mp-index </dev/null
}

@test "threads are those of notmuch" {
	data=${MP_TEST_DATA:-$TOP/../shared/data}
	corpora=$data/notmuch-corpora.tar.xz
	threads=$data/queries/notmuch-threads-A.jsonl
	[ -r "$corpora" ] && [ -r "$threads" ] ||
		skip 'no notmuch-corpora in $MP_TEST_DATA'
	new_store
	tar -xJf "$corpora" -C "$T"
	rm -rf "$T/notmuch-corpora/keys" "$T/notmuch-corpora/README"
	mp-fetch "$T/notmuch-corpora" | mp-index >/dev/null
	count=0
	while read -r line; do
		jq -r '.[][0]' <<<"$line" | sort >"$T/want"
		first=$(head -n 1 "$T/want")
		mp-search --output=ids --exclude=false \
			"thread:{id:\"$first\"}" |
			sed 's/^id://; s/%25/%/g' | sort -u >"$T/got"
		diff "$T/want" "$T/got" >&2
		count=$((count + 1))
	done <"$threads"
	[ "$count" -gt 60 ]
}
