/*
 * credentials.c - reading and writing auth.json and config.json (containers-auth.json(5), Docker's
 * config.json).
 *
 * Promises to keep what else is in a file, and that a file appears whole, with mode 0600. A bad
 * file or helper never stops a pull: it is skipped with a note.
 */
#include "image/registry/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "config/xdg.h"
#include "image/document/json_read.h"
#include "image/name/registry_name.h"
#include "image/registry/credential_helper.h"
#include "image/registry/http.h"

#define FILE_MAX_BYTES (1u << 20)
#define HUB	       "docker.io"
#define HUB_KEY	       "https://index.docker.io/v1/" /* Docker's own name for docker.io */
#define DOCKERCFG      ".dockercfg"

void credentials_clear(struct credentials *c)
{
	if (c->password)
		explicit_bzero(c->password, strlen(c->password));
	if (c->identity_token)
		explicit_bzero(c->identity_token, strlen(c->identity_token));
	free(c->user);
	free(c->password);
	free(c->identity_token);
	c->user = c->password = c->identity_token = NULL;
}

static void add_path(struct strv *out, const char *dir, const char *rest)
{
	if (dir && dir[0] == '/')
		strv_push_take(out, path_join(dir, rest));
}

/* In the order of search; that in $XDG_CONFIG_HOME is second unless a file is named. */
static void list_files(struct strv *out)
{
	cleanup_free char *home = xdg_home(), *ours = xdg_config_dir();
	cleanup_free char *config = path_normalize(ours, "..");
	const char *named = getenv("REGISTRY_AUTH_FILE"), *docker = getenv("DOCKER_CONFIG");

	if (named && *named)
		strv_push(out, named);
	add_path(out, getenv("XDG_RUNTIME_DIR"), "containers/auth.json");
	add_path(out, config, "containers/auth.json");
	add_path(out, docker, "config.json");
	add_path(out, home, ".docker/config.json");
	add_path(out, home, DOCKERCFG);
}

/* -ENOENT: it does not exist, or is empty. */
static int load(const char *path, json_t **ret, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	int r = file_read(AT_FDCWD, path, FILE_MAX_BYTES, &text, e);

	if (r == -ENOTDIR || (r == 0 && !text.data[strspn(text.data, " \t\r\n")]))
		r = err_set(e, ENOENT, "'%s' is empty", path);
	if (r == 0)
		r = json_read(text.data, text.len, "it", ret, e);
	explicit_bzero(text.data, text.len);
	/* The whole of Docker's oldest file is what later became the object of 'auths'. */
	if (r == 0 && ends_with(path, "/" DOCKERCFG))
		*ret = json_pack("{s:o}", "auths", *ret);
	return r;
}

/* A pull may work without a login: a problem with one is reported, once. */
static void leave_out(const char *path, const struct err *why)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct strv said;
	cleanup_free char *text = xasprintf("%s: %s", path, why->msg);

	pthread_mutex_lock(&lock);
	if (!strv_has(&said, text)) {
		strv_push(&said, text);
		log_note("logins of '%s' are left out: %s", path, why->msg);
	}
	pthread_mutex_unlock(&lock);
}

/* "host/team" in a file with paths; for Docker a URL has always meant the whole host. */
static char *normal_key(const char *key)
{
	cleanup_registry_name struct registry_name n;

	registry_name_parse(key, &n);
	return n.path && !n.url ? xasprintf("%s/%s", n.host, n.path) : take_ptr(n.host);
}

/*
 * The entry for a normal key, spelled exactly so, or in another way. An empty one says that a
 * helper has the login: any other is preferred.
 */
static const char *find_key(const json_t *object, const char *key)
{
	json_t *found = json_object_get(object, key);
	const char *name = found ? key : NULL;

	if (found && json_object_size(found))
		return name;
	for (void *it = json_object_iter((json_t *)object); it;
	     it = json_object_iter_next((json_t *)object, it)) {
		cleanup_free char *normal = normal_key(json_object_iter_key(it));

		if (!streq(normal, key) || (name && !json_object_size(json_object_iter_value(it))))
			continue;
		name = json_object_iter_key(it);
		if (json_object_size(json_object_iter_value(it)))
			break;
	}
	return name;
}

/* The possible keys of an entry, the most exact first. */
static void list_keys(const char *host, const char *path, struct strv *out)
{
	cleanup_free char *key = path ? xasprintf("%s/%s", host, path) : xstrdup(host);
	char *slash;

	while ((slash = strrchr(key, '/')) && slash > key) {
		strv_push(out, key);
		*slash = '\0';
	}
	strv_push(out, host);
}

/* "auth" is base64 of user:password. */
static int decode_auth(const char *auth, struct credentials *ret, struct err *e)
{
	size_t n = strlen(auth);
	cleanup_free unsigned char *plain = xcalloc(n / 4 * 3 + 4, 1);
	int len = n % 4 ? -1 : EVP_DecodeBlock(plain, (const unsigned char *)auth, (int)n);
	char *colon;

	/* The padding decodes to zeros, which terminate the text. */
	colon = len < 0 ? NULL : strchr((char *)plain, ':');
	if (!colon)
		return err_set(e, EBADMSG, "its 'auth' is not base64 of user:password");
	*colon = '\0';
	ret->user = xstrdup((char *)plain);
	ret->password = xstrdup(colon + 1);
	explicit_bzero(plain, n / 4 * 3);
	return 0;
}

static int read_entry(const json_t *entry, struct credentials *out, struct err *e)
{
	cleanup_free char *auth = NULL;
	int r = json_get_text(entry, "auth", &auth, e);

	if (r == 0)
		r = json_get_text(entry, "identitytoken", &out->identity_token, e);
	if (r == 0 && auth)
		r = decode_auth(auth, out, e);
	else if (r == 0)
		r = json_get_text(entry, "username", &out->user, e);
	if (r == 0 && !auth)
		r = json_get_text(entry, "password", &out->password, e);
	return r;
}

static const char *helper_name(const json_t *value)
{
	const char *name = json_string_value(value);

	return name && *name ? name : NULL;
}

/* The helper that a file names for a host, or NULL. Points into j. */
static const char *helper_of(const json_t *j, const char *host)
{
	const json_t *helpers = json_get_any(j, "credHelpers");
	const char *key = NULL, *own;

	for (void *it = json_object_iter((json_t *)helpers); it && !key;
	     it = json_object_iter_next((json_t *)helpers, it))
		if (registry_name_same(json_object_iter_key(it), host))
			key = json_object_iter_key(it);
	own = key ? helper_name(json_object_get(helpers, key)) : NULL;
	return own ? own : helper_name(json_get_any(j, "credsStore"));
}

static const char *helper_key(const char *host)
{
	return streq(host, HUB) ? HUB_KEY : host;
}

/* Tries Docker's spelling, podman's, and the one of the file's entry. */
static void ask_helper(const char *path, const char *helper, const char *host, const json_t *auths,
		       struct credentials *ret, bool *ret_found)
{
	const char *const keys[] = {find_key(auths, host), helper_key(host), host};
	char *secret = NULL;
	struct err e;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(keys); i++) {
		bool again = !keys[i];

		for (size_t j = 0; !again && j < i; j++)
			again = keys[j] && streq(keys[j], keys[i]);
		if (!again)
			r = credential_helper_get(helper, keys[i], &ret->user, &secret, &e);
	}
	if (r < 0)
		leave_out(path, &e);
	if (r <= 0)
		return;
	/* This user name says that the secret is an identity token. */
	*(streq(ret->user, "<token>") ? &ret->identity_token : &ret->password) = secret;
	*ret_found = true;
}

static void find_in(const char *path, const json_t *j, const char *host, const struct strv *keys,
		    struct credentials *ret, bool *ret_found)
{
	const char *helper = helper_of(j, host);
	const json_t *auths = json_get_any(j, "auths");

	if (helper)
		ask_helper(path, helper, host, auths, ret, ret_found);
	for (size_t i = 0; !*ret_found && i < keys->n; i++) {
		const char *key = find_key(auths, keys->v[i]);
		const json_t *entry = key ? json_object_get(auths, key) : NULL;
		struct err e;

		if (!json_is_object(entry))
			continue;
		if (read_entry(entry, ret, &e) < 0)
			leave_out(path, &e);
		*ret_found = (ret->user && ret->password) || ret->identity_token;
		if (!*ret_found)
			credentials_clear(ret);
	}
}

bool credentials_find(const char *host, const char *path, struct credentials *ret)
{
	cleanup_registry_name struct registry_name name;
	cleanup_strv struct strv files = {0}, keys = {0};
	bool found = false;

	registry_name_parse(host, &name);
	list_files(&files);
	list_keys(name.host, path && *path ? path : NULL, &keys);
	for (size_t i = 0; !found && i < files.n; i++) {
		cleanup_json json_t *j = NULL;
		struct err e;
		int r = load(files.v[i], &j, &e);

		if (r == 0)
			find_in(files.v[i], j, name.host, &keys, ret, &found);
		else if (r != -ENOENT)
			leave_out(files.v[i], &e);
	}
	return found;
}

/* The first file that exists, else podman's; *ret_j is empty for a new one. */
static int choose_file(char **ret_path, json_t **ret_j, struct err *e)
{
	cleanup_strv struct strv files = {0};
	cleanup_free char *ours = xdg_config_dir(), *config = path_normalize(ours, "..");

	list_files(&files);
	for (size_t i = 0; i < files.n; i++) {
		int r = ends_with(files.v[i], "/" DOCKERCFG) ? -ENOENT : load(files.v[i], ret_j, e);

		if (r == -ENOENT)
			continue;
		if (r < 0)
			return err_add(e, "cannot use '%s'", files.v[i]);
		*ret_path = xstrdup(files.v[i]);
		return 0;
	}
	*ret_path = path_join(config, "containers/auth.json");
	*ret_j = json_object();
	return 0;
}

static int save(const char *path, const json_t *j, struct err *e)
{
	cleanup_free char *cwd = path[0] == '/' ? xstrdup("/") : getcwd(NULL, 0);
	cleanup_free char *full = path_normalize(cwd ? cwd : "/", path);
	cleanup_free char *dir = path_normalize(full, "..");
	char *text = json_dumps(j, JSON_INDENT(8));
	int r = file_mkdirs(dir, 0700, e);

	if (r == 0 && text)
		r = file_write_atomic(AT_FDCWD, full, text, strlen(text), 0600, e);
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
	return r;
}

int credentials_store(const char *server, const char *user, const char *password, char **ret_where,
		      struct err *e)
{
	cleanup_json json_t *j = NULL;
	cleanup_free char *path = NULL, *pair = xasprintf("%s:%s", user, password), *auth = NULL;
	cleanup_registry_name struct registry_name name;
	cleanup_free char *key = normal_key(server);
	const char *helper, *spelled;
	json_t *auths;
	int r = choose_file(&path, &j, e);

	registry_name_parse(server, &name);
	if (r < 0)
		return r;
	helper = helper_of(j, name.host);
	if (helper) {
		r = credential_helper_store(helper, helper_key(name.host), user, password, e);
		if (r == 0)
			*ret_where = xasprintf("docker-credential-%s", helper);
		return r;
	}
	auth = http_base64(pair);
	explicit_bzero(pair, strlen(pair));
	auths = json_object_get(j, "auths");
	if (!json_is_object(auths)) {
		auths = json_object();
		json_object_set_new(j, "auths", auths);
	}
	/* Only one login a server: removes an older one under another spelling. */
	while ((spelled = find_key(auths, key)))
		json_object_del(auths, spelled);
	json_object_set_new(auths, streq(key, HUB) ? HUB_KEY : key,
			    json_pack("{s:s}", "auth", auth));
	r = save(path, j, e);
	if (r == 0)
		*ret_where = take_ptr(path);
	return r;
}

/* Removes the entries of a key, in any spelling, from one file. */
static int erase_in(const char *path, json_t *j, const char *server, const char *key,
		    bool *ret_found, struct err *e)
{
	cleanup_registry_name struct registry_name name;
	json_t *auths = json_object_get(j, "auths");
	bool changed = false;
	const char *helper, *spelled;
	struct err none;
	int r = 0;

	registry_name_parse(server, &name);
	helper = helper_of(j, name.host);
	while (json_is_object(auths) && (spelled = find_key(auths, key)))
		changed |= json_object_del(auths, spelled) == 0;
	if (changed)
		r = save(path, j, e);
	if (r < 0)
		return r;
	if (helper && credential_helper_erase(helper, helper_key(name.host), &none) < 0)
		leave_out(path, &none);
	else
		changed |= helper != NULL;
	*ret_found = changed;
	return 0;
}

int credentials_erase(const char *server, bool *ret_found, char **ret_where, struct err *e)
{
	cleanup_strv struct strv files = {0};
	cleanup_free char *key = normal_key(server);
	const char *where = NULL;

	list_files(&files);
	for (size_t i = 0; i < files.n; i++) {
		cleanup_json json_t *j = NULL;
		bool found = false;
		struct err none;
		int r = load(files.v[i], &j, &none);

		if (r < 0 || ends_with(files.v[i], "/" DOCKERCFG))
			continue;
		r = erase_in(files.v[i], j, server, key, &found, e);
		if (r < 0)
			return r;
		if (found && !where)
			where = files.v[i];
	}
	*ret_found = where != NULL;
	if (where)
		*ret_where = xstrdup(where);
	return 0;
}
