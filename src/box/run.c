/*
 * run.c - the flows behind `sandbox run` and `sandbox exec`.
 */
#include "box/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "box/session.h"
#include "box/sweep.h"
#include "launch/client.h"

/* *lifetime, the locked lifetime lock, is closed when pid 1 has it. */
static int start_and_run(const struct store *s, struct box *b, const struct settings *settings,
			 const struct run_options *o, const struct user *u, int *lifetime,
			 int *ret_status, struct err *e)
{
	cleanup_assembly struct assembly a = {0};
	cleanup_close int pidfd = -1, boot = -1;
	cleanup_free char *here = getcwd(NULL, 0);
	struct started_box started;
	struct assemble_request req = {.store = s,
				       .box = b,
				       .settings = settings,
				       .user = u,
				       .base = here ? here : "/",
				       .mounts = o->mounts,
				       .n_mounts = o->n_mounts,
				       .hostname = o->hostname,
				       .in_memory = b->in_memory};
	struct box_session session = {.box = b,
				      .settings = settings,
				      .user = u,
				      .options = &o->session,
				      .cwd = "/",
				      .detach = o->detach};
	int r = assemble(&req, &a, e);

	if (r < 0)
		return r;
	a.plan.linger_ms = 0;
	r = b->in_memory ? 0 : box_make_runtime(s, b, e);
	if (r < 0)
		return r;
	r = box_start(b, &a, *lifetime, NULL, &started, e);
	if (r < 0)
		return r;
	close_fd(lifetime);
	pidfd = started.pidfd;
	boot = started.boot_fd;
	session.home = a.home;
	return box_session_run(&session, boot, ret_status, e);
}

int run_throwaway(struct run_options *o, int *ret_status, struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	cleanup_settings struct settings settings = {0};
	cleanup_box struct box b = BOX_INIT;
	cleanup_user struct user u = {0};
	cleanup_close int lifetime = -1;
	struct err ignored;
	int r = store_open(&s, e);

	if (r == 0)
		r = box_check_name(o->name, e);
	if (r == 0)
		r = settings_load(&o->settings, &settings, e);
	if (r < 0)
		return r;
	sweep(&s, true);
	user_self(&u);
	box_warn_host_root(&u);
	o->session.root = o->session.root || settings_bool(&settings, "sandbox", "root");
	r = box_create_temporary(&s, o->name, o->image, !o->disk && memory_holds_uppers(), &b,
				 &lifetime, e);
	if (r < 0)
		return r;
	r = start_and_run(&s, &b, &settings, o, &u, &lifetime, ret_status, e);
	if (r == 0 && o->detach) {
		printf("%s\n", b.name);
		return 0;
	}
	/* What lies in memory goes by itself; files on disk only after the namespaces. */
	if (!b.in_memory)
		box_wait_gone(&b, BOX_GONE_MS);
	box_remove(&s, &b, &ignored);
	return r < 0 ? err_add(e, "cannot run '%s'", o->image) : 0;
}

static int not_running(const struct box *b, struct err *e)
{
	return err_set(e, ESRCH, "box '%s' is not running: 'sandbox enter' starts it", b->name);
}

int run_exec(const char *name, const struct session_options *o, int *ret_status, struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	cleanup_settings struct settings settings = {0};
	cleanup_box struct box b = BOX_INIT;
	cleanup_close int connection = -1;
	cleanup_user struct user u = {0};
	struct settings_request req = {0};
	int r = store_open(&s, e);

	if (r == 0)
		r = box_find(&s, name, &b, e);
	if (r < 0)
		return r;
	req.project_dir = b.project;
	r = settings_load(&req, &settings, e);
	if (r < 0)
		return r;
	user_self(&u);
	if (client_connect(b.run_fd, "control", &connection) < 0)
		return not_running(&b, e);
	r = box_session_join(&b, &settings, &u, o, connection, ret_status, e);
	return r < 0 && e->code == ERR_RETRY ? not_running(&b, e) : r;
}
