/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>

#include "base/alloc.h"
#include "base/encode.h"
#include "base/io.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "keys/keyslots_internal.h"

#define FIRST_LINE "mpkeys 1"
#define NUMBER_MAX 9999	/* of slots */

static const struct {
	enum mp_slot_type type;
	const char *name;
} slot_types[] = {
	{ MP_SLOT_PASSPHRASE, "passphrase" },
	{ MP_SLOT_KEYFILE, "keyfile" },
	{ MP_SLOT_OPENPGP, "openpgp" },
	{ MP_SLOT_RECOVERY, "recovery" },
};

/* --- one line --------------------------------------------------------- */

/* The value of " key=value" in the line and its length; NULL without. */
static const char *
attribute(size_t *len, const char *line, const char *key)
{
	size_t key_len = strlen(key);
	const char *at = line;

	while ((at = strchr(at, ' ')) != NULL) {
		at++;
		if (strncmp(at, key, key_len) == 0 && at[key_len] == '=') {
			at += key_len + 1;
			*len = strcspn(at, " ");
			return at;
		}
	}
	*len = 0;
	return NULL;
}

/* A decimal number up to max of exactly len digits. */
static bool
read_number(uint64_t *value, const char *text, size_t len, uint64_t max)
{
	size_t i;

	*value = 0;
	for (i = 0; i < len && isdigit((unsigned char)text[i]); i++) {
		unsigned digit = (unsigned)(text[i] - '0');

		if (digit > max || *value > (max - digit) / 10)
			return false;
		*value = *value * 10 + digit;
	}
	return len != 0 && i == len;
}

static enum mp_status
number_attribute(uint64_t *value, const struct mp_slot *slot,
    const char *key, uint64_t max, struct mp_err *err)
{
	size_t len;
	const char *text = attribute(&len, slot->line, key);

	if (text == NULL || !read_number(value, text, len, max))
		return mp_err_set(err, MP_CORRUPT,
		    "slot %u: %s '%.*s' is not a number up to %llu",
		    slot->number, key, (int)(len < 32 ? len : 32),
		    text != NULL ? text : "", (unsigned long long)max);
	return MP_OK;
}

/* Read base64 text that says exactly len bytes. */
static bool
read_bytes(uint8_t *to, size_t len, const char *text, size_t text_len)
{
	struct mp_buf bytes = MP_BUF_INIT(len);
	bool fits;

	mp_base64_read(&bytes, text, text_len);
	fits = !bytes.overflow && bytes.len == len;
	if (fits)
		memcpy(to, bytes.data, len);
	mp_buf_clear(&bytes);
	return fits;
}

static enum mp_status
bytes_attribute(uint8_t *to, size_t want, const struct mp_slot *slot,
    const char *key, struct mp_err *err)
{
	size_t len;
	const char *text = attribute(&len, slot->line, key);

	if (text == NULL || !read_bytes(to, want, text, len))
		return mp_err_set(err, MP_CORRUPT,
		    "slot %u: %s is not %zu bytes in base64", slot->number,
		    key, want);
	return MP_OK;
}

/* kdf=hkdf, or kdf=scrypt with parameters that cannot exhaust us. */
static enum mp_status
parse_kdf(struct mp_slot *slot, struct mp_err *err)
{
	uint64_t log2_n, r, p;
	size_t len;
	const char *kdf = attribute(&len, slot->line, "kdf");

	if (kdf != NULL && len == 4 && memcmp(kdf, "hkdf", len) == 0 &&
	    slot->type != MP_SLOT_PASSPHRASE)
		return MP_OK;
	if (kdf == NULL || len != 6 || memcmp(kdf, "scrypt", len) != 0)
		return mp_err_set(err, MP_CORRUPT, "slot %u: unknown kdf",
		    slot->number);
	if (number_attribute(&log2_n, slot, "N", MP_SCRYPT_LOG2N_MAX, err) ||
	    number_attribute(&r, slot, "r", 8, err) ||
	    number_attribute(&p, slot, "p", MP_SCRYPT_P_MAX, err))
		return err->status;
	if (log2_n < MP_SCRYPT_LOG2N_MIN || r != 8 || p == 0)
		return mp_err_set(err, MP_CORRUPT,
		    "slot %u: scrypt parameters out of bounds",
		    slot->number);
	slot->log2_n = (unsigned)log2_n;
	slot->p = (unsigned)p;
	return MP_OK;
}

static enum mp_status
parse_sealed(struct mp_slot *slot, struct mp_err *err)
{
	const char *iv = strstr(slot->line, " iv=");

	if (iv == NULL)
		return mp_err_set(err, MP_CORRUPT, "slot %u: no iv",
		    slot->number);
	slot->bound = (size_t)(iv - slot->line);
	if (parse_kdf(slot, err) ||
	    bytes_attribute(slot->salt, MP_SLOT_SALT, slot, "salt", err) ||
	    bytes_attribute(slot->nonce, MP_AEAD_NONCE, slot, "iv", err) ||
	    bytes_attribute(slot->sealed, MP_SLOT_SEALED, slot, "ct", err) ||
	    bytes_attribute(slot->commit, MP_SLOT_COMMIT, slot, "cm", err) ||
	    bytes_attribute(slot->wrapped, MP_SLOT_WRAPPED, slot, "wk", err))
		return err->status;
	return MP_OK;
}

static enum mp_status
parse_openpgp(struct mp_slot *slot, struct mp_err *err)
{
	size_t len, i;
	const char *text = attribute(&len, slot->line, "fpr");

	for (i = 0; i < len && isxdigit((unsigned char)text[i]); i++)
		continue;
	if (i != len || (len != 40 && len != MP_FINGERPRINT_MAX))
		return mp_err_set(err, MP_CORRUPT,
		    "slot %u: fpr is not a fingerprint", slot->number);
	memcpy(slot->fingerprint, text, len);
	if (attribute(&len, slot->line, "blob") == NULL || len == 0)
		return mp_err_set(err, MP_CORRUPT, "slot %u: no blob",
		    slot->number);
	return MP_OK;
}

static void
parse_label(struct mp_slot *slot)
{
	struct mp_buf label = MP_BUF_INIT(MP_KEYSLOTS_MAX);
	size_t len;
	const char *text = attribute(&len, slot->line, "label");

	mp_id_unescape(&label, text != NULL ? text : "", len);
	slot->label = mp_strndup(mp_buf_text(&label), label.len);
	mp_buf_clear(&label);
}

/* "slot NUMBER type=..." */
enum mp_status
mp_slot_parse(struct mp_slot *slot, char *line, struct mp_err *err)
{
	const char *text = line + strlen("slot ");
	uint64_t value = 0;
	size_t len, i;

	memset(slot, 0, sizeof *slot);
	slot->line = line;
	if (!read_number(&value, text, strcspn(text, " "), NUMBER_MAX))
		return mp_err_set(err, MP_CORRUPT, "a slot without a number");
	slot->number = (unsigned)value;
	text = attribute(&len, line, "type");
	if (text == NULL || len == 0)
		return mp_err_set(err, MP_CORRUPT, "slot %u: no type",
		    slot->number);
	slot->type_name = mp_strndup(text, len);
	for (i = 0; i < sizeof slot_types / sizeof slot_types[0]; i++)
		if (strcmp(slot->type_name, slot_types[i].name) == 0)
			slot->type = slot_types[i].type;
	parse_label(slot);
	if (slot->type == MP_SLOT_OTHER)
		return MP_OK;
	if (number_attribute(&value, slot, "created", INT64_MAX, err))
		return err->status;
	slot->created = (int64_t)value;
	return slot->type == MP_SLOT_OPENPGP ? parse_openpgp(slot, err) :
	    parse_sealed(slot, err);
}

void
mp_slot_clear(struct mp_slot *slot)
{
	free(slot->line);
	free(slot->type_name);
	free(slot->label);
	memset(slot, 0, sizeof *slot);
}

/* --- one file --------------------------------------------------------- */

static enum mp_status
add_slot(struct mp_keyslots *slots, const char *line, size_t len,
    struct mp_err *err)
{
	struct mp_slot *slot = &slots->slots[slots->count];
	size_t i;

	if (slots->count == MP_SLOTS_MAX)
		return mp_err_set(err, MP_CORRUPT, "more than %d slots",
		    MP_SLOTS_MAX);
	slots->count++;
	if (mp_slot_parse(slot, mp_strndup(line, len), err) != MP_OK)
		return err->status;
	for (i = 0; i + 1 < slots->count; i++)
		if (slots->slots[i].number == slot->number)
			return mp_err_set(err, MP_CORRUPT,
			    "slot %u is there twice", slot->number);
	return MP_OK;
}

static bool
read_bundle(struct mp_keyslots *slots, const char *text, size_t len)
{
	struct mp_buf bytes = MP_BUF_INIT(MP_BUNDLE_MAX);
	const size_t least = MP_AEAD_NONCE + MP_BUNDLE_ENTRY + MP_AEAD_TAG;
	bool fits;

	mp_base64_read(&bytes, text, len);
	fits = !bytes.overflow && bytes.len >= least &&
	    (bytes.len - least) % MP_BUNDLE_ENTRY == 0;
	if (fits) {
		memcpy(slots->bundle, bytes.data, bytes.len);
		slots->bundle_len = bytes.len;
	}
	mp_buf_clear(&bytes);
	return fits;
}

/* The fixed lines, each once; which were seen is a bit set. */
enum { SEEN_STORE = 1, SEEN_GEN = 2, SEEN_SPOOL = 4, SEEN_BUNDLE = 8,
	SEEN_ALL = 15 };

static bool
starts(const char **value, const char *line, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(line, word, len) != 0 || line[len] != ' ')
		return false;
	*value = line + len + 1;
	return true;
}

static enum mp_status
parse_line(struct mp_keyslots *slots, unsigned *seen, const char *line,
    size_t len, struct mp_err *err)
{
	const char *value = NULL, *end = line + len;
	unsigned mark = 0;
	bool fits = true;

	if (starts(&value, line, "slot"))
		return add_slot(slots, line, len, err);
	if (starts(&value, line, "store")) {
		mark = SEEN_STORE;
		fits = mp_hex_read(slots->store_id, MP_STORE_ID_LEN, value,
		    (size_t)(end - value));
	} else if (starts(&value, line, "gen")) {
		mark = SEEN_GEN;
		fits = read_number(&slots->generation, value,
		    (size_t)(end - value), UINT64_MAX / 2);
	} else if (starts(&value, line, "spool")) {
		mark = SEEN_SPOOL;
		fits = read_bytes(slots->spool_key, MP_SPOOL_KEY_LEN, value,
		    (size_t)(end - value));
	} else if (starts(&value, line, "bundle")) {
		mark = SEEN_BUNDLE;
		fits = read_bundle(slots, value, (size_t)(end - value));
	} else {
		mp_strlist_addn(&slots->other, line, len);
	}
	if (!fits || (*seen & mark) != 0)
		return mp_err_set(err, MP_CORRUPT, "bad line '%.*s'",
		    (int)strcspn(line, " "), line);
	*seen |= mark;
	return MP_OK;
}

/*
 * Split the text off its last two lines, "mac BASE64" and "sum HEX", and
 * check the sum, which needs no key: it tells damage from a change made on
 * purpose, which only the MAC tells.
 */
static enum mp_status
check_ends(struct mp_keyslots *slots, const char *text, size_t len,
    struct mp_err *err)
{
	const size_t sum_line = strlen("sum \n") + 64;
	const size_t mac_line = strlen("mac \n") + 44;
	uint8_t want[32], got[32];
	const char *mac, *sum;

	if (len < sum_line + mac_line)
		return mp_err_set(err, MP_CORRUPT, "it is cut off");
	sum = text + len - sum_line;
	mac = sum - mac_line;
	if (memcmp(sum, "sum ", 4) != 0 || text[len - 1] != '\n' ||
	    !mp_hex_read(want, sizeof want, sum + 4, 64))
		return mp_err_set(err, MP_CORRUPT, "it is cut off");
	mp_sha256(got, text, (size_t)(sum - text));
	if (memcmp(want, got, sizeof want) != 0)
		return mp_err_set(err, MP_CORRUPT, "the checksum is wrong");
	if (memcmp(mac, "mac ", 4) != 0 || mac[mac_line - 1] != '\n' ||
	    !read_bytes(slots->mac, sizeof slots->mac, mac + 4, 44))
		return mp_err_set(err, MP_CORRUPT, "there is no mac");
	mp_buf_add(&slots->body, text, (size_t)(mac - text));
	return MP_OK;
}

static enum mp_status
parse_body(struct mp_keyslots *slots, struct mp_err *err)
{
	const char *line = mp_buf_text(&slots->body);
	const char *end = line + slots->body.len;
	unsigned seen = 0;

	if (strlen(line) != slots->body.len)
		return mp_err_set(err, MP_CORRUPT, "it holds a NUL");
	if (strncmp(line, FIRST_LINE "\n", strlen(FIRST_LINE "\n")) != 0)
		return mp_err_set(err, MP_CORRUPT,
		    "it does not start with '%s'", FIRST_LINE);
	line += strlen(FIRST_LINE "\n");
	while (line < end) {
		size_t len = strcspn(line, "\n");

		if (line + len == end)
			return mp_err_set(err, MP_CORRUPT, "it is cut off");
		if (parse_line(slots, &seen, line, len, err) != MP_OK)
			return err->status;
		line += len + 1;
	}
	if (seen != SEEN_ALL)
		return mp_err_set(err, MP_CORRUPT, "a line is missing");
	return MP_OK;
}

enum mp_status
mp_keyslots_parse(struct mp_keyslots **slots, const void *text, size_t len,
    struct mp_err *err)
{
	struct mp_keyslots *new = mp_calloc(1, sizeof *new);

	*slots = NULL;
	mp_buf_init(&new->body, MP_KEYSLOTS_MAX);
	if (len > MP_KEYSLOTS_MAX)
		(void)mp_err_set(err, MP_CORRUPT,
		    "over the limit of %d bytes", MP_KEYSLOTS_MAX);
	else if (check_ends(new, text, len, err) == MP_OK &&
	    parse_body(new, err) == MP_OK) {
		*slots = new;
		return MP_OK;
	}
	mp_keyslots_free(new);
	return err->status;
}

void
mp_keyslots_free(struct mp_keyslots *slots)
{
	size_t i;

	if (slots == NULL)
		return;
	for (i = 0; i < slots->count; i++)
		mp_slot_clear(&slots->slots[i]);
	mp_strlist_clear(&slots->other);
	mp_buf_clear(&slots->body);
	free(slots);
}

/* --- two copies ------------------------------------------------------- */

char *
mp_keyslots_path(const char *path, unsigned copy)
{
	return mp_asprintf("%s/keyslots%s", path, copy == 0 ? "" : ".2");
}

static enum mp_status
load_copy(struct mp_keyslots **slots, const char *path, unsigned copy,
    struct mp_err *err)
{
	struct mp_buf text = MP_BUF_INIT(MP_KEYSLOTS_MAX);
	char *name = mp_keyslots_path(path, copy);
	enum mp_status status;

	*slots = NULL;
	status = mp_path_read(&text, name, err);
	if (status == MP_INVALID)	/* too long */
		status = mp_err_set(err, MP_CORRUPT, "'%s' is damaged: over "
		    "the limit of %d bytes", name, MP_KEYSLOTS_MAX);
	else if (status == MP_OK) {
		status = mp_keyslots_parse(slots, text.data, text.len, err);
		if (status != MP_OK)
			mp_err_context(err, "'%s' is damaged", name);
	}
	if (status == MP_OK)
		(*slots)->copy = copy;
	free(name);
	mp_buf_clear(&text);
	return status;
}

/* Of two errors the one to report: damage before absence. */
static enum mp_status
worse(struct mp_err *first, const struct mp_err *second)
{
	if (first->status == MP_NOT_FOUND && second->status != MP_NOT_FOUND)
		*first = *second;
	return first->status;
}

enum mp_status
mp_keyslots_load(struct mp_keyslots **slots, const char *path,
    struct mp_err *err)
{
	struct mp_keyslots *copies[2];
	struct mp_err second = MP_ERR_INIT;
	enum mp_status status[2];
	unsigned use = 0;

	*slots = NULL;
	status[0] = load_copy(&copies[0], path, 0, err);
	status[1] = load_copy(&copies[1], path, 1, &second);
	if (status[0] != MP_OK && status[1] != MP_OK)
		return worse(err, &second);
	if (status[0] != MP_OK || (status[1] == MP_OK &&
	    copies[1]->generation > copies[0]->generation))
		use = 1;
	*slots = copies[use];
	(*slots)->damaged = status[1 - use] != MP_OK ||
	    copies[1 - use]->generation != (*slots)->generation;
	mp_keyslots_free(copies[1 - use]);
	mp_err_clear(err);
	return MP_OK;
}

/* --- what it says ----------------------------------------------------- */

const uint8_t *
mp_keyslots_store_id(const struct mp_keyslots *slots)
{
	return slots->store_id;
}

const uint8_t *
mp_keyslots_spool_key(const struct mp_keyslots *slots)
{
	return slots->spool_key;
}

bool
mp_keyslots_damaged(const struct mp_keyslots *slots)
{
	return slots->damaged;
}

size_t
mp_keyslots_count(const struct mp_keyslots *slots)
{
	return slots->count;
}

struct mp_slot_info
mp_keyslots_info(const struct mp_keyslots *slots, size_t at)
{
	const struct mp_slot *slot = &slots->slots[at];

	return (struct mp_slot_info) {
		.number = slot->number,
		.type = slot->type,
		.type_name = slot->type_name,
		.label = slot->label,
		.fingerprint = slot->fingerprint,
		.created = slot->created,
		.log2_n = slot->log2_n,
	};
}

bool
mp_keyslots_find(struct mp_slot_info *info, const struct mp_keyslots *slots,
    unsigned number)
{
	size_t i;

	for (i = 0; i < slots->count; i++)
		if (slots->slots[i].number == number) {
			*info = mp_keyslots_info(slots, i);
			return true;
		}
	return false;
}

size_t
mp_keyslots_has(const struct mp_keyslots *slots, enum mp_slot_type type)
{
	size_t i, count = 0;

	for (i = 0; i < slots->count; i++)
		count += slots->slots[i].type == type;
	return count;
}
