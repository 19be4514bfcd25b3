/*
 * load.c - settings_load(): from files, environment and flags to one list of settings.
 *
 * The order, lowest first:
 *   1. the profiles of the project file, of $SANDBOX_PROFILE and of --profile, in order
 *   2. the files that sandbox.ini includes
 *   3. devcontainer.json
 *   4. sandbox.ini
 *   5. SANDBOX_KEY of the environment
 *   6. flags
 * The [policy] of sandbox.conf is above all of them, for a project (policy.h). An included file is
 * below the file that includes it. In each file [env:VARIANT] is above [env].
 */
#include "config/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "config/policy.h"
#include "config/port_value.h"

const char *load_override(const char *override, const char *key)
{
	size_t len = strlen(key);

	return strncmp(override, key, len) == 0 && override[len] == '=' ? override + len + 1 : NULL;
}

/* Loads what environment and flags name for KEY_PROFILE or KEY_INCLUDE. */
static int load_extra(struct loader *ld, enum schema_id id, const char *variable)
{
	const struct settings_request *req = ld->req;
	const char *value = getenv(variable);
	int r = 0;

	ld->users = true;
	if (value)
		r = load_names(ld, value, variable, ld->cwd, NULL);
	for (size_t i = 0; r == 0 && i < req->overrides.n; i++) {
		value = load_override(req->overrides.v[i], schema_keys[id].key);
		if (value)
			r = load_names(ld, value, "flag", ld->cwd, NULL);
	}
	ld->users = false;
	return r;
}

static int load_below(struct loader *ld, const struct load_file *project)
{
	int r = load_key(ld, project, KEY_PROFILE);

	if (r == 0)
		r = load_extra(ld, KEY_PROFILE, "SANDBOX_PROFILE");
	ld->users = true;
	for (size_t i = 0; r == 0 && i < ld->req->profiles.n; i++)
		r = load_names(ld, ld->req->profiles.v[i], "--profile", ld->cwd, NULL);
	ld->users = false;
	if (r == 0)
		r = load_key(ld, project, KEY_INCLUDE);
	if (r == 0)
		r = load_extra(ld, KEY_INCLUDE, "SANDBOX_INCLUDE");
	if (r == 0 && ld->req->project_dir)
		r = load_devcontainer(ld, project);
	return r;
}

/* Loads the project file and everything below it. A missing file counts as empty. */
static int load_project(struct loader *ld)
{
	cleanup_load_file struct load_file project = {0};
	cleanup_free char *path = NULL;
	int r = -ENOENT;
	char link;

	if (ld->req->project_dir) {
		path = path_join(ld->req->project_dir, "sandbox.ini");
		r = load_open(ld, path, true, false, NULL, &project);
	}
	if (r == -ENOENT && path && readlink(path, &link, 1) == 1)
		return err_set(ld->e, ERR_USAGE, "'%s' is a symlink to a file that does not exist",
			       path);
	if (r == -ENOENT)
		return load_below(ld, &project);
	if (r < 0)
		return r;
	r = load_below(ld, &project);
	load_close(ld, &project);
	ld->out->project_file = take_ptr(path);
	memcpy(ld->out->project_sha256, project.ini.sha256, sizeof(project.ini.sha256));
	return r < 0 ? r : load_merge(ld, &project);
}

/* Adds a value of [sandbox] from outside the files; source is a variable's name or "flag". */
static int add_outside(struct loader *ld, const char *key, const char *value, const char *source)
{
	const struct schema_key *row;

	if (schema_check("sandbox", key, value, &row, ld->e) < 0)
		return err_add(ld->e, "%s", source);
	return load_setting(ld, row, "sandbox", key, value, xstrdup(source), ld->cwd, NULL);
}

/* Does variable, which begins with "SANDBOX_", name key? "SANDBOX_IO_URING" is io-uring. */
static bool names_key(const char *variable, size_t len, const char *key)
{
	variable += strlen("SANDBOX_");
	len -= strlen("SANDBOX_");
	if (strlen(key) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (variable[i] != (key[i] == '-' ? '_' : key[i] - 'a' + 'A'))
			return false;
	return true;
}

/* An empty variable counts as unset. One that names no key belongs to something else. */
static int add_environment(struct loader *ld)
{
	for (char **env = environ; env && *env; env++) {
		size_t len = strcspn(*env, "=");

		if (!starts_with(*env, "SANDBOX_") || !(*env)[len] || !(*env)[len + 1])
			continue;
		for (size_t i = 0; i < N_KEYS; i++) {
			const struct schema_key *row = &schema_keys[i];
			cleanup_free char *name = NULL;

			if (!schema_is_main(row) || !names_key(*env, len, row->key))
				continue;
			name = xstrndup(*env, len);
			if (add_outside(ld, row->key, *env + len + 1, name) < 0)
				return -ld->e->code;
		}
	}
	return 0;
}

/* One of --publish, as a line of [ports]. */
static int add_port(struct loader *ld, const char *text)
{
	const char *section = schema_keys[KEY_PORTS].section;
	cleanup_free char *host = NULL, *box = NULL;
	const struct schema_key *row;

	port_value_split(text, &host, &box);
	if (schema_check(section, host, box, &row, ld->e) < 0)
		return err_add(ld->e, "--publish '%.80s'", text);
	return load_setting(ld, row, section, host, box, xstrdup("--publish"), ld->cwd, NULL);
}

/* What --learn stands for; a later --network is checked like any other. */
static int add_learn(struct loader *ld)
{
	static const struct {
		enum schema_id id;
		const char *value;
	} added[] = {{KEY_NETWORK, "gateway"}, {KEY_NETWORK_DEFAULT, "open"}};
	int r = 0;

	ld->out->learns = true;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(added); i++) {
		const struct schema_key *row = &schema_keys[added[i].id];

		r = load_setting(ld, row, row->section, row->key, added[i].value,
				 xstrdup("--learn"), ld->cwd, NULL);
	}
	return r;
}

/* It cannot be had with another network, or against a policy. */
static int check_learn(const struct settings *s, struct err *e)
{
	const struct setting *network = settings_find(s, KEY_NETWORK),
			     *open = settings_find(s, KEY_NETWORK_DEFAULT);

	if (!streq(settings_get(s, KEY_NETWORK), "gateway"))
		return err_set(e, ERR_USAGE, "--learn needs network = gateway: %s has '%s'",
			       network->source, network->value);
	if (!streq(settings_get(s, KEY_NETWORK_DEFAULT), "open"))
		return err_set(e, EACCES, "%s closes the network: --learn cannot open it",
			       open->source);
	return 0;
}

static int add_flags(struct loader *ld)
{
	const struct settings_request *req = ld->req;

	if (req->learn && add_learn(ld) < 0)
		return -ld->e->code;

	for (size_t i = 0; i < req->profiles.n; i++)
		if (add_outside(ld, schema_keys[KEY_PROFILE].key, req->profiles.v[i], "--profile") <
		    0)
			return -ld->e->code;
	for (size_t i = 0; i < req->ports.n; i++)
		if (add_port(ld, req->ports.v[i]) < 0)
			return -ld->e->code;
	for (size_t i = 0; i < req->overrides.n; i++) {
		const char *equals = strchr(req->overrides.v[i], '=');
		cleanup_free char *key = NULL;

		if (!equals)
			return err_set(ld->e, ERR_USAGE, "flag '%s' is not of the form key=value",
				       req->overrides.v[i]);
		key = xstrndup(req->overrides.v[i], (size_t)(equals - req->overrides.v[i]));
		if (add_outside(ld, key, equals + 1, "flag") < 0)
			return -ld->e->code;
	}
	return 0;
}

static int check_variant(const struct loader *ld)
{
	const char *variant = ld->req->variant;
	const char *none = NULL;
	cleanup_free char *hint = NULL;

	if (!variant || strv_has(&ld->variants, variant))
		return 0;
	hint = schema_suggest(variant,
			      ld->variants.n ? (const char *const *)ld->variants.v : &none);
	return err_set(ld->e, ERR_USAGE, "there is no variant [env:%s]%s", variant, hint);
}

int settings_load(const struct settings_request *req, struct settings *ret, struct err *e)
{
	cleanup_settings struct settings out = {.project_dir = xstrdup(req->project_dir)};
	struct loader ld = {.req = req, .out = &out, .e = e};
	int r;

	if (!getcwd(ld.cwd, sizeof(ld.cwd)) || ld.cwd[0] != '/')
		ld.cwd[0] = '\0';
	r = load_project(&ld);
	if (r == 0)
		r = check_variant(&ld);
	if (r == 0)
		r = add_environment(&ld);
	if (r == 0)
		r = add_flags(&ld);
	if (r == 0 && req->above)
		settings_add(&out, req->above);
	if (r == 0 && req->project_dir)
		r = policy_apply(&out, e);
	if (r == 0 && req->learn)
		r = check_learn(&out, e);
	strv_clear(&ld.chain);
	strv_clear(&ld.variants);
	if (r < 0)
		return r;
	*ret = out;
	out = (struct settings){0};
	return 0;
}
