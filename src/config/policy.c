/*
 * policy.c - what no project may have.
 *
 * Nothing overrides it: neither a project nor a variable, which a project's .envrc could set. The
 * machine's and the user's file both count; each can only add.
 */
#include "config/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "config/mounts.h"
#include "config/schema.h"
#include "config/value.h"
#include "config/xdg.h"

#define SYSTEM_CONF "/etc/sandbox/sandbox.conf"

const char *const policy_words[] = {
	"network",	  "home",	  "nested",   "perf",	 "io-uring", "sudo",
	"root",		  "ssh-agent",	  "git",      "display", "gpu",	     "devices",
	"dbus",		  "secrets",	  "dotfiles", "export",	 "prebuilt", "mounts",
	"caches",	  "packages",	  "run",      "hooks",	 "ports",    "ca",
	"proxy-password", POLICY_SOCKETS, NULL,
};

static bool is_section(const char *word)
{
	return streq(word, "mounts") || streq(word, "caches") || streq(word, "packages") ||
	       streq(word, "run") || streq(word, "hooks") || streq(word, "ports");
}

static int check_word(const char *word, struct err *e)
{
	const char *near;

	for (size_t i = 0; policy_words[i]; i++)
		if (streq(policy_words[i], word))
			return 0;
	near = nearest_word(word, policy_words);
	return err_set(e, ERR_USAGE, "'%s' cannot be denied%s%s%s", word,
		       near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

int policy_check(const struct ini_entry *entry, struct err *e)
{
	cleanup_strv struct strv words = {0};
	const struct schema_key *row;
	int r = 0;

	if (!entry->key)
		return 0;
	if (streq(entry->key, "protect"))
		return schema_check("sandbox", "protect", entry->value, &row, e);
	if (!streq(entry->key, "deny"))
		return err_set(e, ERR_USAGE,
			       "unknown key '%s' in [policy]: there are 'deny' and 'protect'",
			       entry->key);
	value_words(entry->value, &words);
	for (size_t i = 0; r == 0 && i < words.n; i++)
		r = check_word(words.v[i], e);
	return r;
}

static int refuse(const struct setting *st, const char *where, struct err *e)
{
	const char *section = streq(st->section, "sandbox") ? "" : st->section;

	return err_set(e, EACCES, "%s: the policy of %s denies '%s%s%s%s = %s'", st->source, where,
		       *section ? "[" : "", section, *section ? "] " : "", st->key, st->value);
}

static bool is_outside(const struct settings *s, const char *path)
{
	cleanup_free char *real = realpath(path, NULL);

	return !real || !path_is_beneath(real, s->project_dir);
}

/*
 * Mounting a part of the project itself is allowed; caches have their own word. Every entry counts,
 * also one whose target a later entry takes over. A directory used as the root is treated as a
 * mounted one.
 */
static int is_denied_mount(const struct settings *s, size_t i, bool caches, struct err *e)
{
	const struct setting *st = &s->v[i];
	const struct mount_source *m;

	if (!caches && streq(st->section, "sandbox") && streq(st->key, "image")) {
		cleanup_free char *folder = mounts_image_folder(st->value, s->project_dir);

		return folder && is_outside(s, folder);
	}
	if (!streq(st->section, "mounts"))
		return 0;
	if (settings_mount(s, i, &m, e) < 0)
		return -e->code;
	return caches ? m->value.kind == MOUNT_SETTING_CACHE : m->outside;
}

static int deny_mounts(struct settings *s, bool caches, const char *where, struct err *e)
{
	/* A pointer file in the project is enough to ask for these. */
	s->no_repository |= !caches;
	for (size_t i = 0; i < s->n; i++) {
		int r = is_denied_mount(s, i, caches, e);

		if (r != 0)
			return r < 0 ? r : refuse(&s->v[i], where, e);
	}
	return 0;
}

static int deny_section(struct settings *s, const char *word, const char *where, struct err *e)
{
	if (streq(word, "mounts") || streq(word, "caches"))
		return deny_mounts(s, streq(word, "caches"), where, e);
	for (size_t i = 0; i < s->n; i++)
		if (streq(s->v[i].section, word))
			return refuse(&s->v[i], where, e);
	return 0;
}

/* For a list, every source counts; an empty one does not reset it. */
static int deny_key(struct settings *s, const char *word, const char *where, struct err *e)
{
	const struct schema_key *row = schema_find("sandbox", word);
	const char *closed = schema_closed(row);
	struct setting close = {.section = (char *)"sandbox",
				.key = (char *)word,
				.value = (char *)closed,
				.source = (char *)where,
				.dir = (char *)"/",
				.users_file = true};

	for (size_t i = 0; i < s->n; i++)
		if (streq(s->v[i].key, word) && streq(s->v[i].section, "sandbox") &&
		    *s->v[i].value && !schema_is_closed(row, s->v[i].value))
			return refuse(&s->v[i], where, e);
	if (closed && !settings_find(s, "sandbox", word))
		settings_add(s, &close);
	if (streq(word, "network") && !s->network_denied)
		s->network_denied = xstrdup(where);
	return 0;
}

static int deny(struct settings *s, const char *word, const char *where, struct err *e)
{
	if (streq(word, POLICY_SOCKETS)) /* no setting asks for it; grant/kernel.c */
		return 0;
	return is_section(word) ? deny_section(s, word, where, e) : deny_key(s, word, where, e);
}

static int apply_entry(struct settings *s, const struct ini_entry *entry, const char *where,
		       struct err *e)
{
	cleanup_strv struct strv words = {0};
	struct setting protect = {.section = (char *)"sandbox",
				  .key = (char *)"protect",
				  .value = entry->value,
				  .source = (char *)where,
				  .dir = (char *)"/",
				  .users_file = true};
	int r = policy_check(entry, e);

	if (r < 0 || !entry->key)
		return r < 0 ? err_add(e, "%s", where) : 0;
	if (streq(entry->key, "protect")) {
		settings_add(s, &protect);
		return 0;
	}
	value_words(entry->value, &words);
	for (size_t i = 0; r == 0 && i < words.n; i++)
		r = deny(s, words.v[i], where, e);
	return r;
}

static int apply_file(struct settings *s, const char *path, struct err *e)
{
	cleanup_ini struct ini ini = {0};
	char link;
	int r = ini_read(path, path, false, NULL, &ini, e);

	/* Whoever made the symlink wanted a policy. */
	if (r == -ENOENT)
		return readlink(path, &link, 1) == 1
			       ? err_set(e, ERR_USAGE,
					 "'%s' is a symlink to a file that does not exist", path)
			       : 0;
	for (size_t i = 0; r == 0 && i < ini.n; i++) {
		cleanup_free char *where = xasprintf("%s:%u", path, ini.v[i].line);

		/* A typo in the name must not disable the policy. */
		if (streq(ini.v[i].section, "policy"))
			r = apply_entry(s, &ini.v[i], where, e);
		else if (!schema_is_of_conf(ini.v[i].section))
			r = err_set(e, ERR_USAGE, "%s: unknown section [%s]", where,
				    ini.v[i].section);
	}
	return r;
}

int policy_apply(struct settings *s, struct err *e)
{
	cleanup_free char *dir = xdg_config_dir(), *user = path_join(dir, "sandbox.conf");
	int r = apply_file(s, SYSTEM_CONF, e);

	return r < 0 ? r : apply_file(s, user, e);
}

static int find_denied(const char *path, const char *word, char **ret_where, struct err *e)
{
	cleanup_ini struct ini ini = {0};
	int r = ini_read(path, path, false, NULL, &ini, e);

	for (size_t i = 0; r == 0 && i < ini.n; i++) {
		cleanup_strv struct strv words = {0};

		if (!streq(ini.v[i].section, "policy") || !ini.v[i].key ||
		    !streq(ini.v[i].key, "deny"))
			continue;
		value_words(ini.v[i].value, &words);
		for (size_t w = 0; w < words.n && !*ret_where; w++)
			if (streq(words.v[w], word))
				*ret_where = xasprintf("%s:%u", path, ini.v[i].line);
	}
	return r == -ENOENT ? 0 : r;
}

int policy_denies(const char *word, char **ret_where, struct err *e)
{
	cleanup_free char *dir = xdg_config_dir(), *user = path_join(dir, "sandbox.conf");
	cleanup_free char *where = NULL;
	int r = find_denied(SYSTEM_CONF, word, &where, e);

	if (r == 0 && !where)
		r = find_denied(user, word, &where, e);
	if (r == 0)
		*ret_where = take_ptr(where);
	return r;
}
