/*
 * facts.c - the table of what a box takes over from its host.
 *
 * Owns every variable and file that comes from the host without being asked for by name. Promises
 * that each is read again for every session, and that the session's process (settle.c, etc.c) has
 * what it needs to replace it if the box cannot have it.
 */
#include "grant/facts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/hostvars.h"
#include "base/log.h"
#include "config/env.h"
#include "grant/etc_lines.h"
#include "grant/host_net.h"
#include "grant/lend.h"
#include "grant/zone.h"
#include "launch/protocol.h"
#include "launch/settle.h"
#include "netpolicy/rule.h"

#define TERMINFO_MAX (64u << 10) /* ncurses' own limit is 32 KiB, term(5) */

#define EACH_SESSION "each session"
#define EACH_START   "each start"

static void pass(const char *name, struct strv *env)
{
	if (getenv(name))
		env_set(env, name, getenv(name));
}

static void lend_shell(const struct facts_request *req, struct strv *env)
{
	const char *set = settings_get(req->settings, KEY_SHELL), *own = getenv("SHELL");

	if (req->step)
		env_set(env, "SHELL", "/bin/sh");
	else
		env_set(env, "SHELL", set ? set : own ? own : req->user->shell);
}

static void lend_term(const struct facts_request *req, struct strv *env)
{
	if (req->step)
		env_set(env, "TERM", "dumb"); /* their output goes to a log */
	else
		pass("TERM", env);
}

static void lend_colorterm(const struct facts_request *req, struct strv *env)
{
	(void)req;
	pass("COLORTERM", env);
}

static void lend_locale(const struct facts_request *req, struct strv *env)
{
	(void)req;
	pass("LANG", env);
	pass("LANGUAGE", env);
	for (char **v = environ; *v; v++)
		if (starts_with(*v, "LC_") && strchr(*v, '=')) {
			cleanup_free char *name = xstrndup(*v, strcspn(*v, "="));

			pass(name, env);
		}
}

/* The image's own zone wins over one that nobody has named. */
static void lend_zone(const struct facts_request *req, struct strv *env)
{
	cleanup_free char *zone = getenv("TZ") || !env_get(env, "TZ") ? zone_name() : NULL;

	(void)req;
	if (zone)
		env_set(env, "TZ", zone);
}

static void lend_asked(const struct facts_request *req, struct strv *env)
{
	static const struct strv none;

	lend_env(req->settings, req->host, req->own ? req->own : &none, env);
}

/* Without a network a box cannot reach a proxy; one on the host's loopback by that name. */
static void lend_proxies(const struct facts_request *req, struct strv *env)
{
	bool password = settings_bool(req->settings, KEY_PROXY_PASSWORD);
	const char *network = settings_get(req->settings, KEY_NETWORK);
	const char *loopback = streq(network, "gateway") ? NET_HOST_NAME : NULL;
	static bool told;

	if (streq(network, "none"))
		return;
	if (host_net_proxies(password, loopback, env) && !req->joins && !told) {
		told = true;
		log_note("the proxy's user name and password are not passed on: 'proxy-password = "
			 "yes' gives them to boxes");
	}
}

static void lend_authorities(const struct facts_request *req, struct strv *env)
{
	static const char *const names[] = {HOSTVARS_CA};
	cleanup_buf struct buf bundle = BUF_INIT;

	if (!settings_bool(req->settings, KEY_CA))
		return;
	if (!host_net_authorities(&bundle)) {
		log_note("'ca' is asked for, but this machine has no file of certificates: "
			 "SSL_CERT_FILE can name one");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		env_set(env, names[i], BOX_CA_FILE);
}

static const struct fact {
	const char *name; /* of a variable, a file, or the first of several variables */
	const char *from, *refreshed, *otherwise;
	bool steps; /* steps get it too */
	void (*lend)(const struct facts_request *req, struct strv *env);
} table[] = {
	{"SHELL", "[sandbox] shell, $SHELL, your passwd entry", EACH_SESSION, "bash, sh", true,
	 lend_shell},
	{"TERM", "$TERM, with its terminfo entry", EACH_SESSION, "xterm-256color", true, lend_term},
	{"COLORTERM", "$COLORTERM", EACH_SESSION, NULL, false, lend_colorterm},
	{"LANG", "$LANG, $LANGUAGE, $LC_*", EACH_SESSION, "the image's LANG, C.UTF-8", false,
	 lend_locale},
	{"TZ", "$TZ, /etc/localtime", EACH_SESSION, "the rule of the zone", false, lend_zone},
	{"http_proxy", "with a network the variables of proxies, without passwords", EACH_SESSION,
	 NULL, true, lend_proxies},
	{"SSL_CERT_FILE", "with ca: the certificates that the host trusts", EACH_SESSION, NULL,
	 true, lend_authorities},
	{"SSH_AUTH_SOCK", "with ssh-agent, dbus, display: their sockets", EACH_SESSION, NULL, false,
	 lend_asked},
	{"umask", "umask(2)", EACH_SESSION, NULL, false, NULL},
	{"/etc/passwd", "your name, uid, gid and home", EACH_START, NULL, false, NULL},
	{"/etc/group", "your group", EACH_START, NULL, false, NULL},
	{"/etc/hosts", "localhost, the box's name, with the host's network its /etc/hosts",
	 EACH_SESSION, NULL, true, NULL},
	{"/etc/resolv.conf", "with the host's network its /etc/resolv.conf", EACH_SESSION, NULL,
	 true, NULL},
	{"/etc/nsswitch.conf", "files before servers", EACH_START, NULL, false, NULL},
	{"single files", "[mounts] ro, git, secrets: up to 1 MiB each", EACH_SESSION,
	 "the file of the start", false, NULL},
};

void facts_env(const struct facts_request *req, struct strv *env)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].lend && (!req->step || table[i].steps))
			table[i].lend(req, env);
}

static bool is_plain_term(const char *term)
{
	return *term && *term != '.' && !strchr(term, '/') && !streq(term, "dumb");
}

static bool read_terminfo(const char *folder, const char *term, struct session_facts *ret)
{
	cleanup_free char *path = xasprintf("%s/%c/%s", folder, term[0], term);
	cleanup_buf struct buf text = BUF_INIT;
	struct err ignored;

	if (file_read(AT_FDCWD, path, TERMINFO_MAX, &text, &ignored) < 0 || !text.len)
		return false;
	ret->terminfo_size = (uint32_t)text.len;
	ret->terminfo = buf_detach(&text);
	return true;
}

/*
 * Looks where terminfo(5) does; the terminal's own program may bring the entry and set $TERMINFO.
 * What is in the host's /usr and /lib is in a box of the image `host` too.
 */
static void find_terminfo(const char *term, bool host, struct session_facts *ret)
{
	const char *own = getenv("TERMINFO"), *home = getenv("HOME"),
		   *dirs = getenv("TERMINFO_DIRS"),
		   *system = "/lib/terminfo:/usr/share/terminfo:/usr/lib/terminfo";
	cleanup_free char *users = xasprintf("%s/.terminfo", home ? home : ""),
			  *all = xasprintf("%s:%s:%s:/etc/terminfo:%s", own ? own : "", users,
					   dirs ? dirs : "", host ? "" : system);
	char *save = NULL;

	if (!is_plain_term(term))
		return;
	for (char *folder = strtok_r(all, ":", &save); folder; folder = strtok_r(NULL, ":", &save))
		if (folder[0] == '/' && read_terminfo(folder, term, ret))
			return;
}

/*
 * For the image `host`, whose system directories are the host's own: what exists here exists there.
 */
static bool host_has(const char *name, const char *value)
{
	static const char *const folders[] = {"/lib/terminfo", "/usr/share/terminfo"};

	if (streq(name, "LANG") || starts_with(name, "LC_"))
		return settle_has_locale(value);
	if (streq(name, "SHELL"))
		return (starts_with(value, "/usr/") || starts_with(value, "/bin/")) &&
		       access(value, X_OK) == 0;
	if (!streq(name, "TERM") || !is_plain_term(value))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		cleanup_free char *path = xasprintf("%s/%c/%s", folders[i], value[0], value);

		if (access(path, R_OK) == 0)
			return true;
	}
	return false;
}

/* Then the session need not look for it in the box. */
static bool is_there(const struct facts_request *req, const char *name, const char *value)
{
	cleanup_free char *line = xasprintf("%s=%s", name, value);

	/* The replacement (settle_shell()) would be the same. */
	if (streq(line, "SHELL=/bin/sh"))
		return true;
	return (req->has && strv_has(req->has, line)) || (req->host && host_has(name, value));
}

void facts_session(const struct facts_request *req, const struct strv *lent, const struct strv *env,
		   struct session_facts *ret)
{
	cleanup_buf struct buf names = BUF_INIT, bundle = BUF_INIT;
	const char *value;
	struct err ignored;

	if (env_get(lent, "SSL_CERT_FILE")) {
		host_net_authorities(&bundle);
		ret->authorities_size = (uint32_t)bundle.len;
		ret->authorities = buf_detach(&bundle);
	}
	if (req->joins && etc_lines_changed(req->joins)) {
		/* What cannot be read stays unchanged in the box; the next session tries again. */
		etc_lines_others(req->settings, ETC_LINES_LOOPBACK, &ret->others, &ignored);
		etc_lines_resolv(&ret->resolv_conf, &ignored);
	}
	buf_addch(&names, ' ');
	for (size_t i = 0; i < lent->n; i++) {
		cleanup_free char *name = xstrndup(lent->v[i], strcspn(lent->v[i], "="));

		value = env_get(env, name);
		if (value && streq(value, lent->v[i] + strlen(name) + 1) &&
		    !is_there(req, name, value))
			buf_addf(&names, "%s ", name);
	}
	ret->names = buf_detach(&names);
	if (strstr(ret->names, " TZ "))
		ret->zone = zone_rule(env_get(env, "TZ"));
	if (strstr(ret->names, " TERM "))
		find_terminfo(env_get(env, "TERM"), req->host, ret);
}

void facts_clear(struct session_facts *f)
{
	free(f->names);
	free(f->zone);
	free(f->locale);
	free(f->terminfo);
	free(f->others);
	free(f->authorities);
	free(f->files);
	free(f->resolv_conf);
	*f = (struct session_facts){0};
}

void facts_show(const struct facts_request *req,
		void (*show)(const struct fact_view *fact, void *arg), void *arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		cleanup_strv struct strv env = {0};
		struct fact_view view = {.name = table[i].name,
					 .from = table[i].from,
					 .refreshed = table[i].refreshed,
					 .otherwise = table[i].otherwise};

		if (table[i].lend)
			table[i].lend(req, &env);
		view.value = env.n ? (char *)env_get(&env, table[i].name) : NULL;
		show(&view, arg);
	}
}
