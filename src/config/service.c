/*
 * service.c - from sections [service NAME] to services in the order in which they start.
 */
#include "config/service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "config/schema.h"
#include "config/service_network.h"
#include "config/value.h"

bool services_exist(const struct settings *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (service_name(&s->v[i]))
			return true;
	return false;
}

/* The value of a single key, or its default. */
static const char *value_of(const struct settings *s, const char *name, enum schema_id id)
{
	const struct setting *st = service_setting(s, name, NULL, id);

	return st ? st->value : schema_keys[id].value;
}

static long duration_of(const struct settings *s, const char *name, enum schema_id id)
{
	const char *value = value_of(s, name, id);
	long ms = 0;

	if (value)
		value_duration(value, &ms);
	return ms;
}

static void list_of(const struct settings *s, const char *name, enum schema_id id, struct strv *out)
{
	const struct setting *st = NULL;

	while ((st = service_setting(s, name, st, id)))
		value_words(st->value, out);
}

static int words_of(const struct settings *s, const char *name, enum schema_id id, bool *ret_set,
		    struct strv *out, struct err *e)
{
	const struct setting *st = service_setting(s, name, NULL, id);

	*ret_set = st != NULL;
	if (st && service_words(st->value, out, e) < 0)
		return err_add(e, "%s", st->source);
	return 0;
}

static int take_needs(const struct settings *s, struct service *v, struct err *e)
{
	const struct setting *st = NULL;

	while ((st = service_setting(s, v->name, st, KEY_SERVICE_NEEDS))) {
		cleanup_strv struct strv words = {0};

		value_words(st->value, &words);
		v->needs = xrealloc(v->needs, v->n_needs + words.n, sizeof(*v->needs));
		for (size_t i = 0; i < words.n; i++)
			if (service_need_parse(words.v[i], &v->needs[v->n_needs++], e) < 0) {
				v->n_needs--;
				return err_add(e, "%s", st->source);
			}
	}
	return 0;
}

static int take_health(const struct settings *s, struct service *v, struct err *e)
{
	const struct setting *st = service_setting(s, v->name, NULL, KEY_SERVICE_HEALTH);
	const char *retries = value_of(s, v->name, KEY_SERVICE_HEALTH_RETRIES);

	value_number(retries, 1, 4194304, &v->retries);
	v->interval_ms = duration_of(s, v->name, KEY_SERVICE_HEALTH_INTERVAL);
	v->timeout_ms = duration_of(s, v->name, KEY_SERVICE_HEALTH_TIMEOUT);
	v->start_period_ms = duration_of(s, v->name, KEY_SERVICE_HEALTH_START_PERIOD);
	v->has_health = st != NULL;
	if (st && service_health_parse(st->value, &v->health, e) < 0)
		return err_add(e, "%s", st->source);
	return 0;
}

/* A value that was checked. */
static void take_localhost(const struct settings *s, struct service *v)
{
	cleanup_strv struct strv words = {0};
	unsigned long port;

	list_of(s, v->name, KEY_SERVICE_LOCALHOST, &words);
	v->localhost = xcalloc(words.n + 1, sizeof(*v->localhost));
	for (size_t i = 0; i < words.n; i++)
		if (value_number(words.v[i], 1, 65535, &port))
			v->localhost[v->n_localhost++] = (uint16_t)port;
}

/* *v has its name and where it was first seen. */
static int fill(const struct settings *s, struct service *v, struct err *e)
{
	int r;

	v->image = value_of(s, v->name, KEY_SERVICE_IMAGE);
	if (!v->image)
		return err_set(e, ERR_USAGE, "%s: [service %s] has no image", v->where, v->name);
	v->user = value_of(s, v->name, KEY_SERVICE_USER);
	v->workdir = value_of(s, v->name, KEY_SERVICE_WORKDIR);
	v->stop_signal = value_of(s, v->name, KEY_SERVICE_STOP_SIGNAL);
	v->stop_timeout_ms = duration_of(s, v->name, KEY_SERVICE_STOP_TIMEOUT);
	list_of(s, v->name, KEY_SERVICE_PROFILES, &v->profiles);
	take_localhost(s, v);
	r = service_network_find(s, v->name, &v->network, e);
	if (r == 0)
		r = words_of(s, v->name, KEY_SERVICE_COMMAND, &v->has_command, &v->command, e);
	if (r == 0)
		r = words_of(s, v->name, KEY_SERVICE_ENTRYPOINT, &v->has_entrypoint, &v->entrypoint,
			     e);
	if (r == 0)
		r = take_needs(s, v, e);
	if (r == 0)
		r = take_health(s, v, e);
	return r < 0 ? r
		     : service_restart_parse(value_of(s, v->name, KEY_SERVICE_RESTART), &v->restart,
					     e);
}

struct service *services_find(const struct services *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (streq(list->v[i].name, name))
			return &list->v[i];
	return NULL;
}

static int no_such(const struct services *list, const char *name, const char *prefix, struct err *e)
{
	cleanup_free const char **names = xcalloc(list->n + 1, sizeof(*names));
	cleanup_free char *hint = NULL;

	for (size_t i = 0; i < list->n; i++)
		names[i] = list->v[i].name;
	hint = schema_suggest(name, names);
	return err_set(e, ENOENT, "%sthere is no service '%s'%s", prefix, name, hint);
}

static int check_needs(const struct services *list, const struct settings *s, struct err *e)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct service *v = &list->v[i];
		const struct setting *st = service_setting(s, v->name, NULL, KEY_SERVICE_NEEDS);

		for (size_t k = 0; k < v->n_needs; k++) {
			cleanup_free char *prefix = xasprintf(
				"%s: [service %s] needs '%s': ", st->source, v->name,
				v->needs[k].name);

			if (!services_find(list, v->needs[k].name)) {
				no_such(list, v->needs[k].name, prefix, e);
				e->code = ERR_USAGE;
				return -ERR_USAGE;
			}
		}
	}
	return 0;
}

static bool has_localhost(const struct service *v, uint16_t port)
{
	for (size_t i = 0; i < v->n_localhost; i++)
		if (v->localhost[i] == port)
			return true;
	return false;
}

/* Each port is one service's; one in the project's network has all of its own there. */
static int check_localhost(const struct services *list, const struct settings *s, struct err *e)
{
	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].n_localhost && !*list->v[i].network)
			return err_set(
				e, ERR_USAGE,
				"%s: [service %s] localhost: it is in the project's network, "
				"where all its ports are at localhost",
				service_setting(s, list->v[i].name, NULL, KEY_SERVICE_LOCALHOST)
					->source,
				list->v[i].name);
		for (size_t k = 0; k < i; k++)
			for (size_t p = 0; p < list->v[i].n_localhost; p++)
				if (has_localhost(&list->v[k], list->v[i].localhost[p]))
					return err_set(e, ERR_USAGE,
						       "%s: [service %s] localhost: service '%s' "
						       "has port %u",
						       service_setting(s, list->v[i].name, NULL,
								       KEY_SERVICE_LOCALHOST)
							       ->source,
						       list->v[i].name, list->v[k].name,
						       list->v[i].localhost[p]);
	}
	return 0;
}

/* A depth-first walk; the path to where it stands is in `way`. */
struct walk {
	const struct services *list;
	struct service **done;
	size_t n_done;
	const struct service **way;
	size_t n_way;
};

static int circle(const struct walk *w, const struct service *again, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	size_t i = 0;

	while (w->way[i] != again)
		i++;
	for (; i < w->n_way; i++)
		buf_addf(&text, "%s -> ", w->way[i]->name);
	buf_addstr(&text, again->name);
	return err_set(e, ERR_USAGE, "%s: services need each other in a circle: %s", again->where,
		       text.data);
}

/* The depth is at most the number of services. */
static int visit(struct walk *w, struct service *v, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < w->n_done; i++)
		if (w->done[i] == v)
			return 0;
	for (size_t i = 0; i < w->n_way; i++)
		if (w->way[i] == v)
			return circle(w, v, e);
	w->way[w->n_way++] = v;
	for (size_t i = 0; r == 0 && i < v->n_needs; i++)
		r = visit(w, services_find(w->list, v->needs[i].name), e);
	w->n_way--;
	w->done[w->n_done++] = v;
	return r;
}

static bool is_among_profiles(const struct service *v, const struct strv *with)
{
	for (size_t i = 0; i < v->profiles.n; i++)
		if (strv_has(with, v->profiles.v[i]))
			return true;
	return !v->profiles.n;
}

static int check_with(const struct services *list, const struct strv *with, struct err *e)
{
	for (size_t i = 0; i < with->n; i++) {
		bool found = false;

		for (size_t k = 0; k < list->n; k++)
			found |= strv_has(&list->v[k].profiles, with->v[i]);
		if (!found)
			return err_set(e, ENOENT, "no service has the profile '%s'", with->v[i]);
	}
	return 0;
}

int services_select(const struct services *list, char *const *words, const struct strv *with,
		    struct service ***ret, size_t *ret_n, struct err *e)
{
	cleanup_free struct service **done = xcalloc(list->n + 1, sizeof(void *));
	cleanup_free const struct service **way = xcalloc(list->n + 1, sizeof(void *));
	struct walk w = {.list = list, .done = done, .way = way};
	bool named = words && *words;
	int r = check_with(list, with, e);

	for (; r == 0 && words && *words; words++) {
		struct service *v = services_find(list, *words);

		r = v ? visit(&w, v, e) : no_such(list, *words, "", e);
	}
	for (size_t i = 0; r == 0 && !named && i < list->n; i++)
		if (is_among_profiles(&list->v[i], with))
			r = visit(&w, &list->v[i], e);
	if (r < 0)
		return r;
	*ret = take_ptr(done);
	*ret_n = w.n_done;
	return 0;
}

/* A circle is an error even among services that are not started now. */
static int check_circles(const struct services *list, struct err *e)
{
	cleanup_free struct service **done = xcalloc(list->n + 1, sizeof(void *));
	cleanup_free const struct service **way = xcalloc(list->n + 1, sizeof(void *));
	struct walk w = {.list = list, .done = done, .way = way};
	int r = 0;

	for (size_t i = 0; r == 0 && i < list->n; i++)
		r = visit(&w, &list->v[i], e);
	return r;
}

int services_load(const struct settings *s, struct services *ret, struct err *e)
{
	cleanup_services struct services list = {.v = xcalloc(s->n + 1, sizeof(*list.v))};
	int r = 0;

	for (size_t i = 0; i < s->n; i++) {
		const char *name = service_name(&s->v[i]);

		if (name && !services_find(&list, name))
			list.v[list.n++] = (struct service){.name = name, .where = s->v[i].source};
	}
	for (size_t i = 0; r == 0 && i < list.n; i++)
		r = fill(s, &list.v[i], e);
	if (r == 0)
		r = check_needs(&list, s, e);
	if (r == 0)
		r = check_localhost(&list, s, e);
	if (r == 0)
		r = check_circles(&list, e);
	if (r < 0)
		return r;
	*ret = list;
	list = (struct services){0};
	return 0;
}

void services_clear(struct services *list)
{
	for (size_t i = 0; i < list->n; i++) {
		struct service *v = &list->v[i];

		for (size_t k = 0; k < v->n_needs; k++)
			free(v->needs[k].name);
		free(v->needs);
		free(v->health.text);
		free(v->localhost);
		strv_clear(&v->command);
		strv_clear(&v->entrypoint);
		strv_clear(&v->profiles);
	}
	free(list->v);
	*list = (struct services){0};
}

void service_build_of(const struct settings *s, const char *image, struct strv *out)
{
	size_t len = strlen(image);

	for (size_t i = 0; i < s->service_builds.n; i++)
		if (strncmp(s->service_builds.v[i], image, len) == 0 &&
		    s->service_builds.v[i][len] == '\n')
			strv_push(out, s->service_builds.v[i] + len + 1);
}
