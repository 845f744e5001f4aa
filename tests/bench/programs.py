# SPDX-License-Identifier: GPL-3.0-or-later
"""mp and its peers behind one face: how each indexes, searches and tags."""
import os
import shutil

import measure


class Program:
    """One program with an index of its own below work.

    reset() leaves an empty index over maildir; index_argv() fills it or
    brings it up to date. A query is a tuple (kind, words...); a program
    without a kind gives None as its argv.
    """
    name = ''
    tool = ''

    def __init__(self, work, maildir):
        self.dir = os.path.join(work, self.name)
        self.maildir = os.path.abspath(maildir)
        self.env = {'PATH': os.environ['PATH'], 'HOME': self.dir,
                    'LC_ALL': 'C.UTF-8', 'TZ': 'UTC'}

    def there(self):
        return shutil.which(self.tool) is not None

    def version(self):
        lines = measure.output([self.tool, '--version'], self.env)
        return lines[0].decode() if lines else self.tool

    def reset(self):
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir)
        self.setup()

    def setup(self):
        raise NotImplementedError

    def write(self, name, text):
        with open(os.path.join(self.dir, name), 'w',
                  encoding='utf-8') as file:
            file.write(text)

    def index_argv(self):
        raise NotImplementedError

    def index(self, cpus=None):
        return measure.run(self.index_argv(), self.env, cpus, ok=(0,))

    def index_size(self):
        raise NotImplementedError

    def search(self, argv):
        return measure.run(argv, self.env, ok=self.no_match)

    no_match = (0, 1)   # exits of a search that went well


def infix(kind, words):
    """The query in the words that notmuch, mu and mp share."""
    if kind == 'phrase':
        return '"' + ' '.join(words) + '"'
    if kind == 'prefix':
        return words[0] + '*'
    return f' {kind} '.join(words)


class Mp(Program):
    name = 'mp'

    def __init__(self, work, maildir, bindir):
        super().__init__(work, maildir)
        self.bin = os.path.abspath(bindir)
        self.tool = os.path.join(self.bin, 'mp-fetch')
        self.store = os.path.join(self.dir, 'store')
        self.env.update(MP_STORE=self.store,
                        MP_KEY_FILE=os.path.join(self.dir, 'key'),
                        XDG_STATE_HOME=os.path.join(self.dir, 'state'),
                        XDG_RUNTIME_DIR=os.path.join(self.dir, 'run'))

    def there(self):
        return all(os.access(os.path.join(self.bin, command), os.X_OK)
                   for command in ('mp-init', 'mp-fetch', 'mp-search',
                                   'mp-tag'))

    def command(self, name, *args):
        return [os.path.join(self.bin, 'mp-' + name), *args]

    def setup(self):
        os.mkdir(os.path.join(self.dir, 'run'), 0o700)
        key = self.env['MP_KEY_FILE']
        measure.output(self.command('init', '-q', '--key-file=' + key,
                                    '--no-recovery'), self.env, ok=(0,))

    def index_argv(self):
        return self.command('fetch', '--index', '-q',
                            'maildir:' + self.maildir)

    def index_size(self):
        """All that is derived; the packs are the mail itself."""
        return measure.size_of(os.path.join(self.store, 'seg'),
                               os.path.join(self.store, 'cat.tdb'))

    def segments_size(self):
        return measure.size_of(os.path.join(self.store, 'seg'))

    def packs_size(self):
        return measure.size_of(os.path.join(self.store, 'pack'))

    def query_argv(self, kind, *words):
        return self.command('search', '--output=ids', infix(kind, words))

    def summary_argv(self, word, limit):
        return self.command('search', '--output=summary',
                            f'--limit={limit}', word)

    def tag_argv(self, edit, word):
        return self.command('tag', edit, '--', word)


class Notmuch(Program):
    name = 'notmuch'
    tool = 'notmuch'

    def setup(self):
        self.write('config', f'[database]\npath={self.dir}\n'
                   f'mail_root={self.maildir}\n'
                   '[user]\nname=x\nprimary_email=x@example.org\n'
                   '[new]\ntags=unread;inbox\n'
                   '[search]\nexclude_tags=deleted;spam\n')
        self.env['NOTMUCH_CONFIG'] = os.path.join(self.dir, 'config')

    def index_argv(self):
        return ['notmuch', 'new', '--quiet']

    def index_size(self):
        measure.output(['notmuch', 'compact', '--quiet'], self.env, ok=(0,))
        return measure.size_of(os.path.join(self.dir, 'xapian'))

    def query_argv(self, kind, *words):
        return ['notmuch', 'search', '--output=messages',
                infix(kind, words)]

    def summary_argv(self, word, limit):
        return ['notmuch', 'search', f'--limit={limit}', word]

    def tag_argv(self, edit, word):
        return ['notmuch', 'tag', edit, '--', word]


class Mu(Program):
    name = 'mu'
    tool = 'mu'
    no_match = (0, 2, 4)

    def setup(self):
        self.env['MUHOME'] = os.path.join(self.dir, 'home')
        measure.output(['mu', 'init', '--quiet', '--muhome',
                        self.env['MUHOME'], '--maildir', self.maildir],
                       self.env, ok=(0,))

    def index_argv(self):
        return ['mu', 'index', '--quiet', '--muhome', self.env['MUHOME']]

    def index_size(self):
        return measure.size_of(os.path.join(self.env['MUHOME'], 'xapian'))

    def query_argv(self, kind, *words):
        return ['mu', 'find', '--fields=i', '--muhome',
                self.env['MUHOME'], infix(kind, words)]

    def summary_argv(self, word, limit):
        return ['mu', 'find', '--sortfield=date', '--reverse',
                f'--maxnum={limit}', '--muhome', self.env['MUHOME'], word]


class Mairix(Program):
    name = 'mairix'
    tool = 'mairix'

    def setup(self):
        self.write('rc', f'base={os.path.dirname(self.maildir)}\n'
                   f'maildir={os.path.basename(self.maildir)}\n'
                   f'mfolder={self.dir}/found\n'
                   f'database={self.dir}/database\n')
        self.argv = ['mairix', '-f', os.path.join(self.dir, 'rc')]

    def index_argv(self):
        return self.argv

    def index_size(self):
        return measure.size_of(os.path.join(self.dir, 'database'))

    def query_argv(self, kind, *words):
        if kind == 'phrase':
            return None
        if kind == 'prefix':
            return self.argv + ['-r', '^' + words[0] + '=']
        if kind == 'or':
            return self.argv + ['-r', '/'.join(words)]
        return self.argv + ['-r', *words]
