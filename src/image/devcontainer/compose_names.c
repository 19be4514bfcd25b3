/*
 * compose_names.c - the names by which services of compose files reach each other, and the hosts
 * that they name themselves.
 *
 * Names hold in all of the project: which of its networks a service is in, and for whom it is
 * linked, is not told apart.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "config/host_names.h"
#include "config/schema.h"
#include "image/devcontainer/composing.h"
#include "netpolicy/rule.h"

/* Whose names are written, and where. */
struct naming {
	struct composing *cs;
	const char *name, *section;
	struct strv seen;
};

static void add_alias(struct naming *w, const struct node *at, const char *alias)
{
	struct said_at said = compose_at(at);
	bool own = streq(w->name, w->cs->own);
	struct err e;

	for (size_t i = 0; i < w->seen.n; i++)
		if (strcasecmp(w->seen.v[i], alias) == 0)
			return;
	strv_push(&w->seen, alias);
	/* Another service of that name is meant. */
	if (!streq(alias, w->name) && node_get(w->cs->services, alias))
		return;
	if (alias[strcspn(alias, " \t\n,")] || host_names_check_aliases(alias, &e) < 0)
		resolution_note(w->cs->resolution, &said,
				"the name '%s' of service '%s' is left out: it cannot be "
				"that of a host",
				alias, w->name);
	else if (own || !streq(alias, w->name))
		compose_set(w->cs, at, "a name", w->section, schema_keys[KEY_NETWORK_ALIASES].key,
			    alias, &at->names);
}

static void add_networks(struct naming *w, const struct node *networks)
{
	for (size_t i = 0; networks && networks->kind == NODE_MAP && i < networks->n; i++) {
		const struct node *list = node_get(networks->v[i].value, "aliases");

		for (size_t k = 0; list && list->kind == NODE_LIST && k < list->n; k++)
			if (list->v[k].value->text)
				add_alias(w, list->v[k].value, list->v[k].value->text);
	}
}

/* SERVICE:NAME, of any service. */
static void add_links(struct naming *w, const struct node *links)
{
	size_t len = strlen(w->name);

	for (size_t i = 0; links && links->kind == NODE_LIST && i < links->n; i++) {
		const struct node *n = links->v[i].value;

		if (n->text && strncmp(n->text, w->name, len) == 0 && n->text[len] == ':')
			add_alias(w, n, n->text + len + 1);
	}
}

static void set_aliases(struct naming *w, const struct node *service)
{
	static const char *const keys[] = {"container_name", "hostname"};

	/* A box has no name in its network, while a service has its own. */
	add_alias(w, service, w->name);
	add_networks(w, node_get(service, "networks"));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct node *n = node_get(service, keys[i]);

		if (n && n->text && *n->text)
			add_alias(w, n, n->text);
	}
	for (size_t i = 0; i < w->cs->services->n; i++)
		add_links(w, node_get(w->cs->services->v[i].value, "links"));
}

static void add_host(struct naming *w, const char *name, const struct node *n)
{
	const char *text = n->text ? n->text : "";
	bool brackets = *text == '[' && ends_with(text, "]");
	cleanup_free char *address = xstrndup(text + brackets, strlen(text) - 2 * brackets);
	cleanup_free char *word = NULL;
	struct said_at said = compose_at(n);
	bool machine = streq(address, "host-gateway");
	struct err e;

	word = xasprintf("%s:%s", name, machine ? NET_HOST_NAME : address);
	if (word[strcspn(word, " \t\n,")] || host_names_check_hosts(word, &e) < 0) {
		resolution_note(w->cs->resolution, &said,
				"the host '%s' of service '%s' is left out: it is no name with an "
				"address",
				name, w->name);
		return;
	}
	if (machine)
		resolution_note(w->cs->resolution, &said,
				"'%s' is this machine, whose ports are closed unless a line allows "
				"them: [network] allow = " NET_HOST_NAME ":PORT",
				name);
	compose_set(w->cs, n, "a host", w->section, schema_keys[KEY_NETWORK_HOSTS].key, word,
		    &n->names);
}

void compose_set_names(struct composing *cs, const char *name, const char *section,
		       const struct node *service)
{
	struct naming w = {.cs = cs, .name = name, .section = section};
	const struct node *hosts = node_get(service, "extra_hosts");

	set_aliases(&w, service);
	for (size_t i = 0; hosts && hosts->kind == NODE_MAP && i < hosts->n; i++)
		add_host(&w, hosts->v[i].key, hosts->v[i].value);
	strv_clear(&w.seen);
}
