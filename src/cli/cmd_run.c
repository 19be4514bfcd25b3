/*
 * cmd_run.c - `sandbox run`: one command in a throw-away box.
 */
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "box/run.h"
#include "cli/commands.h"
#include "cli/overrides.h"

struct run_cli {
	bool root, detach, disk;
	const char *network, *name, *workdir, *hostname, *entrypoint;
	struct strv profiles, env, mounts;
};

static const struct opt options[] = {
	OPT_ROOT(struct run_cli, root),
	{.letter = 'd',
	 .name = "detach",
	 .help = "leave it running, print its name",
	 OPT_FLAG(struct run_cli, detach)},
	OPT_NETWORK(struct run_cli, network),
	{.letter = 'm',
	 .name = "mount",
	 .arg = "SOURCE:TARGET[:ro]",
	 .help = "mount a file or folder of the host",
	 .word = WORD_FILE,
	 OPT_LIST(struct run_cli, mounts)},
	OPT_PROFILE(struct run_cli, profiles),
	OPT_ENV(struct run_cli, env),
	OPT_WORKDIR(struct run_cli, workdir),
	{.name = "name",
	 .arg = "NAME",
	 .help = "name the box, for exec and stop",
	 OPT_STRING(struct run_cli, name)},
	{.name = "hostname",
	 .arg = "NAME",
	 .help = "hostname inside; default: the box's name",
	 OPT_STRING(struct run_cli, hostname)},
	{.name = "entrypoint",
	 .arg = "PROGRAM",
	 .help = "run it in place of the image's entrypoint; '' for none",
	 OPT_STRING(struct run_cli, entrypoint)},
	{.name = "disk",
	 .help = "keep what the box writes on disk, not in memory",
	 OPT_FLAG(struct run_cli, disk)},
	OPTS_END,
};

/* SOURCE:TARGET[:ro]; a backslash takes the meaning from a colon that belongs to a path. */
static int parse_mount(const char *text, struct extra_mount *ret, struct err *e)
{
	cleanup_free char *here = getcwd(NULL, 0);
	cleanup_free char *part[3] = {NULL};
	char *to = NULL;
	size_t n = 0;

	for (const char *c = text;; c++) {
		if (!to)
			to = part[n] = xcalloc(strlen(text) + 1, 1);
		if (*c == '\\' && c[1]) {
			*to++ = *++c;
		} else if (*c == ':' && n < 2) {
			n++;
			to = NULL;
		} else if (*c) {
			*to++ = *c;
		} else {
			break;
		}
	}
	*ret = (struct extra_mount){0};
	if (n >= 1 && part[0][0] && part[1][0] == '/' &&
	    (n == 1 || streq(part[2], "ro") || streq(part[2], "rw"))) {
		ret->source = path_normalize(here ? here : "/", part[0]);
		ret->target = path_normalize("/", part[1]);
		ret->read_only = n == 2 && streq(part[2], "ro");
	}
	for (size_t i = 1; i < 3; i++)
		free(take_ptr(part[i]));
	if (!ret->source)
		return err_set(e, ERR_USAGE,
			       "--mount '%s' is not SOURCE:TARGET[:ro] with an absolute "
			       "target",
			       text);
	return 0;
}

static void free_mounts(struct extra_mount *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(v[i].source);
		free(v[i].target);
	}
	free(v);
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct run_cli *cli = args->options;
	struct extra_mount *mounts = xcalloc(cli->mounts.n, sizeof(*mounts));
	struct run_options o = {
		.image = args->v[0],
		.entrypoint = cli->entrypoint,
		.name = cli->name,
		.hostname = cli->hostname,
		.disk = cli->disk,
		.detach = cli->detach,
		.mounts = mounts,
		.settings = {.profiles = cli->profiles},
		.session = {.root = cli->root,
			    .workdir = cli->workdir,
			    .env = cli->env,
			    .argv = args->program},
	};
	int r = 0;

	override(&o.settings.overrides, "network", cli->network);
	for (; r == 0 && o.n_mounts < cli->mounts.n; o.n_mounts++)
		r = parse_mount(cli->mounts.v[o.n_mounts], &mounts[o.n_mounts], e);
	if (r == 0)
		r = run_throwaway(&o, ret_status, e);
	free_mounts(mounts, cli->mounts.n);
	strv_clear(&o.settings.overrides);
	return r;
}

const struct command cmd_run = {
	.name = "run",
	.summary = "run one command in a throw-away box",
	.usage = "[OPTIONS] IMAGE [COMMAND...]",
	.options = options,
	.options_size = sizeof(struct run_cli),
	.program = PROGRAM_AFTER_WORD,
	.min_words = 1,
	.max_words = 1,
	.words = {WORD_IMAGE},
	.run = run,
};
