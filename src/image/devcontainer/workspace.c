/*
 * workspace.c - where the project is in the box, where sessions begin, and who they are.
 *
 * Without a word about it, the project is in /workspaces/NAME, as with every other tool.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "image/devcontainer/mount.h"

/* A directory above the project is mounted whole, with the project in it. */
static char *take_parent(struct merging *m, const struct said_at *at, const char *source,
			 const char *target)
{
	const char *project = m->resolution->project;

	resolution_set(m->resolution, at, "workspaceMount", "mounts", target, source, NULL);
	return xasprintf("%s%s", target, project + (streq(source, "/") ? 0 : strlen(source)));
}

/* The target of workspaceMount; NULL: it has none that can be used. The caller frees it. */
static char *mount_target(struct merging *m, const struct said_at *at, const json_t *value)
{
	const char *project = m->resolution->project;
	cleanup_mount struct mount mount = {0};
	cleanup_free char *source = NULL, *real = NULL;

	if (!mount_read(m, at, "workspaceMount", value, NULL, &mount))
		return NULL;
	if (!mount.target) {
		resolution_note(m->resolution, at, "workspaceMount is left out: it has no target");
		return NULL;
	}
	source = path_normalize(project, mount.source ? mount.source : ".");
	real = realpath(source, NULL);
	if (real && !streq(real, project) && path_is_beneath(project, real) &&
	    !(mount.type && streq(mount.type, "volume")))
		return take_parent(m, at, real, mount.target);
	if (!real || !streq(real, project))
		resolution_note(m->resolution, at,
				"the project's own directory is mounted at '%s', not '%s'",
				mount.target, mount.source ? mount.source : "");
	return xstrdup(mount.target);
}

void workspace_merge(struct merging *m)
{
	const struct layer_json *file = layers_file(&m->layers);
	const json_t *mount = json_object_get(file->root, "workspaceMount");
	const json_t *folder = json_object_get(file->root, "workspaceFolder");
	struct said_at at = layer_at(file, "workspaceMount", NULL, -1);
	struct said_at folder_at = layer_at(file, "workspaceFolder", NULL, -1);
	bool hidden = json_is_string(mount) && !json_string_length(mount);
	cleanup_free char *target = NULL, *begin = NULL;
	cleanup_free char *usual = xasprintf("/workspaces/%s",
					     path_basename(m->resolution->project));

	if (folder && !json_is_null(folder))
		begin = layer_text(m, &folder_at, "workspaceFolder", folder, VARIABLES_TEXT, NULL);
	/* workspaceMount may name it. */
	m->variables.container_folder = begin && *begin ? path_normalize("/", begin)
							: xstrdup(usual);
	if (mount && !json_is_null(mount) && !hidden)
		target = mount_target(m, &at, mount);
	if (!target)
		target = xstrdup(m->mounted_at);
	/* Compose files that leave the project out mean another way to get it there. */
	if (!target && m->composed && begin && *begin && !streq(begin, "/"))
		target = path_normalize("/", begin);
	if (!target)
		target = xstrdup(usual);
	if (!(begin && *begin)) {
		free(m->variables.container_folder);
		m->variables.container_folder = path_normalize("/", target);
	}
	resolution_set_key(m->resolution, mount ? &at : &folder_at, "the project's directory",
			   KEY_PROJECT, hidden ? "no" : target);
	if (begin && *begin && !streq(m->variables.container_folder, target))
		resolution_set_key(m->resolution, &folder_at, "workspaceFolder", KEY_WORKDIR,
				   m->variables.container_folder);
}

/* The caller's own image may lack the users of the one that devcontainer.json is written for. */
void workspace_user(struct merging *m)
{
	static const char *const keys[] = {"remoteUser", "containerUser"};
	const struct layer_json *file = layers_file(&m->layers);
	struct said_at at = {.where = file->where};

	if (m->host_image)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct layer_json *l = layers_last(&m->layers, keys[i]);
		cleanup_free char *user = NULL;

		if (!l)
			continue;
		at = layer_at(l, keys[i], NULL, -1);
		user = layer_text(m, &at, keys[i], json_object_get(l->root, keys[i]),
				  VARIABLES_TEXT, NULL);
		if (user && *user) {
			resolution_set_key(m->resolution, &at, keys[i], KEY_USER, user);
			return;
		}
	}
	if (m->user_at.where)
		at = m->user_at;
	if (m->image_user)
		resolution_set_key(m->resolution, &at, "the user of the image", KEY_USER,
				   *m->image_user ? m->image_user : "root");
}
