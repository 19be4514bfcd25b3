/*
 * drift.c - differences between what a box runs with and what its project asks for now.
 *
 * The notes of a start are lines `key value`; the mounts are one line with a hash. The project's
 * present requests are written the same way; lines that are not in the notes have changed.
 */
#include "flow/drift.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "box/moved.h"
#include "config/schema.h"
#include "grant/guarded.h"
#include "prepare/locked.h"
#include "prepare/recipe.h"
#include "rootfs/image.h"

/* Keys of [sandbox] that take effect when a box is started. */
static const char *const at_start[] = {
	"network",  "nested",  "sudo",	    "perf", "io-uring",	     "home", "project",
	"hostname", "linger",  "ssh-agent", "git",  "display",	     "dbus", "gpu",
	"devices",  "protect", "secrets",   "ca",   "proxy-password"};

/* Those of them that each session gets again. */
static const char *const at_each_session[] = {"ca", "proxy-password"};

static void note_key(const struct settings *s, const char *key, struct buf *out)
{
	const struct schema_key *row = schema_find("sandbox", key);
	const char *value = settings_get(s, "sandbox", key);
	cleanup_strv struct strv words = {0};
	cleanup_buf struct buf all = BUF_INIT;
	cleanup_free char *quoted = NULL;

	/* A later source adds to a list: the whole of it counts. */
	if (row->type == SCHEMA_LIST) {
		settings_list(s, "sandbox", key, &words);
		for (size_t i = 0; i < words.n; i++)
			buf_addf(&all, "%s%s", i ? " " : "", words.v[i]);
		value = words.n ? all.data : NULL;
	}
	quoted = err_quote_all(value ? value : "-");
	buf_addf(out, "%s %s\n", key, quoted);
}

static void note_mounts(const struct settings *s, struct buf *out)
{
	cleanup_buf struct buf all = BUF_INIT;

	for (size_t i = 0; i < s->n; i++)
		if (streq(s->v[i].section, "mounts"))
			buf_addf(&all, "%s\n%s\n%s\n", s->v[i].key, s->v[i].value, s->v[i].dir);
	buf_addf(out, "mounts %016llx\n", (unsigned long long)store_hash(all.data));
}

void drift_notes(const struct settings *s, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(at_start); i++)
		note_key(s, at_start[i], out);
	note_mounts(s, out);
}

static bool is_flag(const struct settings *s, const char *key)
{
	const struct setting *st = settings_find(s, "sandbox", key);

	return st && st->users;
}

/* How a box can be made to follow its project. */
static const char *follows(const struct box *b)
{
	return b->trial ? "'sandbox discard', and the next trial follows it"
			: "'sandbox enter --rebuild' follows it, with a new root and the same home";
}

/* The name now means another image: that of the lock, else the present one. */
static void say_new_digest(const struct store *st, const struct box *b,
			   const struct lock_file *lock)
{
	struct digest now;
	struct err ignored;
	int r = lock ? locked_digest(lock, &now, &ignored)
		     : image_digest(st, b->image, &now, &ignored);

	if (r < 0 || !b->digest.hex[0] || !now.hex[0])
		return;
	if (!digest_equal(&now, &b->digest))
		log_note("image '%s' has changed since box '%s' was made: %s", b->image, b->name,
			 follows(b));
}

int drift_check_image(const struct store *st, const struct box *b, const struct settings *s,
		      const struct lock_file *lock, struct err *e)
{
	const char *image = settings_get(s, "sandbox", "image");

	if (streq(image, b->image)) {
		say_new_digest(st, b, lock);
		return 0;
	}
	if (is_flag(s, "image"))
		return err_set(e, EBUSY,
			       "box '%s' was made from image '%s', not from '%s': %s to change it, "
			       "or leave --image out",
			       b->name, b->image, image,
			       b->trial ? "'sandbox discard'" : "add --rebuild");
	log_note("the project asks for image '%s', box '%s' was made from '%s': %s", image, b->name,
		 b->image, follows(b));
	return 0;
}

int drift_check_recipe(const struct box *b, const struct settings *s, const struct lock_file *lock,
		       struct err *e)
{
	cleanup_recipe struct recipe recipe = {0};
	cleanup_buf struct buf made = BUF_INIT;
	int r = recipe_make(s, lock, &recipe, e);

	if (r < 0 || (!recipe.n && !b->prepared.n))
		return r;
	r = box_recipe(b, &made, e);
	if (r == 0 && !streq(made.data, recipe_text(&recipe)))
		log_note("the project's packages, steps or lock have changed since box '%s' was "
			 "made: %s",
			 b->name, follows(b));
	return r;
}

/* Does the key now protect something? Missing that is not a small difference. */
static bool is_protection(const struct settings *s, const char *key)
{
	const struct schema_key *row = schema_find("sandbox", key);
	const char *value = row ? settings_get(s, "sandbox", key) : NULL;

	return streq(key, "protect") || (value && !row->harmless && schema_is_closed(row, value));
}

/* A key that an older version did not record: it opened nothing then, and does not now. */
static bool is_news(const struct buf *then, const struct settings *s, const char *key)
{
	cleanup_free char *begin = xasprintf("\n%s ", key);
	const struct schema_key *row = schema_find("sandbox", key);
	const char *value = row ? settings_get(s, "sandbox", key) : NULL;

	return row && !strstr(then->data, begin) && (!value || schema_is_closed(row, value));
}

/*
 * What was not agreed to before the start is not given to a session of the same box either: its
 * file may have been changed from inside.
 */
static void keep_from_session(struct settings *s, const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(at_each_session); i++)
		if (streq(at_each_session[i], key))
			settings_add(s, &(struct setting){.section = (char *)"sandbox",
							  .key = (char *)key,
							  .value = (char *)"no",
							  .source = (char *)"its start",
							  .dir = (char *)"/"});
}

int drift_check_running(const struct box *b, struct settings *s, bool say, struct err *e)
{
	cleanup_buf struct buf then = BUF_INIT, now = BUF_INIT, changed = BUF_INIT;
	cleanup_free char *lost = NULL;
	char *line, *save = NULL;
	int r = box_start_notes(b, &then, e);

	if (r < 0)
		return r;
	lost = guarded_lost(then.data);
	if (lost)
		return err_set(e, EBUSY,
			       "'%s' was replaced while box '%s' runs, and is no longer protected "
			       "in it: 'sandbox stop %s' first",
			       lost, b->name, b->name);
	drift_notes(s, &now);
	for (line = strtok_r(now.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		cleanup_free char *whole = xasprintf("\n%s\n", line);

		if (strstr(then.data, whole))
			continue;
		/*
		 * The notes belong to another start: this one is not recorded yet, or never will
		 * be.
		 */
		if (!box_is_recorded(b))
			return 0;
		line[strcspn(line, " ")] = '\0';
		if (is_news(&then, s, line))
			continue;
		if (is_flag(s, line))
			return err_set(e, EBUSY,
				       "box '%s' runs already, and not with this --%s: "
				       "'sandbox stop %s' first",
				       b->name, line, b->name);
		if (is_protection(s, line))
			return err_set(e, EBUSY,
				       "box '%s' runs, and not yet with '%s' as it is now: "
				       "'sandbox stop %s' first",
				       b->name, line, b->name);
		keep_from_session(s, line);
		buf_addf(&changed, "%s%s", changed.len ? ", " : "", line);
	}
	if (say && changed.len)
		log_note("box '%s' was started with other settings (%s): the current ones act at "
			 "the next start, 'sandbox stop %s' ends this one",
			 b->name, changed.data, b->name);
	return 0;
}

int drift_check_folder(const struct box *b, struct err *e)
{
	if (!box_folder_replaced(b))
		return 0;
	return err_set(e, EBUSY,
		       "box '%s' runs with the directory that was at '%s' before it was replaced: "
		       "'sandbox stop %s' first",
		       b->name, b->project, b->name);
}
