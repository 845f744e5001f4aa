#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every file of every corpus there is, mail or not, comes back to the byte.

load lib/common

# into_maildir FOLDER - make Maildirs of all files below, each in the cur of
# a Maildir named by a number, 1000 a Maildir. Files are moved.
into_maildir() {
	find "$1" -type f -size +0 -print0 | perl -0ne '
		BEGIN { $top = shift @ARGV; mkdir $top; }
		chomp;
		my $dir = "$top/" . int($n / 1000);
		if ($n++ % 1000 == 0) {
			mkdir $_ or die for $dir, map "$dir/$_",
			    "cur", "new", "tmp";
		}
		rename $_, "$dir/cur/$n:2,S" or die "$_: $!";
	' "$T/md"
}

# sums FOLDER - the SHA-256 of each file below it, without a From line
sums() {
	find "$1" -type f -print0 | xargs -0 perl -MDigest::SHA=sha256_hex -e '
		undef $/;
		for my $name (@ARGV) {
			open(my $file, "<:raw", $name) or die "$name: $!";
			my $mail = <$file>;
			$mail =~ s/\AFrom (?![ \t]*:)[^\n]*\n//;
			print sha256_hex($mail), "\n" if length $mail;
		}' | sort -u
}

# check_all - fetch $T/md into a new store, get all out, compare
check_all() {
	new_store
	mp-fetch --index "$T/md" >"$T/ids"
	[ -s "$T/ids" ]
	sums "$T/md" >"$T/expected"
	mp-export --maildir="$T/out" '*'
	sums "$T/out" >"$T/got"
	run -0 diff "$T/expected" "$T/got"
	assert_equal "$(find "$T/out" -type f | wc -l)" \
		"$(wc -l <"$T/expected")"
	assert_equal "$(wc -l <"$T/ids")" "$(wc -l <"$T/expected")"
	# the same one by one, for some of those whose id is theirs alone
	sort "$T/ids" | uniq -u | shuf -n 40 --random-source="$T/ids" |
		while read -r id; do
			mp-show --raw "$id" >"$T/one/${id//\//_}" || exit 1
		done
	run -0 comm -13 "$T/expected" <(sums "$T/one")
	assert_output ''
	[ "$(find "$T/one" -type f | wc -l)" -ge 10 ]
}

@test "the sample in the tree" {
	maildir "$T/md"
	cp "$TOP"/tests/data/sample.mbox "$T/md/cur/1"
	cp "$TOP"/tests/*.bats "$T/md/cur/"
	mkdir "$T/one"
	check_all
}

@test "all sets of optional test data" {
	test_data
	mkdir "$T/data" "$T/one"
	for set in "$DATA"/*.tar.xz; do
		tar xJf "$set" -C "$T/data"
	done
	into_maildir "$T/data"
	check_all
}

@test "the SpamAssassin corpus" {
	test_corpus
	mkdir "$T/one"
	cp -r "$CORPUS" "$T/data"
	into_maildir "$T/data"
	check_all
}
