/*
 * credentials.h - user names and passwords for registries, in the places of other tools.
 *
 * Searched in this order, as podman does: $REGISTRY_AUTH_FILE,
 * $XDG_RUNTIME_DIR/containers/auth.json, $XDG_CONFIG_HOME/containers/auth.json,
 * $DOCKER_CONFIG/config.json, ~/.docker/config.json, ~/.dockercfg. In each: credHelpers[host],
 * credsStore, auths[host/path...], auths[host], in any spelling of the key (registry_name.h). A
 * helper is docker-credential-NAME with the protocol of docker-credential-helpers: no shell,
 * limited output and time.
 */
#ifndef IMAGE_REGISTRY_CREDENTIALS_H
#define IMAGE_REGISTRY_CREDENTIALS_H

#include <stdbool.h>

#include "base/err.h"

struct credentials {
	char *user, *password;
	char *identity_token; /* an OAuth2 refresh token instead of both, or NULL */
};

void credentials_clear(struct credentials *c); /* wipes the memory */
#define cleanup_credentials __attribute__((cleanup(credentials_clear)))

/*
 * path: the repository, for entries such as "host/team". True if there is a login. What cannot be
 * read or asked is skipped with a note: it stops nobody.
 */
bool credentials_find(const char *host, const char *path, struct credentials *ret);

/*
 * Stores or removes the entry of a server, "host" or "host/path" in any spelling: by the configured
 * helper, else in the first file above that exists, else in $XDG_CONFIG_HOME/containers/auth.json
 * (0600, written atomically, keeping the rest). *ret_where names the place; the caller frees it.
 */
int credentials_store(const char *server, const char *user, const char *password, char **ret_where,
		      struct err *e);
int credentials_erase(const char *server, bool *ret_found, char **ret_where, struct err *e);

#endif
