/*
 * fuzz_init.c - any bytes as the files of other tools that init reads: the output is words.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/init/init_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each becomes a part of a line of sandbox.ini, and of a note. */
static void check(const char *word)
{
	if (!word)
		return;
	if (strlen(word) > 4096)
		abort();
	for (; *word; word++)
		if ((unsigned char)*word < ' ' || *word == 0x7f || (unsigned char)*word >= 0x80)
			abort();
}

static void check_all(struct strv *words)
{
	for (size_t i = 0; i < words->n; i++)
		check(words->v[i]);
	strv_clear(words);
}

/* "apt NAME" and "apk NAME", a line each. */
static void check_packages(const struct strv *packages)
{
	for (size_t i = 0; i < packages->n; i++)
		for (const char *s = packages->v[i]; *s; s++)
			if (((unsigned char)*s < ' ' && *s != '\n') || strchr(";$`'\"\\|&", *s))
				abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_strv struct strv words = {0}, packages = {0};
	char *text = xstrndup((const char *)data, size);
	char *found[] = {init_text_first(text), init_text_go(text),
			 init_text_json(text, NULL, "packageManager"),
			 init_text_json(text, "engines", "node")};

	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		check(found[i]);
		free(found[i]);
	}
	init_text_dockerfile(text, &words, &packages);
	if (words.n != packages.n)
		abort();
	check_all(&words);
	check_packages(&packages);
	init_text_tool_versions(text, &words);
	check_all(&words);
	init_text_toml(text, "tools", &words);
	check_all(&words);
	init_text_toml_has(text, "project");
	init_text_services(text, &words);
	check_all(&words);
	init_text_makefile(text, &words);
	check_all(&words);
	free(text);
	return 0;
}
