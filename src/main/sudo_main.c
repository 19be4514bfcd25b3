/*
 * sudo_main.c - the `sudo` inside a box.
 *
 * A static client without any privilege of its own: it asks pid 1, over the socket for this one
 * request, to start the command as box-root, and relays terminal, signals and status. For another
 * user, and for a login shell, it starts this program again: see sudo_become.h. Environment,
 * escapes and messages are those of sudo(8), with a policy that allows everything and asks for no
 * password.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/account.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hostvars.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/proc.h"
#include "launch/client.h"
#include "launch/protocol.h"
#include "main/sudo_args.h"
#include "main/sudo_become.h"
#include "main/sudo_git.h"
#include "main/sudo_probe.h"

#define SECURE_PATH BOX_RUN_DIR "/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct sudo {
	struct sudo_args args;
	struct account self, target;
	struct strv env;
	const char *program; /* what to execute */
	struct strv argv;    /* its arguments */
};

static void sudo_clear(struct sudo *s)
{
	sudo_args_clear(&s->args);
	account_clear(&s->self);
	account_clear(&s->target);
	strv_clear(&s->env);
	strv_clear(&s->argv);
}

/* Prints it in sudo's form; returns the exit status for what it cannot do. */
static int complain(const char *subject, const char *what)
{
	fprintf(stderr, "sudo: %s%s\n", subject, what);
	return 1;
}

/* 0, or the exit status. A group alone means another group for the same user. */
static int find_target(struct sudo *s)
{
	const struct sudo_args *a = &s->args;
	gid_t gid;

	account_self(&s->self);
	if (!a->user && a->group)
		account_self(&s->target);
	else if (!account_find(a->user ? a->user : "root", &s->target))
		return complain("unknown user ", a->user ? a->user : "root");
	if (!a->group)
		return 0;
	if (!group_find(a->group, &gid))
		return complain("unknown group ", a->group);
	s->target.gid = gid;
	return 0;
}

static bool is_set(const struct strv *env, const char *entry)
{
	size_t n = strcspn(entry, "=") + 1;

	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->v[i], entry, n) == 0)
			return true;
	return false;
}

/* Keeps a variable that was set before, on the command line for example. */
static void set(struct strv *env, const char *name, const char *value)
{
	char *entry = value ? xasprintf("%s=%s", name, value) : NULL;

	if (entry && !is_set(env, entry))
		strv_push_take(env, entry);
	else
		free(entry);
}

static void set_id(struct strv *env, const char *name, unsigned int id)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", id);
	set(env, name, text);
}

static void set_who(struct sudo *s)
{
	const struct account *to = &s->target;
	bool fresh = !s->args.keep_env || s->args.login;

	set(&s->env, "USER", to->name);
	set(&s->env, "LOGNAME", to->name);
	if (fresh || s->args.set_home)
		set(&s->env, "HOME", to->home);
	if (fresh)
		set(&s->env, "SHELL", to->shell);
	set(&s->env, "SUDO_USER", s->self.name);
	set_id(&s->env, "SUDO_UID", s->self.uid);
	set_id(&s->env, "SUDO_GID", s->self.gid);
}

/* sudo(8)'s env_reset: a few variables, those of the user, and those asked for. */
static void make_env(struct sudo *s)
{
	static const char *const kept[] = {
		HOSTVARS_TERMINAL, HOSTVARS_PROXY, HOSTVARS_CA,	 HOSTVARS_PROXY_UPPER,
		"SANDBOX",	   "DISPLAY",	   "XAUTHORITY", "LS_COLORS",
	};
	const struct sudo_args *a = &s->args;

	for (size_t i = 0; i < a->set.n; i++)
		strv_push(&s->env, a->set.v[i]);
	for (size_t i = 0; i < a->keep.n; i++)
		set(&s->env, a->keep.v[i], getenv(a->keep.v[i]));
	if (a->keep_env)
		set(&s->env, "PATH", SECURE_PATH);
	set_who(s);
	for (char **v = environ; *v; v++)
		if ((a->keep_env || starts_with(*v, "LC_")) && !is_set(&s->env, *v))
			strv_push(&s->env, *v);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		set(&s->env, kept[i], getenv(kept[i]));
	set(&s->env, "PATH", SECURE_PATH);
}

/*
 * A word for a shell in sudo's form: everything but letters, digits, '_', '-' and '$' gets a
 * backslash.
 */
static void add_escaped(struct buf *out, const char *word)
{
	for (; *word; word++)
		if (*word == '\n')
			buf_addstr(out, "'\n'"); /* a backslash would join the lines */
		else
			buf_addf(out, "%s%c",
				 isalnum((unsigned char)*word) || strchr("_-$", *word) ? "" : "\\",
				 *word);
}

/* -i and -s run a shell; with a command, the shell runs that. */
static void make_shell_argv(struct sudo *s)
{
	const char *shell = s->args.login ? NULL : getenv("SHELL");
	cleanup_buf struct buf line = BUF_INIT;

	if (s->args.login)
		s->program = s->target.shell;
	else
		s->program = shell && *shell ? shell : s->self.shell;
	strv_push_take(&s->argv, xasprintf("%s%s", s->args.login ? "-" : "",
					   s->args.login ? path_basename(s->program) : s->program));
	if (!s->args.argv[0])
		return;
	for (char **v = s->args.argv; *v; v++) {
		buf_addstr(&line, v == s->args.argv ? "" : " ");
		add_escaped(&line, *v);
	}
	strv_push(&s->argv, "-c");
	strv_push(&s->argv, line.data);
}

static void make_argv(struct sudo *s)
{
	cleanup_buf struct buf command = BUF_INIT;

	if (s->args.login || s->args.shell) {
		make_shell_argv(s);
	} else {
		s->program = s->args.argv[0];
		for (char **v = s->args.argv; *v; v++)
			strv_push(&s->argv, *v);
	}
	buf_addstr(&command, s->program);
	for (size_t i = 1; i < s->argv.n; i++)
		buf_addf(&command, " %s", s->argv.v[i]);
	set(&s->env, "SUDO_COMMAND", command.data);
}

/* The working directory of the command. NULL: error, already reported. */
static const char *choose_dir(const struct sudo *s, const char *here)
{
	const char *dir = s->args.dir ? s->args.dir : s->args.login ? s->target.home : here;

	if (dir && access(dir, F_OK) == 0)
		return dir;
	if (s->args.dir || s->args.login)
		fprintf(stderr, "sudo: unable to change directory to %s: %s\n", dir,
			strerror(errno));
	return s->args.dir ? NULL : here ? here : "/";
}

/* As the present user: nobody has to be asked. */
static int run_here(const struct sudo *s, const char *dir)
{
	if (chdir(dir) < 0) {
		fprintf(stderr, "sudo: unable to change directory to %s: %s\n", dir,
			strerror(errno));
		return 1;
	}
	environ = s->env.v;
	umask(file_umask() | 022);
	execvp(s->program, s->argv.v);
	return sudo_cannot_run(s->program, errno);
}

static int run_as_root(const struct sudo *s, const char *dir)
{
	cleanup_free char *identity = become_identity(&s->target, s->args.keep_groups);
	cleanup_strv struct strv again = {0};
	cleanup_close int connection = -1;
	struct session_request req = {
		.root = true,
		.cwd = dir,
		.argv = s->argv.v,
		.envp = s->env.v,
		.umask = file_umask() | 022, /* sudoers(5), umask */
		.pid1 = -1,
	};
	struct err e = {0};
	int status = 0, r = client_connect(AT_FDCWD, BOX_SUDO_SOCKET, &connection);

	if (r < 0)
		return complain("cannot ask the box for root: ", strerror(-r));
	if (s->target.uid != 0 || s->target.gid != 0 || s->args.login) {
		strv_push(&again, BOX_SUDO_BIN);
		strv_push(&again, BECOME_OPTION);
		strv_push(&again, identity);
		strv_push(&again, s->program);
		for (size_t i = 0; i < s->argv.n; i++)
			strv_push(&again, s->argv.v[i]);
		req.argv = again.v;
	}
	r = client_run(connection, &req, NULL, NULL, &status, &e);
	if (r < 0 && e.code == ERR_CMD_NOT_FOUND)
		return sudo_cannot_run(s->program, ENOENT);
	if (r < 0) {
		fprintf(stderr, "sudo: %s\n", e.msg);
		return err_exit_status(&e);
	}
	proc_die_as(status);
	return STATUS_EXIT(status);
}

/* Moves out of the shell's way, into its own process group. The parent's status is sudo's. */
static int go_to_background(void)
{
	pid_t pid = fork();

	if (pid < 0)
		return complain("unable to fork: ", strerror(errno));
	if (pid > 0)
		_exit(0);
	setpgid(0, 0);
	return 0;
}

static int run(struct sudo *s)
{
	cleanup_free char *here = getcwd(NULL, 0);
	const char *dir;

	make_env(s);
	make_argv(s);
	if (!(dir = choose_dir(s, here)) || (s->args.background && go_to_background() != 0))
		return 1;
	if (s->target.uid == s->self.uid && s->target.gid == s->self.gid && s->self.uid != 0)
		return run_here(s, dir);
	return run_as_root(s, dir);
}

/* The path at which sudo finds a command, or NULL. */
static char *find_command(const char *name)
{
	cleanup_free char *copy = xstrdup(SECURE_PATH);
	char *rest = copy, *dir;

	if (strchr(name, '/'))
		return access(name, X_OK) == 0 ? xstrdup(name) : NULL;
	while ((dir = strsep(&rest, ":"))) {
		char *path = path_join(dir, name);

		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

static int list(const struct sudo *s)
{
	cleanup_account struct account other = {0};
	cleanup_free char *path = NULL;
	char host[256] = "localhost";

	if (s->args.other_user && !account_find(s->args.other_user, &other))
		return complain("unknown user ", s->args.other_user);
	gethostname(host, sizeof(host) - 1);
	if (!s->args.argv[0]) {
		printf("User %s may run the following commands on %s:\n"
		       "    (ALL : ALL) NOPASSWD: ALL\n",
		       s->args.other_user ? s->args.other_user : s->self.name, host);
		return 0;
	}
	path = find_command(s->args.argv[0]);
	if (!path)
		return complain(s->args.argv[0], ": command not found");
	printf("%s", path);
	for (char **v = s->args.argv + 1; *v; v++)
		printf(" %s", *v);
	putchar('\n');
	return 0;
}

static int act(struct sudo *s)
{
	int r;

	switch (s->args.mode) {
	case SUDO_HELP:
		sudo_usage(stdout);
		return 0;
	case SUDO_VERSION:
		puts("sudo of sandbox, with the command line of sudo 1.9");
		return 0;
	case SUDO_EDIT:
		return complain("", "there is no sudoedit here: run 'sudo EDITOR FILE'");
	default:
		break;
	}
	r = find_target(s);
	if (r != 0 || s->args.mode == SUDO_NOTHING)
		return r;
	return s->args.mode == SUDO_LIST ? list(s) : run(s);
}

int main(int argc, char **argv)
{
	__attribute__((cleanup(sudo_clear))) struct sudo s = {0};

	if (argc > 0 && streq(path_basename(argv[0]), "git"))
		return git_stand_in(argv);
	if (argc > 3 && streq(argv[1], BOX_PROBE_OPTION))
		return probe(argv[2], argv[3]);
	if (argc > 4 && streq(argv[1], BECOME_OPTION))
		return become_exec(argv + 2);
	if (!sudo_args_parse(argc, argv, &s.args))
		return 1;
	return act(&s);
}
