/*
 * plan_make.c - the config of an image, checked and made flat.
 *
 * Refused: a user that the image does not know, ids beyond 32 bits or equal to -1 (CVE-2024-40635), a
 * passwd that is no regular file or larger than a megabyte (CVE-2024-9676), a working folder or a
 * volume that is no absolute path, a stop signal that is none.
 */
#include "image/plan_make.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "config/value.h"
#include "image/plan.h"
#include "image/view.h"

#define PASSWD_MAX_BYTES (1u << 20)
#define ID_MAX		 UINT32_MAX - 1 /* (uid_t)-1 means "leave alone" to the kernel */

static bool parse_id(const char *text, unsigned long *ret)
{
	return value_number(text, 0, ID_MAX, ret);
}

static char *next_field(char **line)
{
	return strsep(line, ":");
}

/* A line of passwd or group, cut into its fields. */
struct account {
	char *field[6]; /* name, password, uid, gid, gecos, home; of a group only the first three */
};

static void cut_line(char *line, struct account *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(ret->field); i++)
		ret->field[i] = line ? next_field(&line) : NULL;
}

/* The first line whose name or, for a number, whose id is `want`; points into text. */
static bool find_account(char *text, const char *want, struct account *ret)
{
	char *line;
	unsigned long id, have;
	bool number = parse_id(want, &id);

	while ((line = strsep(&text, "\n"))) {
		cut_line(line, ret);
		if (!ret->field[2] || !parse_id(ret->field[2], &have))
			continue;
		if (streq(ret->field[0], want) || (number && have == id))
			return true;
	}
	return false;
}

static int read_accounts(const struct view *v, const char *path, struct buf *out, struct err *e)
{
	int r = view_read(v, path, PASSWD_MAX_BYTES, out, e);

	/* An image need not have one: its USER is a number then. */
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
	} else if (!parse_id(name, &id)) {
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

/* USER of a config: user or uid, then perhaps ":" and group or gid (image-spec, config.md). */
static int set_user(const struct view *v, const char *text, struct image_plan *p, struct err *e)
{
	cleanup_free char *user = xstrdup(text);
	char *group = strchr(user, ':');
	int r;

	if (group)
		*group++ = '\0';
	r = find_user(v, *user ? user : "0", p, e);
	if (r == 0 && group && *group)
		r = find_group(v, group, p, e);
	if (r < 0)
		return err_add(e, "the image's user '%s' cannot be used", text);
	p->has_user = true;
	return 0;
}

static int set_paths(const struct image_config *c, struct image_plan *p, struct err *e)
{
	/* Docker takes a relative one to start at "/". */
	if (c->workdir)
		p->workdir = c->workdir[0] == '/' ? xstrdup(c->workdir)
						  : xasprintf("/%s", c->workdir);
	for (size_t i = 0; i < c->volumes.n; i++) {
		if (c->volumes.v[i][0] != '/' || strstr(c->volumes.v[i], "/.."))
			return err_set(e, EBADMSG,
				       "the image's volume '%s' is no absolute path without '..'",
				       c->volumes.v[i]);
		strv_push(&p->volumes, c->volumes.v[i]);
	}
	if (c->stop_signal && !value_signal(c->stop_signal))
		return err_set(e, EBADMSG, "the image's stop signal '%s' is none", c->stop_signal);
	p->stop_signal = xstrdup(c->stop_signal);
	return 0;
}

static void copy_list(const struct strv *from, struct strv *to)
{
	for (size_t i = 0; i < from->n; i++)
		strv_push(to, from->v[i]);
}

/* The layers, opened; top first. */
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

int plan_make(const struct image_store *s, const struct digest *manifest,
	      const struct image_config *c, const struct strv *layers, struct err *e)
{
	__attribute__((cleanup(close_layers))) struct open_layers open = {0};
	cleanup_image_plan struct image_plan p = {0};
	struct view v;
	int r = open_layers(s, layers, &open, e);

	v = (struct view){.layers = open.fds, .n = open.n};
	if (r == 0 && c->user)
		r = set_user(&v, c->user, &p, e);
	if (r == 0)
		r = set_paths(c, &p, e);
	if (r < 0)
		return r;
	copy_list(layers, &p.layers);
	copy_list(&c->env, &p.env);
	copy_list(&c->entrypoint, &p.entrypoint);
	copy_list(&c->cmd, &p.cmd);
	return image_plan_write(s->fd, manifest, &p, e);
}
