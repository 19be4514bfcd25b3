/*
 * run_mount.c - reads KEY=VALUE,... of RUN --mount.
 */
#include "build/run_mount.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "build/values.h"
#include "build/words.h"

const char *const run_mount_types[] = {
	[RUN_MOUNT_BIND] = "bind",     [RUN_MOUNT_CACHE] = "cache", [RUN_MOUNT_TMPFS] = "tmpfs",
	[RUN_MOUNT_SECRET] = "secret", [RUN_MOUNT_SSH] = "ssh",	    NULL};

/* With their other names. type, read-only and required are not strings. */
static const struct {
	const char *name;
	size_t offset;
} keys[] = {
	{"from", offsetof(struct run_mount, from)},
	{"source", offsetof(struct run_mount, source)},
	{"src", offsetof(struct run_mount, source)},
	{"target", offsetof(struct run_mount, target)},
	{"dst", offsetof(struct run_mount, target)},
	{"destination", offsetof(struct run_mount, target)},
	{"id", offsetof(struct run_mount, id)},
	{"sharing", offsetof(struct run_mount, sharing)},
	{"env", offsetof(struct run_mount, env)},
	{"size", offsetof(struct run_mount, size)},
	{"mode", offsetof(struct run_mount, mode)},
	{"uid", offsetof(struct run_mount, uid)},
	{"gid", offsetof(struct run_mount, gid)},
};

void run_mount_clear(struct run_mount *m)
{
	free(m->from);
	free(m->source);
	free(m->target);
	free(m->id);
	free(m->sharing);
	free(m->env);
	free(m->size);
	free(m->mode);
	free(m->uid);
	free(m->gid);
	*m = (struct run_mount){0};
}

/* What is being read. */
struct reader {
	const struct expand_options *options;
	const struct variables *vars;
	struct run_mount *m;
	bool access_given;
	struct err *e;
};

static int unknown_key(struct reader *r, const char *key)
{
	const char *known[] = {"type",	  "from",     "source",	   "target",   "id",
			       "sharing", "env",      "size",	   "mode",     "uid",
			       "gid",	  "readonly", "readwrite", "required", NULL};
	const char *nearest = nearest_word(key, known);

	return err_set(r->e, ERR_USAGE, "--mount has no key '%s'; %s%s%s", key,
		       nearest ? "did you mean " : "expected type, from, source, target, id, ",
		       nearest ? nearest
			       : "sharing, env, size, mode, uid, gid, readonly or required",
		       nearest ? "?" : "");
}

static int set_type(struct reader *r, const char *value, bool kept)
{
	for (size_t i = 0; run_mount_types[i]; i++)
		if (strcasecmp(value, run_mount_types[i]) == 0) {
			r->m->type = (enum run_mount_type)i;
			return 0;
		}
	if (kept)
		return 0;
	return err_set(r->e, ERR_USAGE,
		       "--mount: type is '%s'; it is bind, cache, tmpfs, secret or ssh", value);
}

/* Keys that are true or false; value NULL: no "=". Returns 1 if key is another one. */
static int set_bool(struct reader *r, const char *key, const char *value, bool kept)
{
	bool on = true, reads = is_among(key, (const char *[]){"readonly", "ro"}, 2);
	bool writes = is_among(key, (const char *[]){"readwrite", "rw"}, 2);

	if (!reads && !writes && !streq(key, "required"))
		return 1;
	if (value && !kept && values_bool(key, value, &on, r->e) < 0)
		return err_add(r->e, "--mount");
	if (reads || writes) {
		r->m->read_only = on == reads;
		r->access_given = true;
	} else {
		r->m->required = on;
	}
	return 0;
}

static int set_string(struct reader *r, const char *key, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		char **member = (char **)((char *)r->m + keys[i].offset), *copy;

		if (!streq(key, keys[i].name))
			continue;
		copy = xstrdup(value);
		free(*member);
		*member = copy;
		return 0;
	}
	return unknown_key(r, key);
}

static int read_field(struct reader *r, char *field)
{
	char *value = strchr(field, '=');
	cleanup_buf struct buf expanded = BUF_INIT;
	bool kept = false;
	int res;

	if (value)
		*value++ = '\0';
	for (char *s = field; *s; s++)
		*s = (char)(*s >= 'A' && *s <= 'Z' ? *s - 'A' + 'a' : *s);
	if (value && expand(value, r->options, r->vars, &expanded, &kept, r->e) < 0)
		return err_add(r->e, "--mount");
	r->m->kept = r->m->kept || kept;
	res = set_bool(r, field, value ? expanded.data : NULL, kept);
	if (res <= 0)
		return res;
	/* SELinux labels, of Podman's files; nothing here depends on them. */
	if (!value && streq(field, "z"))
		return 0;
	if (!value)
		return err_set(r->e, ERR_USAGE, "--mount: '%s' has no value; expected KEY=VALUE",
			       field);
	if (streq(field, "type"))
		return set_type(r, expanded.data, kept);
	return set_string(r, field, expanded.data);
}

static int check_number(const char *key, const char *value, bool octal, struct err *e)
{
	size_t n = value ? strspn(value, octal ? "01234567" : "0123456789") : 1;

	if (n > 0 && n <= 11 && (!value || !value[n]))
		return 0;
	return err_set(e, ERR_USAGE, "--mount: %s is '%s'; it is %s number", key, value,
		       octal ? "an octal" : "a");
}

/* Values that depend on no other. */
static int check_values(const struct run_mount *m, struct err *e)
{
	static const char *const modes[] = {"shared", "private", "locked"};
	int r = check_number("mode", m->mode, true, e);

	if (r == 0)
		r = check_number("uid", m->uid, false, e);
	if (r == 0)
		r = check_number("gid", m->gid, false, e);
	if (r == 0 && m->size)
		r = values_size("--mount: size", m->size, e);
	if (r == 0 && m->sharing && !is_among(m->sharing, modes, ARRAY_SIZE(modes)))
		r = err_set(e, ERR_USAGE,
			    "--mount: sharing is '%s'; it is shared, private or locked",
			    m->sharing);
	return r;
}

/* Keys that the type does not have. */
static int check_keys(const struct run_mount *m, struct err *e)
{
	bool secret = m->type == RUN_MOUNT_SECRET, cache = m->type == RUN_MOUNT_CACHE;
	bool file = secret || m->type == RUN_MOUNT_SSH, owned = file || cache;
	const struct {
		const char *key;
		bool bad;
		const char *types;
	} rules[] = {
		{"required", m->required && !file, "secret or ssh"},
		{"size", m->size && m->type != RUN_MOUNT_TMPFS, "tmpfs"},
		{"sharing", m->sharing && !cache, "cache"},
		{"mode", m->mode && !owned, "cache, secret or ssh"},
		{"uid", m->uid && !owned, "cache, secret or ssh"},
		{"gid", m->gid && !owned, "cache, secret or ssh"},
		{"from", m->from && secret, "bind or cache"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (rules[i].bad)
			return err_set(e, ERR_USAGE, "--mount: %s is for type=%s, not %s",
				       rules[i].key, rules[i].types, run_mount_types[m->type]);
	if (secret && !m->source && !m->target && !m->id)
		return err_set(e, ERR_USAGE, "--mount: type=secret needs id, source or target");
	if (secret && m->source && m->id)
		return err_set(e, ERR_USAGE,
			       "--mount: type=secret has source and id; give one of them");
	return 0;
}

int run_mount_parse(const char *text, const struct expand_options *options,
		    const struct variables *vars, struct run_mount *ret, struct err *e)
{
	cleanup_run_mount struct run_mount m = {0};
	cleanup_strv struct strv fields = {0};
	struct reader reader = {.options = options, .vars = vars, .m = &m, .e = e};
	int r = words_commas(text, &fields, e);

	if (r < 0)
		return err_add(e, "--mount");
	for (size_t i = 0; r == 0 && i < fields.n; i++)
		r = read_field(&reader, fields.v[i]);
	if (r == 0 && m.sharing)
		for (char *s = m.sharing; *s; s++)
			*s = (char)(*s >= 'A' && *s <= 'Z' ? *s - 'A' + 'a' : *s);
	if (r == 0 && !m.kept)
		r = check_values(&m, e);
	if (r == 0 && !m.kept)
		r = check_keys(&m, e);
	if (r < 0)
		return r;
	if (!reader.access_given)
		m.read_only = m.type != RUN_MOUNT_CACHE && m.type != RUN_MOUNT_TMPFS;
	*ret = m;
	m = (struct run_mount){0};
	return 0;
}

size_t run_mount_bytes(const struct run_mount *m)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *value = *(char *const *)((const char *)m + keys[i].offset);

		n += value ? strlen(value) : 0;
	}
	return n;
}

int run_mount_from(const char *text, char **ret, struct err *e)
{
	cleanup_strv struct strv fields = {0};
	const char *from = NULL;

	if (words_commas(text, &fields, e) < 0)
		return err_add(e, "--mount");
	for (size_t i = 0; i < fields.n; i++)
		if (strncasecmp(fields.v[i], "from=", 5) == 0)
			from = fields.v[i] + 5;
	*ret = from && *from ? xstrdup(from) : NULL;
	return 0;
}
