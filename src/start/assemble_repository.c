/*
 * assemble_repository.c - a checkout's git data in its box, at the same path.
 *
 * Promises that `git worktree prune` and `git gc` in the box remove nothing of a checkout that the
 * box does not see: its data is read-only there.
 */
#include "start/assemble_repository.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/log.h"
#include "base/path.h"
#include "config/settings.h"

#define MAX_GUARDED 64

const struct repository *assemble_repository_find(const struct assemble_request *req,
						  const struct assembly *a, struct repository *own)
{
	static const struct repository none = {0};
	struct repository *r = req->repository ? req->repository : own;
	const char *dir = req->box->project;
	bool own_path = a->project && streq(a->project, dir);

	if (req->sealed || !a->project)
		return &none;
	if (!req->repository)
		repository_find(dir, own);
	/* At another path, part of a repository is not recognized. */
	if ((r->root && !own_path) || (req->settings->no_repository && (r->root || r->common)))
		repository_clear(r);
	if (req->settings->no_repository)
		strv_clear(&r->objects);
	return r;
}

static bool is_overlaid(const struct assemble_request *req)
{
	return req->box->trial || assembly_overlays_project(req);
}

static void bind(struct assembly *a, const char *source, const char *target, bool read_only)
{
	assembly_add_mount(a, (struct plan_mount){.kind = PLAN_MOUNT_BIND,
						  .source = assembly_keep(a, xstrdup(source)),
						  .target = assembly_keep(a, xstrdup(target)),
						  .read_only = read_only});
	strv_push(&a->git, target);
}

int assemble_repository(const struct assemble_request *req, struct assembly *a,
			const struct repository *r, struct err *e)
{
	int error = 0;

	repository_reach(r, &a->reach);
	if (r->root)
		bind(a, r->root, r->root, true);
	if (r->common && is_overlaid(req))
		error = assembly_overlay(req, a, assembly_keep(a, xstrdup(r->common)),
					 assembly_keep(a, xstrdup(r->common_at)), e);
	else if (r->common)
		bind(a, r->common, r->common_at, false);
	for (size_t i = 0; i < r->objects.n; i++)
		bind(a, r->objects.v[i], r->objects.v[i], true);
	return error;
}

/* Does an entry of worktrees/ belong to a checkout that is a part of the project? */
static bool is_seen(const struct assemble_request *req, const char *entry)
{
	cleanup_free char *file = path_join(entry, "gitdir");
	char *checkout = repository_pointer(file, "", entry);
	bool seen = checkout && path_is_beneath(checkout, req->box->project);

	free(checkout);
	return seen;
}

/*
 * In the project itself new ones can be made, so each of the others is protected; and the directory
 * that contains all is a mount, so that it cannot be moved away with them. Each takes one of the
 * limited number of mounts.
 */
static int guard_each(const struct assemble_request *req, struct assembly *a,
		      const struct repository *r, const char *at, struct err *e)
{
	cleanup_dir struct dir d = {0};
	cleanup_strv struct strv others = {0};
	int error = dir_open(&d, AT_FDCWD, r->worktrees, e);

	while (error == 0 && others.n <= MAX_GUARDED && (error = dir_next(&d, e)) > 0) {
		cleanup_free char *entry = path_join(r->worktrees, d.name);

		error = 0;
		if (d.name[0] != '.' && (d.type == DT_DIR || d.type == DT_UNKNOWN) &&
		    !is_seen(req, entry))
			strv_push(&others, d.name);
	}
	if (error < 0)
		return error;
	bind(a, r->worktrees, at, others.n > MAX_GUARDED);
	if (others.n > MAX_GUARDED) {
		log_note("'%s' is read-only in the box: it is of more than %d worktrees that the "
			 "box "
			 "does not see",
			 r->worktrees, MAX_GUARDED);
		return 0;
	}
	for (size_t i = 0; i < others.n; i++) {
		cleanup_free char *entry = path_join(r->worktrees, others.v[i]);
		cleanup_free char *target = path_join(at, others.v[i]);

		bind(a, entry, target, true);
	}
	return 0;
}

int assemble_worktrees(const struct assemble_request *req, struct assembly *a,
		       const struct repository *r, struct err *e)
{
	cleanup_free char *at = NULL;

	if (!r->worktrees || is_overlaid(req))
		return 0;
	if (!r->common) {
		at = xasprintf("%s%s", a->project, r->worktrees + strlen(req->box->project));
		return guard_each(req, a, r, at, e);
	}
	at = path_join(r->common_at, "worktrees");
	bind(a, r->worktrees, at, true);
	if (path_is_beneath(r->git, r->worktrees))
		bind(a, r->git, r->git_at, false);
	/* git refers back to the checkout by its path on the host. */
	if (!streq(a->project, req->box->project)) {
		cleanup_free char *file = path_join(req->box->project, ".git");

		bind(a, file, file, false);
	}
	return 0;
}
