/*
 * explain.c - why a box refuses something that the kernel decides, and records nowhere.
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
#include "launch/mounted.h"
#include "launch/seccomp_names.h"

#define KEPT "refused" /* in the box's directory */

void explanation_clear(struct explanation *x)
{
	free(x->what);
	free(x->reason);
	free(x->allowed);
	*x = (struct explanation){0};
}

/* Is what this machine has there something else than what the box has? */
static bool is_hidden(const char *path, const struct mounted *in_box)
{
	cleanup_mounted struct mounted here = {0};
	struct err ignored;
	struct stat st;

	return lstat(path, &st) == 0 && mounted_find(getpid(), path, &here, &ignored) == 0 &&
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

	if (!b->name || !box_is_running(b) || mounted_find(box_pid(b), full, &m, e) < 0)
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

int explain_watched(const struct settings *s, const struct watched *w, struct explanation *ret,
		    struct err *e)
{
	struct explanation x = {.refused = true};
	int r = 0;

	if (*w->call) {
		r = explain_call(s, w->call, &x, e);
		if (r == 0 && streq(w->call, "ptrace")) {
			free(x.reason);
			x.reason = xstrdup("what is watched can trace nothing: 'sandbox enter' "
					   "runs it without");
			x.refused = true;
		}
	} else {
		x.what = xasprintf("file %s", w->path);
		if (!is_mount_of(s, w->mount, &x) && !is_protected(s, w->mount, &x))
			x.reason = xasprintf(w->error == EBUSY
						     ? "'%s' is a mount of the box, which cannot "
						       "be removed or replaced"
						     : "'%s' is read-only in the box",
					     w->mount);
	}
	if (r < 0)
		return r;
	x.time = w->time;
	x.count = w->count;
	*ret = x;
	return 0;
}

int explain_keep(const struct box *b, const struct watch_record *record, struct err *e)
{
	return file_write_passing(b->dir_fd, KEPT, record, watch_record_size(record), 0600, e);
}

void explain_kept(const struct box *b, struct watch_record *ret)
{
	cleanup_buf struct buf bytes = BUF_INIT;
	struct err ignored;

	if (b->dir_fd >= 0)
		(void)file_read(b->dir_fd, KEPT, sizeof(*ret), &bytes, &ignored);
	watch_record_check(bytes.data, bytes.len, ret);
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
