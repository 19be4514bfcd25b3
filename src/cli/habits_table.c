/*
 * habits_table.c - words and options of other tools, and their equivalents here.
 *
 * The first matching row counts, so longer ones come before shorter ones.
 */
#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "cli/habits.h"

#define SAY_BUILD                                                                           \
	"[packages] and [run] of sandbox.ini make an image's layers, 'sandbox init' reads " \
	"a Dockerfile, 'sandbox image import' takes what another tool has built"
#define SAY_COMPOSE                                                                   \
	"a section [service NAME] of sandbox.ini says what a compose file says of a " \
	"service, and 'sandbox up' starts them"
#define SAY_VOLUME                                                                              \
	"'--volume NAME:TARGET' of 'sandbox run', or 'TARGET = cache:NAME' in [mounts], makes " \
	"one when it is used"
#define SAY_NETWORK "'--network none' or 'host', or 'network =' in sandbox.ini"
#define SAY_BWRAP                                                                              \
	"'sandbox run --mount SOURCE:TARGET[:ro] IMAGE COMMAND' has options for what differs " \
	"from an isolated box; 'dir:/' is the system as it is, 'host' its /usr"
#define SAY_CREATE                                                                        \
	"'sandbox enter --image IMAGE' makes the box of this directory, 'sandbox run' a " \
	"throw-away "                                                                     \
	"one"
#define SAY_LIMITS "limits for a box are not implemented yet"
#define SAY_JSON   "'--json' prints all, and jq(1) picks"
#define SAY_POD	   "the boxes of this machine share its network"

const struct habit_word habit_words[] = {
	{"container ls", "ls", NULL},
	{"container ps", "ls", NULL},
	{"container list", "ls", NULL},
	{"container prune", NULL,
	 "throw-away boxes are removed when they end, others by 'sandbox rm'"},
	{"container", "", NULL},
	{"image list", "image ls", NULL},
	{"image build", NULL, SAY_BUILD},
	{"image load", NULL, "'sandbox image import FILE', '-' for standard input"},
	{"image save", NULL, "'sandbox image export IMAGE FILE', '-' for standard output"},
	{"image remove", "image rm", NULL},
	{"image pull", "pull", NULL},
	{"image push", "push", NULL},
	{"ps -a", "ls", NULL},
	{"ps --all", "ls", NULL},
	{"list", "ls", NULL},
	{"rmi", "image rm", NULL},
	{"tag", "image tag", NULL},
	{"history", "image history", NULL},
	{"load", NULL, "'sandbox image import FILE', '-' for standard input"},
	{"save", NULL, "'sandbox image export IMAGE FILE', '-' for standard output"},
	{"import", "image import", NULL},
	{"kill", "stop --time 0", NULL},
	{"remove", "rm", NULL},
	{"delete", "rm", NULL},
	{"shell", "enter", NULL},
	{"ephemeral", "run", NULL},
	{"system df", "image df", NULL},
	{"system prune", "image prune", NULL},
	{"system info", "doctor", NULL},
	{"info", "doctor", NULL},
	{"build", NULL, SAY_BUILD},
	{"buildx", NULL, SAY_BUILD},
	{"builder", NULL, SAY_BUILD},
	{"commit", NULL, "'sandbox seal' makes an image of a project's prepared environment"},
	{"compose", NULL, SAY_COMPOSE},
	{"devcontainer", NULL, "'sandbox init' reads devcontainer.json, then 'sandbox enter'"},
	{"start", NULL, "'sandbox enter BOX' starts a box that does not run"},
	{"create", NULL, SAY_CREATE},
	{"assemble", NULL, SAY_CREATE},
	{"attach", NULL,
	 "'sandbox logs -f BOX' shows its output, 'sandbox exec BOX sh' is a shell"},
	{"cp", NULL,
	 "a project's directory is the same inside; else 'sandbox exec BOX cat FILE >FILE'"},
	{"top", NULL,
	 "'sandbox ps' lists the processes of all boxes; the host's top(1) shows them"},
	{"stats", NULL,
	 "'sandbox ps' lists the processes of all boxes; the host's top(1) shows them"},
	{"pause", NULL, "'kill -STOP' of a process that 'sandbox ps' lists stops it"},
	{"unpause", NULL, "'kill -CONT' of a process that 'sandbox ps' lists continues it"},
	{"update", NULL, "'sandbox.ini' says what a box is; it is read at each start"},
	{"upgrade", NULL, "'sandbox enter --root' and the system's package manager"},
	{"network", NULL, SAY_NETWORK},
	{"pod", NULL, SAY_POD},
	{"search", NULL, "the web page of a registry searches; 'sandbox pull IMAGE' gets one"},
	{"events", NULL, "'sandbox ls' lists boxes, 'sandbox ps' their processes"},
	{"init-container", NULL, "'sandbox enter' does what is needed"},
	{NULL, NULL, NULL},
};

/* 512m, 2g, 1073741824; not SOURCE:TARGET. */
static bool is_size(const char *value)
{
	size_t n = strspn(value, "0123456789");

	return n && strlen(value + n) <= 2 && strspn(value + n, "bkmgBKMG") == strlen(value + n);
}

static bool is_missing(const char *value)
{
	return streq(value, "missing") || streq(value, "never");
}

static bool is_no(const char *value)
{
	return streq(value, "no");
}

static bool is_keep_id(const char *value)
{
	return starts_with(value, "keep-id");
}

static bool is_private(const char *value)
{
	return streq(value, "private");
}

static bool is_no_driver(const char *value)
{
	return !streq(value, "none") && !streq(value, "host") && !streq(value, "gateway");
}

#define RUN	 "run "
#define RUN_EXEC "run exec "
#define SAY_FORMAT(c, l)                                                                         \
	{                                                                                        \
		.commands = (c), .letter = (l), .name = "format", .value = true, .say = SAY_JSON \
	}
#define BWRAP(n)                                              \
	{                                                     \
		.commands = "", .name = (n), .say = SAY_BWRAP \
	}

const struct habit_option habit_options[] = {
	{.commands = RUN_EXEC, .letter = 'i', .name = "interactive"},
	{.commands = RUN_EXEC, .letter = 't', .name = "tty"},
	{.commands = RUN, .name = "rm"},
	{.commands = RUN, .name = "init"},
	{.commands = RUN, .name = "sig-proxy"},
	{.commands = RUN, .name = "no-healthcheck"},
	{.commands = RUN, .name = "shm-size", .value = true},
	{.commands = RUN,
	 .name = "pull",
	 .value = true,
	 .fits = is_missing,
	 .say = "'sandbox pull IMAGE' looks for a newer one"},
	{.commands = RUN,
	 .name = "restart",
	 .value = true,
	 .fits = is_no,
	 .say = "a box is not started again when its command has ended"},
	{.commands = RUN,
	 .name = "userns",
	 .value = true,
	 .fits = is_keep_id,
	 .say = "a box has you as yourself, and as root with '--root'"},
	{.commands = RUN,
	 .name = "ipc",
	 .value = true,
	 .fits = is_private,
	 .say = "a box always has its own"},
	{.commands = RUN,
	 .name = "pid",
	 .value = true,
	 .fits = is_private,
	 .say = "a box always has its own"},
	{.commands = RUN,
	 .name = "uts",
	 .value = true,
	 .fits = is_private,
	 .say = "a box always has its own"},
	{.commands = RUN,
	 .name = "cgroupns",
	 .value = true,
	 .fits = is_private,
	 .say = "a box always has its own"},
	{.commands = "run enter ", .name = "net", .value = true, .same = "network"},
	{.commands = RUN,
	 .letter = 'P',
	 .name = "publish-all",
	 .say = "'--publish PORT' for each one, and 'sandbox port' prints where it is"},
	{.commands = "try matrix seal config ",
	 .letter = 'p',
	 .value = true,
	 .say = "'--profile PROFILE' adds a profile"},
	{.commands = RUN,
	 .letter = 'm',
	 .name = "memory",
	 .value = true,
	 .meant = is_size,
	 .say = SAY_LIMITS},
	{.commands = RUN, .name = "memory-swap", .value = true, .say = SAY_LIMITS},
	{.commands = RUN, .letter = 'c', .name = "cpus", .value = true, .say = SAY_LIMITS},
	{.commands = RUN, .name = "cpu-shares", .value = true, .say = SAY_LIMITS},
	{.commands = RUN, .name = "pids-limit", .value = true, .say = SAY_LIMITS},
	{.commands = RUN,
	 .name = "ulimit",
	 .value = true,
	 .say = "a box has your own: ulimit in the shell before it"},
	{.commands = RUN_EXEC,
	 .name = "privileged",
	 .say = "a box never has more rights than you; '--root' is root in it"},
	{.commands = RUN,
	 .name = "cap-add",
	 .value = true,
	 .say = "a box never has more rights than you; '--root' is root in it"},
	{.commands = RUN,
	 .name = "cap-drop",
	 .value = true,
	 .say = "without '--root' a command has none"},
	{.commands = RUN,
	 .name = "security-opt",
	 .value = true,
	 .say = "a box always has its seccomp filter and no_new_privs; 'nested', 'perf' and "
		"'io-uring' in a profile widen the filter"},
	{.commands = RUN,
	 .name = "device",
	 .value = true,
	 .say = "sandbox.ini and profiles lend devices: see sandbox.ini(5)"},
	{.commands = RUN, .name = "gpus", .value = true, .say = "'gpu = yes' in a profile"},
	{.commands = RUN,
	 .name = "tmpfs",
	 .value = true,
	 .say = "'TARGET = tmpfs' in [mounts] of a profile; what a throw-away box writes is in "
		"memory anyway"},
	{.commands = RUN,
	 .name = "read-only",
	 .say = "what a throw-away box writes is gone with it"},
	{.commands = RUN_EXEC,
	 .name = "env-file",
	 .value = true,
	 .say = "'--env NAME=VALUE', or [env] of a profile"},
	{.commands = RUN,
	 .letter = 'l',
	 .name = "label",
	 .value = true,
	 .say = "boxes have only a name: '--name'"},
	{.commands = RUN, .name = "link", .value = true, .say = SAY_POD},
	{.commands = RUN,
	 .name = "add-host",
	 .value = true,
	 .say = "a box has this machine's /etc/hosts"},
	{.commands = RUN,
	 .name = "dns",
	 .value = true,
	 .say = "a box has this machine's name servers"},
	{.commands = RUN, .name = "volumes-from", .value = true, .say = SAY_VOLUME},
	{.commands = RUN,
	 .name = "platform",
	 .value = true,
	 .say = "'sandbox pull --platform' gets an image of another one"},
	{.commands = RUN,
	 .letter = 'a',
	 .name = "attach",
	 .value = true,
	 .say = "the command has your standard input and output"},
	{.commands = RUN,
	 .letter = 'h',
	 .value = true,
	 .say = "'-h' is help here: the host name is '--hostname'"},
	{.commands = "run enter ",
	 .name = "container",
	 .value = true,
	 .say = "'sandbox enter BOX' or 'sandbox exec BOX COMMAND'"},
	{.commands = "enter ", .letter = 'c', .value = true, .say = "'sandbox enter BOX'"},
	{.commands = "enter ",
	 .letter = 'n',
	 .value = true,
	 .meant = is_no_driver,
	 .say = "'-n' is '--network' here: a box is an argument, 'sandbox enter BOX'"},
	{.commands = "exec enter ",
	 .name = "workspace-directory",
	 .value = true,
	 .say = "the directory is an argument: 'sandbox enter DIR'"},
	{.commands = "rm ", .letter = 'v', .name = "volumes"},
	{.commands = "ls images ", .letter = 'a', .name = "all"},
	{.commands = "stop ",
	 .letter = 's',
	 .name = "signal",
	 .value = true,
	 .say = "'sandbox exec BOX kill -SIGNAL PID' sends one"},
	SAY_FORMAT("ls ps images ", 0),
	SAY_FORMAT("inspect image inspect ", 'f'),
	{.commands = "logs ", .name = "since", .value = true, .say = "'--timestamps' shows when"},
	{.commands = "export ",
	 .letter = 'b',
	 .name = "bin",
	 .value = true,
	 .say = "'sandbox export BOX PROGRAM'"},
	{.commands = "export ",
	 .letter = 'a',
	 .name = "app",
	 .value = true,
	 .say = "'sandbox export BOX PROGRAM'"},
	BWRAP("bind"),
	BWRAP("bind-try"),
	BWRAP("ro-bind"),
	BWRAP("ro-bind-try"),
	BWRAP("dev-bind"),
	BWRAP("dev"),
	BWRAP("proc"),
	BWRAP("tmpfs"),
	BWRAP("symlink"),
	BWRAP("chdir"),
	BWRAP("setenv"),
	BWRAP("clearenv"),
	BWRAP("unshare-all"),
	BWRAP("unshare-user"),
	BWRAP("unshare-net"),
	BWRAP("unshare-pid"),
	BWRAP("unshare-ipc"),
	BWRAP("unshare-uts"),
	BWRAP("share-net"),
	BWRAP("die-with-parent"),
	BWRAP("new-session"),
	BWRAP("as-pid-1"),
	BWRAP("cap-drop"),
	BWRAP("hostname"),
	{.commands = NULL},
};
