/*
 * init_guess.c - what the files of a folder say of the tools that its project needs.
 *
 * Looks at names; the few files whose words count are read by init_read.c. A guess is only proposed.
 */
#include "cli/init_guess.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/init_read.h"

/* Lists are separated by blanks; what several files ask for stands once. */
static const struct {
	const char *file, *profile, *apt, *run, *create;
} signs[] = {
	{"Cargo.toml", "rust", "cargo rustc", NULL, NULL},
	{"go.mod", "go", "golang-go ca-certificates", NULL, NULL},
	{"package-lock.json", "node", "nodejs npm", NULL, "npm ci"},
	{"package.json", "node", "nodejs npm", NULL, "npm install"},
	{"requirements.txt", "python", "python3 python3-pip",
	 "python3 -m pip install --break-system-packages -r requirements.txt", NULL},
	{"pyproject.toml", "python", "python3 python3-pip python3-venv", NULL, NULL},
	{"setup.py", "python", "python3 python3-pip", NULL, NULL},
	{"pom.xml", "java", "default-jdk-headless maven", NULL, NULL},
	{"build.gradle", "java", "default-jdk-headless gradle", NULL, NULL},
	{"build.gradle.kts", "java", "default-jdk-headless gradle", NULL, NULL},
	{"CMakeLists.txt", "c", "build-essential cmake", NULL, NULL},
	{"meson.build", "c", "build-essential meson ninja-build", NULL, NULL},
	{"configure.ac", "c", "build-essential autoconf automake libtool", NULL, NULL},
	{"Makefile", "c", "build-essential", NULL, NULL},
};

static void add(struct strv *list, const char *word)
{
	if (word && !strv_has(list, word))
		strv_push(list, word);
}

static void add_words(struct strv *list, const char *words)
{
	cleanup_free char *copy = xstrdup(words);
	char *save = NULL;

	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		add(list, w);
}

void init_guess_folder(int dirfd, const char *dir, struct init_guess *ret)
{
	*ret = (struct init_guess){0};
	add(&ret->profiles, "dev");
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
		bool locked = signs[i].create && ret->create.n;

		if (faccessat(dirfd, signs[i].file, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		add(&ret->profiles, signs[i].profile);
		add_words(&ret->apt, signs[i].apt);
		add(&ret->run, signs[i].run);
		/* `npm ci` follows the lock; `npm install` would change it. */
		if (!locked)
			add(&ret->create, signs[i].create);
	}
	init_read_tool_versions(dirfd, ret);
	init_read_dockerfile(dirfd, ret);
	init_read_devcontainer(dirfd, dir, ret);
}

void init_guess_clear(struct init_guess *g)
{
	strv_clear(&g->profiles);
	strv_clear(&g->apt);
	strv_clear(&g->run);
	strv_clear(&g->create);
	strv_clear(&g->settings);
	free(g->image);
}

bool init_image_has_apt(const char *image)
{
	static const char *const families[] = {"debian", "ubuntu", "buildpack-deps",
					       "devcontainers"};

	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (!starts_with(image, "dir:") && strstr(image, families[i]))
			return true;
	return false;
}
