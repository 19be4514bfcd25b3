/*
 * boot.c - the one way in which a box starts.
 *
 *	its network's gateway		join_network(): at work while the rest is
 *	the image's directories		find_root()
 *	what of the host it gets	assemble_granted(): settled, put into the plan, asked for
 *	the lifetime lock		before there is anything to record
 *	published ports			ports_open(): their sockets on the host
 *	pid 1				start_recorded(): its socket, its process, its record, its network
 *	consent is kept			when the box has started with it
 *	hooks, the session		the box is unlocked when pid 1 has taken the session
 *
 * Promises to leave no pid 1 that cannot be found: one that cannot be recorded is killed. If this
 * process is killed before it records pid 1, that ends by itself, because no session comes.
 */
#include "start/boot.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/path.h"
#include "base/programs.h"
#include "box/box.h"
#include "box/box_create.h"
#include "box/lifecycle.h"
#include "box/moved.h"
#include "config/network_rules.h"
#include "config/schema.h"
#include "config/service_network.h"
#include "config/value.h"
#include "gateway/contract.h"
#include "grant/guarded.h"
#include "grant/host_net.h"
#include "grant/kernel.h"
#include "grant/reach.h"
#include "grant/repository.h"
#include "launch/gateway.h"
#include "launch/start.h"
#include "net/driver.h"
#include "rootfs/host_image.h"
#include "rootfs/image.h"
#include "start/agent.h"
#include "start/assemble.h"
#include "start/assemble_volume.h"
#include "start/follow.h"
#include "start/holder.h"
#include "start/hooks.h"
#include "start/ports.h"
#include "start/project_links.h"

#define BUSY_POLL_MS	20	    /* a failed start costs a few milliseconds */
#define MOUNT_NOTES_MAX (48u << 10) /* of the 96 KiB that box_start_notes() reads */

/* State of one start. */
struct booting {
	const struct boot_request *req;
	struct image_root own;	 /* if the request has no root */
	struct image_root *root; /* the one in use */
	struct repository repository;
	struct assembly assembly;
	bool new_reach;		/* to be kept with the box */
	int lifetime;		/* if the request has none */
	char *socket, *gateway; /* of the network's holder, and its program */
	struct netpolicy *policy;
	struct gateway_links links;
	struct gateway_link link;
	const struct net_driver *net;
	struct open_ports ports;
	struct started_box started;
};

static void booting_clear(struct booting *b)
{
	close_fd(&b->started.boot_fd);
	close_fd(&b->started.pidfd);
	close_fd(&b->lifetime);
	close_fd(&b->link.fd);
	open_ports_clear(&b->ports);
	free(b->socket);
	free(b->gateway);
	free(b->policy);
	assembly_clear(&b->assembly);
	repository_clear(&b->repository);
	image_root_clear(&b->own);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_aliases(const struct settings *s, struct network_aliases *ret, struct err *e)
{
	cleanup_strv struct strv names = {0};

	service_network_names(s, "", &names);
	if (names.n > NETWORK_ALIASES)
		return err_set(e, ERR_USAGE, "aliases: %zu names for one network; %d at most",
			       names.n, NETWORK_ALIASES);
	/* Whichever box is in a network, the names are the same. */
	if (names.n)
		qsort(names.v, names.n, sizeof(*names.v), by_name);
	for (size_t i = 0; i < names.n; i++)
		snprintf(ret->name[i], sizeof(ret->name[i]), "%s", names.v[i]);
	return 0;
}

/* It sets up the network while all that follows is done. Without a box it ends with us. */
static int join_network(struct booting *b, struct err *e)
{
	const char *name = settings_get(b->req->settings, KEY_NETWORK);
	struct gateway_place place = {
		.directory = b->req->store->runtime,
		.network = b->req->network ? b->req->network : "",
		.box = b->req->box->id,
		.alone = b->req->box->temporary && !b->req->network,
		.publishes = b->req->n_ports || b->req->n_localhost,
		.forward = streq(settings_get(b->req->settings, KEY_FORWARD), "auto")};
	int r = net_driver_find(name, &b->net, e);

	if (r < 0 || !net_driver_is_project(b->net))
		return r;
	place.driver = b->net->kind == NET_PASTA ? DRIVER_PASTA : DRIVER_GATEWAY;
	place.program = b->gateway = program_path(GATEWAY_PROGRAM);
	place.socket = b->socket = holder_socket(b->req->box, b->req->network);
	r = network_rules_read(b->req->settings, &b->policy, e);
	if (r == 0)
		host_net_policy(NET_HOST_NAME, &b->policy);
	place.policy = b->policy;
	if (r == 0)
		r = project_links_read(b->req->settings, &b->links, e);
	place.links = &b->links;
	if (r == 0)
		r = read_aliases(b->req->settings, &place.aliases, e);
	return r < 0 ? r : gateway_join(&place, &b->link, e);
}

static int find_root(struct booting *b, struct err *e)
{
	const struct box *box = b->req->box;
	struct image_request image = {.store = b->req->store,
				      .image = box->image,
				      .base = box->project,
				      .digest = &box->digest};
	int r;

	b->root = b->req->root ? b->req->root : &b->own;
	if (b->req->root)
		return 0;
	r = image_resolve(&image, &b->own, e);
	if (r == 0)
		image_root_stack(b->req->store, &box->prepared, &b->own);
	return r;
}

/*
 * What was given before decides what goes into the plan; what the plan then contains is asked for.
 */
static int assemble_granted(struct booting *b, struct err *e)
{
	const struct boot_request *req = b->req;
	const struct box *keeper = req->box->temporary ? NULL : req->box;
	struct assembly *a = &b->assembly;
	struct assemble_request plan = {.store = req->store,
					.box = req->box,
					.settings = req->settings,
					.user = req->user,
					.root = b->root,
					.repository = keeper ? &b->repository : NULL,
					.mounts = req->mounts,
					.n_mounts = req->n_mounts,
					.hostname = req->hostname,
					.stop_signal = req->stop_signal,
					.in_memory = req->box->in_memory,
					.project_overlay = req->project_overlay,
					.sealed = req->sealed,
					.bare = req->bare};
	int r = 0;

	if (keeper) {
		cleanup_free char *home = user_home(req->user);

		if (keeper->project) /* a service has none */
			repository_find(keeper->project, &b->repository);
		r = reach_settle(keeper, req->settings, home, &b->repository, req->granted,
				 req->asker, e);
	}
	if (r == 0)
		r = assemble_box(&plan, a, e);
	/* Changing a symlink while the question is open gains nothing. */
	if (r == 0 && req->asker) {
		r = reach_check(keeper, req->settings, &a->reach, &a->own, req->granted, req->asker,
				e);
		b->new_reach = keeper && r > 0;
	}
	return r < 0 ? r : assemble_missing(&plan, a, e);
}

static int bind_control(const struct store *s, const struct box *b, int *ret_fd, struct err *e)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	const size_t size = sizeof(addr.sun_path);
	cleanup_close int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (snprintf(addr.sun_path, size, "%s/%s/control", s->runtime, b->id) >= (int)size)
		snprintf(addr.sun_path, size, "/proc/self/fd/%d/control", b->run_fd);
	if (!b->in_memory) /* from an earlier start */
		unlinkat(b->run_fd, "control", 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return err_sys(e, errno, "cannot make the control socket of box '%s'", b->name);
	*ret_fd = take_fd(&fd);
	return 0;
}

static void log_plan(const struct assembly *a)
{
	for (size_t i = 0; i < a->plan.n_lowers; i++)
		log_debug("layer '%s'", a->plan.lowers[i]);
	for (size_t i = 0; i < a->n_mounts; i++)
		log_debug("mount '%s'%s%s%s", a->mounts[i].target,
			  a->mounts[i].source ? " from " : "",
			  a->mounts[i].source ? a->mounts[i].source : "",
			  a->mounts[i].read_only ? ", read-only" : "");
}

/* As many as certainly fit into the notes. */
static void note_mounts(const struct assembly *a, struct buf *out)
{
	char target[PATH_MAX];

	for (size_t i = 0; i < a->git.n && out->len < MOUNT_NOTES_MAX; i++)
		buf_addf(out, GIT_NOTE "%s\n", err_quote(target, sizeof(target), a->git.v[i]));
	for (size_t i = 0; i < a->n_mounts && out->len < MOUNT_NOTES_MAX; i++)
		buf_addf(out, MOUNT_NOTE "%s\n",
			 err_quote(target, sizeof(target), a->mounts[i].target));
}

/* What it is started with. follow: read before pid 1 was made. */
static void add_notes(const struct booting *b, const struct buf *follow, struct buf *out)
{
	const struct repository *r = &b->repository;
	const struct assembly *a = &b->assembly;
	char layer[PATH_MAX];

	buf_addf(out, HOST_LAYER_NOTE "%s\n%s",
		 err_quote(layer, sizeof(layer),
			   path_basename(a->root->lowers.v[a->root->lowers.n - 1])),
		 b->req->notes ? b->req->notes : "");
	if (r->git && !r->root)
		guarded_note_git(&r->dot_git, out);
	buf_addstr(out, follow->data);
	buf_addstr(out, a->etc_note ? a->etc_note : "");
	note_mounts(a, out);
}

/* Unrecorded, nobody could find or stop it. On return it is gone, with its mounts. */
static void kill_started(struct started_box *started)
{
	pidfd_send_signal(started->pidfd, SIGKILL, NULL, 0);
	proc_wait_pidfd(started->pidfd, -1);
	while (waitpid(started->pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	close_fd(&started->pidfd);
	close_fd(&started->boot_fd);
}

/* On failure no pid 1 is left. */
static int start_recorded(struct booting *b, int lifetime, struct err *e)
{
	cleanup_buf struct buf notes = BUF_INIT, follow = BUF_INIT;
	cleanup_close int control = -1;
	const struct box *box = b->req->box;
	struct assembly *a = &b->assembly;
	struct started_box started;
	int r = bind_control(b->req->store, box, &control, e);

	if (r < 0)
		return r;
	log_plan(a);
	a->plan.control_fd = control;
	a->plan.lifetime_fd = lifetime;
	a->plan.gateway = &b->link;
	a->plan.forward = b->link.place.forward;
	a->plan.ports = b->ports.v;
	a->plan.n_ports = b->ports.n;
	follow_note(a, &follow);
	agent_note(a, &follow);
	guarded_note(&a->guarded, &follow);
	r = start_box(&a->plan, &started, e);
	open_ports_clear(&b->ports); /* with a copy they would outlive the network */
	if (r < 0)
		return r;
	add_notes(b, &follow, &notes);
	r = box_record_start(b->req->store, box, lifetime, started.pid, notes.data, e);
	if (r == 0 && box->in_memory)
		r = box_publish(b->req->store, box, e);
	if (r == 0)
		r = start_wait(&a->plan, &started, e);
	if (r < 0) {
		kill_started(&started);
		return r;
	}
	log_debug("box '%s' (%s) runs as process %d", box->name, box->id, started.pid);
	if (b->link.note.msg[0])
		log_warn("%s", b->link.note.msg);
	if (started.number)
		log_debug("its address is 10.0.2.%u", started.number);
	b->started = started;
	return 0;
}

static int lock_and_start(struct booting *b, struct err *e)
{
	const struct boot_request *req = b->req;
	int *lifetime = req->lifetime ? req->lifetime : &b->lifetime;
	int r = req->lifetime ? 0 : box_take_lifetime(req->box, BOX_GONE_MS, lifetime, e);

	if (r == 0)
		r = box_make_runtime(req->store, req->box, e);
	if (r < 0)
		return r;
	r = ports_open(req->ports, req->n_ports, b->net, req->box->trial, &b->ports, e);
	if (r == 0)
		r = ports_add_localhost(req->localhost, req->n_localhost, b->net, &b->ports, e);
	if (r < 0)
		return r;
	if (!req->quiet) {
		ports_say_forward(req->settings, b->net);
		kernel_say(req->box, &b->assembly.plan);
	}
	r = start_recorded(b, *lifetime, e);
	if (r < 0)
		return r;
	assemble_volumes_filled(&b->assembly, b->started.pidfd);
	close_fd(&b->root->lease);
	if (!req->sealed)
		close_fd(lifetime);
	return 0;
}

/* From here on, what was agreed to before the box existed is kept with it. */
static int keep_reach(const struct booting *b, struct err *e)
{
	struct box *box = b->req->box;
	int r = reach_keep(box, b->req->settings, &b->assembly.reach, e);

	/* A service has no project of its own. */
	if (r < 0 || !box->project)
		return r;
	if (!box->trial)
		agreed_forget(b->req->store, box->project);
	/* Now it may be given to another directory than it was made for. */
	return box->followed ? 0 : box_follow(b->req->store, box, e);
}

/*
 * A box whose hook failed is stopped, because the next enter would join it half set up. A
 * throw-away box ends by itself.
 */
static int run_hooks(struct booting *b, const struct box_session *session, struct err *e)
{
	const struct boot_request *req = b->req;
	int *connection = &b->started.boot_fd;
	int r = req->hooks ? hooks_at_start(session, connection, e) : 0;
	struct err ignored;

	if (r < 0 && r != -ERR_RETRY && req->rescue) {
		log_warn("%s: the box is entered all the same", e->msg);
		r = 0;
	} else if (r < 0 && r != -ERR_RETRY && !req->box->temporary) {
		box_stop(req->box, 0, &ignored);
	}
	return r < 0 || !req->enter_hook ? r : hooks_at_enter(session, connection, e);
}

static void unlock_accepted(void *arg)
{
	box_unlock(arg);
}

static int run_session(struct booting *b, int *ret_status, struct err *e)
{
	const struct boot_request *req = b->req;
	const struct assembly *a = &b->assembly;
	cleanup_free char *cwd = req->cwd ? xstrdup(req->cwd)
					  : box_session_cwd(req->box, req->settings, a->project,
							    a->home);
	struct box_session session = {.box = req->box,
				      .settings = req->settings,
				      .user = req->user,
				      .options = req->session,
				      .plan = &b->root->plan,
				      .home = a->home,
				      .cwd = cwd,
				      .project = a->project,
				      .pid1 = b->started.pidfd,
				      .step = req->sealed,
				      .ret_last = req->ret_last,
				      .accepted = unlock_accepted,
				      .arg = req->box};
	int r = run_hooks(b, &session, e);

	if (r < 0)
		return r;
	return req->detach ? box_session_detach(&session, req->detach, b->started.boot_fd, e)
			   : box_session_run(&session, b->started.boot_fd, ret_status, e);
}

static int boot_once(const struct boot_request *req, int *ret_status, struct err *e)
{
	__attribute__((cleanup(booting_clear))) struct booting b = {
		.req = req,
		.own = IMAGE_ROOT_INIT,
		.lifetime = -1,
		.link = GATEWAY_LINK_INIT,
		.started = {.pidfd = -1, .boot_fd = -1}};
	int r = join_network(&b, e);

	if (r == 0)
		r = find_root(&b, e);
	if (r == 0)
		r = assemble_granted(&b, e);
	if (r == 0)
		r = lock_and_start(&b, e);
	if (r == 0 && b.new_reach)
		r = keep_reach(&b, e);
	return r < 0 ? r : run_session(&b, ret_status, e);
}

/*
 * A launcher that was killed before it recorded its pid 1 leaves a pid 1 that is unknown and soon
 * ends by itself: there is no pidfd to wait on, and the lock is released before the mounts. The
 * only sign is that the overlay's upper directory is busy, so the start is retried. It is also
 * retried if a directory of the box was missing and has been made: a kill or a power cut may leave
 * a box without one.
 */
int boot(const struct boot_request *req, int *ret_status, struct err *e)
{
	struct box *b = req->box;
	struct err ignored;
	int r;

	if (b->temporary)
		return boot_once(req, ret_status, e);
	if (!box_wait_gone(b, BOX_GONE_MS))
		return err_set(e, EBUSY,
			       "box '%s' is still ending: 'sandbox stop' ends it by force",
			       b->name);
	for (int waited = 0;; waited += BUSY_POLL_MS) {
		r = boot_once(req, ret_status, e);
		if (r == -ENOENT && b->lock_fd >= 0 && box_make_folders(b->dir_fd, &ignored) > 0)
			continue;
		/* Unlocked means that the session was accepted: the failure is the command's. */
		if (r != -EBUSY || b->lock_fd < 0 || waited >= BOX_GONE_MS)
			return r;
		usleep(BUSY_POLL_MS * 1000);
	}
}
