/*
 * meta.c - writing and reading sidecars.
 */
#include "image/document/meta.h"

#include <endian.h>
#include <errno.h>
#include <linux/capability.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

#define LINE_MAX_BYTES (1u << 20)

char meta_type(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return 'f';
	case S_IFDIR:
		return 'd';
	case S_IFLNK:
		return 'l';
	case S_IFCHR:
		return 'c';
	case S_IFBLK:
		return 'b';
	case S_IFIFO:
		return 'p';
	default:
		return 0;
	}
}

void meta_entry_clear(struct meta_entry *m)
{
	free(m->path);
	for (size_t i = 0; i < m->xattr_names.n; i++)
		buf_free(&m->xattr_values[i]);
	free(m->xattr_values);
	strv_clear(&m->xattr_names);
	*m = (struct meta_entry){0};
}

void meta_entry_add_xattr(struct meta_entry *m, const char *name, const void *value, size_t len)
{
	size_t n = m->xattr_names.n;

	strv_push(&m->xattr_names, name);
	m->xattr_values = xrealloc(m->xattr_values, n + 1, sizeof(*m->xattr_values));
	m->xattr_values[n] = (struct buf)BUF_INIT;
	if (len)
		buf_add(&m->xattr_values[n], value, len);
}

size_t meta_capability(const char *name, void *value, size_t len)
{
	uint32_t magic;

	if (!streq(name, "security.capability") || len != XATTR_CAPS_SZ_3)
		return len;
	memcpy(&magic, value, sizeof(magic));
	magic = le32toh(magic);
	if ((magic & VFS_CAP_REVISION_MASK) != VFS_CAP_REVISION_3)
		return len;
	magic = htole32((magic & VFS_CAP_FLAGS_MASK) | VFS_CAP_REVISION_2);
	memcpy(value, &magic, sizeof(magic));
	return XATTR_CAPS_SZ_2;
}

/* Writes everything but plain printing characters as %XX; no blank, '=' or '%' is left. */
static void write_escaped(FILE *f, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c > ' ' && c != '%' && c != '=' && c != 0x7f)
			putc(c, f);
		else
			fprintf(f, "%%%02X", c);
	}
}

void meta_write(FILE *f, const struct meta_entry *m)
{
	/* The root's own path is empty. */
	putc('/', f);
	write_escaped(f, m->path, strlen(m->path));
	fprintf(f, " %o %u %u %c %u %u", m->mode, m->uid, m->gid, m->type, m->major, m->minor);
	for (size_t i = 0; i < m->xattr_names.n; i++) {
		putc(' ', f);
		write_escaped(f, m->xattr_names.v[i], strlen(m->xattr_names.v[i]));
		putc('=', f);
		write_escaped(f, m->xattr_values[i].data, m->xattr_values[i].len);
	}
	putc('\n', f);
}

/* In place; returns the length, or -1. */
static ssize_t unescape(char *s)
{
	char *to = s;

	for (char *from = s; *from; from++) {
		char hex[3] = {0}, *end;

		if (*from != '%') {
			*to++ = *from;
			continue;
		}
		if (!from[1] || !from[2])
			return -1;
		memcpy(hex, from + 1, 2);
		*to++ = (char)strtoul(hex, &end, 16);
		if (*end)
			return -1;
		from += 2;
	}
	*to = '\0';
	return to - s;
}

static bool parse_xattr(char *word, struct meta_entry *m)
{
	char *value = strchr(word, '=');
	ssize_t len;

	if (!value)
		return false;
	*value++ = '\0';
	len = unescape(value);
	if (len < 0 || unescape(word) < 0)
		return false;
	meta_entry_add_xattr(m, word, value, (size_t)len);
	return true;
}

static bool parse_line(char *line, struct meta_entry *m)
{
	char *path = strsep(&line, " "), *word;
	int used = 0;

	if (!line || path[0] != '/' || unescape(path) < 0 ||
	    sscanf(line, "%o %u %u %c %u %u%n", &m->mode, &m->uid, &m->gid, &m->type, &m->major,
		   &m->minor, &used) != 6)
		return false;
	m->path = xstrdup(path + 1);
	line += used;
	strsep(&line, " ");
	while ((word = strsep(&line, " ")))
		if (*word && !parse_xattr(word, m))
			return false;
	return true;
}

struct meta {
	struct meta_entry *v;
	size_t n, cap;
	void *by_path; /* tsearch(3) over the entries; made once all are read */
};

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct meta_entry *)a)->path, ((const struct meta_entry *)b)->path);
}

static void keep_node(void *p)
{
	(void)p; /* the tree does not own the entries */
}

void meta_free(struct meta *m)
{
	if (!m)
		return;
	tdestroy(m->by_path, keep_node);
	for (size_t i = 0; i < m->n; i++)
		meta_entry_clear(&m->v[i]);
	free(m->v);
	free(m);
}

static void add(struct meta *m, struct meta_entry *entry)
{
	if (m->n == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 64;
		m->v = xrealloc(m->v, m->cap, sizeof(*m->v));
	}
	m->v[m->n++] = *entry;
}

/* From the end: of several lines for one path the last wins. */
static void sort(struct meta *m)
{
	for (size_t i = m->n; i-- > 0;)
		tsearch(&m->v[i], &m->by_path, compare);
}

static int read_lines(FILE *f, const char *name, struct meta *m, struct err *e)
{
	cleanup_free char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, f)) > 0) {
		struct meta_entry entry = {0};

		if (n > LINE_MAX_BYTES || line[n - 1] != '\n')
			return err_set(e, EBADMSG, "'%s' is damaged: pull the image again", name);
		line[n - 1] = '\0';
		if (!parse_line(line, &entry)) {
			meta_entry_clear(&entry);
			return err_set(e, EBADMSG, "'%s' is damaged: pull the image again", name);
		}
		add(m, &entry);
	}
	return ferror(f) ? err_sys(e, errno, "cannot read '%s'", name) : 0;
}

int meta_load(int fd, const char *name, struct meta **ret, struct err *e)
{
	struct meta *m = xcalloc(1, sizeof(*m));
	cleanup_fclose FILE *f = NULL;
	int r, copy = dup(fd);

	f = copy >= 0 ? fdopen(copy, "re") : NULL;
	if (!f || fseek(f, 0, SEEK_SET) < 0)
		r = err_sys(e, errno, "cannot read '%s'", name);
	else
		r = read_lines(f, name, m, e);
	if (r < 0) {
		meta_free(m);
		return r;
	}
	sort(m);
	*ret = m;
	return 0;
}

const struct meta_entry *meta_find(const struct meta *m, const char *path)
{
	struct meta_entry key = {.path = (char *)path};
	void *node = tfind(&key, &m->by_path, compare);

	return node ? *(struct meta_entry **)node : NULL;
}

/* Most layers have none: then nothing is parsed. */
static bool mentions(int fd, const char *xattr)
{
	int copy = dup(fd);
	cleanup_fclose FILE *f = copy >= 0 ? fdopen(copy, "re") : NULL;
	cleanup_free char *line = NULL;
	size_t cap = 0;

	if (!f || fseek(f, 0, SEEK_SET) < 0)
		return false;
	while (getline(&line, &cap, f) > 0)
		if (strstr(line, xattr))
			return true;
	return false;
}

int meta_each_with(int fd, const char *name, const char *xattr,
		   void (*each)(void *ctx, const struct meta_entry *m), void *ctx, struct err *e)
{
	struct meta *m = NULL;
	int r = mentions(fd, xattr) ? meta_load(fd, name, &m, e) : 0;

	for (size_t i = 0; m && i < m->n; i++)
		if (strv_has(&m->v[i].xattr_names, xattr) && meta_find(m, m->v[i].path) == &m->v[i])
			each(ctx, &m->v[i]);
	meta_free(m);
	return r;
}

/* Rewrites the path of an entry that is beneath `from`. */
static void move_entry(struct meta_entry *m, const char *from, const char *to)
{
	size_t n = strlen(from);
	char *moved;

	if (!n)
		moved = *to && *m->path ? xasprintf("%s/%s", to, m->path)
					: xstrdup(*to ? to : m->path);
	else if (strncmp(m->path, from, n) != 0 || (m->path[n] && m->path[n] != '/'))
		return;
	else
		moved = xasprintf("%s%s", to,
				  *to ? m->path + n : m->path + n + (m->path[n] == '/'));
	free(m->path);
	m->path = moved;
}

int meta_move(int fd, const char *from, const char *to, struct err *e)
{
	struct meta *m = NULL;
	int r = meta_load(fd, "a sidecar", &m, e), copy;
	FILE *f;

	if (r < 0)
		return r;
	copy = ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0 ? dup(fd) : -1;
	f = copy >= 0 ? fdopen(copy, "w") : NULL;
	for (size_t i = 0; f && i < m->n; i++) {
		move_entry(&m->v[i], from, to);
		meta_write(f, &m->v[i]);
	}
	if (!f || fclose(f) != 0)
		r = err_sys(e, errno, "cannot write the layer's sidecar");
	meta_free(m);
	return r;
}
