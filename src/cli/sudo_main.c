/*
 * sudo_main.c - the `sudo` seen inside a box.
 *
 * A static client without any right of its own: it asks pid 1, over the socket that takes this
 * one request, to start the command as box-root, and relays terminal, signals and status. Takes
 * the options of sudo(8) that make sense here; there is no password, no other user than root.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hostvars.h"
#include "base/mem.h"
#include "base/proc.h"
#include "launch/client.h"
#include "launch/protocol.h"

#define ROOT_PATH BOX_RUN_DIR "/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct sudo {
	bool keep_env, login, shell, done;
	const char *dir;
	struct strv set; /* NAME=value before the command */
	char **argv;
};

static const char usage[] =
	"usage: sudo [-EHins] [-D DIR] [-u root] [NAME=VALUE] [COMMAND...]\n"
	"Runs a command as root of this box. Root of the box is nobody special outside it.\n";

static int check_user(const char *user, struct err *e)
{
	if (streq(user, "root") || streq(user, "#0") || streq(user, "0"))
		return 0;
	return err_set(e, ERR_USAGE,
		       "this sudo only knows root: '-u %s' is not possible in a box of "
		       "one user",
		       user);
}

static int parse(int argc, char **argv, struct sudo *s, struct err *e)
{
	int c, r = 0;

	opterr = 0;
	while (r == 0 && (c = getopt(argc, argv, "+ABD:EHKSVbg:hiklnsu:v")) != -1) {
		switch (c) {
		case 'u':
		case 'g':
			r = check_user(optarg, e);
			break;
		case 'D':
			s->dir = optarg;
			break;
		case 'E':
			s->keep_env = true;
			break;
		case 'i':
			s->login = true;
			break;
		case 's':
			s->shell = true;
			break;
		case 'h':
		case 'V':
			printf("%s", usage);
			s->done = true;
			return 0;
		case 'b':
		case '?':
			return err_set(e, ERR_USAGE, "unknown option '-%c': see sudo -h",
				       c == 'b' ? 'b' : optopt);
		case 'l':
		case 'v':
		case 'K':
		case 'k': /* nothing is ever asked for, so nothing is remembered */
			s->done = !argv[optind];
			break;
		default: /* A B H S n: how a password is asked for, and whose HOME it is */
			break;
		}
	}
	for (; r == 0 && optind < argc && strchr(argv[optind], '=') && argv[optind][0] != '/';
	     optind++)
		strv_push(&s->set, argv[optind]);
	s->argv = argv + optind;
	if (r == 0 && !s->done && !s->login && !s->shell && !s->argv[0])
		return err_set(e, ERR_USAGE, "no command given: see sudo -h");
	return r;
}

static bool is_set(const struct strv *env, const char *entry)
{
	size_t n = strcspn(entry, "=") + 1;

	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->v[i], entry, n) == 0)
			return true;
	return false;
}

/* What was set before, on the command line first of all, stays. */
static void set(struct strv *env, const char *name, const char *value)
{
	char *entry = value ? xasprintf("%s=%s", name, value) : NULL;

	if (entry && !is_set(env, entry))
		strv_push_take(env, entry);
	else
		free(entry);
}

/* sudo(8)'s env_reset: a few variables, root's own, and what was asked for. */
static void make_env(const struct sudo *s, struct strv *env)
{
	static const char *const kept[] = {HOSTVARS_TERMINAL,	 HOSTVARS_PROXY, HOSTVARS_CA,
					   HOSTVARS_PROXY_UPPER, "SANDBOX",	 "DISPLAY"};
	const char *user = getenv("USER");
	char id[16];

	for (size_t i = 0; i < s->set.n; i++)
		strv_push(env, s->set.v[i]);
	set(env, "HOME", "/root");
	set(env, "USER", "root");
	set(env, "LOGNAME", "root");
	set(env, "SHELL", getenv("SHELL"));
	set(env, "SUDO_USER", user ? user : "user");
	snprintf(id, sizeof(id), "%u", getuid());
	set(env, "SUDO_UID", id);
	snprintf(id, sizeof(id), "%u", getgid());
	set(env, "SUDO_GID", id);
	if (s->keep_env)
		for (char **v = environ; *v; v++)
			if (!is_set(env, *v))
				strv_push(env, *v);
	for (char **v = environ; *v; v++)
		if (!s->keep_env && starts_with(*v, "LC_") && !is_set(env, *v))
			strv_push(env, *v);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (!s->keep_env)
			set(env, kept[i], getenv(kept[i]));
	set(env, "PATH", ROOT_PATH);
}

/* -s and -i run a shell; with a command, the shell runs that. Joined by blanks, as sudo does. */
static char **shell_argv(const struct sudo *s, struct strv *out)
{
	char *line = NULL;

	if (!s->login && !s->shell)
		return s->argv;
	if (!s->argv[0])
		return NULL;
	for (char **v = s->argv; *v; v++) {
		char *longer = line ? xasprintf("%s %s", line, *v) : xstrdup(*v);

		free(line);
		line = longer;
	}
	strv_push(out, "/bin/sh");
	strv_push(out, "-c");
	strv_push_take(out, line);
	return out->v;
}

static int run(const struct sudo *s, int *ret_status, struct err *e)
{
	cleanup_free char *here = getcwd(NULL, 0);
	cleanup_strv struct strv env = {0}, shell = {0};
	cleanup_close int connection = -1;
	struct session_request req = {
		.root = true,
		.cwd = s->dir	  ? s->dir
		       : s->login ? "/root"
		       : here	  ? here
				  : "/",
		.argv = shell_argv(s, &shell),
		.umask = file_umask() | 022, /* sudoers(5), umask */
	};
	int r = client_connect(AT_FDCWD, BOX_SUDO_SOCKET, &connection);

	if (r < 0)
		return err_sys(e, -r, "cannot ask the box for root");
	make_env(s, &env);
	req.envp = env.v;
	return client_run(connection, &req, NULL, NULL, ret_status, e);
}

int main(int argc, char **argv)
{
	struct sudo s = {0};
	struct err e = {0};
	int status = 0, r = parse(argc, argv, &s, &e);

	if (r == 0 && !s.done)
		r = run(&s, &status, &e);
	strv_clear(&s.set);
	if (r < 0) {
		fprintf(stderr, "sudo: %s\n", e.msg);
		return e.code == ERR_USAGE ? 1 : err_exit_status(&e);
	}
	proc_die_as(status);
	return STATUS_EXIT(status);
}
