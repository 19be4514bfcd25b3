/*
 * fuzz_devcontainer.c - any bytes as devcontainer.json. Also the line of any key is one of the text.
 */
#include "image/document/json_line.h"
#include "resolve_fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	make_folder();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	write_file(".devcontainer.json", data, size);
	resolve_and_check();
	if (json_line((const char *)data, size, "mounts", NULL, 1) > size + 1 ||
	    json_line((const char *)data, size, "containerEnv", "A", -1) > size + 1)
		abort();
	return 0;
}
