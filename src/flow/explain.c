/*
 * explain.c - why a box would refuse something that the kernel decides, and records nowhere.
 *
 * Files: the mounts of the running box say what it has, and the settings which line made them so.
 * Names are taken as they are written: symlinks in the box cannot be followed from here.
 */
#include "flow/explain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "box/box.h"
#include "box/lifecycle.h"
#include "config/mounts.h"
#include "config/schema.h"
#include "config/value.h"
#include "launch/seccomp_names.h"

#define MOUNTINFO_MAX (4u << 20)

void explanation_clear(struct explanation *x)
{
	free(x->what);
	free(x->reason);
	free(x->allowed);
	*x = (struct explanation){0};
}

/* The mount that a path is in, as proc_pid_mountinfo(5) tells it. */
struct mounted {
	char *at;
	bool read_only;
	char *place; /* the path on its file system, after the numbers of that */
};

static void mounted_clear(struct mounted *m)
{
	free(m->at);
	free(m->place);
}
#define cleanup_mounted __attribute__((cleanup(mounted_clear)))

/* "\040" is a space. */
static void unescape(char *s)
{
	char *out = s;

	while (*s) {
		unsigned byte;

		if (*s == '\\' && sscanf(s + 1, "%3o", &byte) == 1) {
			*out++ = (char)byte;
			s += 4;
		} else {
			*out++ = *s++;
		}
	}
	*out = '\0';
}

/* Takes the line if the path is in its mount, and it is not above the one that is known. */
static void consider(char *line, const char *path, struct mounted *ret)
{
	char *word[6], *rest = line;
	size_t n = 0;

	while (n < ARRAY_SIZE(word) && (word[n] = strsep(&rest, " ")))
		n++;
	if (n < ARRAY_SIZE(word))
		return;
	unescape(word[3]);
	unescape(word[4]);
	if (!path_is_beneath(path, word[4]) || (ret->at && strlen(word[4]) < strlen(ret->at)))
		return;
	mounted_clear(ret);
	ret->at = xstrdup(word[4]);
	ret->read_only = starts_with(word[5], "ro");
	ret->place = xasprintf("%s:%s%s", word[2], streq(word[3], "/") ? "" : word[3],
			       path + (streq(word[4], "/") ? 0 : strlen(word[4])));
}

static int find_mount(pid_t pid, const char *path, struct mounted *ret, struct err *e)
{
	cleanup_free char *file = xasprintf("/proc/%d/mountinfo", pid);
	cleanup_buf struct buf text = BUF_INIT;
	char *rest, *line;
	int r = file_read(AT_FDCWD, file, MOUNTINFO_MAX, &text, e);

	if (r < 0)
		return r;
	rest = text.data;
	while ((line = strsep(&rest, "\n")))
		consider(line, path, ret);
	return ret->at ? 0 : err_set(e, ENOENT, "no mount has '%s'", path);
}

/* Is what this machine has there something else than what the box has? */
static bool is_hidden(const char *path, const struct mounted *in_box)
{
	cleanup_mounted struct mounted here = {0};
	struct err ignored;
	struct stat st;

	return lstat(path, &st) == 0 && find_mount(getpid(), path, &here, &ignored) == 0 &&
	       here.place && in_box->place && !streq(here.place, in_box->place);
}

/* Is it there because of a line of [mounts]? */
static bool is_mount_of(const struct settings *s, const char *at, struct explanation *ret)
{
	cleanup_user struct user u = {0};
	cleanup_free char *home = NULL;
	struct mount_setting *v = NULL;
	struct err ignored;
	size_t n = 0;
	bool found = false;

	user_self(&u);
	home = user_home(&u);
	if (settings_mounts(s, home ? home : "/", &v, &n, &ignored) < 0)
		return false;
	for (size_t i = n; i-- > 0 && !found;) {
		found = streq(v[i].target, at) && v[i].read_only && v[i].source;
		if (!found)
			continue;
		ret->reason = xasprintf("%s mounts '%s' read-only", v[i].where, at);
		ret->allowed = xasprintf("[mounts] %s = %s rw", v[i].target, v[i].source);
	}
	mount_settings_free(v, n);
	return found;
}

static bool is_protected(const struct settings *s, const char *at, struct explanation *ret)
{
	const struct setting *st = NULL;

	while (s->project_dir && (st = settings_next(s, st, KEY_PROTECT))) {
		cleanup_strv struct strv words = {0};

		value_words(st->value, &words);
		for (size_t i = 0; i < words.n; i++) {
			cleanup_free char *path = path_normalize(s->project_dir, words.v[i]);

			if (!path_is_beneath(at, path))
				continue;
			ret->reason = xasprintf("%s protects '%s'", st->source, words.v[i]);
			ret->allowed = xasprintf("[sandbox] protect, without '%s'", words.v[i]);
			return true;
		}
	}
	return false;
}

int explain_file(const struct box *b, const struct settings *s, const char *path,
		 struct explanation *ret, struct err *e)
{
	cleanup_free char *here = getcwd(NULL, 0), *full = path_normalize(here ? here : "/", path);
	cleanup_explanation struct explanation x = {.what = xasprintf("file %s", full)};
	cleanup_mounted struct mounted m = {0};

	if (!b->name || !box_is_running(b) || find_mount(box_pid(b), full, &m, e) < 0)
		return err_set(e, ESRCH,
			       "no box of the project is running: its mounts are known only then");
	x.refused = true;
	if (m.read_only && !is_mount_of(s, m.at, &x) && !is_protected(s, m.at, &x))
		x.reason = xasprintf("'%s' is read-only in the box", m.at);
	else if (!m.read_only && is_hidden(full, &m)) {
		x.reason = xasprintf("the box has '%s' for itself, and not what this machine has",
				     m.at);
		x.allowed = xasprintf("[mounts] %s = %s", full, full);
	} else if (!m.read_only) {
		x.refused = false;
		x.reason = xasprintf("'%s' is writable in the box: owner and mode decide", m.at);
	}
	*ret = x;
	x = (struct explanation){0};
	return 0;
}

int explain_call(const struct settings *s, const char *name, struct explanation *ret, struct err *e)
{
	struct seccomp_answer a;
	const char *set;

	if (!seccomp_answer_of(name, &a))
		return err_set(e, ERR_USAGE, "there is no system call '%s' on this machine", name);
	set = *a.key ? settings_get(s,
				    (enum schema_id)(schema_find("sandbox", a.key) - schema_keys))
		     : NULL;
	*ret = (struct explanation){.what = xasprintf("system call %s", name)};
	ret->refused = (a.depends || a.error) && !(set && streq(set, "yes"));
	if (!ret->refused) {
		ret->reason = xstrdup("no filter of the box refuses it");
		return 0;
	}
	ret->reason = a.depends
			      ? xstrdup("the box's filter refuses some of its arguments")
			      : xasprintf("the box's filter answers %s", strerrorname_np(a.error));
	if (*a.key)
		ret->allowed = xasprintf("[sandbox] %s = yes", a.key);
	return 0;
}
