/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MP_BASE_ERR_H
#define MP_BASE_ERR_H

/*
 * Statuses and error texts.
 *
 * A status is chosen by what the caller can do about it, never by which
 * library failed. Every call that can fail returns one and takes a
 * struct mp_err as its last argument, which it fills on anything but MP_OK.
 * Texts are lower case, without a full stop: "cannot VERB 'subject': reason".
 * libmp never prints; the text reaches the user through cmd/ only.
 */

#define MP_CHECKED __attribute__((warn_unused_result))
#define MP_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

enum mp_status {
	MP_OK = 0,
	MP_NOT_FOUND,	/* the thing asked for does not exist: exit 1 */
	MP_EXISTS,	/* it exists already: exit 73 */
	MP_USAGE,	/* the caller's words are wrong: exit 64 */
	MP_INVALID,	/* outside data is malformed: exit 65 */
	MP_CORRUPT,	/* our own data fails its seal or form: exit 65 */
	MP_PEER,	/* a peer is unusable: exit 69 */
	MP_BUG,		/* our own mistake: exit 70 */
	MP_CREATE,	/* an output cannot be created: exit 73 */
	MP_IO,		/* reading or writing failed: exit 74 */
	MP_RETRY,	/* a lock, a full disk, a locked store: exit 75 */
	MP_DENIED,	/* wrong passphrase, missing right: exit 77 */
	MP_REFUSED,	/* policy forbids it: exit 77 */
	MP_CONFIG	/* a setting is wrong: exit 78 */
};

struct mp_err {
	enum mp_status status;
	char text[512];
};

#define MP_ERR_INIT { MP_OK, "" }

/* Forget the error. */
void mp_err_clear(struct mp_err *err);

/* Set status and text; returns status, so that a caller can return it. */
enum mp_status mp_err_set(struct mp_err *err, enum mp_status status,
    const char *fmt, ...) MP_PRINTF(3, 4);

/*
 * Set the error that errnum (an errno value) means, with ": " and the
 * system's words appended to the text. ENOENT gives MP_NOT_FOUND, EEXIST
 * MP_EXISTS, EACCES and EPERM MP_DENIED, ENOSPC, EDQUOT, ENOMEM and EAGAIN
 * MP_RETRY, all else MP_IO. Returns the status.
 */
enum mp_status mp_err_sys(struct mp_err *err, int errnum,
    const char *fmt, ...) MP_PRINTF(3, 4);

/*
 * For a failure that is an answer: status as it is, but when it is answer
 * the error is forgotten and MP_OK given.
 */
enum mp_status mp_err_allow(struct mp_err *err, enum mp_status status,
    enum mp_status answer);

/* Put "context: " before the text; the status stays. */
void mp_err_context(struct mp_err *err, const char *fmt, ...) MP_PRINTF(2, 3);

#endif
