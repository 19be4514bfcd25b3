/*
 * lend_git.c - the user's git configuration, file by file.
 *
 * Git itself reads the files, one at a time and without following includes: the git in the box
 * decides whether a condition is met. A private key is never lent; git names a key to the agent by
 * its public half.
 */
#include "grant/lend_git.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/path.h"
#include "base/spawn.h"
#include "config/xdg.h"
#include "grant/reach_line.h"

#define CONFIG_MAX     (1u << 20)
#define MAX_FILES      32
#define GIT_TIMEOUT_MS 10000

#define SYSTEM_CONFIG "/etc/gitconfig"

struct git_lending {
	struct lending *l;
	const char *host, *home; /* homes */
	struct strv files;	 /* configuration files to be read, and already read */
	struct strv sources;	 /* what was lent, for consent */
	bool agent;		 /* ssh-agent = yes */
	bool signs, ssh;	 /* commits or tags are signed; with an ssh key */
	char *helper;		 /* a credential helper */
};

/* Where a path of the host is in the box. */
static char *inside(const struct git_lending *g, const char *path)
{
	if (path_is_beneath(path, g->host))
		return path_normalize(g->home,
				      path[strlen(g->host)] ? path + strlen(g->host) + 1 : ".");
	return xstrdup(path);
}

static bool lend_path(struct git_lending *g, const char *path)
{
	cleanup_free char *target = inside(g, path);

	for (size_t i = 0; i < g->l->n; i++)
		if (path_is_beneath(target, g->l->v[i].target))
			return true;
	if (!lending_add(g->l, path, target, true))
		return false;
	if (!strv_has(&g->sources, g->l->v[g->l->n - 1].source))
		strv_push(&g->sources, g->l->v[g->l->n - 1].source);
	return true;
}

/*
 * A path value, expanded as git does; relative ones are relative to the file. The caller frees it.
 */
static char *expand(const struct git_lending *g, const char *value, const char *file)
{
	cleanup_free char *dir = path_normalize(file, "..");

	if (starts_with(value, "~/"))
		return path_normalize(g->host, value + 2);
	return path_normalize(dir, value);
}

static void add_file(struct git_lending *g, const char *path)
{
	if (g->files.n < MAX_FILES && !strv_has(&g->files, path) && lend_path(g, path))
		strv_push(&g->files, path);
}

/* Lends only the public half, whichever half the value names. */
static void take_signing_key(struct git_lending *g, const char *value, const char *file)
{
	cleanup_free char *path = NULL, *public = NULL;

	if (*value != '/' && !starts_with(value, "~/"))
		return;
	path = expand(g, value, file);
	public = ends_with(path, ".pub") ? xstrdup(path) : xasprintf("%s.pub", path);
	lend_path(g, public);
}

static bool is_yes(const char *value)
{
	return !*value || strcasecmp(value, "true") == 0 || strcasecmp(value, "yes") == 0 ||
	       strcasecmp(value, "on") == 0 || streq(value, "1");
}

/*
 * git-credential-store(1) reads a file that is lent; git-credential-cache(1) only knows what was
 * typed before.
 */
static void take_helper(struct git_lending *g, const char *value)
{
	if (!*value || starts_with(value, "store") || starts_with(value, "cache"))
		return;
	free(g->helper);
	g->helper = xstrdup(value);
}

static void take(struct git_lending *g, const char *key, const char *value, const char *file)
{
	static const char *const paths[] = {
		"core.excludesfile",	  "core.attributesfile",  "commit.template",
		"init.templatedir",	  "core.hookspath",	  "gpg.ssh.allowedsignersfile",
		"gpg.ssh.revocationfile", "blame.ignorerevsfile", "mailmap.file",
	};
	cleanup_free char *path = NULL;

	if (streq(key, "include.path") ||
	    (starts_with(key, "includeif.") && ends_with(key, ".path"))) {
		path = expand(g, value, file);
		add_file(g, path);
	}
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (streq(key, paths[i]) && *value && !path) {
			path = expand(g, value, file);
			lend_path(g, path);
		}
	if (streq(key, "user.signingkey"))
		take_signing_key(g, value, file);
	if (streq(key, "commit.gpgsign") || streq(key, "tag.gpgsign"))
		g->signs |= is_yes(value);
	if (streq(key, "gpg.format"))
		g->ssh = streq(value, "ssh");
	if (streq(key, "credential.helper") && !streq(file, SYSTEM_CONFIG))
		take_helper(g, value);
}

/*
 * git's reading of one file: entries "key\nvalue", each ended by NUL. False: git is not installed.
 */
static bool run_git(const char *file, struct buf *out)
{
	const char *const argv[] = {"git",	     "config", "--file", file,
				    "--no-includes", "--null", "--list", NULL};

	return spawn_output(argv, CONFIG_MAX, GIT_TIMEOUT_MS, out);
}

/* Most files only have a name and an address; reading those needs no other program. */
static bool says_more(const char *file)
{
	static const char *const words[] = {"include", "file",	 "path", "template",
					    "sign",    "helper", "gpg"};
	cleanup_buf struct buf text = BUF_INIT;
	struct err ignored;

	if (file_read(AT_FDCWD, file, CONFIG_MAX, &text, &ignored) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasestr(text.data, words[i]))
			return true;
	return false;
}

static void read_file(struct git_lending *g, const char *file)
{
	cleanup_buf struct buf out = BUF_INIT;

	if (!says_more(file) || !run_git(file, &out))
		return;
	for (char *p = out.data, *end = p + out.len; p < end; p += strlen(p) + 1) {
		cleanup_free char *key = xstrndup(p, strcspn(p, "\n"));

		take(g, key, p[strlen(key)] ? p + strlen(key) + 1 : "", file);
	}
}

/* Directories of dotfiles often contain symlinks: their targets are lent at the same paths. */
static int lend_links(struct git_lending *g, const char *dir, struct err *e)
{
	cleanup_strv struct strv names = {0};
	int r = dir_names(AT_FDCWD, dir, &names, e);
	struct stat st;

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		cleanup_free char *path = path_join(dir, names.v[i]), *real = NULL;

		if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && (real = realpath(path, NULL)))
			lend_path(g, real);
	}
	return r;
}

/* git-config(1), FILES. */
static int lend_files(struct git_lending *g, struct err *e)
{
	const char *global = getenv("GIT_CONFIG_GLOBAL"), *config = getenv("XDG_CONFIG_HOME");
	cleanup_free char *own = path_join(g->host, ".gitconfig"),
			  *own_at = path_join(g->home, ".gitconfig"),
			  *passwords = path_join(g->host, ".git-credentials"),
			  *base = config && *config == '/' ? xstrdup(config)
							   : path_join(g->host, ".config"),
			  *dir = path_join(base, "git"),
			  *dir_at = path_join(g->home, ".config/git"),
			  *file = path_join(dir, "config");
	int r = 0;

	if (global && *global == '/') {
		free(own);
		own = xstrdup(global);
	}
	if (lending_add(g->l, own, own_at, true)) {
		strv_push(&g->sources, g->l->v[g->l->n - 1].source);
		strv_push(&g->files, own);
	}
	if (lending_add(g->l, dir, dir_at, true)) {
		strv_push(&g->sources, g->l->v[g->l->n - 1].source);
		strv_push(&g->files, file);
		r = lend_links(g, dir, e);
	}
	lend_path(g, passwords);
	add_file(g, SYSTEM_CONFIG);
	return r;
}

static void note(const struct git_lending *g)
{
	if (!g->sources.n)
		lending_note(g->l,
			     "'git' is asked for, but this session has none: no .gitconfig in your "
			     "home");
	if (g->signs && !g->ssh)
		lending_note(g->l,
			     "git signs with gpg here, whose keys are not lent: in the box use "
			     "--no-gpg-sign, or gpg.format = ssh with 'ssh-agent = yes'");
	else if (g->signs && !g->agent)
		lending_note(g->l,
			     "git signs with an ssh key: it needs 'ssh-agent = yes' in the box");
	if (g->helper)
		lending_note(
			g->l,
			"git's passwords come from the helper '%s', a program of this machine: in "
			"a box without it git asks for them",
			g->helper);
}

int lend_git(const struct settings *s, const char *home, struct lending *l, struct err *e)
{
	cleanup_free char *host = xdg_home();
	struct git_lending g = {.l = l, .host = host, .home = home};
	cleanup_buf struct buf line = BUF_INIT;
	int r;

	g.agent = settings_bool(s, KEY_SSH_AGENT);
	r = lend_files(&g, e);
	for (size_t i = 0; r == 0 && i < g.files.n; i++)
		read_file(&g, g.files.v[i]);
	buf_addstr(&line, "git = yes");
	for (size_t i = 0; i < g.sources.n; i++)
		buf_addf(&line, "%s%s", i ? ", " : " with ", g.sources.v[i]);
	reach_add_line(line.data, &l->reach);
	if (r == 0)
		note(&g);
	strv_clear(&g.files);
	strv_clear(&g.sources);
	free(g.helper);
	return r;
}
