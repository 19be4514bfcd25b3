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
	if (all)
		set(&l->digest, NULL);
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

/* Keeps what fits, unless update; returns 1 if anything is new. */
static int complete(const struct store *s, const struct settings *settings, bool update,
		    struct lock_file *l, struct err *e)
{
	bool any = drop_changed(l, settings, update), profiles = take_profiles(l, settings);
	cleanup_origin struct origin origin = ORIGIN_INIT;
	struct utsname u;
	int r;

	if (!any)
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

	if (s->devcontainer_build.n)
		log_note("the image is built on each machine: a digest in the devcontainer.json or "
			 "Dockerfile locks its base");
	else if (!l->digest || streq(l->digest, LOCK_NONE))
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
	if (r == 0)
		log_note("wrote '%s/" LOCK_FILE "': image %s, %zu packages", dir, l->digest, n);
	return r;
}

static int check_lock(const struct lock_file *l, const struct settings *s, struct err *e)
{
	cleanup_strv struct strv differs = {0};
	struct digest ignored;

	locked_compare(l, s, &differs);
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
	const char *words[] = {"image", "lock", "--", settings->devcontainer, how, NULL};
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
	if (r > 0)
		return write_lock(settings->project_dir, l, e);
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
