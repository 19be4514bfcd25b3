/*
 * forward.c - converts format 2 to format 3: a name made from a text was its FNV-1a and a slot (for
 * texts with the same hash); now it is its SHA-256.
 *
 * A process of format 2 may still have the store open, and boxes may run. So every name that they
 * may have read stays valid:
 *
 *	layers/step-<old>	becomes, in one exchange, a symlink to layers/step-<key>, the
 *				directory. Records of boxes keep the old name; gc removes it
 *				when no record has it
 *	steps/<old>, .log	get a second hard link; gc removes the first
 *	projects/, trials/	get a second entry; a sweep removes the first, once the box is gone
 *
 * The rest is read only when a command begins, and is renamed: agreed/, undo/, steps/failed-<old>;
 * caches/ and matrix/ if a box tells the project's path. Overlays in boxes are left to
 * overlay_make().
 *
 * The text that a name was made from is stored with the named file. It is used only if it gives the
 * old name, so no project gets what belongs to another. A file without such a text keeps its name,
 * and is made again when needed.
 *
 * Every step must continue its own work after a kill. This file describes format 2 as it was: do
 * not update it with changes elsewhere.
 */
#include "store/forward.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/fnv.h"
#include "base/kv.h"
#include "base/mem.h"
#include "base/new_file.h"
#include "base/path.h"
#include "store/lease.h"
#include "store/name.h"

#define HASH_LEN  16
#define TEXT_MAX  (64u << 20)
#define FIRST_MAX 16384 /* a path with every byte written as %XX, and more */
#define LEASE_MS  30000

struct conversion {
	int fd;
	const char *path;     /* of the store, for messages */
	struct strv projects; /* paths, from the records of boxes */
	bool any;	      /* there was something to convert */
	int lease;	      /* held from the first renamed layer on; -1: not yet */
};

struct hash {
	char hex[HASH_LEN + 1];
};

static struct hash hash_of(const char *text)
{
	struct hash h;

	snprintf(h.hex, sizeof(h.hex), "%016llx", (unsigned long long)fnv1a(text));
	return h;
}

/* "<hash>" or "<hash>-<slot>". */
static bool is_old(const char *name)
{
	if (strspn(name, "0123456789abcdef") != HASH_LEN)
		return false;
	name += HASH_LEN;
	return !*name || (name[0] == '-' && name[1] >= '1' && name[1] <= '8' && !name[2]);
}

/* Can the old name be made from that text? */
static bool is_of(const char *name, const char *text)
{
	return strncmp(name, hash_of(text).hex, HASH_LEN) == 0;
}

/*
 * Errors of a file that has no text to offer, or none that may be read; it is skipped. All
 * others are errors.
 */
static bool says_nothing(int r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -EINVAL || r == -EFBIG || r == -EISDIR ||
	       r == -ELOOP || r == -ENXIO || r == -EACCES || r == -EPERM;
}

static int failed(const struct conversion *m, const char *what, const char *name, struct err *e)
{
	return err_sys(e, errno, "cannot %s '%s/%s'", what, m->path, name);
}

static int rename_to(struct conversion *m, const char *from, const char *to, struct err *e)
{
	m->any = true;
	if (renameat2(m->fd, from, m->fd, to, RENAME_NOREPLACE) == 0 || errno == ENOENT ||
	    errno == EEXIST)
		return 0;
	/* NFS has no flags. */
	if (errno == EINVAL && renameat(m->fd, from, m->fd, to) == 0)
		return 0;
	return errno == ENOENT || errno == EEXIST || errno == ENOTEMPTY
		       ? 0
		       : failed(m, "rename", from, e);
}

static int link_to(const struct conversion *m, const char *from, const char *to, struct err *e)
{
	if (linkat(m->fd, from, m->fd, to, 0) < 0 && errno != ENOENT && errno != EEXIST)
		return failed(m, "link", from, e);
	return 0;
}

/*
 * Makes the new name as a symlink to itself, then exchanges it with the directory. Returns 1 if the
 * layer has its new name; 0 if there is no layer, another one has that name, or the file system
 * cannot exchange (overlayfs).
 */
static int move_layer(const struct conversion *m, const char *name, const char *key, struct err *e)
{
	cleanup_free char *old = xasprintf("layers/step-%s", name);
	cleanup_free char *new = xasprintf("layers/step-%s", key);
	struct stat st;

	if (fstatat(m->fd, old, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : failed(m, "look at", old, e);
	if (!S_ISDIR(st.st_mode))
		return S_ISLNK(st.st_mode);
	if (symlinkat(path_basename(new), m->fd, new) < 0 && errno != EEXIST)
		return failed(m, "make", new, e);
	if (fstatat(m->fd, new, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return failed(m, "look at", new, e);
	if (!S_ISLNK(st.st_mode))
		return 0;
	if (renameat2(m->fd, old, m->fd, new, RENAME_EXCHANGE) == 0)
		return 1;
	if (errno != EXDEV && errno != EINVAL)
		return failed(m, "rename", old, e);
	return unlinkat(m->fd, new, 0) < 0 ? failed(m, "remove", new, e) : 0;
}

/* The layer comes first: prepared_find() takes a text to mean that there is a layer. */
static int move_step(struct conversion *m, const char *name, struct err *e)
{
	cleanup_free char *from = path_join("steps", name), *to = NULL, *log = NULL, *to_log = NULL;
	cleanup_buf struct buf text = BUF_INIT;
	struct store_key key;
	int r = file_read(m->fd, from, TEXT_MAX, &text, e);

	if (r < 0 || !is_of(name, text.data))
		return says_nothing(r) ? 0 : r;
	m->any = true;
	key = store_key(text.data);
	r = move_layer(m, name, key.hex, e);
	if (r <= 0)
		return r;
	to = path_join("steps", key.hex);
	to_log = xasprintf("%s.log", to);
	log = xasprintf("steps/%.*s-1.log", HASH_LEN, name);
	r = link_to(m, log, to_log, e);
	return r < 0 ? r : link_to(m, from, to, e);
}

static int move_steps(struct conversion *m, const struct strv *names, struct err *e)
{
	int r = store_lease_open(m->fd, m->path, &m->lease, e);

	if (r == 0)
		r = store_lease_share(m->lease, m->path, LEASE_MS, e);
	for (size_t i = 0; r == 0 && i < names->n; i++)
		r = move_step(m, names->v[i], e);
	return r;
}

/* Reads the first line of a file of any length; NULL if it has none to offer. */
static int read_line(const struct conversion *m, const char *path, char **ret, struct err *e)
{
	cleanup_close int fd = openat(m->fd, path,
				      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	char line[FIRST_MAX + 1];
	ssize_t n = fd < 0 ? -1 : pread(fd, line, FIRST_MAX, 0);

	*ret = NULL;
	if (n < 0)
		return says_nothing(-errno) || errno == ESPIPE ? 0 : failed(m, "read", path, e);
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	*ret = xstrdup(line);
	return 0;
}

/* "<log>\n<directory>" */
static int move_failure(struct conversion *m, const char *name, struct err *e)
{
	cleanup_free char *from = path_join("steps", name), *to = NULL;
	cleanup_buf struct buf text = BUF_INIT;
	const char *dir;
	int r = file_read(m->fd, from, FIRST_MAX, &text, e);

	if (r < 0)
		return says_nothing(r) ? 0 : r;
	dir = strchr(text.data, '\n');
	if (!dir || !is_of(name + strlen("failed-"), dir + 1))
		return 0;
	to = xasprintf("steps/failed-%s", store_key(dir + 1).hex);
	return rename_to(m, from, to, e);
}

static int move_all_steps(struct conversion *m, struct err *e)
{
	cleanup_strv struct strv names = {0}, steps = {0};
	int r = dir_names(m->fd, "steps", &names, e);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		const char *name = names.v[i];

		if (is_old(name))
			strv_push(&steps, name);
		else if (starts_with(name, "failed-") && is_old(name + strlen("failed-")))
			r = move_failure(m, name, e);
	}
	return r < 0 || !steps.n ? r : move_steps(m, &steps, e);
}

static int move_entry(struct conversion *m, const char *index, const char *name, struct err *e)
{
	cleanup_free char *old = path_join(index, name), *record = NULL, *new = NULL;
	cleanup_kv struct kv kv = {0};
	char id[BOX_ID_LEN + 2];
	const char *project;
	ssize_t n = readlinkat(m->fd, old, id, sizeof(id));
	int r;

	if (n < 0)
		return says_nothing(-errno) ? 0 : failed(m, "read", old, e);
	id[n < (ssize_t)sizeof(id) ? n : 0] = '\0';
	if (!store_valid_id(id))
		return 0;
	record = xasprintf("boxes/%s/record", id);
	r = kv_read(&kv, m->fd, record, e);
	if (r < 0)
		return says_nothing(r) ? 0 : r;
	project = kv_get(&kv, "project");
	if (!project || !is_of(name, project))
		return 0;
	strv_push(&m->projects, project);
	m->any = true;
	new = path_join(index, store_key(project).hex);
	if (symlinkat(id, m->fd, new) < 0 && errno != EEXIST)
		return failed(m, "make", new, e);
	return 0;
}

static int move_projects(struct conversion *m, const char *name, struct err *e)
{
	return move_entry(m, "projects", name, e);
}

static int move_trials(struct conversion *m, const char *name, struct err *e)
{
	return move_entry(m, "trials", name, e);
}

/* "<sha256> [<mark>] <directory>": quoted; if that has changed it, the user is asked again. */
static int move_agreed(struct conversion *m, const char *name, struct err *e)
{
	cleanup_free char *from = path_join("agreed", name), *to = NULL, *line = NULL;
	int r = read_line(m, from, &line, e);
	const char *dir = line ? strstr(line, " /") : NULL;

	if (r < 0 || !dir || !is_of(name, dir + 1))
		return r;
	to = path_join("agreed", store_key(dir + 1).hex);
	return rename_to(m, from, to, e);
}

/* Decodes %XX in place; the result is never longer. */
static void unescape(char *s)
{
	char *to = s;
	unsigned int byte;

	for (; *s; to++) {
		if (s[0] == '%' && isxdigit((unsigned char)s[1]) && isxdigit((unsigned char)s[2]) &&
		    sscanf(s + 1, "%2x", &byte) == 1) {
			*to = (char)byte;
			s += 3;
		} else {
			*to = *s++;
		}
	}
	*to = '\0';
}

/* "of <directory>", or the id of a box. */
static int move_undo(struct conversion *m, const char *name, struct err *e)
{
	cleanup_free char *from = path_join("undo", name), *list = path_join(from, "list");
	cleanup_free char *to = NULL, *line = NULL;
	int r = read_line(m, list, &line, e);

	if (r < 0 || !line || !starts_with(line, "of "))
		return r;
	unescape(line);
	if (!is_of(name, line + strlen("of ")))
		return 0;
	to = path_join("undo", store_key(line + strlen("of ")).hex);
	return rename_to(m, from, to, e);
}

/*
 * "<name><mark><hash>": a project's own cache, of the first versions, and the logs of its
 * matrix.
 */
static int move_owned(struct conversion *m, const char *folder, char mark, struct err *e)
{
	cleanup_strv struct strv names = {0};
	int r = m->projects.n ? dir_names(m->fd, folder, &names, e) : 0;

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		const char *hash = strrchr(names.v[i], mark);

		for (size_t k = 0; hash && r == 0 && k < m->projects.n; k++) {
			const char *project = m->projects.v[k];
			cleanup_free char *from = NULL, *to = NULL;

			if (!streq(hash + 1, hash_of(project).hex))
				continue;
			from = path_join(folder, names.v[i]);
			to = xasprintf("%s/%.*s%s", folder, (int)(hash + 1 - names.v[i]),
				       names.v[i], store_key(project).hex);
			r = rename_to(m, from, to, e);
		}
	}
	return r;
}

static int move_each(struct conversion *m, const char *folder,
		     int (*move)(struct conversion *m, const char *name, struct err *e),
		     struct err *e)
{
	cleanup_strv struct strv names = {0};
	int r = dir_names(m->fd, folder, &names, e);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (size_t i = 0; r == 0 && i < names.n; i++)
		if (is_old(names.v[i]))
			r = move(m, names.v[i], e);
	return r;
}

int store_forward(int data_fd, const char *path, int *ret_lease, struct err *e)
{
	struct conversion m = {.fd = data_fd, .path = path, .lease = -1};
	int r = move_each(&m, "projects", move_projects, e);

	if (r == 0)
		r = move_each(&m, "trials", move_trials, e);
	if (r == 0)
		r = move_each(&m, "agreed", move_agreed, e);
	if (r == 0)
		r = move_each(&m, "undo", move_undo, e);
	if (r == 0)
		r = move_owned(&m, "caches", '.', e);
	if (r == 0)
		r = move_owned(&m, "matrix", '-', e);
	/* Last, so that little is left to fail between this and the number. */
	if (r == 0)
		r = move_all_steps(&m, e);
	/* This includes what a killed process has moved. */
	if (r == 0 && m.any)
		r = sync_fs(data_fd, path, e);
	strv_clear(&m.projects);
	if (r == 0)
		*ret_lease = take_fd(&m.lease);
	close_fd(&m.lease);
	return r < 0 ? err_add(e, "cannot convert the store '%s' to format %d", path, 3) : 0;
}
