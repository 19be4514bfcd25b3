/*
 * cdi_list.c - merges several CDI specifications into one list of what a box needs.
 *
 * A specification lists a library by its file name, libcuda.so.535.54.03; its loader looks for
 * libcuda.so.1, which a hook would have ldconfig(8) make inside. Here those names come from the
 * symlinks beside the file on this machine.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/path.h"
#include "image/document/cdi.h"

/* Where a name inside leads: what a link of create-symlinks can refer to. */
struct names {
	struct strv path, host;
	int error; /* the first one */
	struct err *e;
};

static void add_name(struct names *names, char *path, const char *host)
{
	strv_push_take(&names->path, path);
	strv_push(&names->host, host);
}

static const char *find_name(const struct names *names, const char *path)
{
	for (size_t i = 0; i < names->path.n; i++)
		if (streq(names->path.v[i], path))
			return names->host.v[i];
	return NULL;
}

static void add_line(struct strv *out, char *line)
{
	if (strv_has(out, line))
		free(line);
	else
		strv_push_take(out, line);
}

/* libNAME.so, with or without a version. */
static bool is_library_name(const char *name)
{
	const char *so = strstr(name, ".so");

	return starts_with(name, "lib") && so && (!so[3] || so[3] == '.');
}

/* Does it have this machine's word size? 32-bit libraries may be beside it. */
static bool is_library(const char *path, struct stat *ret)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	unsigned char head[EI_CLASS + 1] = {0};

	if (fd < 0 || fstat(fd, ret) < 0 || !S_ISREG(ret->st_mode))
		return false;
	return read(fd, head, sizeof(head)) != sizeof(head) || memcmp(head, ELFMAG, SELFMAG) != 0 ||
	       head[EI_CLASS] == (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32);
}

/* Is it a symlink to the file that library is? */
static bool leads_to(const struct dir *d, const struct stat *library)
{
	struct stat st;

	return (d->type == DT_LNK || d->type == DT_UNKNOWN) && is_library_name(d->name) &&
	       fstatat(dir_fd(d), d->name, &st, 0) == 0 && st.st_dev == library->st_dev &&
	       st.st_ino == library->st_ino;
}

/* Adds a name of a library, as if it were beside path. */
static void add_library(const char *host, const char *path, const char *name, struct names *names,
			struct strv *out)
{
	add_line(out, xasprintf("library\t%s\t%s", host, name));
	add_name(names, xasprintf("%.*s%s", (int)(path_basename(path) - path), path, name), host);
}

static void add_mount(const struct cdi_edit *edit, struct names *names, struct strv *out)
{
	cleanup_free char *folder = xstrndup(edit->host,
					     (size_t)(path_basename(edit->host) - edit->host));
	cleanup_dir struct dir d = {0};
	struct stat library;
	int r;

	add_line(out, xasprintf("mount\t%s\t%s\t%s", edit->read_only ? "ro" : "rw", edit->host,
				edit->path));
	add_name(names, xstrdup(edit->path), edit->host);
	if (!is_library_name(path_basename(edit->path)) || !is_library(edit->host, &library))
		return;
	add_library(edit->host, edit->path, path_basename(edit->path), names, out);
	r = dir_open(&d, AT_FDCWD, folder, names->e);
	while (r == 0 && (r = dir_next(&d, names->e)) > 0) {
		r = 0;
		if (leads_to(&d, &library))
			add_library(edit->host, edit->path, d.name, names, out);
	}
	if (names->error == 0 && r != -EACCES)
		names->error = r;
}

/* If the target of a symlink is known, the symlink becomes another mount of it. */
static void add_link(const struct cdi_edit *edit, struct names *names, struct strv *out)
{
	cleanup_free char *folder = xstrndup(edit->path,
					     (size_t)(path_basename(edit->path) - edit->path));
	cleanup_free char *path = path_normalize(folder, edit->host);
	const char *name = path_basename(edit->path);
	cleanup_free char *host = xstrdup(find_name(names, path));
	struct stat library;

	if (!host) {
		add_line(out, xasprintf("note\tpassed over: the link '%s': no mount is '%s'",
					edit->path, path));
		return;
	}
	add_line(out, xasprintf("mount\tro\t%s\t%s", host, edit->path));
	add_name(names, xstrdup(edit->path), host);
	if (is_library_name(name) && is_library(host, &library))
		add_library(host, edit->path, name, names, out);
}

static void add_edit(const struct cdi_edit *edit, struct names *names, struct strv *out)
{
	switch (edit->what) {
	case CDI_NODE:
		add_line(out, xasprintf("node\t%s\t%s", edit->host, edit->path));
		break;
	case CDI_MOUNT:
		add_mount(edit, names, out);
		break;
	case CDI_LINK:
		add_link(edit, names, out);
		break;
	case CDI_ENV:
		add_line(out, xasprintf("env\t%s", edit->host));
		break;
	case CDI_NOTE:
		add_line(out, xasprintf("note\t%s", edit->host));
		break;
	}
}

/* Is device d of spec i the one to use? */
static bool is_chosen(const struct cdi_spec *specs, size_t n, size_t i, size_t d)
{
	const char *name = specs[i].devices.v[d];

	for (size_t k = 0; k < n; k++) {
		if (!streq(specs[k].kind, specs[i].kind))
			continue;
		if ((k < i && strv_has(&specs[k].devices, name)) ||
		    (!streq(name, "all") && strv_has(&specs[k].devices, "all")))
			return false;
	}
	return true;
}

static void add_spec(const struct cdi_spec *specs, size_t n, size_t i, struct names *names,
		     struct strv *out)
{
	const struct cdi_spec *s = &specs[i];
	cleanup_free bool *chosen = xcalloc(s->devices.n + 1, sizeof(*chosen));

	for (size_t d = 0; d < s->devices.n; d++) {
		chosen[d] = is_chosen(specs, n, i, d);
		chosen[s->devices.n] |= chosen[d];
	}
	/* A link can refer to a later mount. */
	for (size_t k = 0; k < s->n; k++)
		if (chosen[s->v[k].device] && s->v[k].what != CDI_LINK)
			add_edit(&s->v[k], names, out);
	for (size_t k = 0; k < s->n; k++)
		if (chosen[s->v[k].device] && s->v[k].what == CDI_LINK)
			add_edit(&s->v[k], names, out);
}

int cdi_list(const struct cdi_spec *specs, size_t n, struct strv *out, struct err *e)
{
	struct names names = {.e = e};

	for (size_t i = 0; names.error == 0 && i < n; i++)
		if (cdi_is_gpu(specs[i].kind))
			add_spec(specs, n, i, &names, out);
	strv_clear(&names.path);
	strv_clear(&names.host);
	return names.error;
}
