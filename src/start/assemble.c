/*
 * assemble.c - from settings, image and grants to a plan.
 *
 * The order of a box's mounts: the image's host directories, memory for /tmp and /run, sudo, the
 * home, the project, then what the user or the project asked for; a later one may be on top of an
 * earlier one.
 *
 * Promises that what is written as a part of the project is one, and that reach gets each thing of
 * the host exactly as it is used.
 */
#include "start/assemble.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/path.h"
#include "base/programs.h"
#include "box/caches.h"
#include "box/uppers.h"
#include "config/mounts.h"
#include "config/network_rules.h"
#include "config/value.h"
#include "grant/etc_lines.h"
#include "grant/kernel.h"
#include "grant/lend.h"
#include "grant/reach.h"
#include "launch/protocol.h"
#include "net/driver.h"
#include "start/agent.h"
#include "start/assemble_extra.h"
#include "start/assemble_protect.h"
#include "start/assemble_repository.h"
#include "start/assemble_volume.h"
#include "start/holder.h"

static int choose_upper(const struct assemble_request *req, struct assembly *a, struct err *e)
{
	const char *why = NULL;
	bool memory = req->in_memory;

	if (!memory && !uppers_work_in_store(req->store, &why)) {
		if (!uppers_work_in_memory())
			return err_set(e, ENOTSUP,
				       "the data directory '%s' is on %s, which cannot hold a "
				       "box's files: set XDG_DATA_HOME to another file system",
				       req->store->data, why);
		if (!req->box->trial)
			log_note(
				"the data directory is on %s: what the box writes outside its home "
				"and mounts is kept in memory and gone when it stops",
				why);
		memory = true;
	}
	if (memory && req->box->trial)
		return err_set(
			e, ENOTSUP,
			"the data directory '%s' is on %s, where nothing that is tried could "
			"be kept: set XDG_DATA_HOME to another file system",
			req->store->data, why);
	if (memory)
		return 0;
	a->plan.upper = assembly_keep(
		a, xasprintf("%s/boxes/%s/upper", req->store->data, req->box->id));
	a->plan.work = assembly_keep(a,
				     xasprintf("%s/boxes/%s/work", req->store->data, req->box->id));
	return 0;
}

static int add_root(const struct assemble_request *req, struct assembly *a, struct err *e)
{
	for (size_t i = 0; i < a->root->binds.n; i++)
		assembly_add_mount(a, (struct plan_mount){.kind = PLAN_MOUNT_BIND,
							  .source = a->root->binds.v[i],
							  .target = a->root->binds.v[i],
							  .read_only = true});
	reach_add_root(req->box, a->root->lowers.v[a->root->lowers.n - 1], &a->reach);
	if (settings_is_users(req->settings, KEY_IMAGE))
		reach_add_root(req->box, a->root->lowers.v[a->root->lowers.n - 1], &a->own);
	a->plan.lowers = (const char *const *)a->root->lowers.v;
	a->plan.n_lowers = a->root->lowers.n;
	a->plan.read_only_root = a->root->read_only;
	if (a->root->read_only && req->box->trial)
		return err_set(e, ENOTSUP,
			       "nothing can be tried in image '%s': it is not yours, and read-only",
			       req->box->image);
	a->plan.staging = assembly_keep(a, xasprintf("%s/%s", req->store->runtime, req->box->id));
	/* Nothing can be copied up from a root that is not ours, so it needs no upper either. */
	return a->root->read_only ? 0 : choose_upper(req, a, e);
}

/*
 * Ours is found first by PATH, and by a symlink that launch/rootfs.c makes. A package's file is
 * never mounted over, which would break its removal and upgrade; except in a read-only system,
 * where no package is removed and scripts that run /usr/bin/sudo mean ours. step: /run is the image's
 * own, and becomes a part of a layer.
 */
static void add_sudo(struct assembly *a, bool step)
{
	const char *sudo = assembly_keep(a, program_path("sudo"));

	if (step)
		assembly_add_mount(a, (struct plan_mount){.kind = PLAN_MOUNT_TMPFS,
							  .target = BOX_RUN_DIR,
							  .mode = 0755});
	assembly_add_mount(a, (struct plan_mount){.kind = PLAN_MOUNT_BIND,
						  .source = sudo,
						  .target = BOX_SUDO_BIN,
						  .read_only = true});
	if (a->root->read_only || strv_has(&a->root->binds, "/usr"))
		assembly_add_mount(a, (struct plan_mount){.kind = PLAN_MOUNT_BIND,
							  .source = sudo,
							  .target = "/usr/bin/sudo",
							  .read_only = true,
							  .replace = true});
}

/*
 * A tmpfs starts with what the image has there; the plan of an image lists directories that are
 * empty.
 */
static void add_memory(struct assembly *a, const char *target, unsigned int mode, bool bare)
{
	const struct image_plan *image = &a->root->plan;
	size_t at = a->n_mounts;

	bare |= strv_has(&image->bare, target);
	assembly_add_mount(
		a, (struct plan_mount){.kind = PLAN_MOUNT_TMPFS, .target = target, .mode = mode});
	for (size_t i = 0; i < image->only.n; i++) {
		char *path;
		mode_t folder = (mode_t)strtoul(image->only.v[i], &path, 8);

		if (*path == ' ' && path_is_beneath(path + 1, target)) {
			assembly_add_mount(a, (struct plan_mount){.kind = PLAN_MOUNT_DIR,
								  .target = path + 1,
								  .mode = folder});
			bare = true;
		}
	}
	a->mounts[at].seeded = !bare;
}

static void add_standard_mounts(const struct assemble_request *req, struct assembly *a)
{
	/* The layer of `host` has nothing in them, and has /root: skip the look. */
	bool host = a->root->binds.n && a->root->lowers.n == 1;

	add_memory(a, "/tmp", 01777, host);
	add_memory(a, "/run", 0, host);
	assembly_add_mount(
		a, (struct plan_mount){
			   .kind = PLAN_MOUNT_DIR,
			   .target = assembly_keep(a, xasprintf("/run/user/%u", req->user->uid)),
			   .mode = 0700});
	if (!req->sealed && !a->root->read_only && !host)
		assembly_add_mount(a, (struct plan_mount){.kind = PLAN_MOUNT_DIR,
							  .target = "/root",
							  .mode = 0700});
	/* The probes of a service's health are in it. */
	if (a->plan.sudo || req->box->service)
		add_sudo(a, false);
}

/* A root of another user has no directory for our home, and none can be made in it. */
static void add_home_parent(struct assembly *a)
{
	if (a->root->read_only && starts_with(a->home, "/home/"))
		assembly_add_mount(
			a, (struct plan_mount){.kind = PLAN_MOUNT_TMPFS, .target = "/home"});
}

static int add_home(const struct assemble_request *req, struct assembly *a, struct err *e)
{
	const char *home = settings_get(req->settings, KEY_HOME);
	struct plan_mount m = {.kind = PLAN_MOUNT_BIND, .target = a->home, .mode = 0700};

	/* A user of the image has the image's home, and root's becomes part of the layer. */
	if (req->sealed)
		return 0;
	if (a->root->plan.has_user && a->root->plan.uid != 0 && box_is_images(req->box))
		return 0;
	if (streq(home, "host")) {
		m.source = assembly_keep(a, realpath(req->user->home, NULL));
		if (!m.source)
			return err_sys(e, errno, "cannot use the home directory '%s'",
				       req->user->home);
		if (req->box->trial)
			return assembly_overlay(req, a, m.source, a->home, e);
	} else if (a->root->read_only) {
		m.kind = PLAN_MOUNT_TMPFS;
	} else if (req->box->in_memory || req->box->service) {
		/* That of a service's user is a part of the image, with what that has there. */
		m.kind = PLAN_MOUNT_DIR;
	} else {
		m.source = assembly_keep(
			a, xasprintf("%s/boxes/%s/home", req->store->data, req->box->id));
	}
	add_home_parent(a);
	assembly_add_mount(a, m);
	return 0;
}

/* Directories that the image declares, whether it contains them or not. */
static void add_image_folders(struct assembly *a)
{
	const struct image_plan *plan = &a->root->plan;

	for (size_t i = 0; i < plan->volumes.n; i++)
		assembly_add_mount(a, (struct plan_mount){.kind = PLAN_MOUNT_DIR,
							  .target = plan->volumes.v[i]});
	if (plan->workdir && !streq(plan->workdir, "/"))
		assembly_add_mount(
			a, (struct plan_mount){.kind = PLAN_MOUNT_DIR, .target = plan->workdir});
}

static int add_project_folder(const struct assemble_request *req, struct assembly *a, struct err *e)
{
	const char *dir = req->box->project;

	if (assembly_overlays_project(req))
		return assembly_overlay(req, a, dir, a->project, e);
	assembly_add_mount(
		a,
		(struct plan_mount){.kind = PLAN_MOUNT_BIND, .source = dir, .target = a->project});
	return 0;
}

static int add_project(const struct assemble_request *req, struct assembly *a, struct err *e)
{
	const char *target = settings_get(req->settings, KEY_PROJECT);
	const char *dir = req->box->project;
	cleanup_repository struct repository own = {0};
	const struct repository *repository;
	int r;

	if (!dir || (target && streq(target, "no")))
		return 0;
	if (access(dir, R_OK | X_OK) < 0)
		return err_sys(e, errno, "cannot use the project directory '%s'", dir);
	a->project = assembly_keep(a, xstrdup(target ? target : dir));
	repository = assemble_repository_find(req, a, &own);
	r = assemble_repository(req, a, repository, e);
	if (r == 0)
		r = add_project_folder(req, a, e);
	if (r == 0)
		r = assemble_worktrees(req, a, repository, e);
	return r;
}

/* What is written as a part of the project must be one: code in the box can put symlinks there. */
static int check_inside(const char *project, const struct mount_setting *ms, struct err *e)
{
	if (project && path_is_beneath(ms->source, project) && ms->outside)
		return err_set(e, ELOOP,
			       "%s: '%s' is in the project, but a symlink leads out of it to '%s': "
			       "name that directory itself if you mean it",
			       ms->where, ms->source, ms->real);
	return 0;
}

/*
 * In a trial a writable directory of the host becomes an overlay; a single file cannot, and becomes
 * read-only.
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
	struct plan_mount m = {.kind = PLAN_MOUNT_BIND,
			       .target = assembly_keep(a, xstrdup(ms->target)),
			       .read_only = ms->read_only};
	char *source = NULL;
	int r;

	switch (ms->kind) {
	case MOUNT_SETTING_TMPFS:
		m.kind = PLAN_MOUNT_TMPFS;
		m.mode = 01777;
		m.size = ms->size;
		break;
	case MOUNT_SETTING_CACHE:
		r = cache_make(req->store, ms->source, ms->own ? req->settings->project_dir : NULL,
			       &source, e);
		if (r < 0)
			return r;
		m.source = assembly_keep(a, source);
		return add_host(req, a, m, false, e);
	case MOUNT_SETTING_TEXT:
		m.kind = PLAN_MOUNT_TEXT;
		m.source = ms->source;
		m.mode = ms->mode;
		break;
	case MOUNT_SETTING_VOLUME:
		return assemble_volume(req, a, ms, e);
	case MOUNT_SETTING_BIND:
		/* A trial leaves the project as it is: the directory is the box's own. */
		if (ms->missing && assembly_overlays_project(req)) {
			m.kind = PLAN_MOUNT_DIR;
			break;
		}
		m.source = assembly_keep(a, xstrdup(ms->real));
		if ((r = check_inside(req->box->project, ms, e)) < 0)
			return r;
		if (ms->missing)
			strv_push(&a->missing, ms->real);
		return add_host(req, a, m, ms->overlay, e);
	}
	assembly_add_mount(a, m);
	return 0;
}

int assemble_missing(const struct assemble_request *req, const struct assembly *a, struct err *e)
{
	const char *project = req->settings->project_dir;
	cleanup_close int root = -1;
	int r = 0;

	if (!a->missing.n)
		return 0;
	root = open(project, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_sys(e, errno, "cannot open '%s'", project);
	for (size_t i = 0; r == 0 && i < a->missing.n; i++) {
		cleanup_close int fd = -1;

		r = path_mkdirs_beneath(root, a->missing.v[i] + strlen(project), 0777, &fd, e);
		if (r < 0)
			err_add(e, "'%s'", project);
	}
	return r;
}

/* The order matters: what is lent may be in the home, what is protected is in the project. */
static int add_lent(const struct assemble_request *req, struct assembly *a, struct err *e)
{
	cleanup_lending struct lending l = {0};
	bool host = streq(req->box->image, "host");
	int r = req->sealed ? 0 : lend_find(req->settings, a->home, host, &l, e);

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
	for (size_t i = 0; r == 0 && i < l.notes.n; i++)
		log_note("%s", l.notes.v[i]);
	return r < 0 ? r : agent_mount(req, a, e);
}

static int add_setting_mounts(const struct assemble_request *req, struct assembly *a, struct err *e)
{
	struct mount_setting *v = NULL;
	size_t n = 0;
	int r = settings_mounts(req->settings, a->home, &v, &n, e);

	if (r == 0)
		r = reach_add_mounts(req->settings, a->home, v, n, &a->reach, e);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_setting_mount(req, a, &v[i], e);
	if (r == 0)
		r = assemble_volumes_used(req, a, e);
	mount_settings_free(v, n);
	return r;
}

/* What its network refused, in the box: for programs that wonder why. */
static void add_refusals(const struct assemble_request *req, struct assembly *a)
{
	char *path = a->plan.net == PLAN_NET_GATEWAY ? holder_refusals(req->store, req->box) : NULL;

	if (path)
		assembly_add_mount(a, (struct plan_mount){.kind = PLAN_MOUNT_BIND,
							  .source = assembly_keep(a, path),
							  .target = BOX_REFUSALS,
							  .read_only = true});
}

/*
 * Adds lent things, [mounts], mounts of the command line, and protection, with their lines of
 * reach.
 */
static int add_asked_mounts(const struct assemble_request *req, struct assembly *a, struct err *e)
{
	int r = add_lent(req, a, e);

	if (r == 0)
		r = add_setting_mounts(req, a, e);
	if (r == 0)
		r = assemble_extra(req, a, e);
	if (r == 0)
		r = assemble_protection(req, a, e);
	if (r == 0)
		assemble_hide_sockets(req, a);
	return r;
}

/* The host's names and servers, if they can be reached. */
static int fill_names(const struct assemble_request *req, struct assembly *a, struct err *e)
{
	struct plan_etc *etc = &a->plan.etc;
	bool gateway = a->plan.net == PLAN_NET_GATEWAY;
	bool pasta = streq(settings_get(req->settings, KEY_NETWORK), "pasta");
	char *others = NULL, *resolv_conf = NULL;
	int r;

	if (a->plan.net == PLAN_NET_NEW)
		return 0;
	if (gateway && !pasta)
		r = etc_lines_gateway_others(req->settings, &others, e);
	else
		r = etc_lines_others(req->settings, pasta ? NULL : ETC_LINES_LOOPBACK, &others, e);
	if (r < 0)
		return r;
	etc->others = assembly_keep(a, others);
	r = gateway ? etc_lines_gateway_resolv(&resolv_conf, e) : etc_lines_resolv(&resolv_conf, e);
	etc->resolv_conf = assembly_keep(a, resolv_conf);
	return r;
}

static int fill_etc(const struct assemble_request *req, struct assembly *a, struct err *e)
{
	const struct user *u = req->user;
	struct plan_etc *etc = &a->plan.etc;

	/* A read-only root cannot be changed; its programs see a bare uid. */
	if (a->root->read_only)
		return 0;
	if (!req->sealed) {
		etc->passwd_line = assembly_keep(a, etc_lines_passwd(u, a->home));
		etc->group_line = assembly_keep(a, etc_lines_group(u));
		/* Root's entry is also that of box-root, whose home is another. */
		etc->only_ids = u->uid == 0 || (a->root->plan.has_user && a->root->plan.uid != 0 &&
						box_is_images(req->box));
		etc->users = true;
	}
	etc->hosts = true;
	a->etc_note = assembly_keep(a, etc_lines_note(a->plan.net == PLAN_NET_HOST));
	return fill_names(req, a, e);
}

/* A trial is to be looked at, not kept running. */
static long linger_ms(const struct assemble_request *req)
{
	if (box_is_images(req->box) || req->box->trial)
		return 0;
	return settings_duration_ms(req->settings, KEY_LINGER);
}

static int stop_signal(const struct assemble_request *req, const struct image_plan *image)
{
	const char *name = req->stop_signal ? req->stop_signal : image->stop_signal;

	return name ? value_signal(name) : 0;
}

static int fill_identity(const struct assemble_request *req, struct assembly *a, struct err *e)
{
	static const enum plan_net nets[] = {[NET_NONE] = PLAN_NET_NEW,
					     [NET_HOST] = PLAN_NET_HOST,
					     [NET_GATEWAY] = PLAN_NET_GATEWAY,
					     [NET_PASTA] = PLAN_NET_GATEWAY};
	const struct settings *s = req->settings;
	const struct user *u = req->user;
	const struct net_driver *net;
	int r = net_driver_find(settings_get(s, KEY_NETWORK), &net, e);

	if (r == 0 && !req->sealed) /* no policy is about steps */
		r = network_rules_check(s, e);
	if (r < 0)
		return r;
	r = reach_add_settings(s, &a->reach, e);
	if (r < 0)
		return r;
	a->plan.hostname = req->hostname ? assembly_keep(a, xstrdup(req->hostname))
			   : settings_get(s, KEY_HOSTNAME) ? settings_get(s, KEY_HOSTNAME)
							   : req->box->name;
	a->plan.net = nets[net->kind];
	a->plan.outer_uid = geteuid();
	a->plan.outer_gid = getegid();
	a->plan.you_uid = u->uid;
	a->plan.you_gid = u->gid;
	a->plan.host_root = a->plan.outer_uid == 0;
	a->plan.nested = settings_bool(s, KEY_NESTED);
	a->plan.owners = req->bare || req->sealed;
	a->plan.io_uring = settings_bool(s, KEY_IO_URING);
	a->plan.perf = settings_bool(s, KEY_PERF);
	/*
	 * With nested = yes a sandbox inside may need to be the supervisor, and there can be only
	 * one.
	 */
	a->plan.renames = req->box->trial && !a->plan.nested;
	a->plan.sudo = settings_bool(s, KEY_SUDO);
	/* In a project's box sessions are yours, and none is the image's program. */
	if (box_is_images(req->box))
		a->plan.stop_signal = stop_signal(req, &a->root->plan);
	a->plan.notes_exit = req->box->service != NULL;
	a->plan.linger_ms = linger_ms(req);
	return kernel_check(&a->plan, e);
}

/* Identity, and the image. */
static int begin(const struct assemble_request *req, struct assembly *a, struct err *e)
{
	int r;

	*a = (struct assembly){.plan = {.control_fd = -1, .lifetime_fd = -1}, .root = req->root};
	a->home = assembly_keep(a, req->sealed ? xstrdup("/root") : user_home(req->user));
	r = fill_identity(req, a, e);
	return r < 0 ? r : add_root(req, a, e);
}

static int finish(const struct assemble_request *req, struct assembly *a, struct err *e)
{
	a->plan.mounts = a->mounts;
	a->plan.n_mounts = a->n_mounts;
	return fill_etc(req, a, e);
}

int assemble_image(const struct assemble_request *req, struct assembly *a, struct err *e)
{
	int r = begin(req, a, e);

	if (r < 0)
		return r;
	add_home_parent(a);
	return finish(req, a, e);
}

int assemble_box(const struct assemble_request *req, struct assembly *a, struct err *e)
{
	int r = begin(req, a, e);

	if (r < 0)
		return r;
	if (!req->bare)
		add_standard_mounts(req, a);
	if (!req->bare)
		add_refusals(req, a);
	else if (a->plan.sudo)
		add_sudo(a, true);
	add_image_folders(a);
	r = add_home(req, a, e);
	if (r == 0)
		r = add_project(req, a, e);
	if (r == 0)
		r = add_asked_mounts(req, a, e);
	if (r < 0)
		return r;
	return finish(req, a, e);
}
