/*
 * learn.c - the rules of [network] that a run would have needed.
 *
 * The journal is opened before the box starts, since the one of a throw-away box is removed when its
 * network ends.
 */
#include "flow/learn.h"

#include <errno.h>
#include <stdlib.h>

#include "config/network_rules.h"
#include "netpolicy/journal.h"
#include "start/holder.h"

void learn_clear(struct learning *l)
{
	close_fd(&l->fd);
}

int learn_all(const struct store *s, const struct box *b, struct learning *ret, struct err *e)
{
	int r = holder_open_journal(s, b, false, &ret->fd, e);

	return r == -ENOENT ? 0 : r;
}

int learn_begin(const struct store *s, const struct box *b, struct learning *ret, struct err *e)
{
	cleanup_free struct net_event *v = NULL;
	cleanup_learning struct learning l = LEARNING_INIT;
	size_t n = 0;
	int r = holder_open_journal(s, b, true, &l.fd, e);

	if (r == 0)
		r = net_journal_read(l.fd, 0, &v, &n, e);
	if (r < 0 && r != -ENOENT)
		return r;
	ret->fd = take_fd(&l.fd);
	ret->after = n ? v[n - 1].number : 0;
	return 0;
}

/* Do the rules allow already what such a one would, at that port? 0: the name is only asked for. */
static bool is_covered(const struct netpolicy *have, const struct net_rule *rule, uint16_t port)
{
	switch ((enum net_rule_kind)rule->kind) {
	case NET_RULE_NAME: {
		enum netpolicy_says says = netpolicy_name(have, rule->name, port);

		return says >= (rule->raw    ? NETPOLICY_RAW
				: rule->port ? NETPOLICY_PORT
					     : NETPOLICY_CHECKED);
	}
	case NET_RULE_ADDRESS:
		return netpolicy_address(have, rule->addr, rule->port, rule->prefix) ==
		       NETPOLICY_RAW;
	case NET_RULE_HOST:
		return netpolicy_host(have, rule->port);
	case NET_RULE_BELOW:
		break;
	}
	return false;
}

static void add(const struct net_event *event, const struct netpolicy *have, struct strv *out)
{
	char text[NET_REASON_MAX];
	struct net_rule rule;
	struct err ignored;

	if (*net_event_learned(event, text) && !strv_has(out, text) &&
	    net_rule_parse(text, &rule, &ignored) == 0 && !is_covered(have, &rule, event->port))
		strv_push(out, text);
}

int learn_end(struct learning *l, const struct settings *settings, struct strv *out, struct err *e)
{
	cleanup_free struct netpolicy *have = NULL;
	cleanup_free struct net_event *v = NULL;
	size_t n = 0;
	int r = network_rules_read(settings, &have, e);

	if (r == 0 && l->fd >= 0)
		r = net_journal_read(l->fd, l->after, &v, &n, e);
	for (size_t i = 0; r == 0 && i < n; i++)
		add(&v[i], have, out);
	learn_clear(l);
	return r == -ENOENT ? 0 : r;
}
