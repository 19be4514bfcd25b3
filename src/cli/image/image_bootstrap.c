/*
 * image_bootstrap.c - `sandbox image bootstrap`: a base image by mmdebstrap, which runs in a box on
 * the image `host`, where it is root over the caller's one uid.
 *
 * mmdebstrap writes the tar itself (mode=root, as box-root) to standard output, which is imported
 * like any other archive. In a box every chown(2) succeeds and does nothing: fakeroot(1) records
 * them, so that the tar has the owners that the packages set.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "base/programs.h"
#include "base/spawn.h"
#include "cli/image/image_common.h"
#include "cli/image/progress.h"
#include "cli/image_commands.h"
#include "image/archive/import.h"

/* mmdebstrap's distributions, and where their packages come from. */
static const struct {
	const char *distro, *mirror;
} distros[] = {
	{"debian", "http://deb.debian.org/debian"},
	{"ubuntu", "http://archive.ubuntu.com/ubuntu"},
};

static int find_distro(const char *word, const char **ret_suite, const char **ret_mirror,
		       struct err *e)
{
	const char *suite = strchr(word, ':');

	for (size_t i = 0; suite && i < ARRAY_SIZE(distros); i++) {
		size_t n = strlen(distros[i].distro);

		if (strncmp(word, distros[i].distro, n) != 0 || word + n != suite)
			continue;
		if (!suite[1] || suite[1 + strspn(suite + 1, "abcdefghijklmnopqrstuvwxyz0123456789"
							     "-.")])
			break;
		*ret_suite = suite + 1;
		*ret_mirror = distros[i].mirror;
		return 0;
	}
	return err_set(e, ERR_USAGE,
		       "'%s' is not DISTRO:SUITE, such as debian:bookworm (debian and ubuntu are "
		       "known)",
		       word);
}

/*
 * The library that records must also be in the new system, where LD_LIBRARY_PATH finds it, while
 * packages are configured there.
 */
static const char lend_fakeroot[] =
	"--setup-hook=for d in $(echo \"$LD_LIBRARY_PATH\" | tr : ' '); do "
	"[ ! -e \"$d/$LD_PRELOAD\" ] || "
	"{ mkdir -p \"$1$d\" && cp \"$d/$LD_PRELOAD\" \"$1$d/\"; }; done";
static const char take_fakeroot[] =
	"--customize-hook=for d in $(echo \"$LD_LIBRARY_PATH\" | tr : ' '); do "
	"rm -rf \"$1$d\"; done";

/* The command line of the box and of mmdebstrap in it; words are always data. */
static void compose(const struct bootstrap_cli *cli, const char *suite, const char *mirror,
		    struct strv *argv)
{
	static const char *const fixed[] = {
		"run", "--quiet", "--root", "--network", "host", "--env",
		/* passed on if set: mmdebstrap then makes times reproducible */
		"SOURCE_DATE_EPOCH", "host", "fakeroot", "mmdebstrap", "--mode=root",
		"--format=tar", lend_fakeroot, take_fakeroot,
		/* dpkg's devices cannot be made, and a box has its own */
		"--skip=output/dev"};

	strv_push_take(argv, program_sandbox());
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		strv_push(argv, fixed[i]);
	strv_push_take(argv, xasprintf("--variant=%s", cli->variant ? cli->variant : "minbase"));
	for (size_t i = 0; i < cli->include.n; i++)
		strv_push_take(argv, xasprintf("--include=%s", cli->include.v[i]));
	strv_push(argv, "--");
	strv_push(argv, suite);
	strv_push(argv, "-");
	strv_push(argv, cli->mirror ? cli->mirror : mirror);
}

static int run_to(int out, char **argv, struct err *e)
{
	struct spawn s = {.program = argv[0],
			  .argv = (const char *const *)argv,
			  .fds = {SPAWN_SAME, out, SPAWN_SAME, SPAWN_SAME, SPAWN_SAME}};
	int status, r;
	pid_t pid;

	r = spawn_start(&s, &pid, e);
	if (r < 0)
		return r;
	status = spawn_wait(pid);
	if (status < 0)
		return err_sys(e, -status, "cannot wait for mmdebstrap");
	if (status == 0)
		return 0;
	return err_set(e, EIO,
		       "mmdebstrap failed with status %d: its output is above (are mmdebstrap and "
		       "fakeroot installed?)",
		       status);
}

static int bootstrap(struct image_tools *t, const struct bootstrap_cli *cli, const char *name,
		     char **argv, struct err *e)
{
	cleanup_free char *tmp = NULL, *path = NULL;
	cleanup_strv struct strv names = {0};
	cleanup_close int fd = -1;
	struct import_request req = {.store = &t->store, .conf = &t->conf};
	int r = image_store_tmpfile(&t->store, &tmp, &fd, e);

	if (r < 0)
		return r;
	path = path_join(t->store.path, tmp);
	r = run_to(fd, argv, e);
	req.source = path;
	req.name = cli->name ? cli->name : name;
	if (r == 0)
		r = image_import(&req, &names, e);
	unlinkat(t->store.fd, tmp, 0);
	if (r == 0)
		image_tools_print_names(t, &names);
	return r;
}

int image_cmd_bootstrap(const struct args *args, int *ret_status, struct err *e)
{
	const struct bootstrap_cli *cli = args->options;
	cleanup_image_tools struct image_tools t = IMAGE_TOOLS_INIT;
	cleanup_strv struct strv argv = {0};
	const char *suite = NULL, *mirror = NULL;
	int r = find_distro(args->v[0], &suite, &mirror, e);

	(void)ret_status;
	if (r == 0)
		r = image_tools_open(&t, e);
	if (r < 0)
		return r;
	compose(cli, suite, mirror, &argv);
	progress_start(args->quiet);
	r = bootstrap(&t, cli, args->v[0], argv.v, e);
	return r < 0 ? err_add(e, "cannot make '%s'", args->v[0]) : 0;
}
