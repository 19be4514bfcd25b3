/*
 * demands.c - see demands.h.
 */
#include "image/devcontainer/demands.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "config/value.h"

void demands_capability(struct merging *m, const struct said_at *at, const char *what,
			const char *capability)
{
	/* Box-root has these over what is the box's own. */
	static const char *const had[] = {
		"SYS_PTRACE", "CHOWN",	     "DAC_OVERRIDE", "FOWNER",		"FSETID",
		"KILL",	      "SETGID",	     "SETUID",	     "SETPCAP",		"SETFCAP",
		"MKNOD",      "AUDIT_WRITE", "SYS_CHROOT",   "NET_BIND_SERVICE"};
	const char *name = strncasecmp(capability, "CAP_", 4) == 0 ? capability + 4 : capability;

	for (size_t i = 0; i < ARRAY_SIZE(had); i++)
		if (strcasecmp(name, had[i]) == 0)
			return;
	resolution_note(m->resolution, at,
			"%s %s: a box does not get this capability over the machine", what, name);
}

void demands_security(struct merging *m, const struct said_at *at, const char *what,
		      const char *option)
{
	/* For debuggers, which work in a box, and for hosts with SELinux. */
	static const char *const had[] = {
		"seccomp=unconfined",  "seccomp:unconfined",	 "apparmor=unconfined",
		"apparmor:unconfined", "label=disable",		 "label:disable",
		"no-new-privileges",   "no-new-privileges=true", "no-new-privileges:true"};

	if (!is_among(option, had, ARRAY_SIZE(had)))
		resolution_note(m->resolution, at, "%s %s has no meaning for a box", what, option);
}

void demands_privileged(struct merging *m, const struct said_at *at, const char *what)
{
	resolution_note(m->resolution, at,
			"%s: a box is never privileged, and works without it "
			"unless it needs devices or the kernel of the machine",
			what);
}

static void take_list(struct merging *m, const struct layer_json *l, const char *key,
		      void (*take)(struct merging *m, const struct said_at *at, const char *what,
				   const char *word))
{
	const json_t *list = json_object_get(l->root, key);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *word = json_string_value(json_array_get(list, i));
		struct said_at at = layer_at(l, key, NULL, (long)i);

		if (word)
			take(m, &at, key, word);
	}
}

static void take_gpu(struct merging *m, const struct said_at *at, const json_t *gpu)
{
	bool optional = json_is_string(gpu) && streq(json_string_value(gpu), "optional");
	bool there = resolution_look(m->resolution, "/dev/nvidiactl") ||
		     resolution_look(m->resolution, "/dev/dri/renderD128");

	if (!gpu || json_is_false(gpu) || json_is_null(gpu) || (optional && !there))
		return;
	resolution_set_key(m->resolution, at, "hostRequirements.gpu", KEY_GPU, "yes");
}

/* "8gb", "512mb", bytes without a unit. */
static bool read_size(const json_t *value, unsigned long long *ret)
{
	const char *text = json_string_value(value);
	size_t n = text ? strspn(text, "0123456789.") : 0;
	cleanup_free char *ours = text ? xasprintf("%.*s%c", (int)n, text, text[n]) : NULL;

	if (ours && ours[n])
		ours[n] -= ours[n] >= 'a' && ours[n] <= 'z' ? 'a' - 'A' : 0;
	return ours && value_size(ours, ret);
}

static void take_host(struct merging *m, const struct layer_json *l)
{
	const json_t *host = json_object_get(l->root, "hostRequirements");
	const json_t *cpus = json_object_get(host, "cpus");
	struct said_at at = layer_at(l, "hostRequirements", "cpus", -1);
	long have = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned long long need = 0;
	unsigned long long pages = (unsigned long long)sysconf(_SC_PHYS_PAGES);
	unsigned long long memory = pages * (unsigned long long)sysconf(_SC_PAGESIZE);

	if (json_is_integer(cpus) && json_integer_value(cpus) > have)
		resolution_note(m->resolution, &at,
				"it is meant for %lld processors; this machine has %ld",
				(long long)json_integer_value(cpus), have);
	at = layer_at(l, "hostRequirements", "memory", -1);
	if (read_size(json_object_get(host, "memory"), &need) && need / 10 * 9 > memory)
		resolution_note(m->resolution, &at,
				"it is meant for %llu MiB of memory; this machine has %llu",
				need >> 20, memory >> 20);
	at = layer_at(l, "hostRequirements", "gpu", -1);
	if (json_object_get(host, "gpu"))
		take_gpu(m, &at, json_object_get(host, "gpu"));
}

/* Keys that other parts read, and those that are for editors or change nothing here. */
static const char known[] =
	"$schema name id image build dockerFile dockerfile context dockerComposeFile service "
	"runServices features overrideFeatureInstallOrder containerEnv remoteEnv containerUser "
	"remoteUser updateRemoteUserUID userEnvProbe overrideCommand shutdownAction init "
	"privileged capAdd securityOpt mounts customizations forwardPorts portsAttributes "
	"otherPortsAttributes appPort runArgs workspaceMount workspaceFolder initializeCommand "
	"onCreateCommand updateContentCommand postCreateCommand postStartCommand "
	"postAttachCommand waitFor hostRequirements secrets settings extensions devPort "
	"codespaces entrypoint";

static void name_unknown(struct merging *m)
{
	const struct layer_json *file = layers_file(&m->layers);
	cleanup_strv struct strv words = {0};

	value_words(known, &words);
	for (void *it = json_object_iter(file->root); it;
	     it = json_object_iter_next(file->root, it)) {
		const char *key = json_object_iter_key(it);
		struct said_at at = layer_at(file, key, NULL, -1);

		if (!strv_has(&words, key))
			resolution_note(m->resolution, &at, "the key '%s' is unknown", key);
	}
}

void demands_merge(struct merging *m)
{
	const struct layer_json *l = layers_last(&m->layers, "overrideCommand");
	struct said_at at;

	if (l && json_is_false(json_object_get(l->root, "overrideCommand"))) {
		at = layer_at(l, "overrideCommand", NULL, -1);
		resolution_note(m->resolution, &at,
				"the command of the image is not started: a box begins with a "
				"session");
	}
	for (size_t i = 0; i < m->layers.n; i++) {
		l = &m->layers.v[i];
		take_list(m, l, "capAdd", demands_capability);
		take_list(m, l, "securityOpt", demands_security);
		if (json_is_true(json_object_get(l->root, "privileged"))) {
			at = layer_at(l, "privileged", NULL, -1);
			demands_privileged(m, &at, "privileged");
		}
		take_host(m, l);
	}
	name_unknown(m);
}
