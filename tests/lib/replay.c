/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The main of fuzz targets without libFuzzer: gives each file named, or in
 * a folder named, to the target and says so in TAP. A crash ends the
 * program and so fails it; an input may take SECONDS_EACH.
 */
#define SECONDS_EACH 30
#define INPUT_MAX (64u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static int replayed;

static void
replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct stat st;
	uint8_t *data;
	size_t size;

	if (file == NULL || fstat(fileno(file), &st) != 0 ||
	    st.st_size < 0 || st.st_size > INPUT_MAX) {
		printf("Bail out! cannot read %s: %s\n", path,
		    strerror(errno));
		exit(1);
	}
	size = (size_t)st.st_size;
	/* of exactly its size, so that a sanitizer sees a read beyond */
	data = malloc(size != 0 ? size : 1);
	if (data == NULL || fread(data, 1, size, file) != size)
		abort();
	(void)fclose(file);
	(void)alarm(SECONDS_EACH);
	(void)LLVMFuzzerTestOneInput(data, size);
	(void)alarm(0);
	free(data);
	printf("ok %d - %s\n", ++replayed, path);
	(void)fflush(stdout);
}

static int
visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void
replay_folder(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, visible, alphasort);
	int i;

	for (i = 0; i < count; i++) {
		char name[4096];

		(void)snprintf(name, sizeof name, "%s/%s", path,
		    entries[i]->d_name);
		replay(name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

int
main(int argc, char *argv[])
{
	int i;

	if (LLVMFuzzerInitialize != NULL)
		(void)LLVMFuzzerInitialize(&argc, &argv);
	for (i = 1; i < argc; i++) {
		struct stat st;

		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			replay_folder(argv[i]);
		else
			replay(argv[i]);
	}
	if (replayed == 0) {
		printf("Bail out! no input to replay\n");
		return 1;
	}
	printf("1..%d\n", replayed);
	return 0;
}
