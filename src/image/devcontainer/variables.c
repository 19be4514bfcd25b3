/*
 * variables.c - see variables.h; containers.dev, "Variables in devcontainer.json".
 */
#include "image/devcontainer/variables.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "config/env.h"
#include "config/value.h"
#include "image/name/hash.h"

/* Of these every box knows the value, or it says nothing about its user that a path does not. */
static const char *const harmless[] = {
	"HOME", "USER", "LOGNAME", "USERNAME", "PWD",	  "SHELL",	 "LANG",	   "TERM",
	"TZ",	"UID",	"GID",	   "HOSTNAME", "DISPLAY", "USERPROFILE", "XDG_RUNTIME_DIR"};

bool variables_tell(const char *name)
{
	return !is_among(name, harmless, ARRAY_SIZE(harmless));
}

static char *replace_local(const struct variables *v, const char *name, const char *fallback,
			   struct buf *out, struct strv *names)
{
	const char *value = resolution_env(v->resolution, name);

	buf_addstr(out, value ? value : fallback ? fallback : "");
	if (value && *value && names && variables_tell(name) && !strv_has(names, name))
		strv_push(names, name);
	return NULL;
}

/* Known only in the box, except what devcontainer.json or the image sets. */
static char *replace_container(const struct variables *v, const char *name, const char *fallback,
			       enum variables_for what_for, struct buf *out)
{
	const char *value = v->container_env ? env_get(v->container_env, name) : NULL;

	if (!value_env_name(name))
		return xasprintf("'%s' is not a variable's name", name);
	if (what_for == VARIABLES_SHELL && fallback)
		buf_addf(out, "${%s:-%s}", name, fallback);
	else if (what_for == VARIABLES_SHELL)
		buf_addf(out, "${%s}", name);
	else if (what_for == VARIABLES_TEXT)
		buf_addstr(out, value ? value : fallback ? fallback : "");
	else if (fallback && !value)
		buf_addstr(out, fallback);
	else
		buf_addf(out, "${%s}", name);
	return NULL;
}

/* The text between "${" and "}"; in `name`, which is changed. */
static char *replace_one(const struct variables *v, char *name, enum variables_for what_for,
			 struct buf *out, struct strv *names)
{
	const char *folder = v->resolution->project;
	char *argument = strchr(name, ':'), *fallback = argument ? strchr(argument + 1, ':') : NULL;

	if (argument)
		*argument++ = '\0';
	if (fallback)
		*fallback++ = '\0';
	if (argument && (streq(name, "localEnv") || streq(name, "env")))
		return replace_local(v, argument, fallback, out, names);
	if (argument && streq(name, "containerEnv"))
		return replace_container(v, argument, fallback, what_for, out);
	if (streq(name, "localWorkspaceFolder"))
		buf_addstr(out, folder);
	else if (streq(name, "localWorkspaceFolderBasename"))
		buf_addstr(out, path_basename(folder));
	else if (streq(name, "containerWorkspaceFolder") && v->container_folder)
		buf_addstr(out, v->container_folder);
	else if (streq(name, "containerWorkspaceFolderBasename") && v->container_folder)
		buf_addstr(out, path_basename(v->container_folder));
	else if (streq(name, "devcontainerId"))
		buf_addstr(out, v->id);
	return NULL;
}

/* A dollar sign of a value is one for env_expand() too. */
static void add_doubled(struct buf *out, const char *text)
{
	for (; *text; text++)
		buf_addstr(out, *text == '$' ? "$$" : (char[]){*text, '\0'});
}

/* Any other stays as it is: it may be one of a shell or of another program. */
static bool is_ours(const char *name)
{
	static const char *const ours[] = {"localWorkspaceFolder", "localWorkspaceFolderBasename",
					   "containerWorkspaceFolder",
					   "containerWorkspaceFolderBasename", "devcontainerId"};

	return starts_with(name, "localEnv:") || starts_with(name, "env:") ||
	       starts_with(name, "containerEnv:") || is_among(name, ours, ARRAY_SIZE(ours));
}

char *variables_expand(const struct variables *v, const char *text, enum variables_for what_for,
		       struct buf *out, struct strv *names)
{
	while (*text) {
		const char *end = starts_with(text, "${") ? strchr(text, '}') : NULL;
		cleanup_free char *name = end ? xstrndup(text + 2, (size_t)(end - text - 2)) : NULL;
		cleanup_buf struct buf value = BUF_INIT;
		char *wrong;

		if (!name || !is_ours(name)) {
			buf_addstr(out, what_for == VARIABLES_ENV && *text == '$'
						? "$$"
						: (char[]){*text, '\0'});
			text++;
			continue;
		}
		wrong = replace_one(v, name, what_for, &value, names);
		if (wrong)
			return wrong;
		if (what_for == VARIABLES_ENV && !starts_with(text, "${containerEnv:"))
			add_doubled(out, value.data);
		else
			buf_addstr(out, value.data);
		text = end + 1;
	}
	return NULL;
}

char *variables_id(const char *folder, const char *file)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
	json_t *labels = json_pack("{s:s*, s:s*}", "devcontainer.config_file", file,
				   "devcontainer.local_folder", folder);
	char *text = labels ? json_dumps(labels, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	struct digest sum = {0};
	char id[53];
	unsigned int bits = 0, n = 0;
	size_t at = sizeof(id) - 1;

	hash_bytes(text ? text : folder, strlen(text ? text : folder), &sum);
	free(text);
	json_decref(labels);
	id[at] = '\0';
	/* From the last hexadecimal digit: five bits make a digit. */
	for (size_t i = DIGEST_HEX_LEN; at;) {
		if (n < 5 && i) {
			char hex[2] = {sum.hex[--i], '\0'};

			bits |= (unsigned int)strtoul(hex, NULL, 16) << n;
			n += 4;
			continue;
		}
		id[--at] = digits[bits & 31];
		bits >>= 5;
		n = n > 5 ? n - 5 : 0;
	}
	return xstrdup(id);
}
