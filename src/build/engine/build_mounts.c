/*
 * build_mounts.c - the mounts of a step: copies, caches, memory, secrets, agents.
 *
 * A bind is a copy of what the step may see, as COPY would make it, so that .dockerignore holds and
 * what is written there is lost. A secret is a file beside the box's root that goes with the box,
 * and no part of any key or record.
 */
#include "build/engine/build_mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/owner.h"
#include "base/path.h"
#include "box/caches.h"
#include "build/copy.h"
#include "build/engine/build_source.h"
#include "image/name/hash.h"

#define SECRET_MAX (500u << 10) /* as in BuildKit */
#define CACHE_HEX  32		/* digits of a cache's name */

static const char *id_of(const struct run_mount *m)
{
	if (m->id)
		return m->id;
	if (m->type == RUN_MOUNT_SECRET)
		return m->source ? m->source : path_basename(m->target);
	return m->type == RUN_MOUNT_SSH ? "default" : m->target;
}

/* Where it is in the box; the caller frees it. number: of agents of this step. */
static char *target_of(const struct build_state *s, const struct run_mount *m, size_t number)
{
	const char *cwd = build_state_text(s, "WorkingDir");

	if (m->target)
		return path_normalize(*cwd ? cwd : "/", m->target);
	if (m->type == RUN_MOUNT_SSH)
		return xasprintf("/run/buildkit/ssh_agent.%zu", number);
	return xasprintf("/run/secrets/%s", path_basename(id_of(m)));
}

/* A bind, as the COPY that makes its files. */
struct bind {
	struct instruction in;
	struct graph_step of;
	struct step step;
	struct build_source from;
	struct copy_request req;
};

static void bind_clear(struct bind *c)
{
	strv_clear(&c->step.args);
	build_source_close(&c->from);
}

static int open_bind(struct build *b, const struct step *step, size_t i, struct bind *ret,
		     struct err *e)
{
	const struct run_mount *m = &step->mounts[i];

	*ret = (struct bind){.in = {.kind = INSTRUCTION_COPY, .line = step->of->in->line},
			     .from = {.context = -1}};
	ret->of.in = &ret->in;
	ret->step.of = &ret->of;
	strv_push(&ret->step.args, m->source && *m->source ? m->source : "/");
	strv_push(&ret->step.args, "/m");
	ret->req = (struct copy_request){.step = &ret->step,
					 .file = b->req->graph->file->name,
					 .workdir = "/",
					 .from = &ret->from.tree,
					 .limits = {.max_bytes = b->req->conf->max_size,
						    .max_entries = b->req->conf->max_entries}};
	return build_source_open(b, &step->of->sources[i], &ret->from, e);
}

static int describe_bind(struct build *b, const struct step *step, size_t i, struct buf *out,
			 struct err *e)
{
	__attribute__((cleanup(bind_clear))) struct bind c;
	struct digest key;
	int r = open_bind(b, step, i, &c, e);

	/* Of a stage all files count: that is known without a look at them. */
	if (c.from.key.hex[0])
		c.from.tree.key = &c.from.key;
	if (r == 0)
		r = copy_key(b->copy, &c.req, &key, e);
	if (r == 0)
		buf_addf(out, " files %s%s", key.hex, step->mounts[i].read_only ? "" : " writable");
	return r;
}

int build_mounts_describe(struct build *b, const struct build_state *s, const struct step *step,
			  struct buf *out, struct err *e)
{
	size_t agents = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < step->n_mounts; i++) {
		const struct run_mount *m = &step->mounts[i];
		cleanup_free char *target = target_of(s, m, agents);
		cleanup_free char *text = NULL;

		agents += m->type == RUN_MOUNT_SSH;
		text = xasprintf("%s at %s as %s", run_mount_types[m->type], target,
				 m->env ? m->env : "file");
		buf_addf(out, "mount %s", text);
		if (m->type == RUN_MOUNT_BIND)
			r = describe_bind(b, step, i, out, e);
		buf_addch(out, '\n');
	}
	return r;
}

static void add(struct build_mounts *out, const struct extra_mount *m)
{
	out->v = xrealloc(out->v, out->n + 1, sizeof(*out->v));
	out->v[out->n++] = *m;
}

static int copy_bind(struct build *b, struct bind *c, struct build_mounts *out, char **ret_path,
		     struct err *e)
{
	const struct image_store *store = b->req->store;
	const struct copy_tree nothing = {.name = "the mount"};
	cleanup_close int upper = -1, meta = -1;
	cleanup_free char *tmp = NULL, *meta_name = NULL;
	int r = image_store_tmpdir(store, &tmp, &upper, e);

	if (r < 0)
		return r;
	strv_push(&out->trees, tmp);
	c->req.base = &nothing;
	if (fchmod(upper, 0755) < 0)
		return err_sys(e, errno, "cannot prepare '%s'", tmp);
	r = image_store_tmpfile(store, &meta_name, &meta, e);
	if (r < 0)
		return r;
	unlinkat(store->fd, meta_name, 0);
	r = copy_step(b->copy, &c->req, upper, meta, e);
	if (r == 0)
		*ret_path = xasprintf("%s/%s/m", store->path, tmp);
	return r;
}

static int add_bind(struct build *b, const struct step *step, size_t i, struct extra_mount *m,
		    struct build_mounts *out, struct err *e)
{
	__attribute__((cleanup(bind_clear))) struct bind c;
	int r = open_bind(b, step, i, &c, e);

	if (r == 0)
		r = build_source_fetch(b, &c.from, e);
	m->read_only = step->mounts[i].read_only;
	return r < 0 ? r : copy_bind(b, &c, out, &m->source, e);
}

/* Holds the cache for one step, or finds one that no other step uses. */
static int lock_cache(const struct build *b, const char *name, bool private, char **ret_name,
		      struct build_mounts *out, struct err *e)
{
	for (size_t i = 0;; i++) {
		cleanup_free char *own = i ? xasprintf("%s-%zu", name, i) : xstrdup(name);
		cleanup_free char *path = NULL;
		cleanup_close int fd = -1;
		int r = cache_make(&b->store, own, NULL, &path, e);

		if (r < 0)
			return r;
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return err_sys(e, errno, "cannot open '%s'", path);
		if (!file_trylock(fd)) {
			if (private)
				continue;
			log_note("a step waits for another one that uses the same cache");
			r = file_lock(fd, path, e);
			if (r < 0)
				return r;
		}
		out->locks = xrealloc(out->locks, out->n_locks + 1, sizeof(*out->locks));
		out->locks[out->n_locks++] = take_fd(&fd);
		*ret_name = take_ptr(own);
		return 0;
	}
}

static int add_cache(const struct build *b, const struct run_mount *from, struct extra_mount *m,
		     struct build_mounts *out, struct err *e)
{
	struct store_key key = store_key(id_of(from));
	cleanup_free char *name = xasprintf("build-%.*s", CACHE_HEX, key.hex);
	cleanup_free char *path = NULL;
	bool private = from->sharing && streq(from->sharing, "private");
	int r;

	if (from->from)
		return err_set(
			e, ENOTSUP,
			"--mount=type=cache,from=%s: a cache begins empty; fill it in the step",
			from->from);
	m->read_only = from->read_only;
	m->cache = true;
	if (from->sharing && !streq(from->sharing, "shared"))
		return lock_cache(b, name, private, &m->source, out, e);
	r = cache_make(&b->store, name, NULL, &path, e);
	/* Users of the image other than root have it too: they are all the same one here. */
	if (r == 0 &&
	    chmod(path, from->mode ? (mode_t)strtoul(from->mode, NULL, 8) | S_IRWXU : 0755) < 0)
		r = err_sys(e, errno, "cannot prepare '%s'", path);
	if (r == 0)
		m->source = take_ptr(name);
	return r;
}

/* Bytes of a size that values_size() has checked: 64m, 1.5GB. */
static unsigned long long bytes_of(const char *text)
{
	static const char units[] = "kmgtp";
	char *end;
	double value = strtod(text, &end);
	const char *unit;

	end += *end == ' ';
	unit = *end ? strchr(units, *end | 0x20) : NULL;
	for (; unit && unit >= units; unit--)
		value *= 1024;
	return (unsigned long long)value;
}

static const struct build_lent *find_lent(const struct build_lent *v, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (streq(v[i].id, id))
			return &v[i];
	return NULL;
}

/* Of a project, whose files its boxes can replace. */
static int read_beneath(const struct build_lent *secret, struct buf *out, struct err *e)
{
	cleanup_close int top = open(secret->top, O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -1;
	int r;

	if (top < 0)
		return err_sys(e, errno, "cannot open '%s'", secret->top);
	r = path_open_beneath(top, secret->path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, e);
	return r < 0 ? r : file_read_fd(fd, secret->path, SECRET_MAX, out, e);
}

static int read_secret(const struct build_lent *secret, struct buf *out, struct err *e)
{
	const char *value = secret->env ? getenv(secret->env) : NULL;
	int r;

	if (secret->path) {
		r = secret->top ? read_beneath(secret, out, e)
				: file_read(AT_FDCWD, secret->path, SECRET_MAX, out, e);
		return r < 0 ? err_add(e, "cannot read the secret '%s'", secret->id) : 0;
	}
	if (!value)
		return err_set(e, ENOENT, "the secret '%s' is the variable %s, which is not set",
			       secret->id, secret->env);
	buf_addstr(out, value);
	return 0;
}

/* In the box's own directory, with which it goes. */
static int write_secret(const struct build *b, const struct run_mount *from, const struct box *box,
			const struct buf *text, size_t number, char **ret, struct err *e)
{
	mode_t mode = from->mode ? (mode_t)strtoul(from->mode, NULL, 8) : 0400;
	const struct owner owner = {.uid = from->uid ? (uint32_t)strtoul(from->uid, NULL, 10) : 0,
				    .gid = from->gid ? (uint32_t)strtoul(from->gid, NULL, 10) : 0};
	cleanup_free char *path = xasprintf("%s/boxes/%s/secret-%zu", b->store.data, box->id,
					    number);
	cleanup_close int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char mark[OWNER_MAX];
	int r;

	if (fd < 0)
		return err_sys(e, errno, "cannot make '%s'", path);
	r = write_all(fd, text->data, text->len);
	if (r < 0 || fchmod(fd, mode & 0777) < 0)
		return err_sys(e, r < 0 ? -r : errno, "cannot write '%s'", path);
	/* Only what root of the box is told. */
	if (owner.uid || owner.gid)
		(void)!fsetxattr(fd, OWNER_XATTR, mark, owner_format(&owner, mark), 0);
	*ret = take_ptr(path);
	return 0;
}

/* Returns 0 without a source if nobody gave the secret and the step can do without. */
static int add_secret(const struct build *b, const struct run_mount *from, const struct box *box,
		      size_t number, struct extra_mount *m, struct build_mounts *out, struct err *e)
{
	const struct build_lent *secret = find_lent(b->req->secrets, b->req->n_secrets,
						    id_of(from));
	cleanup_buf struct buf text = BUF_INIT;
	int r;

	if (!secret && from->required)
		return err_set(e, ENOENT,
			       "the step needs the secret '%s': give it with "
			       "--secret id=%s,src=FILE",
			       id_of(from), id_of(from));
	if (!secret)
		return 0;
	r = read_secret(secret, &text, e);
	if (r < 0)
		return r;
	if (from->env)
		strv_push_take(&out->env, xasprintf("%s=%s", from->env, text.data));
	if (from->env && !from->target)
		return 0;
	m->read_only = true;
	return write_secret(b, from, box, &text, number, &m->source, e);
}

static int add_agent(const struct build *b, const struct run_mount *from, struct extra_mount *m,
		     struct build_mounts *out, struct err *e)
{
	const struct build_lent *agent = find_lent(b->req->agents, b->req->n_agents, id_of(from));
	struct stat st;

	if (!agent && from->required)
		return err_set(e, ENOENT,
			       "the step needs the SSH agent '%s': give it with --ssh %s",
			       id_of(from), id_of(from));
	if (!agent)
		return 0;
	if (stat(agent->path, &st) < 0)
		return err_sys(e, errno, "cannot use the SSH agent '%s'", agent->path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(
			e, ENOTSUP,
			"'%s' of --ssh is not the socket of an agent: 'ssh-add' gives it the "
			"key",
			agent->path);
	m->source = xstrdup(agent->path);
	strv_push_take(&out->env, xasprintf("SSH_AUTH_SOCK=%s", m->target));
	return 0;
}

static int add_mount(struct build *b, const struct step *step, size_t i, const struct box *box,
		     struct extra_mount *m, struct build_mounts *out, struct err *e)
{
	const struct run_mount *from = &step->mounts[i];

	switch (from->type) {
	case RUN_MOUNT_BIND:
		return add_bind(b, step, i, m, out, e);
	case RUN_MOUNT_CACHE:
		return add_cache(b, from, m, out, e);
	case RUN_MOUNT_SECRET:
		return add_secret(b, from, box, i, m, out, e);
	case RUN_MOUNT_SSH:
		return add_agent(b, from, m, out, e);
	case RUN_MOUNT_TMPFS:
		m->memory = true;
		m->size = from->size ? bytes_of(from->size) : 0;
	}
	return 0;
}

int build_mounts_open(struct build *b, const struct build_state *s, const struct step *step,
		      const struct box *box, struct build_mounts *out, struct err *e)
{
	size_t agents = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < step->n_mounts; i++) {
		struct extra_mount m = {.target = target_of(s, &step->mounts[i], agents)};

		agents += step->mounts[i].type == RUN_MOUNT_SSH;
		r = add_mount(b, step, i, box, &m, out, e);
		if (r == 0 && (m.source || m.memory)) {
			add(out, &m);
			continue;
		}
		free(m.source);
		free(m.target);
	}
	return r;
}

void build_mounts_close(const struct build *b, struct build_mounts *m)
{
	struct err ignored;

	for (size_t i = 0; i < m->n; i++) {
		free(m->v[i].source);
		free(m->v[i].target);
	}
	free(m->v);
	for (size_t i = 0; i < m->n_locks; i++)
		close_fd(&m->locks[i]);
	free(m->locks);
	for (size_t i = 0; i < m->trees.n; i++)
		file_remove_tree(b->req->store->fd, m->trees.v[i], &ignored);
	strv_clear(&m->trees);
	strv_clear(&m->env);
	*m = (struct build_mounts){0};
}
