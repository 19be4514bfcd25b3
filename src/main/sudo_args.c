/*
 * sudo_args.c - sudo(8)'s options, long and short, mixed with NAME=value.
 *
 * Accepts all of them. Those about passwords have no effect, since none is asked for; those that a
 * sudoers file would have to allow are refused, with sudo's messages.
 */
#include "main/sudo_args.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

static const char usage[] =
	"usage: sudo -h | -K | -k | -V\n"
	"usage: sudo -v [-ABkNnS] [-g group] [-p prompt] [-u user]\n"
	"usage: sudo -l [-ABkNnS] [-g group] [-p prompt] [-U user] [-u user] [command [arg ...]]\n"
	"usage: sudo [-ABbEHkNnPS] [-C num] [-D directory] [-g group] [-p prompt] [-u user]\n"
	"            [VAR=value] [-i | -s] [command [arg ...]]\n"
	"This one makes you root of the box, or another user of it, without a password.\n";

static const char letters[] = "+Aa:BbC:c:D:Eeg:Hh::iKklNnPp:R:r:SsT:t:U:u:Vv";

static const struct option names[] = {
	{"askpass", no_argument, NULL, 'A'},
	{"background", no_argument, NULL, 'b'},
	{"bell", no_argument, NULL, 'B'},
	{"chdir", required_argument, NULL, 'D'},
	{"chroot", required_argument, NULL, 'R'},
	{"close-from", required_argument, NULL, 'C'},
	{"command-timeout", required_argument, NULL, 'T'},
	{"edit", no_argument, NULL, 'e'},
	{"group", required_argument, NULL, 'g'},
	{"help", no_argument, NULL, 'h'},
	{"host", required_argument, NULL, 'h'},
	{"list", no_argument, NULL, 'l'},
	{"login", no_argument, NULL, 'i'},
	{"no-update", no_argument, NULL, 'N'},
	{"non-interactive", no_argument, NULL, 'n'},
	{"other-user", required_argument, NULL, 'U'},
	{"preserve-env", optional_argument, NULL, 'E'},
	{"preserve-groups", no_argument, NULL, 'P'},
	{"prompt", required_argument, NULL, 'p'},
	{"remove-timestamp", no_argument, NULL, 'K'},
	{"reset-timestamp", no_argument, NULL, 'k'},
	{"role", required_argument, NULL, 'r'},
	{"set-home", no_argument, NULL, 'H'},
	{"shell", no_argument, NULL, 's'},
	{"stdin", no_argument, NULL, 'S'},
	{"type", required_argument, NULL, 't'},
	{"user", required_argument, NULL, 'u'},
	{"validate", no_argument, NULL, 'v'},
	{"version", no_argument, NULL, 'V'},
	{0},
};

struct seen {
	bool list, validate, forget, reset, host;
};

void sudo_usage(FILE *to)
{
	fputs(usage, to);
}

void sudo_args_clear(struct sudo_args *a)
{
	strv_clear(&a->keep);
	strv_clear(&a->set);
}

static bool refuse(const char *why)
{
	fprintf(stderr, "sudo: %s\n", why);
	return false;
}

static bool misused(const char *why)
{
	refuse(why);
	sudo_usage(stderr);
	return false;
}

static void keep_listed(struct sudo_args *a, const char *list)
{
	cleanup_free char *copy = xstrdup(list);
	char *rest = copy, *name;

	while ((name = strsep(&rest, ",")))
		if (*name)
			strv_push(&a->keep, name);
}

/* No command gets descriptors of ours beyond 0 to 2, so -C has nothing left to close. */
static bool is_close_from(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	return *text && !*end && n >= 3;
}

/* `-h HOST`, but `-h` alone is help. */
static void take_host(char **argv, struct sudo_args *a, struct seen *seen)
{
	bool word = !optarg && argv[optind] && argv[optind][0] != '-';

	optind += word;
	if (word || optarg)
		seen->host = true;
	else
		a->mode = SUDO_HELP;
}

static bool take_refused(int c)
{
	switch (c) {
	case 'R':
		return refuse(
			"you are not permitted to use the -R option here: run chroot as root");
	case 'T':
		return refuse("sorry, you are not permitted to set a command timeout: run timeout");
	case 'r':
	case 't':
		return refuse("there are no SELinux roles and types in a box");
	default:
		sudo_usage(stderr); /* completes the message of getopt_long() */
		return false;
	}
}

static bool take_option(int c, char **argv, struct sudo_args *a, struct seen *seen)
{
	if (optarg && !*optarg && strchr("DgUu", c)) {
		sudo_usage(stderr);
		return false;
	}
	switch (c) {
	case 'u':
		a->user = optarg;
		return true;
	case 'g':
		a->group = optarg;
		return true;
	case 'U':
		a->other_user = optarg;
		return true;
	case 'D':
		a->dir = optarg;
		return true;
	case 'E':
		if (optarg)
			keep_listed(a, optarg);
		else
			a->keep_env = true;
		return true;
	case 'C':
		return is_close_from(optarg) ||
		       misused("the argument to -C must be a number greater than or equal to 3");
	case 'h':
		take_host(argv, a, seen);
		return true;
	default:
		break;
	}
	a->set_home |= c == 'H';
	a->keep_groups |= c == 'P';
	a->background |= c == 'b';
	a->login |= c == 'i';
	a->shell |= c == 's';
	seen->list |= c == 'l';
	seen->validate |= c == 'v';
	seen->forget |= c == 'K';
	seen->reset |= c == 'k';
	if (c == 'V')
		a->mode = SUDO_VERSION;
	if (c == 'e')
		a->mode = SUDO_EDIT;
	return strchr("HPbislvKkVeABNnSp", c) || take_refused(c);
}

static bool check(struct sudo_args *a, const struct seen *seen)
{
	bool command = a->argv[0] || a->login || a->shell;

	if (a->login && a->shell)
		return misused("you may not specify both the -i and -s options");
	if (a->login && a->keep_env)
		return misused("you may not specify both the -i and -E options");
	if (a->other_user && !seen->list)
		return misused("the -U option may only be used with the -l option");
	if (seen->host && !seen->list)
		return refuse("a remote host may only be specified when listing privileges.");
	if (a->mode != SUDO_RUN)
		return true;
	if (seen->list)
		a->mode = SUDO_LIST;
	else if (seen->validate || seen->forget || (seen->reset && !command))
		a->mode = SUDO_NOTHING;
	if ((seen->validate || seen->forget) && command)
		sudo_usage(stderr);
	else if (a->mode == SUDO_RUN && !command)
		sudo_usage(stderr);
	else
		return true;
	return false;
}

bool sudo_args_parse(int argc, char **argv, struct sudo_args *out)
{
	struct seen seen = {0};
	int c;

	argv[0] = (char *)"sudo"; /* for the messages of getopt_long() */
	for (;;) {
		if ((c = getopt_long(argc, argv, letters, names, NULL)) != -1) {
			if (!take_option(c, argv, out, &seen))
				return false;
		} else if (argv[optind] && !streq(argv[optind - 1], "--") &&
			   argv[optind][0] != '/' && strchr(argv[optind], '=')) {
			strv_push(&out->set, argv[optind++]);
		} else {
			break;
		}
	}
	out->argv = argv + optind;
	return check(out, &seen);
}
