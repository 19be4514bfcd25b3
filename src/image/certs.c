/*
 * certs.c - see certs.h. Read anew for each connection: most have no such folder, and one that is put
 * there counts at once.
 */
#include "image/certs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "config/xdg.h"
#include "image/registry_name.h"

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

/* The first one that there is; without its key nobody could use it. */
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

static int is_certificate(const struct dirent *d)
{
	return ends_with(d->d_name, ".crt") || ends_with(d->d_name, ".cert");
}

static int read_folder(const char *folder, struct certs *c, bool *ret_there, struct err *e)
{
	struct dirent **names = NULL;
	int n = scandir(folder, &names, is_certificate, alphasort), r = 0;

	*ret_there = n >= 0;
	if (n < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES
			       ? 0
			       : err_sys(e, errno, "cannot read '%s'", folder);
	for (int i = 0; i < n; i++) {
		cleanup_free char *path = path_join(folder, names[i]->d_name);

		if (r == 0)
			r = ends_with(path, ".crt") ? add_authority(c, path, e)
						    : add_ours(c, path, e);
		free(names[i]);
	}
	free(names);
	return r;
}

int certs_find(const char *url, struct certs *ret, struct err *e)
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
		r = read_folder(folders.v[i], ret, &there, e);
	return r;
}
