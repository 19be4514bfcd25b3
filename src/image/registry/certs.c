/*
 * certs.c - see certs.h. Read again for each connection: most hosts have no such directory, and a
 * new one takes effect at once.
 */
#include "image/registry/certs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "config/xdg.h"
#include "image/name/registry_name.h"

#define FILE_MAX_BYTES (1u << 20)
#define HTTPS_PORT     ":443"

void certs_clear(struct certs *c)
{
	buf_free(&c->authorities);
	free(c->cert);
	free(c->key);
	c->cert = c->key = NULL;
}

static void list_folders(const char *host, struct strv *out)
{
	static const char *const system[] = {"/etc/containers/certs.d", "/etc/docker/certs.d"};
	cleanup_free char *ours = xdg_config_dir(), *config = path_normalize(ours, "..");
	static const char *const user[] = {"containers/certs.d", "docker/certs.d"};

	for (size_t i = 0; i < ARRAY_SIZE(user); i++)
		strv_push_take(out, xasprintf("%s/%s/%s", config, user[i], host));
	for (size_t i = 0; i < ARRAY_SIZE(system); i++)
		strv_push_take(out, xasprintf("%s/%s", system[i], host));
}

static int add_authority(struct certs *c, const char *path, struct err *e)
{
	int r = file_read(AT_FDCWD, path, FILE_MAX_BYTES, &c->authorities, e);

	buf_addch(&c->authorities, '\n');
	return r;
}

/* The first one; it is useless without its key. */
static int add_ours(struct certs *c, const char *path, struct err *e)
{
	cleanup_free char *base = xstrndup(path, strlen(path) - strlen(".cert"));
	cleanup_free char *key = xasprintf("%s.key", base);

	if (c->cert)
		return 0;
	if (access(path, R_OK) < 0)
		return err_sys(e, errno, "cannot read '%s'", path);
	if (access(key, R_OK) < 0)
		return err_sys(e, errno, "cannot read '%s', the key of '%s'", key, path);
	c->cert = xstrdup(path);
	c->key = take_ptr(key);
	return 0;
}

static int read_folder(const char *folder, struct certs *c, bool *ret_there, struct err *e)
{
	cleanup_strv struct strv names = {0};
	int r = dir_names(AT_FDCWD, folder, &names, e);
	bool there = r == 0;

	if (r == -ENOENT || r == -ENOTDIR || r == -EACCES)
		r = 0;
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		cleanup_free char *path = path_join(folder, names.v[i]);

		if (ends_with(path, ".crt"))
			r = add_authority(c, path, e);
		else if (ends_with(path, ".cert"))
			r = add_ours(c, path, e);
	}
	if (r == 0)
		*ret_there = there;
	return r;
}

int certs_find(const char *url, struct certs *out, struct err *e)
{
	cleanup_registry_name struct registry_name name;
	cleanup_strv struct strv folders = {0};
	bool there = false;
	int r = 0;

	registry_name_parse(url, &name);
	if (!*name.host || name.host[0] == '.')
		return 0;
	list_folders(name.host, &folders);
	if (!strchr(name.host, ':')) {
		cleanup_free char *with_port = xasprintf("%s" HTTPS_PORT, name.host);

		list_folders(with_port, &folders);
	}
	for (size_t i = 0; r == 0 && !there && i < folders.n; i++)
		r = read_folder(folders.v[i], out, &there, e);
	return r;
}
