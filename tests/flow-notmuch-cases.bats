#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Answers as notmuch gives them: queries with their results, made by running
# notmuch over two corpora (README of the optional data). What differs on
# purpose is in tests/data/query/differences.tsv, each with its reason.

load lib/common

DIFFERENCES=$BATS_TEST_DIRNAME/data/query/differences.tsv

# corpus LETTER - lay out the mail of a corpus in $T/mail.
corpus() {
	local set file
	mkdir "$T/mail"
	case $1 in
	A)
		tar xJf "$DATA/notmuch-corpora.tar.xz" -C "$T"
		rm -r "$T/notmuch-corpora/keys" "$T/notmuch-corpora/README"
		rmdir "$T/mail"
		mv "$T/notmuch-corpora" "$T/mail"
		# notmuch takes no file that starts as an mbox; mp does
		rm "$T/mail/insert/mbox-attachment.eml"
		;;
	B)
		maildir "$T/mail"
		for set in easy-ham-1 easy-ham-2 hard-ham-1 spam-1 spam-2; do
			for file in "$CORPUS/$set"/*.txt; do
				sed '1{/^From /d}' "$file" \
					>"$T/mail/cur/$set.${file##*/}"
			done
		done
		;;
	C)
		python3 "$DATA/queries/mkC.py" "$CORPUS" "$T/mail"
		;;
	esac
}

take_in() {
	new_store
	mp-fetch --index "$T/mail" >/dev/null
}

# Message-ids of a query, plain, sorted; blanks in broken ones left out.
answer() {
	mp-search --output=ids --exclude=false -- "$1" |
		sed 's/^id://; s/%20//g; s/%09//g; s/%25/%/g' | sort
}

# known CORPUS QUERY MISSING EXTRA - is this difference on purpose?
known() {
	grep -qxF "$1$TAB$2$TAB$3$TAB$4" <(cut -f 1-4 "$DIFFERENCES")
}

# Compare rows of the file that have all ids.
check_ids() {
	local file=$1 letter=$2 row query want missing extra
	local bad=0 rows=0
	while IFS=$TAB read -r row _ query _ _ ids; do
		[ "$row" = "$letter" ] || continue
		rows=$((rows + 1))
		want=$(printf '%s' "$ids" | python3 -c 'import json, sys
print("\n".join(sorted(i.replace(" ", "").replace("\t", "")
    for i in json.load(sys.stdin))))' | sort)
		answer "$query" >"$T/got"
		missing=$(comm -23 <(printf '%s\n' "$want" | sed '/^$/d') \
			"$T/got" | wc -l)
		extra=$(comm -13 <(printf '%s\n' "$want" | sed '/^$/d') \
			"$T/got" | wc -l)
		if [ "$missing$extra" != 00 ] &&
			! known "$letter" "$query" "$missing" "$extra"; then
			echo "$letter $query: $missing missing, $extra extra"
			bad=1
		fi
	done <"$file"
	[ "$rows" -gt 20 ]
	[ "$bad" = 0 ]
}

# Compare rows of the file that has counts.
check_counts() {
	local file=$1 letter=$2 row query want got bad=0 rows=0
	while IFS=$TAB read -r row query want _; do
		[ "$row" = "$letter" ] || continue
		rows=$((rows + 1))
		got=$(mp-search --output=count --exclude=false -- "$query") ||
			[ $? = 1 ]
		if [ "$got" != "$want" ] &&
			! known "$letter" "$query" "$want" "$got"; then
			echo "$letter $query: $got, not $want"
			bad=1
		fi
	done <"$file"
	[ "$rows" -gt 20 ]
	[ "$bad" = 0 ]
}

@test "notmuch's own test mail, with tags" {
	test_data
	corpus A
	take_in
	mp-tag -q --remove-all -- '*'
	mp-tag -q --batch <"$DATA/queries/tags-A.batch"
	check_ids "$DATA/queries/notmuch-queries-tags.tsv" A
}

@test "notmuch's own test mail" {
	test_data
	corpus A
	take_in
	check_counts "$DATA/queries/notmuch-queries.tsv" A
}

@test "six thousand mails" {
	test_data
	test_corpus
	corpus B
	take_in
	check_counts "$DATA/queries/notmuch-queries.tsv" B
}

@test "six thousand mails in folders, with tags" {
	test_data
	test_corpus
	corpus C
	take_in
	mp-tag -q --batch <"$DATA/queries/tags-C.batch"
	check_ids "$DATA/queries/notmuch-queries-tags.tsv" C
}

@test "threads are those of notmuch" {
	test_data
	corpus A
	take_in
	python3 - "$DATA/queries/notmuch-threads-A.jsonl" >"$T/want" <<-'END'
		import json, sys
		for line in open(sys.argv[1]):
		    ids = sorted({m[0] for m in json.loads(line)})
		    print(" ".join(ids))
	END
	mp-search --output=threads --exclude=false '*' | cut -f 1 | while read -r thread; do
		answer "$thread" | LC_ALL=C sort | paste -sd ' '
	done | LC_ALL=C sort >"$T/got"
	LC_ALL=C sort -o "$T/want" "$T/want"
	comm -3 "$T/want" "$T/got" >"$T/differ"
	cat "$T/differ"
	[ "$(wc -l <"$T/got")" -gt 50 ]
	[ "$(wc -l <"$T/differ")" = 0 ]
}
