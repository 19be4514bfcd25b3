/*
 * devcontainer.c - see devcontainer.h.
 *
 * Promises that no command of a project runs on this machine unless the user agreed to its text.
 */
#include "flow/devcontainer.h"

#include <errno.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/spawn.h"
#include "prepare/origin.h"
#include "rootfs/image.h"

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

int devcontainer_initialize(const struct devcontainer_request *req, struct settings *settings,
			    struct err *e)
{
	const char *text = settings_get(settings, KEY_HOOKS_INITIALIZE);
	int r;

	if (!text || !*text)
		return 0;
	if (req->trial) {
		log_note("initializeCommand is not run: a trial changes nothing on this machine");
		return 0;
	}
	r = reach_ask(req->box, settings, req->home, req->asker, req->granted, e);
	return r < 0 ? r : run_command(text, settings->project_dir, e);
}

/* Pulls or builds the image: its label may set more. */
static int read_label(const struct devcontainer_request *req, struct settings *settings,
		      struct err *e)
{
	cleanup_settings struct settings now = {0};
	struct image_root root = IMAGE_ROOT_INIT;
	struct image_request image = {.store = req->store,
				      .image = settings->devcontainer_image,
				      .base = settings->project_dir};
	int r = settings->devcontainer_build.n ? origin_build(settings, e)
					       : image_resolve(&image, &root, e);

	image_root_clear(&root);
	if (r == 0)
		r = settings_load(req->load, &now, e);
	if (r < 0)
		return r;
	now.lock = settings->lock;
	settings_clear(settings);
	*settings = now;
	now = (struct settings){0};
	return req->trial ? 0
			  : reach_ask(req->box, settings, req->home, req->asker, req->granted, e);
}

int devcontainer_prepare(const struct devcontainer_request *req, struct settings *settings,
			 struct err *e)
{
	int r = devcontainer_initialize(req, settings, e);

	/* For a box that is made again, the files that are copied may have changed. */
	if (r == 0 &&
	    (settings->devcontainer_image || (req->box && settings->devcontainer_build.n)))
		r = read_label(req, settings, e);
	return r;
}
