/*
 * main.c - from argv to a command and from its result to the exit status.
 *
 * Promises: an error is printed here, once, as one line `sandbox: message`; the exit status is the
 * command's own, or 125, 126 or 127 (see err.h); output that could not be written is a failure.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/proc.h"
#include "base/programs.h"
#include "cli/commands.h"
#include "cli/habits.h"
#include "cli/options.h"
#include "cli/stderr_report.h"

/* clang-format off */
const struct command *const commands[] = {
	&cmd_init,
	&cmd_enter,
	&cmd_run,
	&cmd_exec,
	&cmd_export,
	&cmd_activate,
	&cmd_lock,
	&cmd_seal,
	&cmd_matrix,
	&cmd_try,
	&cmd_diff,
	&cmd_apply,
	&cmd_discard,
	&cmd_up,
	&cmd_down,
	&cmd_restart,
	&cmd_wait,
	&cmd_volume,
	&cmd_ls,
	&cmd_ps,
	&cmd_port,
	&cmd_add,
	&cmd_net,
	&cmd_why,
	&cmd_inspect,
	&cmd_logs,
	&cmd_stop,
	&cmd_rm,
	&cmd_rename,
	&cmd_pull,
	&cmd_push,
	&cmd_images,
	&cmd_image,
	&cmd_login,
	&cmd_logout,
	&cmd_config,
	&cmd_profile,
	&cmd_doctor,
	&cmd_help,
	&cmd_version,
	&cmd_console,
	&cmd_completion,
	&cmd_complete,
	NULL,
};
/* clang-format on */

struct program_options {
	bool version;
};

static const struct opt program_opts[] = {
	{.letter = 'V',
	 .name = "version",
	 .help = "print the version",
	 OPT_FLAG(struct program_options, version)},
	OPTS_END,
};

const struct command program_command = {
	.summary = "isolated shells for projects, without root",
	.usage = "[OPTIONS] COMMAND [ARGUMENTS]",
	.options = program_opts,
	.options_size = sizeof(struct program_options),
	.program = PROGRAM_VERBATIM,
	.max_words = 1,
	.words = {WORD_COMMAND},
};

int command_lookup(const struct command *group, const char *name, const struct command **ret,
		   struct err *e)
{
	const struct command *const *list = group ? group->subs : commands;
	cleanup_free char *prefix = group ? xasprintf("%s ", group->name) : xstrdup("");
	const char *near, *names[ARRAY_SIZE(commands)] = {NULL};
	size_t n = 0;

	for (size_t i = 0; list[i]; i++) {
		if (streq(command_last_name(list[i]), name)) {
			*ret = list[i];
			return 0;
		}
		if (!list[i]->hidden)
			names[n++] = command_last_name(list[i]);
	}
	near = nearest_word(name, names);
	if (near)
		return err_set(e, ERR_USAGE, "unknown command '%s%s': did you mean '%s%s'?", prefix,
			       name, prefix, near);
	return err_set(e, ERR_USAGE, "unknown command '%s%s': see 'sandbox help%s%s'", prefix, name,
		       group ? " " : "", group ? group->name : "");
}

void program_print_help(void)
{
	const struct opt *tables[] = {program_command.options, common_options};

	printf("Usage: sandbox %s\n\n%s\n\nCommands:\n", program_command.usage,
	       program_command.summary);
	commands_print(commands);
	printf("\nOptions:\n");
	options_print(tables, ARRAY_SIZE(tables));
	printf("\n'sandbox COMMAND --help' shows the options of a command. Manual: sandbox(1)\n");
}

/*
 * The caller may have closed 0, 1 or 2; the next open() would get that number, and the box's
 * directory would be written to as stderr. A closed stdout stays unwritable, so that lost output is
 * an error.
 */
static void open_standard_fds(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		int flags = fd == STDOUT_FILENO ? O_RDONLY : O_RDWR;

		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags) != fd)
			_exit(125);
	}
}

/* In any position: `sandbox --quiet pull` is `sandbox pull --quiet`. */
static bool quiet;

static void apply_common(const struct args *args)
{
	quiet |= args->quiet;
	stderr_report(quiet);
	if (args->debug)
		setenv("SANDBOX_DEBUG", "1", 1);
}

/* Executes it with the checked command line unchanged. */
static int execute_program(const struct command *cmd, char **words, int n, struct err *e)
{
	cleanup_free char *path = program_path(cmd->program_name), *name = xstrdup(cmd->name);
	cleanup_strv struct strv argv = {0};
	char *word, *rest = name;

	strv_push(&argv, path);
	while ((word = strsep(&rest, " ")))
		strv_push(&argv, word);
	if (quiet)
		strv_push(&argv, "--quiet");
	for (int i = 0; i < n; i++)
		strv_push(&argv, words[i]);
	/* It inherits what we were started with. */
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	execv(path, argv.v);
	return err_sys(e, errno, "cannot run '%s'", path);
}

static int run_command(const struct command *cmd, char **words, int *ret_status, struct err *e);

static int run_group(const struct command *group, const struct args *args, int *ret_status,
		     struct err *e)
{
	const struct command *cmd;
	int r;

	if (args->help || args->n == 0) {
		command_print_help(group);
		return 0;
	}
	r = command_lookup(group, args->v[0], &cmd, e);
	return r < 0 ? r : run_command(cmd, args->program, ret_status, e);
}

static int run_command(const struct command *cmd, char **words, int *ret_status, struct err *e)
{
	struct args args;
	int n = 0, r;

	while (words && words[n])
		n++;
	r = args_parse(cmd, n, n ? words : (char *[]){NULL}, &args, e);
	if (r < 0)
		return r;
	apply_common(&args);
	if (cmd->subs)
		r = run_group(cmd, &args, ret_status, e);
	else if (args.help)
		command_print_help(cmd);
	else if (cmd->program_name)
		r = execute_program(cmd, words, n, e);
	else
		r = cmd->run(&args, ret_status, e);
	args_clear(cmd, &args);
	return r;
}

/* A command and the rest of its line, after replacing other tools' words. */
static int run_words(char *name, char **rest, int *ret_status, struct err *e)
{
	cleanup_strv struct strv words = {0}, ours = {0};
	const struct command *cmd;
	int r;

	strv_push(&words, name);
	for (; rest && *rest; rest++)
		strv_push(&words, *rest);
	/* `container image ls` needs two replacements. */
	while ((r = habit_replace(words.v, &ours, e)) > 0 && ours.n) {
		strv_clear(&words);
		words = ours;
		ours = (struct strv){0};
	}
	if (r < 0)
		return r;
	r = command_lookup(NULL, words.n ? words.v[0] : name, &cmd, e);
	return r < 0 ? r : run_command(cmd, words.n > 1 ? words.v + 1 : NULL, ret_status, e);
}

static int run_program(int argc, char **argv, int *ret_status, struct err *e)
{
	const struct program_options *o;
	struct args args;
	int r;

	r = args_parse(&program_command, argc - 1, argv + 1, &args, e);
	if (r < 0)
		return r;
	apply_common(&args);
	o = args.options;
	if (o->version) {
		program_print_version();
	} else if (args.help || args.n == 0) {
		program_print_help();
		/* As in git: no command is an error. */
		*ret_status = !args.help;
	} else {
		r = run_words(args.v[0], args.program, ret_status, e);
	}
	args_clear(&program_command, &args);
	return r;
}

/* The last chance to learn that stdout was not written, like close(2) on NFS. */
static int finish_output(struct err *e)
{
	struct pollfd p = {.fd = STDOUT_FILENO};
	bool failed = ferror(stdout);
	int last_errno;
	ssize_t last;

	/* errno of the earlier write is lost. poll(2) still tells a broken pipe. */
	if (failed && poll(&p, 1, 0) == 1 && (p.revents & POLLERR))
		return err_sys(e, EPIPE, "cannot write the output");
	/*
	 * If the output was longer than the buffer it is incomplete anyway; writing one byte more
	 * gives the reason.
	 */
	last = failed ? write(STDOUT_FILENO, "\n", 1) : 0;
	last_errno = errno;
	if (fclose(stdout) != 0)
		return err_sys(e, errno, "cannot write the output");
	if (failed && last < 0)
		return err_sys(e, last_errno, "cannot write the output");
	if (failed)
		return err_set(e, EIO, "cannot write the output");
	return 0;
}

int main(int argc, char **argv)
{
	struct err e = {0};
	int status = 0, r, out;

	if (argc > 0)
		proc_remember_args(argc, argv);
	open_standard_fds();
	stderr_report(false);
	/*
	 * A reader that went away, and ulimit -f, are write errors here; sessions get the defaults
	 * back.
	 */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (argc < 1)
		return 125;
	r = run_program(argc, argv, &status, &e);
	out = r < 0 ? 0 : finish_output(&e);
	if (r == 0 && out == 0) {
		proc_die_as(status);
		return STATUS_EXIT(status);
	}
	/* Whoever closed the pipe knows, and needs no message. */
	if (e.code != ERR_SAID && (e.code != EPIPE || out == 0))
		fprintf(stderr, "sandbox: %s\n", e.msg);
	/* The interrupted operation has cleaned up; now end as any program does at Ctrl-C. */
	if (e.code == EINTR) {
		fflush(stdout);
		proc_die_as(STATUS_OF_SIGNAL(SIGINT));
	}
	return err_exit_status(&e);
}
