/*
 * watch_file.c - the file that a call of a watched process was about, and whether it is the box
 * that refused it.
 *
 * Runs in the box with the session's rights, on what the program says and can change meanwhile: the
 * worst that comes of it is a wrong line. A path that takes long to look at makes only that program
 * wait, which already waits for this.
 */
#include "launch/watch_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "launch/mounted.h"

/* The string at an address of the thread; false: it cannot be read, or is too long for a path. */
static bool read_text(pid_t tid, uint64_t address, char text[PATH_MAX])
{
	long word;

	for (size_t n = 0; n < PATH_MAX; n += sizeof(word)) {
		errno = 0;
		word = ptrace(PTRACE_PEEKDATA, tid, (void *)(uintptr_t)(address + n), NULL);
		if (errno)
			return false;
		memcpy(text + n, &word, sizeof(word));
		if (memchr(&word, '\0', sizeof(word)))
			return true;
	}
	return false;
}

static bool read_link(pid_t tid, const char *name, char out[PATH_MAX])
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/%s", tid, name);
	n = readlink(link, out, PATH_MAX - 1);
	out[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* Does the thread see the same mounts from the same root as we do? */
static bool sees_the_same(pid_t tid)
{
	char its[PATH_MAX], ours[PATH_MAX];

	return read_link(tid, "ns/mnt", its) && read_link(getpid(), "ns/mnt", ours) &&
	       streq(its, ours) && read_link(tid, "root", its) && streq(its, "/");
}

/* What relative paths begin at. */
static bool read_base(pid_t tid, int dirfd, char out[PATH_MAX])
{
	char name[32] = "cwd";

	if (dirfd != AT_FDCWD)
		snprintf(name, sizeof(name), "fd/%d", dirfd);
	return read_link(tid, name, out) && *out == '/';
}

/* Resolves all of the path, or all but its last name, which need not exist. */
static bool resolve(char *path, bool last, char out[PATH_MAX])
{
	char *name;
	size_t n;

	if (last && realpath(path, out))
		return true;
	for (n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	name = strrchr(path, '/') + 1;
	if (!*name || streq(name, ".") || streq(name, ".."))
		return realpath(path, out);
	name[-1] = '\0';
	if (!realpath(*path ? path : "/", out))
		return false;
	n = strlen(out);
	return snprintf(out + n, PATH_MAX - n, "%s%s", n > 1 ? "/" : "", name) <
	       (int)(PATH_MAX - n);
}

static bool find_path(pid_t tid, const struct watch_argument *a, const uint64_t args[6], bool last,
		      char out[PATH_MAX])
{
	int dirfd = a->dir < 0 ? AT_FDCWD : (int)args[a->dir];
	char text[PATH_MAX] = "", base[PATH_MAX];
	cleanup_free char *whole = NULL;

	/* utimensat() without a path is about its descriptor. */
	if (a->path >= 0 && args[a->path] && !read_text(tid, args[a->path], text))
		return false;
	if (*text == '/')
		return resolve(text, last, out);
	if (!read_base(tid, dirfd, base))
		return false;
	whole = xasprintf("%s/%s", base, text);
	return resolve(whole, last, out);
}

/* May we write there, as far as owner and mode go? A read-only mount is asked about last. */
static bool may_write(const char *path)
{
	return access(path, W_OK) == 0 || errno == EROFS;
}

static bool may_change_name(const char *path)
{
	cleanup_free char *dir = xstrdup(path);
	char *slash = strrchr(dir, '/');

	slash[slash == dir] = '\0';
	return may_write(dir);
}

static bool owner_and_mode_allow(enum watch_kind kind, const char *path)
{
	struct stat st;
	bool exists = lstat(path, &st) == 0;

	if (kind == WATCH_META)
		return exists && (st.st_uid == geteuid() || may_write(path));
	return kind == WATCH_OPEN && exists ? may_write(path) : may_change_name(path);
}

static void note(struct watch_record *record, pid_t tid, const struct watch_call *call,
		 const struct watch_argument *a, const uint64_t args[6], int error)
{
	cleanup_mounted struct mounted m = {0};
	cleanup_free struct watched *w = xcalloc(1, sizeof(*w));
	struct err ignored;

	if (!find_path(tid, a, args, call->kind != WATCH_NAME, w->path) ||
	    watch_record_again(record, "", w->path) || !owner_and_mode_allow(call->kind, w->path) ||
	    mounted_find(getpid(), w->path, &m, &ignored) < 0 || strlen(m.at) >= sizeof(w->mount))
		return;
	if (error == EROFS ? !m.read_only : !streq(m.at, w->path))
		return;
	w->error = error;
	snprintf(w->mount, sizeof(w->mount), "%s", m.at);
	watch_record_add(record, w);
}

void watch_file_note(struct watch_record *record, pid_t tid, const struct watch_call *call,
		     const uint64_t args[6], int error)
{
	bool second = call->second.path >= 0;

	/* A mount can neither be removed nor replaced: both names of a rename may be one. */
	if (error != EROFS && (error != EBUSY || call->kind != WATCH_NAME))
		return;
	if (!sees_the_same(tid))
		return;
	if (!second || error == EBUSY)
		note(record, tid, call, &call->first, args, error);
	if (second)
		note(record, tid, call, &call->second, args, error);
}
