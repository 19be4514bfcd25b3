/*
 * cmd_activate.c - `sandbox activate`: a shell whose PATH and prompt follow the project of its
 * directory.
 *
 * The shell's hook runs `sandbox activate --now SHELL` after each change of directory and evaluates
 * the output: only assignments of quoted words. Only programs that the user let the project export
 * are put in front of PATH: an unknown project changes nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/json.h"
#include "base/path.h"
#include "box/box.h"
#include "box/target.h"
#include "cli/commands.h"
#include "cli/shell_words.h"
#include "cli/shim.h"
#include "grant/reach.h"

struct activate_cli {
	bool now;
};

static const struct opt options[] = {
	{.name = "now",
	 .help = "print the assignments for the current directory, for the hook",
	 OPT_FLAG(struct activate_cli, now)},
	OPTS_END,
};

/* %s: the program's path as a word. The hook preserves the status of the last command. */
static const char bash_hook[] =
	"_sandbox_activate() {\n"
	"	local status=$?\n"
	"	if [ \"$PWD\" != \"${_sandbox_pwd-}\" ]; then\n"
	"		_sandbox_pwd=$PWD\n"
	"		PS1=${PS1#\"${SANDBOX_ACTIVE:+($SANDBOX_ACTIVE) }\"}\n"
	"		eval \"$(%s activate --now bash)\"\n"
	"		PS1=\"${SANDBOX_ACTIVE:+($SANDBOX_ACTIVE) }$PS1\"\n"
	"	fi\n"
	"	return $status\n"
	"}\n"
	"PROMPT_COMMAND=\"_sandbox_activate${PROMPT_COMMAND:+;$PROMPT_COMMAND}\"\n";

static const char zsh_hook[] =
	"_sandbox_activate() {\n"
	"	[[ $PWD = ${_sandbox_pwd-} ]] && return\n"
	"	_sandbox_pwd=$PWD\n"
	"	PROMPT=${PROMPT#${SANDBOX_ACTIVE:+\"($SANDBOX_ACTIVE) \"}}\n"
	"	eval \"$(%s activate --now zsh)\"\n"
	"	PROMPT=${SANDBOX_ACTIVE:+\"($SANDBOX_ACTIVE) \"}$PROMPT\n"
	"}\n"
	"autoload -Uz add-zsh-hook\n"
	"add-zsh-hook precmd _sandbox_activate\n";

static const char fish_hook[] =
	"function _sandbox_activate --on-event fish_prompt\n"
	"	test \"$PWD\" = \"$_sandbox_pwd\"; and return\n"
	"	set -g _sandbox_pwd $PWD\n"
	"	%s activate --now fish | source\n"
	"end\n"
	"functions -q _sandbox_prompt; or functions -c fish_prompt _sandbox_prompt\n"
	"function fish_prompt\n"
	"	test -n \"$SANDBOX_ACTIVE\"; and echo -n \"($SANDBOX_ACTIVE) \"\n"
	"	_sandbox_prompt\n"
	"end\n";

static int print_hook(const char *shell, struct err *e)
{
	cleanup_buf struct buf word = BUF_INIT;
	cleanup_free char *self = NULL;
	bool fish = streq(shell, "fish");
	const char *hook = fish ? fish_hook : streq(shell, "zsh") ? zsh_hook : bash_hook;
	const char *gap = strstr(hook, "%s");
	int r = shim_self(&self, e);

	if (r < 0)
		return r;
	shell_words_add(&word, self, fish);
	printf("%.*s%s%s", (int)(gap - hook), hook, word.data, gap + 2);
	return 0;
}

/* The exports that the user agreed to, from the kept consent. */
static void find_exports(const struct box *b, struct strv *out)
{
	cleanup_strv struct strv kept = {0};
	const char *prefix = "export = ";
	struct err ignored;

	if (reach_kept(b, &kept, &ignored) < 0)
		return;
	for (size_t i = 0; i < kept.n; i++)
		if (starts_with(kept.v[i], prefix) &&
		    shim_check(kept.v[i] + strlen(prefix), &ignored) == 0 &&
		    !shim_is_trusted(kept.v[i] + strlen(prefix)))
			strv_push(out, kept.v[i] + strlen(prefix));
}

/*
 * Removes programs that are no longer exported, so that shells with the directory in their PATH do
 * not find them.
 */
static int remove_withdrawn(int dir, const char *path, const struct strv *programs, struct err *e)
{
	cleanup_strv struct strv names = {0};
	int r = dir_names(dir, ".", &names, e);

	for (size_t i = 0; r == 0 && i < names.n; i++)
		if (!strv_has(programs, names.v[i]) && unlinkat(dir, names.v[i], 0) < 0 &&
		    errno != ENOENT)
			r = err_sys(e, errno, "cannot remove '%s/%s'", path, names.v[i]);
	return r;
}

/* Makes DATA/boxes/<id>/bin with a shim for each; the caller frees *ret. */
static int write_shims(const struct store *s, const struct box *b, const struct strv *programs,
		       char **ret, struct err *e)
{
	cleanup_free char *path = xasprintf("%s/boxes/%s/bin", s->data, b->id);
	cleanup_close int dir = -1;
	int r = programs->n ? file_mkdirs(path, 0700, e) : 0;

	if (r < 0 || (!programs->n && access(path, F_OK) < 0))
		return r;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(e, errno, "cannot open '%s'", path);
	r = remove_withdrawn(dir, path, programs, e);
	for (size_t i = 0; r == 0 && i < programs->n; i++) {
		cleanup_buf struct buf text = BUF_INIT;

		if (faccessat(dir, programs->v[i], X_OK, 0) == 0)
			continue;
		r = shim_compose(b->project, programs->v[i], &text, e);
		if (r == 0)
			r = file_write_atomic(dir, programs->v[i], text.data, text.len, 0755, e);
	}
	if (r == 0 && programs->n)
		*ret = take_ptr(path);
	return r;
}

/* PATH without an earlier project's directory, and with this one's in front. */
static char *new_path(const char *bin)
{
	cleanup_buf struct buf b = BUF_INIT;
	const char *old = getenv("SANDBOX_ACTIVE_BIN"), *path = getenv("PATH");
	cleanup_free char *copy = xstrdup(path ? path : "");
	char *rest = copy, *part;

	buf_addstr(&b, bin ? bin : "");
	while ((part = strsep(&rest, ":")))
		if (*part && !(old && streq(part, old)) && !(bin && streq(part, bin)))
			buf_addf(&b, "%s%s", b.len ? ":" : "", part);
	return buf_detach(&b);
}

static void print_variable(const char *shell, const char *name, const char *value)
{
	cleanup_buf struct buf word = BUF_INIT;
	bool fish = streq(shell, "fish");

	if (!value) {
		printf(fish ? "set -e %s\n" : "unset %s\n", name);
		return;
	}
	shell_words_add(&word, value, fish);
	if (!fish)
		printf("export %s=%s\n", name, word.data);
	else if (streq(name, "PATH"))
		printf("set -gx PATH (string split : -- %s)\n", word.data);
	else
		printf("set -gx %s %s\n", name, word.data);
}

static int print_now(const char *shell, struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	cleanup_box struct box b = BOX_INIT;
	cleanup_strv struct strv programs = {0};
	cleanup_target struct target t = TARGET_INIT;
	cleanup_free char *bin = NULL, *path = NULL;
	struct err ignored;
	int r = store_open(&s, e), found = -ENOENT;

	if (r == 0)
		r = target_find(&s, NULL, false, &t,
				e); /* the note is for commands, not for prompts */
	if (r == 0)
		found = box_find_project(&s, t.dir, &b, &ignored);
	if (r < 0)
		return r;
	if (found == 0)
		find_exports(&b, &programs);
	if (found == 0 && (r = write_shims(&s, &b, &programs, &bin, e)) < 0)
		return r;
	path = new_path(bin);
	print_variable(shell, "PATH", path);
	print_variable(shell, "SANDBOX_ACTIVE", found == 0 ? b.name : NULL);
	print_variable(shell, "SANDBOX_ACTIVE_BIN", bin);
	return 0;
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct activate_cli *cli = args->options;

	(void)ret_status;
	return cli->now ? print_now(args->v[0], e) : print_hook(args->v[0], e);
}

const struct command cmd_activate = {
	.name = "activate",
	.summary = "let a shell's PATH and prompt follow the project it stands in",
	.usage = "[OPTIONS] SHELL",
	.options = options,
	.options_size = sizeof(struct activate_cli),
	.min_words = 1,
	.max_words = 1,
	.words = {WORD_CHOICE},
	.choices = "bash zsh fish",
	.run = run,
};
