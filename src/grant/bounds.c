/*
 * bounds.c - restrictions on the inside of a box.
 *
 * Lines: "bound WHAT", which is kept, and "held WHAT", which counts but which the user may remove.
 *
 *	protect = PATH		the path is read-only inside
 *	network = none		asked about as the network that it becomes
 *	[network] default = closed	with network = gateway: only what is allowed is reached
 *	[network] deny = WORD	and this is not
 *	project = no		nor is any part of it visible that was not
 *	sudo = no		and no session is root
 *	TARGET = ro		a part of the project with a mount on it, read-only or hiding it;
 *				also a mount on the home of the host, or on another mount from it
 *	sandbox.lock		the image and the packages are those of the lock
 */
#include "grant/bounds.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "box/kept.h"
#include "config/lock_file.h"
#include "config/mounts.h"
#include "config/network_rules.h"
#include "config/value.h"
#include "grant/reach_line.h"

#define KEPT	KEPT_BOUND
#define HELD	"held "
#define NETWORK "network = none"
#define CLOSED	"[network] default = closed"
#define DENY	"[network] deny = "
#define PROJECT "project = no"
#define SUDO	"sudo = no"
#define PROTECT "protect = "
#define RO	" = ro"

static bool is_users(const struct setting *st)
{
	return st && (st->users || st->users_file);
}

static void add(const char *what, bool users, struct strv *out)
{
	cleanup_free char *line = xasprintf("%s%s", users ? HELD : KEPT, what);

	reach_add_line(line, out);
}

static void add_protected(const struct settings *s, struct strv *out)
{
	const struct setting *st = NULL;

	while ((st = settings_next(s, st, KEY_PROTECT))) {
		cleanup_strv struct strv words = {0};

		value_words(st->value, &words);
		for (size_t i = 0; i < words.n; i++) {
			cleanup_free char *path = path_normalize("/", words.v[i]);
			cleanup_free char *what = xasprintf(PROTECT "%s", path + 1);

			add(what, is_users(st), out);
		}
	}
}

static bool is(const struct settings *s, enum schema_id id, const char *value)
{
	const char *set = settings_get(s, id);

	return set && streq(set, value);
}

static void add_key(const struct settings *s, enum schema_id id, const char *what, struct strv *out)
{
	add(what, is_users(settings_find(s, id)), out);
}

/* Only a gateway carries a policy out. */
static void add_policy(const struct settings *s, struct strv *out)
{
	const struct setting *st = NULL;
	struct err ignored; /* the words were checked when they were read */

	if (!is(s, KEY_NETWORK, "gateway"))
		return;
	if (is(s, KEY_NETWORK_DEFAULT, "closed"))
		add_key(s, KEY_NETWORK_DEFAULT, CLOSED, out);
	while ((st = settings_next(s, st, KEY_NETWORK_DENY))) {
		cleanup_strv struct strv words = {0};

		network_rules_words(st, &words, &ignored);
		for (size_t i = 0; i < words.n; i++) {
			cleanup_free char *what = xasprintf(DENY "%s", words.v[i]);

			add(what, is_users(st), out);
		}
	}
}

void bounds_add(const struct settings *s, struct strv *out)
{
	if (!s->project_dir)
		return;
	add_protected(s, out);
	if (is(s, KEY_NETWORK, "none"))
		add_key(s, KEY_NETWORK, NETWORK, out);
	add_policy(s, out);
	if (is(s, KEY_PROJECT, "no"))
		add_key(s, KEY_PROJECT, PROJECT, out);
	if (!settings_bool(s, KEY_SUDO) && !settings_bool(s, KEY_ROOT))
		add_key(s, KEY_SUDO, SUDO, out);
	if (s->lock == SETTINGS_LOCKED)
		add(LOCK_FILE, false, out);
}

/* The project's path in the box; NULL: not visible. */
static const char *project_at(const struct settings *s)
{
	const char *target = settings_get(s, KEY_PROJECT);

	return target && streq(target, "no") ? NULL : target ? target : s->project_dir;
}

bool bounds_hide_project(const struct settings *s)
{
	return s->project_dir && !project_at(s);
}

static bool is_upon_project(const struct settings *s, const struct mount_setting *m)
{
	const char *at = project_at(s);

	return s->project_dir && at && path_is_beneath(m->target, at);
}

/* Is it on top of something else of the host: the home, or another entry's mount? */
static bool is_upon_host(const struct settings *s, const char *home, const struct mount_setting *v,
			 size_t n, const struct mount_setting *m)
{
	if (is(s, KEY_HOME, "host") && path_is_beneath(m->target, home))
		return true;
	for (size_t i = 0; i < n; i++)
		if (&v[i] != m && v[i].kind == MOUNT_SETTING_BIND && v[i].outside &&
		    path_is_beneath(m->target, v[i].target))
			return true;
	return false;
}

void bounds_add_mounts(const struct settings *s, const char *home, const struct mount_setting *v,
		       size_t n, struct strv *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct mount_setting *m = &v[i];
		cleanup_free char *what = xasprintf("%s" RO, m->target);
		bool whole = m->kind == MOUNT_SETTING_BIND && !m->outside && !m->read_only &&
			     !m->overlay;

		/* It is not on top of anything of the host now: what it hid before is hidden. */
		if (!is_upon_project(s, m))
			add(what, m->users || !is_upon_host(s, home, v, n, m), out);
		else if (!whole)
			add(what, m->users, out);
	}
}

bool bounds_is_line(const char *line)
{
	return kept_is_bound(line) || starts_with(line, HELD);
}

bool bounds_has_no_network(const struct strv *lines)
{
	return strv_has(lines, KEPT NETWORK);
}

bool bounds_has_no_project(const struct strv *lines)
{
	return strv_has(lines, KEPT PROJECT);
}

static const char *what_of(const char *line)
{
	return line + (kept_is_bound(line) ? strlen(KEPT) : strlen(HELD));
}

bool bounds_is_of_mount(const char *line)
{
	return kept_is_bound(line) && *what_of(line) == '/' && ends_with(line, RO);
}

/* Do the lines contain this restriction? A path also counts if it is in a protected one. */
static bool holds(const struct strv *lines, const char *what)
{
	cleanup_free char *kept = xasprintf(KEPT "%s", what), *held = xasprintf(HELD "%s", what);

	if (strv_has(lines, kept) || strv_has(lines, held))
		return true;
	for (size_t i = 0; i < lines->n; i++) {
		cleanup_free char *path = NULL, *around = NULL;
		const char *now;

		if (!bounds_is_line(lines->v[i]))
			continue;
		now = what_of(lines->v[i]);
		if (!starts_with(now, PROTECT) || !starts_with(what, PROTECT))
			continue;
		path = path_normalize("/", what + strlen(PROTECT));
		around = path_normalize("/", now + strlen(PROTECT));
		if (path_is_beneath(path, around))
			return true;
	}
	return false;
}

/* The user's own word of today, or something that cannot be checked here. */
static bool is_excused(const struct settings *s, const char *what)
{
	if (streq(what, SUDO))
		return settings_is_users(s, KEY_SUDO) || settings_is_users(s, KEY_ROOT);
	if (streq(what, PROJECT))
		return settings_is_users(s, KEY_PROJECT);
	/* Another network was the user's word, or is asked about; none has less than a policy. */
	if (streq(what, CLOSED) && settings_is_users(s, KEY_NETWORK_DEFAULT))
		return true;
	if (streq(what, CLOSED) || starts_with(what, DENY))
		return !is(s, KEY_NETWORK, "gateway");
	if (streq(what, LOCK_FILE))
		return s->lock != SETTINGS_NO_LOCK;
	return streq(what, NETWORK);
}

void bounds_lost(const struct settings *s, const struct strv *before, const struct strv *now,
		 struct strv *out)
{
	for (size_t i = 0; i < before->n; i++) {
		const char *what = before->v[i];
		cleanup_free char *line = NULL;

		if (!kept_is_bound(what))
			continue;
		what = what_of(what);
		if (is_excused(s, what) || holds(now, what))
			continue;
		line = xasprintf("no longer: %s", what);
		if (!strv_has(out, line))
			strv_push_take(out, take_ptr(line));
	}
}
