/*
 * drift.c - differences between what a box runs with and what its project asks for now.
 *
 * The notes of a start are lines `key value`, one for each row that acts at a start; a section with
 * free keys is one line with a hash. The project's present requests are written the same way; lines
 * that are not in the notes have changed.
 */
#include "flow/drift.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fnv.h"
#include "base/log.h"
#include "box/moved.h"
#include "config/schema.h"
#include "grant/guarded.h"
#include "prepare/locked.h"
#include "prepare/recipe.h"
#include "rootfs/image.h"

/* A section with free keys is noted, and named, as a whole. */
static bool is_section(const struct schema_key *row)
{
	return streq(row->key, "*");
}

static const char *name_of(const struct schema_key *row)
{
	return is_section(row) ? row->section : row->key;
}

static void note_key(const struct settings *s, enum schema_id id, struct buf *out)
{
	const char *value = settings_get(s, id);
	cleanup_strv struct strv words = {0};
	cleanup_buf struct buf all = BUF_INIT;
	cleanup_free char *quoted = NULL;

	/* A later source adds to a list: the whole of it counts. */
	if (schema_keys[id].type == SCHEMA_LIST) {
		settings_list(s, id, &words);
		for (size_t i = 0; i < words.n; i++)
			buf_addf(&all, "%s%s", i ? " " : "", words.v[i]);
		value = words.n ? all.data : NULL;
	}
	quoted = err_quote_all(value ? value : "-");
	buf_addf(out, "%s %s\n", name_of(&schema_keys[id]), quoted);
}

static void note_section(const struct settings *s, enum schema_id id, struct buf *out)
{
	cleanup_buf struct buf all = BUF_INIT;

	for (size_t i = 0; i < s->n; i++)
		if (setting_is(&s->v[i], id))
			buf_addf(&all, "%s\n%s\n%s\n", s->v[i].key, s->v[i].value, s->v[i].dir);
	buf_addf(out, "%s %016llx\n", name_of(&schema_keys[id]),
		 (unsigned long long)fnv1a(all.data));
}

static void note(const struct settings *s, enum schema_id id, struct buf *out)
{
	if (is_section(&schema_keys[id]))
		note_section(s, id, out);
	else
		note_key(s, id, out);
}

void drift_notes(const struct settings *s, struct buf *out)
{
	for (size_t i = 0; i < N_KEYS; i++)
		if (schema_acts_at_start(&schema_keys[i]))
			note(s, (enum schema_id)i, out);
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

/* One that is built gets another name with each Dockerfile or lock, whatever comes out. */
static bool is_same_build(const struct store *st, const struct box *b, const struct settings *s)
{
	struct digest now;
	struct err ignored;

	return s->devcontainer_build.n && b->digest.hex[0] &&
	       image_digest(st, settings_get(s, KEY_IMAGE), &now, &ignored) == 0 &&
	       digest_equal(&now, &b->digest);
}

int drift_check_image(const struct store *st, const struct box *b, const struct settings *s,
		      const struct lock_file *lock, struct err *e)
{
	const char *image = settings_get(s, KEY_IMAGE);

	if (streq(image, b->image)) {
		say_new_digest(st, b, lock);
		return 0;
	}
	if (settings_is_users(s, KEY_IMAGE))
		return err_set(e, EBUSY,
			       "box '%s' was made from image '%s', not from '%s': %s to change it, "
			       "or leave --image out",
			       b->name, b->image, image,
			       b->trial ? "'sandbox discard'" : "add --rebuild");
	if (is_same_build(st, b, s))
		return 0;
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
static bool is_protection(const struct settings *s, enum schema_id id)
{
	const struct schema_key *row = &schema_keys[id];
	const char *value = settings_get(s, id);

	return id == KEY_PROTECT || id == KEY_NETWORK_DENY ||
	       (value && (row->asked != ASKED_NEVER || id == KEY_NETWORK_DEFAULT) &&
		schema_is_closed(row, value));
}

/* A key that an older version did not record, and that is not set, or opens nothing, now. */
static bool is_news(const struct buf *then, const struct settings *s, enum schema_id id)
{
	const struct schema_key *row = &schema_keys[id];
	cleanup_free char *begin = xasprintf("\n%s ", name_of(row));
	const char *value = settings_get(s, id);

	return !is_section(row) && !strstr(then->data, begin) &&
	       (!settings_find(s, id) || schema_is_closed(row, value));
}

/*
 * What was not agreed to before the start is not given to a session of the same box either: its
 * file may have been changed from inside.
 */
static void keep_from_session(struct settings *s, enum schema_id id)
{
	const struct schema_key *row = &schema_keys[id];
	struct setting closed = setting_of(id, schema_closed(row), "its start");

	if (row->acts == ACTS_START_AND_SESSION)
		settings_add(s, &closed);
}

/* Checks a key of a running box whose value differs; adds its name to *changed. */
static int check_key(const struct box *b, const struct buf *then, struct settings *s,
		     enum schema_id id, struct buf *changed, struct err *e)
{
	const char *name = name_of(&schema_keys[id]);

	if (is_news(then, s, id))
		return 0;
	if (settings_is_users(s, id) && id == KEY_PORTS)
		return err_set(e, EBUSY,
			       "box '%s' runs already, without this --publish: 'sandbox add "
			       "--publish PORT %s' adds it",
			       b->name, b->name);
	if (settings_is_users(s, id))
		return err_set(e, EBUSY,
			       "box '%s' runs already, and not with this --%s: 'sandbox stop %s' "
			       "first",
			       b->name, name, b->name);
	if (is_protection(s, id))
		return err_set(e, EBUSY,
			       "box '%s' runs, and not yet with '%s' as it is now: 'sandbox stop "
			       "%s' first",
			       b->name, name, b->name);
	keep_from_session(s, id);
	buf_addf(changed, "%s%s", changed->len ? ", " : "", name);
	return 0;
}

/* Is the key in the notes, with its present value? */
static bool is_as_noted(const struct buf *then, const struct settings *s, enum schema_id id)
{
	cleanup_buf struct buf line = BUF_INIT;

	buf_addch(&line, '\n');
	note(s, id, &line);
	return strstr(then->data, line.data) != NULL;
}

int drift_check_running(const struct box *b, struct settings *s, struct strv *notes, struct err *e)
{
	cleanup_buf struct buf then = BUF_INIT, changed = BUF_INIT;
	cleanup_free char *lost = NULL;
	int r = box_start_notes(b, &then, e);

	if (r < 0)
		return r;
	lost = guarded_lost(then.data);
	if (lost)
		return err_set(e, EBUSY,
			       "'%s' was replaced while box '%s' runs, and is no longer protected "
			       "in it: 'sandbox stop %s' first",
			       lost, b->name, b->name);
	for (size_t i = 0; r == 0 && i < N_KEYS; i++) {
		enum schema_id id = (enum schema_id)i;

		if (!schema_acts_at_start(&schema_keys[i]) || is_as_noted(&then, s, id))
			continue;
		/*
		 * The notes belong to another start: this one is not recorded yet, or never will
		 * be.
		 */
		if (!box_is_recorded(b))
			return 0;
		r = check_key(b, &then, s, id, &changed, e);
	}
	if (r == 0 && notes && changed.len)
		strv_push_take(notes,
			       xasprintf("box '%s' was started with other settings (%s): the "
					 "current ones act at the next start, 'sandbox stop %s' "
					 "ends this one",
					 b->name, changed.data, b->name));
	return r;
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
