/*
 * compose_keys.c - what services of compose files say of networks and files, and the keys that have
 * no effect.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "config/schema.h"
#include "config/value.h"
#include "image/devcontainer/composing.h"
#include "image/devcontainer/demands.h"

const char *compose_network_of(const struct node *service)
{
	static const char prefix[] = "service:";
	const char *mode = node_text(service, "network_mode");

	return mode && starts_with(mode, prefix) ? mode + strlen(prefix) : NULL;
}

const char *compose_network_owner(const struct composing *cs, const char *name)
{
	const char *other = name;

	for (size_t steps = 0; other && steps <= cs->services->n; steps++) {
		name = other;
		if (!node_get(cs->services, name))
			return NULL;
		other = compose_network_of(node_get(cs->services, name));
	}
	return other ? NULL : name;
}

bool compose_is_near(const struct composing *cs, const char *name)
{
	const char *own = compose_network_owner(cs, cs->own);
	const char *its = compose_network_owner(cs, name);

	return own && its && streq(own, its);
}

/* Keys that are read, that a box has anyway, or that nobody would miss. */
static const char known[] =
	"image build command entrypoint environment env_file volumes tmpfs ports expose depends_on "
	"healthcheck profiles user working_dir restart stop_signal stop_grace_period network_mode "
	"networks secrets configs devices gpus deploy hostname mem_limit cpus pids_limit cap_add "
	"security_opt privileged extends extra_hosts "
	"annotations attach blkio_config cap_drop cgroup cgroup_parent container_name cpu_count "
	"credential_spec pull_refresh_after "
	"cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpuset develop "
	"domainname group_add init ipc isolation label_file labels links logging mac_address "
	"mem_reservation mem_swappiness memswap_limit oom_kill_disable oom_score_adj pid platform "
	"pull_policy runtime scale shm_size stdin_open storage_opt sysctls tty ulimits userns_mode "
	"uts volume_driver";

/* Keys with a meaning that a box cannot follow. */
static const struct missing_keys {
	const char *keys, *why;
} missing[] = {
	{"volumes_from", "name the volumes"},
	{"read_only", "a box's root is its own"},
	{"use_api_socket", "whoever has the socket of Docker is root on this machine"},
	{"external_links", "'links' of [network] has services of other projects"},
	{"pre_start post_start pre_stop", "no command is run beside a service"},
	{"models", "there is nothing that runs models"},
	{"provider", "a program of this machine would be run"},
	{"dns dns_opt", "the host's servers are asked"},
	{"dns_search", "the host's search domains hold"},
	{"device_cgroup_rules", "'devices' names each device"},
};

/* Why it cannot be followed, or NULL. */
static const char *why_missing(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(missing); i++) {
		cleanup_strv struct strv keys = {0};

		value_words(missing[i].keys, &keys);
		if (strv_has(&keys, key))
			return missing[i].why;
	}
	return NULL;
}

static void note_key(struct composing *cs, const char *name, const char *key,
		     const struct node *value, const struct strv *words)
{
	struct said_at at = compose_at(value);
	cleanup_free char *hint = NULL;
	const char *why;

	if (strv_has(words, key) || starts_with(key, "x-") || value->kind == NODE_NULL)
		return;
	why = why_missing(key);
	if (why) {
		resolution_note(cs->resolution, &at, "'%s' of service '%s' is left out: %s", key,
				name, why);
		return;
	}
	hint = schema_suggest(key, (const char *const *)words->v);
	resolution_note(cs->resolution, &at, "the key '%s' of service '%s' is unknown%s", key, name,
			hint);
}

static void note_demands(struct composing *cs, const char *name, const struct node *service)
{
	const struct node *capabilities = node_get(service, "cap_add");
	const struct node *options = node_get(service, "security_opt");
	const struct node *privileged = node_get(service, "privileged");
	cleanup_free char *what = xasprintf("service '%s'", name);
	struct said_at at;

	for (size_t i = 0; capabilities && i < capabilities->n; i++) {
		at = compose_at(capabilities->v[i].value);
		if (capabilities->v[i].value->text)
			demands_capability(cs->m, &at, what, capabilities->v[i].value->text);
	}
	for (size_t i = 0; options && options->kind == NODE_LIST && i < options->n; i++) {
		at = compose_at(options->v[i].value);
		if (options->v[i].value->text)
			demands_security(cs->m, &at, what, options->v[i].value->text);
	}
	if (compose_is_true(privileged)) {
		at = compose_at(privileged);
		demands_privileged(cs->m, &at, what);
	}
}

static void note_copies(struct composing *cs, const char *name, const struct node *n)
{
	struct said_at at;

	if (!n || !n->text || streq(n->text, "1"))
		return;
	at = compose_at(n);
	resolution_note(cs->resolution, &at,
			"service '%s' runs once, not %s times: services have no copies", name,
			n->text);
}

void compose_note_keys(struct composing *cs, const char *name, const struct node *service)
{
	cleanup_strv struct strv words = {0};

	value_words(known, &words);
	for (size_t i = 0; i < service->n; i++)
		note_key(cs, name, service->v[i].key, service->v[i].value, &words);
	note_demands(cs, name, service);
	note_copies(cs, name, node_get(service, "scale"));
	note_copies(cs, name, node_get(node_get(service, "deploy"), "replicas"));
}
