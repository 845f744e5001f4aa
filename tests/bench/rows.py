# SPDX-License-Identifier: GPL-3.0-or-later
"""The gates, row by row: what is measured and what is asked of it."""
import os
import tempfile

import measure
import programs
import words

BATCH = 100     # mails of the row "add"


class Bench:
    """A run over one maildir: programs, their indexes, the printed table."""

    def __init__(self, options, corpus, say):
        self.options = options
        self.corpus = corpus
        self.say = say
        self.mails = corpus.mails
        self.queries = words.choose(corpus.maildir)
        self.counter = measure.Counter()
        self.cold = {}      # name: Times
        self.short_runs = 5 if options.quick else 15
        self.failures = 0
        all_of = [programs.Mp(options.work, corpus.maildir, options.bin)]
        all_of += [make(options.work, corpus.maildir) for make in
                   (programs.Mairix, programs.Mu, programs.Notmuch)]
        self.programs = {p.name: p for p in all_of
                         if p.there() and p.name not in options.without}

    # --- printing -------------------------------------------------------

    def heading(self, text):
        self.say(f'\n{text}')

    def figure(self, name, text):
        self.say(f'    {name:8} {text}')

    def verdict(self, peer, ratio, sign, ask, note=''):
        """One ask: the ratio must be sign (<= or >=) ask."""
        good = ratio <= ask if sign == '<=' else ratio >= ask
        self.failures += not good
        self.say(f"    {'PASS' if good else 'FAIL'}     {peer}: "
                 f'{ratio:.4g} (ask {sign} {ask:g}){note}')

    def verdict_times(self, got, peer, sign, ask):
        """The ask on times: peer/ours for >=, ours/peer for <=; by the
        minimum, the median beside it."""
        if 'mp' not in got or peer not in got:
            return
        ours, theirs = got['mp'], got[peer]
        if sign == '>=':
            over, under = theirs, ours
        else:
            over, under = ours, theirs
        self.verdict('x ' + peer, over.min / under.min, sign, ask,
                     f'; by medians {over.median / under.median:.4g}, by '
                     f'CPU time {over.cpu / under.cpu:.4g}')

    def times(self, got, more=None):
        for name, times in got.items():
            extra = more(name, times) if more else ''
            self.figure(name, f'min {clock(times.min)}  median '
                        f'{clock(times.median)}  cpu {clock(times.cpu)}'
                        f'{extra}')

    # --- indexes --------------------------------------------------------

    def index_cold(self, program, cpus=None):
        program.reset()
        return program.index(cpus)

    def ensure_index(self):
        """Every program has a fresh index of the maildir."""
        for name, program in self.programs.items():
            if name not in self.cold:
                self.cold[name] = measure.Times([self.index_cold(program)])

    def runs(self, ours, mairix, slow):
        if self.options.quick:
            ours = mairix = slow = 1
        per = {'mp': ours, 'mairix': mairix, 'mu': slow, 'notmuch': slow}
        return {name: per[name] for name in self.programs}


def clock(seconds):
    if seconds < 1:
        return f'{seconds * 1000:.2f} ms'
    return f'{seconds:.2f} s'


def megabytes(size):
    return f'{size / 1e6:.2f} MB'


def row_cold(bench):
    """cold index with sealed bodies, 2 threads, runs alternating"""
    cpus = set(sorted(os.sched_getaffinity(0))[:2])
    cases = {name: lambda _turn, p=program: bench.index_cold(p, cpus)
             for name, program in bench.programs.items()}
    runs = bench.runs(5, 5, 1 if bench.mails > 20000 else 2)
    got = measure.alternate(cases, runs)
    bench.cold = got
    bench.times(got, lambda _name, times: (
        f'  {bench.mails / times.min:.0f} mails/s  rss '
        f'{megabytes(times.rss_bytes)}'))
    bench.verdict_times(got, 'mairix', '>=', 1.5)
    bench.verdict_times(got, 'mu', '>=', 20)
    bench.verdict_times(got, 'notmuch', '>=', 60)


def row_instructions(bench):
    """instructions per mail, with bodies"""
    if not bench.counter.how:
        bench.say('    neither perf counters nor valgrind here')
        return
    with tempfile.TemporaryDirectory(dir=bench.options.work) as work:
        got = {}
        for name, program in bench.programs.items():
            slow = name in ('mu', 'notmuch')
            mails = min(bench.mails, 1000 if slow else 6000)
            maildir = os.path.join(work, f'mails-{mails}')
            if not os.path.exists(maildir):
                bench.corpus.part(maildir, mails)
            other = (type(program)(work, maildir, bench.options.bin)
                     if name == 'mp' else type(program)(work, maildir))
            other.reset()
            count = bench.counter.count(other.index_argv(), other.env,
                                        ok=(0,))
            got[name] = count / mails
            bench.figure(name, f'{got[name] / 1000:.0f} k a mail '
                         f'({mails} mails, {bench.counter.how})')
    if 'mp' in got and 'mairix' in got:
        bench.verdict('x mairix', got['mp'] / got['mairix'], '<=', 1.35)


def row_size(bench):
    """index size with positions"""
    bench.ensure_index()
    got = {}
    for name, program in bench.programs.items():
        got[name] = program.index_size()
        text = f'{megabytes(got[name])}  {got[name] / bench.mails:.0f} B/mail'
        if name == 'mp':
            text += (f'  (segments alone '
                     f'{megabytes(program.segments_size())}; packs '
                     f'{megabytes(program.packs_size())} of '
                     f'{megabytes(bench.corpus.bytes)} mail)')
        elif name == 'mairix':
            text += '  (no positions)'
        bench.figure(name, text)
    for peer, ask in (('notmuch', 0.15), ('mu', 0.18)):
        if 'mp' in got and peer in got:
            bench.verdict('x ' + peer, got['mp'] / got[peer], '<=', ask)


def row_rss(bench):
    """peak RSS while indexing"""
    bench.ensure_index()
    for name, times in bench.cold.items():
        bench.figure(name, megabytes(times.rss_bytes))
    if 'mp' in bench.cold:
        bench.verdict('MB', bench.cold['mp'].rss_bytes / 1e6, '<=', 200)


def row_single(bench):
    """the same on 1 CPU"""
    cpus = {min(os.sched_getaffinity(0))}
    cases = {name: lambda _turn, p=program: bench.index_cold(p, cpus)
             for name, program in bench.programs.items()
             if name in ('mp', 'mairix')}
    runs = bench.runs(5, 5, 0)
    got = measure.alternate(cases, {name: runs[name] for name in cases})
    bench.times(got)
    bench.verdict_times(got, 'mairix', '>=', 1.1)


def search_times(bench, query, runs):
    """Times of a query with every program that can ask it."""
    cases, hits = {}, {}
    for name, program in bench.programs.items():
        argv = program.query_argv(*query)
        if argv is None:
            continue
        hits[name] = len(measure.output(argv, program.env,
                                        ok=program.no_match))
        cases[name] = lambda _turn, p=program, a=argv: p.search(a)
    got = measure.alternate(cases, {name: runs for name in cases})
    return got, hits


def row_search(bench):
    """search: ids of a common word, AND, OR, phrase, prefix"""
    bench.ensure_index()
    for what, query in bench.queries.items():
        bench.say(f"  {what}: {' '.join(query[1:])}")
        got, hits = search_times(bench, query, bench.short_runs)
        bench.times(got, lambda name, _times, hits=hits:
                    f'  {hits[name]} hits')
        bench.verdict_times(got, 'notmuch', '<=', 0.03)
        bench.verdict_times(got, 'mu', '<=', 0.1)
        bench.verdict_times(got, 'mairix', '<=', 2)


def row_absent(bench):
    """absent term, whole process"""
    bench.ensure_index()
    got, _ = search_times(bench, ('and', words.ABSENT),
                          bench.short_runs * 2)
    env = {'PATH': os.environ['PATH']}
    floor = min(measure.run(['true'], env).seconds for _ in range(20))
    bench.times(got)
    bench.figure('true', f'min {clock(floor)} (any process here)')
    if 'mp' in got:
        bench.verdict('ms', got['mp'].min * 1000, '<=', 2.5,
                      f"; median {got['mp'].median * 1000:.4g}, CPU time "
                      f"{got['mp'].cpu * 1000:.4g}")
    bench.verdict_times(got, 'notmuch', '<=', 0.5)


def row_summary(bench):
    """summary of the newest 20 of a common word"""
    bench.ensure_index()
    word = bench.queries['common word'][1]
    cases = {name: lambda _turn, p=program: p.search(p.summary_argv(word, 20))
             for name, program in bench.programs.items()
             if hasattr(program, 'summary_argv')}
    got = measure.alternate(cases, {name: bench.short_runs for name in cases})
    bench.times(got)
    bench.verdict_times(got, 'notmuch', '<=', 0.2)


def row_add(bench):
    """100 mails more"""
    bench.ensure_index()
    turns = 1 if bench.options.quick else 3
    added = []
    kept = {name: [] for name in bench.programs}
    try:
        for turn in range(turns):
            added += bench.corpus.extend(bench.mails + turn * BATCH, BATCH)
            names = list(bench.programs)
            for name in names[turn % len(names):] + names[:turn % len(names)]:
                kept[name].append(bench.programs[name].index())
    finally:
        for path in added:
            os.unlink(path)
    got = {name: measure.Times(runs) for name, runs in kept.items()}
    bench.times(got)
    bench.verdict_times(got, 'notmuch', '<=', 0.10)


def row_tag(bench):
    """tag all hits of a common word"""
    bench.ensure_index()
    word = bench.queries['common word'][1]
    cases = {}
    for name in ('mp', 'notmuch'):
        if name in bench.programs:
            program = bench.programs[name]
            cases[name] = lambda turn, p=program: measure.run(
                p.tag_argv('-bench' if turn % 2 else '+bench', word),
                p.env, ok=(0,))
    runs = {'mp': 2 if bench.options.quick else 10,
            'notmuch': 1 if bench.options.quick else 2}
    got = measure.alternate(cases, {name: runs[name] for name in cases})
    bench.times(got)
    bench.verdict_times(got, 'notmuch', '<=', 0.001)


def row_growth(bench):
    """growth to --grow-to mails: size, search of a rare word, speed"""
    if not bench.options.grow_to:
        bench.say('    left out without --grow-to=MAILS')
        return
    if 'mp' not in bench.programs:
        return
    figures = []
    for mails in (bench.mails, bench.options.grow_to):
        with tempfile.TemporaryDirectory(dir=bench.options.work) as work:
            maildir = os.path.join(work, 'mails')
            bench.corpus.part(maildir, mails)
            program = programs.Mp(work, maildir, bench.options.bin)
            done = bench.index_cold(program)
            argv = program.query_argv('and', words.ABSENT)
            rare = min(program.search(argv).seconds for _ in range(20))
            size = program.index_size() / mails
            figures.append((size, rare, mails / done.seconds))
            bench.figure('mp', f'{mails} mails: {size:.0f} B/mail, rare '
                         f'{clock(rare)}, {mails / done.seconds:.0f} '
                         f'mails/s, rss {megabytes(done.rss_bytes)}')
            bench.verdict('MB of RSS', done.rss_bytes / 1e6, '<=', 200)
    small, large = figures
    bench.verdict('bytes a mail', large[0] / small[0], '<=', 1.1)
    bench.verdict('rare word', large[1] / small[1], '<=', 2)
    bench.verdict('mails a second', large[2] / small[2], '>=', 0.6)


# In this order: the later ones change the indexes.
ROWS = {
    'cold': row_cold,
    'instructions': row_instructions,
    'size': row_size,
    'rss': row_rss,
    'search': row_search,
    'absent': row_absent,
    'summary': row_summary,
    'add': row_add,
    'tag': row_tag,
    'single': row_single,
    'growth': row_growth,
}
