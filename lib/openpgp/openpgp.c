/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "openpgp/openpgp.h"

#include <ctype.h>
#include <gpgme.h>
#include <strings.h>

#include "base/alloc.h"

struct mp_openpgp {
	gpgme_ctx_t ctx;
};

/* What the caller can do about a failure; all else is MP_CORRUPT. */
static const struct {
	gpg_err_code_t code;
	enum mp_status status;
} statuses[] = {
	{ GPG_ERR_NO_SECKEY, MP_DENIED },
	{ GPG_ERR_CANCELED, MP_DENIED },
	{ GPG_ERR_FULLY_CANCELED, MP_DENIED },
	{ GPG_ERR_BAD_PASSPHRASE, MP_DENIED },
	{ GPG_ERR_NO_PASSPHRASE, MP_DENIED },
	{ GPG_ERR_NO_PIN_ENTRY, MP_DENIED },
	{ GPG_ERR_BAD_PIN, MP_DENIED },
	{ GPG_ERR_PIN_BLOCKED, MP_DENIED },
	{ GPG_ERR_CARD_NOT_PRESENT, MP_DENIED },
	{ GPG_ERR_CARD_REMOVED, MP_DENIED },
	{ GPG_ERR_EOF, MP_NOT_FOUND },	/* gpgme_get_key: no such key */
	{ GPG_ERR_NO_PUBKEY, MP_NOT_FOUND },
	{ GPG_ERR_NOT_FOUND, MP_NOT_FOUND },
	{ GPG_ERR_UNUSABLE_PUBKEY, MP_REFUSED },
	{ GPG_ERR_KEY_DISABLED, MP_REFUSED },
	{ GPG_ERR_CERT_EXPIRED, MP_REFUSED },
	{ GPG_ERR_INV_ENGINE, MP_CONFIG },
	{ GPG_ERR_UNSUPPORTED_PROTOCOL, MP_CONFIG },
	{ GPG_ERR_ENOMEM, MP_RETRY },
};

static enum mp_status
status_of(gpgme_error_t error)
{
	size_t i;

	for (i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
		if (statuses[i].code == gpgme_err_code(error))
			return statuses[i].status;
	return MP_CORRUPT;
}

/* "what: reason", with the status that the reason means. */
static enum mp_status
fail(struct mp_err *err, gpgme_error_t error, const char *what)
{
	char why[128];

	if (gpgme_strerror_r(error, why, sizeof why) != 0)
		why[sizeof why - 1] = '\0';
	return mp_err_set(err, status_of(error), "%s: %s", what, why);
}

static gpgme_error_t
set_up(gpgme_ctx_t ctx, const char *home)
{
	gpgme_error_t error;

	error = gpgme_set_protocol(ctx, GPGME_PROTOCOL_OpenPGP);
	if (error == 0 && home != NULL)
		error = gpgme_ctx_set_engine_info(ctx,
		    GPGME_PROTOCOL_OpenPGP, NULL, home);
	if (error == 0)
		error = gpgme_set_ctx_flag(ctx, "auto-key-retrieve", "0");
	if (error == 0)
		error = gpgme_set_ctx_flag(ctx, "no-symkey-cache", "1");
	gpgme_set_offline(ctx, 1);
	gpgme_set_armor(ctx, 0);
	return error;
}

enum mp_status
mp_openpgp_new(struct mp_openpgp **openpgp, const char *home,
    struct mp_err *err)
{
	gpgme_ctx_t ctx = NULL;
	gpgme_error_t error;

	*openpgp = NULL;
	if (gpgme_check_version(GPGME_VERSION) == NULL)
		return mp_err_set(err, MP_CONFIG, "cannot use gpgme: older "
		    "than %s", GPGME_VERSION);
	error = gpgme_engine_check_version(GPGME_PROTOCOL_OpenPGP);
	if (error == 0)
		error = gpgme_new(&ctx);
	if (error == 0)
		error = set_up(ctx, home);
	if (error != 0) {
		gpgme_release(ctx);
		(void)fail(err, error, "cannot use gpg");
		err->status = MP_CONFIG;
		return err->status;
	}
	*openpgp = mp_calloc(1, sizeof **openpgp);
	(*openpgp)->ctx = ctx;
	return MP_OK;
}

void
mp_openpgp_free(struct mp_openpgp *openpgp)
{
	if (openpgp == NULL)
		return;
	gpgme_release(openpgp->ctx);
	free(openpgp);
}

/* A memory object over bytes of ours, which stay where they are. */
static gpgme_error_t
wrap(gpgme_data_t *data, const void *bytes, size_t len)
{
	*data = NULL;
	return gpgme_data_new_from_mem(data, bytes, len, 0);
}

/* --- sealing ---------------------------------------------------------- */

static bool
is_fingerprint(const char *text)
{
	size_t len = strlen(text), i;

	for (i = 0; i < len; i++)
		if (!isxdigit((unsigned char)text[i]))
			return false;
	return len == 40 || len == 64;
}

/* gpgme looks keys up by any part of a name; only the very key will do. */
static enum mp_status
get_key(gpgme_key_t *key, gpgme_ctx_t ctx, const char *fingerprint,
    struct mp_err *err)
{
	gpgme_error_t error;
	const char *why = NULL;

	*key = NULL;
	if (!is_fingerprint(fingerprint))
		return mp_err_set(err, MP_USAGE,
		    "'%.80s' is not a full fingerprint", fingerprint);
	error = gpgme_get_key(ctx, fingerprint, key, 0);
	if (error != 0)
		return fail(err, error, "cannot find the key");
	if ((*key)->fpr == NULL || strcasecmp((*key)->fpr, fingerprint) != 0)
		why = "it is a subkey";
	else if ((*key)->revoked)
		why = "it is revoked";
	else if ((*key)->expired)
		why = "it is expired";
	else if ((*key)->disabled || (*key)->invalid)
		why = "it is disabled or not valid";
	else if (!(*key)->can_encrypt)
		why = "it cannot encrypt";
	if (why != NULL)
		return mp_err_set(err, MP_REFUSED, "cannot encrypt to key "
		    "%s: %s", fingerprint, why);
	return MP_OK;
}

/* Append all that the object holds. */
static enum mp_status
drain(struct mp_buf *to, gpgme_data_t data, struct mp_err *err)
{
	size_t len = 0;
	char *bytes = gpgme_data_release_and_get_mem(data, &len);

	if (bytes == NULL)
		return mp_err_set(err, MP_CORRUPT, "gpg gave nothing");
	mp_buf_add(to, bytes, len);
	gpgme_free(bytes);
	if (to->overflow)
		return mp_err_set(err, MP_INVALID,
		    "the OpenPGP message is over the limit of %zu bytes",
		    to->max);
	return MP_OK;
}

static gpgme_error_t
encrypt(gpgme_ctx_t ctx, gpgme_key_t key, gpgme_data_t in, gpgme_data_t out)
{
	gpgme_key_t keys[2] = { key, NULL };
	/* An int: flags joined are no member of the enumeration. */
	const int flags = (int)GPGME_ENCRYPT_ALWAYS_TRUST |
	    (int)GPGME_ENCRYPT_NO_COMPRESS | (int)GPGME_ENCRYPT_NO_ENCRYPT_TO;
	gpgme_encrypt_result_t result;
	gpgme_error_t error = gpgme_op_encrypt(ctx, keys,
	    (gpgme_encrypt_flags_t)flags, in, out);

	if (error != 0)
		return error;
	result = gpgme_op_encrypt_result(ctx);
	if (result == NULL || result->invalid_recipients != NULL)
		return gpgme_error(GPG_ERR_UNUSABLE_PUBKEY);
	return 0;
}

static enum mp_status
seal(struct mp_buf *sealed, const char *fingerprint, const void *plain,
    size_t len, const struct mp_openpgp *openpgp, struct mp_err *err)
{
	gpgme_data_t in = NULL, out = NULL;
	gpgme_key_t key = NULL;
	gpgme_error_t error;
	enum mp_status status;

	status = get_key(&key, openpgp->ctx, fingerprint, err);
	if (status == MP_OK) {
		error = wrap(&in, plain, len);
		if (error == 0)
			error = gpgme_data_new(&out);
		if (error == 0)
			error = encrypt(openpgp->ctx, key, in, out);
		if (error != 0)
			status = fail(err, error, "cannot encrypt");
	}
	if (status == MP_OK) {
		status = drain(sealed, out, err);
		out = NULL;
	}
	gpgme_data_release(out);
	gpgme_data_release(in);
	gpgme_key_unref(key);
	return status;
}

enum mp_status
mp_openpgp_seal(struct mp_buf *sealed, const char *fingerprint,
    const void *plain, size_t len, void *arg, struct mp_err *err)
{
	struct mp_openpgp *own = NULL;
	enum mp_status status = MP_OK;

	if (arg == NULL)
		status = mp_openpgp_new(&own, NULL, err);
	if (status == MP_OK)
		status = seal(sealed, fingerprint, plain, len,
		    arg != NULL ? arg : own, err);
	mp_openpgp_free(own);
	return status;
}

/* --- opening ---------------------------------------------------------- */

static gpgme_error_t
decrypt(gpgme_ctx_t ctx, gpgme_data_t in, gpgme_data_t out)
{
	gpgme_decrypt_result_t result;
	gpgme_error_t error = gpgme_op_decrypt(ctx, in, out);

	if (error != 0)
		return error;
	result = gpgme_op_decrypt_result(ctx);
	if (result == NULL || result->unsupported_algorithm != NULL ||
	    result->wrong_key_usage || result->legacy_cipher_nomdc ||
	    result->recipients == NULL)
		return gpgme_error(GPG_ERR_DECRYPT_FAILED);
	return 0;
}

static enum mp_status
unseal(struct mp_secret *plain, const void *sealed, size_t len,
    const struct mp_openpgp *openpgp, struct mp_err *err)
{
	gpgme_data_t in = NULL, out = NULL;
	enum mp_status status = MP_OK;
	gpgme_error_t error;
	size_t got = 0;
	char *bytes;

	error = wrap(&in, sealed, len);
	if (error == 0)
		error = gpgme_data_new(&out);
	if (error == 0)
		error = decrypt(openpgp->ctx, in, out);
	if (error != 0)
		status = fail(err, error, "cannot decrypt");
	gpgme_data_release(in);
	bytes = out != NULL ? gpgme_data_release_and_get_mem(out, &got) :
	    NULL;
	if (status == MP_OK && (bytes == NULL || got > MP_OPENPGP_MAX))
		status = mp_err_set(err, MP_CORRUPT,
		    "cannot decrypt: empty or too large");
	if (status == MP_OK)
		mp_secret_set(plain, bytes, got);
	if (bytes != NULL) {
		explicit_bzero(bytes, got);
		gpgme_free(bytes);
	}
	return status;
}

enum mp_status
mp_openpgp_unseal(struct mp_secret *plain, const void *sealed, size_t len,
    void *arg, struct mp_err *err)
{
	struct mp_openpgp *own = NULL;
	enum mp_status status = MP_OK;

	if (arg == NULL)
		status = mp_openpgp_new(&own, NULL, err);
	if (status == MP_OK)
		status = unseal(plain, sealed, len, arg != NULL ? arg : own,
		    err);
	mp_openpgp_free(own);
	return status;
}
