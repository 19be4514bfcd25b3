/*
 * network_rules.c - [network] of the settings as a policy.
 */
#include "config/network_rules.h"

#include <string.h>

#include "base/cleanup.h"
#include "config/schema.h"
#include "config/value.h"

static int add(const struct settings *s, enum schema_id id, bool deny, struct netpolicy **policy,
	       struct err *e)
{
	const struct setting *st = NULL;
	int r = 0;

	while (r == 0 && (st = settings_next(s, st, id))) {
		cleanup_strv struct strv words = {0};

		value_words(st->value, &words);
		for (size_t i = 0; r == 0 && i < words.n; i++)
			r = netpolicy_add(policy, words.v[i], deny, e);
		if (r < 0)
			err_add(e, "%s", st->source);
	}
	return r;
}

int network_rules_read(const struct settings *s, struct netpolicy **ret, struct err *e)
{
	cleanup_free struct netpolicy *p = netpolicy_new();
	int r = add(s, KEY_NETWORK_ALLOW, false, &p, e);

	p->closed = streq(settings_get(s, KEY_NETWORK_DEFAULT), "closed");
	p->learns = s->learns;
	if (r == 0)
		r = add(s, KEY_NETWORK_DENY, true, &p, e);
	if (r == 0)
		*ret = take_ptr(p);
	return r;
}

int network_rules_words(const struct setting *st, struct strv *out, struct err *e)
{
	cleanup_strv struct strv words = {0};
	char text[NET_RULE_MAX];
	struct net_rule rule;

	value_words(st->value, &words);
	for (size_t i = 0; i < words.n; i++) {
		int r = net_rule_parse(words.v[i], &rule, e);

		if (r < 0)
			return r;
		strv_push(out, net_rule_format(&rule, text));
	}
	return 0;
}

int network_rules_list(const struct settings *s, enum schema_id id, struct strv *out, struct err *e)
{
	const struct setting *st = NULL;
	int r = 0;

	while (r == 0 && (st = settings_next(s, st, id)))
		r = network_rules_words(st, out, e);
	return r;
}

static int check(const struct settings *s, const struct setting *st, struct err *e)
{
	const char *network = settings_get(s, KEY_NETWORK);

	/* The user's flag is above a file, and a [policy] above that. */
	if (!st || st->from == SETTING_FROM_SHIPPED ||
	    (settings_is_users(s, KEY_NETWORK) && !st->users_file))
		return 0;
	return err_set(e, ERR_USAGE,
		       "%s: network = %s has no policy: [network] %s needs network = gateway",
		       st->source, network, st->key);
}

/* Does it open a port of this machine's loopback? */
static bool opens_host(const struct setting *st)
{
	cleanup_strv struct strv words = {0};
	struct net_rule rule;
	struct err ignored; /* the words were checked when they were read */

	value_words(st->value, &words);
	for (size_t i = 0; i < words.n; i++)
		if (net_rule_parse(words.v[i], &rule, &ignored) == 0 && rule.kind == NET_RULE_HOST)
			return true;
	return false;
}

int network_rules_check(const struct settings *s, struct err *e)
{
	bool pasta = streq(settings_get(s, KEY_NETWORK), "pasta");
	const struct setting *st = NULL;
	int r = 0;

	if (!pasta && !streq(settings_get(s, KEY_NETWORK), "host"))
		return 0;
	while (r == 0 && pasta && (st = settings_next(s, st, KEY_NETWORK_ALLOW)))
		r = opens_host(st) ? check(s, st, e) : 0;
	if (streq(settings_get(s, KEY_NETWORK_DEFAULT), "closed"))
		r = r < 0 ? r : check(s, settings_find(s, KEY_NETWORK_DEFAULT), e);
	while (r == 0 && (st = settings_next(s, st, KEY_NETWORK_DENY)))
		r = check(s, st, e);
	return r;
}
