/*
 * host_image.c - making the layer of the image `host`.
 *
 * The layer is a directory owned by the user: the readable part of /etc, a skeleton of the rest,
 * the top-level symlinks; /usr and the like are bound over it, read-only. Its name is a key over
 * the times of the files whose change matters, so that a start looks only at a dozen inodes.
 *
 * Promises to copy nothing that is not readable by every user of the host, nor what is listed as
 * secret below. Host homes, /root, /tmp, /run and /var are not there.
 */
#include "rootfs/host_image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/copy.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/file_time.h"
#include "base/new_file.h"
#include "base/path.h"
#include "box/box.h"
#include "box/lifecycle.h"

/* Each layer has an empty file with this suffix; its time is that of the last start. */
#define USED_SUFFIX  ".used"
#define KEEP_SECONDS (24 * 60 * 60)

/* Bound at the same path if they are directories on the host. */
static const char *const bound[] = {"usr",  "opt", "nix",   "gnu/store", "bin",
				    "sbin", "lib", "lib32", "lib64",	 "libx32"};

/* If one of these changes, a new layer is made. */
static const char *const watched[] = {
	"/",
	"/etc",
	"/etc/passwd",
	"/etc/group",
	"/etc/ld.so.cache",
	"/etc/alternatives",
	"/etc/ssl/certs",
	"/etc/profile.d",
	"/etc/nsswitch.conf",
	"/etc/ca-certificates.conf",
	"/var/lib/dpkg/status",
	"/var/lib/rpm",
};

static const struct {
	const char *path;
	mode_t mode;
} skeleton[] = {
	{"dev", 0755},	     {"etc", 0755},	  {"home", 0755},      {"media", 0755},
	{"mnt", 0755},	     {"proc", 0555},	  {"root", 0700},      {"run", 0755},
	{"srv", 0755},	     {"sys", 0555},	  {"tmp", 01777},      {"var", 0755},
	{"var/cache", 0755}, {"var/lib", 0755},	  {"var/local", 0755}, {"var/log", 0755},
	{"var/mail", 0755},  {"var/spool", 0755}, {"var/tmp", 01777},  {"gnu", 0755},
};

static const struct {
	const char *path, *target;
} links[] = {{"var/run", "/run"}, {"var/lock", "/run/lock"}, {"etc/mtab", "../proc/self/mounts"}};

/* World-readable on some hosts but still private, or written again for each box. */
static const char *const left_out[] = {
	"shadow",     "shadow-",	"gshadow",   "gshadow-",    "sudoers",	 "sudoers.d",
	"private",    "krb5.keytab",	"fstab",     "crypttab",    "auth.conf", "auth.conf.d",
	"opasswd",    "NetworkManager", "wireguard", "openvpn",	    "ppp",	 "docker",
	"machine-id", "hostname",	"hosts",     "resolv.conf", "mtab",
};

static bool is_left_out(const char *name)
{
	return is_among(name, left_out, ARRAY_SIZE(left_out));
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	return (h ^ v) * UINT64_C(0x100000001b3); /* FNV-1a by words */
}

static char *host_key(void)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(watched); i++) {
		if (stat(watched[i], &st) < 0) {
			h = mix(h, i);
			continue;
		}
		h = mix(h, (uint64_t)st.st_ino);
		h = mix(h, (uint64_t)st.st_ctim.tv_sec);
		h = mix(h, (uint64_t)st.st_ctim.tv_nsec);
		if (file_time_is_fresh_now(&st.st_ctim))
			h = mix(h, (uint64_t)time(NULL));
	}
	return xasprintf("host-%016llx", (unsigned long long)h);
}

static int make_skeleton(int layer, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(skeleton); i++)
		if (mkdirat(layer, skeleton[i].path, 0755) < 0 ||
		    fchmodat(layer, skeleton[i].path, skeleton[i].mode | 0700, 0) < 0)
			return err_sys(e, errno, "cannot make '%s'", skeleton[i].path);
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (symlinkat(links[i].target, layer, links[i].path) < 0)
			return err_sys(e, errno, "cannot make '%s'", links[i].path);
	return 0;
}

/* /bin and the like: a symlink if the host has one, else a directory to bind over. */
static int make_top_level(int layer, struct err *e)
{
	char target[256];

	for (size_t i = 0; i < ARRAY_SIZE(bound); i++) {
		cleanup_free char *path = path_join("/", bound[i]);
		ssize_t n = readlink(path, target, sizeof(target) - 1);
		int r = 0;

		if (n > 0) {
			target[n] = '\0';
			r = symlinkat(target, layer, bound[i]);
		} else if (access(path, F_OK) == 0) {
			r = mkdirat(layer, bound[i], 0755);
		}
		if (r < 0)
			return err_sys(e, errno, "cannot make '%s'", bound[i]);
	}
	return 0;
}

static int build_layer(int layer, struct err *e)
{
	cleanup_close int from = -1, to = -1;
	int r = make_skeleton(layer, e);

	if (r == 0)
		r = make_top_level(layer, e);
	if (r < 0)
		return r;
	from = open("/etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	to = openat(layer, "etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (from < 0 || to < 0)
		return err_sys(e, errno, "cannot open '/etc'");
	return copy_public_tree(from, to, is_left_out, e);
}

/*
 * The layers that running boxes use. False if unknown: a box that has its lock and no notes yet is
 * about to start.
 */
static bool used_layers(const struct store *s, struct buf *out)
{
	cleanup_strv struct strv ids = {0};
	struct err ignored;

	if (store_list(s, &ids, &ignored) < 0)
		return false;
	for (size_t i = 0; i < ids.n; i++) {
		cleanup_box struct box b = BOX_INIT;
		int r = box_load_damaged(s, ids.v[i], &b, &ignored);
		size_t before = out->len;

		if (r == -ENOENT || (r == 0 && !box_is_running(&b)))
			continue;
		if (r == 0)
			r = box_start_notes(&b, out, &ignored);
		if (r < 0 || out->len == before)
			return false;
	}
	return true;
}

/*
 * Deletes old layers. One that was used recently may belong to a box that is about to start, or to
 * a machine or container that shares this home.
 */
static void collect_layers(const struct store *s, const char *current)
{
	cleanup_buf struct buf used = BUF_INIT;
	cleanup_dir struct dir d = {0};
	struct stat st;
	struct err ignored;

	if (!used_layers(s, &used) || dir_open(&d, s->data_fd, "layers", &ignored) < 0)
		return;
	while (dir_next(&d, &ignored) > 0) {
		cleanup_free char *mark = xasprintf("%s" USED_SUFFIX, d.name);
		cleanup_free char *note = xasprintf("\n" HOST_LAYER_NOTE "%s\n", d.name);
		cleanup_free char *path = NULL;
		int fd = dir_fd(&d);

		if (!starts_with(d.name, "host-") || ends_with(d.name, USED_SUFFIX) ||
		    streq(d.name, current) || strstr(used.data, note) ||
		    (fstatat(fd, mark, &st, 0) == 0 && st.st_mtime + KEEP_SECONDS > time(NULL)))
			continue;
		unlinkat(fd, mark, 0);
		/* Atomic: a concurrent start has all of it, or is told that it is gone. */
		path = path_join("layers", d.name);
		store_discard(s, path, &ignored);
	}
}

/* Built aside and renamed: two concurrent starts end up with one complete layer. */
static int make_layer(const struct store *s, const char *final, const char *mark, struct err *e)
{
	cleanup_free char *tmp = NULL;
	cleanup_close int layer = -1, used = -1;
	struct err ignored;
	int r = store_make_tmp(s, "host", 0755, &tmp, &layer, e);

	if (r == 0)
		r = build_layer(layer, e);
	if (r == 0)
		r = sync_fs(s->data_fd, s->data, e);
	if (r == 0 && renameat(s->data_fd, tmp, s->data_fd, final) < 0 && errno != EEXIST &&
	    errno != ENOTEMPTY)
		r = err_sys(e, errno, "cannot make '%s/%s'", s->data, final);
	if (r == 0)
		r = sync_dir(s->data_fd, "layers", e);
	/* The failure may be a lack of descriptors. */
	close_fd(&layer);
	if (tmp)
		file_remove_tree(s->data_fd, tmp, &ignored);
	if (r < 0)
		return err_add(e, "cannot prepare the image 'host'");
	used = openat(s->data_fd, mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	collect_layers(s, path_basename(final));
	return 0;
}

int host_image_resolve(const struct store *s, struct image_root *root, struct err *e)
{
	cleanup_free char *key = host_key();
	cleanup_free char *layer = path_join("layers", key);
	cleanup_free char *mark = xasprintf("%s" USED_SUFFIX, layer);
	struct stat st;
	int r;

	/*
	 * The mark is made after the layer: it says that both exist, and that the layer is in use.
	 */
	if (utimensat(s->data_fd, mark, NULL, 0) < 0 &&
	    (errno == ENOENT || faccessat(s->data_fd, mark, F_OK, 0) < 0) &&
	    (r = make_layer(s, layer, mark, e)) < 0)
		return r;
	strv_push_take(&root->lowers, path_join(s->data, layer));
	for (size_t i = 0; i < ARRAY_SIZE(bound); i++) {
		cleanup_free char *path = xasprintf("/%s", bound[i]);

		if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
			strv_push(&root->binds, path);
	}
	return 0;
}

static int check_unused(const struct store *s, struct err *e)
{
	cleanup_box_list struct box_list boxes = {0};
	int r = box_list_load(s, &boxes, e);

	for (size_t i = 0; r >= 0 && i < boxes.n; i++) {
		cleanup_buf struct buf notes = BUF_INIT;
		const struct box *b = &boxes.v[i];

		r = box_list_open(s, &boxes, i, e);
		if (r <= 0 || !box_is_running(b))
			continue;
		r = box_start_notes(b, &notes, e);
		if (r == 0 && (!notes.len || strstr(notes.data, "\n" HOST_LAYER_NOTE)))
			r = err_set(e, EBUSY,
				    "box '%s' runs on the image 'host': 'sandbox stop %s' first",
				    b->name, b->name);
	}
	return r < 0 ? r : 0;
}

int host_image_forget(const struct store *s, struct err *e)
{
	cleanup_strv struct strv names = {0};
	int r = check_unused(s, e);

	if (r == 0)
		r = dir_names(s->data_fd, "layers", &names, e);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		cleanup_free char *path = path_join("layers", names.v[i]);
		cleanup_free char *mark = xasprintf("%s" USED_SUFFIX, path);

		if (!starts_with(names.v[i], "host-") || ends_with(names.v[i], USED_SUFFIX))
			continue;
		/* The mark first: it says that the layer exists. */
		if (unlinkat(s->data_fd, mark, 0) < 0 && errno != ENOENT)
			return err_sys(e, errno, "cannot remove '%s/%s'", s->data, mark);
		r = store_discard(s, path, e);
	}
	return r;
}
