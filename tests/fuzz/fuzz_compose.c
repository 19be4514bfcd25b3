/*
 * fuzz_compose.c - any bytes as the compose files of a devcontainer.json. The parts between lines
 * "---" are compose.yml, over.yml and .env.
 */
#include "resolve_fuzz.h"

static const char *const names[] = {"compose.yml", "over.yml", ".env"};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char file[] = "{\"dockerComposeFile\": [\"compose.yml\", \"over.yml\"], "
				   "\"service\": \"app\", \"forwardPorts\": [\"db:1\"]}";

	(void)argc;
	(void)argv;
	make_folder();
	write_file(".devcontainer.json", file, strlen(file));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const uint8_t *end = size ? memmem(data, size, "\n---\n", 5) : NULL;
		size_t len = end ? (size_t)(end - data) : size, skip = len + (end ? 5 : 0);

		write_file(names[i], len ? (const void *)data : "services: {}", len ? len : 12);
		data += skip;
		size -= skip;
	}
	resolve_and_check();
	return 0;
}
