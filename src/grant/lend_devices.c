/*
 * lend_devices.c - device nodes of the host, by name.
 *
 * Promises that only a device, or a directory of them, below the host's /dev is lent, and that
 * consent names its numbers: another device with the same name needs consent again. Its mode and
 * your groups decide whether you may open it, as outside. Refuses devices of which every box has
 * its own.
 */
#include "grant/lend_devices.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/path.h"
#include "base/spawn.h"
#include "config/value.h"
#include "grant/reach_line.h"

#define CACHE_MAX	  (4u << 20) /* limit of ldconfig's output */
#define LOADER_TIMEOUT_MS 10000

/* Every box has its own of these, or they give access to the host's memory and terminals. */
static bool is_own(const char *path)
{
	static const char *const own[] = {
		"/dev/null",	"/dev/zero", "/dev/full",  "/dev/random",    "/dev/urandom",
		"/dev/tty",	"/dev/pts",  "/dev/ptmx",  "/dev/shm",	     "/dev/mqueue",
		"/dev/console", "/dev/fd",   "/dev/stdin", "/dev/stdout",    "/dev/stderr",
		"/dev/mem",	"/dev/kmem", "/dev/port",  "/dev/hugepages",
	};

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (path_is_beneath(path, own[i]))
			return true;
	return false;
}

bool lend_is_device(const char *real, const struct stat *st)
{
	return path_is_beneath(real, "/dev") && !is_own(real) &&
	       (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode));
}

/* The numbers of a node; for a directory only its path. */
static char *line_of(const char *path, const struct stat *st)
{
	if (S_ISDIR(st->st_mode))
		return xasprintf("devices = %s/", path);
	return xasprintf("devices = %s (%c %u:%u)", path, S_ISCHR(st->st_mode) ? 'c' : 'b',
			 major(st->st_rdev), minor(st->st_rdev));
}

static int lend_one(const char *path, const char *where, struct lending *l, struct err *e)
{
	cleanup_free char *real = realpath(path, NULL), *line = NULL;
	struct stat st;

	if (!real || stat(real, &st) < 0)
		return err_sys(e, errno, "%s: cannot use the device '%s'", where, path);
	if (!path_is_beneath(real, "/dev") || streq(real, "/dev") || is_own(real))
		return err_set(e, EINVAL, "%s: '%s' is not a device that can be lent", where, path);
	if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode) && !S_ISDIR(st.st_mode))
		return err_set(e, ENODEV, "%s: '%s' is not a device", where, path);
	line = line_of(path, &st);
	reach_add_line(line, &l->reach);
	lending_add(l, real, path, true);
	l->v[l->n - 1].device = true;
	if (!S_ISDIR(st.st_mode) && access(real, R_OK) < 0 && access(real, W_OK) < 0)
		lending_note(l, "you may not open '%s', here or in the box: see its group", path);
	return 0;
}

/* Lends the names that a word stands for, in order. */
static int lend_word(const char *word, const char *where, struct lending *l, struct err *e)
{
	cleanup_free char *copy = xstrdup(word), *path = NULL;
	size_t n = strlen(copy);
	bool optional = n > 1 && copy[n - 1] == '?';
	cleanup_strv struct strv found = {0};
	int r;

	if (optional)
		copy[n - 1] = '\0';
	path = path_normalize("/dev", copy);
	r = dir_match(path, &found, e);
	if (r == 0 && !found.n) {
		if (optional || strpbrk(path, "*["))
			return 0;
		return err_set(e, ENOENT,
			       "%s: this machine has no device '%s': '%s?' is for one that may be "
			       "missing",
			       where, path, word);
	}
	for (size_t i = 0; r == 0 && i < found.n; i++)
		r = lend_one(found.v[i], where, l, e);
	return r;
}

int lend_devices(const struct settings *s, struct lending *l, struct err *e)
{
	const struct setting *st = NULL;
	int r = 0;

	while ((st = settings_next(s, st, KEY_DEVICES))) {
		cleanup_strv struct strv words = {0};

		value_words(st->value, &words);
		for (size_t i = 0; r == 0 && i < words.n; i++)
			r = lend_word(words.v[i], st->source, l, e);
	}
	return r;
}

/* What this machine's loader knows, as ldconfig(8) prints it. */
static bool read_loader(struct buf *out)
{
	return spawn_output((const char *const[]){"/sbin/ldconfig", "-p", NULL}, CACHE_MAX,
			    LOADER_TIMEOUT_MS, out);
}

static bool is_of_driver(const char *name)
{
	static const char *const begins[] = {
		"libcuda.so",	      "libcudadebugger.so",	"libnvidia-",
		"libnvcuvid.so",      "libnvoptix.so",		"libEGL_nvidia.so",
		"libGLX_nvidia.so",   "libGLESv1_CM_nvidia.so", "libGLESv2_nvidia.so",
		"libvdpau_nvidia.so", "libdxcore.so",		"libd3d12",
	};

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
		if (starts_with(name, begins[i]))
			return true;
	return false;
}

/* "\tlibcuda.so.1 (libc6,x86-64) => /usr/lib/libcuda.so.1", only of the machine's word size. */
static bool lend_library(char *line, struct lending *l)
{
	char *name = line + strspn(line, " \t"), *path = strstr(line, " => ");
	char *kind = strstr(name, " (");
	cleanup_free char *target = NULL;

	if (!path || !kind || kind > path || !starts_with(kind, " (libc6,"))
		return false;
	path += strlen(" => ");
	*kind = '\0';
	if (!is_of_driver(name) || strchr(name, '/'))
		return false;
	target = xasprintf(LEND_DRIVER "/lib/%s", name);
	for (size_t i = 0; i < l->n; i++)
		if (streq(l->v[i].target, target))
			return false; /* the loader also takes the first */
	return lending_add(l, path, target, true);
}

/* The driver's own installer puts them in /usr/bin, others in a directory of their own in PATH. */
static void lend_programs(struct lending *l)
{
	static const char *const programs[] = {"nvidia-smi", "nvidia-debugdump",
					       "nvidia-cuda-mps-control", "nvidia-cuda-mps-server"};

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		cleanup_free char *path = spawn_find(programs[i]);
		cleanup_free char *target = path_join(LEND_DRIVER "/bin", programs[i]);

		if (path)
			lending_add(l, path, target, true);
	}
}

size_t lend_driver(struct lending *l)
{
	cleanup_buf struct buf text = BUF_INIT;
	size_t found = 0;
	char *rest, *line;

	if (!read_loader(&text))
		return 0;
	for (rest = text.data; (line = strsep(&rest, "\n"));)
		found += lend_library(line, l);
	if (found)
		lend_programs(l);
	return found;
}
