/*
 * service_start.c - the box of one service.
 */
#include "flow/service_start.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/proc.h"
#include "box/box_create.h"
#include "box/lifecycle.h"
#include "box/service_box.h"
#include "box/service_tie.h"
#include "box/volume.h"
#include "config/ports.h"
#include "launch/plan.h"
#include "prepare/origin.h"
#include "rootfs/image.h"
#include "start/boot.h"

void service_run_clear(struct service_run *run)
{
	service_settings_clear(&run->own);
	service_checks_clear(&run->checks);
	strv_clear(&run->granted);
	strv_clear(&run->volumes);
	free(run->user);
	*run = (struct service_run){0};
}

/* Whom it runs as: what the section says, else the image, where no user means root. */
static int choose_user(struct service_run *run, const struct image_root *root, struct err *e)
{
	const struct image_plan *plan = &root->plan;

	free(run->user);
	run->user = xstrdup(run->service->user);
	if (run->user)
		return 0;
	if (image_check_user(plan, e) < 0)
		return err_add(e, "image '%s'", run->own.image);
	if (root->digest.hex[0] && (!plan->has_user || plan->uid == 0))
		run->user = xstrdup("root");
	return 0;
}

/* A box keeps what its image had; another image needs another box. */
static int remove_other(const struct store *s, struct box *b, const struct service_run *run,
			struct err *e)
{
	/* The holder, which is still there, must not start it again meanwhile. */
	int r = service_box_set_stopped(b, true, e);

	if (r == 0)
		r = box_stop(b, run->service->stop_timeout_ms, e);
	if (r == 0)
		r = box_lock(s, b, e);
	if (r == 0)
		r = box_check_ended(b, e);
	return r < 0 ? r : box_remove(s, b, e);
}

static int find_volumes(const struct service_project *p, struct service_run *run, struct err *e)
{
	strv_clear(&run->volumes);
	for (size_t i = 0; i < run->own.n_volumes; i++) {
		const struct service_volume *v = &run->own.volumes[i];
		const struct volume want = {.mark = (char *)p->mark,
					    .project = (char *)p->dir,
					    .label = v->label,
					    .service = (char *)run->service->name,
					    .target = v->target};
		char *id;

		if (volume_make(p->store, &want, p->name, &id, e) < 0)
			return -e->code;
		strv_push_take(&run->volumes, id);
	}
	return 0;
}

/* Most of the time nothing has changed. */
static int update_tie(const struct service_tie *tie, const struct box *b, struct err *e)
{
	cleanup_service_tie struct service_tie old = {0};
	int r = service_tie_read(b->dir_fd, &old, e);

	if (r < 0)
		return r;
	return service_tie_equal(&old, tie) ? 0 : service_tie_write(tie, b->dir_fd, e);
}

static int find_box(const struct service_project *p, struct service_run *run,
		    const struct image_root *root, struct box *ret, struct err *e)
{
	struct service_tie tie = {.name = (char *)run->service->name,
				  .mark = (char *)p->mark,
				  .project = (char *)p->dir,
				  .user = run->user,
				  .volumes = run->volumes};
	struct strv none = {0};
	const struct box_origin from = {.image = run->own.image,
					.digest = &root->digest,
					.prepared = &none,
					.recipe = "",
					.service = &tie};
	cleanup_free char *name = xasprintf("%.40s.%.22s", p->name, run->service->name);
	int r = service_box_find(p->store, p->mark, run->service->name, ret, e);

	if (r == 0 &&
	    (!streq(ret->image, run->own.image) || !digest_equal(&ret->digest, &root->digest))) {
		r = remove_other(p->store, ret, run, e);
		box_close(ret);
		r = r < 0 ? r : -ENOENT;
	}
	if (r == 0)
		return update_tie(&tie, ret, e);
	return r == -ENOENT ? box_create(p->store, name, &from, -1, ret, e) : r;
}

int service_make_box(const struct service_project *p, struct service_run *run, struct err *e)
{
	cleanup_image_root struct image_root root = IMAGE_ROOT_INIT;
	cleanup_box struct box b = BOX_INIT;
	cleanup_close int lock = -1;
	struct image_request image = {.store = p->store, .image = run->own.image, .base = p->dir};
	int r = origin_build_service(p->store, p->settings, run->own.image, p->builds, e);

	if (r == 0)
		r = image_resolve(&image, &root, e);
	if (r == 0)
		r = choose_user(run, &root, e);
	if (r < 0)
		return err_add(e, "service '%s'", run->service->name);
	service_checks_choose(p->settings, run->service, &root.plan, &run->checks);
	service_settings_add_image(&run->own, &root.plan.volumes);
	run->hash = service_settings_hash(&run->own, run->service);
	r = volume_lock(p->store, &lock, e);
	if (r == 0)
		r = find_volumes(p, run, e);
	if (r == 0)
		r = find_box(p, run, &root, &b, e);
	if (r == 0)
		memcpy(run->id, b.id, sizeof(run->id));
	return r < 0 ? err_add(e, "service '%s'", run->service->name) : 0;
}

/* The volumes, as mounts; lock: while some are to be filled, else -1. */
struct volume_mounts {
	struct extra_mount *v;
	char **marks;
	size_t n;
	int lock;
};

static void volume_mounts_clear(struct volume_mounts *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->v[i].source);
		free(m->marks[i]);
	}
	free(m->v);
	free(m->marks);
	close_fd(&m->lock);
}

static int mount_volumes(const struct store *s, const struct service_run *run,
			 struct volume_mounts *out, struct err *e)
{
	out->v = xcalloc(run->volumes.n + 1, sizeof(*out->v));
	out->marks = xcalloc(run->volumes.n + 1, sizeof(*out->marks));
	for (size_t i = 0; i < run->volumes.n; i++) {
		const struct service_volume *v = &run->own.volumes[i];
		size_t n = out->n++, first = 0;

		out->v[n] = (struct extra_mount){.source = volume_data(s, run->volumes.v[i]),
						 .target = v->target,
						 .read_only = v->read_only};
		while (!streq(run->volumes.v[first], run->volumes.v[i]))
			first++;
		/* The first mount of a volume fills it. */
		if (first == i &&
		    volume_begin(s, run->volumes.v[i], &out->lock, &out->marks[n], e) < 0)
			return -e->code;
		out->v[n].unfilled = out->marks[n];
	}
	return 0;
}

/* What the user agreed to when it was started by `up`; nobody is there to be asked for more. */
static int refuse_more(const char *project, const struct strv *lines, bool first, void *arg,
		       struct err *e)
{
	(void)project;
	(void)first;
	(void)arg;
	return err_set(e, EPERM,
		       "it asks for more of this machine than it was given: %s: 'sandbox up' asks "
		       "for it",
		       lines->v[0]);
}

static int boot_box(const struct store *s, struct service_run *run, struct box *b,
		    const struct volume_mounts *mounts, struct err *e)
{
	static const char *const nothing[] = {NULL};
	const struct service *v = run->service;
	const char *const *entrypoint = v->entrypoint.n ? (const char *const *)v->entrypoint.v
							: nothing;
	cleanup_image_root struct image_root root = IMAGE_ROOT_INIT;
	cleanup_user struct user caller = {0}, user = {0};
	cleanup_strv struct strv command = {0};
	struct reach_asker asker = {.ask = refuse_more};
	struct session_options session = {.root = run->user && streq(run->user, "root"),
					  .user = run->user};
	struct image_request image = {.store = s, .image = b->image, .digest = &b->digest};
	struct boot_request req = {.store = s,
				   .box = b,
				   .settings = &run->own.settings,
				   .user = &user,
				   .root = &root,
				   .asker = &asker,
				   .granted = &run->granted,
				   .mounts = mounts->v,
				   .n_mounts = mounts->n,
				   .stop_signal = v->stop_signal,
				   .localhost = v->localhost,
				   .n_localhost = v->n_localhost,
				   .network = v->network,
				   .quiet = true,
				   .session = &session,
				   .detach = "service"};
	cleanup_free struct port_setting *ports = NULL;
	int status, r = image_resolve(&image, &root, e);

	if (r == 0)
		r = settings_ports(&run->own.settings, &ports, &req.n_ports, e);
	if (r < 0)
		return r;
	req.ports = ports;
	if (session.root)
		session.user = NULL;
	user_self(&caller);
	image_user(&root.plan, &caller, &user);
	image_command(&root.plan, v->has_entrypoint ? entrypoint : NULL,
		      v->has_command ? (const char *const *)v->command.v : NULL, &command);
	if (!streq(v->network, v->name) &&
	    streq(settings_get(&run->own.settings, KEY_NETWORK), "none"))
		return err_set(e, ERR_USAGE,
			       "%s: [service %s] network: 'network = none' has none to share",
			       v->where, v->name);
	if (!command.n)
		return err_set(e, ERR_USAGE,
			       "%s: its image '%s' does not say what to run: set 'command'",
			       v->where, b->image);
	session.argv = command.v;
	req.cwd = v->workdir ? v->workdir : root.plan.workdir ? root.plan.workdir : "/";
	return boot(&req, &status, e);
}

int service_boot(const struct store *s, struct service_run *run, struct err *e)
{
	__attribute__((cleanup(volume_mounts_clear))) struct volume_mounts mounts = {.lock = -1};
	cleanup_box struct box b = BOX_INIT;
	int r = box_load(s, run->id, &b, e);

	if (r == 0)
		r = box_lock(s, &b, e);
	if (r == 0)
		r = mount_volumes(s, run, &mounts, e);
	return r < 0 ? r : boot_box(s, run, &b, &mounts, e);
}

int service_exit_status(const struct box *b)
{
	cleanup_buf struct buf notes = BUF_INIT;
	struct err ignored;
	const char *line;
	int status;

	if (box_start_notes(b, &notes, &ignored) < 0 || !notes.data)
		return -1;
	line = strstr(notes.data, "\n" PLAN_EXIT_NOTE);
	return line && sscanf(line + strlen("\n" PLAN_EXIT_NOTE), "%d", &status) == 1 ? status : -1;
}
