/*
 * lock.c - the flow of `sandbox lock`.
 *
 * Locking means installing: only a package manager can tell what a name resolves to. The resulting
 * layers are those of boxes with this lock.
 */
#include "prepare/locked.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "box/project.h"
#include "prepare/origin.h"
#include "prepare/recipe.h"
#include "rootfs/image_program.h"

static void set(char **to, char *text)
{
	free(*to);
	*to = text;
}

static char *now(void)
{
	char text[32];
	time_t t = time(NULL);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return xstrdup(text);
}

/* Drops what must be resolved again. Returns whether there is anything to resolve. */
static bool drop_changed(struct lock_file *l, const struct settings *s, bool update)
{
	bool all = update || !l->image || !locked_machine(l) || !locked_image(l, s), any = all;

	for (size_t i = 0; i < n_managers; i++) {
		const struct manager *m = &managers[i];

		if (!all && locked_packages(l, s, m))
			continue;
		any = true;
		lock_manager_remove(l, manager_key(m));
		if (m->by_time)
			set(&l->time, now());
	}
	if (all) {
		set(&l->digest, NULL);
		strv_clear(&l->bases);
	}
	return any;
}

static bool take_profiles(struct lock_file *l, const struct settings *s)
{
	bool changed = !locked_profiles(l, s);

	strv_clear(&l->profiles);
	for (size_t i = 0; i < s->files.n; i++)
		strv_push(&l->profiles, s->files.v[i]);
	return changed;
}

static bool builds(const struct settings *s)
{
	return s->devcontainer_build.n || s->service_builds.n;
}

/* Appends the names that a build needs and the lock lacks. */
static int find_unlocked(const struct lock_file *l, const struct settings *s, struct strv *out,
			 struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	char *rest, *line;
	int r = builds(s) ? origin_bases(s, &text, e) : 0;

	if (r < 0)
		return r;
	rest = text.data;
	while ((line = strsep(&rest, "\n")) && *line) {
		const char *platform = strsep(&line, " ");

		if (line && !lock_base(&l->bases, platform, line) && !strv_has(out, line))
			strv_push(out, line);
	}
	return 0;
}

/* Builds the images if the lock lacks a base of one. Returns 1 if it did. */
static int lock_bases(const struct settings *s, struct lock_file *l, struct digest *ret_built,
		      struct err *e)
{
	cleanup_strv struct strv unlocked = {0};
	int r;

	if (!builds(s)) {
		strv_clear(&l->bases);
		return 0;
	}
	r = find_unlocked(l, s, &unlocked, e);
	if (r < 0 || !unlocked.n)
		return r;
	r = origin_build_bases(s, !l->bases.n, ret_built, &l->bases, e);
	return r < 0 ? r : 1;
}

/* Keeps what fits, unless update; returns 1 if anything is new. */
static int complete(const struct store *s, const struct settings *settings, bool update,
		    struct lock_file *l, struct err *e)
{
	bool any = drop_changed(l, settings, update), profiles = take_profiles(l, settings);
	cleanup_origin struct origin origin = ORIGIN_INIT;
	struct utsname u;
	int r = lock_bases(settings, l, &origin.built, e);

	if (r < 0)
		return r;
	if (!any && r == 0)
		return profiles;
	uname(&u);
	set(&l->machine, xstrdup(u.machine));
	set(&l->image, xstrdup(locked_name(settings)));
	if (!l->time)
		l->time = now();
	if (!l->digest)
		l->digest = xstrdup(LOCK_NONE);
	if (!lock_word(l->image))
		return err_set(e, ERR_USAGE, "image '%s' cannot be locked", l->image);
	r = origin_make(s, settings, l, true, &origin, e);
	if (r == 0 && origin.root.digest.hex[0] && !settings->devcontainer_build.n)
		set(&l->digest, xstrdup(digest_text(&origin.root.digest).s));
	return r < 0 ? r : 1;
}

/* Reports what a lock cannot fix. */
static void say_not_locked(const struct settings *s, const struct lock_file *l)
{
	const char *image = settings_get(s, KEY_IMAGE);

	if (!s->devcontainer_build.n && (!l->digest || streq(l->digest, LOCK_NONE)))
		log_note("image '%s' has no digest: whatever it is on a machine, it is", image);
	for (size_t i = 0; i < s->n; i++)
		if (setting_is(&s->v[i], KEY_RUN))
			log_note("%s: what the step downloads or computes is not locked",
				 s->v[i].source);
}

static int write_lock(const char *dir, const struct lock_file *l, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_close int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t n = 0;
	int r;

	if (dirfd < 0)
		return err_sys(e, errno, "cannot open '%s'", dir);
	lock_write(l, &text);
	r = file_write_atomic(dirfd, LOCK_FILE, text.data, text.len, 0644, e);
	for (size_t i = 0; i < l->n_managers; i++)
		n += l->managers[i].packages.n / 3;
	if (r == 0 && l->bases.n)
		log_note("wrote '%s/" LOCK_FILE "': %zu base image%s, %zu packages", dir,
			 l->bases.n / 3, l->bases.n > 3 ? "s" : "", n);
	else if (r == 0)
		log_note("wrote '%s/" LOCK_FILE "': image %s, %zu packages", dir, l->digest, n);
	return r;
}

static int check_lock(const struct lock_file *l, const struct settings *s, struct err *e)
{
	cleanup_strv struct strv differs = {0}, unlocked = {0};
	struct digest ignored;

	int r;

	locked_compare(l, s, &differs);
	r = find_unlocked(l, s, &unlocked, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < unlocked.n; i++)
		strv_push_take(&differs, xasprintf(LOCK_FILE ": it lacks the base image '%s'",
						   unlocked.v[i]));
	for (size_t i = 0; i < differs.n; i++)
		log_warn("%s", differs.v[i]);
	if (differs.n)
		return err_set(e, ESTALE,
			       "'%s/" LOCK_FILE "' does not fit: 'sandbox lock' writes it again",
			       s->project_dir);
	return locked_digest(l, &ignored, e);
}

/*
 * devcontainer-lock.json, by which the features of a devcontainer.json get their versions. The name
 * of the image depends on it.
 */
static int lock_features(const struct lock_options *o, struct settings *settings, const char *how,
			 struct err *e)
{
	cleanup_settings struct settings now = {0};
	const char *words[] = {"image", "lock", "--", settings->devcontainer, settings->project_dir,
			       how,	NULL};
	int r;

	if (!strv_has(&settings->devcontainer_build, "--devcontainer"))
		return 0;
	r = image_program(words, false, e);
	if (r == 0)
		r = settings_load(&o->settings, &now, e);
	if (r < 0)
		return r;
	settings_clear(settings);
	*settings = now;
	now = (struct settings){0};
	return 0;
}

/* With the new lock the image has another name: it gets it here, from the layers of before. */
static int name_built(const struct lock_options *o, const struct settings *agreed, struct err *e)
{
	cleanup_settings struct settings now = {0};
	int r = settings_load(&o->settings, &now, e);

	if (r == 0)
		r = origin_check_agreed(agreed, &now, e);
	return r == 0 && now.devcontainer_build.n && now.devcontainer_image
		       ? origin_build(&now, false, e)
		       : r;
}

static int make_and_write(const struct store *s, struct settings *settings,
			  const struct lock_options *o, struct lock_file *l, struct err *e)
{
	int r = lock_features(o, settings, o->update ? "all" : "missing", e);

	if (r == 0)
		r = reach_ask_steps(s, settings, &o->asker, NULL, e);
	if (r == 0)
		r = complete(s, settings, o->update, l, e);
	if (r < 0)
		return r;
	say_not_locked(settings, l);
	if (r > 0) {
		r = write_lock(settings->project_dir, l, e);
		return r < 0 ? r : name_built(o, settings, e);
	}
	log_note("'%s/" LOCK_FILE "' fits: nothing to do", settings->project_dir);
	return 0;
}

int lock_run(struct lock_options *o, struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	cleanup_settings struct settings settings = {0};
	cleanup_lock struct lock_file l = {0};
	cleanup_free char *dir = NULL;
	int r = project_open(&s, o->project, &dir, e);

	if (r < 0)
		return r;
	o->settings.project_dir = dir;
	r = settings_load(&o->settings, &settings, e);
	if (r == 0)
		r = lock_read(dir, &l, e);
	if (r < 0 && !(o->update && e->code == ERR_USAGE))
		return err_add(e, "cannot lock '%s'", dir);
	if (o->check && r == 0)
		return err_set(e, ENOENT, "there is no '%s/" LOCK_FILE "': 'sandbox lock' makes it",
			       dir);
	if (o->check) {
		r = lock_features(o, &settings, "check", e);
		return r < 0 ? r : check_lock(&l, &settings, e);
	}
	if (r < 0)
		lock_clear(&l);
	r = make_and_write(&s, &settings, o, &l, e);
	return r < 0 ? err_add(e, "cannot lock '%s'", dir) : 0;
}
