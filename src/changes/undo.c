/*
 * undo.c - keeping replaced files, and the list of them.
 *
 * The list has lines of fields without blanks, other bytes as %XX:
 *
 *	of PATH
 *	KIND KEPT MODE SIZE SECONDS NANOSECONDS FOLDER REL
 *	back N		the N-th of these was taken back
 *	end		the apply has come to its end
 *
 * A truncated line does not count: its change had not begun.
 */
#include "changes/undo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/copy_whole.h"
#include "base/file.h"
#include "base/path.h"
#include "base/usage.h"

#define FOLDER	 "undo"
#define LIST	 "list"
#define LIST_MAX (512u << 20)

static void clear_entries(struct undo *u)
{
	for (size_t i = 0; i < u->n; i++) {
		free(u->v[i].folder);
		free(u->v[i].rel);
	}
	free(u->v);
	u->v = NULL;
	u->n = u->cap = 0;
}

void undo_close(struct undo *u)
{
	clear_entries(u);
	free(u->of);
	free(u->key);
	close_fd(&u->dir);
	close_fd(&u->list);
	*u = (struct undo)UNDO_INIT;
}

static char *escape(const char *s)
{
	struct buf b = BUF_INIT;

	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == '%' || *s == 0x7f)
			buf_addf(&b, "%%%02X", (unsigned char)*s);
		else
			buf_addch(&b, *s);
	return buf_detach(&b);
}

static char *unescape(const char *s)
{
	struct buf b = BUF_INIT;
	unsigned int byte;

	for (; *s; s++)
		if (*s == '%' && sscanf(s + 1, "%2x", &byte) == 1 && s[1] && s[2]) {
			buf_addch(&b, (char)byte);
			s += 2;
		} else {
			buf_addch(&b, *s);
		}
	return buf_detach(&b);
}

static int append(struct undo *u, const char *line, struct err *e)
{
	int r = write_all(u->list, line, strlen(line));

	return r < 0 ? err_sys(e, -r, "cannot write the list of what is kept for '%s'", u->of) : 0;
}

static void add(struct undo *u, struct undo_entry entry)
{
	if (u->n == u->cap) {
		u->cap = u->cap ? u->cap * 2 : 64;
		u->v = xrealloc(u->v, u->cap, sizeof(*u->v));
	}
	u->v[u->n++] = entry;
	if (entry.kept >= u->next)
		u->next = entry.kept + 1;
}

static void take_line(struct undo *u, const char *line)
{
	struct undo_entry entry = {0};
	long long size, seconds, nanoseconds;
	unsigned int mode;
	int at = 0;
	char kind;
	const char *rel;
	size_t n;

	if (streq(line, "end"))
		u->whole = true;
	else if (sscanf(line, "back %zu", &n) == 1 && n < u->n)
		u->v[n].back = true;
	if (sscanf(line, "%c %u %o %lld %lld %lld %n", &kind, &entry.kept, &mode, &size, &seconds,
		   &nanoseconds, &at) != 6 ||
	    !strchr("AMDC", kind) || !(rel = strchr(line + at, ' ')))
		return;
	entry.kind = (enum undo_kind)kind;
	entry.st.st_mode = mode;
	entry.st.st_size = size;
	entry.st.st_mtim = (struct timespec){.tv_sec = seconds, .tv_nsec = nanoseconds};
	{
		cleanup_free char *folder = xstrndup(line + at, (size_t)(rel - (line + at)));

		entry.folder = unescape(folder);
		entry.rel = unescape(rel + 1);
	}
	add(u, entry);
}

/* Returns whether it belongs to u->of. */
static bool read_list(struct undo *u, struct err *e)
{
	cleanup_free char *escaped = escape(u->of), *first = xasprintf("of %s", escaped);
	cleanup_buf struct buf text = BUF_INIT;
	bool ours = false;
	char *end;

	if (file_read(u->dir, LIST, LIST_MAX, &text, e) < 0)
		return false;
	for (char *line = text.data; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		ours |= streq(line, first);
		take_line(u, line);
	}
	return ours;
}

static char *path_of(const struct undo *u)
{
	return path_join(FOLDER, u->key);
}

/* Opens and locks an existing one. */
static int open_locked(const struct store *s, struct undo *u, struct err *e)
{
	cleanup_free char *path = path_of(u);
	int r;

	do {
		close_fd(&u->dir);
		u->dir = openat(s->data_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (u->dir < 0)
			return err_sys(e, errno, "cannot open '%s/%s'", s->data, path);
		r = file_lock(u->dir, path, e);
		if (r < 0)
			return r;
	} while (!file_is_at(u->dir, s->data_fd, path));
	return 0;
}

static struct undo undo_of(const char *of)
{
	struct undo u = UNDO_INIT;

	u.of = xstrdup(of);
	u.key = xstrdup(store_key(of).hex);
	return u;
}

bool undo_exists(const struct store *s, const char *of)
{
	cleanup_undo struct undo u = undo_of(of);
	cleanup_free char *path = path_of(&u);

	return faccessat(s->data_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int undo_open(const struct store *s, const char *of, struct undo *ret, struct err *e)
{
	cleanup_undo struct undo u = undo_of(of);
	struct err ignored;

	if (open_locked(s, &u, e) < 0)
		return e->code == ENOENT
			       ? err_set(e, ENOENT, "there is nothing kept to undo for '%s'", of)
			       : -e->code;
	if (!read_list(&u, &ignored))
		return err_set(e, EUCLEAN,
			       "the files kept for '%s' have no list: 'sandbox apply --forget' "
			       "removes them",
			       of);
	u.list = openat(u.dir, LIST, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	if (u.list < 0)
		return err_sys(e, errno, "cannot open the list of what is kept for '%s'", of);
	*ret = u;
	u = (struct undo)UNDO_INIT;
	return 0;
}

/* Makes a new one, empty and locked. */
static int make(const struct store *s, struct undo *u, struct err *e)
{
	cleanup_free char *path = path_of(u), *escaped = escape(u->of),
			  *first = xasprintf("of %s\n", escaped);
	int r;

	if ((mkdirat(s->data_fd, FOLDER, 0700) < 0 || mkdirat(s->data_fd, path, 0700) < 0) &&
	    errno != EEXIST)
		return err_sys(e, errno, "cannot make '%s/%s'", s->data, path);
	if (mkdirat(s->data_fd, path, 0700) < 0 && errno != EEXIST)
		return err_sys(e, errno, "cannot make '%s/%s'", s->data, path);
	r = open_locked(s, u, e);
	if (r < 0)
		return r;
	u->list = openat(u->dir, LIST,
			 O_WRONLY | O_APPEND | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (u->list < 0)
		return err_sys(e, errno, "cannot write what is kept for '%s'", u->of);
	return append(u, first, e);
}

int undo_begin(const struct store *s, const char *of, struct undo *ret, struct err *e)
{
	cleanup_undo struct undo u = UNDO_INIT;
	int r = undo_open(s, of, &u, e);

	if (r == 0 && u.whole)
		r = undo_forget(s, &u, e);
	else if (r == 0) {
		u.resumed = u.n;
		*ret = u;
		u = (struct undo)UNDO_INIT;
		return 0;
	}
	if (r < 0 && r != -ENOENT && r != -EUCLEAN)
		return r;
	undo_close(&u);
	u = undo_of(of);
	r = make(s, &u, e);
	if (r < 0)
		return r;
	*ret = u;
	u = (struct undo)UNDO_INIT;
	return 0;
}

static int note(struct undo *u, struct undo_entry entry, struct err *e)
{
	cleanup_free char *folder = escape(entry.folder), *rel = escape(entry.rel);
	cleanup_free char *line = xasprintf(
		"%c %u %o %lld %lld %lld %s %s\n", entry.kind, entry.kept, entry.st.st_mode,
		(long long)entry.st.st_size, (long long)entry.st.st_mtim.tv_sec,
		(long long)entry.st.st_mtim.tv_nsec, folder, rel);

	entry.folder = xstrdup(entry.folder);
	entry.rel = xstrdup(entry.rel);
	add(u, entry);
	return append(u, line, e);
}

/* An entry of the same path from before an interruption of this apply, unless it had no effect. */
static const struct undo_entry *find_before(const struct undo *u, const char *folder,
					    const char *rel)
{
	for (size_t i = u->resumed; i-- > 0;) {
		const struct undo_entry *entry = &u->v[i];
		char number[16];

		if (entry->back || !streq(entry->rel, rel) || !streq(entry->folder, folder))
			continue;
		snprintf(number, sizeof(number), "%u", entry->kept);
		if (entry->kind == UNDO_ADDED ||
		    faccessat(u->dir, number, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return entry;
	}
	return NULL;
}

int undo_keep(struct undo *u, enum undo_kind kind, int parent, const char *name, const char *folder,
	      const char *rel, const struct stat *now, struct err *e)
{
	const struct undo_entry *before = find_before(u, folder, rel);
	struct undo_entry entry = {.kind = kind,
				   .kept = u->next,
				   .st = *now,
				   .folder = (char *)folder,
				   .rel = (char *)rel};
	char number[16];
	int r = 0;

	/* The present file was put there, or left, by the same apply before it was interrupted. */
	if (before && kind == UNDO_REMOVED && before->kind == kind)
		return file_remove_tree(parent, name, e);
	if (before && kind != UNDO_REMOVED && before->kind != UNDO_MODE) {
		entry.kind = before->kind;
		entry.kept = before->kept;
		return note(u, entry, e);
	}
	snprintf(number, sizeof(number), "%u", u->next);
	if (kind == UNDO_REPLACED)
		r = copy_whole(parent, name, u->dir, number, e);
	if (r == 0)
		r = note(u, entry, e);
	if (r == 0 && kind == UNDO_REMOVED)
		r = copy_whole_move(parent, name, u->dir, number, e);
	return r < 0 ? err_add(e, "cannot keep '%s/%s'", folder, rel) : 0;
}

int undo_end(struct undo *u, struct err *e)
{
	u->whole = true;
	return append(u, "end\n", e);
}

uint64_t undo_size(const struct undo *u)
{
	uint64_t size = 0;
	struct err ignored;
	bool whole;

	return usage_of_tree(u->dir, ".", &size, &whole, &ignored) == 0 ? size : 0;
}

int undo_forget(const struct store *s, struct undo *u, struct err *e)
{
	cleanup_free char *path = path_of(u);

	return store_discard(s, path, e);
}

int undo_drop(const struct store *s, const char *of, struct err *e)
{
	cleanup_undo struct undo u = undo_of(of);

	return undo_forget(s, &u, e);
}
