/*
 * run_args.c - see run_args.h.
 *
 * Options without a meaning here are taken silently if a box has what they ask for, or nobody would
 * miss it; all others are named.
 */
#include "image/devcontainer/run_args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "image/devcontainer/demands.h"
#include "image/document/json_read.h"

#define ENV_FILE_MAX (256u << 10)

struct reading {
	struct merging *m;
	struct said_at at;
	json_t *ret;
};

static void push(struct reading *rd, const char *key, json_t *value)
{
	json_t *list = json_object_get(rd->ret, key);

	if (!list) {
		list = json_array();
		json_object_set_new(rd->ret, key, list);
	}
	json_array_append_new(list, value);
}

static void set_variable(struct reading *rd, const char *name, const char *value)
{
	json_t *all = json_object_get(rd->ret, "containerEnv");

	if (!all) {
		all = json_object();
		json_object_set_new(rd->ret, "containerEnv", all);
	}
	json_object_set_new(all, name, json_string(value));
}

/* NAME=value, or NAME for the host's. */
static void take_env(struct reading *rd, const char *value)
{
	const char *equals = strchr(value, '=');
	cleanup_free char *name = xstrndup(value,
					   equals ? (size_t)(equals - value) : strlen(value));
	cleanup_free char *local = xasprintf("${localEnv:%s}", name);

	set_variable(rd, name, equals ? equals + 1 : local);
}

static void take_env_file(struct reading *rd, const char *value)
{
	struct resolution *r = rd->m->resolution;
	cleanup_json json_t *word = json_string(value);
	cleanup_free char *name = layer_text(rd->m, &rd->at, "--env-file", word, VARIABLES_TEXT,
					     NULL);
	cleanup_free char *path = path_normalize(r->project, name ? name : "");
	cleanup_buf struct buf text = BUF_INIT;
	char *rest, *line;
	struct err e;

	if (!name)
		return;
	if (resolution_read_inside(r, path, ENV_FILE_MAX, &text, &e) < 0) {
		resolution_note(r, &rd->at, "%s", e.msg);
		return;
	}
	rest = text.data;
	while ((line = strsep(&rest, "\n"))) {
		line += strspn(line, " \t");
		line[strcspn(line, "\r")] = '\0';
		if (*line && *line != '#')
			take_env(rd, line);
	}
}

/* SOURCE:TARGET[:OPTIONS]; a source without a slash is a volume. */
static void take_volume(struct reading *rd, const char *value)
{
	cleanup_free char *copy = xstrdup(value);
	char *rest = copy, *source, *target, *options;
	const char *type;

	/* The colons of a variable are not ours. */
	while (starts_with(rest, "${") && strchr(rest, '}'))
		rest = strchr(rest, '}') + 1;
	source = copy;
	rest = strchr(rest, ':');
	if (!rest) {
		resolution_note(rd->m->resolution, &rd->at,
				"the volume '%s' is the box's own: it has no name", value);
		return;
	}
	*rest++ = '\0';
	target = strsep(&rest, ":");
	options = rest;
	type = strchr(source, '/') || *source == '$' || *source == '.' || *source == '~' ? "bind"
											 : "volume";
	push(rd, "mounts",
	     json_pack("{s:s, s:s, s:s, s:b, s:b}", "type", type, "source", source, "target",
		       target, "readonly", options && strstr(options, "ro") == options,
		       "bind-create-src", 1));
}

static void take_tmpfs(struct reading *rd, const char *value)
{
	cleanup_free char *target = xstrndup(value, strcspn(value, ":"));

	push(rd, "mounts", json_pack("{s:s, s:s}", "type", "tmpfs", "target", target));
}

static void take_mount(struct reading *rd, const char *value)
{
	push(rd, "mounts", json_string(value));
}

static void take_port(struct reading *rd, const char *value)
{
	cleanup_free char *text = strchr(value, ':') ? xstrdup(value) : xasprintf("0:%s", value);

	push(rd, "appPort", json_string(text));
}

static void take_user(struct reading *rd, const char *value)
{
	json_object_set_new(rd->ret, "containerUser", json_string(value));
}

static void take_network(struct reading *rd, const char *value)
{
	if (streq(value, "host") || streq(value, "none"))
		resolution_set_key(rd->m->resolution, &rd->at, "--network", KEY_NETWORK, value);
	else if (!streq(value, "bridge") && !streq(value, "default"))
		resolution_note(rd->m->resolution, &rd->at,
				"--network=%s is left out: a box is not in a network of containers",
				value);
}

static void take_hostname(struct reading *rd, const char *value)
{
	cleanup_free char *text = NULL;
	cleanup_json json_t *word = json_string(value);

	text = layer_text(rd->m, &rd->at, "--hostname", word, VARIABLES_TEXT, NULL);
	if (text)
		resolution_set_key(rd->m->resolution, &rd->at, "--hostname", KEY_HOSTNAME, text);
}

static void take_device(struct reading *rd, const char *value)
{
	cleanup_free char *device = xstrndup(value, strcspn(value, ":"));

	resolution_set_key(rd->m->resolution, &rd->at, "--device", KEY_DEVICES, device);
}

static void take_gpus(struct reading *rd, const char *value)
{
	(void)value;
	resolution_set_key(rd->m->resolution, &rd->at, "--gpus", KEY_GPU, "yes");
}

static void take_runtime(struct reading *rd, const char *value)
{
	if (streq(value, "nvidia"))
		take_gpus(rd, value);
}

static void take_capability(struct reading *rd, const char *value)
{
	demands_capability(rd->m, &rd->at, "--cap-add", value);
}

static void take_security(struct reading *rd, const char *value)
{
	demands_security(rd->m, &rd->at, "--security-opt", value);
}

static void take_memory(struct reading *rd, const char *value)
{
	resolution_set_key(rd->m->resolution, &rd->at, "--memory", KEY_LIMITS_MEMORY, value);
}

static void take_cpus(struct reading *rd, const char *value)
{
	resolution_set_key(rd->m->resolution, &rd->at, "--cpus", KEY_LIMITS_CPUS, value);
}

static void take_pids(struct reading *rd, const char *value)
{
	resolution_set_key(rd->m->resolution, &rd->at, "--pids-limit", KEY_LIMITS_PIDS, value);
}

static void take_silently(struct reading *rd, const char *value)
{
	(void)rd;
	(void)value;
}

static void take_privileged(struct reading *rd, const char *value)
{
	if (!streq(value, "false"))
		demands_privileged(rd->m, &rd->at, "--privileged");
}

/* As docker-run(1) has them. `plain`: it has no value, or only after '='. */
static const struct {
	const char *name;
	char letter;
	bool plain;
	void (*take)(struct reading *rd, const char *value);
} known[] = {
	{"env", 'e', false, take_env},
	{"env-file", 0, false, take_env_file},
	{"volume", 'v', false, take_volume},
	{"mount", 0, false, take_mount},
	{"tmpfs", 0, false, take_tmpfs},
	{"publish", 'p', false, take_port},
	{"user", 'u', false, take_user},
	{"network", 0, false, take_network},
	{"net", 0, false, take_network},
	{"hostname", 'h', false, take_hostname},
	{"device", 0, false, take_device},
	{"gpus", 0, false, take_gpus},
	{"runtime", 0, false, take_runtime},
	{"cap-add", 0, false, take_capability},
	{"security-opt", 0, false, take_security},
	{"memory", 'm', false, take_memory},
	{"cpus", 0, false, take_cpus},
	{"pids-limit", 0, false, take_pids},
	{"privileged", 0, true, take_privileged},
	/* A box has it, or nobody would miss it. */
	{"init", 0, true, take_silently},
	{"rm", 0, true, take_silently},
	{"interactive", 'i', true, take_silently},
	{"tty", 't', true, take_silently},
	{"detach", 'd', true, take_silently},
	{"sig-proxy", 0, true, take_silently},
	{"no-healthcheck", 0, true, take_silently},
	{"oom-kill-disable", 0, true, take_silently},
	{"name", 0, false, take_silently},
	{"label", 'l', false, take_silently},
	{"annotation", 0, false, take_silently},
	{"cap-drop", 0, false, take_silently},
	{"shm-size", 0, false, take_silently},
	{"ipc", 0, false, take_silently},
	{"ulimit", 0, false, take_silently},
	{"userns", 0, false, take_silently},
	{"uidmap", 0, false, take_silently},
	{"gidmap", 0, false, take_silently},
	{"group-add", 0, false, take_silently},
	{"umask", 0, false, take_silently},
	{"restart", 0, false, take_silently},
	{"pull", 0, false, take_silently},
	{"stop-timeout", 0, false, take_silently},
	{"memory-swap", 0, false, take_silently},
	{"memory-reservation", 0, false, take_silently},
	{"cpu-shares", 'c', false, take_silently},
	{"log-driver", 0, false, take_silently},
	{"log-opt", 0, false, take_silently},
	{"cgroupns", 0, false, take_silently},
	{"workdir", 'w', false, take_silently},
	{"network-alias", 0, false, take_silently},
};

/* The row of "--name", "--name=value" or "-x"; its length is that of the option. */
static size_t find_option(const char *word, size_t *ret_len)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		size_t len = strlen(known[i].name);

		if (word[1] != '-' && known[i].letter && word[1] == known[i].letter) {
			*ret_len = 2;
			return i;
		}
		if (starts_with(word, "--") && strncmp(word + 2, known[i].name, len) == 0 &&
		    (!word[len + 2] || word[len + 2] == '=')) {
			*ret_len = len + 2;
			return i;
		}
	}
	return ARRAY_SIZE(known);
}

/* Takes the option at words[*i], with the next word if that is its value. */
static void take_option(struct reading *rd, const struct strv *words, size_t *i)
{
	const char *word = words->v[*i], *value;
	size_t len = 0, row = find_option(word, &len);

	if (row == ARRAY_SIZE(known)) {
		resolution_note(rd->m->resolution, &rd->at, "the option '%s' is left out", word);
		/* Its value, if that is a word of its own, is no option. */
		while (*i + 1 < words->n && words->v[*i + 1][0] != '-')
			++*i;
		return;
	}
	value = word + len;
	if (*value == '=')
		value++;
	else if (!*value && !known[row].plain)
		value = *i + 1 < words->n ? words->v[++*i] : "";
	known[row].take(rd, value);
}

json_t *run_args_read(struct merging *m, const struct layer_json *file)
{
	struct reading rd = {.m = m, .ret = json_object()};
	const json_t *list = json_object_get(file->root, "runArgs");
	cleanup_strv struct strv words = {0};

	rd.at = layer_at(file, "runArgs", NULL, -1);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *word = json_string_value(json_array_get(list, i));

		if (word)
			strv_push(&words, word);
		else
			resolution_note(m->resolution, &rd.at,
					"runArgs has a word that is not a string");
	}
	for (size_t i = 0; i < words.n; i++) {
		rd.at = layer_at(file, "runArgs", NULL, (long)i);
		if (words.v[i][0] == '-' && words.v[i][1])
			take_option(&rd, &words, &i);
		else if (*words.v[i])
			resolution_note(m->resolution, &rd.at, "'%s' is no option", words.v[i]);
	}
	return rd.ret;
}
