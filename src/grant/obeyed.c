/*
 * obeyed.c - compares the change times of known names with the start of a box.
 *
 * If nothing has changed, this costs one lookup a name, most of which do not exist.
 */
#include "grant/obeyed.h"

#include <errno.h>
#include <fcntl.h>
#include <sha256.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/file_time.h"
#include "base/log.h"
#include "base/path.h"
#include "base/report.h"
#include "config/mounts.h"
#include "grant/checkout.h"
#include "grant/guarded.h"
#include "grant/obeyed_git.h"
#include "grant/obeyed_look.h"
#include "grant/obeyed_names.h"

#define MAX_SAID   20
#define TOLD	   "told" /* in the box's directory: what was already reported, a line each */
#define TOLD_MAX   (64u << 10)
#define CONFIG_MAX (1u << 20)
#define SHARE	   50 /* divisor of the time that a session took */
#define WALK_MS	   50
#define SHORT_MS   5

/*
 * Looks into a directory such as .vscode. If one was moved here, it has changed but its files have
 * not. Returns the number of files in it that were not reported.
 */
static size_t look_at_tree(struct obeyed_look *l, int dir, const char *at, int depth)
{
	cleanup_dir struct dir d = {0};
	struct err ignored;
	size_t unsaid = 0, before;

	if (dir_open(&d, dir, ".", &ignored) < 0)
		return 1;
	while (dir_next(&d, &ignored) == 1) {
		cleanup_close int sub = -1;
		cleanup_free char *path = NULL;

		if (l->looked++ >= OBEYED_MAX_LOOKS) {
			unsaid++;
			break;
		}
		if (d.type != DT_DIR) {
			unsaid += !obeyed_file(l, dir, at, d.name);
			continue;
		}
		path = path_join(at, d.name);
		sub = openat(dir, d.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0 && depth > 0)
			unsaid += look_at_tree(l, sub, path, depth - 1);
	}
	before = l->n_found;
	obeyed_folder(l, dir, at, unsaid);
	return l->n_found > before ? 0 : unsaid;
}

static void look_at_name(struct obeyed_look *l, int dir, const char *at, const char *name,
			 bool folder)
{
	cleanup_free char *path = path_join(at, name);
	cleanup_close int sub = -1;

	if (!folder) {
		obeyed_file(l, dir, at, name);
		return;
	}
	sub = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	l->looked = 0;
	if (sub >= 0)
		look_at_tree(l, sub, path, 3);
	else
		obeyed_file(l, dir, at, name);
}

/* Does it still have the content that was read? */
static bool is_as_read(const char *path, const char *sha256)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct err ignored;
	char now[65];

	if (file_read(AT_FDCWD, path, CONFIG_MAX, &text, &ignored) < 0)
		return false;
	SHA256Data((const uint8_t *)text.data, text.len, now);
	return streq(now, sha256);
}

static void look_at_config(struct obeyed_look *l, const char *path, const char *sha256)
{
	struct stat st;

	/* A symlink, or its target. */
	if (lstat(path, &st) < 0 || (file_time_is_before(&st.st_ctim, &l->since) &&
				     (!S_ISLNK(st.st_mode) || stat(path, &st) < 0 ||
				      file_time_is_before(&st.st_ctim, &l->since))))
		return;
	if (!sha256 || !is_as_read(path, sha256))
		obeyed_add(l, path, &st, "");
}

/* The project's own file and lock, and what they include of it. */
static void look_at_settings(struct obeyed_look *l, const char *project, const struct settings *s)
{
	cleanup_free char *file = path_join(project, "sandbox.ini"),
			  *lock = path_join(project, "sandbox.lock");

	look_at_config(l, file, s ? s->project_sha256 : NULL);
	look_at_config(l, lock, NULL);
	for (size_t i = 0; s && i < s->file_paths.n; i++)
		if (path_is_beneath(s->file_paths.v[i], project))
			look_at_config(l, s->file_paths.v[i],
				       s->files.v[2 * i + 1] + strlen("sha256:"));
}

/* Hooks and settings that git uses because its settings, or symlinks in its data, name them. */
static void look_at_named(struct obeyed_look *l, const char *project)
{
	cleanup_free char *git = path_join(project, ".git");
	cleanup_strv struct strv paths = {0};

	if (strv_has(&l->safe, git))
		return;
	checkout_named(project, &paths);
	for (size_t i = 0; i < paths.n; i++) {
		cleanup_free char *at = path_normalize(paths.v[i], "..");
		cleanup_close int dir = open(at, O_PATH | O_DIRECTORY | O_CLOEXEC);
		const char *name = path_basename(paths.v[i]);
		struct stat st;

		if (dir >= 0 && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			look_at_name(l, dir, at, name, S_ISDIR(st.st_mode));
	}
}

/*
 * One directory listing costs less than a lookup for each name. Git comes first, so that a flood of
 * other files cannot crowd it out.
 */
static void look_in(struct obeyed_look *l, const char *dir)
{
	cleanup_strv struct strv there = {0};
	cleanup_dir struct dir d = {0};
	struct err ignored;
	enum obeyed_dot_git git = OBEYED_NO_GIT;

	if (dir_open(&d, AT_FDCWD, dir, &ignored) < 0)
		return;
	while (dir_next(&d, &ignored) == 1) {
		if (streq(d.name, ".git"))
			git = d.type == DT_DIR ? OBEYED_GIT_DIR : OBEYED_GIT_OTHER;
		else if (streq(d.name, ".gitmodules"))
			l->submodules = true;
		else if (obeyed_is_name(d.name))
			strv_push_take(&there,
				       xasprintf("%c%s", d.type == DT_REG ? 'f' : 'd', d.name));
	}
	obeyed_git(l, dir_fd(&d), dir, git);
	if (git != OBEYED_NO_GIT)
		look_at_named(l, dir);
	for (size_t i = 0; i < there.n; i++)
		look_at_name(l, dir_fd(&d), dir, there.v[i] + 1, *there.v[i] == 'd');
}

/* The path in a line of obeyed_look.found. */
static const char *path_in(const char *line)
{
	const char *time = strchr(line, ' ');
	const char *path = time ? strchr(time + 1, ' ') : NULL;

	return path ? path + 1 : "";
}

/* Prints the lines in found that were not reported for this box before; told: those that were. */
static void say(const struct strv *found, const char *told)
{
	size_t said = 0, more = 0;

	for (size_t i = 0; i < found->n; i++) {
		cleanup_free char *line = xasprintf("\n%s\n", found->v[i]);

		if (told && strstr(told, line))
			continue;
		if (said++ < MAX_SAID)
			log_note("changed while the box ran, and run or obeyed on the host later: "
				 "'%s'",
				 path_in(found->v[i]));
		else
			more++;
	}
	if (more)
		log_note("and %zu more files like these", more);
}

static bool has_path(const struct strv *lines, const char *path)
{
	for (size_t i = 0; i < lines->n; i++)
		if (streq(path_in(lines->v[i]), path))
			return true;
	return false;
}

/* Adds what was reported and is not in found: a short session searches less than a long one. */
static void keep_told(struct buf *now, const char *told, const struct strv *found)
{
	for (const char *end; (end = strchr(told, '\n')) && now->len < TOLD_MAX - 1024;
	     told = end + 1) {
		cleanup_free char *line = xasprintf("%.*s", (int)(end - told), told);

		if (!has_path(found, path_in(line)))
			buf_addf(now, "%s\n", line);
	}
}

/* Prints, and notes what was reported since this start: one line for each path. */
static void say_once(const struct box *b, const struct obeyed_look *l)
{
	cleanup_buf struct buf told = BUF_INIT, now = BUF_INIT;
	const struct strv *found = &l->found;
	struct err ignored;
	struct stat st;

	buf_addch(&told, '\n');
	if (fstatat(b->dir_fd, TOLD, &st, 0) < 0 || file_time_is_before(&st.st_mtim, &l->since) ||
	    file_read(b->dir_fd, TOLD, TOLD_MAX, &told, &ignored) < 0) {
		buf_reset(&told);
		buf_addch(&told, '\n');
	}
	say(found, told.data);
	for (size_t i = 0; i < found->n && now.len < TOLD_MAX - 1024; i++)
		buf_addf(&now, "%s\n", found->v[i]);
	keep_told(&now, told.data + 1, found);
	if (!streq(now.data, told.data + 1))
		file_write_atomic(b->dir_fd, TOLD, now.data, now.len, 0600, &ignored);
}

static void begin_look(struct obeyed_look *l, const struct obeyed_session *began)
{
	l->walk_began = clock_ms();
	l->walk_ms = began ? (l->walk_began - began->entered) / SHARE : SHORT_MS;
	if (l->walk_ms > WALK_MS)
		l->walk_ms = WALK_MS;
}

void obeyed_begin(struct obeyed_session *ret)
{
	ret->failed = false;
	clock_gettime(CLOCK_REALTIME_COARSE, &ret->began);
	ret->entered = clock_ms();
}

static bool wants(const struct settings *s)
{
	return !report_is_quiet() && (!s || streq(settings_get(s, KEY_REPORT), "yes"));
}

/* Directories of the host that [mounts] makes writable for the box. */
static void look_in_mounts(struct obeyed_look *l, const struct box *b, const struct settings *s)
{
	struct mount_setting *v = NULL;
	struct err ignored;
	size_t n = 0;

	if (settings_mounts(s, "/", &v, &n, &ignored) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (v[i].kind == MOUNT_SETTING_BIND && !v[i].read_only && !v[i].overlay &&
		    !(b->project && path_is_beneath(v[i].source, b->project)))
			look_in(l, v[i].source);
	mount_settings_free(v, n);
}

/* A protection that was lost is always reported. */
static void say_lost(const struct box *b)
{
	cleanup_buf struct buf notes = BUF_INIT;
	cleanup_free char *lost = NULL;
	struct err e;

	if (box_start_notes(b, &notes, &e) < 0)
		log_warn("cannot tell which protected paths were replaced: %s", e.msg);
	lost = guarded_lost(notes.data);
	if (lost)
		log_warn("'%s' was replaced while box '%s' ran: since then it was not protected, "
			 "and code inside could write it",
			 lost, b->name);
}

static void add_protected(struct obeyed_look *l, const char *project, const struct settings *s)
{
	cleanup_strv struct strv words = {0};

	settings_list(s, KEY_PROTECT, &words);
	for (size_t i = 0; i < words.n; i++)
		strv_push_take(&l->safe, path_normalize(project, words.v[i]));
}

void obeyed_say(const struct box *b, const struct settings *s, const struct obeyed_session *began)
{
	const char *shown = s ? settings_get(s, KEY_PROJECT) : NULL;
	cleanup_obeyed_look struct obeyed_look l = {.project = b->project, .box = b};
	struct stat st;

	if (b->trial || !b->project)
		return;
	if (!s || settings_find(s, KEY_PROTECT))
		say_lost(b);
	if (!wants(s))
		return;
	/* Empty: it never started. */
	if (fstatat(b->dir_fd, "lock", &st, 0) < 0 || !st.st_size)
		return;
	l.since = st.st_mtim;
	/* No session ran, so nothing that has changed since that start is a session's. */
	if (began && began->failed && file_time_is_before(&l.since, &began->began))
		return;
	if (s)
		add_protected(&l, b->project, s);
	begin_look(&l, began);
	if (!shown || !streq(shown, "no")) {
		look_at_settings(&l, b->project, s);
		look_in(&l, b->project);
	}
	if (s)
		look_in_mounts(&l, b, s);
	if (l.found.n)
		say_once(b, &l);
}

void obeyed_say_in(const char *dir, const struct settings *s, const struct obeyed_session *began)
{
	cleanup_obeyed_look struct obeyed_look l = {.since = began->began, .project = dir};

	if (!wants(s))
		return;
	begin_look(&l, began);
	look_at_settings(&l, dir, NULL);
	look_in(&l, dir);
	say(&l.found, NULL);
}
