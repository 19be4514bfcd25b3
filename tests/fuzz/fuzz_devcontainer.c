/*
 * fuzz_devcontainer.c - any bytes as devcontainer.json: the result is a flat file in the form that
 * the launcher reads. Also the line of any key is one of the text.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "config/devcontainer_file.h"
#include "image/devcontainer/resolve.h"
#include "image/document/json_line.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/tmp/fuzz-devcontainer-XXXXXX";
static char *file, *choice;
static struct image_store store = IMAGE_STORE_INIT;
static struct image_conf conf;

static void remove_folder(void)
{
	struct err ignored;

	image_conf_clear(&conf);
	file_remove_tree(AT_FDCWD, folder, &ignored);
	free(file);
	free(choice);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err e;

	(void)argc;
	(void)argv;
	if (!mkdtemp(folder) || setenv("XDG_CONFIG_HOME", folder, 1) < 0 ||
	    image_conf_load(&conf, &e) < 0)
		abort();
	store.path = folder;
	file = xasprintf("%s/.devcontainer.json", folder);
	choice = xasprintf("%s/chosen", folder);
	atexit(remove_folder);
	return 0;
}

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

static void check(char *text)
{
	static const struct {
		const char *word;
		size_t fields;
	} lines[] = {{"devcontainer\t", 2},
		     {"file\t", 7},
		     {"none\t", 2},
		     {"env\t", 0},
		     {"from\t", 3},
		     {"image\t", 2},
		     {"build\t", 2},
		     {"build-service\t", 3},
		     {"set\t", 8},
		     {"note\t", 4},
		     {"cannot\t", 4},
		     {"error\t", 4},
		     {"end", 1}};
	char *line;

	while ((line = strsep(&text, "\n"))) {
		size_t i = 0;

		while (i < ARRAY_SIZE(lines) && !starts_with(line, lines[i].word))
			i++;
		if (*line && (i == ARRAY_SIZE(lines) ||
			      (lines[i].fields && count_fields(line) != lines[i].fields)))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct resolve_request req = {.store = &store,
					    .conf = &conf,
					    .project = folder,
					    .config = "yes",
					    .choice = choice,
					    .image = ""};
	cleanup_buf struct buf text = BUF_INIT;
	struct err e;

	if (file_write_passing(AT_FDCWD, file, data, size, 0600, &e) < 0)
		abort();
	resolve_devcontainer(&req, &text);
	check(text.data);
	if (json_line((const char *)data, size, "mounts", NULL, 1) > size + 1 ||
	    json_line((const char *)data, size, "containerEnv", "A", -1) > size + 1)
		abort();
	return 0;
}
