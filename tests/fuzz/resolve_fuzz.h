/*
 * resolve_fuzz.h - resolving a project of generated files, and the form that any result must have:
 * that of a flat file, as the launcher reads it.
 */
#ifndef TESTS_FUZZ_RESOLVE_FUZZ_H
#define TESTS_FUZZ_RESOLVE_FUZZ_H

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "image/devcontainer/resolve.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/tmp/fuzz-resolve-XXXXXX";
static char *choice;
static int folder_fd;
static struct image_store store = IMAGE_STORE_INIT;
static struct image_conf conf;

static void remove_folder(void)
{
	struct err ignored;

	image_conf_clear(&conf);
	file_remove_tree(AT_FDCWD, folder, &ignored);
	free(choice);
	close(folder_fd);
}

static void make_folder(void)
{
	struct err e;

	if (!mkdtemp(folder) || setenv("XDG_CONFIG_HOME", folder, 1) < 0 ||
	    image_conf_load(&conf, &e) < 0)
		abort();
	folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	store.path = folder;
	choice = xasprintf("%s/chosen", folder);
	atexit(remove_folder);
}

static void write_file(const char *name, const void *data, size_t size)
{
	struct err e;

	if (file_write_passing(folder_fd, name, data, size, 0600, &e) < 0)
		abort();
}

/* What is shown has no control characters. */
static size_t count_fields(const char *line)
{
	size_t n = 1;

	for (; *line; line++) {
		if ((unsigned char)*line < ' ' && *line != '\t')
			abort();
		n += *line == '\t';
	}
	return n;
}

static void check_line(const char *line)
{
	static const struct {
		const char *word;
		size_t fields;
	} lines[] = {{"devcontainer\t", 2},  {"project\t", 2}, {"file\t", 7},  {"none\t", 2},
		     {"env\t", 0},	     {"from\t", 3},    {"image\t", 2}, {"build\t", 2},
		     {"build-service\t", 3}, {"set\t", 8},     {"note\t", 4},  {"cannot\t", 4},
		     {"error\t", 4},	     {"end", 1}};
	size_t i = 0;

	while (i < ARRAY_SIZE(lines) && !starts_with(line, lines[i].word))
		i++;
	if (i == ARRAY_SIZE(lines) || (lines[i].fields && count_fields(line) != lines[i].fields))
		abort();
}

static void resolve_and_check(void)
{
	const struct resolve_request req = {.store = &store,
					    .conf = &conf,
					    .project = folder,
					    .config = "yes",
					    .choice = choice,
					    .image = ""};
	cleanup_buf struct buf text = BUF_INIT;
	char *rest, *line;

	resolve_devcontainer(&req, &text);
	if (!ends_with(text.data, "\nend\n"))
		abort();
	for (rest = text.data; (line = strsep(&rest, "\n"));)
		if (*line)
			check_line(line);
}

#endif
