/*
 * remote.h - sources of ADD, and contexts, that are no files here.
 */
#ifndef BUILD_REMOTE_H
#define BUILD_REMOTE_H

#include <stdbool.h>

/* Begins a repository that may have no scheme. */
#define REMOTE_GITHUB "github.com/"

/* How a value of --build-context names an image. */
#define SOURCE_DOCKER_IMAGE "docker-image://"

enum remote_kind {
	REMOTE_NONE, /* a path */
	REMOTE_URL,
	REMOTE_GIT,
};

/* Which one it is: as in Docker, a URL over HTTP is a git repository if its path ends with .git. */
enum remote_kind remote_kind(const char *source);

/* Is it a git repository as the context of a build? github.com/OWNER/NAME is one, too. */
bool remote_is_context(const char *context);

#endif
