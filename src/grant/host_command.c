/*
 * host_command.c - see host_command.h.
 *
 * No shell is asked what the command means: all that could be the path of a file is looked up, in
 * the project's directory and in those that the command names, for `cd tools && ./setup`.
 */
#include "grant/host_command.h"

#include <ctype.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "grant/reach_line.h"

/* A path ends at each other character. */
static const char path_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789_-./@%+,:~";

#define WORDS_MAX   1000
#define FOLDERS_MAX 20
#define DIGEST_MAX  (64 << 20) /* bytes of a file that is read at each start */

static bool has_script_name(const char *path)
{
	static const char *const ends[] = {".sh", ".bash", ".zsh", ".py",  ".js",  ".mjs", ".cjs",
					   ".ts", ".rb",   ".pl",  ".php", ".ps1", ".mk"};

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (ends_with(path, ends[i]))
			return true;
	return false;
}

/* The content of an open file, as text; the caller frees it. */
static char *content_of(int fd, const struct stat *st)
{
	char hex[SHA256_DIGEST_STRING_LENGTH], part[1 << 14];
	SHA2_CTX sum;
	ssize_t n;

	if (st->st_size > DIGEST_MAX)
		return xasprintf("%jd bytes, changed %jd.%09ld", (intmax_t)st->st_size,
				 (intmax_t)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
	SHA256Init(&sum);
	while ((n = read(fd, part, sizeof(part))) > 0)
		SHA256Update(&sum, (const uint8_t *)part, (size_t)n);
	SHA256End(&sum, hex);
	return n < 0 ? xstrdup("cannot be read") : xasprintf("sha256:%s", hex);
}

/* shown: the path of a file, which may be a script. */
static void add_script(const struct settings *s, const char *shown, struct strv *out)
{
	cleanup_free char *real = realpath(shown, NULL), *content = NULL, *line = NULL;
	const char *name = shown + strlen(s->project_dir) + 1;
	char begins[2] = {0};
	cleanup_close int fd = -1;
	struct stat st;

	if (!real)
		return;
	/* Through a symlink: what it leads to is not the project's, but the link is. */
	if (!path_is_beneath(real, s->project_dir)) {
		content = xasprintf("-> %s", real);
	} else {
		fd = open(real, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
			return;
		if (!(st.st_mode & 0111) && !has_script_name(shown) &&
		    (pread(fd, begins, 2, 0) != 2 || memcmp(begins, "#!", 2) != 0))
			return;
		content = content_of(fd, &st);
	}
	line = xasprintf(REACH_SCRIPT "%s %s", name, content);
	reach_add_line(line, out);
}

/* A word that may be a path, in one of the directories so far. */
static void look_up(const struct settings *s, const char *word, struct strv *folders,
		    struct strv *scripts)
{
	size_t n = folders->n;

	for (size_t i = 0; i < n; i++) {
		/* "$PWD/tool" is "/tool" here. */
		const char *relative = path_is_beneath(word, s->project_dir)
					       ? word
					       : word + strspn(word, "/");
		cleanup_free char *path = path_normalize(folders->v[i], relative);
		struct stat st;

		if (!path_is_beneath(path, s->project_dir) || streq(path, s->project_dir) ||
		    stat(path, &st) < 0)
			continue;
		if (S_ISREG(st.st_mode) && !strv_has(scripts, path))
			strv_push(scripts, path);
		else if (S_ISDIR(st.st_mode) && folders->n < FOLDERS_MAX &&
			 !strv_has(folders, path))
			strv_push(folders, path);
	}
}

/* The next text that may be a path, without the name of a variable before it; "" at the end. */
static char *next_word(const char **command)
{
	const char *begin = *command + strcspn(*command, path_letters);
	const char *end = begin + strspn(begin, path_letters);

	if (begin > *command && begin[-1] == '$')
		while (isalnum((unsigned char)*begin) || *begin == '_')
			begin++;
	*command = end;
	return xstrndup(begin, (size_t)(end - begin));
}

void host_command_lines(const struct settings *s, const char *command, struct strv *out)
{
	cleanup_strv struct strv folders = {0}, scripts = {0};
	cleanup_free char *line = xasprintf(REACH_COMMAND "%s", command);

	if (!*command || !s->project_dir)
		return;
	reach_add_line(line, out);
	strv_push(&folders, s->project_dir);
	for (size_t i = 0; i < WORDS_MAX && *command; i++) {
		cleanup_free char *word = next_word(&command);

		if (*word)
			look_up(s, word, &folders, &scripts);
	}
	for (size_t i = 0; i < scripts.n; i++)
		add_script(s, scripts.v[i], out);
}
