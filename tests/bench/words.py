# SPDX-License-Identifier: GPL-3.0-or-later
"""Choosing what to search for from the mail itself."""
import collections
import os
import re

WORD = re.compile(rb'(?<![\w@./-])[a-z]{4,11}(?![\w@./-])')
PAIR = re.compile(rb'(?<![\w@./-])([a-z]{4,11}) ([a-z]{4,11})(?![\w@./-])')
ABSENT = 'qzxvwkqj'
OPERATORS = {b'near', b'from', b'with'}  # words of some query language


def sample(maildir, mails):
    """Bodies of some mails spread over the Maildir, with few markup."""
    folder = os.path.join(maildir, 'cur')
    names = sorted(os.listdir(folder))
    for name in names[::max(1, len(names) // mails)]:
        with open(os.path.join(folder, name), 'rb') as file:
            raw = file.read(200000)
        body = raw[raw.find(b'\n\n') + 2:]
        if b'base64' not in raw and b'<' not in body[:200]:
            yield body


def nearest(counts, part, total, taken=()):
    """The word that about that part of the mails has."""
    choice = min(sorted(counts), key=lambda word: (
        word in taken, abs(counts[word] - part * total)))
    return choice


def choose(maildir, mails=1500):
    """Queries by name: (kind, words)."""
    words, pairs = collections.Counter(), collections.Counter()
    total = 0
    for body in sample(maildir, mails):
        total += 1
        words.update(set(WORD.findall(body)) - OPERATORS)
        pairs.update(pair for pair in set(PAIR.findall(body))
                     if not OPERATORS & set(pair))
    common = nearest(words, 0.20, total)
    second = nearest(words, 0.12, total, (common,))
    phrase = nearest(pairs, 0.06, total)
    return {
        'common word': ('and', common.decode()),
        'and': ('and', common.decode(), second.decode()),
        'or': ('or', common.decode(), second.decode()),
        'phrase': ('phrase', *(word.decode() for word in phrase)),
        'prefix': ('prefix', second.decode()[:4]),
    }
