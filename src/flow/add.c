/*
 * add.c - the flow of `sandbox add`: more for a box that runs.
 */
#include "flow/add.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "box/target.h"
#include "config/ports.h"
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
	if (r == 0 && !running)
		r = err_set(e, ESRCH,
			    "box '%s' is not running: 'sandbox enter --publish' starts it",
			    ret->name);
	return r;
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
