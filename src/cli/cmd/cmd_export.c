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
#include "base/spawn.h"
#include "box/box.h"
#include "box/project.h"
#include "cli/commands.h"
#include "cli/shim.h"
#include "config/schema.h"
#include "config/settings.h"
#include "config/xdg.h"

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
	 .help = "replace files that are not shims, export programs like ssh and sudo",
	 OPT_FLAG(struct shim_cli, force)},
	{.name = "remove", .help = "remove the shims", OPT_FLAG(struct shim_cli, remove)},
	OPTS_END,
};

/* Something that is not a shim stays: 0, -ENOENT, or an error. */
static int check_replaceable(int dir, const char *path, const char *program, bool force,
			     struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	int r = file_read(dir, program, SHIM_MAX, &text, e);

	if (r == -ENOENT)
		return r;
	if (force || (r == 0 && strstr(text.data, "\n" SHIM_MARK "\n")))
		return 0;
	return err_set(e, EEXIST, "'%s/%s' exists and is not a shim: --force replaces it", path,
		       program);
}

/*
 * Looks for a program in PATH outside the directory dir; the caller frees the path, or NULL.
 * *ret_first: it comes before dir; *ret_listed: dir is in PATH.
 */
static char *find_other(const char *dir, const char *program, bool *ret_first, bool *ret_listed)
{
	const char *path = getenv("PATH");
	cleanup_free char *copy = xstrdup(path ? path : ""), *found = NULL;
	char *rest = copy, *part;

	*ret_listed = *ret_first = false;
	while ((part = strsep(&rest, ":"))) {
		cleanup_free char *file = path_join(*part ? part : ".", program);

		if (streq(part, dir))
			*ret_listed = true;
		else if (!found && access(file, X_OK) == 0) {
			found = take_ptr(file);
			*ret_first = !*ret_listed;
		}
	}
	return take_ptr(found);
}

/* Says what a shim in dir changes for typing the program's name. */
static void tell_effect(const char *dir, const char *program)
{
	bool first, listed;
	cleanup_free char *other = find_other(dir, program, &first, &listed);

	log_note("wrote '%s/%s'", dir, program);
	if (other && listed && first)
		log_warn("'%s' comes first in your PATH: '%s/%s' is not what '%s' runs", other, dir,
			 program, program);
	else if (other && listed)
		log_warn("it hides '%s' in the project; elsewhere it runs that", other);
}

#define LACKS 3 /* status of a shell that does not find the program */

/* False if it could not be run. */
static bool run_silently(const char *const *argv, int *ret_status)
{
	struct spawn s = {.program = argv[0],
			  .argv = argv,
			  .fds = {SPAWN_NULL, SPAWN_NULL, SPAWN_NULL, SPAWN_SAME, SPAWN_SAME}};
	struct err ignored;
	int status;
	pid_t pid;

	if (spawn_start(&s, &pid, &ignored) < 0 || (status = spawn_wait(pid)) < 0 || status > 128)
		return false;
	*ret_status = status;
	return true;
}

/* Can the project's programs differ from those of its image? */
static bool adds_programs(const struct settings *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].row->programs || streq(s->v[i].key, "PATH"))
			return true;
	return false;
}

/*
 * Asks the project's box, or its image if there is no box and nothing is prepared on top, whether
 * it has the program; false if unknown.
 */
static bool is_lacking(const char *project, const char *program)
{
	cleanup_free char *self = NULL;
	cleanup_store struct store s = STORE_INIT;
	cleanup_box struct box b = BOX_INIT;
	cleanup_settings struct settings settings = {0};
	struct settings_request req = {.project_dir = project};
	const char *script = "command -v -- \"$1\" >/dev/null || exit 3";
	const char *image = NULL;
	struct err ignored;
	int status = 0;

	if (shim_self(&self, &ignored) < 0 || store_open(&s, &ignored) < 0)
		return false;
	if (box_find_project(&s, project, &b, &ignored) < 0) {
		if (settings_load(&req, &settings, &ignored) < 0 || adds_programs(&settings))
			return false;
		image = settings_get(&settings, KEY_IMAGE);
		if (starts_with(image, "dir:"))
			return false;
	}

	const char *in_box[] = {self, "exec", "--quiet", "--start", project, "/bin/sh",
				"-c", script, "sh",	 program,   NULL};
	const char *in_image[] = {self,	     "run", "--quiet", "--network", "none",  image,
				  "/bin/sh", "-c",  script,    "sh",	    program, NULL};

	return run_silently(image ? in_image : in_box, &status) && status == LACKS;
}

static int export_one(const struct shim_cli *cli, int dir, const char *path, const char *project,
		      const char *program, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	int r = shim_check(program, e);

	if (r == 0 && !cli->remove && !cli->force && shim_is_trusted(program))
		return err_set(e, EPERM,
			       "'%s' is trusted with your keys and passwords, which its shim would "
			       "give to the box: --force exports it anyway",
			       program);
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
	if (r == 0)
		r = file_write_atomic(dir, program, text.data, text.len, 0755, e);
	if (r == 0)
		tell_effect(path, program);
	if (r == 0 && is_lacking(project, program))
		log_warn("the box of '%s' has no program '%s'", project, program);
	return r;
}

static int find_project(const char *word, char **ret, struct err *e)
{
	cleanup_free char *dir = NULL;
	cleanup_store struct store s = STORE_INIT;
	int r = store_open(&s, e);

	if (r == 0)
		r = project_folder(&s, word, &dir, e);
	if (r == 0 && !dir)
		r = err_set(e, ERR_USAGE, "box '%s' has no project", word);
	if (r == 0)
		*ret = take_ptr(dir);
	return r;
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct shim_cli *cli = args->options;
	cleanup_free char *project = NULL, *home = xdg_home(), *path = NULL;
	cleanup_close int dir = -1;
	bool first, listed;
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
	free(find_other(path, args->v[1], &first, &listed));
	if (r == 0 && !cli->remove && !listed)
		log_note("'%s' is not in your PATH", path);
	return r;
}

const struct command cmd_export = {
	.name = "export",
	.summary = "make programs of a box available as commands of the host",
	.usage = "[OPTIONS] PROJECT PROGRAM...",
	.options = options,
	.options_size = sizeof(struct shim_cli),
	.min_words = 2,
	.max_words = -1,
	.words = {WORD_PROJECT},
	.run = run,
};
