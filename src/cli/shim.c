/*
 * shim.c - it asks for the program with `sandbox exec --start` and becomes it, so that directory, stdio and
 * exit status are the program's own.
 */
#include "cli/shim.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/proc.h"
#include "cli/shell_words.h"
#include "cli/shim_run.h"
#include "config/value.h"

int shim_self(char **ret, struct err *e)
{
	const char *self = proc_self();

	if (!self)
		return err_sys(e, errno, "cannot tell where sandbox is");
	*ret = xstrdup(self);
	return 0;
}

static void add_names(struct buf *out)
{
	size_t start = out->len;

	for (char **v = environ; *v && out->len - start < SHIM_MAX / 2; v++) {
		cleanup_free char *name = xstrndup(*v, strcspn(*v, "="));

		if (value_env_name(name) && !shim_is_own(name, strlen(name)))
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
	add_shell_word(out, self, false);
	buf_addstr(out, " exec --quiet --start --shim \"$0\" ");
	add_shell_word(out, project, false);
	buf_addch(out, ' ');
	add_shell_word(out, program, false);
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

	for (size_t i = 0; i < ARRAY_SIZE(trusted); i++)
		if (streq(program, trusted[i]))
			return true;
	return false;
}

int shim_check(const char *program, struct err *e)
{
	if (*program && *program != '-' && !strchr(program, '/') && !streq(program, ".") &&
	    !streq(program, "..") && !streq(program, "sandbox"))
		return 0;
	return err_set(e, ERR_USAGE, "'%s' is no program's name that can be exported", program);
}
