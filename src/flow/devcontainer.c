/*
 * devcontainer.c - see devcontainer.h.
 *
 * Promises that no command of a project runs on this machine unless the user has just agreed to it.
 * Code in the box can change the files of the project that such a command runs, and not all of them
 * are known here. So it runs once for each agreement, and not at every start.
 */
#include "flow/devcontainer.h"

#include <errno.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/spawn.h"
#include "box/lifecycle.h"
#include "grant/host_command.h"
#include "prepare/origin.h"
#include "rootfs/image.h"
#include "rootfs/image_program.h"

/* In the project's directory, as a hook in the box; its output is no result of the command. */
static int run_command(const char *text, const char *dir, struct err *e)
{
	cleanup_free char *script = xasprintf("cd -- \"$1\"\n%s", text);
	const char *const argv[] = {"/bin/sh", "-ec", script, "initializeCommand", dir, NULL};
	struct spawn s = {.program = "/bin/sh", .argv = argv, .fds = SPAWN_ALL_SAME};
	pid_t pid;
	int r;

	s.fds[1] = STDERR_FILENO;
	r = spawn_start(&s, &pid, e);
	if (r < 0)
		return r;
	r = spawn_wait(pid);
	if (r < 0)
		return err_sys(e, -r, "cannot wait for initializeCommand");
	return r ? err_set(e, EIO, "initializeCommand failed with status %d on this machine", r)
		 : 0;
}

/* Settings as they are now: a file that they are made from may be new. same: only a lock may be. */
static int reload(const struct devcontainer_request *req, struct settings *settings, bool same,
		  struct err *e)
{
	cleanup_settings struct settings now = {0};
	int r = settings_load(req->load, &now, e);

	if (r == 0 && same)
		r = origin_check_agreed(settings, &now, e);
	if (r < 0)
		return r;
	now.lock = settings->lock;
	settings_clear(settings);
	*settings = now;
	now = (struct settings){0};
	return 0;
}

static size_t count_lacking(const struct strv *have, const struct strv *lines)
{
	size_t n = 0;

	for (size_t i = 0; i < lines->n; i++)
		n += !strv_has(have, lines->v[i]);
	return n;
}

static void push_lacking(struct strv *have, const struct strv *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		if (!strv_has(have, lines->v[i]))
			strv_push(have, lines->v[i]);
}

/* What is kept with a box was agreed to before a start, and so has run. */
static int has_run(const struct devcontainer_request *req, const struct strv *lines, bool *ret,
		   struct err *e)
{
	cleanup_strv struct strv kept = {0};
	int r = req->box ? reach_kept(req->box, &kept, e) : 0;

	if (r == 0)
		*ret = req->box && !count_lacking(&kept, lines);
	return r;
}

/* Asks for the command, and for all else that the project wants, unless that is not there yet. */
static int agree(const struct devcontainer_request *req, struct settings *settings, bool again,
		 struct err *e)
{
	const char *dir = settings->project_dir;
	cleanup_strv struct strv lines = {0};
	int r = again ? -ENOENT
		      : reach_ask(req->box, settings, req->home, req->asker, req->granted, e);

	/* The command may make it. */
	host_command_lines(settings, settings_get(settings, KEY_HOOKS_INITIALIZE), &lines);
	if (r != -ENOENT || !count_lacking(req->granted, &lines))
		return r == -ENOENT ? 0 : r;
	r = req->asker->ask(dir, &lines, true, req->asker->arg, e);
	if (r == 0)
		push_lacking(req->granted, &lines);
	return r;
}

/* A box of the project that runs could change a script after its digest was read. */
static int check_none_runs(const struct devcontainer_request *req, const char *dir, struct err *e)
{
	cleanup_box_list struct box_list boxes = {0};
	int r = box_list_load(req->store, &boxes, e);

	for (size_t i = 0; r >= 0 && i < boxes.n; i++) {
		const struct box *b = &boxes.v[i];
		const char *project = box_belongs_to(b);

		if (b->trial || !project || !streq(project, dir))
			continue;
		/* That one may be locked, and is looked at as it is. */
		if (req->box && streq(req->box->id, b->id))
			b = req->box;
		else if ((r = box_list_open(req->store, &boxes, i, e)) <= 0)
			continue;
		if (box_is_running(b))
			return err_set(
				e, EBUSY,
				"initializeCommand is not run while box '%s' runs, which could "
				"change it: 'sandbox stop %s' first",
				b->name, b->name);
	}
	return r < 0 ? r : 0;
}

/* Runs what was agreed to: a script that changed while the question was open is asked for again. */
static int agree_and_run(const struct devcontainer_request *req, struct settings *settings,
			 bool again, struct err *e)
{
	cleanup_free char *dir = xstrdup(settings->project_dir);
	cleanup_free char *text = xstrdup(settings_get(settings, KEY_HOOKS_INITIALIZE));
	cleanup_strv struct strv after = {0};
	int r = check_none_runs(req, dir, e);
	size_t before;

	if (r < 0)
		return r;
	do {
		before = req->granted->n;
		r = agree(req, settings, again, e);
	} while (r == 0 && req->granted->n != before);
	if (r == 0)
		r = run_command(text, dir, e);
	if (r < 0)
		return r;
	/* A script that it has made is not another one. */
	host_command_lines(settings, text, &after);
	push_lacking(req->granted, &after);
	return reload(req, settings, false, e);
}

int devcontainer_initialize(const struct devcontainer_request *req, struct settings *settings,
			    struct err *e)
{
	const char *text = settings_get(settings, KEY_HOOKS_INITIALIZE);
	cleanup_strv struct strv lines = {0};
	bool ran = false;
	int r;

	if (!text || !*text)
		return 0;
	if (req->trial) {
		log_note("initializeCommand is not run: a trial changes nothing on this machine");
		return 0;
	}
	host_command_lines(settings, text, &lines);
	r = has_run(req, &lines, &ran, e);
	if (r < 0 || (ran && !req->again))
		return r;
	r = agree_and_run(req, settings, ran, e);
	if (r >= 0 || r == -EPERM || !req->rescue)
		return r;
	log_warn("%s", e->msg);
	return 0;
}

/*
 * The versions of features are locked before they are installed, since the name of the image depends
 * on the lock; unless images are shared by that name with clones that may have none.
 */
static int lock_features(const struct devcontainer_request *req, struct settings *settings,
			 struct err *e)
{
	const char *words[] = {
		"image",    "lock", "--", settings->devcontainer, settings->project_dir,
		"complete", NULL};
	int r;

	if (req->trial || !strv_has(&settings->devcontainer_build, "--devcontainer") ||
	    settings_get(settings, KEY_PREBUILT))
		return 0;
	r = image_program(words, false, e);
	return r < 0 ? r : reload(req, settings, true, e);
}

/* Pulls or builds the image: its label may set more. */
int devcontainer_prepare(const struct devcontainer_request *req, struct settings *settings,
			 struct err *e)
{
	struct image_root root = IMAGE_ROOT_INIT;
	struct image_request image = {.store = req->store, .base = settings->project_dir};
	/* For a box that is made again, the files that are copied may have changed. */
	bool build = settings->devcontainer_build.n && (settings->devcontainer_image || req->box);
	int r = 0;

	if (!settings->devcontainer_image && !build)
		return 0;
	if (build)
		r = lock_features(req, settings, e);
	if (r < 0)
		return r;
	image.image = settings->devcontainer_image;
	r = build ? origin_build(settings, image.image, e) : image_resolve(&image, &root, e);
	image_root_clear(&root);
	if (r == 0)
		r = reload(req, settings, false, e);
	if (r == 0 && !req->trial)
		r = reach_ask(req->box, settings, req->home, req->asker, req->granted, e);
	return r;
}
