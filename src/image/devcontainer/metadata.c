/*
 * metadata.c - see metadata.h.
 *
 * The entry is marked under "customizations", where each program has a member of its own. Without
 * the mark, the project that an image was built for would take its own settings twice.
 */
#include "image/devcontainer/metadata.h"

#include <string.h>

#define MARK "built-from"

static const char keys[] =
	"init privileged capAdd securityOpt mounts containerEnv remoteEnv containerUser remoteUser "
	"userEnvProbe overrideCommand updateRemoteUserUID forwardPorts portsAttributes "
	"otherPortsAttributes shutdownAction hostRequirements onCreateCommand updateContentCommand "
	"postCreateCommand postStartCommand postAttachCommand waitFor";

json_t *metadata_of_file(const json_t *root)
{
	json_t *customizations = json_object_get(root, "customizations"), *entry = json_object();

	for (const char *key = keys; *key; key += strcspn(key, " "), key += *key == ' ') {
		size_t len = strcspn(key, " ");
		json_t *value = json_object_getn(root, key, len);

		if (value)
			json_object_setn(entry, key, len, value);
	}
	customizations = json_is_object(customizations) ? json_copy(customizations) : json_object();
	json_object_set_new(customizations, "sandbox",
			    json_pack("{s: s}", MARK, "devcontainer.json"));
	json_object_set_new(entry, "customizations", customizations);
	return entry;
}

bool metadata_is_of_file(const json_t *entry)
{
	const json_t *ours = json_object_get(json_object_get(entry, "customizations"), "sandbox");

	return json_is_string(json_object_get(ours, MARK));
}
