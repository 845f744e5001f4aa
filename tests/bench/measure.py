# SPDX-License-Identifier: GPL-3.0-or-later
"""Running programs and measuring them."""
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time


class Failed(Exception):
    """A measured program did not do its work."""


class Run:
    """What one run of a program cost."""

    def __init__(self, seconds, usage):
        self.seconds = seconds
        self.cpu_seconds = usage.ru_utime + usage.ru_stime
        self.rss_bytes = usage.ru_maxrss * 1024


def run(argv, env, cpus=None, ok=(0, 1)):
    """Run argv with its output thrown away; gives a Run."""
    with tempfile.TemporaryFile() as errors:
        null = os.open(os.devnull, os.O_RDWR)
        actions = [(os.POSIX_SPAWN_DUP2, null, 0),
                   (os.POSIX_SPAWN_DUP2, null, 1),
                   (os.POSIX_SPAWN_DUP2, errors.fileno(), 2)]
        before = os.sched_getaffinity(0)
        if cpus:
            os.sched_setaffinity(0, cpus)
        try:
            start = time.perf_counter()
            pid = os.posix_spawnp(argv[0], argv, env, file_actions=actions)
            _, status, usage = os.wait4(pid, 0)
            seconds = time.perf_counter() - start
        finally:
            os.sched_setaffinity(0, before)
            os.close(null)
        code = os.waitstatus_to_exitcode(status)
        if code not in ok:
            errors.seek(0)
            text = errors.read().decode(errors='replace').strip()
            raise Failed(f"{' '.join(argv)}: exit {code}: {text[-300:]}")
        return Run(seconds, usage)


def output(argv, env, ok=(0, 1)):
    """The lines that argv prints."""
    done = subprocess.run(argv, env=env, stdin=subprocess.DEVNULL,
                          capture_output=True, check=False)
    if done.returncode not in ok:
        text = done.stderr.decode(errors='replace').strip()
        raise Failed(f"{' '.join(argv)}: exit {done.returncode}: "
                     f"{text[-300:]}")
    return done.stdout.splitlines()


class Times:
    """The times of several runs of one thing, in seconds."""

    def __init__(self, runs):
        seconds = [run.seconds for run in runs]
        self.min = min(seconds)
        self.median = statistics.median(seconds)
        self.cpu = min(run.cpu_seconds for run in runs)
        self.rss_bytes = max(run.rss_bytes for run in runs)


def alternate(cases, runs):
    """Run each case runs[name] times, taking turns so that whatever else
    the machine does hits all alike. A case is called with the number of the
    turn and gives a Run. Gives {name: Times}."""
    got = {name: [] for name in cases}
    for turn in range(max(runs.values())):
        for name, case in cases.items():
            if turn < runs[name]:
                got[name].append(case(turn))
    return {name: Times(made) for name, made in got.items()}


def size_of(*paths):
    """Bytes that files and all below folders take on the disk."""
    total = 0
    for top in paths:
        if os.path.isfile(top):
            total += os.stat(top).st_blocks * 512
        for folder, _, names in os.walk(top):
            total += sum(os.stat(os.path.join(folder, name)).st_blocks * 512
                         for name in names)
    return total


def warm(maildir):
    """Read every mail once, so that all find it in the page cache."""
    for folder, _, names in os.walk(maildir):
        for name in names:
            with open(os.path.join(folder, name), 'rb') as file:
                file.read()


class Counter:
    """Counts the instructions of a program, by what works here.

    valgrind's processor has no instructions for SHA-256, so that OpenSSL
    takes some 28 in place of 2 a byte there: the function named in LEAVE_OUT
    is not counted. perf counts all.
    """
    LEAVE_OUT = 'mp_sha256'

    def __init__(self):
        self.how = None
        if self._try_perf():
            self.how = 'perf stat -e instructions:u'
        elif shutil.which('valgrind'):
            self.how = f'valgrind --tool=callgrind, without {self.LEAVE_OUT}'

    @staticmethod
    def _perf(argv):
        return ['perf', 'stat', '-x,', '-e', 'instructions:u', '--'] + argv

    def _try_perf(self):
        if not shutil.which('perf'):
            return False
        done = subprocess.run(self._perf(['true']), capture_output=True,
                              check=False)
        return re.match(rb'\d+,', done.stderr) is not None

    def count(self, argv, env, ok=(0, 1)):
        """Instructions of one run, in user space, all threads."""
        if self.how.startswith('perf'):
            argv, pattern = self._perf(argv), rb'^(\d+),'
        else:
            argv = ['valgrind', '--tool=callgrind',
                    '--callgrind-out-file=/dev/null',
                    '--toggle-collect=' + self.LEAVE_OUT,
                    '--collect-atstart=yes'] + argv
            pattern = rb'Collected *: *(\d+)'
        done = subprocess.run(argv, env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, check=False)
        found = re.search(pattern, done.stderr, re.M)
        if done.returncode not in ok or not found:
            text = done.stderr.decode(errors='replace')
            raise Failed(f"cannot count '{' '.join(argv)}': {text[-300:]}")
        return int(found.group(1))
