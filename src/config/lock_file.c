/*
 * lock_file.c - reading and writing sandbox.lock.
 *
 * Refuses anything unknown, naming the line: a lock that is only half understood is worthless.
 */
#include "config/lock_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"

#define WORD_MAX  512
#define MAX_WORDS 5

static void manager_clear(struct lock_manager *m)
{
	free(m->name);
	strv_clear(&m->asked);
	strv_clear(&m->packages);
}

void lock_clear(struct lock_file *l)
{
	free(l->machine);
	free(l->time);
	free(l->image);
	free(l->digest);
	strv_clear(&l->bases);
	strv_clear(&l->profiles);
	for (size_t i = 0; i < l->n_managers; i++)
		manager_clear(&l->managers[i]);
	free(l->managers);
	*l = (struct lock_file){0};
}

bool lock_word(const char *word)
{
	size_t len = strlen(word);

	if (streq(word, LOCK_NONE))
		return true;
	if (!len || len > WORD_MAX || word[0] == '-')
		return false;
	for (; *word; word++)
		if (*word <= ' ' || *word > '~')
			return false;
	return true;
}

const char *lock_base(const struct strv *bases, const char *platform, const char *name)
{
	for (size_t i = 0; i + 2 < bases->n; i += 3)
		if (streq(bases->v[i], platform) && streq(bases->v[i + 1], name))
			return bases->v[i + 2];
	return NULL;
}

struct lock_manager *lock_manager(const struct lock_file *l, const char *name)
{
	for (size_t i = 0; i < l->n_managers; i++)
		if (streq(l->managers[i].name, name))
			return &l->managers[i];
	return NULL;
}

struct lock_manager *lock_manager_add(struct lock_file *l, const char *name)
{
	struct lock_manager *m = lock_manager(l, name);

	if (m)
		return m;
	l->managers = xrealloc(l->managers, l->n_managers + 1, sizeof(*l->managers));
	m = &l->managers[l->n_managers++];
	*m = (struct lock_manager){.name = xstrdup(name)};
	return m;
}

void lock_manager_remove(struct lock_file *l, const char *name)
{
	struct lock_manager *m = lock_manager(l, name);

	if (!m)
		return;
	manager_clear(m);
	*m = l->managers[--l->n_managers];
}

static bool set_once(char **to, const char *word)
{
	if (*to)
		return false;
	*to = xstrdup(word);
	return true;
}

/* The known facts: how many words follow, and where they go. False if the fact is repeated. */
static bool take(struct lock_file *l, char *const *w)
{
	struct lock_manager *m;

	if (streq(w[0], "machine"))
		return set_once(&l->machine, w[1]);
	if (streq(w[0], "time"))
		return set_once(&l->time, w[1]);
	if (streq(w[0], "image"))
		return set_once(&l->image, w[1]) && set_once(&l->digest, w[2]);
	if (streq(w[0], "base")) {
		if (lock_base(&l->bases, w[1], w[2]))
			return false;
		for (size_t i = 1; i <= 3; i++)
			strv_push(&l->bases, w[i]);
		return true;
	}
	if (streq(w[0], "profile")) {
		strv_push(&l->profiles, w[1]);
		strv_push(&l->profiles, w[2]);
		return true;
	}
	m = lock_manager_add(l, w[1]);
	strv_push(streq(w[0], "asked") ? &m->asked : &m->packages, w[2]);
	if (streq(w[0], "package")) {
		strv_push(&m->packages, w[3]);
		strv_push(&m->packages, w[4]);
	}
	return true;
}

static size_t words_of(const char *kind)
{
	static const struct {
		const char *kind;
		size_t n;
	} kinds[] = {{"machine", 2}, {"time", 2},  {"image", 3},  {"base", 4},
		     {"profile", 3}, {"asked", 3}, {"package", 5}};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (streq(kind, kinds[i].kind))
			return kinds[i].n;
	return 0;
}

static int parse_line(struct lock_file *l, char *line, struct err *e)
{
	char none[] = "", *words[MAX_WORDS] = {none, none, none, none, none}, *word;
	size_t n = 0;

	while ((word = strsep(&line, " "))) {
		if (n == MAX_WORDS || !lock_word(word))
			return err_set(e, ERR_USAGE, "expected words such as a lock is made of");
		words[n++] = word;
	}
	if (words_of(words[0]) != n)
		return err_set(e, ERR_USAGE,
			       "'%s' with %zu words is unknown: the lock is from a newer sandbox, "
			       "or damaged",
			       words[0], n - 1);
	if (!take(l, words))
		return err_set(e, ERR_USAGE, "'%s' is there twice", words[0]);
	return 0;
}

static int check_whole(const struct lock_file *l, const char *name, struct err *e)
{
	if (l->machine && l->time && l->image)
		return 0;
	return err_set(e, ERR_USAGE, "%s: it has no %s: 'sandbox lock' writes it again", name,
		       !l->machine ? "machine"
		       : !l->time  ? "time"
				   : "image");
}

int lock_parse(const char *text, size_t len, const char *name, struct lock_file *ret, struct err *e)
{
	cleanup_free char *copy = xstrndup(text, len);
	char *rest = copy, *line;
	bool version = false;

	if (strlen(copy) != len)
		return err_set(e, ERR_USAGE, "%s: it has a NUL byte", name);
	for (unsigned int n = 1; (line = strsep(&rest, "\n")); n++) {
		if (n > LOCK_MAX_LINES)
			return err_set(e, ERR_USAGE, "%s: more than %d lines", name,
				       LOCK_MAX_LINES);
		if (!*line || *line == '#')
			continue;
		if (!version && !streq(line, "version 1"))
			return err_set(e, ERR_USAGE,
				       "%s:%u: expected 'version 1': it is from a newer sandbox, "
				       "or not a lock",
				       name, n);
		if (version && parse_line(ret, line, e) < 0)
			return err_add(e, "%s:%u", name, n);
		version = true;
	}
	return check_whole(ret, name, e);
}

void lock_write(const struct lock_file *l, struct buf *out)
{
	buf_addf(out,
		 "# What the environment of this project is made of. 'sandbox enter' follows it,\n"
		 "# 'sandbox lock' writes it; it belongs beside sandbox.ini in version control.\n"
		 "version 1\nmachine %s\ntime %s\nimage %s %s\n",
		 l->machine, l->time, l->image, l->digest);
	for (size_t i = 0; i + 2 < l->bases.n; i += 3)
		buf_addf(out, "base %s %s %s\n", l->bases.v[i], l->bases.v[i + 1],
			 l->bases.v[i + 2]);
	for (size_t i = 0; i + 1 < l->profiles.n; i += 2)
		buf_addf(out, "profile %s %s\n", l->profiles.v[i], l->profiles.v[i + 1]);
	for (size_t i = 0; i < l->n_managers; i++) {
		const struct lock_manager *m = &l->managers[i];

		for (size_t k = 0; k < m->asked.n; k++)
			buf_addf(out, "asked %s %s\n", m->name, m->asked.v[k]);
		for (size_t k = 0; k + 2 < m->packages.n; k += 3)
			buf_addf(out, "package %s %s %s %s\n", m->name, m->packages.v[k],
				 m->packages.v[k + 1], m->packages.v[k + 2]);
	}
}

int lock_read(const char *dir, struct lock_file *ret, struct err *e)
{
	cleanup_free char *path = path_join(dir, LOCK_FILE);
	cleanup_close int fd = file_open_read(AT_FDCWD, path, path, e);
	cleanup_buf struct buf text = BUF_INIT;
	struct stat st;
	int r;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (fstat(fd, &st) < 0)
		return err_sys(e, errno, "cannot read '%s'", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return err_set(e, EPERM, "'%s' belongs to another user", path);
	r = file_read_fd(fd, path, LOCK_MAX_BYTES, &text, e);
	if (r == 0)
		r = lock_parse(text.data, text.len, LOCK_FILE, ret, e);
	return r < 0 ? r : 1;
}
