/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "openpgp/openpgp.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "tap.h"

static char home[] = "/tmp/mp-openpgp-XXXXXX";
static struct mp_err err = MP_ERR_INIT;

/* Run a program without a shell; true when it exits 0. */
static bool
run(const char *program, const char *const *args)
{
	char *argv[16] = { mp_strdup(program) };
	int count = 1, status = -1;
	pid_t child;

	while (args[count - 1] != NULL && count < 15) {
		argv[count] = mp_strdup(args[count - 1]);
		count++;
	}
	child = fork();
	if (child == 0) {
		int null = open("/dev/null", O_RDWR);

		(void)dup2(null, 1);
		(void)dup2(null, 2);
		(void)execvp(program, argv);
		_exit(127);
	}
	if (child > 0)
		(void)waitpid(child, &status, 0);
	while (count-- != 0)
		free(argv[count]);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
make_key(const char *name)
{
	const char *const args[] = { "--homedir", home, "--batch",
		"--pinentry-mode", "loopback", "--passphrase", "",
		"--quick-generate-key", name, "future-default", "default",
		"never", NULL };

	if (!run("gpg", args))
		printf("# gpg cannot make a key\n");
}

static char *
fingerprint_of(const char *name)
{
	char *list = mp_asprintf("%s/list", home), *found, *fingerprint;
	char *command = mp_asprintf("gpg --homedir '%s' --batch "
	    "--with-colons --list-keys '%s' >'%s'", home, name, list);
	const char *const shell[] = { "-c", command, NULL };
	struct mp_buf text = MP_BUF_INIT(65536);

	if (!run("sh", shell) || mp_path_read(&text, list, &err) != MP_OK)
		abort();
	found = strstr(mp_buf_text(&text), "fpr:::::::::");
	if (found == NULL)
		abort();
	found += strlen("fpr:::::::::");
	fingerprint = mp_strndup(found, strcspn(found, ":"));
	mp_buf_clear(&text);
	free(list);
	free(command);
	return fingerprint;
}

static bool
opens(struct mp_openpgp *openpgp, const struct mp_buf *sealed,
    const char *want)
{
	struct mp_secret plain = MP_SECRET_INIT;
	bool same = mp_openpgp_unseal(&plain, sealed->data, sealed->len,
	    openpgp, &err) == MP_OK && plain.len == strlen(want) &&
	    memcmp(plain.data, want, plain.len) == 0;

	mp_secret_clear(&plain);
	return same;
}

static void
test_round_trip(struct mp_openpgp *openpgp, const char *fingerprint)
{
	struct mp_buf sealed = MP_BUF_INIT(65536), small = MP_BUF_INIT(10);
	struct mp_secret plain = MP_SECRET_INIT;
	size_t len;

	ok(mp_openpgp_seal(&sealed, fingerprint, "secret text", 11, openpgp,
	    &err) == MP_OK, "seals: %s", err.text);
	ok(memmem(sealed.data, sealed.len, "secret", 6) == NULL,
	    "not in clear");
	ok(opens(openpgp, &sealed, "secret text"), "opens: %s", err.text);
	len = sealed.len;
	sealed.data[len - 10] ^= 1;
	ok(mp_openpgp_unseal(&plain, sealed.data, len, openpgp, &err) ==
	    MP_CORRUPT && plain.data == NULL, "changed: %s", err.text);
	sealed.data[len - 10] ^= 1;
	ok(mp_openpgp_unseal(&plain, sealed.data, len - 5, openpgp, &err) ==
	    MP_CORRUPT && plain.data == NULL, "cut off: %s", err.text);
	ok(mp_openpgp_unseal(&plain, "hello", 5, openpgp, &err) ==
	    MP_CORRUPT, "no message: %s", err.text);
	(void)mp_buf_reserve(&sealed, len);
	mp_buf_add(&sealed, sealed.data, len);
	ok(mp_openpgp_unseal(&plain, sealed.data, sealed.len, openpgp,
	    &err) == MP_CORRUPT && plain.data == NULL, "two messages: %s",
	    err.text);
	ok(mp_openpgp_seal(&small, fingerprint, "x", 1, openpgp, &err) ==
	    MP_INVALID, "over the limit: %s", err.text);
	mp_buf_clear(&sealed);
	mp_buf_clear(&small);
}

static void
test_keys(struct mp_openpgp *openpgp, const char *fingerprint)
{
	struct mp_buf sealed = MP_BUF_INIT(65536);
	const char *const wrong[] = { "alice@example.org", "", "ABCDEF12",
		"0xABCDEF0123456789", fingerprint + 24 };
	size_t i, refused = 0;

	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		refused += mp_openpgp_seal(&sealed, wrong[i], "x", 1,
		    openpgp, &err) == MP_USAGE;
	ok(refused == 5 && sealed.len == 0, "only full fingerprints: %s",
	    err.text);
	ok(mp_openpgp_seal(&sealed,
	    "0123456789ABCDEF0123456789ABCDEF01234567", "x", 1, openpgp,
	    &err) == MP_NOT_FOUND, "no such key: %s", err.text);
	mp_buf_clear(&sealed);
}

/* A message for a key whose secret half is not there. */
static void
test_no_secret(struct mp_openpgp *openpgp, const char *fingerprint)
{
	struct mp_buf sealed = MP_BUF_INIT(65536);
	struct mp_secret plain = MP_SECRET_INIT;
	const char *const args[] = { "--homedir", home, "--batch", "--yes",
		"--delete-secret-keys", fingerprint, NULL };

	if (mp_openpgp_seal(&sealed, fingerprint, "x", 1, openpgp, &err) !=
	    MP_OK || !run("gpg", args))
		abort();
	ok(mp_openpgp_unseal(&plain, sealed.data, sealed.len, openpgp,
	    &err) == MP_DENIED, "no secret key: %s", err.text);
	mp_buf_clear(&sealed);
}

int
main(void)
{
	struct mp_openpgp *openpgp = NULL;
	const char *const kill_agent[] = { "--homedir", home, "--kill",
		"all", NULL };
	const char *const clean[] = { "-rf", home, NULL };
	char *alice, *bob;

	if (mkdtemp(home) == NULL)
		abort();
	if (mp_openpgp_new(&openpgp, home, &err) != MP_OK) {
		printf("1..0 # SKIP %s\n", err.text);
		return 0;
	}
	make_key("Alice <alice@example.org>");
	make_key("Bob <bob@example.org>");
	alice = fingerprint_of("alice@example.org");
	bob = fingerprint_of("bob@example.org");
	test_round_trip(openpgp, alice);
	test_keys(openpgp, alice);
	test_no_secret(openpgp, bob);
	mp_openpgp_free(openpgp);
	mp_openpgp_free(NULL);
	free(alice);
	free(bob);
	(void)run("gpgconf", kill_agent);
	(void)run("rm", clean);
	return done_testing();
}
