/*
 * init_read.c - reading .tool-versions, Dockerfile and devcontainer.json for a proposal.
 */
#include "cli/init_read.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "box/image.h"
#include "box/programs.h"
#include "config/schema.h"

#define READ_MAX (256u << 10)

/* False when there is nothing to read. */
static bool read_file(int dirfd, const char *name, struct buf *out)
{
	cleanup_close int fd = -1;
	struct err ignored;

	return path_open_nolinks(dirfd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, &ignored) ==
		       0 &&
	       file_read_fd(fd, name, READ_MAX, out, &ignored) == 0;
}

static void add_once(struct strv *list, const char *word)
{
	if (!strv_has(list, word))
		strv_push(list, word);
}

static void take_tool(const char *tool, const char *version, struct init_guess *g)
{
	static const struct {
		const char *tool, *profile, *apt[3];
	} tools[] = {
		{"nodejs", "node", {"nodejs", "npm"}},
		{"node", "node", {"nodejs", "npm"}},
		{"python", "python", {"python3", "python3-pip"}},
		{"golang", "go", {"golang-go"}},
		{"go", "go", {"golang-go"}},
		{"rust", "rust", {"cargo", "rustc"}},
		{"java", "java", {"default-jdk-headless"}},
		{"cmake", "c", {"build-essential", "cmake"}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		if (!streq(tools[i].tool, tool))
			continue;
		add_once(&g->profiles, tools[i].profile);
		for (size_t k = 0; k < 3 && tools[i].apt[k]; k++)
			add_once(&g->apt, tools[i].apt[k]);
		log_note(".tool-versions: %s %s: the version of the image's packages is taken",
			 tool, version);
		return;
	}
	log_note(".tool-versions: %s: left out, write its package into [packages]", tool);
}

void init_read_tool_versions(int dirfd, struct init_guess *g)
{
	cleanup_buf struct buf text = BUF_INIT;
	char *rest, *line;

	if (!read_file(dirfd, ".tool-versions", &text))
		return;
	for (rest = text.data; (line = strsep(&rest, "\n"));) {
		char tool[64], version[64];
		char shown[2][300];

		line[strcspn(line, "#")] = '\0';
		if (sscanf(line, "%63s %63s", tool, version) == 2)
			take_tool(err_quote(shown[0], sizeof(shown[0]), tool),
				  err_quote(shown[1], sizeof(shown[1]), version), g);
	}
}

static void set_image(struct init_guess *g, const char *image, const char *from)
{
	struct err e;

	if (strpbrk(image, "$\"'") || image_check_name(image, &e) < 0) {
		log_note("%s: its image is left out", from);
		return;
	}
	free(g->image);
	g->image = xstrdup(image);
}

/* FROM [--platform=...] IMAGE [AS NAME]; one that names an earlier stage is no image. */
static void take_from(char *line, struct strv *stages, char **image)
{
	char *save = NULL, *word = strtok_r(line, " \t\r", &save);

	if (!word || strcasecmp(word, "FROM") != 0)
		return;
	do
		word = strtok_r(NULL, " \t\r", &save);
	while (word && starts_with(word, "--"));
	if (!word)
		return;
	if (!strv_has(stages, word)) {
		free(*image);
		*image = xstrdup(word);
	}
	word = strtok_r(NULL, " \t\r", &save);
	if (word && strcasecmp(word, "AS") == 0 && (word = strtok_r(NULL, " \t\r", &save)))
		strv_push(stages, word);
}

void init_read_dockerfile(int dirfd, struct init_guess *g)
{
	static const char *const names[] = {"Dockerfile", "Containerfile"};
	cleanup_strv struct strv stages = {0};
	cleanup_free char *image = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(names) && !image; i++) {
		cleanup_buf struct buf text = BUF_INIT;
		char *rest = text.data, *line;

		if (!read_file(dirfd, names[i], &text))
			continue;
		for (rest = text.data; (line = strsep(&rest, "\n"));)
			take_from(line, &stages, &image);
		log_note("%s: only the image it begins with is taken; what it installs belongs "
			 "into [packages] and [run]",
			 names[i]);
	}
	if (image && !streq(image, "scratch"))
		set_image(g, image, "Dockerfile");
}

/* \\n and \\\\ of a value. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++)
		*to++ = *s != '\\' || !s[1] ? *s : *++s == 'n' ? '\n' : *s;
	*to = '\0';
}

static void take_setting(char *line, struct init_guess *g)
{
	const struct schema_key *row;
	const char *section = strsep(&line, "\t"), *key = line ? strsep(&line, "\t") : NULL;
	struct err e;

	if (!key || !line)
		return;
	unescape(line);
	if (streq(section, "sandbox") && streq(key, "image")) {
		set_image(g, line, "devcontainer.json");
		return;
	}
	if (schema_check(section, key, line, &row, &e) < 0) {
		log_note("devcontainer.json: left out: [%s] %s: %s", section, key, e.msg);
		return;
	}
	if (streq(section, "hooks") && streq(key, "create")) {
		strv_push(&g->create, line);
		return;
	}
	strv_push(&g->settings, section);
	strv_push(&g->settings, key);
	strv_push(&g->settings, line);
}

static void take_lines(FILE *f, struct init_guess *g)
{
	cleanup_free char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (starts_with(line, "set\t"))
			take_setting(line + strlen("set\t"), g);
		else if (starts_with(line, "left\t"))
			log_note("devcontainer.json: left out: %s", line + strlen("left\t"));
	}
}

static void run_reader(const char *path, struct init_guess *g)
{
	cleanup_free char *program = program_path("sandbox-image");
	char *argv[] = {program,      (char *)"image", (char *)"devcontainer",
			(char *)"--", (char *)path,    NULL};
	posix_spawn_file_actions_t actions;
	cleanup_fclose FILE *f = NULL;
	int p[2], status;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		return;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, p[1], STDOUT_FILENO);
	if (posix_spawn(&pid, program, &actions, NULL, argv, environ) != 0)
		pid = -1;
	posix_spawn_file_actions_destroy(&actions);
	close(p[1]);
	f = fdopen(p[0], "r");
	if (f && pid > 0)
		take_lines(f, g);
	if (pid > 0)
		waitpid(pid, &status, 0);
}

void init_read_devcontainer(int dirfd, const char *dir, struct init_guess *g)
{
	static const char *const names[] = {".devcontainer/devcontainer.json",
					    ".devcontainer.json"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_buf struct buf text = BUF_INIT;
		cleanup_free char *path = path_join(dir, names[i]);

		if (!read_file(dirfd, names[i], &text))
			continue;
		run_reader(path, g);
		return;
	}
}
