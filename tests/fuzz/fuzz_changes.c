/*
 * fuzz_changes.c - any upper directory on top of any lower one: the changes found are the
 * difference between their merged view and the lower one.
 *
 * Two bytes of the input are one step: what to put where. Paths have up to three of the names a, b
 * and c.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/mem.h"
#include "changes/changes.c" /* for its static functions */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define N_PATHS (3 + 9 + 27)

static char dir[] = "/dev/shm/fuzz-changes-XXXXXX";
static int top = -1;

static const char *path_of(unsigned int n)
{
	static const char *const paths[N_PATHS] = {
		"a",	 "b",	  "c",	   "a/a",   "a/b",   "a/c",   "b/a",   "b/b",
		"b/c",	 "c/a",	  "c/b",   "c/c",   "a/a/a", "a/a/b", "a/a/c", "a/b/a",
		"a/b/b", "a/b/c", "a/c/a", "a/c/b", "a/c/c", "b/a/a", "b/a/b", "b/a/c",
		"b/b/a", "b/b/b", "b/b/c", "b/c/a", "b/c/b", "b/c/c", "c/a/a", "c/a/b",
		"c/a/c", "c/b/a", "c/b/b", "c/b/c", "c/c/a", "c/c/b", "c/c/c"};

	return paths[n % N_PATHS];
}

/*
 * A step that is impossible, because its directory is missing or something else is there, is
 * skipped.
 */
static void put(int tree, unsigned int what, const char *path)
{
	cleanup_free char *absolute = NULL;
	int fd;

	switch (what & 7) {
	case 0:
	case 1:
		mkdirat(tree, path, what & 8 ? 0755 : 0700);
		break;
	case 2:
	case 3:
		fd = openat(tree, path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
		if (fd >= 0 && (write_all(fd, what & 8 ? "x" : "y", what & 1) < 0 || close(fd) < 0))
			abort();
		break;
	case 4:
		symlinkat(what & 8 ? "a" : "../b", tree, path);
		break;
	case 5:
		mknodat(tree, path, S_IFCHR, makedev(0, 0));
		break;
	default:
		absolute = xasprintf("/proc/self/fd/%d/%s", tree, path);
		setxattr(absolute, "user.overlay.opaque", what & 8 ? "y" : "x", 1, 0);
	}
}

static const struct change *find(const struct changes *all, const char *rel)
{
	const struct change *found = NULL;

	for (size_t i = 0; i < all->n; i++) {
		if (!streq(all->v[i].rel, rel))
			continue;
		if (found) /* twice */
			abort();
		found = &all->v[i];
	}
	return found;
}

/* Is a directory on the way deleted, or not a directory? */
static bool is_covered(const struct changes *all, const char *path)
{
	cleanup_free char *up = xstrdup(path);
	char *slash;

	while ((slash = strrchr(up, '/'))) {
		const struct change *c;

		*slash = '\0';
		c = find(all, up);
		if (c && (c->kind == CHANGE_DELETED || !S_ISDIR(c->st.st_mode)))
			return true;
	}
	return false;
}

static void check(const struct changes *all, const struct view *base, const struct view *both,
		  const char *path)
{
	const struct change *c = find(all, path);
	struct stat was, now;
	struct err e;
	size_t layer;
	bool had = view_lookup(base, path, &layer, &was, &e) == 0;
	bool has = view_lookup(both, path, &layer, &now, &e) == 0;

	if (!had && (c != NULL) != has)
		abort();
	if (!had && has && c->kind != CHANGE_ADDED)
		abort();
	if (had && !has && (c ? c->kind != CHANGE_DELETED : !is_covered(all, path)))
		abort();
	if (!had || !has)
		return;
	if (c && c->kind != CHANGE_MODIFIED)
		abort();
	if (!c &&
	    (was.st_mode != now.st_mode || (S_ISREG(now.st_mode) && was.st_size != now.st_size)))
		abort();
}

static void make(const char *name, int *ret)
{
	struct err e;

	if (file_remove_tree(top, name, &e) < 0 || mkdirat(top, name, 0755) < 0 ||
	    (*ret = openat(top, name, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct change_tree tree = {.target = (char *)(uintptr_t) "/home", .upper = -1};
	struct user user = {.name = (char *)(uintptr_t) "me"};
	cleanup_close int upper = -1, lower = -1;
	cleanup_changes struct changes all = {0};
	const struct strv mounts = {0};
	struct walk w = {&all, &tree, &user, "/home", &mounts};
	struct view both;
	struct err e;

	if (top < 0 && (!mkdtemp(dir) || (top = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0))
		abort();
	make("upper", &upper);
	make("lower", &lower);
	for (size_t i = 0; i + 1 < size && i < 128; i += 2)
		put(data[i] & 0x80 ? upper : lower, data[i], path_of(data[i + 1]));
	tree.upper = upper;
	tree.base = (struct view){.layers = &lower, .n = 1};
	both = (struct view){.layers = (int[]){upper, lower}, .n = 2};
	if (walk_tree(&w, &e) < 0 || all.incomplete)
		abort();
	for (unsigned int i = 0; i < N_PATHS; i++)
		check(&all, &tree.base, &both, path_of(i));
	return 0;
}
