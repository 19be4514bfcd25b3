/*
 * add.c - the flow of `sandbox add`: more for a box that runs.
 */
#include "flow/add.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "box/box.h"
#include "box/lifecycle.h"
#include "box/target.h"
#include "config/policy.h"
#include "config/ports.h"
#include "flow/drift.h"
#include "grant/guarded.h"
#include "launch/added.h"
#include "start/assemble_extra.h"
#include "start/boot.h"
#include "start/holder.h"
#include "start/ports.h"

static int find_running(const struct store *s, const char *project, struct box *ret, struct err *e)
{
	cleanup_target struct target t = TARGET_INIT;
	bool running = false;
	int r = target_resolve(s, project, &t, e);

	if (r == 0)
		r = target_box(s, &t, ret, e);
	if (r == 0)
		r = box_find_running(ret, &running, e);
	return r == 0 && !running ? box_not_running(ret, e) : r;
}

/* Those of this call only, without what the project's files have. */
static size_t only_users(struct port_setting *v, size_t n)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++)
		if (v[i].from->users)
			v[left++] = v[i];
	return left;
}

int add_ports(const char *project, const struct strv *ports, struct err *e)
{
	__attribute__((cleanup(open_ports_clear))) struct open_ports open = {0};
	cleanup_free struct port_setting *v = NULL;
	cleanup_settings struct settings settings = {0};
	struct settings_request req = {.ports = *ports};
	cleanup_store struct store s = STORE_INIT;
	cleanup_box struct box b = BOX_INIT;
	const struct net_driver *net;
	size_t n = 0;
	int r = store_open(&s, e);

	if (r == 0)
		r = find_running(&s, project, &b, e);
	if (r < 0)
		return r;
	req.project_dir = b.project;
	r = settings_load(&req, &settings, e);
	if (r == 0)
		r = settings_ports(&settings, &v, &n, e);
	if (r == 0)
		r = net_driver_find("gateway", &net, e);
	if (r == 0)
		r = ports_open(v, only_users(v, n), net, false, &open, e);
	return r < 0 ? r : holder_publish(&b, open.v, open.n, e);
}

/* Mounts that are being added, each with what protects parts of it. */
struct adding {
	struct assembly *assemblies;
	struct added_mount *v;
	size_t n;
};

static void adding_clear(struct adding *a)
{
	for (size_t i = 0; i < a->n; i++)
		assembly_clear(&a->assemblies[i]);
	free(a->assemblies);
	free(a->v);
}

/* A box gets another kind of mount, or by another way. */
static int check_box(const struct box *b, struct settings *s, const struct extra_mount *v, size_t n,
		     struct err *e)
{
	if (b->service)
		return err_set(e, ERR_USAGE,
			       "'%s' is a service: its 'volumes' are mounted when it starts",
			       b->name);
	for (size_t i = 0; i < n; i++)
		if (b->trial && !v[i].read_only)
			return err_set(e, ERR_USAGE,
				       "box '%s' is a trial, which writes nothing outside: add "
				       "'%s:%s:ro'",
				       b->name, v[i].source, v[i].target);
	return b->temporary ? 0 : drift_check_running(b, s, NULL, e);
}

/*
 * What is a part of the project needs no leave, and must be one, as for [mounts]. real: what is
 * mounted, whatever becomes of symlinks meanwhile.
 */
static int check_source(const struct box *b, const struct extra_mount *m, const char *real,
			struct err *e)
{
	const char *word = m->cache ? "caches" : "mounts";
	cleanup_free char *where = NULL;
	int r;

	if (b->project && path_is_beneath(real, b->project))
		return 0;
	if (b->project && !m->cache && path_is_beneath(m->source, b->project))
		return err_set(
			e, ELOOP,
			"'%s' is in the project, but a symlink leads out of it to '%s': name "
			"that directory itself if you mean it",
			m->source, real);
	r = policy_denies(word, &where, e);
	if (r == 0 && where)
		return err_set(e, EACCES, "cannot mount '%s': the policy of %s denies '%s'",
			       m->source, where, word);
	return r;
}

static int assemble_each(const struct store *s, const struct box *b,
			 const struct settings *settings, const struct extra_mount *v, size_t n,
			 struct adding *ret, struct err *e)
{
	int r = 0;

	ret->assemblies = xcalloc(n, sizeof(*ret->assemblies));
	ret->v = xcalloc(n, sizeof(*ret->v));
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct assembly *a = &ret->assemblies[ret->n++];
		/* bare: a file is mounted itself, not kept up to date as sessions do it. */
		struct assemble_request req = {.store = s,
					       .box = b,
					       .settings = settings,
					       .mounts = &v[i],
					       .n_mounts = 1,
					       .bare = true};

		r = assemble_added(&req, a, e);
		if (r == 0)
			r = check_source(b, &v[i], a->mounts->source, e);
		ret->v[i] = (struct added_mount){.v = a->mounts, .n = a->n_mounts};
	}
	return r;
}

static int note_added(const struct box *b, const struct extra_mount *v, const struct adding *a,
		      struct err *e)
{
	char source[PATH_MAX], target[PATH_MAX];
	cleanup_buf struct buf notes = BUF_INIT;

	for (size_t i = 0; i < a->n; i++) {
		err_quote(source, sizeof(source), a->v[i].v->source);
		err_quote(target, sizeof(target), v[i].target);
		buf_addf(&notes, MOUNT_NOTE "%s\n" ADDED_NOTE "%s:%s%s\n", target, source, target,
			 a->v[i].v->read_only ? ":ro" : "");
		guarded_note(&a->assemblies[i].guarded, &notes);
	}
	return box_add_start_notes(b, notes.data, e);
}

int add_mounts(const char *project, const struct extra_mount *v, size_t n, struct err *e)
{
	__attribute__((cleanup(adding_clear))) struct adding adding = {0};
	cleanup_settings struct settings settings = {0};
	cleanup_free char *staging = NULL;
	struct settings_request req = {0};
	cleanup_store struct store s = STORE_INIT;
	cleanup_box struct box b = BOX_INIT;
	cleanup_close int connection = -1;
	int r = store_open(&s, e);

	if (r == 0)
		r = find_running(&s, project, &b, e);
	if (r < 0)
		return r;
	req.project_dir = b.project;
	r = settings_load(&req, &settings, e);
	if (r == 0)
		r = check_box(&b, &settings, v, n, e);
	if (r == 0)
		r = assemble_each(&s, &b, &settings, v, n, &adding, e);
	if (r < 0)
		return r;
	r = box_connect(&b, &connection);
	if (r < 0)
		return r == -ENOLINK ? box_out_of_reach(&b, e) : box_not_running(&b, e);
	staging = xasprintf("%s/%s", s.runtime, b.id);
	r = added_attach(connection, staging, adding.v, adding.n, e);
	if (r == -ERR_RETRY)
		r = box_no_answer(&b, e);
	return r < 0 ? r : note_added(&b, v, &adding, e);
}
