/*
 * build_config.c - what ENV, LABEL, CMD and their kind write into an image's config, exactly as
 * BuildKit does (frontend/dockerfile/dockerfile2llb/convert.go), down to the texts of the history.
 */
#include "build/engine/build_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "build/engine/go_text.h"

#define PORTS_MAX 65536

static json_t *list_of(const struct strv *words)
{
	json_t *list = json_array();

	for (size_t i = 0; i < words->n; i++)
		json_array_append_new(list, json_string(words->v[i]));
	return list;
}

static json_t *object_in(json_t *config, const char *key)
{
	json_t *o = json_object_get(config, key);

	if (!json_is_object(o)) {
		o = json_object();
		json_object_set_new(config, key, o);
	}
	return o;
}

static void note(struct build_state *s, const struct buf *text)
{
	build_state_history(s, text->data, false, false, BUILD_NO_TIME);
}

/* Replaces the variable, or appends it. */
static void set_env(json_t *config, const char *name, const char *value)
{
	cleanup_free char *line = xasprintf("%s=%s", name, value);
	json_t *env = json_object_get(config, "Env"), *item;
	size_t i, n = strlen(name);

	if (!json_is_array(env)) {
		env = json_array();
		json_object_set_new(config, "Env", env);
	}
	json_array_foreach(env, i, item)
	{
		const char *old = json_string_value(item);

		if (old && strncmp(old, name, n) == 0 && (old[n] == '=' || !old[n])) {
			json_array_set_new(env, i, json_string(line));
			return;
		}
	}
	json_array_append_new(env, json_string(line));
}

static void apply_env(struct build_state *s, const struct step *step)
{
	cleanup_buf struct buf text = BUF_INIT;

	buf_addstr(&text, "ENV");
	for (size_t i = 0; i + 1 < step->args.n; i += 2) {
		set_env(build_state_config(s), step->args.v[i], step->args.v[i + 1]);
		buf_addf(&text, " %s=%s", step->args.v[i], step->args.v[i + 1]);
	}
	note(s, &text);
}

static void apply_label(struct build_state *s, const struct step *step)
{
	json_t *labels = object_in(build_state_config(s), "Labels");
	cleanup_buf struct buf text = BUF_INIT;

	buf_addstr(&text, "LABEL");
	for (size_t i = 0; i + 1 < step->args.n; i += 2) {
		json_object_set_new(labels, step->args.v[i], json_string(step->args.v[i + 1]));
		buf_addf(&text, " %s=%s", step->args.v[i], step->args.v[i + 1]);
	}
	note(s, &text);
}

static void apply_arg(struct build_state *s, const struct step *step)
{
	cleanup_buf struct buf text = BUF_INIT;

	buf_addstr(&text, "ARG");
	for (size_t i = 0; i < step->args.n; i++) {
		strv_push_take(&s->args, xstrndup(step->args.v[i], strcspn(step->args.v[i], "=")));
		buf_addf(&text, " %s", step->args.v[i]);
	}
	note(s, &text);
}

/* [IP:][HOST:]PORT[-PORT][/PROTOCOL], which values_port() has checked. */
static void add_ports(const char *word, struct strv *out)
{
	const char *slash = strchr(word, '/');
	cleanup_free char *range = xstrndup(word, strcspn(word, "/"));
	cleanup_free char *protocol = xstrdup(slash && slash[1] ? slash + 1 : "tcp");
	const char *colon = strrchr(range, ':'), *port = colon ? colon + 1 : range;
	char *end;
	unsigned long first = strtoul(port, &end, 10);
	unsigned long last = *end == '-' ? strtoul(end + 1, NULL, 10) : first;

	for (char *c = protocol; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	for (unsigned long i = first; i <= last && i < PORTS_MAX; i++)
		strv_push_take(out, xasprintf("%lu/%s", i, protocol));
}

static void apply_expose(struct build_state *s, const struct step *step)
{
	json_t *exposed = object_in(build_state_config(s), "ExposedPorts");
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_strv struct strv ports = {0};

	for (size_t i = 0; i < step->args.n; i++)
		add_ports(step->args.v[i], &ports);
	for (size_t i = 0; i < ports.n; i++)
		json_object_set_new(exposed, ports.v[i], json_object());
	buf_addstr(&text, "EXPOSE ");
	go_text_list(&ports, &text);
	note(s, &text);
}

static int apply_volume(struct build_state *s, const struct step *step, struct err *e)
{
	json_t *volumes = object_in(build_state_config(s), "Volumes");
	cleanup_buf struct buf text = BUF_INIT;

	for (size_t i = 0; i < step->args.n; i++) {
		if (!*step->args.v[i])
			return err_set(e, ERR_USAGE, "VOLUME: an empty path");
		json_object_set_new(volumes, step->args.v[i], json_object());
	}
	buf_addstr(&text, "VOLUME ");
	go_text_list(&step->args, &text);
	note(s, &text);
	return 0;
}

void build_config_command(const struct build_state *s, bool exec, const struct strv *words,
			  struct strv *out)
{
	if (!exec) {
		build_state_list(s, "Shell", out);
		if (!out->n) {
			strv_push(out, "/bin/sh");
			strv_push(out, "-c");
		}
	}
	for (size_t i = 0; i < words->n; i++)
		strv_push(out, words->v[i]);
}

/* CMD and ENTRYPOINT. */
static void apply_command(struct build_state *s, const struct step *step)
{
	bool cmd = step->of->in->kind == INSTRUCTION_CMD;
	json_t *config = build_state_config(s);
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_strv struct strv argv = {0};

	build_config_command(s, step->of->in->exec, &step->args, &argv);
	json_object_set_new(config, cmd ? "Cmd" : "Entrypoint", list_of(&argv));
	if (cmd) {
		json_object_set_new(config, "ArgsEscaped", json_true());
		s->has_cmd = true;
	} else if (!s->has_cmd) {
		/* It was for the entrypoint of the image below. */
		json_object_del(config, "Cmd");
	}
	buf_addf(&text, "%s ", instruction_names[step->of->in->kind]);
	go_text_quoted(&argv, &text);
	note(s, &text);
}

static void apply_shell(struct build_state *s, const struct step *step)
{
	cleanup_buf struct buf text = BUF_INIT;

	json_object_set_new(build_state_config(s), "Shell", list_of(&step->args));
	buf_addstr(&text, "SHELL ");
	go_text_list(&step->args, &text);
	note(s, &text);
}

/* USER, STOPSIGNAL and MAINTAINER. */
static void apply_text(struct build_state *s, const struct step *step, json_t *where,
		       const char *key)
{
	cleanup_free char *value = strv_join(&step->args, " ");
	cleanup_buf struct buf text = BUF_INIT;

	json_object_set_new(where, key, json_string(value));
	buf_addf(&text, "%s %s", instruction_names[step->of->in->kind], value);
	note(s, &text);
}

static const char *flag_of(const struct step *step, const char *name)
{
	for (size_t i = 0; i + 1 < step->flags.n; i += 2)
		if (streq(step->flags.v[i], name))
			return step->flags.v[i + 1];
	return NULL;
}

/* NONE, CMD and words, or CMD and a text for the shell. */
static void health_test(const struct step *step, struct strv *out)
{
	bool none = strcasecmp(step->args.v[0], "NONE") == 0;

	strv_push(out, none ? "NONE" : step->of->in->exec ? "CMD" : "CMD-SHELL");
	for (size_t i = 1; !none && i < step->args.n; i++)
		strv_push(out, step->args.v[i]);
}

static void apply_healthcheck(struct build_state *s, const struct step *step)
{
	static const struct {
		const char *flag, *key;
	} times[] = {{"interval", "Interval"},
		     {"timeout", "Timeout"},
		     {"start-period", "StartPeriod"},
		     {"start-interval", "StartInterval"}};
	const char *retries = flag_of(step, "retries");
	long n = retries ? strtol(retries, NULL, 10) : 0;
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_strv struct strv test = {0};
	json_t *health = json_object();

	health_test(step, &test);
	json_object_set_new(health, "Test", list_of(&test));
	buf_addstr(&text, "HEALTHCHECK {Test:");
	go_text_list(&test, &text);
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		const char *flag = flag_of(step, times[i].flag);
		long long ns = flag ? go_text_nanoseconds(flag) : 0;

		if (ns)
			json_object_set_new(health, times[i].key, json_integer(ns));
		buf_addf(&text, " %s:", times[i].key);
		go_text_duration(ns, &text);
	}
	if (n)
		json_object_set_new(health, "Retries", json_integer(n));
	buf_addf(&text, " Retries:%ld}", n);
	json_object_set_new(build_state_config(s), "Healthcheck", health);
	note(s, &text);
}

/* The text of the trigger; it is not a part of the history. */
static void apply_onbuild(struct build_state *s, const struct step *step)
{
	json_t *config = build_state_config(s), *list = json_object_get(config, "OnBuild");

	if (!json_is_array(list)) {
		list = json_array();
		json_object_set_new(config, "OnBuild", list);
	}
	json_array_append_new(list, json_string(step->of->in->trigger->text));
}

char *build_config_workdir(struct build_state *s, const char *path)
{
	const char *now = build_state_text(s, "WorkingDir");
	char *whole = path_normalize(*now == '/' ? now : "/", path);

	json_object_set_new(build_state_config(s), "WorkingDir", json_string(whole));
	return whole;
}

int build_config_apply(struct build_state *s, const struct step *step, struct err *e)
{
	json_t *config = build_state_config(s);

	switch (step->of->in->kind) {
	case INSTRUCTION_ARG:
		apply_arg(s, step);
		break;
	case INSTRUCTION_CMD:
	case INSTRUCTION_ENTRYPOINT:
		apply_command(s, step);
		break;
	case INSTRUCTION_ENV:
		apply_env(s, step);
		break;
	case INSTRUCTION_EXPOSE:
		apply_expose(s, step);
		break;
	case INSTRUCTION_HEALTHCHECK:
		apply_healthcheck(s, step);
		break;
	case INSTRUCTION_LABEL:
		apply_label(s, step);
		break;
	case INSTRUCTION_MAINTAINER:
		apply_text(s, step, s->doc, "author");
		break;
	case INSTRUCTION_ONBUILD:
		apply_onbuild(s, step);
		break;
	case INSTRUCTION_SHELL:
		apply_shell(s, step);
		break;
	case INSTRUCTION_STOPSIGNAL:
		apply_text(s, step, config, "StopSignal");
		break;
	case INSTRUCTION_USER:
		apply_text(s, step, config, "User");
		break;
	case INSTRUCTION_VOLUME:
		return apply_volume(s, step, e);
	default:
		return err_set(e, ENOTSUP, "%s cannot be carried out yet",
			       instruction_names[step->of->in->kind]);
	}
	return 0;
}
