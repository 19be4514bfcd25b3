/*
 * service_settings.c - the settings of the box of one service.
 *
 * A file of env-file is opened once, and is asked about by the path that was opened: whoever
 * changes a symlink meanwhile gains nothing.
 */
#include "flow/service_settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/fnv.h"
#include "base/path.h"
#include "config/mounts.h"
#include "config/policy.h"
#include "config/port_value.h"
#include "config/schema.h"
#include "config/service_network.h"
#include "config/value.h"

#define ENV_FILE_MAX (1u << 20)

/* Adds a setting that comes from st, of the service's section, under another key. */
static void add(struct settings *to, const struct setting *st, enum schema_id id, const char *key,
		const char *value)
{
	struct setting made = *st;

	made.row = &schema_keys[id];
	made.section = (char *)made.row->section;
	made.key = (char *)(key ? key : made.row->key);
	made.value = (char *)value;
	settings_add(to, &made);
}

/* Names of hosts, its network's and its own: as [network] of a project has them. */
static void add_names(const struct settings *s, const struct service *v, struct settings *to)
{
	const struct setting *st = NULL;
	cleanup_strv struct strv all = {0};
	cleanup_free char *text = NULL;

	service_network_names(s, v->network, &all);
	text = strv_join(&all, " ");
	if (all.n) {
		struct setting names = setting_of(KEY_NETWORK_ALIASES, text, v->where);

		settings_add(to, &names);
	}
	/* Before the project's: the first line of a name counts. */
	while ((st = service_setting(s, v->name, st, KEY_SERVICE_HOSTS)))
		add(to, st, KEY_NETWORK_HOSTS, NULL, st->value);
}

/* What the project's boxes have in common; their aliases are not its. */
static void add_common(const struct settings *s, struct settings *to)
{
	to->project_dir = xstrdup(s->project_dir);
	to->project_file = xstrdup(s->project_file);
	memcpy(to->project_sha256, s->project_sha256, sizeof(to->project_sha256));
	to->network_denied = xstrdup(s->network_denied);
	to->no_repository = s->no_repository;
	for (size_t i = 0; i < s->service_builds.n; i++)
		strv_push(&to->service_builds, s->service_builds.v[i]);
	for (size_t i = 0; i < s->n; i++)
		if ((streq(s->v[i].section, "network") &&
		     !setting_is(&s->v[i], KEY_NETWORK_ALIASES)) ||
		    setting_is(&s->v[i], KEY_NETWORK) || setting_is(&s->v[i], KEY_PROTECT))
			settings_add(to, &s->v[i]);
}

static int add_volumes(const struct settings *s, const struct service *v,
		       struct service_settings *ret, struct err *e)
{
	const struct setting *st = NULL;

	while ((st = service_setting(s, v->name, st, KEY_SERVICE_VOLUMES))) {
		cleanup_strv struct strv words = {0};

		value_words(st->value, &words);
		ret->volumes = xrealloc(ret->volumes, ret->n_volumes + words.n,
					sizeof(*ret->volumes));
		for (size_t i = 0; i < words.n; i++) {
			cleanup_free char *target = NULL, *value = NULL;
			const char *name, *end;

			if (service_volume_split(words.v[i], &target, &value, e) < 0)
				return err_add(e, "%s", st->source);
			if (!starts_with(value, "volume:")) {
				add(&ret->settings, st, KEY_MOUNTS, target, value);
				continue;
			}
			name = value + strlen("volume:");
			end = strchrnul(name, ' ');
			ret->volumes[ret->n_volumes++] = (struct service_volume){
				.label = end > name ? xstrndup(name, (size_t)(end - name)) : NULL,
				.target = path_normalize("/", target),
				.read_only = streq(end, " ro")};
		}
	}
	return 0;
}

static void add_tmpfs(const struct settings *s, const struct service *v, struct settings *to)
{
	const struct setting *st = NULL;

	while ((st = service_setting(s, v->name, st, KEY_SERVICE_TMPFS))) {
		cleanup_strv struct strv words = {0};

		value_words(st->value, &words);
		for (size_t i = 0; i < words.n; i++)
			add(to, st, KEY_MOUNTS, words.v[i], "tmpfs");
	}
}

static void add_files(const struct settings *s, const struct service *v, struct settings *to)
{
	const struct setting *st = NULL;

	while ((st = service_setting(s, v->name, st, KEY_SERVICE_FILE)))
		add(to, st, KEY_MOUNTS, st->key + strlen("file."), st->value);
}

static void add_ports(const struct settings *s, const struct service *v, struct settings *to)
{
	const struct setting *st = NULL;

	while ((st = service_setting(s, v->name, st, KEY_SERVICE_PORTS))) {
		cleanup_strv struct strv words = {0};

		value_words(st->value, &words);
		for (size_t i = 0; i < words.n; i++) {
			cleanup_free char *host = NULL, *box = NULL;

			port_value_split(words.v[i], &host, &box);
			add(to, st, KEY_PORTS, host, box);
		}
	}
}

/* For [env], where a dollar sign begins a name. */
static char *escape_dollars(const char *text)
{
	struct buf b = BUF_INIT;

	for (; *text; text++)
		buf_addf(&b, *text == '$' ? "$%c" : "%c", *text);
	return b.data ? buf_detach(&b) : xstrdup("");
}

/* One line: blank, a comment, or NAME=VALUE, with the value in quotes or not. */
static int add_env_line(struct settings *to, const struct setting *st, char *line, struct err *e)
{
	cleanup_free char *value = NULL;
	char *equals, *end;
	size_t len;

	line += strspn(line, " \t");
	if (starts_with(line, "export "))
		line += strlen("export ");
	if (!*line || *line == '#')
		return 0;
	equals = strchr(line, '=');
	if (equals)
		*equals++ = '\0';
	if (!equals || !value_env_name(line))
		return err_set(e, ERR_USAGE, "expected NAME=VALUE");
	len = strlen(equals);
	end = equals + len;
	while (end > equals && strchr(" \t\r", end[-1]))
		*--end = '\0';
	if (end - equals >= 2 && (*equals == '"' || *equals == '\'') && end[-1] == *equals) {
		end[-1] = '\0';
		equals++;
	}
	value = escape_dollars(equals);
	add(to, st, KEY_ENV, line, value);
	return 0;
}

static int add_env_file(struct settings *to, const struct setting *st, const char *word,
			struct err *e)
{
	cleanup_free char *path = settings_path(st, word), *real = NULL;
	cleanup_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	cleanup_buf struct buf text = BUF_INIT;
	struct stat file;
	unsigned n = 0;
	char *line, *rest;

	if (fd < 0 || fstat(fd, &file) < 0)
		return err_sys(e, errno, "%s: cannot read '%s'", st->source, path);
	if (!S_ISREG(file.st_mode))
		return err_set(e, EINVAL, "%s: '%s' is not a regular file", st->source, path);
	real = path_of_fd(fd);
	if (!real)
		return err_sys(e, errno, "%s: cannot tell where '%s' is", st->source, path);
	if (file_read_fd(fd, path, ENV_FILE_MAX, &text, e) < 0)
		return err_add(e, "%s", st->source);
	add(to, st, KEY_SERVICE_ENV_FILE, NULL, real);
	rest = text.data;
	while ((line = strsep(&rest, "\n"))) {
		n++;
		if (add_env_line(to, st, line, e) < 0)
			return err_add(e, "%s: %s:%u", st->source, word, n);
	}
	return 0;
}

static int add_env(const struct settings *s, const struct service *v, struct settings *to,
		   struct err *e)
{
	const struct setting *st = NULL;

	while ((st = service_setting(s, v->name, st, KEY_SERVICE_ENV_FILE))) {
		cleanup_strv struct strv words = {0};

		value_words(st->value, &words);
		for (size_t i = 0; i < words.n; i++)
			if (add_env_file(to, st, words.v[i], e) < 0)
				return -e->code;
	}
	while ((st = service_setting(s, v->name, st, KEY_SERVICE_ENV)))
		add(to, st, KEY_ENV, st->key + strlen("env."), st->value);
	return 0;
}

/* A relative directory is one of the project. */
static char *image_of(const struct settings *s, const char *image)
{
	cleanup_free char *path = mounts_image_folder(image, s->project_dir);

	return path ? xasprintf("dir:%s", path) : xstrdup(image);
}

int service_settings_make(const struct settings *s, const struct service *v,
			  struct service_settings *ret, struct err *e)
{
	const struct setting *image = service_setting(s, v->name, NULL, KEY_SERVICE_IMAGE);
	struct service_settings made = {.image = image_of(s, v->image)};
	int r;

	add_names(s, v, &made.settings);
	add_common(s, &made.settings);
	add(&made.settings, image, KEY_IMAGE, NULL, made.image);
	add(&made.settings, image, KEY_HOSTNAME, NULL, v->name);
	add_ports(s, v, &made.settings);
	add_tmpfs(s, v, &made.settings);
	r = add_volumes(s, v, &made, e);
	add_files(s, v, &made.settings);
	if (r == 0)
		r = add_env(s, v, &made.settings, e);
	/* What it denies of a box it denies of a service's. */
	if (r == 0)
		r = policy_apply(&made.settings, e);
	if (r < 0) {
		service_settings_clear(&made);
		return r;
	}
	*ret = made;
	return 0;
}

void service_settings_clear(struct service_settings *v)
{
	for (size_t i = 0; i < v->n_volumes; i++) {
		free(v->volumes[i].label);
		free(v->volumes[i].target);
	}
	free(v->volumes);
	free(v->image);
	settings_clear(&v->settings);
	*v = (struct service_settings){0};
}

static bool is_mounted(const struct service_settings *v, const char *target)
{
	for (size_t i = 0; i < v->n_volumes; i++)
		if (streq(v->volumes[i].target, target))
			return true;
	for (size_t i = 0; i < v->settings.n; i++)
		if (setting_is(&v->settings.v[i], KEY_MOUNTS) &&
		    streq(v->settings.v[i].key, target))
			return true;
	return false;
}

void service_settings_add_image(struct service_settings *v, const struct strv *targets)
{
	for (size_t i = 0; i < targets->n; i++) {
		if (is_mounted(v, targets->v[i]))
			continue;
		v->volumes = xrealloc(v->volumes, v->n_volumes + 1, sizeof(*v->volumes));
		v->volumes[v->n_volumes++] = (struct service_volume){
			.target = xstrdup(targets->v[i])};
	}
}

static void hash_words(struct buf *b, const char *key, const struct strv *words)
{
	for (size_t i = 0; i < words->n; i++)
		buf_addf(b, "%s\n%s\n", key, words->v[i]);
}

unsigned long long service_settings_hash(const struct service_settings *v,
					 const struct service *service)
{
	cleanup_buf struct buf b = BUF_INIT;

	for (size_t i = 0; i < v->settings.n; i++)
		buf_addf(&b, "%s\n%s\n%s\n", v->settings.v[i].section, v->settings.v[i].key,
			 v->settings.v[i].value);
	for (size_t i = 0; i < v->n_volumes; i++)
		buf_addf(&b, "volume %s\n%s %d\n", v->volumes[i].label ? v->volumes[i].label : "",
			 v->volumes[i].target, v->volumes[i].read_only);
	buf_addf(&b, "user %s\nstop %s\n", service->user ? service->user : "",
		 service->stop_signal ? service->stop_signal : "");
	if (service->workdir)
		buf_addf(&b, "workdir %s\n", service->workdir);
	if (!streq(service->network, service->name))
		buf_addf(&b, "network %s\n", service->network);
	for (size_t i = 0; i < service->n_localhost; i++)
		buf_addf(&b, "localhost %u\n", service->localhost[i]);
	hash_words(&b, service->has_command ? "command" : "", &service->command);
	hash_words(&b, service->has_entrypoint ? "entrypoint" : "", &service->entrypoint);
	return (unsigned long long)fnv1a(b.data);
}
