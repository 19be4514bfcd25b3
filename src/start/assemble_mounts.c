/*
 * assemble_mounts.c - the mounts that the user or the project asked for.
 *
 * Promises that what is written as a part of the project is one, and that each thing of the host is
 * told to the reach, as the value that is used.
 */
#include "start/assemble_mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "box/folder.h"
#include "grant/bounds.h"
#include "grant/checkout.h"
#include "grant/lend.h"
#include "grant/protect.h"
#include "grant/reach.h"
#include "launch/protocol.h"
#include "rootfs/programs.h"
#include "start/agent.h"
#include "start/assemble_repository.h"

/*
 * A cache of the project's own is its directory's, as consent is (kept.h): another one made at the same path
 * does not get it. Older versions kept it by the path; that one is taken over, unless it is older than the directory.
 */
static int own_cache(const struct assemble_request *req, const char *name, char **ret,
		     struct err *e)
{
	const char *project = req->settings->project_dir;
	cleanup_free char *mark = folder_mark(project);
	cleanup_free char *rel = xasprintf("caches/%s.%s", name, mark ? mark : "-");
	cleanup_free char *key = NULL, *old = NULL;
	int data = req->store->data_fd;
	struct stat st;

	if (mkdirat(data, rel, 0700) < 0) {
		if (errno != EEXIST)
			return err_sys(e, errno, "cannot make the cache '%s/%s'", req->store->data,
				       rel);
	} else {
		key = store_project_key(project, 1);
		old = xasprintf("caches/%s.%s", name, key);
		if (fstatat(data, old, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
		    !folder_born_after(project, st.st_mtim.tv_sec))
			renameat(data, old, data, rel);
	}
	*ret = path_join(req->store->data, rel);
	return 0;
}

/* A directory that all projects with the same cache name share, or this project's own of that name. */
static int cache_dir(const struct assemble_request *req, const struct mount_setting *ms, char **ret,
		     struct err *e)
{
	cleanup_free char *rel = path_join("caches", ms->source);

	if (ms->own)
		return own_cache(req, ms->source, ret, e);
	if (mkdirat(req->store->data_fd, rel, 0700) < 0 && errno != EEXIST)
		return err_sys(e, errno, "cannot make the cache '%s/%s'", req->store->data, rel);
	*ret = path_join(req->store->data, rel);
	return 0;
}

/* What is written as a part of the project must be one: code in the box can put links there. */
static int check_inside(const char *project, const struct mount_setting *ms, struct err *e)
{
	if (project && path_is_beneath(ms->source, project) && ms->outside)
		return err_set(e, ELOOP,
			       "%s: '%s' is in the project, but a link leads out of it to "
			       "'%s': name that directory itself if you mean it",
			       ms->where, ms->source, ms->real);
	return 0;
}

/*
 * What may be written of the host is an overlay in a trial; a single file cannot be one, and is
 * read-only there.
 */
static int add_host(const struct assemble_request *req, struct assembly *a, struct plan_mount m,
		    bool overlay, struct err *e)
{
	struct stat st;

	if (req->box->trial && !m.read_only) {
		if (stat(m.source, &st) < 0)
			return err_sys(e, errno, "cannot mount '%s'", m.source);
		overlay = S_ISDIR(st.st_mode);
		m.read_only = !overlay;
	}
	if (overlay)
		return assembly_overlay(req, a, m.source, m.target, e);
	m.follow = m.read_only;
	assembly_add_mount(a, m);
	return 0;
}

static int add_setting_mount(const struct assemble_request *req, struct assembly *a,
			     const struct mount_setting *ms, struct err *e)
{
	struct plan_mount m = {.kind = PLAN_MOUNT_BIND, .read_only = ms->read_only};
	char *source = NULL;
	int r = reach_add_setting_mount(req->settings, ms, &a->reach, e);

	if (r < 0)
		return r;
	m.target = assembly_keep(a, xstrdup(ms->target));
	switch (ms->kind) {
	case MOUNT_SETTING_TMPFS:
		m.kind = PLAN_MOUNT_TMPFS;
		m.mode = 01777;
		m.size = ms->size;
		break;
	case MOUNT_SETTING_CACHE:
		if ((r = cache_dir(req, ms, &source, e)) < 0)
			return r;
		m.source = assembly_keep(a, source);
		return add_host(req, a, m, false, e);
	case MOUNT_SETTING_BIND:
		m.source = assembly_keep(a, xstrdup(ms->real));
		if ((r = check_inside(req->box->project, ms, e)) < 0)
			return r;
		return add_host(req, a, m, ms->overlay, e);
	}
	assembly_add_mount(a, m);
	return 0;
}

/* The order matters: what is lent may lie in the home, what is protected lies in the project. */
static int add_lent(const struct assemble_request *req, struct assembly *a, struct err *e)
{
	cleanup_lending struct lending l = {0};
	int r = req->sealed ? 0 : lend_find(req->settings, a->home, &l, e);

	for (size_t i = 0; i < l.n; i++) {
		char *source = assembly_keep(a, xstrdup(l.v[i].source));
		char *target = assembly_keep(a, xstrdup(l.v[i].target));

		assembly_add_mount(a,
				   (struct plan_mount){.kind = PLAN_MOUNT_BIND,
						       .source = source,
						       .target = target,
						       .read_only = l.v[i].read_only,
						       .follow = l.v[i].read_only &&
								 !l.v[i].device && !l.v[i].pinned,
						       .device = l.v[i].device});
	}
	for (size_t i = 0; i < l.reach.n; i++)
		strv_push(&a->reach, l.reach.v[i]);
	return r < 0 ? r : agent_mount(req, a, e);
}

/* path of the host, which mount m shows, bound upon itself there. */
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
 * A directory that something is mounted in can be renamed, and another one put in its place; one that is
 * a mount itself cannot. So the directories on the way are bound upon themselves.
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

/* What of the protected paths one mount shows. */
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

/* What is protected of the project, and of the git data that it leads to. */
static int find_protected(const struct assemble_request *req, struct assembly *a,
			  struct strv *ret_paths, struct err *e)
{
	cleanup_repository struct repository own = {0};
	int r = protect_find(req->settings, ret_paths, e);

	if (r < 0 || !ret_paths->n)
		return r;
	r = repository_protect(assemble_repository_find(req, a, &own), req->settings, ret_paths, e);
	if (r == 0 && settings_protects_git(req->settings))
		r = checkout_protect(req->settings->project_dir, ret_paths, e);
	return r;
}

/* Who may mount is free to take a mount away, or to look at what lies beneath. */
static int refuse_nested(const struct assemble_request *req, struct err *e)
{
	const struct setting *nested = settings_find(req->settings, "sandbox", "nested");
	const struct setting *protect = settings_find(req->settings, "sandbox", "protect");

	return err_set(e, ERR_USAGE,
		       "'protect' (%s) cannot hold with 'nested = yes' (%s), which lets code in "
		       "the box mount and unmount: take one of them out",
		       protect ? protect->source : "?", nested ? nested->source : "?");
}

/* Git that says where it can commit, before the box's own in PATH. */
static void add_git(struct assembly *a)
{
	assembly_add_mount(a, (struct plan_mount){.kind = PLAN_MOUNT_BIND,
						  .source = assembly_keep(a, program_path("sudo")),
						  .target = BOX_GIT_BIN,
						  .read_only = true,
						  .beside = "/usr/bin/git"});
}

/*
 * Wherever the project is seen: a second mount of it, or the host's home around it, shows it too. What
 * protects a mount follows it at once, so that what was mounted upon it stays upon it. An overlay needs
 * none: what is written there reaches nobody.
 */
static int add_protected(const struct assemble_request *req, struct assembly *a, struct err *e)
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

static int add_setting_mounts(const struct assemble_request *req, struct assembly *a, struct err *e)
{
	struct mount_setting *v = NULL;
	size_t n = 0;
	int r = settings_mounts(req->settings, a->home, &v, &n, e);

	bounds_add_mounts(req->settings, a->home, v, n, &a->reach);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_setting_mount(req, a, &v[i], e);
	mount_settings_free(v, n);
	return r;
}

static int add_extra_mounts(const struct assemble_request *req, struct assembly *a, struct err *e)
{
	for (size_t i = 0; i < req->n_mounts; i++) {
		const struct extra_mount *x = &req->mounts[i];
		char *source = NULL;
		int r = 0;

		if (x->cache)
			r = cache_dir(req, &(struct mount_setting){.source = x->source}, &source,
				      e);
		else if (!(source = realpath(x->source, NULL)))
			r = err_sys(e, errno, "cannot mount '%s'", x->source);
		if (r < 0)
			return r;
		assembly_add_mount(a, (struct plan_mount){.kind = PLAN_MOUNT_BIND,
							  .source = assembly_keep(a, source),
							  .target = x->target,
							  .follow = x->read_only,
							  .read_only = x->read_only});
	}
	return 0;
}

/*
 * Whoever reaches the control sockets is in every box, read-only mount or not. A mount around them shows
 * an empty directory in their place.
 */
static void hide_sockets(const struct assemble_request *req, struct assembly *a)
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

int assemble_mounts(const struct assemble_request *req, struct assembly *a, struct err *e)
{
	int r = add_lent(req, a, e);

	if (r == 0)
		r = add_setting_mounts(req, a, e);
	if (r == 0)
		r = add_extra_mounts(req, a, e);
	if (r == 0)
		r = add_protected(req, a, e);
	if (r == 0)
		hide_sockets(req, a);
	return r;
}
