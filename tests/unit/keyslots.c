/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keys/keyslots.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/encode.h"
#include "base/io.h"
#include "crypto/hash.h"
#include "crypto/sealedbox.h"
#include "keys/keyslots_edit.h"
#include "keys/keyslots_internal.h"
#include "keys/recovery.h"
#include "tap.h"

static char dir[] = "/tmp/mp-keyslots-XXXXXX";
static struct mp_err err = MP_ERR_INIT;

static struct mp_secret
secret(const char *text)
{
	struct mp_secret made = MP_SECRET_INIT;

	mp_secret_set(&made, text, strlen(text));
	return made;
}

static struct mp_buf
slurp(const char *name)
{
	struct mp_buf text = MP_BUF_INIT(1 << 20);
	char *path = mp_asprintf("%s/%s", dir, name);

	if (mp_path_read(&text, path, &err) != MP_OK)
		abort();
	free(path);
	return text;
}

static void
spew(const char *name, const void *data, size_t len)
{
	char *path = mp_asprintf("%s/%s", dir, name);

	if (mp_path_replace(path, data, len, &err) != MP_OK)
		abort();
	free(path);
}

static void
discard(const char *name)
{
	char *path = mp_asprintf("%s/%s", dir, name);

	(void)unlink(path);
	free(path);
}

/* Make the checksum line right again after a change. */
static void
fix_sum(struct mp_buf *text)
{
	uint8_t sum[32];

	text->len -= 69;
	mp_sha256(sum, text->data, text->len);
	mp_buf_str(text, "sum ");
	mp_hex_add(text, sum, 32);
	mp_buf_byte(text, '\n');
}

/* Replace from by to in both copies, with a right checksum or the old. */
static void
tamper(const char *from, const char *to, bool fix)
{
	static const char *const names[] = { "keyslots", "keyslots.2" };
	size_t i;

	for (i = 0; i < 2; i++) {
		struct mp_buf text = slurp(names[i]), new;
		char *at = strstr((char *)text.data, from);

		if (at == NULL)
			abort();
		mp_buf_init(&new, 1 << 20);
		mp_buf_add(&new, text.data, (size_t)(at -
		    (char *)text.data));
		mp_buf_str(&new, to);
		mp_buf_str(&new, at + strlen(from));
		if (fix)
			fix_sum(&new);
		spew(names[i], new.data, new.len);
		mp_buf_clear(&text);
		mp_buf_clear(&new);
	}
}

static struct mp_keys *
open_with(enum mp_slot_type type, const char *text, unsigned *number)
{
	struct mp_keyslots *slots = NULL;
	struct mp_secret unlock = MP_SECRET_INIT, given = secret(text);
	struct mp_keys *keys = NULL;

	mp_err_clear(&err);
	if (mp_keyslots_load(&slots, dir, &err) == MP_OK &&
	    mp_keyslots_try(&unlock, number, slots, type, &given, &err) ==
	    MP_OK && mp_keyslots_open(&keys, slots, &unlock, &err) != MP_OK)
		keys = NULL;
	mp_secret_clear(&unlock);
	mp_secret_clear(&given);
	mp_keyslots_free(slots);
	return keys;
}

static bool
opens(enum mp_slot_type type, const char *text)
{
	struct mp_keys *keys = open_with(type, text, NULL);
	bool fine = keys != NULL;

	mp_keys_free(keys);
	return fine;
}

/* A store's slots: passphrase "one" at 0, a recovery slot at 1. */
static struct mp_keyslots *
make(struct mp_secret *unlock, struct mp_keys *keys)
{
	struct mp_keyslots *slots = mp_keyslots_new(unlock, keys);
	struct mp_secret one = secret("one");

	if (mp_keyslots_add(slots, MP_SLOT_NEW, MP_SLOT_PASSPHRASE, unlock,
	    &one, 10, "my label", &err) != MP_OK ||
	    mp_keyslots_add_recovery(slots, unlock, keys, &err) != MP_OK ||
	    mp_keyslots_save(slots, dir, unlock, &err) != MP_OK)
		abort();
	mp_secret_clear(&one);
	return slots;
}

static void
test_ways_in(void)
{
	struct mp_secret unlock = MP_SECRET_INIT, code = MP_SECRET_INIT;
	struct mp_secret master = MP_SECRET_INIT, file, weak, two, none;
	struct mp_secret words = secret("a b c d e f g h i j k l m n o p q r s "
	    "t u v w x");
	struct mp_keys *keys = mp_keys_generate(), *back;
	struct mp_keyslots *slots = make(&unlock, keys);
	struct mp_slot_info info;
	unsigned number = 99;

	back = open_with(MP_SLOT_PASSPHRASE, "one", &number);
	ok(back != NULL && number == 0 &&
	    memcmp(keys->masters.data, back->masters.data, 32) == 0 &&
	    memcmp(keys->store_id, back->store_id, 16) == 0,
	    "the passphrase opens the same keys");
	mp_keys_free(back);
	ok(!opens(MP_SLOT_PASSPHRASE, "two") && err.status == MP_DENIED,
	    "a wrong one does not: %s", err.text);
	ok(!opens(MP_SLOT_KEYFILE, "two") && err.status == MP_DENIED,
	    "no such slot: %s", err.text);

	file = secret("0123456789abcdef0123456789abcdef");
	weak = secret("short\n");
	two = secret("two");
	none = secret("");
	ok(mp_keyslots_add(slots, MP_SLOT_NEW, MP_SLOT_KEYFILE, &unlock,
	    &file, 10, "", &err) == MP_OK && mp_keyslots_add(slots,
	    MP_SLOT_NEW, MP_SLOT_KEYFILE, &unlock, &weak, 11, "", &err) ==
	    MP_OK && mp_keyslots_save(slots, dir, &unlock, &err) == MP_OK,
	    "two key files: %s", err.text);
	ok(opens(MP_SLOT_KEYFILE, (char *)file.data) &&
	    opens(MP_SLOT_KEYFILE, (char *)weak.data) &&
	    opens(MP_SLOT_PASSPHRASE, "one"), "all open: %s", err.text);
	info = mp_keyslots_info(slots, 2);
	ok(info.number == 2 && info.log2_n == 0 &&
	    mp_keyslots_info(slots, 3).log2_n == 11,
	    "only the short key file costs scrypt");
	info = mp_keyslots_info(slots, 0);
	ok(info.log2_n == 10 && strcmp(info.label, "my label") == 0 &&
	    strcmp(info.type_name, "passphrase") == 0 &&
	    info.created > 1000000000, "what slot 0 says");
	ok(mp_keyslots_add(slots, MP_SLOT_NEW, MP_SLOT_PASSPHRASE, &unlock,
	    &none, 10, "", &err) == MP_REFUSED, "refused: %s", err.text);
	ok(mp_keyslots_add(slots, MP_SLOT_NEW, MP_SLOT_PASSPHRASE, &unlock,
	    &words, 10, "", &err) == MP_REFUSED, "refused: %s", err.text);
	ok(mp_keyslots_add(slots, MP_SLOT_NEW, MP_SLOT_PASSPHRASE, &unlock,
	    &two, 30, "", &err) == MP_INVALID, "refused: %s", err.text);

	ok(mp_keyslots_add(slots, 0, MP_SLOT_PASSPHRASE, &unlock, &two, 10,
	    "", &err) == MP_OK && mp_keyslots_save(slots, dir, &unlock,
	    &err) == MP_OK && opens(MP_SLOT_PASSPHRASE, "two"),
	    "the passphrase is changed");
	ok(!opens(MP_SLOT_PASSPHRASE, "one"), "the old one is gone");
	spew("keyslots", "x", 1);
	ok(!opens(MP_SLOT_PASSPHRASE, "one") &&
	    opens(MP_SLOT_PASSPHRASE, "two"),
	    "from the other copy as well");

	mp_recovery_code(&code, keys);
	ok(mp_recovery_read(&master, (char *)code.data, &err) == MP_OK &&
	    memcmp(master.data, keys->masters.data, 32) == 0,
	    "recovery code says the master key");
	ok(mp_keyslots_try(&unlock, &number, slots, MP_SLOT_RECOVERY,
	    &master, &err) == MP_OK && number == 1, "and opens its slot");

	ok(mp_keyslots_remove(slots, 7, &err) == MP_NOT_FOUND,
	    "nothing there: %s", err.text);
	ok(mp_keyslots_remove(slots, 1, &err) == MP_OK &&
	    mp_keyslots_remove(slots, 2, &err) == MP_OK &&
	    mp_keyslots_remove(slots, 3, &err) == MP_OK &&
	    mp_keyslots_count(slots) == 1, "three are removed");
	ok(mp_keyslots_remove(slots, 0, &err) == MP_REFUSED,
	    "not the last: %s", err.text);
	mp_secret_clear(&unlock);
	mp_secret_clear(&code);
	mp_secret_clear(&master);
	mp_secret_clear(&file);
	mp_secret_clear(&weak);
	mp_secret_clear(&two);
	mp_secret_clear(&none);
	mp_secret_clear(&words);
	mp_keyslots_free(slots);
	mp_keys_free(keys);
}

/* After this change to both copies the passphrase must not open. */
static void
refused(const char *from, const char *to, bool fix, enum mp_status want,
    const char *what)
{
	struct mp_secret unlock = MP_SECRET_INIT;
	struct mp_keys *keys = mp_keys_generate();
	struct mp_keyslots *slots = make(&unlock, keys);

	tamper(from, to, fix);
	ok(!opens(MP_SLOT_PASSPHRASE, "one") && err.status == want, "%s: %s",
	    what, err.text);
	mp_secret_clear(&unlock);
	mp_keyslots_free(slots);
	mp_keys_free(keys);
}

static void
test_tampering(void)
{
	struct mp_secret unlock = MP_SECRET_INIT;
	struct mp_keys *keys = mp_keys_generate();
	struct mp_keyslots *slots;
	struct mp_buf text;
	char *line;

	refused("N=10", "N=11", false, MP_CORRUPT, "without the checksum");
	refused("N=10", "N=11", true, MP_DENIED, "another cost");
	refused("N=10", "N=30", true, MP_CORRUPT, "N=30");
	refused("N=10", "N=9", true, MP_CORRUPT, "N=9");
	refused("N=10", "N=18446744073709551626", true, MP_CORRUPT,
	    "N=2^64+10");
	refused("p=1", "p=9", true, MP_CORRUPT, "p=9");
	refused("p=1", "p=0", true, MP_CORRUPT, "p=0");
	refused("kdf=scrypt", "kdf=hkdf", true, MP_CORRUPT, "no scrypt");
	refused("label=my", "label=ny", true, MP_CORRUPT, "label");
	refused("slot 1 type", "slot 0 type", true, MP_CORRUPT, "0 twice");
	refused("gen 1", "gen 2", true, MP_CORRUPT, "generation");
	refused("mpkeys 1", "mpkeys 2", true, MP_CORRUPT, "version");
	refused("spool ", "", true, MP_CORRUPT, "no spool key");
	refused("bundle ", "bundle A", true, MP_DENIED, "bundle");

	slots = make(&unlock, keys);
	text = slurp("keyslots");
	line = strstr((char *)text.data, "slot 1 ");
	strchr(line, '\n')[1] = '\0';
	line = mp_strdup(line);
	tamper(line, "", true);
	ok(!opens(MP_SLOT_PASSPHRASE, "one") && err.status == MP_CORRUPT &&
	    strstr(err.text, "mac") != NULL, "slot removed: %s", err.text);
	free(line);
	mp_buf_clear(&text);
	mp_secret_clear(&unlock);
	mp_keyslots_free(slots);
	mp_keys_free(keys);
}

static void
test_copies(void)
{
	struct mp_secret unlock = MP_SECRET_INIT, two = secret("two");
	struct mp_keys *keys = mp_keys_generate();
	struct mp_keyslots *slots = make(&unlock, keys), *again = NULL;
	struct mp_buf old = slurp("keyslots"), new;
	size_t cut, held = 0;

	if (mp_keyslots_add(slots, MP_SLOT_NEW, MP_SLOT_PASSPHRASE, &unlock,
	    &two, 10, "", &err) != MP_OK ||
	    mp_keyslots_save(slots, dir, &unlock, &err) != MP_OK)
		abort();
	new = slurp("keyslots");
	for (cut = 0; cut < new.len; cut += 7) {
		spew("keyslots", new.data, cut);
		held += opens(MP_SLOT_PASSPHRASE, "two");
	}
	ok(held == (new.len + 6) / 7, "a copy torn anywhere: the other "
	    "opens");
	ok(mp_keyslots_load(&again, dir, &err) == MP_OK &&
	    mp_keyslots_damaged(again), "the damage is known");
	ok(mp_keyslots_save(again, dir, &unlock, &err) == MP_OK &&
	    !mp_keyslots_damaged(again), "saving repairs it");
	mp_keyslots_free(again);
	again = NULL;
	ok(mp_keyslots_load(&again, dir, &err) == MP_OK &&
	    !mp_keyslots_damaged(again), "both copies are sound");
	mp_keyslots_free(again);
	again = NULL;
	spew("keyslots", old.data, old.len);
	ok(opens(MP_SLOT_PASSPHRASE, "two"), "the newer copy counts");
	spew("keyslots", "x", 1);
	spew("keyslots.2", "y", 1);
	ok(mp_keyslots_load(&again, dir, &err) == MP_CORRUPT,
	    "both destroyed: %s", err.text);
	discard("keyslots");
	discard("keyslots.2");
	ok(mp_keyslots_load(&again, dir, &err) == MP_NOT_FOUND,
	    "both gone: %s", err.text);
	mp_buf_clear(&old);
	mp_buf_clear(&new);
	mp_secret_clear(&unlock);
	mp_secret_clear(&two);
	mp_keyslots_free(slots);
	mp_keys_free(keys);
}

static void
test_rotation(void)
{
	struct mp_secret unlock = MP_SECRET_INIT, code = MP_SECRET_INIT;
	struct mp_secret master = MP_SECRET_INIT;
	struct mp_keys *keys = mp_keys_generate(), *back = NULL;
	struct mp_keyslots *slots = make(&unlock, keys);
	uint8_t file_key[32] = "some file key", old[MP_WRAPPED_LEN];
	uint8_t got[32], new[MP_WRAPPED_LEN], derived[32];
	int i;

	mp_keys_wrap(old, keys, "pack", 1, file_key);
	for (i = 0; i < 3; i++)
		if (mp_keyslots_rotate(slots, &unlock, keys, NULL, NULL,
		    &err) != MP_OK ||
		    mp_epochs_save(dir, keys, &err) != MP_OK ||
		    mp_keyslots_save(slots, dir, &unlock, &err) != MP_OK)
			abort();
	mp_keys_wrap(new, keys, "pack", 2, file_key);
	back = open_with(MP_SLOT_PASSPHRASE, "one", NULL);
	ok(back != NULL && back->count == 4 &&
	    mp_keys_unwrap(got, back, "pack", 1, old, &err) == MP_OK &&
	    mp_keys_unwrap(got, back, "pack", 2, new, &err) == MP_OK,
	    "after three rotations the passphrase opens old and new");
	mp_keys_free(back);
	mp_recovery_code(&code, keys);
	if (mp_recovery_read(&master, (char *)code.data, &err) != MP_OK)
		abort();
	ok(mp_keys_from_recovery(&back, &master, mp_keys_store_id(keys), dir,
	    &err) == MP_OK && back->count == 4 &&
	    mp_keys_unwrap(got, back, "pack", 1, old, &err) == MP_OK &&
	    mp_keys_unwrap(got, back, "pack", 2, new, &err) == MP_OK &&
	    memcmp(got, file_key, 32) == 0,
	    "so does the new recovery code alone");
	mp_keys_derive(derived, 32, keys, "x", NULL, 0);
	mp_keys_derive(got, 32, back, "x", NULL, 0);
	ok(memcmp(derived, got, 32) == 0, "derived keys are the same");
	mp_keys_free(back);
	memcpy(master.data, keys->masters.data + 32, 32);
	ok(mp_keys_from_recovery(&back, &master, mp_keys_store_id(keys), dir,
	    &err) == MP_OK && back->count == 2 &&
	    back->epochs[1].number == 2 &&
	    mp_keys_unwrap(got, back, "pack", 1, old, &err) == MP_OK &&
	    mp_keys_unwrap(got, back, "pack", 2, new, &err) == MP_CORRUPT,
	    "an older code opens what was older");
	mp_keys_free(back);
	spew("epochs", "mpepoch1", 8);
	ok(mp_keys_from_recovery(&back, &master, mp_keys_store_id(keys), dir,
	    &err) == MP_CORRUPT && back == NULL, "cut off: %s", err.text);
	mp_secret_clear(&unlock);
	mp_secret_clear(&code);
	mp_secret_clear(&master);
	mp_keyslots_free(slots);
	mp_keys_free(keys);
}

static bool
code_is(const uint8_t byte, const char *want)
{
	struct mp_keys *keys = mp_keys_generate();
	struct mp_secret code = MP_SECRET_INIT;
	bool same;

	memset(keys->masters.data, byte, 32);
	mp_recovery_code(&code, keys);
	same = strcmp((char *)code.data, want) == 0;
	mp_secret_clear(&code);
	mp_keys_free(keys);
	return same;
}

#define LEGAL "legal winner thank year wave sausage worth useful legal " \
	"winner thank year wave sausage worth useful legal winner thank " \
	"year wave sausage worth "

static enum mp_status
read_code(const char *text, uint8_t byte)
{
	struct mp_secret master = MP_SECRET_INIT;
	enum mp_status status;
	uint8_t want[32];

	memset(want, byte, sizeof want);
	mp_err_clear(&err);
	status = mp_recovery_read(&master, text, &err);
	if (status == MP_OK && memcmp(master.data, want, 32) != 0)
		status = MP_BUG;
	mp_secret_clear(&master);
	return status;
}

static void
test_words(void)
{
	ok(code_is(0x7f, LEGAL "title"), "BIP-39's vector 7f");
	ok(code_is(0x00, "abandon abandon abandon abandon abandon abandon "
	    "abandon abandon abandon abandon abandon abandon abandon abandon "
	    "abandon abandon abandon abandon abandon abandon abandon abandon "
	    "abandon art"), "BIP-39's vector 00");
	ok(code_is(0xff, "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo "
	    "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo vote"),
	    "BIP-39's vector ff");
	ok(read_code(LEGAL "title", 0x7f) == MP_OK, "reads");
	ok(read_code(" 1. Legal-WINNER\n\tthank,year wave sausage worth "
	    "useful legal winner thank year  wave sausage wort usef lega "
	    "winn than year wave saus worth titl\n", 0x7f) == MP_OK,
	    "case, signs, four letters: %s", err.text);
	ok(read_code("legol winner thank", 0) == MP_INVALID &&
	    strstr(err.text, "word 1") != NULL &&
	    strstr(err.text, "'legol'") != NULL, "names it: %s", err.text);
	ok(read_code(LEGAL "titleist", 0) == MP_INVALID, "%s", err.text);
	ok(read_code(LEGAL "zoo", 0) == MP_INVALID &&
	    strstr(err.text, "checksum") != NULL, "%s", err.text);
	ok(read_code(LEGAL, 0) == MP_INVALID, "%s", err.text);
	ok(read_code(LEGAL "title title", 0) == MP_INVALID, "%s", err.text);
	ok(read_code("", 0) == MP_INVALID, "%s", err.text);
	ok(mp_recovery_shape(LEGAL "x") && !mp_recovery_shape(LEGAL) &&
	    !mp_recovery_shape("my pass"), "the shape of a code");
}

static void
test_spool(void)
{
	struct mp_secret unlock = MP_SECRET_INIT;
	struct mp_keys *keys = mp_keys_generate();
	struct mp_keyslots *slots = make(&unlock, keys), *locked = NULL;
	uint8_t box[4 + MP_BOX_OVERHEAD], out[4], seed[32], pk[32], sk[32];

	if (mp_keyslots_load(&locked, dir, &err) != MP_OK)
		abort();
	mp_box_seal(box, "mail", 4, mp_keyslots_spool_key(locked));
	mp_keys_derive(seed, 32, keys, "spool", NULL, 0);
	mp_box_keys(pk, sk, seed);
	ok(mp_box_open(out, box, sizeof box, pk, sk, &err) == MP_OK &&
	    memcmp(out, "mail", 4) == 0,
	    "sealed while locked, opened with the keys");
	mp_keyslots_free(locked);
	mp_keyslots_free(slots);
	mp_secret_clear(&unlock);
	mp_keys_free(keys);
}

/* What a later version wrote outlives our changes. */
static void
test_later_version(void)
{
	struct mp_secret unlock = MP_SECRET_INIT;
	struct mp_keys *keys = mp_keys_generate();
	struct mp_keyslots *slots = make(&unlock, keys);
	struct mp_buf text;

	tamper("bundle ", "slot 7 type=argon2 m=1 zeta=Q\nfuture line\n"
	    "bundle ", true);
	mp_keyslots_free(slots);
	slots = NULL;
	ok(mp_keyslots_load(&slots, dir, &err) == MP_OK &&
	    mp_keyslots_count(slots) == 3, "loads: %s", err.text);
	if (mp_keyslots_save(slots, dir, &unlock, &err) != MP_OK)
		abort();
	text = slurp("keyslots.2");
	ok(strstr((char *)text.data, "\nslot 7 type=argon2 m=1 zeta=Q\n") !=
	    NULL && strstr((char *)text.data, "\nfuture line\n") != NULL,
	    "unknown slots and lines are kept");
	ok(opens(MP_SLOT_PASSPHRASE, "one"), "and it opens");
	ok(mp_keyslots_remove(slots, 0, &err) == MP_OK &&
	    mp_keyslots_remove(slots, 1, &err) == MP_REFUSED,
	    "an unknown slot is no way in: %s", err.text);
	mp_buf_clear(&text);
	mp_keyslots_free(slots);
	mp_secret_clear(&unlock);
	mp_keys_free(keys);
}

struct fake_pgp {
	bool have_key;
};

static enum mp_status
fake_seal(struct mp_buf *sealed, const char *fingerprint, const void *plain,
    size_t len, void *arg, struct mp_err *e)
{
	(void)fingerprint;
	(void)arg;
	(void)e;
	mp_buf_str(sealed, "PGP");
	mp_buf_add(sealed, plain, len);
	return MP_OK;
}

static enum mp_status
fake_unseal(struct mp_secret *plain, const void *sealed, size_t len,
    void *arg, struct mp_err *e)
{
	struct fake_pgp *pgp = arg;

	if (!pgp->have_key)
		return mp_err_set(e, MP_DENIED, "no secret key");
	mp_secret_set(plain, (const uint8_t *)sealed + 3, len - 3);
	return MP_OK;
}

static void
test_openpgp(void)
{
	struct mp_secret unlock = MP_SECRET_INIT, got = MP_SECRET_INIT;
	struct mp_keys *keys = mp_keys_generate(), *other;
	struct mp_keyslots *slots = make(&unlock, keys), *foreign, *locked;
	struct fake_pgp pgp = { true };
	struct mp_secret foreign_unlock = MP_SECRET_INIT;
	const char *fpr = "0123456789ABCDEF0123456789ABCDEF01234567";
	unsigned number = 0;

	ok(mp_keyslots_add_openpgp(slots, MP_SLOT_NEW, &unlock, fpr, "card",
	    fake_seal, &pgp, &err) == MP_OK &&
	    mp_keyslots_save(slots, dir, &unlock, &err) == MP_OK &&
	    mp_keyslots_load(&locked, dir, &err) == MP_OK,
	    "an OpenPGP slot: %s", err.text);
	ok(mp_keyslots_try_openpgp(&got, &number, locked, fake_unseal, &pgp,
	    &err) == MP_OK && number == 2 && mp_secret_equal(&got, &unlock),
	    "opens");
	pgp.have_key = false;
	ok(mp_keyslots_try_openpgp(&got, &number, locked, fake_unseal, &pgp,
	    &err) == MP_DENIED, "no key: %s", err.text);
	ok(strcmp(mp_keyslots_info(locked, 2).fingerprint, fpr) == 0,
	    "tells the key");
	ok(mp_keyslots_add_openpgp(slots, MP_SLOT_NEW, &unlock, "ABC", "",
	    fake_seal, &pgp, &err) != MP_OK, "short key id: %s", err.text);

	/* a slot of another store, moved here */
	other = mp_keys_generate();
	foreign = mp_keyslots_new(&foreign_unlock, other);
	pgp.have_key = true;
	if (mp_keyslots_add_openpgp(foreign, MP_SLOT_NEW, &foreign_unlock,
	    fpr, "", fake_seal, &pgp, &err) != MP_OK)
		abort();
	memcpy(foreign->store_id, keys->store_id, 16);
	ok(mp_keyslots_try_openpgp(&got, NULL, foreign, fake_unseal, &pgp,
	    &err) == MP_CORRUPT, "of another store: %s", err.text);
	mp_keyslots_free(foreign);
	mp_keyslots_free(locked);
	mp_keyslots_free(slots);
	mp_secret_clear(&unlock);
	mp_secret_clear(&foreign_unlock);
	mp_secret_clear(&got);
	mp_keys_free(keys);
	mp_keys_free(other);
}

/* Who took a copy of the slots and knew a secret is out after a rotation. */
static void
test_new_unlock_key(void)
{
	struct mp_secret unlock = MP_SECRET_INIT, old = MP_SECRET_INIT;
	struct mp_secret file = secret("0123456789abcdef0123456789abcdef");
	struct mp_secret two = secret("two");
	struct mp_keys *keys = mp_keys_generate(), *got = NULL;
	struct mp_keyslots *slots = make(&unlock, keys), *now = NULL;
	struct fake_pgp pgp = { true };
	const char *fpr = "0123456789ABCDEF0123456789ABCDEF01234567";

	if (mp_keyslots_add(slots, MP_SLOT_NEW, MP_SLOT_KEYFILE, &unlock,
	    &file, 10, "", &err) != MP_OK || mp_keyslots_add(slots,
	    MP_SLOT_NEW, MP_SLOT_PASSPHRASE, &unlock, &two, 10, "", &err) !=
	    MP_OK || mp_keyslots_add_openpgp(slots, MP_SLOT_NEW, &unlock,
	    fpr, "card", fake_seal, &pgp, &err) != MP_OK)
		abort();
	mp_secret_copy(&old, &unlock);
	ok(mp_keyslots_remove(slots, 3, &err) == MP_OK &&
	    mp_keyslots_rotate(slots, &unlock, keys, fake_seal, &pgp,
	    &err) == MP_OK && !mp_secret_equal(&old, &unlock) &&
	    mp_keyslots_save(slots, dir, &unlock, &err) == MP_OK,
	    "rotated: %s", err.text);
	ok(opens(MP_SLOT_PASSPHRASE, "one") &&
	    opens(MP_SLOT_KEYFILE, (char *)file.data),
	    "secrets that were not at hand still open: %s", err.text);
	if (mp_keyslots_load(&now, dir, &err) != MP_OK)
		abort();
	ok(mp_keyslots_open(&got, now, &old, &err) == MP_DENIED,
	    "the unlock key of before opens nothing: %s", err.text);
	ok(mp_keyslots_try_openpgp(&old, NULL, now, fake_unseal, &pgp,
	    &err) == MP_OK && mp_secret_equal(&old, &unlock),
	    "the OpenPGP slot has the new one");
	ok(strcmp(mp_keyslots_info(now, 3).label, "card") == 0 &&
	    strcmp(mp_keyslots_info(now, 0).label, "my label") == 0,
	    "labels stay");
	mp_keyslots_free(now);
	now = NULL;
	tamper("bundle ", "slot 7 type=argon2 m=1\nbundle ", true);
	if (mp_keyslots_load(&now, dir, &err) != MP_OK)
		abort();
	ok(mp_keyslots_rotate(now, &unlock, keys, fake_seal, &pgp, &err) ==
	    MP_REFUSED, "not with a slot of a later version: %s", err.text);
	mp_secret_clear(&unlock);
	mp_secret_clear(&old);
	mp_secret_clear(&file);
	mp_secret_clear(&two);
	mp_keyslots_free(slots);
	mp_keyslots_free(now);
	mp_keys_free(keys);
}

int
main(void)
{
	if (mkdtemp(dir) == NULL)
		abort();
	test_ways_in();
	test_tampering();
	test_copies();
	test_rotation();
	test_words();
	test_spool();
	test_later_version();
	test_openpgp();
	test_new_unlock_key();
	discard("keyslots");
	discard("keyslots.2");
	discard("epochs");
	(void)rmdir(dir);
	return done_testing();
}
