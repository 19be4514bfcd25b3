/*
 * image_main.c - sandbox-image: everything about images, run by `sandbox` with its own words.
 *
 * Promises the same exit status and one-line errors as `sandbox`. Ctrl-C ends a transfer cleanly:
 * what was downloaded is kept, and the same command continues from there.
 */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/proc.h"
#include "cli/image/image_common.h"
#include "cli/image/progress.h"
#include "cli/image_commands.h"
#include "cli/stderr_report.h"
#include "image/registry/registry.h"

static const struct {
	const struct command *command;
	int (*run)(const struct args *args, int *ret_status, struct err *e);
} functions[] = {
	{&cmd_pull, image_cmd_pull},
	{&cmd_push, image_cmd_push},
	{&cmd_images, image_cmd_images},
	{&cmd_login, image_cmd_login},
	{&cmd_logout, image_cmd_logout},
	{&cmd_image_import, image_cmd_import},
	{&cmd_image_export, image_cmd_export},
	{&cmd_image_bootstrap, image_cmd_bootstrap},
	{&cmd_image_build, image_cmd_build},
	{&cmd_image_prepare, image_cmd_prepare},
	{&cmd_image_devcontainer, image_cmd_devcontainer},
	{&cmd_image_lock, image_cmd_lock},
	{&cmd_image_cdi, image_cmd_cdi},
	{&cmd_image_prebuilt, image_cmd_prebuilt},
	{&cmd_image_seal, image_cmd_seal},
	{&cmd_image_pack, image_cmd_pack},
	{&cmd_image_tag, image_cmd_tag},
	{&cmd_image_rm, image_cmd_rm},
	{&cmd_image_inspect, image_cmd_inspect},
	{&cmd_image_history, image_cmd_history},
	{&cmd_image_tree, image_cmd_tree},
	{&cmd_image_prune, image_cmd_prune},
	{&cmd_image_df, image_cmd_df},
	{&cmd_image_verify, image_cmd_verify},
	{&cmd_image_ls, image_cmd_images},
};

static volatile sig_atomic_t caught;

static void on_signal(int sig)
{
	caught = sig;
	registry_interrupt();
}

/* Once; a second signal has its default action. */
static void catch_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

/* `image import` is named by two words, `pull` by one. */
static size_t find_function(int argc, char **argv, int *ret_words)
{
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		cleanup_free char *name = xstrdup(functions[i].command->name);
		char *rest = name, *word;
		int n = 1;

		while ((word = strsep(&rest, " ")) && n < argc && streq(argv[n], word))
			n++;
		if (!word) {
			*ret_words = n;
			return i;
		}
	}
	return ARRAY_SIZE(functions);
}

static int run(int argc, char **argv, int *ret_status, struct err *e)
{
	int words = 0, r;
	size_t i = find_function(argc, argv, &words);
	struct args args;

	if (i == ARRAY_SIZE(functions))
		return err_set(e, ERR_USAGE, "this program is run by 'sandbox'");
	r = args_parse(functions[i].command, argc - words, argv + words, &args, e);
	if (r < 0)
		return r;
	stderr_report(args.quiet);
	if (args.debug)
		setenv("SANDBOX_DEBUG", "1", 1);
	r = functions[i].run(&args, ret_status, e);
	progress_end();
	args_clear(functions[i].command, &args);
	return r;
}

int main(int argc, char **argv)
{
	struct err e = {0};
	int status = 0, r;

	catch_signals();
	/* For libarchive only: names in PAX headers are UTF-8, and their bytes must not change. */
	setlocale(LC_CTYPE, "C.UTF-8");
	r = run(argc, argv, &status, &e);
	if (r == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		r = err_sys(&e, errno ? errno : EIO, "cannot write the output");
	if (r == 0)
		return status;
	if (caught) {
		fprintf(stderr, "sandbox: interrupted%s\n",
			argc > 1 && streq(argv[1], "pull") ? "; what was downloaded is kept, the "
							     "same command continues from there"
							   : "");
		proc_die_as(STATUS_OF_SIGNAL(caught));
	}
	if (e.code != EPIPE)
		fprintf(stderr, "sandbox: %s\n", e.msg);
	return err_exit_status(&e);
}
