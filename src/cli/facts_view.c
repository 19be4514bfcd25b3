/*
 * facts_view.c - how commands show what a box takes over from its host.
 */
#include "cli/facts_view.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/proc.h"
#include "grant/facts.h"

static void print_one(const struct fact_view *fact, void *arg)
{
	const char *prefix = arg;
	char value[1024];

	printf("%s%s = %s  at %s: %s%s%s\n", prefix, fact->name,
	       fact->value ? err_quote(value, sizeof(value), fact->value) : "-", fact->refreshed,
	       fact->from, fact->otherwise ? "; else " : "",
	       fact->otherwise ? fact->otherwise : "");
}

static void json_one(const struct fact_view *fact, void *arg)
{
	struct json *j = arg;

	jsonout_object_begin(j, NULL);
	jsonout_string(j, "name", fact->name);
	jsonout_string(j, "value", fact->value);
	jsonout_string(j, "from", fact->from);
	jsonout_string(j, "refreshed", fact->refreshed);
	jsonout_string(j, "otherwise", fact->otherwise);
	jsonout_object_end(j);
}

static void show(const struct settings *s, void (*one)(const struct fact_view *, void *), void *arg)
{
	cleanup_user struct user u = {0};
	struct facts_request req = {.settings = s, .user = &u, .joins = ""};

	user_self(&u);
	facts_show(&req, one, arg);
}

void facts_view_print(const char *prefix, const struct settings *s)
{
	show(s, print_one, (void *)prefix);
}

void facts_view_json(struct json *j, const struct settings *s)
{
	jsonout_array_begin(j, "facts");
	show(s, json_one, j);
	jsonout_array_end(j);
}
