/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keys/recovery.h"

#include <ctype.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/encode.h"
#include "base/io.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/random.h"
#include "keys/keys_internal.h"
#include "keys/words_internal.h"

#define WORD_BITS 11
#define PREFIX 4	/* letters that tell the words apart */

/*
 * The epochs file: magic, store id, then a link for each master key but the
 * first: number and date of the older key, number of the newer one, nonce,
 * the older key sealed by the newer one.
 */
#define MAGIC "mpepoch1"
#define MAGIC_LEN 8
#define HEAD_LEN (MAGIC_LEN + MP_STORE_ID_LEN)
#define LINK_CLEAR (4 + 8 + 4)
#define LINK_LEN (LINK_CLEAR + MP_AEAD_NONCE + MP_MASTER_LEN + MP_AEAD_TAG)

/* --- words ------------------------------------------------------------ */

void
mp_recovery_code(struct mp_secret *code, const struct mp_keys *keys)
{
	uint8_t bytes[MP_MASTER_LEN + 1], sum[MP_SHA256_LEN];
	size_t i, bit, len = 0;

	memcpy(bytes, keys->masters.data + (keys->count - 1) * MP_MASTER_LEN,
	    MP_MASTER_LEN);
	mp_sha256(sum, bytes, MP_MASTER_LEN);
	bytes[MP_MASTER_LEN] = sum[0];
	mp_secret_clear(code);
	mp_secret_init(code, MP_RECOVERY_WORDS * (MP_WORD_MAX + 1));
	for (i = 0; i < MP_RECOVERY_WORDS; i++) {
		unsigned word = 0;

		for (bit = i * WORD_BITS; bit < (i + 1) * WORD_BITS; bit++)
			word = word << 1 |
			    (bytes[bit / 8] >> (7 - bit % 8) & 1);
		if (i != 0)
			code->data[len++] = ' ';
		memcpy(code->data + len, mp_words[word],
		    strlen(mp_words[word]));
		len += strlen(mp_words[word]);
	}
	code->len = len;
	explicit_bzero(bytes, sizeof bytes);
	explicit_bzero(sum, sizeof sum);
}

/* The next run of letters at *at, which moves behind it; its length. */
static size_t
next_word(const char **word, const char **at)
{
	const char *p = *at;

	while (*p != '\0' && !isalpha((unsigned char)*p))
		p++;
	*word = p;
	while (isalpha((unsigned char)*p))
		p++;
	*at = p;
	return (size_t)(p - *word);
}

#define SHEET_MAX 16384
#define SHEET_COLUMNS 4

static void
add_sheet(struct mp_buf *page, const struct mp_secret *code,
    const struct mp_keys *keys, const char *path)
{
	const char *at = (const char *)code->data, *word;
	time_t now = time(NULL);
	struct tm tm = { 0 };
	unsigned i;

	(void)localtime_r(&now, &tm);
	mp_buf_str(page, "Recovery code of the mail store ");
	mp_hex_add(page, keys->store_id, MP_STORE_ID_LEN);
	mp_buf_printf(page, "\nmade %04d-%02d-%02d for %.4096s\n\n",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, path);
	for (i = 1; i <= MP_RECOVERY_WORDS; i++) {
		size_t len = next_word(&word, &at);

		mp_buf_printf(page, "   %2u %-8.*s%s", i, (int)len, word,
		    i % SHEET_COLUMNS == 0 ? "\n" : "   ");
	}
	mp_buf_str(page, "\n"
	    "Whoever has this page can read the whole store: keep it away "
	    "from the computer.\n"
	    "The words open the store wherever it asks for a passphrase.  "
	    "When its keyslots\n"
	    "are lost, \"mp-passwd restore\" makes new ones from them.\n");
}

void
mp_recovery_text(struct mp_secret *text, const struct mp_keys *keys,
    const char *path)
{
	struct mp_buf page = MP_BUF_INIT(SHEET_MAX);
	struct mp_secret code = MP_SECRET_INIT;

	(void)mp_buf_reserve(&page, SHEET_MAX);
	mp_recovery_code(&code, keys);
	if (path == NULL) {
		mp_buf_add(&page, code.data, code.len);
		mp_buf_byte(&page, '\n');
	} else {
		add_sheet(&page, &code, keys, path);
	}
	mp_secret_set(text, page.data, page.len);
	explicit_bzero(page.data, page.len);
	mp_buf_clear(&page);
	mp_secret_clear(&code);
}

bool
mp_recovery_shape(const char *text)
{
	const char *word;
	size_t count = 0;

	while (next_word(&word, &text) != 0)
		count++;
	return count == MP_RECOVERY_WORDS;
}

static int
find_word(const char *word, size_t len)
{
	int low = 0, high = MP_WORDS;

	if (len > MP_WORD_MAX)
		return -1;
	while (low < high) {
		int middle = (low + high) / 2;
		const char *entry = mp_words[middle];
		int order = strncasecmp(word, entry, len);

		if (order == 0 && len < strlen(entry)) {
			if (len >= PREFIX)
				return middle;
			order = -1;
		}
		if (order == 0)
			return middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

static enum mp_status
read_words(uint8_t bytes[MP_MASTER_LEN + 1], const char *text,
    struct mp_err *err)
{
	const char *word;
	size_t count = 0, len, bit;

	while ((len = next_word(&word, &text)) != 0) {
		int value = find_word(word, len);

		if (++count > MP_RECOVERY_WORDS)
			break;
		if (value < 0)
			return mp_err_set(err, MP_INVALID,
			    "word %zu of the recovery code, '%.*s', is not "
			    "one of its words", count,
			    (int)(len < 32 ? len : 32), word);
		for (bit = 0; bit < WORD_BITS; bit++) {
			size_t to = (count - 1) * WORD_BITS + bit;

			if (value >> (WORD_BITS - 1 - bit) & 1)
				bytes[to / 8] |= (uint8_t)(0x80 >> to % 8);
		}
	}
	if (count != MP_RECOVERY_WORDS)
		return mp_err_set(err, MP_INVALID,
		    "a recovery code has %d words, this has %s%zu",
		    MP_RECOVERY_WORDS, count > MP_RECOVERY_WORDS ?
		    "at least " : "", count);
	return MP_OK;
}

enum mp_status
mp_recovery_read(struct mp_secret *master, const char *text,
    struct mp_err *err)
{
	uint8_t bytes[MP_MASTER_LEN + 1] = { 0 }, sum[MP_SHA256_LEN];
	enum mp_status status = read_words(bytes, text, err);

	if (status == MP_OK) {
		mp_sha256(sum, bytes, MP_MASTER_LEN);
		if (bytes[MP_MASTER_LEN] != sum[0])
			status = mp_err_set(err, MP_INVALID, "the checksum of "
			    "the recovery code is wrong: a word is another "
			    "one, or two are swapped");
	}
	if (status == MP_OK)
		mp_secret_set(master, bytes, MP_MASTER_LEN);
	explicit_bzero(bytes, sizeof bytes);
	return status;
}

/* --- older master keys ------------------------------------------------ */

/* The cipher with which a master key seals the one before it. */
static struct mp_aead *
link_cipher(const uint8_t *master, const uint8_t *store_id)
{
	static const char info[] = "mp1/epochs";
	uint8_t key[MP_AEAD_KEY];
	struct mp_aead *aead;

	mp_hkdf(key, sizeof key, master, MP_MASTER_LEN, store_id,
	    MP_STORE_ID_LEN, info, sizeof info - 1);
	aead = mp_aead_new(key);
	explicit_bzero(key, sizeof key);
	return aead;
}

static char *
epochs_path(const char *path)
{
	return mp_asprintf("%s/epochs", path);
}

enum mp_status
mp_epochs_save(const char *path, const struct mp_keys *keys,
    struct mp_err *err)
{
	struct mp_buf file = MP_BUF_INIT(HEAD_LEN + MP_EPOCHS_MAX * LINK_LEN);
	char *name;
	enum mp_status status;
	size_t i;

	if (keys->count < 2)
		return MP_OK;
	mp_buf_str(&file, MAGIC);
	mp_buf_add(&file, keys->store_id, MP_STORE_ID_LEN);
	for (i = 1; i < keys->count; i++) {
		const uint8_t *newer = keys->masters.data + i * MP_MASTER_LEN;
		struct mp_aead *aead = link_cipher(newer, keys->store_id);
		uint8_t *link = mp_buf_reserve(&file, LINK_LEN);
		uint8_t *nonce = link + LINK_CLEAR;

		mp_put_u32(link, keys->epochs[i - 1].number);
		mp_put_u64(link + 4, (uint64_t)keys->epochs[i - 1].created);
		mp_put_u32(link + 12, keys->epochs[i].number);
		mp_random(nonce, MP_AEAD_NONCE);
		mp_aead_seal(nonce + MP_AEAD_NONCE, aead, nonce, link,
		    LINK_CLEAR, newer - MP_MASTER_LEN, MP_MASTER_LEN);
		mp_aead_free(aead);
		file.len += LINK_LEN;
	}
	name = epochs_path(path);
	status = mp_path_replace(name, file.data, file.len, err);
	free(name);
	mp_buf_clear(&file);
	return status;
}

/* The link that this master key sealed, opened; NULL when there is none. */
static const uint8_t *
open_link(uint8_t older[MP_MASTER_LEN], const struct mp_buf *file,
    const uint8_t *master, const uint8_t *store_id)
{
	struct mp_aead *aead = link_cipher(master, store_id);
	struct mp_err ignored = MP_ERR_INIT;
	const uint8_t *found = NULL;
	size_t at;

	for (at = HEAD_LEN; found == NULL && at < file->len; at += LINK_LEN) {
		const uint8_t *link = file->data + at;
		const uint8_t *nonce = link + LINK_CLEAR;

		if (mp_aead_open(older, aead, nonce, link, LINK_CLEAR,
		    nonce + MP_AEAD_NONCE, MP_MASTER_LEN + MP_AEAD_TAG,
		    &ignored) == MP_OK)
			found = link;
	}
	mp_aead_free(aead);
	return found;
}

/*
 * Walk the links from the newest key down, then add the keys oldest first.
 * A key that sealed no link is the first one.
 */
static enum mp_status
add_chain(struct mp_keys *keys, const struct mp_buf *file,
    const struct mp_secret *master, struct mp_err *err)
{
	struct mp_secret chain = MP_SECRET_INIT;
	struct mp_epoch epochs[MP_EPOCHS_MAX] = { { 1, 0 } };
	enum mp_status status = MP_OK;
	size_t count = 1;

	mp_secret_init(&chain, MP_EPOCHS_MAX * MP_MASTER_LEN);
	memcpy(chain.data, master->data, MP_MASTER_LEN);
	while (count < MP_EPOCHS_MAX) {
		uint8_t *newest = chain.data + (count - 1) * MP_MASTER_LEN;
		const uint8_t *link = open_link(newest + MP_MASTER_LEN, file,
		    newest, keys->store_id);

		if (link == NULL)
			break;
		epochs[count - 1].number = mp_get_u32(link + 12);
		epochs[count].number = mp_get_u32(link);
		epochs[count].created = (int64_t)mp_get_u64(link + 4);
		count++;
	}
	while (status == MP_OK && count-- != 0)
		status = mp_keys_add(keys, epochs[count].number,
		    chain.data + count * MP_MASTER_LEN,
		    epochs[count].created, err);
	mp_secret_clear(&chain);
	return status;
}

enum mp_status
mp_keys_from_recovery(struct mp_keys **keys, const struct mp_secret *master,
    const uint8_t store_id[MP_STORE_ID_LEN], const char *path,
    struct mp_err *err)
{
	struct mp_buf file = MP_BUF_INIT(HEAD_LEN + MP_EPOCHS_MAX * LINK_LEN);
	char *name = epochs_path(path);
	enum mp_status status = mp_path_read(&file, name, err);

	*keys = mp_keys_new(store_id);
	if (status == MP_NOT_FOUND) {
		mp_err_clear(err);
		status = MP_OK;
	} else if (status == MP_OK && (file.len < HEAD_LEN ||
	    (file.len - HEAD_LEN) % LINK_LEN != 0 ||
	    memcmp(file.data, MAGIC, MAGIC_LEN) != 0 ||
	    memcmp(file.data + MAGIC_LEN, store_id, MP_STORE_ID_LEN) != 0))
		status = mp_err_set(err, MP_CORRUPT,
		    "'%s' is not an epochs file of this store", name);
	if (status == MP_OK)
		status = add_chain(*keys, &file, master, err);
	if (status != MP_OK) {
		mp_keys_free(*keys);
		*keys = NULL;
	}
	mp_buf_clear(&file);
	free(name);
	return status;
}
