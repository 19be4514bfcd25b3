/*
 * shim.c - a program of a box as a command of the host: its text, where it runs, and with which
 * variables.
 *
 * It runs `sandbox exec --start` and becomes the program, so that directory, stdio and exit status
 * are the program's own. What a shell exports for all its programs, tokens too, is private and not
 * passed; a shim lists the names that existed when it was made.
 */
#include "cli/shim.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/proc.h"
#include "cli/shell_words.h"
#include "config/value.h"

#define ENVIRON_MAX (4u << 20)

int shim_self(char **ret, struct err *e)
{
	const char *self = proc_self();

	if (!self)
		return err_sys(e, errno, "cannot tell where sandbox is");
	*ret = xstrdup(self);
	return 0;
}

/* Does every box set this variable itself, or does it lead to the host's session? */
static bool is_own(const char *name, size_t len)
{
	/* One that ends with '_' is a prefix. */
	static const char *const own[] = {
		"PATH",
		"HOME",
		"USER",
		"LOGNAME",
		"SHELL",
		"PWD",
		"OLDPWD",
		"SHLVL",
		"_",
		"HOSTNAME",
		"MAIL",
		"TMPDIR",
		"DISPLAY",
		"LS_COLORS",
		"XAUTHORITY",
		"WAYLAND_DISPLAY",
		"GPG_AGENT_INFO",
		"ENV",
		"BASH_ENV",
		"PS1",
		"PROMPT_COMMAND",
		"SANDBOX",
		"SANDBOX_",
		"XDG_",
		"SSH_",
		"DBUS_",
		"LD_",
		"SUDO_",
		"SYSTEMD_",
		"PAM_",
		"BASH_FUNC_",
	};

	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		size_t n = strlen(own[i]);

		if (n <= len && strncmp(own[i], name, n) == 0 &&
		    (n == len || (n > 1 && own[i][n - 1] == '_')))
			return true;
	}
	return false;
}

static void add_names(struct buf *out)
{
	size_t start = out->len;

	for (char **v = environ; *v && out->len - start < SHIM_MAX / 2; v++) {
		cleanup_free char *name = xstrndup(*v, strcspn(*v, "="));

		if (value_env_name(name) && !is_own(name, strlen(name)))
			buf_addf(out, "%s%s", out->len > start ? " " : "", name);
	}
}

int shim_compose(const char *project, const char *program, struct buf *out, struct err *e)
{
	cleanup_free char *self = NULL;
	int r = shim_self(&self, e);

	if (r < 0)
		return r;
	buf_addstr(out, "#!/bin/sh\n" SHIM_MARK "\n" SHIM_LISTED);
	add_names(out);
	buf_addstr(out, "\nexec ");
	shell_words_add(out, self, false);
	buf_addstr(out, " exec --quiet --start --shim \"$0\" ");
	shell_words_add(out, project, false);
	buf_addch(out, ' ');
	shell_words_add(out, program, false);
	buf_addstr(out, " \"$@\"\n");
	return 0;
}

bool shim_is_trusted(const char *program)
{
	static const char *const trusted[] = {
		"sudo",	    "su",      "doas",	    "pkexec",	     "run0",	    "sudoedit",
		"visudo",   "login",   "passwd",    "ssh",	     "scp",	    "sftp",
		"sshfs",    "ssh-add", "ssh-agent", "ssh-keygen",    "ssh-askpass", "mosh",
		"gpg",	    "gpg2",    "gpgv",	    "gpgsm",	     "gpg-agent",   "gpgconf",
		"pinentry", "age",     "pass",	    "keepassxc-cli", "secret-tool", "op",
		"bw",	    "kinit",   "systemctl", "cryptsetup",
	};

	return is_among(program, trusted, ARRAY_SIZE(trusted));
}

int shim_check(const char *program, struct err *e)
{
	if (*program && *program != '-' && !strchr(program, '/') && !streq(program, ".") &&
	    !streq(program, "..") && !streq(program, "sandbox"))
		return 0;
	return err_set(e, ERR_USAGE, "'%s' is not a program name that can be exported", program);
}

/* Whether a variable was set only for the shim or exported earlier cannot be told. */
static bool is_secret(const char *name)
{
	static const char *const words[] = {"TOKEN",	  "SECRET",  "PASSWORD", "PASSWD",
					    "PASSPHRASE", "CREDENT", "APIKEY",	 "COOKIE"};
	static const char *const ends[] = {"_KEY", "_KEY_ID", "_AUTH", "_PAT", "_PASS", "_PW"};
	size_t len = strlen(name);

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasestr(name, words[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (len >= strlen(ends[i]) &&
		    strcasecmp(name + len - strlen(ends[i]), ends[i]) == 0)
			return true;
	return false;
}

static bool is_inside(const char *project)
{
	cleanup_free char *here = getcwd(NULL, 0), *real = realpath(project, NULL);

	return here && real && path_is_beneath(here, real);
}

/*
 * The directories in PATH after the shim's own, so that a chain of shims ends; all, if it is not in
 * PATH.
 */
static const char *rest_of_path(const char *shim)
{
	const char *path = getenv("PATH"), *slash = strrchr(shim, '/');
	size_t own = slash ? (size_t)(slash - shim) : 0;

	for (const char *p = path ? path : ""; own && *p;) {
		size_t n = strcspn(p, ":");

		p += n;
		if (n == own && strncmp(p - n, shim, n) == 0)
			return *p ? p + 1 : p;
		p += *p == ':';
	}
	return path ? path : "";
}

static bool is_same_file(const char *path, const struct stat *shim)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_dev == shim->st_dev && st.st_ino == shim->st_ino;
}

int shim_leave(const char *shim, const char *project, char *const *argv, struct err *e)
{
	cleanup_free char *rest = NULL;
	struct stat own = {0};
	char *next, *dir;

	if (is_inside(project))
		return 0;
	stat(shim, &own);
	next = rest = xstrdup(rest_of_path(shim));
	while ((dir = strsep(&next, ":"))) {
		cleanup_free char *path = path_join(*dir ? dir : ".", argv[0]);
		struct stat st;

		if (is_same_file(path, &own) || stat(path, &st) < 0 || !S_ISREG(st.st_mode) ||
		    access(path, X_OK) < 0)
			continue;
		execv(path, argv);
		return err_sys(e, ERR_CMD_NOT_EXEC, "cannot run '%s': %s", path, strerror(errno));
	}
	return err_set(e, ERR_CMD_NOT_FOUND,
		       "'%s' is a program of '%s', and outside that project PATH has no other",
		       argv[0], project);
}

/* NAME=value as in the session's first process, each ended by NUL. */
static void read_session(struct buf *out)
{
	cleanup_free char *path = xasprintf("/proc/%d/environ", (int)getsid(0));
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct err ignored;

	if (fd < 0 || file_read_fd(fd, path, ENVIRON_MAX, out, &ignored) < 0)
		buf_reset(out);
}

static bool has_entry(const struct buf *environment, const char *entry)
{
	size_t n = strlen(entry) + 1;
	const char *end = environment->data + environment->len;

	for (const char *p = environment->data; p < end; p += strlen(p) + 1)
		if ((size_t)(end - p) >= n && memcmp(p, entry, n) == 0)
			return true;
	return false;
}

void shim_env(const char *shim, struct strv *env)
{
	cleanup_buf struct buf text = BUF_INIT, session = BUF_INIT;
	cleanup_strv struct strv listed = {0};
	struct err ignored;
	const char *line;

	if (file_read(AT_FDCWD, shim, SHIM_MAX, &text, &ignored) < 0)
		return;
	line = strstr(text.data, "\n" SHIM_LISTED);
	if (!line)
		return;
	text.data[line - text.data + 1 + (ptrdiff_t)strcspn(line + 1, "\n")] = '\0';
	value_words(line + strlen("\n" SHIM_LISTED), &listed);
	read_session(&session);
	for (char **v = environ; *v; v++) {
		cleanup_free char *name = xstrndup(*v, strcspn(*v, "="));

		if (!value_env_name(name) || is_own(name, strlen(name)) ||
		    strv_has(&listed, name) || has_entry(&session, *v))
			continue;
		if (is_secret(name))
			log_warn("the variable '%s' may be a secret and stays out of the box: "
				 "'sandbox exec --env %s' gives it",
				 name, name);
		else
			strv_push(env, name);
	}
}
