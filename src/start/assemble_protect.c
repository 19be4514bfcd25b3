/*
 * assemble_protect.c - mounts over mounts: what they show and code in the box must not write, or see.
 */
#include "start/assemble_protect.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/programs.h"
#include "grant/checkout.h"
#include "grant/protect.h"
#include "launch/protocol.h"
#include "start/assemble_repository.h"

/* Binds path of the host on itself, where mount m shows it. */
static void bind_within(struct assembly *a, const struct plan_mount *m, const char *path,
			bool read_only)
{
	const char *below = path + strlen(m->source);
	struct plan_mount bind = {.kind = PLAN_MOUNT_BIND,
				  .source = assembly_keep(a, xstrdup(path)),
				  .target = assembly_keep(a, xasprintf("%s%s", m->target, below)),
				  .read_only = read_only};

	assembly_add_mount(a, bind);
}

/*
 * A directory that contains a mount point can be renamed and replaced by another one; a mount point
 * itself cannot. So the directories on the way are bound on themselves.
 */
static void bind_way(struct assembly *a, const struct plan_mount *m, const char *path,
		     struct strv *done)
{
	for (const char *s = path + strlen(m->source) + 1; (s = strchr(s, '/')); s++) {
		cleanup_free char *folder = xstrndup(path, (size_t)(s - path));

		if (strv_has(done, folder))
			continue;
		strv_push(done, folder);
		bind_within(a, m, folder, false);
	}
}

/* Protects those of the paths that a mount shows. */
static void protect_mount(struct assembly *a, const struct plan_mount *m, const struct strv *paths)
{
	cleanup_strv struct strv done = {0};

	for (size_t i = 0; i < paths->n; i++)
		if (path_is_beneath(paths->v[i], m->source) && !streq(paths->v[i], m->source))
			bind_way(a, m, paths->v[i], &done);
	for (size_t i = 0; i < paths->n; i++)
		if (path_is_beneath(paths->v[i], m->source) && !streq(paths->v[i], m->source))
			bind_within(a, m, paths->v[i], true);
}

/* The protected paths of the project and of its git data. */
static int find_protected(const struct assemble_request *req, struct assembly *a,
			  struct strv *paths, struct err *e)
{
	cleanup_repository struct repository own = {0};
	int r = protect_find(req->settings, paths, e);

	if (r < 0 || !paths->n)
		return r;
	r = repository_protect(assemble_repository_find(req, a, &own), req->settings, paths, e);
	if (r == 0 && settings_protects_git(req->settings))
		r = checkout_protect(req->settings->project_dir, paths, e);
	return r;
}

/* Whoever may mount can remove a mount, or look beneath it. */
static int refuse_nested(const struct assemble_request *req, struct err *e)
{
	const struct setting *nested = settings_find(req->settings, KEY_NESTED);
	const struct setting *protect = settings_find(req->settings, KEY_PROTECT);

	return err_set(e, ERR_USAGE,
		       "'protect' (%s) cannot hold with 'nested = yes' (%s), which lets code in "
		       "the box mount and unmount: take one of them out",
		       protect ? protect->source : "?", nested ? nested->source : "?");
}

/* A git that explains where commits are possible, before the box's own in PATH. */
static void add_git(struct assembly *a)
{
	assembly_add_mount(a, (struct plan_mount){.kind = PLAN_MOUNT_BIND,
						  .source = assembly_keep(a, program_path("sudo")),
						  .target = BOX_GIT_BIN,
						  .read_only = true,
						  .beside = "/usr/bin/git"});
}

int assemble_protection(const struct assemble_request *req, struct assembly *a, struct err *e)
{
	cleanup_strv struct strv paths = {0};
	cleanup_free struct plan_mount *old = NULL;
	size_t n = a->n_mounts;
	bool shown = false;
	int r = req->sealed || req->box->trial ? 0 : find_protected(req, a, &paths, e);

	if (r < 0 || !paths.n)
		return r;
	old = take_ptr(a->mounts);
	a->n_mounts = a->cap = 0;
	for (size_t i = 0; i < n; i++) {
		bool bind = old[i].kind == PLAN_MOUNT_BIND;

		for (size_t j = 0; bind && j < paths.n; j++)
			old[i].read_only |= path_is_beneath(old[i].source, paths.v[j]);
		assembly_add_mount(a, old[i]);
		if (bind && !old[i].read_only)
			protect_mount(a, &old[i], &paths);
		for (size_t j = 0; bind && j < paths.n; j++)
			shown |= path_is_beneath(old[i].source, paths.v[j]) ||
				 path_is_beneath(paths.v[j], old[i].source);
	}
	if (shown && a->plan.nested)
		return refuse_nested(req, e);
	for (size_t i = 0; shown && i < paths.n; i++)
		strv_push(&a->guarded, paths.v[i]);
	if (shown && settings_protects_git(req->settings))
		add_git(a);
	return 0;
}

void assemble_hide_sockets(const struct assemble_request *req, struct assembly *a)
{
	cleanup_free struct plan_mount *old = take_ptr(a->mounts);
	const char *runtime = req->store->runtime;
	cleanup_strv struct strv done = {0};
	size_t n = a->n_mounts;

	a->n_mounts = a->cap = 0;
	for (size_t i = 0; i < n; i++) {
		const struct plan_mount *m = &old[i];
		const char *below;

		assembly_add_mount(a, *m);
		if (m->kind != PLAN_MOUNT_BIND || !path_is_beneath(runtime, m->source))
			continue;
		below = runtime + strlen(m->source);
		below += strspn(below, "/");
		strv_clear(&done);
		if (*below && !m->read_only && !streq(m->source, "/"))
			bind_way(a, m, runtime, &done);
		assembly_add_mount(
			a, (struct plan_mount){
				   .kind = PLAN_MOUNT_TMPFS,
				   .target = assembly_keep(a, *below ? path_join(m->target, below)
								     : xstrdup(m->target)),
				   .mode = 0700});
	}
}
