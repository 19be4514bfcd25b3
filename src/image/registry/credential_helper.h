/*
 * credential_helper.h - docker-credential-NAME: a program that stores logins, used over its
 * standard streams (github.com/docker/docker-credential-helpers).
 */
#ifndef IMAGE_REGISTRY_CREDENTIAL_HELPER_H
#define IMAGE_REGISTRY_CREDENTIAL_HELPER_H

#include "base/err.h"

/*
 * User and secret for the server: 1, and the caller frees both and wipes the secret; 0 if there are
 * none.
 */
int credential_helper_get(const char *helper, const char *server, char **ret_user,
			  char **ret_secret, struct err *e);
int credential_helper_store(const char *helper, const char *server, const char *user,
			    const char *password, struct err *e);
int credential_helper_erase(const char *helper, const char *server, struct err *e);

#endif
