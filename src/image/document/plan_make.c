/*
 * plan_make.c - checks the config of an image and makes a plan from it.
 *
 * If the image does not know its user, if ids are beyond 32 bits or equal to -1 (CVE-2024-40635),
 * or if passwd is not a regular file or is larger than a megabyte (CVE-2024-9676), the plan says
 * so: starting a session as that user is refused, everything else works. Paths are made absolute
 * and lose their "..", as in Docker; an invalid volume or stop signal is left out, with a note.
 */
#include "image/document/plan_make.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/path.h"
#include "config/value.h"
#include "image/store/plan.h"
#include "image/store/view.h"

#define PASSWD_MAX_BYTES (1u << 20)
#define VOLUMES_MAX	 128		/* a start makes at most 256 mounts and directories */
#define ID_MAX		 UINT32_MAX - 1 /* (uid_t)-1 means "leave unchanged" to the kernel */
#define ONLY_MAX	 8
#define NS_PER_MS	 1000000
#define PLAIN_NAME	 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

/* What an image does not have is left out of its plan; what cannot be read now is not. */
struct looking {
	struct view view;
	struct err failed; /* the first time; code 0: never */
};

static void note_failure(struct looking *l, int r, const struct err *e)
{
	if ((err_is_lack(r) || r == -EIO) && !l->failed.code)
		l->failed = *e;
}

static bool parse_id(const char *text, unsigned long *ret)
{
	return value_number(text, 0, ID_MAX, ret);
}

static char *next_field(char **line)
{
	return strsep(line, ":");
}

/* A line of passwd or group, split into its fields. */
struct account {
	char *field[6]; /* name, password, uid, gid, gecos, home; of a group the first three */
};

static void cut_line(char *line, struct account *account)
{
	for (size_t i = 0; i < ARRAY_SIZE(account->field); i++)
		account->field[i] = line ? next_field(&line) : NULL;
}

/* The first line whose name or, if numeric, whose id is `want`; points into text. */
static bool find_account(char *text, const char *want, struct account *account)
{
	char *line;
	unsigned long id, have;
	bool number = parse_id(want, &id);

	while ((line = strsep(&text, "\n"))) {
		cut_line(line, account);
		if (!account->field[2] || !parse_id(account->field[2], &have))
			continue;
		if (streq(account->field[0], want) || (number && have == id))
			return true;
	}
	return false;
}

static int read_accounts(const struct view *v, const char *path, struct buf *out, struct err *e)
{
	int r = view_read(v, path, PASSWD_MAX_BYTES, out, e);

	/* An image may have none; then its USER is a number. */
	return r == -ENOENT || r == -ENOTDIR ? 0 : r;
}

static int find_user(const struct view *v, const char *name, struct image_plan *p, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct account a = {0};
	unsigned long id = 0, gid = 0;
	int r = read_accounts(v, "etc/passwd", &text, e);

	if (r < 0)
		return r;
	if (find_account(text.data, name, &a)) {
		parse_id(a.field[2], &id);
		if (!a.field[3] || !parse_id(a.field[3], &gid))
			return err_set(e, EBADMSG, "its passwd gives '%s' no group", name);
	} else if (!streq(name, "root") && !parse_id(name, &id)) {
		return err_set(e, EBADMSG, "its passwd has no user '%s'", name);
	}
	p->uid = (uid_t)id;
	p->gid = (gid_t)gid;
	p->user = xstrdup(a.field[0] && *a.field[0] ? a.field[0] : name);
	p->home = xstrdup(a.field[5] && a.field[5][0] == '/' ? a.field[5] : "/");
	return 0;
}

static int find_group(const struct view *v, const char *name, struct image_plan *p, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct account a = {0};
	unsigned long id;
	int r = read_accounts(v, "etc/group", &text, e);

	if (r < 0)
		return r;
	if (!parse_id(name, &id)) {
		if (!find_account(text.data, name, &a))
			return err_set(e, EBADMSG, "it has no group '%s'", name);
		parse_id(a.field[2], &id);
	}
	p->gid = (gid_t)id;
	return 0;
}

/* USER of a config: user or uid, then optionally ":" and group or gid (image-spec, config.md). */
static int find_ids(const struct view *v, const char *text, struct image_plan *p, struct err *e)
{
	cleanup_free char *user = xstrdup(text);
	char *group = strchr(user, ':');
	int r;

	if (group)
		*group++ = '\0';
	r = find_user(v, *user ? user : "0", p, e);
	return r == 0 && group && *group ? find_group(v, group, p, e) : r;
}

int plan_find_user(const struct view *v, const char *text, uint32_t *ret_uid, uint32_t *ret_gid,
		   struct err *e)
{
	cleanup_image_plan struct image_plan p = {0};
	int r = find_ids(v, text, &p, e);

	if (r < 0)
		return r;
	*ret_uid = p.uid;
	*ret_gid = p.gid;
	return 0;
}

static void set_user(struct looking *l, const char *text, struct image_plan *p)
{
	char quoted[200];
	struct err e;
	int r = find_ids(&l->view, text, p, &e);

	if (r == 0) {
		p->has_user = true;
		return;
	}
	note_failure(l, r, &e);
	p->no_user = xasprintf("the image's user '%s' cannot be used: %s",
			       err_quote(quoted, sizeof(quoted), text), e.msg);
	p->uid = 0;
	p->gid = 0;
	free(take_ptr(p->user));
	free(take_ptr(p->home));
}

/* Does it fit Linux's PATH_MAX and NAME_MAX? */
static bool is_path(const char *path)
{
	if (strlen(path) >= PATH_MAX)
		return false;
	for (const char *c = path; *c; c += *c == '/') {
		size_t n = strcspn(c, "/");

		if (n > NAME_MAX)
			return false;
		c += n;
	}
	return true;
}

static char *absolute(const char *path, const char *what)
{
	cleanup_free char *clean = path_normalize("/", path);
	char quoted[200];

	if (is_path(clean))
		return take_ptr(clean);
	log_note("the image's %s '%s' is not a path: it is left out", what,
		 err_quote(quoted, sizeof(quoted), path));
	return NULL;
}

static void set_paths(const struct image_config *c, struct image_plan *p)
{
	char quoted[200];

	if (c->workdir)
		p->workdir = absolute(c->workdir, "working directory");
	for (size_t i = 0; i < c->volumes.n; i++) {
		cleanup_free char *path = absolute(c->volumes.v[i], "volume");

		/* The root itself exists anyway. */
		if (path && path[1] && p->volumes.n < VOLUMES_MAX)
			strv_push(&p->volumes, path);
	}
	if (c->volumes.n > VOLUMES_MAX)
		log_note("the image has %zu volumes: %d are used", c->volumes.n, VOLUMES_MAX);
	if (c->stop_signal && value_signal(c->stop_signal))
		p->stop_signal = xstrdup(c->stop_signal);
	else if (c->stop_signal)
		log_note("the image's stop signal '%s' is unknown: SIGTERM is sent",
			 err_quote(quoted, sizeof(quoted), c->stop_signal));
}

static void copy_list(const struct strv *from, struct strv *to)
{
	for (size_t i = 0; i < from->n; i++)
		strv_push(to, from->v[i]);
}

static void add_time(struct image_plan *p, const char *key, long long n)
{
	if (n)
		strv_push_take(&p->health_times, xasprintf("%s %lld", key, n));
}

static void set_health(const struct image_health *h, struct image_plan *p)
{
	const char *how = h->test.n ? h->test.v[0] : "NONE";

	if (streq(how, "NONE") || !*how)
		return;
	if (h->test.n < 2 || !(streq(how, "CMD") || streq(how, "CMD-SHELL"))) {
		log_note("the image's health check cannot be used: it is left out");
		return;
	}
	copy_list(&h->test, &p->health);
	add_time(p, "interval", h->interval / NS_PER_MS);
	add_time(p, "timeout", h->timeout / NS_PER_MS);
	add_time(p, "start-period", h->start_period / NS_PER_MS);
	add_time(p, "retries", h->retries);
}

/* Is there a directory? With its names. */
static bool look_in(struct looking *l, const char *path, struct stat *ret_st, struct strv *names)
{
	struct err e;
	size_t layer;
	int r = view_lookup(&l->view, path, &layer, ret_st, &e);

	if (r == 0 && S_ISDIR(ret_st->st_mode))
		r = view_list(&l->view, path, names, &e);
	if (r < 0)
		note_failure(l, r, &e);
	return r == 0 && S_ISDIR(ret_st->st_mode);
}

/* An empty directory that mkdir(2) can make the same way, with a name that fits a line. */
static bool is_plain_folder(struct looking *l, const char *path, mode_t *ret_mode)
{
	cleanup_strv struct strv names = {0};
	struct stat st;

	if (path[strspn(path, "/" PLAIN_NAME)] || !look_in(l, path, &st, &names) || names.n ||
	    (st.st_mode & (S_ISUID | S_ISGID)))
		return false;
	*ret_mode = st.st_mode & ~(mode_t)S_IFMT;
	return true;
}

/*
 * Determines once what a start has to copy from there, if that is nothing or a few empty
 * directories (Debian's /run/lock). A start handles symlinks itself.
 */
static void set_memory(struct looking *l, const char *memory, struct image_plan *p)
{
	cleanup_strv struct strv names = {0}, only = {0};
	struct stat st;

	if (!look_in(l, memory, &st, &names) || names.n > ONLY_MAX)
		return;
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *path = xasprintf("%s/%s", memory, names.v[i]);
		mode_t mode;

		if (!is_plain_folder(l, path, &mode))
			return;
		strv_push_take(&only, xasprintf("%o %s", mode, path));
	}
	if (!names.n)
		strv_push(&p->bare, memory);
	copy_list(&only, &p->only);
}

static bool is_there(struct looking *l, const char *path, mode_t bits)
{
	cleanup_free char *resolved = NULL;
	struct stat st;
	struct err e;
	size_t layer;
	int r = view_resolve(&l->view, path, &resolved, &layer, &st, &e);

	if (r < 0)
		note_failure(l, r, &e);
	return r == 0 && S_ISREG(st.st_mode) && (st.st_mode & bits) == bits;
}

/*
 * The usual values of the host's $SHELL, $TERM and $LANG: a session looks for them in the box,
 * where the first lookup of a name costs 10 us.
 */
static void set_has(struct looking *l, struct image_plan *p)
{
	static const char *const shells[] = {"/bin/sh",	     "/bin/bash",    "/usr/bin/bash",
					     "/bin/zsh",     "/usr/bin/zsh", "/bin/fish",
					     "/usr/bin/fish"};
	static const char *const terms[] = {"xterm",	       "xterm-256color", "screen", "tmux",
					    "screen-256color", "tmux-256color",	 "linux",  "vt100"};
	static const char *const folders[] = {"/lib/terminfo", "/usr/share/terminfo"};

	/* C.UTF-8 in Debian and Fedora. */
	if (is_there(l, "/usr/lib/locale/C.utf8/LC_CTYPE", 0444))
		strv_push(&p->has, "LANG=C.UTF-8");
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++)
		if (is_there(l, shells[i], 0555))
			strv_push_take(&p->has, xasprintf("SHELL=%s", shells[i]));
	for (size_t i = 0; i < ARRAY_SIZE(terms); i++)
		for (size_t j = 0; j < ARRAY_SIZE(folders); j++) {
			cleanup_free char *path = xasprintf("%s/%c/%s", folders[j], terms[i][0],
							    terms[i]);

			if (is_there(l, path, 0444)) {
				strv_push_take(&p->has, xasprintf("TERM=%s", terms[i]));
				break;
			}
		}
}

/* The opened layers, top first. */
struct open_layers {
	int *fds;
	size_t n;
};

static void close_layers(struct open_layers *o)
{
	for (size_t i = 0; i < o->n; i++)
		close_fd(&o->fds[i]);
	free(o->fds);
}

static int open_layers(const struct image_store *s, const struct strv *paths, struct open_layers *o,
		       struct err *e)
{
	o->fds = xcalloc(paths->n, sizeof(*o->fds));
	for (; o->n < paths->n; o->n++) {
		o->fds[o->n] = openat(s->fd, paths->v[o->n], O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (o->fds[o->n] < 0)
			return err_sys(e, errno, "cannot open the layer '%s'", paths->v[o->n]);
	}
	return 0;
}

static int build(const struct image_store *s, const struct image_config *c,
		 const struct strv *layers, struct image_plan *ret, struct err *e)
{
	__attribute__((cleanup(close_layers))) struct open_layers open = {0};
	struct looking look = {0};
	int r = open_layers(s, layers, &open, e);

	look.view = (struct view){.layers = open.fds, .n = open.n};
	if (r < 0)
		return r;
	if (c->user)
		set_user(&look, c->user, ret);
	set_paths(c, ret);
	set_memory(&look, "/tmp", ret);
	set_memory(&look, "/run", ret);
	set_has(&look, ret);
	if (look.failed.code) {
		*e = look.failed;
		return -e->code;
	}
	for (size_t i = 0; i < c->notes.n; i++)
		log_note("the image's config: %s: left out", c->notes.v[i]);
	copy_list(layers, &ret->layers);
	copy_list(&c->env, &ret->env);
	copy_list(&c->entrypoint, &ret->entrypoint);
	copy_list(&c->cmd, &ret->cmd);
	set_health(&c->health, ret);
	return 0;
}

int plan_make(const struct image_store *s, const struct digest *manifest,
	      const struct image_config *c, const struct strv *layers, struct err *e)
{
	cleanup_image_plan struct image_plan p = {0};
	int r = build(s, c, layers, &p, e);

	return r < 0 ? r : image_plan_write(s->fd, manifest, &p, e);
}

int plan_compare(const struct image_store *s, const struct digest *manifest,
		 const struct image_config *c, const struct strv *layers, struct err *e)
{
	cleanup_image_plan struct image_plan want = {0}, have = {0};
	int r = image_plan_read(s->fd, manifest, &have, e), built;
	const char *differs;

	if (r == -ENOENT && !image_plan_exists(s->fd, manifest))
		return 0;
	if (r < 0 && r != -ENOENT && r != -EBADMSG)
		return r;
	if (r < 0)
		return err_set(e, EBADMSG, "is damaged");
	built = build(s, c, layers, &want, e);
	if (built < 0)
		return built;
	differs = image_plan_difference(&want, &have);
	return differs ? err_set(e, EBADMSG, "has another '%s' than the image says", differs) : 0;
}
