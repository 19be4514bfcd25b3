/*
 * reach.c - what of the host a project may have.
 */
#include "grant/reach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/path.h"
#include "base/proc.h"
#include "box/kept.h"
#include "config/mounts.h"
#include "config/network_rules.h"
#include "config/ports.h"
#include "config/schema.h"
#include "config/service.h"
#include "config/value.h"
#include "grant/bounds.h"
#include "grant/host_command.h"
#include "grant/lend.h"
#include "grant/repository.h"
#include "image/name/conf.h"
#include "image/name/reference.h"

#define NETWORK_GATEWAY "network = gateway"
#define NETWORK_HOST	"network = host"

void reach_add_root(const struct box *b, const char *real, struct strv *out)
{
	cleanup_free char *line = xasprintf("image = dir:%s", real);

	if (starts_with(b->image, "dir:") && (!b->project || !path_is_beneath(real, b->project)))
		reach_add_line(line, out);
}

/* The real path of a path in a setting's value, unless that is part of the project. */
static int add_path(const struct settings *s, const struct setting *st, const char *path,
		    const char *prefix, struct strv *out, struct err *e)
{
	cleanup_free char *real = realpath(path, NULL), *line = NULL;

	if (!real)
		return err_sys(e, errno, "%s: cannot use %s '%s'", st->source, st->key, st->value);
	line = xasprintf("%s = %s%s", st->key, prefix, real);
	if (!s->project_dir || !path_is_beneath(real, s->project_dir))
		reach_add_line(line, out);
	return 0;
}

/* A registry that is neither well known nor named by sandbox.conf was chosen by the project. */
static bool is_known_registry(const char *image)
{
	cleanup_reference struct reference ref = {0};
	cleanup_image_conf struct image_conf conf = {0};
	struct err ignored;

	if (streq(image, "host") || reference_parse(image, IMAGE_CONF_REGISTRY, &ref, &ignored) < 0)
		return true; /* not a valid image: no registry is asked */
	return streq(ref.registry, IMAGE_CONF_REGISTRY) ||
	       (image_conf_load(&conf, &ignored) == 0 &&
		(streq(ref.registry, conf.registry) || image_conf_registry(&conf, ref.registry)));
}

/* A directory becomes the root of the box, readable by everything that runs there. */
static int add_image(const struct settings *s, const struct setting *st, struct strv *out,
		     struct err *e)
{
	cleanup_free char *path = mounts_image_folder(st->value, s->project_dir), *line = NULL;
	cleanup_strv struct strv build = {0};

	if (path)
		return add_path(s, st, path, "dir:", out, e);
	line = xasprintf("image = %s", st->value);
	if (s->devcontainer_build.n && st->from == SETTING_FROM_PROJECT &&
	    streq(st->value, s->devcontainer_build.v[1]))
		return 0; /* it is built here, by steps */
	service_build_of(s, st->value, &build);
	if (build.n && st->from == SETTING_FROM_PROJECT)
		return 0;
	if (!is_known_registry(st->value))
		reach_add_line(line, out);
	return 0;
}

static int add_target(const struct settings *s, const struct setting *st, struct strv *out,
		      struct err *e)
{
	cleanup_free char *path = settings_path(st, st->value);

	return add_path(s, st, path, "", out, e);
}

/* For export: in the project's directory, the exported name hides the host's program. */
static int add_words(const struct settings *s, const struct setting *st, struct strv *out,
		     struct err *e)
{
	cleanup_strv struct strv words = {0};

	(void)s;
	(void)e;
	value_words(st->value, &words);
	for (size_t i = 0; i < words.n; i++) {
		cleanup_free char *line = xasprintf("%s = %s", st->key, words.v[i]);

		if (!strv_has(out, line))
			reach_add_line(line, out);
	}
	return 0;
}

/* The port of another one's service may be taken, so those on the loopback are asked about, too. */
static int add_ports(const struct settings *s, const struct setting *st, struct strv *out,
		     struct err *e)
{
	cleanup_free struct port_setting *v = NULL;
	size_t n = 0;
	int r = st->users ? 0 : settings_ports_of(st, &v, &n, e);

	(void)s;
	for (size_t i = 0; r == 0 && i < n; i++) {
		char host[PORT_TEXT_MAX], box[PORT_TEXT_MAX];
		cleanup_free char *line = NULL;

		port_value_host(&v[i].value, host);
		port_value_box(&v[i].value, box);
		line = xasprintf("[ports] %s = %s", host, box);
		if (!strv_has(out, line))
			reach_add_line(line, out);
	}
	return r;
}

/* In the one way to write them, so that what was agreed to once is known again. */
static int add_rules(const struct settings *s, const struct setting *st, struct strv *out,
		     struct err *e)
{
	cleanup_strv struct strv words = {0};
	int r = network_rules_words(st, &words, e);

	(void)s;
	for (size_t i = 0; i < words.n; i++) {
		cleanup_free char *line = xasprintf("[%s] %s = %s", st->row->section, st->row->key,
						    words.v[i]);

		if (!strv_has(out, line))
			reach_add_line(line, out);
	}
	return r;
}

/*
 * Files: the settings of a service's box have one path each under [service]; a project has [service
 * x].
 */
static int add_at_up(const struct settings *s, const struct setting *st, struct strv *out,
		     struct err *e)
{
	if (!streq(st->section, st->row->section))
		return 0;
	return add_target(s, st, out, e);
}

static int add_value(const struct settings *s, const struct setting *st, struct strv *out,
		     struct err *e)
{
	cleanup_free char *line = schema_is_main(st->row) ? xasprintf("%s = %s", st->key, st->value)
							  : xasprintf("[%s] %s = %s", st->section,
								      st->key, st->value);

	(void)s;
	(void)e;
	reach_add_line(line, out);
	return 0;
}

/* What runs on this machine, by the name that its author knows. */
static int add_command(const struct settings *s, const struct setting *st, struct strv *out,
		       struct err *e)
{
	(void)e;
	host_command_lines(s, st->value, out);
	return 0;
}

/* Values of the host's environment can be secrets. */
static void add_variables(const struct setting *st, struct strv *out)
{
	cleanup_strv struct strv names = {0};

	if (!st->variables)
		return;
	value_words(st->variables, &names);
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *line = xasprintf(REACH_VARIABLE "%s, for [%s] %s", names.v[i],
						    st->section, st->key);

		if (!strv_has(out, line))
			reach_add_line(line, out);
	}
}

/* NULL: other code adds it, or nothing does. Rows without `asked` are asked about as written. */
static int (*const adders[])(const struct settings *s, const struct setting *st, struct strv *out,
			     struct err *e) = {
	[0] = add_value,
	[ASKED_NEVER] = NULL,
	[ASKED_VALUE] = add_value,
	[ASKED_PATH] = add_target,
	[ASKED_IMAGE] = add_image,
	[ASKED_WORDS] = add_words,
	[ASKED_RULES] = add_rules,
	[ASKED_PORT] = add_ports,
	[ASKED_LENT] = NULL,
	[ASKED_MOUNT] = NULL,
	[ASKED_THERE] = NULL,
	[ASKED_UP] = add_at_up,
	[ASKED_COMMAND] = add_command,
};

static int add_setting(const struct settings *s, const struct setting *st, struct strv *out,
		       struct err *e)
{
	add_variables(st, out);
	if (!adders[st->row->asked] || schema_is_closed(st->row, st->value))
		return 0;
	return adders[st->row->asked](s, st, out, e);
}

/*
 * Every box has the built-in value of a key, so no project asks for it. s: without those that it
 * sets; NULL: all.
 */
static void add_defaults(const struct settings *s, struct strv *out)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		const struct schema_key *row = &schema_keys[i];
		cleanup_free char *line = NULL;

		if (row->asked != ASKED_VALUE || !row->value || schema_is_closed(row, row->value) ||
		    (s && settings_find(s, (enum schema_id)i)))
			continue;
		line = xasprintf("%s = %s", row->key, row->value);
		reach_add_line(line, out);
	}
}

static bool is_step(const struct schema_key *row)
{
	return row->acts == ACTS_PREPARE && !schema_is_main(row);
}

static void add_agent(const struct settings *s, struct strv *out)
{
	cleanup_free char *line = xasprintf("%s = yes, for the steps of a build",
					    schema_keys[KEY_SSH_AGENT].key);

	if (settings_lend_agent(s))
		reach_add_line(line, out);
}

/* Packages come over the network: if a box has none, its steps have more than the box. */
static void add_steps(const struct settings *s, struct strv *out)
{
	bool steps = s->devcontainer_build.n || s->service_builds.n;

	if (!streq(settings_get(s, KEY_NETWORK), "none") || s->network_denied ||
	    settings_is_users(s, KEY_NETWORK))
		return;
	for (size_t i = 0; i < s->n; i++)
		steps |= is_step(s->v[i].row);
	if (steps)
		reach_add_line(NETWORK_GATEWAY ", for [packages] and [run]", out);
}

int reach_add_settings(const struct settings *s, struct strv *out, struct err *e)
{
	int r = 0;

	add_defaults(s, out);
	add_steps(s, out);
	add_agent(s, out);
	for (size_t i = 0; r == 0 && i < s->n; i++) {
		const struct setting *st = &s->v[i];
		enum schema_id id = (enum schema_id)(st->row - schema_keys);

		if (!schema_is_main(st->row) || !settings_is_users(s, id))
			r = add_setting(s, st, out, e);
	}
	bounds_add(s, out);
	return r;
}

static int add_mount(const struct settings *s, const struct mount_setting *m, struct strv *out,
		     struct err *e)
{
	cleanup_free char *cache = NULL;

	switch (m->kind) {
	case MOUNT_SETTING_TMPFS:
	case MOUNT_SETTING_TEXT:
	case MOUNT_SETTING_VOLUME: /* nothing but the project's */
		break;
	case MOUNT_SETTING_CACHE:
		cache = xasprintf("cache:%s", m->source);
		if (!m->own)
			reach_add_mount(cache, m->target, m->read_only, out);
		break;
	case MOUNT_SETTING_BIND:
		if (!m->real && m->error == ENOENT)
			return err_set(e, ENOENT,
				       "%s: cannot mount '%s': No such file or directory: make it, "
				       "or name another source for '%s'",
				       m->where, m->source, m->target);
		if (!m->real)
			return err_sys(e, m->error, "%s: cannot mount '%s'", m->where, m->source);
		cache = xasprintf("%s%s", m->outside ? "" : BOUNDS_SHOWN, m->target);
		if (m->outside || bounds_hide_project(s))
			reach_add_mount(m->real, cache, m->read_only || m->overlay, out);
		break;
	}
	return 0;
}

int reach_add_mounts(const struct settings *s, const char *home, const struct mount_setting *v,
		     size_t n, struct strv *out, struct err *e)
{
	int r = 0;

	bounds_add_mounts(s, home, v, n, out);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_mount(s, &v[i], out, e);
	return r;
}

static int ask_mounts(const struct settings *s, const char *home, bool accepts, struct strv *out,
		      struct err *e)
{
	struct mount_setting *v = NULL;
	size_t n = 0;
	int r = settings_mounts(s, home, &v, &n, e);

	for (size_t i = 0; i < n; i++)
		v[i].own = v[i].own && !accepts;
	if (r == 0)
		r = reach_add_mounts(s, home, v, n, out, e);
	mount_settings_free(v, n);
	return r;
}

static bool has_users_word(const struct settings *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].users)
			return true;
	return false;
}

/*
 * A project that was cloned again is another directory, which did not make the box: what is in it
 * belongs to the former one.
 */
static void add_other_folder(const struct box *b, struct strv *out)
{
	cleanup_free char *line = xasprintf(
		"box = %s, with the root and the home that were made for another directory",
		b->name);

	reach_add_line(line, out);
}

/*
 * Was it given? A gateway reaches nothing that the host's network does not, which was the default
 * before it was.
 */
static bool has(const struct strv *have, const char *line)
{
	cleanup_free char *host = starts_with(line, NETWORK_GATEWAY)
					  ? xasprintf(NETWORK_HOST "%s",
						      line + strlen(NETWORK_GATEWAY))
					  : NULL;

	return strv_has(have, line) || (host && strv_has(have, host));
}

/*
 * What reach asks for beyond what was given, each once: by the box (kept), and a moment ago
 * (given). Both can have restrictions, which are asked about if they are lost.
 */
static void find_asked(const struct box *b, const struct settings *s, const struct kept_reach *kept,
		       const struct strv *given, const struct strv *reach, struct strv *out)
{
	cleanup_strv struct strv have = {0}, all = {0};
	bool shown;

	for (size_t i = 0; i < kept->lines.n; i++)
		strv_push(&have, kept->lines.v[i]);
	for (size_t i = 0; i < given->n; i++)
		strv_push(&have, given->v[i]);
	shown = !bounds_has_no_project(&have);
	if (kept->other_folder)
		add_other_folder(b, &all);
	for (size_t i = 0; i < reach->n; i++)
		if (!bounds_is_line(reach->v[i]) &&
		    !(shown && starts_with(reach->v[i], BOUNDS_SHOWN)))
			strv_push(&all, reach->v[i]);
	bounds_lost(s, &have, reach, &all);
	if (!kept->exists && !bounds_has_no_network(&have))
		add_defaults(NULL, &have);
	for (size_t i = 0; i < all.n; i++)
		if (!has(&have, all.v[i]) && !strv_has(out, all.v[i]))
			strv_push(out, all.v[i]);
}

int reach_keep(const struct box *b, const struct settings *s, const struct strv *reach,
	       struct err *e)
{
	cleanup_kept struct kept_reach before = {0};
	cleanup_strv struct strv lines = {0};
	int r = has_users_word(s) ? kept_read(b, &before, e) : 0;

	if (r < 0)
		return r;
	for (size_t i = 0; i < reach->n; i++)
		if (!bounds_is_line(reach->v[i]) || kept_is_bound(reach->v[i]))
			strv_push(&lines, reach->v[i]);
	/* A flag of one call removes nothing. */
	for (size_t i = 0; i < before.lines.n; i++)
		if (kept_is_bound(before.lines.v[i]) && !strv_has(&lines, before.lines.v[i]))
			strv_push(&lines, before.lines.v[i]);
	return kept_write(b, &lines, e);
}

int reach_kept(const struct box *b, struct strv *out, struct err *e)
{
	cleanup_kept struct kept_reach kept = {0};
	int r = kept_read(b, &kept, e);

	for (size_t i = 0; r == 0 && i < kept.lines.n; i++)
		strv_push(out, kept.lines.v[i]);
	return r;
}

int reach_of(const struct settings *s, const char *home, bool accepts, struct strv *out,
	     struct err *e)
{
	cleanup_lending struct lending lent = {0};
	int r = reach_add_settings(s, out, e);

	if (r == 0)
		r = lend_find(s, home, streq(settings_get(s, KEY_IMAGE), "host"), &lent, e);
	for (size_t i = 0; i < lent.reach.n; i++)
		strv_push(out, lent.reach.v[i]);
	repository_ask(s, out);
	return r < 0 ? r : ask_mounts(s, home, accepts, out, e);
}

int reach_ask(const struct box *b, struct settings *s, const char *home,
	      const struct reach_asker *asker, struct strv *granted, struct err *e)
{
	cleanup_kept struct kept_reach kept = {0};
	cleanup_strv struct strv all = {0}, given = {0}, asked = {0}, outside = {0};
	int r = b ? kept_read(b, &kept, e) : 0;

	for (size_t i = 0; i < kept.lines.n; i++)
		strv_push(&given, kept.lines.v[i]);
	for (size_t i = 0; i < granted->n; i++)
		strv_push(&given, granted->v[i]);
	repository_ask(s, &outside);
	repository_settle(s, &outside, &given, asker);
	if (r == 0)
		r = reach_of(s, home, asker->accepts, &all, e);
	if (r < 0)
		return r;
	reach_share_caches(s, home, &given, asker);
	find_asked(b, s, &kept, granted, &all, &asked);
	r = asked.n ? asker->ask(s->project_dir, &asked, !kept.exists, asker->arg, e) : 0;
	for (size_t i = 0; r == 0 && i < asked.n; i++)
		strv_push(granted, asked.v[i]);
	return r;
}

int reach_ask_steps(const struct store *s, struct settings *settings,
		    const struct reach_asker *asker, struct strv *ret_granted, struct err *e)
{
	cleanup_user struct user u = {0};
	cleanup_free char *home = NULL;
	cleanup_strv struct strv granted = {0};
	cleanup_box struct box b = BOX_INIT;
	int r, found = box_find_project(s, settings->project_dir, &b, e);

	user_self(&u);
	home = user_home(&u);
	if (found < 0 && found != -ENOENT)
		return found;
	r = found != 0 ? agreed_read(s, settings, &granted, e) : 0;
	if (r == 0)
		r = reach_ask(found == 0 ? &b : NULL, settings, home, asker, &granted, e);
	if (r == 0 && ret_granted && found == 0)
		r = reach_kept(&b, &granted, e);
	for (size_t i = 0; r == 0 && ret_granted && i < granted.n; i++)
		strv_push(ret_granted, granted.v[i]);
	return r;
}

bool reach_is_granted(const struct strv *granted, const char *line)
{
	cleanup_strv struct strv quoted = {0};

	reach_add_line(line, &quoted);
	return strv_has(granted, quoted.v[0]);
}

/*
 * Does it differ from what is kept? A line that nobody asks for any more is dropped; a new
 * restriction is kept. Flags of one call do neither.
 */
static bool is_stale(const struct settings *s, const struct strv *kept, const struct strv *reach)
{
	if (has_users_word(s))
		return false;
	for (size_t i = 0; i < kept->n; i++)
		if (!strv_has(reach, kept->v[i]))
			return true;
	for (size_t i = 0; i < reach->n; i++)
		if (kept_is_bound(reach->v[i]) && !strv_has(kept, reach->v[i]))
			return true;
	return false;
}

/*
 * Tells once, and returns whether it did, that a box has another network than it had by default
 * when it was started last: what is kept then changes.
 */
static bool say_new_network(const struct box *b, const struct settings *s, const struct strv *kept)
{
	if (!b || !b->project || settings_find(s, KEY_NETWORK) || !strv_has(kept, NETWORK_HOST))
		return false;
	log_warn("box '%s' has a network of its own now, in which 127.0.0.1 is the box and not "
		 "this machine%s: 'network = host' in [sandbox] of its sandbox.ini keeps this "
		 "machine's network",
		 b->name,
		 streq(settings_get(s, KEY_NETWORK_DEFAULT), "closed")
			 ? ", and only what [network] allows is reached"
			 : "");
	return true;
}

int reach_check(const struct box *b, const struct settings *s, const struct strv *reach,
		const struct strv *own, const struct strv *granted, const struct reach_asker *asker,
		struct err *e)
{
	cleanup_kept struct kept_reach kept = {0};
	cleanup_strv struct strv given = {0}, more = {0};
	int r = b ? kept_read(b, &kept, e) : 0;
	bool told;

	if (r < 0)
		return r;
	for (size_t i = 0; i < granted->n; i++)
		strv_push(&given, granted->v[i]);
	for (size_t i = 0; i < own->n; i++)
		strv_push(&given, own->v[i]);
	find_asked(b, s, &kept, &given, reach, &more);
	told = say_new_network(b, s, &kept.lines);
	if (!more.n)
		return told || !kept.exists || kept.unowned || granted->n ||
		       is_stale(s, &kept.lines, reach);
	r = asker->ask(s->project_dir, &more, !kept.exists, asker->arg, e);
	return r < 0 ? r : 1;
}
