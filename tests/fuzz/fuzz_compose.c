/*
 * fuzz_compose.c - any bytes as the compose files of a devcontainer.json: the result has the form that
 * the launcher reads. The parts between lines "---" are compose.yml, over.yml and .env.
 */
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

static const char *const names[] = {"compose.yml", "over.yml", ".env"};
static char folder[] = "/tmp/fuzz-compose-XXXXXX";
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

static void write_file(const char *name, const void *data, size_t size)
{
	struct err e;

	if (file_write_passing(folder_fd, name, data, size, 0600, &e) < 0)
		abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char file[] = "{\"dockerComposeFile\": [\"compose.yml\", \"over.yml\"], "
				   "\"service\": \"app\", \"forwardPorts\": [\"db:1\"]}";
	struct err e;

	(void)argc;
	(void)argv;
	if (!mkdtemp(folder) || setenv("XDG_CONFIG_HOME", folder, 1) < 0 ||
	    image_conf_load(&conf, &e) < 0)
		abort();
	folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	store.path = folder;
	choice = xasprintf("%s/chosen", folder);
	write_file(".devcontainer.json", file, strlen(file));
	atexit(remove_folder);
	return 0;
}

/* What is shown has no control characters, and a setting has all of its fields. */
static void check(char *text)
{
	char *line;

	if (!ends_with(text, "\nend\n"))
		abort();
	while ((line = strsep(&text, "\n"))) {
		size_t tabs = 0;
		bool shown = starts_with(line, "set\t") || starts_with(line, "note\t");

		for (char *c = line; *c; c++) {
			if (shown && (unsigned char)*c < ' ' && *c != '\t')
				abort();
			tabs += *c == '\t';
		}
		if (starts_with(line, "set\t") && tabs != 7)
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

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const uint8_t *end = size ? memmem(data, size, "\n---\n", 5) : NULL;
		size_t len = end ? (size_t)(end - data) : size, skip = len + (end ? 5 : 0);

		write_file(names[i], len ? (const void *)data : "services: {}", len ? len : 12);
		data += skip;
		size -= skip;
	}
	resolve_devcontainer(&req, &text);
	check(text.data);
	return 0;
}
