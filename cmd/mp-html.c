/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "cli/cli.h"
#include "html/html.h"
#include "sandbox/sandbox.h"

#define INPUT_MAX ((size_t)32 << 20)
#define OUTPUT_MAX ((size_t)256 << 20)
#define WIDTH_MAX 10000

enum images {
	IMAGES_NONE,
	IMAGES_ATTACHED
};

static bool sanitize;
static uint64_t width = 78;
static const char *charset;
static int images = IMAGES_NONE;

static const struct mp_option options[] = {
	{ 's', "sanitize", NULL, "write harmless HTML instead of text",
	    .flag = &sanitize },
	{ 'w', "width", "COLUMNS", "wrap text there (78; 0: never)",
	    .number = &width },
	{ 0, "charset", "NAME", "the character set of the HTML",
	    .text = &charset },
	{ 0, "images", "WHICH", "none, or attached: keep cid: references",
	    .choice = &images, .words = "none|attached" },
	MP_OPTIONS_END
};

static const struct mp_command command = {
	.name = "mp-html",
	.usage = "[FILE]",
	.about = "Turn HTML into readable text or harmless HTML.",
	.flags = MP_CLI_OPTIONAL | MP_CLI_NO_STORE,
	.options = options
};

/* Open what to read before the sandbox closes the files. */
static enum mp_status
open_input(struct mp_file *file, const char *path, struct mp_err *err)
{
	if (path == NULL || strcmp(path, "-") == 0)
		return MP_OK;
	return mp_file_open(file, path, O_RDONLY, err);
}

/* Mail names character sets that do not exist; then it is guessed. */
static enum mp_status
decode(struct mp_cli *cli, struct mp_buf *html, const struct mp_buf *raw,
    struct mp_err *err)
{
	const char *given = charset != NULL && *charset != '\0' ? charset :
	    NULL;
	enum mp_status status = mp_html_decode(html, mp_buf_text(raw),
	    raw->len, given, err);

	if (status != MP_USAGE)
		return status;
	mp_cli_note(cli, "%s: guessing", err->text);
	mp_err_clear(err);
	return mp_html_decode(html, mp_buf_text(raw), raw->len, NULL, err);
}

static enum mp_status
turn(struct mp_cli *cli, struct mp_buf *out, const struct mp_file *file,
    struct mp_err *err)
{
	struct mp_buf raw = MP_BUF_INIT(INPUT_MAX);
	struct mp_buf html = MP_BUF_INIT(INPUT_MAX);
	enum mp_status status;

	status = mp_fd_read(&raw, file->fd >= 0 ? file->fd : STDIN_FILENO,
	    file->fd >= 0 ? file->path : "standard input", err);
	if (status == MP_OK)
		status = decode(cli, &html, &raw, err);
	if (status == MP_OK && sanitize)
		status = mp_html_sanitize(out, mp_buf_text(&html), html.len,
		    images == IMAGES_ATTACHED, err);
	else if (status == MP_OK)
		status = mp_html_text(out, mp_buf_text(&html), html.len,
		    MP_HTML_LINKS, (unsigned)width, err);
	mp_buf_clear(&raw);
	mp_buf_clear(&html);
	return status;
}

int
main(int argc, char *argv[])
{
	struct mp_cli cli;
	struct mp_err err = MP_ERR_INIT;
	struct mp_sandbox box = MP_SANDBOX_INIT(0);
	struct mp_file file = MP_FILE_INIT;
	struct mp_buf out = MP_BUF_INIT(OUTPUT_MAX);

	mp_cli_start(&cli, &command, argc, argv);
	if (cli.operand_count > 1)
		mp_cli_usage(&cli, "more than one file");
	if (width > WIDTH_MAX)
		mp_cli_usage(&cli, "a width over %d", WIDTH_MAX);
	if (open_input(&file, cli.operand_count != 0 ? cli.operands[0] : NULL,
	    &err) != MP_OK || mp_sandbox_enter(&box, &err) != MP_OK ||
	    turn(&cli, &out, &file, &err) != MP_OK)
		goto done;
	(void)fwrite(mp_buf_text(&out), 1, out.len, stdout);
	if (sanitize && out.len != 0)
		(void)putchar('\n');
done:
	mp_buf_clear(&out);
	mp_file_close(&file);
	mp_sandbox_clear(&box);
	return mp_cli_finish(&cli, &err);
}
