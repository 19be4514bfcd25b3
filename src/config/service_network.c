/*
 * service_network.c - see service_network.h.
 */
#include "config/service_network.h"

#include <string.h>

#include "config/schema.h"
#include "config/service_section.h"
#include "config/service_value.h"
#include "config/value.h"

static const char other[] = SERVICE_NETWORK_OTHER;

static bool exists(const struct settings *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (service_has(&s->v[i], name))
			return true;
	return false;
}

int service_network_find(const struct settings *s, const char *name, const char **ret,
			 struct err *e)
{
	const struct setting *first = service_setting(s, name, NULL, KEY_SERVICE_NETWORK), *st;
	size_t steps = 0;

	for (st = first; st; st = service_setting(s, name, NULL, KEY_SERVICE_NETWORK)) {
		if (streq(st->value, SERVICE_NETWORK_PROJECT)) {
			*ret = "";
			return 0;
		}
		name = st->value + strlen(other);
		if (!exists(s, name))
			return err_set(e, ERR_USAGE, "%s: network: there is no service '%s'",
				       st->source, name);
		if (++steps > s->n)
			return err_set(e, ERR_USAGE,
				       "%s: network: services name each other in a circle",
				       first->source);
	}
	*ret = name;
	return 0;
}

static void add_words(const struct setting *st, struct strv *out)
{
	cleanup_strv struct strv words = {0};

	value_words(st->value, &words);
	for (size_t i = 0; i < words.n; i++)
		if (!strv_has(out, words.v[i]))
			strv_push(out, words.v[i]);
}

static void add_aliases(const struct settings *s, const char *name, struct strv *out)
{
	const struct setting *st = NULL;

	while ((st = service_setting(s, name, st, KEY_SERVICE_ALIASES)))
		add_words(st, out);
}

void service_network_names(const struct settings *s, const char *network, struct strv *out)
{
	const struct setting *st = NULL;
	const char *name, *its;
	struct err ignored; /* services_load() tells it */

	while (!*network && (st = settings_next(s, st, KEY_NETWORK_ALIASES)))
		add_words(st, out);
	add_aliases(s, network, out);
	for (st = NULL; (st = settings_next(s, st, KEY_SERVICE_NETWORK));) {
		name = service_name(st);
		if (service_network_find(s, name, &its, &ignored) < 0 || !streq(its, network))
			continue;
		if (!strv_has(out, name))
			strv_push(out, name);
		add_aliases(s, name, out);
	}
}
