/*
 * cmd_export.c - `sandbox export`: programs of a project's box as commands of the host.
 *
 * Promises that only shims are replaced or removed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "box/project.h"
#include "cli/commands.h"
#include "cli/shim.h"
#include "config/xdg.h"

#define SHIM_MAX 65536

struct shim_cli {
	bool force, remove;
	const char *dir;
};

static const struct opt options[] = {
	{.letter = 'd',
	 .name = "dir",
	 .arg = "DIR",
	 .help = "write to DIR; default: ~/.local/bin",
	 .word = WORD_DIR,
	 OPT_STRING(struct shim_cli, dir)},
	{.letter = 'f',
	 .name = "force",
	 .help = "replace files that are no shims",
	 OPT_FLAG(struct shim_cli, force)},
	{.name = "remove", .help = "remove the shims", OPT_FLAG(struct shim_cli, remove)},
	OPTS_END,
};

/* What is there and is none of ours stays: 0, -ENOENT, or an error. */
static int check_replaceable(int dir, const char *path, const char *program, bool force,
			     struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	int r = file_read(dir, program, SHIM_MAX, &text, e);

	if (r == -ENOENT)
		return r;
	if (force || (r == 0 && strstr(text.data, "\n" SHIM_MARK "\n")))
		return 0;
	return err_set(e, EEXIST, "'%s/%s' is there and no shim: --force replaces it", path,
		       program);
}

static int export_one(const struct shim_cli *cli, int dir, const char *path, const char *project,
		      const char *program, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	int r = shim_check(program, e);

	if (r == 0)
		r = check_replaceable(dir, path, program, cli->force, e);
	if (r < 0 && r != -ENOENT)
		return r;
	if (cli->remove) {
		if (r == 0 && unlinkat(dir, program, 0) < 0)
			return err_sys(e, errno, "cannot remove '%s/%s'", path, program);
		return r == 0 ? 0 : err_set(e, ENOENT, "there is no shim '%s/%s'", path, program);
	}
	r = shim_compose(project, program, &text, e);
	return r < 0 ? r : file_write_atomic(dir, program, text.data, text.len, 0755, e);
}

static bool in_path(const char *dir)
{
	const char *path = getenv("PATH");
	cleanup_free char *all = xasprintf(":%s:", path ? path : "");
	cleanup_free char *one = xasprintf(":%s:", dir);

	return strstr(all, one) != NULL;
}

static int find_project(const char *word, char **ret, struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	int r = store_open(&s, e);

	if (r == 0)
		r = project_folder(&s, word, ret, e);
	if (r == 0 && !*ret)
		return err_set(e, ERR_USAGE, "box '%s' has no project", word);
	return r;
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct shim_cli *cli = args->options;
	cleanup_free char *project = NULL, *home = xdg_home(), *path = NULL;
	cleanup_close int dir = -1;
	int r = find_project(args->v[0], &project, e);

	(void)ret_status;
	path = cli->dir ? xstrdup(cli->dir) : path_join(home, ".local/bin");
	if (r == 0 && !cli->remove)
		r = file_mkdirs(path, 0755, e);
	if (r < 0)
		return r;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(e, errno, "cannot open '%s'", path);
	for (int i = 1; r == 0 && i < args->n; i++)
		r = export_one(cli, dir, path, project, args->v[i], e);
	if (r == 0 && !cli->remove && !in_path(path))
		log_note("'%s' is not in your PATH", path);
	return r;
}

const struct command cmd_export = {
	.name = "export",
	.summary = "make programs of a box commands of the host",
	.usage = "[OPTIONS] PROJECT PROGRAM...",
	.options = options,
	.options_size = sizeof(struct shim_cli),
	.min_words = 2,
	.max_words = -1,
	.words = {WORD_PROJECT},
	.run = run,
};
