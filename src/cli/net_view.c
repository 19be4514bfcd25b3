/*
 * net_view.c - showing what a box reached and was refused.
 */
#include "cli/net_view.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/mem.h"
#include "box/target.h"
#include "config/schema.h"
#include "start/holder.h"

int net_view_find(const struct store *s, const char *word, struct box *ret, struct err *e)
{
	cleanup_target struct target t = TARGET_INIT;
	int r = target_resolve(s, word, &t, e);

	if (r == 0)
		r = target_box(s, &t, ret, e);
	if (r == 0 || !t.dir)
		return r;
	ret->project = take_ptr(t.dir); /* its services may run without a box of its own */
	return 0;
}

int net_view_open(const char *word, bool make, int *ret_fd, struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	cleanup_box struct box b = BOX_INIT;
	int r = store_open(&s, e);

	if (r == 0)
		r = net_view_find(&s, word, &b, e);
	if (r < 0)
		return r;
	r = holder_open_journal(&s, &b, make, ret_fd, e);
	return r == -ENOENT ? 0 : r;
}

void net_view_learned(const struct strv *rules)
{
	const struct schema_key *row = &schema_keys[KEY_NETWORK_ALLOW];

	log_note(rules->n ? "this run would need, beyond what its project allows:"
			  : "this run would need no more than its project allows");
	if (!rules->n)
		return;
	fprintf(stderr, "[%s]\n%s = %s\n%s =", row->section, schema_keys[KEY_NETWORK_DEFAULT].key,
		schema_keys[KEY_NETWORK_DEFAULT].closed, row->key);
	for (size_t i = 0; i < rules->n; i++)
		fprintf(stderr, " %s", rules->v[i]);
	fputc('\n', stderr);
}

/* In local time, to the second. */
static char *format_time(int64_t ms, bool zone, char *out)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	if (!localtime_r(&seconds, &tm) || !(zone ? strftime(out, NET_VIEW_TIME_MAX, "%FT%T%z", &tm)
						  : strftime(out, NET_VIEW_TIME_MAX, "%F %T", &tm)))
		snprintf(out, NET_VIEW_TIME_MAX, "?");
	return out;
}

char *net_view_time(int64_t ms, char out[NET_VIEW_TIME_MAX])
{
	return format_time(ms, true, out);
}

void net_view_line(const struct net_event *event)
{
	char when[NET_VIEW_TIME_MAX], what[NET_REASON_MAX], why[NET_REASON_MAX],
		rule[NET_REASON_MAX];

	printf("%s %-7s %s", format_time(event->time, false, when),
	       event->reason == REASON_ALLOWED	? "allowed"
	       : event->reason == REASON_KILLED ? "ended"
						: "refused",
	       net_event_what(event, what));
	if (*event->name)
		printf(" %s", event->name);
	if (event->count > 1)
		printf(" (%u times)", event->count);
	if (event->reason != REASON_ALLOWED)
		printf(": %s", net_event_why(event, why));
	if (*net_event_rule(event, rule))
		printf(": allow = %s", rule);
	putchar('\n');
}

void net_view_json(struct json *j, const struct net_event *event)
{
	char when[NET_VIEW_TIME_MAX], text[NET_REASON_MAX];

	jsonout_object_begin(j, NULL);
	jsonout_string(j, "time", net_view_time(event->time, when));
	jsonout_bool(j, "allowed", event->reason == REASON_ALLOWED);
	jsonout_string(j, "what", net_event_what(event, text));
	jsonout_string(j, "name", *event->name ? event->name : NULL);
	jsonout_number(j, "count", event->count);
	jsonout_string(j, "reason",
		       event->reason == REASON_ALLOWED ? NULL : net_event_why(event, text));
	net_event_rule(event, text);
	jsonout_string(j, "allow", *text ? text : NULL);
	jsonout_object_end(j);
}
