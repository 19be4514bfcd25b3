/*
 * lend.c - what a project asks for of the user's desktop and identity.
 *
 * Owns the places inside: sockets and files below /run/host, secrets below /run/secrets, git's
 * files in the home. Promises that everything except sockets is read-only.
 */
#include "grant/lend.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/dir.h"
#include "base/path.h"
#include "config/env.h"
#include "config/value.h"
#include "config/xdg.h"
#include "grant/lend_cdi.h"
#include "grant/lend_devices.h"
#include "grant/lend_git.h"
#include "grant/reach_line.h"

#define SECRETS_DIR "/run/secrets"

static bool wants(const struct settings *s, enum schema_id id)
{
	return settings_bool(s, id);
}

static bool wants_display(const struct settings *s, const char *kind)
{
	return streq(settings_get(s, KEY_DISPLAY), kind);
}

static void not_there(struct lending *l, const char *key, const char *what)
{
	lending_note(l, "'%s' is asked for, but this session has none: %s", key, what);
}

static void lend_ssh_agent(struct lending *l)
{
	const char *socket = getenv("SSH_AUTH_SOCK");

	strv_push(&l->reach, "ssh-agent = yes");
	if (!socket || !lending_add(l, socket, LEND_DIR "/ssh-agent", false))
		not_there(l, "ssh-agent", "SSH_AUTH_SOCK names no socket");
}

static void lend_dbus(struct lending *l)
{
	const char *address = getenv("DBUS_SESSION_BUS_ADDRESS"), *prefix = "unix:path=";
	cleanup_free char *path = NULL;

	strv_push(&l->reach, "dbus = yes");
	if (address && starts_with(address, prefix))
		path = xstrndup(address + strlen(prefix), strcspn(address + strlen(prefix), ",;"));
	if (!path || !lending_add(l, path, LEND_DIR "/bus", false))
		not_there(l, "dbus", "DBUS_SESSION_BUS_ADDRESS names no socket with a path");
}

static void lend_wayland(struct lending *l)
{
	const char *name = getenv("WAYLAND_DISPLAY"), *run = getenv("XDG_RUNTIME_DIR");
	cleanup_free char *path = NULL;

	strv_push(&l->reach, "display = wayland");
	if (name && *name)
		path = *name == '/' ? xstrdup(name) : run ? path_join(run, name) : NULL;
	if (!path || !lending_add(l, path, LEND_DIR "/wayland", false))
		not_there(l, "display", "WAYLAND_DISPLAY names no socket");
}

/* ":1" and ":1.0" mean the socket X1. */
static void lend_x11(struct lending *l)
{
	const char *display = getenv("DISPLAY"), *authority = getenv("XAUTHORITY");
	cleanup_free char *path = NULL, *home = xdg_home(), *file = path_join(home, ".Xauthority");
	size_t n = display && display[0] == ':' ? strspn(display + 1, "0123456789") : 0;

	strv_push(&l->reach, "display = x11");
	if (n)
		path = xasprintf("/tmp/.X11-unix/X%.*s", (int)n, display + 1);
	if (!path || !lending_add(l, path, path, false)) {
		not_there(l, "display", "DISPLAY names no local X server");
		return;
	}
	lending_add(l, authority && *authority ? authority : file, LEND_DIR "/Xauthority", true);
}

/*
 * Nodes of Linux direct rendering, AMD's compute, NVIDIA and WSL, if the host has them. A read-only
 * mount does not prevent writing to a device, only changing its node.
 */
static bool is_gpu(const char *name)
{
	return streq(name, "dri") || streq(name, "kfd") || streq(name, "dxg") ||
	       starts_with(name, "nvidia");
}

/* The image host has the host's own driver. */
static int lend_gpu(bool host, struct lending *l, struct err *e)
{
	cleanup_strv struct strv names = {0};
	size_t found = 0, before = l->n;
	bool libraries = false;
	int r = dir_names(AT_FDCWD, "/dev", &names, e);

	if (r < 0)
		return r;
	strv_push(&l->reach, "gpu = yes");
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *path = path_join("/dev", names.v[i]);

		if (!is_gpu(names.v[i]) || !lending_add(l, path, path, true))
			continue;
		l->v[l->n - 1].device = true;
		found++;
	}
	r = lend_cdi(l, host, &libraries, e);
	if (r < 0)
		return r;
	if (found && !libraries && !host)
		lend_driver(l);
	if (l->n == before)
		not_there(l, "gpu", "no /dev/dri, /dev/kfd, /dev/dxg or /dev/nvidia*");
	for (size_t i = before; i < l->n; i++)
		l->v[i].pinned = true;
	return 0;
}

static int lend_secret(const struct setting *st, const char *word, struct lending *l, struct err *e)
{
	cleanup_free char *path = settings_path(st, word), *line = NULL, *target = NULL;
	struct stat file;

	target = xasprintf(SECRETS_DIR "/%s", path_basename(path));
	for (size_t i = 0; i < l->n; i++)
		if (streq(l->v[i].target, target))
			return err_set(e, ERR_USAGE, "%s: two secrets are called '%s'", st->source,
				       path_basename(path));
	if (!lending_add(l, path, target, true))
		return err_sys(e, errno, "%s: cannot use the secret '%s'", st->source, word);
	if (stat(l->v[l->n - 1].source, &file) < 0 || !S_ISREG(file.st_mode))
		return err_set(e, EINVAL, "%s: the secret '%s' is not a file", st->source, word);
	line = xasprintf("%s = %s ro", target, l->v[l->n - 1].source);
	reach_add_line(line, &l->reach);
	return 0;
}

static int lend_secrets(const struct settings *s, struct lending *l, struct err *e)
{
	const struct setting *st = NULL;
	int r = 0;

	while ((st = settings_next(s, st, KEY_SECRETS))) {
		cleanup_strv struct strv words = {0};

		value_words(st->value, &words);
		for (size_t i = 0; r == 0 && i < words.n; i++)
			r = lend_secret(st, words.v[i], l, e);
	}
	return r;
}

int lend_find(const struct settings *s, const char *home, bool host, struct lending *l,
	      struct err *e)
{
	int r = 0;

	if (wants(s, KEY_SSH_AGENT))
		lend_ssh_agent(l);
	if (wants(s, KEY_GIT))
		r = lend_git(s, home, l, e);
	if (wants(s, KEY_DBUS))
		lend_dbus(l);
	if (wants_display(s, "wayland"))
		lend_wayland(l);
	if (wants_display(s, "x11"))
		lend_x11(l);
	if (r == 0 && wants(s, KEY_GPU))
		r = lend_gpu(host, l, e);
	if (r == 0)
		r = lend_devices(s, l, e);
	return r < 0 ? r : lend_secrets(s, l, e);
}

static const char *of_both(const struct strv *own, const struct strv *out, const char *name)
{
	const char *value = env_get(out, name);

	return value ? value : env_get(own, name);
}

/* After the image's own value, and before what its loader finds by itself. */
static void lend_driver_env(const struct strv *own, bool libraries_of_cdi, struct strv *out)
{
	const char *old = of_both(own, out, "LD_LIBRARY_PATH"), *path = of_both(own, out, "PATH");
	cleanup_free char *libraries = xasprintf("%s%s" LEND_DRIVER "/lib", old ? old : "",
						 old && *old ? ":" : "");
	cleanup_free char *programs = xasprintf("%s:" LEND_DRIVER "/bin", path ? path : "");

	if (!libraries_of_cdi && access("/dev/nvidiactl", F_OK) < 0 &&
	    access("/dev/nvidia0", F_OK) < 0 && access("/dev/dxg", F_OK) < 0)
		return;
	env_set(out, "LD_LIBRARY_PATH", libraries);
	if (path)
		env_set(out, "PATH", programs);
}

void lend_env(const struct settings *s, bool host, const struct strv *own, struct strv *out)
{
	if (wants(s, KEY_GPU)) {
		bool libraries = lend_cdi_env(out);

		if (!host)
			lend_driver_env(own, libraries, out);
	}
	if (wants(s, KEY_SSH_AGENT) && getenv("SSH_AUTH_SOCK"))
		env_set(out, "SSH_AUTH_SOCK", LEND_DIR "/ssh-agent");
	if (wants(s, KEY_DBUS) && getenv("DBUS_SESSION_BUS_ADDRESS"))
		env_set(out, "DBUS_SESSION_BUS_ADDRESS", "unix:path=" LEND_DIR "/bus");
	if (wants_display(s, "wayland"))
		env_set(out, "WAYLAND_DISPLAY", LEND_DIR "/wayland");
	if (wants_display(s, "x11") && getenv("DISPLAY")) {
		env_set(out, "DISPLAY", getenv("DISPLAY"));
		env_set(out, "XAUTHORITY", LEND_DIR "/Xauthority");
	}
}
