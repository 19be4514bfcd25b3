/*
 * image_devcontainer.c - `sandbox-image image devcontainer`: resolves a project's devcontainer.json
 * into a file of the store, for the launcher, which reads no JSON (config/load_devcontainer.c).
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "cli/image/image_common.h"
#include "config/devcontainer_file.h"
#include "image/devcontainer/resolve.h"
#include "image/name/hash.h"

int image_cmd_devcontainer(const struct args *args, int *ret_status, struct err *e)
{
	cleanup_image_tools struct image_tools t = IMAGE_TOOLS_INIT;
	struct resolve_request req = {.store = &t.store,
				      .conf = &t.conf,
				      .project = args->v[0],
				      .config = args->v[2],
				      .image = args->v[3]};
	cleanup_free char *path = xasprintf(DEVCONTAINER_FOLDER "/%s", args->v[1]);
	cleanup_free char *choice = NULL;
	cleanup_buf struct buf text = BUF_INIT;
	struct digest sum;
	int r = image_tools_open(&t, e);

	(void)ret_status;
	if (r < 0)
		return r;
	if (strchr(args->v[1], '/') || req.project[0] != '/')
		return err_set(e, ERR_USAGE, "expected an absolute directory and a key");
	hash_bytes(req.project, strlen(req.project), &sum);
	choice = xasprintf("%s/" DEVCONTAINER_FOLDER "/%s" DEVCONTAINER_CHOSEN, t.store.path,
			   sum.hex);
	req.choice = choice;
	if (mkdirat(t.store.fd, DEVCONTAINER_FOLDER, 0700) < 0 && errno != EEXIST)
		return err_sys(e, errno, "cannot make '%s/" DEVCONTAINER_FOLDER "'", t.store.path);
	resolve_devcontainer(&req, &text);
	if (text.len > DEVCONTAINER_FLAT_MAX)
		return err_set(e, E2BIG, "the devcontainer.json of '%s' says too much",
			       req.project);
	return file_write_passing(t.store.fd, path, text.data, text.len, 0600, e);
}
