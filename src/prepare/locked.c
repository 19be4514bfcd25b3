/*
 * locked.c - sandbox.lock against the settings of its project.
 */
#include "prepare/locked.h"

#include <string.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "prepare/recipe.h"

static bool same(const struct strv *a, const struct strv *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!streq(a->v[i], b->v[i]))
			return false;
	return true;
}

bool locked_machine(const struct lock_file *l)
{
	struct utsname u;

	return uname(&u) < 0 || streq(l->machine, u.machine);
}

bool locked_packages(const struct lock_file *l, const struct settings *s, const struct manager *m)
{
	const struct lock_manager *locked = lock_manager(l, manager_key(m));
	cleanup_strv struct strv asked = {0};

	recipe_packages(s, m, &asked);
	return locked ? same(&asked, &locked->asked) : !asked.n;
}

const char *locked_name(const struct settings *s)
{
	return s->devcontainer_build.n ? "devcontainer" : settings_get(s, KEY_IMAGE);
}

/* Older versions locked one that is built by the name that it has here. */
bool locked_image(const struct lock_file *l, const struct settings *s)
{
	return streq(l->image, locked_name(s)) || streq(l->image, settings_get(s, KEY_IMAGE));
}

/* Differences that stop `enter`. */
static void compare(const struct lock_file *l, const struct settings *s, struct strv *out)
{
	if (!locked_machine(l))
		strv_push_take(out, xasprintf(LOCK_FILE ": it was made on %s", l->machine));
	if (!locked_image(l, s))
		strv_push_take(out, xasprintf(LOCK_FILE ": image is '%s', locked is '%s'",
					      locked_name(s), l->image));
	for (size_t i = 0; i < n_managers; i++)
		if (!locked_packages(l, s, &managers[i]))
			strv_push_take(out, xasprintf(LOCK_FILE ": [packages] %s has changed",
						      manager_key(&managers[i])));
}

bool locked_profiles(const struct lock_file *l, const struct settings *s)
{
	return same(&l->profiles, &s->files);
}

static const char *profile_hash(const struct lock_file *l, const char *name)
{
	for (size_t i = 0; i + 1 < l->profiles.n; i += 2)
		if (streq(l->profiles.v[i], name))
			return l->profiles.v[i + 1];
	return NULL;
}

void locked_compare(const struct lock_file *l, const struct settings *s, struct strv *out)
{
	compare(l, s, out);
	for (size_t i = 0; i + 1 < s->files.n; i += 2) {
		const char *hash = profile_hash(l, s->files.v[i]);

		if (!hash || !streq(hash, s->files.v[i + 1]))
			strv_push_take(out, xasprintf(LOCK_FILE ": profile '%s' %s", s->files.v[i],
						      hash ? "has changed" : "is new"));
	}
	for (size_t i = 0; i + 1 < l->profiles.n; i += 2)
		if (!strv_has(&s->files, l->profiles.v[i]))
			strv_push_take(out, xasprintf(LOCK_FILE ": profile '%s' is used no more",
						      l->profiles.v[i]));
}

static int refuse_if_different(const struct lock_file *l, const struct settings *s, struct err *e)
{
	cleanup_strv struct strv differs = {0};

	compare(l, s, &differs);
	return differs.n ? err_set(e, ERR_USAGE, "%s: 'sandbox lock' writes it again", differs.v[0])
			 : 1;
}

/* skip_other: a lock of another image counts as none. */
static int read_for(const struct settings *s, bool skip_other, struct lock_file *ret, struct err *e)
{
	cleanup_lock struct lock_file lock = {0};
	int r = lock_read(s->project_dir, &lock, e);

	if (r > 0 && skip_other && !locked_image(&lock, s))
		return 0;
	if (r > 0)
		r = refuse_if_different(&lock, s, e);
	if (r <= 0)
		return r;
	*ret = lock;
	lock = (struct lock_file){0};
	return 1;
}

int locked_read(const struct settings *s, struct lock_file *ret, struct err *e)
{
	if (!s->project_dir || settings_is_users(s, KEY_IMAGE))
		return 0;
	return read_for(s, false, ret, e);
}

int locked_read_for_image(const struct settings *s, struct lock_file *ret, struct err *e)
{
	return read_for(s, true, ret, e);
}

int locked_digest(const struct lock_file *l, struct digest *ret, struct err *e)
{
	if (streq(l->digest, LOCK_NONE)) {
		*ret = (struct digest){0};
		return 0;
	}
	return digest_parse(l->digest, ret, e) < 0 ? err_add(e, LOCK_FILE) : 0;
}
