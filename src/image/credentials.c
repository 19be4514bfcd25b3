/*
 * credentials.c - reading and writing auth.json and config.json (containers-auth.json(5), Docker's
 * config.json).
 *
 * Promises that what else is in a file stays, and that a file appears whole, with mode 0600.
 */
#include "image/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "config/xdg.h"
#include "image/credential_helper.h"
#include "image/http.h"
#include "image/json_read.h"

#define FILE_MAX_BYTES (1u << 20)
#define HUB_KEY	       "https://index.docker.io/v1/" /* Docker's own name for docker.io */

void credentials_clear(struct credentials *c)
{
	if (c->password)
		explicit_bzero(c->password, strlen(c->password));
	if (c->identity_token)
		explicit_bzero(c->identity_token, strlen(c->identity_token));
	free(c->user);
	free(c->password);
	free(c->identity_token);
	*c = (struct credentials){0};
}

static void add_path(struct strv *out, const char *dir, const char *rest)
{
	if (dir && dir[0] == '/')
		strv_push_take(out, path_join(dir, rest));
}

/* In the order in which they are asked; $XDG_CONFIG_HOME's comes second unless a file is named. */
static void list_files(struct strv *out)
{
	cleanup_free char *home = xdg_home(), *ours = xdg_config_dir();
	cleanup_free char *config = path_normalize(ours, "..");
	const char *named = getenv("REGISTRY_AUTH_FILE"), *docker = getenv("DOCKER_CONFIG");

	if (named && named[0] == '/')
		strv_push(out, named);
	add_path(out, getenv("XDG_RUNTIME_DIR"), "containers/auth.json");
	add_path(out, config, "containers/auth.json");
	add_path(out, docker, "config.json");
	add_path(out, home, ".docker/config.json");
}

static int load(const char *path, json_t **ret, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	int r = file_read(AT_FDCWD, path, FILE_MAX_BYTES, &text, e);

	if (r == 0 && !text.len)
		return err_set(e, ENOENT, "'%s' is empty", path);
	if (r == 0)
		r = json_read(text.data, text.len, path, ret, e);
	explicit_bzero(text.data, text.len);
	return r;
}

/* The keys that an entry may stand under, the most exact first. */
static void list_keys(const char *host, const char *path, struct strv *out)
{
	cleanup_free char *key = path ? xasprintf("%s/%s", host, path) : xstrdup(host);
	char *slash;

	while ((slash = strrchr(key, '/')) && slash > key) {
		strv_push(out, key);
		*slash = '\0';
	}
	strv_push(out, host);
	if (streq(host, "docker.io"))
		strv_push(out, HUB_KEY);
	strv_push_take(out, xasprintf("https://%s", host));
	strv_push_take(out, xasprintf("https://%s/v1/", host));
	strv_push_take(out, xasprintf("https://%s/v2/", host));
}

/* "auth" is base64 of user:password. */
static int decode_auth(const char *auth, struct credentials *ret, struct err *e)
{
	size_t n = strlen(auth);
	cleanup_free unsigned char *plain = xcalloc(n / 4 * 3 + 4, 1);
	int len = n % 4 ? -1 : EVP_DecodeBlock(plain, (const unsigned char *)auth, (int)n);
	char *colon;

	/* The block's padding is counted as zeros, which end the text. */
	colon = len < 0 ? NULL : strchr((char *)plain, ':');
	if (!colon)
		return err_set(e, EBADMSG, "its 'auth' is not base64 of user:password");
	*colon = '\0';
	ret->user = xstrdup((char *)plain);
	ret->password = xstrdup(colon + 1);
	explicit_bzero(plain, n / 4 * 3);
	return 0;
}

static int read_entry(const json_t *entry, struct credentials *ret, struct err *e)
{
	cleanup_free char *auth = NULL;
	int r = json_get_text(entry, "auth", &auth, e);

	if (r == 0)
		r = json_get_text(entry, "identitytoken", &ret->identity_token, e);
	if (r == 0 && auth)
		r = decode_auth(auth, ret, e);
	else if (r == 0)
		r = json_get_text(entry, "username", &ret->user, e);
	if (r == 0 && !auth)
		r = json_get_text(entry, "password", &ret->password, e);
	return r;
}

/* The helper that a file names for a host, or NULL. Points into j. */
static const char *helper_of(const json_t *j, const char *host)
{
	const char *own = json_string_value(
		json_object_get(json_object_get(j, "credHelpers"), host));

	return own ? own : json_string_value(json_object_get(j, "credsStore"));
}

static const char *helper_key(const char *host)
{
	return streq(host, "docker.io") ? HUB_KEY : host;
}

static int find_in(const json_t *j, const char *host, const struct strv *keys,
		   struct credentials *ret, bool *ret_found, struct err *e)
{
	const char *helper = helper_of(j, host);
	const json_t *auths = json_object_get(j, "auths");
	int r = helper ? credential_helper_get(helper, helper_key(host), ret, ret_found, e) : 0;

	for (size_t i = 0; r == 0 && !*ret_found && i < keys->n; i++) {
		const json_t *entry = json_object_get(auths, keys->v[i]);

		if (!json_is_object(entry))
			continue;
		r = read_entry(entry, ret, e);
		*ret_found = r == 0 && (ret->user || ret->identity_token);
	}
	return r;
}

int credentials_find(const char *host, const char *path, struct credentials *ret, bool *ret_found,
		     struct err *e)
{
	cleanup_strv struct strv files = {0}, keys = {0};

	*ret_found = false;
	list_files(&files);
	list_keys(host, path && *path ? path : NULL, &keys);
	for (size_t i = 0; !*ret_found && i < files.n; i++) {
		cleanup_json json_t *j = NULL;
		struct err none;
		int r = load(files.v[i], &j, &none);

		if (r == -ENOENT || r == -ENOTDIR || r == -EACCES)
			continue;
		if (r == 0)
			r = find_in(j, host, &keys, ret, ret_found, &none);
		if (r < 0) {
			*e = none;
			return err_add(e, "cannot use the logins of '%s'", files.v[i]);
		}
	}
	return 0;
}

/* The first file that exists, else podman's place; *ret_j is empty for a new one. */
static int choose_file(char **ret_path, json_t **ret_j, struct err *e)
{
	cleanup_strv struct strv files = {0};
	cleanup_free char *ours = xdg_config_dir(), *config = path_normalize(ours, "..");

	list_files(&files);
	for (size_t i = 0; i < files.n; i++) {
		int r = load(files.v[i], ret_j, e);

		if (r == -ENOENT || r == -ENOTDIR)
			continue;
		if (r == 0)
			*ret_path = xstrdup(files.v[i]);
		return r;
	}
	*ret_path = path_join(config, "containers/auth.json");
	*ret_j = json_object();
	return 0;
}

static int save(const char *path, const json_t *j, struct err *e)
{
	cleanup_free char *dir = path_normalize(path, "..");
	char *text = json_dumps(j, JSON_INDENT(8));
	int r = file_mkdirs(dir, 0700, e);

	if (r == 0 && text)
		r = file_write_atomic(AT_FDCWD, path, text, strlen(text), 0600, e);
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
	return r;
}

int credentials_store(const char *host, const char *user, const char *password, char **ret_where,
		      struct err *e)
{
	cleanup_json json_t *j = NULL;
	cleanup_free char *path = NULL, *pair = xasprintf("%s:%s", user, password), *auth = NULL;
	const char *helper;
	json_t *auths;
	int r = choose_file(&path, &j, e);

	if (r < 0)
		return r;
	helper = helper_of(j, host);
	if (helper) {
		*ret_where = xasprintf("docker-credential-%s", helper);
		return credential_helper_store(helper, helper_key(host), user, password, e);
	}
	auth = http_base64(pair);
	explicit_bzero(pair, strlen(pair));
	auths = json_object_get(j, "auths");
	if (!json_is_object(auths)) {
		auths = json_object();
		json_object_set_new(j, "auths", auths);
	}
	json_object_set_new(auths, helper_key(host), json_pack("{s:s}", "auth", auth));
	r = save(path, j, e);
	if (r == 0)
		*ret_where = take_ptr(path);
	return r;
}

/* Removes the entries of a host from one file. */
static int erase_in(const char *path, json_t *j, const char *host, bool *ret_found, struct err *e)
{
	cleanup_strv struct strv keys = {0};
	json_t *auths = json_object_get(j, "auths");
	const char *helper = helper_of(j, host);
	bool changed = false;
	int r = 0;

	list_keys(host, NULL, &keys);
	for (size_t i = 0; i < keys.n; i++)
		changed |= json_object_del(auths, keys.v[i]) == 0;
	if (changed)
		r = save(path, j, e);
	if (r == 0 && helper)
		r = credential_helper_erase(helper, helper_key(host), e);
	*ret_found |= changed || helper;
	return r;
}

int credentials_erase(const char *host, bool *ret_found, char **ret_where, struct err *e)
{
	cleanup_strv struct strv files = {0};

	*ret_found = false;
	list_files(&files);
	for (size_t i = 0; i < files.n; i++) {
		cleanup_json json_t *j = NULL;
		bool found = false;
		struct err none;
		int r = load(files.v[i], &j, &none);

		if (r < 0)
			continue;
		r = erase_in(files.v[i], j, host, &found, e);
		if (r < 0)
			return r;
		if (found && !*ret_where)
			*ret_where = xstrdup(files.v[i]);
		*ret_found |= found;
	}
	return 0;
}
