/*
 * changes.c - the trees of a box, and what was found in them.
 */
#include "changes/changes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/proc.h"
#include "changes/changes_walk.h"
#include "rootfs/image.h"
#include "start/boot.h"

/* Made in every box for what is mounted there, or by launch/etc.c. */
static const char *const always[] = {"/dev", "/etc", "/proc", "/run", "/sys", "/tmp"};

/* Of a home, a project or a system: what runs without being asked for, as whole components of a path. */
static const char *const run_later[] = {"/.bashrc",
					"/.bash_profile",
					"/.bash_login",
					"/.bash_logout",
					"/.profile",
					"/.zshrc",
					"/.zshenv",
					"/.zprofile",
					"/.zlogin",
					"/.config/autostart",
					"/.config/fish",
					"/.config/sandbox",
					"/.config/systemd",
					"/.ssh",
					"/.git/hooks",
					"/.git/config",
					"/.gitconfig",
					"/.envrc",
					"/.vscode",
					"/.idea",
					"/.husky",
					"/.devcontainer",
					"/.claude",
					"/.mcp.json",
					"/.pre-commit-config.yaml",
					"/.xprofile",
					"/etc/profile.d",
					"/etc/cron.d",
					"/etc/systemd",
					"/etc/xdg/autostart"};

int host_folder_open(const char *path, int *ret_fd, struct err *e)
{
	cleanup_close int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (root < 0)
		return err_sys(e, errno, "cannot open '/'");
	r = path_open_nolinks(root, path, O_PATH | O_DIRECTORY, 0, ret_fd, e);
	if (r == -ELOOP)
		return err_set(e, ELOOP, "cannot use '%s': a link was put in its way", path);
	return r;
}

static struct change_tree *add_tree(struct changes *c, const char *target,
				    const struct box_overlay *o)
{
	struct change_tree *t = &c->trees[c->n_trees++];

	*t = (struct change_tree){.target = xstrdup(target), .overlay = o, .upper = -1};
	return t;
}

static int open_upper(const struct store *s, const char *path, struct change_tree *t, struct err *e)
{
	t->upper = openat(s->data_fd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return t->upper < 0 ? err_sys(e, errno, "cannot open '%s/%s'", s->data, path) : 0;
}

static void reserve_lowers(struct change_tree *t, size_t n)
{
	t->lowers = xcalloc(n, sizeof(*t->lowers));
	t->base.layers = t->lowers;
}

static int add_root(const struct store *s, const struct box *b, struct changes *c, struct err *e)
{
	cleanup_free char *path = xasprintf("boxes/%s/upper", b->id);
	cleanup_image_root struct image_root root = IMAGE_ROOT_INIT;
	struct image_request image = {
		.store = s, .image = b->image, .base = b->project, .digest = &b->digest};
	struct change_tree *t = add_tree(c, "/", NULL);
	int r = image_resolve(&image, &root, e);

	if (r == 0)
		r = open_upper(s, path, t, e);
	if (r < 0)
		return r;
	image_root_stack(s, &b->prepared, &root);
	reserve_lowers(t, root.lowers.n);
	for (; t->base.n < root.lowers.n; t->base.n++) {
		const char *lower = root.lowers.v[t->base.n];
		int fd = open(lower, O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			return err_sys(e, errno, "cannot open '%s'", lower);
		t->lowers[t->base.n] = fd;
	}
	return 0;
}

static int add_overlay(const struct store *s, const struct box_overlay *o, struct changes *c,
		       struct err *e)
{
	cleanup_free char *upper = path_join(o->path, "upper");
	struct change_tree *t = add_tree(c, o->target, o);
	int fd, r = open_upper(s, upper, t, e);

	if (r == 0)
		r = host_folder_open(o->source, &fd, e);
	if (r < 0)
		return err_add(e, "cannot tell what has changed in '%s'", o->target);
	reserve_lowers(t, 1);
	t->lowers[t->base.n++] = fd;
	return 0;
}

/* What the last start mounted upon. */
static int read_mounts(const struct box *b, struct strv *out, struct err *e)
{
	cleanup_buf struct buf notes = BUF_INIT;
	char *save = NULL;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		strv_push(out, always[i]);
	r = box_start_notes(b, &notes, e);
	if (r < 0 || !notes.len)
		return r;
	for (char *line = strtok_r(notes.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (starts_with(line, MOUNT_NOTE))
			strv_push(out, line + strlen(MOUNT_NOTE));
	return 0;
}

static int add_trees(const struct store *s, const struct box *b, const char *home,
		     struct changes *c, struct err *e)
{
	cleanup_free char *path = xasprintf("boxes/%s/home", b->id);
	int r = overlays_list(s, b, &c->overlays, e);

	if (r < 0)
		return r;
	c->trees = xcalloc(c->overlays.n + 2, sizeof(*c->trees));
	r = add_root(s, b, c, e);
	if (r == 0)
		r = open_upper(s, path, add_tree(c, home, NULL), e);
	for (size_t i = 0; r == 0 && i < c->overlays.n; i++)
		r = add_overlay(s, &c->overlays.v[i], c, e);
	return r;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct change *)a)->path, ((const struct change *)b)->path);
}

int changes_find(const struct store *s, const struct box *b, struct changes *ret, struct err *e)
{
	cleanup_strv struct strv mounts = {0};
	cleanup_user struct user u = {0};
	cleanup_free char *home = NULL;
	int r;

	if (b->temporary)
		return err_set(e, EINVAL, "box '%s' is a throw-away box: nothing of it is kept",
			       b->name);
	user_self(&u);
	home = user_home(&u);
	r = read_mounts(b, &mounts, e);
	if (r == 0)
		r = add_trees(s, b, home, ret, e);
	for (size_t i = 0; r == 0 && i < ret->n_trees; i++) {
		struct changes_walk w = {.out = ret,
					 .tree = &ret->trees[i],
					 .user = &u,
					 .home = home,
					 .mounts = &mounts};

		r = changes_walk(&w, e);
	}
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_path);
	return r;
}

static void clear_change(struct change *c)
{
	free(c->path);
	free(c->link);
}

void changes_clear(struct changes *c)
{
	for (size_t i = 0; i < c->n; i++)
		clear_change(&c->v[i]);
	for (size_t i = 0; i < c->n_trees; i++) {
		struct change_tree *t = &c->trees[i];

		close_fd(&t->upper);
		for (size_t j = 0; j < t->base.n; j++)
			close_fd(&t->lowers[j]);
		free(t->lowers);
		free(t->target);
	}
	free(c->v);
	free(c->trees);
	overlays_clear(&c->overlays);
	*c = (struct changes){0};
}

void changes_keep(struct changes *c, const char *const *paths, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->n; i++) {
		bool keep = false;

		for (size_t j = 0; !keep && j < n; j++)
			keep = path_is_beneath(c->v[i].path, paths[j]);
		if (keep)
			c->v[kept++] = c->v[i];
		else
			clear_change(&c->v[i]);
	}
	c->n = kept;
}

static int open_regular(int root, const struct change *c, int *ret_fd, struct err *e)
{
	cleanup_close int fd = -1;
	struct stat st;
	int r = path_open_nolinks(root, c->rel, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, e);

	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "'%s' is no regular file", c->path);
	*ret_fd = take_fd(&fd);
	return 0;
}

int change_open(const struct change *c, int *ret_fd, struct err *e)
{
	return open_regular(c->tree->upper, c, ret_fd, e);
}

int change_open_base(const struct change *c, int *ret_fd, struct err *e)
{
	struct stat st;
	size_t layer;
	int r = view_lookup(&c->tree->base, c->rel, &layer, &st, e);

	return r < 0 ? r : open_regular(c->tree->base.layers[layer], c, ret_fd, e);
}

const char *change_special(const struct change *c)
{
	if (c->kind == CHANGE_DELETED)
		return NULL;
	switch (c->st.st_mode & S_IFMT) {
	case S_IFREG:
	case S_IFDIR:
	case S_IFLNK:
		return NULL;
	case S_IFIFO:
		return "FIFO";
	case S_IFSOCK:
		return "socket";
	default:
		return "device";
	}
}

bool change_is_run(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(run_later); i++) {
		size_t len = strlen(run_later[i]);

		for (const char *at = path; (at = strstr(at, run_later[i])); at++)
			if (at[len] == '\0' || at[len] == '/')
				return true;
	}
	return false;
}
