/*
 * schema_table.c - the table of sections and keys, and the checks that types cannot do.
 *
 * Owns every word that a project file or profile may contain, and its properties. `sandbox config`
 * prints built-in values in the order of the rows.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"
#include "config/env.h"
#include "config/host_names.h"
#include "config/mount_value.h"
#include "config/port_value.h"
#include "config/schema.h"
#include "config/service_value.h"
#include "config/value.h"
#include "netpolicy/rule.h"

static int check_name(const char *value, struct err *e)
{
	if (value_name(value))
		return 0;
	return err_set(e, ERR_USAGE,
		       "expected letters, digits, '_', '.' and '-', beginning with a letter or "
		       "digit, 63 bytes at most");
}

static int check_devcontainer(const char *value, struct err *e)
{
	if (*value && *value != '/' && !strpbrk(value, "\n\t"))
		return 0;
	return err_set(e, ERR_USAGE,
		       "expected yes, no, a name in .devcontainer, or the path of a Dockerfile in "
		       "the project");
}

static int check_hostname(const char *value, struct err *e)
{
	if (value_name(value) && !strchr(value, '_'))
		return 0;
	return err_set(e, ERR_USAGE,
		       "expected letters, digits, '.' and '-', beginning with a letter or digit, "
		       "63 bytes at most");
}

static int check_image(const char *value, struct err *e)
{
	if (starts_with(value, "dir:"))
		return value[4] ? 0 : err_set(e, ERR_USAGE, "expected a directory after 'dir:'");
	if (*value && *value != '-' && !strpbrk(value, " \t,"))
		return 0;
	return err_set(e, ERR_USAGE, "expected 'host', 'dir:PATH' or an image's name");
}

/* True for "..", "../x", "x/..", "x/../y". */
static bool has_dotdot(const char *path)
{
	for (const char *p = path; (p = strstr(p, "..")); p += 2)
		if ((p == path || p[-1] == '/') && (!p[2] || p[2] == '/'))
			return true;
	return false;
}

/* Each must be inside the project. */
static int check_protect(const char *value, struct err *e)
{
	cleanup_strv struct strv words = {0};

	value_words(value, &words);
	for (size_t i = 0; i < words.n; i++)
		if (words.v[i][0] == '/' || words.v[i][0] == '~' || has_dotdot(words.v[i]) ||
		    !words.v[i][strspn(words.v[i], "./")])
			return err_set(e, ERR_USAGE,
				       "'%s' is not a path in the project: expected one such as "
				       ".git/hooks, without '..'",
				       words.v[i]);
	return 0;
}

static int check_devices(const char *value, struct err *e)
{
	cleanup_strv struct strv words = {0};

	value_words(value, &words);
	for (size_t i = 0; i < words.n; i++)
		if (has_dotdot(words.v[i]) ||
		    (words.v[i][0] == '/' && !starts_with(words.v[i], "/dev/")))
			return err_set(e, ERR_USAGE,
				       "'%s' is not a device: expected a name below /dev, such as "
				       "ttyUSB0 or /dev/net/tun",
				       words.v[i]);
	return 0;
}

static int check_repository(const char *value, struct err *e)
{
	const char *name = strrchr(value, '/');

	if (name && !strpbrk(value, " \t,@") && !strchr(name, ':'))
		return 0;
	return err_set(e, ERR_USAGE, "expected REGISTRY/NAME, without a tag");
}

/* In any spelling. */
static int refuse_own(const char *target, struct err *e)
{
	cleanup_free char *path = path_normalize("/", target);

	if (streq(path, "/run") || path_is_beneath(path, "/run/sandbox"))
		return err_set(e, ERR_USAGE, "'%s' is sandbox's own", target);
	return 0;
}

static int check_project(const char *value, struct err *e)
{
	int r;

	if (streq(value, "no"))
		return 0;
	r = refuse_own(value, e);
	if (r < 0)
		return r;
	if (value[0] == '/' && value[strspn(value, "/")] && !has_dotdot(value))
		return 0;
	return err_set(e, ERR_USAGE, "expected 'no' or an absolute path without '..', not '/'");
}

static int check_workdir(const char *value, struct err *e)
{
	return *value == '/' ? 0 : err_set(e, ERR_USAGE, "expected an absolute path in the box");
}

/* Empty: you, whatever a lower source says. */
static int check_user(const char *value, struct err *e)
{
	if (*value != '-' && !strpbrk(value, " \t/"))
		return 0;
	return err_set(e, ERR_USAGE, "expected USER or USER:GROUP, names or numbers of the box");
}

static int check_shell(const char *value, struct err *e)
{
	if (*value == '/' || (*value && !strchr(value, '/') && !strpbrk(value, " \t")))
		return 0;
	return err_set(e, ERR_USAGE, "expected an absolute path or a program's name");
}

static int check_env_key(const char *key, struct err *e)
{
	if (value_env_name(key))
		return 0;
	return err_set(e, ERR_USAGE, "expected a variable's name: letters, digits and '_'");
}

static int check_env_value(const char *value, struct err *e)
{
	cleanup_free char *expanded = NULL;

	return env_expand(value, NULL, &expanded, e);
}

static int check_mount_target(const char *key, struct err *e)
{
	bool absolute = key[0] == '/' && key[strspn(key, "/.")];
	int r;

	r = refuse_own(key, e);
	if (r < 0)
		return r;
	if ((absolute || streq(key, "~") || starts_with(key, "~/")) && !has_dotdot(key))
		return 0;
	return err_set(e, ERR_USAGE,
		       "expected an absolute path in the box or '~/...', without '..', not '/'");
}

static int check_mount_value(const char *value, struct err *e)
{
	struct mount_value mount = {0};
	int r = mount_value_parse(value, &mount, e);

	free(mount.source);
	return r;
}

static int check_not_empty(const char *value, struct err *e)
{
	return *value ? 0 : err_set(e, ERR_USAGE, "expected a value");
}

/* A name that begins with '-' would be an option of the package manager. */
static int check_packages(const char *value, struct err *e)
{
	cleanup_strv struct strv words = {0};

	value_words(value, &words);
	for (size_t i = 0; i < words.n; i++)
		if (words.v[i][0] == '-')
			return err_set(e, ERR_USAGE, "'%s' is an option, not a package",
				       words.v[i]);
	return 0;
}

static int check_step(const char *key, struct err *e)
{
	unsigned long n;

	if (key[0] != '0' && value_number(key, 1, 9999, &n))
		return 0;
	return err_set(e, ERR_USAGE, "expected the step's number, 1 to 9999");
}

static int check_ports(const char *key, const char *value, struct err *e)
{
	cleanup_strv struct strv words = {0};
	struct port_value port;
	int r = 0;

	value_words(value, &words);
	if (!words.n)
		return err_set(e, ERR_USAGE, "expected a port of the box after '%.80s ='", key);
	for (size_t i = 0; r == 0 && i < words.n; i++) {
		r = port_value_parse(key, words.v[i], &port, e);
		if (r == 0 && port.host && words.n > 1)
			r = err_set(e, ERR_USAGE,
				    "port '%.80s' of the host is for one of the box, not for "
				    "'%.80s'",
				    key, value);
	}
	return r;
}

static int check_rules(const char *value, struct err *e)
{
	cleanup_strv struct strv words = {0};
	struct net_rule rule;

	value_words(value, &words);
	for (size_t i = 0; i < words.n; i++)
		if (net_rule_parse(words.v[i], &rule, e) < 0)
			return err_add(e, "'%.80s'", words.v[i]);
	return 0;
}

static int check_cpus(const char *value, struct err *e)
{
	char *end;
	double n = strtod(value, &end);

	if (value[strspn(value, "0123456789.")] == '\0' && !*end && n > 0 && n <= 4096)
		return 0;
	return err_set(e, ERR_USAGE, "expected a number of CPUs such as 2 or 0.5");
}

/* Of the key env.NAME. Some programs have settings with dots there. */
static int check_service_file_key(const char *key, struct err *e)
{
	const char *target = key + strlen("file.");

	return *target == '/' ? check_mount_target(target, e)
			      : err_set(e, ERR_USAGE, "expected file./PATH");
}

static int check_service_file(const char *value, struct err *e)
{
	return starts_with(value, MOUNT_TEXT) ? check_mount_value(value, e)
					      : err_set(e, ERR_USAGE, "expected text:MODE:TEXT");
}

static int check_service_env_key(const char *key, struct err *e)
{
	cleanup_free char *name = xstrdup(key + strlen("env."));

	for (char *c = name; *c; c++)
		if (c > name && *c == '.')
			*c = '_';
	return check_env_key(name, e);
}

static int check_service_words(const char *value, struct err *e)
{
	cleanup_strv struct strv words = {0};

	return service_words(value, &words, e);
}

static int check_service_volumes(const char *value, struct err *e)
{
	cleanup_strv struct strv words = {0};
	int r = 0;

	value_words(value, &words);
	for (size_t i = 0; r == 0 && i < words.n; i++) {
		cleanup_free char *target = NULL, *source = NULL;

		r = service_volume_split(words.v[i], &target, &source, e);
		if (r == 0)
			r = refuse_own(target, e);
	}
	return r;
}

static int check_service_tmpfs(const char *value, struct err *e)
{
	cleanup_strv struct strv words = {0};
	int r = 0;

	value_words(value, &words);
	for (size_t i = 0; r == 0 && i < words.n; i++)
		r = check_mount_target(words.v[i], e);
	return r;
}

static int check_service_ports(const char *value, struct err *e)
{
	cleanup_strv struct strv words = {0};
	int r = 0;

	value_words(value, &words);
	for (size_t i = 0; r == 0 && i < words.n; i++) {
		cleanup_free char *host = NULL, *box = NULL;
		struct port_value port;

		port_value_split(words.v[i], &host, &box);
		r = port_value_parse(host, box, &port, e);
	}
	return r;
}

static int check_service_health(const char *value, struct err *e)
{
	struct service_health health = {0};
	int r = service_health_parse(value, &health, e);

	free(health.text);
	return r;
}

static int check_service_restart(const char *value, struct err *e)
{
	struct service_restart restart;

	return service_restart_parse(value, &restart, e);
}

static int check_signal(const char *value, struct err *e)
{
	return value_signal(value) ? 0
				   : err_set(e, ERR_USAGE, "expected a signal such as INT or QUIT");
}

static int check_names(const char *value, struct err *e)
{
	cleanup_strv struct strv words = {0};

	value_words(value, &words);
	for (size_t i = 0; i < words.n; i++)
		if (!value_name(words.v[i]))
			return err_set(e, ERR_USAGE, "'%s' is not a name", words.v[i]);
	return 0;
}

/* A time that passes: neither nothing nor for ever. */
static int check_lasting(const char *value, struct err *e)
{
	long ms = 0;

	return value_duration(value, &ms) && ms > 0
		       ? 0
		       : err_set(e, ERR_USAGE, "expected a duration above 0");
}

/* clang-format off */
const struct schema_key schema_keys[N_KEYS] = {
	[KEY_NAME] = {.section = "sandbox", .key = "name",
	 .acts = ACTS_CREATE, .asked = ASKED_NEVER, .check_value = check_name,
	 .help = "the box's name; default: the directory's name"},
	[KEY_IMAGE] = {.section = "sandbox", .key = "image",
	 .acts = ACTS_CREATE, .asked = ASKED_IMAGE, .reaches = REACHES_PROJECTS, .deny = "mounts",
	 .value = "host", .check_value = check_image,
	 .help = "what the box is made of: host, dir:PATH or an image's name"},
	[KEY_PROFILE] = {.section = "sandbox", .key = "profile",
	 .acts = ACTS_READ, .asked = ASKED_NEVER, .type = SCHEMA_LIST,
	 .help = "profiles merged below this file, in order"},
	[KEY_INCLUDE] = {.section = "sandbox", .key = "include",
	 .acts = ACTS_READ, .asked = ASKED_NEVER, .type = SCHEMA_LIST,
	 .help = "files or profiles merged right below this file"},
	[KEY_DEVCONTAINER] = {.section = "sandbox", .key = "devcontainer",
	 .acts = ACTS_READ, .asked = ASKED_NEVER, .value = "yes", .check_value = check_devcontainer,
	 .help = "the devcontainer.json: yes, no, the name of one in .devcontainer, or a Dockerfile"},
	[KEY_NETWORK] = {.section = "sandbox", .key = "network",
	 .acts = ACTS_START, .asked = ASKED_VALUE, .reaches = REACHES_NETWORK, .deny = "network",
	 .type = SCHEMA_WORD, .closed = "none", .value = "gateway", .words = "gateway host none pasta",
	 .help = "how the box reaches the network"},
	[KEY_LINGER] = {.section = "sandbox", .key = "linger",
	 .acts = ACTS_START, .asked = ASKED_NEVER, .type = SCHEMA_DURATION, .value = "10s",
	 .help = "how long the box stays after its last session"},
	[KEY_SERVICES] = {.section = "sandbox", .key = "services",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .type = SCHEMA_WORD, .value = "auto",
	 .words = "auto no",
	 .help = "whether enter starts the services of [service NAME]"},
	[KEY_HOME] = {.section = "sandbox", .key = "home",
	 .acts = ACTS_START, .asked = ASKED_VALUE, .reaches = REACHES_ALL, .deny = "home",
	 .type = SCHEMA_WORD, .closed = "own", .value = "own", .words = "own host",
	 .help = "a home of the box's own, or the one of the host"},
	[KEY_PROJECT] = {.section = "sandbox", .key = "project",
	 .acts = ACTS_START, .asked = ASKED_NEVER, .check_value = check_project,
	 .help = "where the project's directory is mounted in the box, or no; default: its path"},
	[KEY_WORKDIR] = {.section = "sandbox", .key = "workdir",
	 .acts = ACTS_SESSION, .asked = ASKED_NEVER, .check_value = check_workdir,
	 .help = "where sessions begin that are started in the project's top directory"},
	[KEY_IDMAP] = {.section = "sandbox", .key = "idmap",
	 .acts = ACTS_CREATE, .asked = ASKED_NEVER, .type = SCHEMA_WORD, .value = "single",
	 .words = "single", .later = "subid",
	 .help = "how ids are mapped: only your uid"},
	[KEY_NESTED] = {.section = "sandbox", .key = "nested",
	 .acts = ACTS_START, .asked = ASKED_VALUE, .reaches = REACHES_KERNEL, .deny = "nested",
	 .type = SCHEMA_BOOL, .value = "no",
	 .help = "allow namespaces and mounts, and so boxes, inside the box"},
	[KEY_IO_URING] = {.section = "sandbox", .key = "io-uring",
	 .acts = ACTS_START, .asked = ASKED_VALUE, .reaches = REACHES_KERNEL, .deny = "io-uring",
	 .type = SCHEMA_BOOL, .value = "no",
	 .help = "allow io_uring"},
	[KEY_PERF] = {.section = "sandbox", .key = "perf",
	 .acts = ACTS_START, .asked = ASKED_VALUE, .reaches = REACHES_KERNEL, .deny = "perf",
	 .type = SCHEMA_BOOL, .value = "no",
	 .help = "allow perf_event_open"},
	[KEY_SUDO] = {.section = "sandbox", .key = "sudo",
	 .acts = ACTS_START, .asked = ASKED_NEVER, .deny = "sudo", .type = SCHEMA_BOOL,
	 .value = "yes",
	 .help = "offer sudo inside the box"},
	[KEY_ROOT] = {.section = "sandbox", .key = "root",
	 .acts = ACTS_SESSION, .asked = ASKED_NEVER, .deny = "root", .type = SCHEMA_BOOL,
	 .value = "no",
	 .help = "start sessions as the box's root"},
	[KEY_USER] = {.section = "sandbox", .key = "user",
	 .acts = ACTS_SESSION, .asked = ASKED_NEVER, .deny = "root", .check_value = check_user,
	 .help = "the user of the box that sessions and hooks are; default: you"},
	[KEY_SHELL] = {.section = "sandbox", .key = "shell",
	 .acts = ACTS_SESSION, .asked = ASKED_NEVER, .check_value = check_shell,
	 .help = "the shell of sessions; default: $SHELL, else bash, else sh"},
	[KEY_HOSTNAME] = {.section = "sandbox", .key = "hostname",
	 .acts = ACTS_START, .asked = ASKED_NEVER, .check_value = check_hostname,
	 .help = "the host name in the box; default: the box's name"},
	[KEY_PREBUILT] = {.section = "sandbox", .key = "prebuilt",
	 .acts = ACTS_PREPARE, .asked = ASKED_VALUE, .reaches = REACHES_PROJECTS,
	 .deny = "prebuilt", .check_value = check_repository,
	 .help = "a repository of prepared environments, to pull rather than prepare"},
	[KEY_PROTECT] = {.section = "sandbox", .key = "protect",
	 .acts = ACTS_START, .asked = ASKED_NEVER, .type = SCHEMA_LIST,
	 .check_value = check_protect,
	 .help = "paths of the project that are read-only inside"},
	[KEY_REPORT] = {.section = "sandbox", .key = "report",
	 .acts = ACTS_USE, .asked = ASKED_VALUE, .reaches = REACHES_WRITING, .deny = "",
	 .type = SCHEMA_WORD, .closed = "yes", .value = "yes", .words = "yes no",
	 .help = "report after a session which files have changed that the host runs later"},
	[KEY_DOTFILES] = {.section = "sandbox", .key = "dotfiles",
	 .acts = ACTS_CREATE, .asked = ASKED_PATH, .reaches = REACHES_READING, .deny = "dotfiles",
	 .check_value = check_not_empty,
	 .help = "a directory of configuration files, copied into the home when the box is made"},
	[KEY_EXPORT] = {.section = "sandbox", .key = "export",
	 .acts = ACTS_USE, .asked = ASKED_WORDS, .reaches = REACHES_SECRETS, .deny = "export",
	 .type = SCHEMA_LIST,
	 .help = "programs that sandbox activate puts into the PATH of a shell of the host"},
	[KEY_SECRETS] = {.section = "sandbox", .key = "secrets",
	 .acts = ACTS_START, .asked = ASKED_LENT, .reaches = REACHES_SECRETS, .deny = "secrets",
	 .type = SCHEMA_LIST,
	 .help = "files shown in the box and never part of an image"},
	[KEY_SSH_AGENT] = {.section = "sandbox", .key = "ssh-agent",
	 .acts = ACTS_START, .asked = ASKED_LENT, .reaches = REACHES_SECRETS, .deny = "ssh-agent",
	 .type = SCHEMA_BOOL, .value = "no",
	 .help = "lend the ssh agent of the host"},
	[KEY_GIT] = {.section = "sandbox", .key = "git",
	 .acts = ACTS_START, .asked = ASKED_LENT, .reaches = REACHES_SECRETS, .deny = "git",
	 .type = SCHEMA_BOOL, .value = "no",
	 .help = "lend git's identity and credentials"},
	[KEY_DISPLAY] = {.section = "sandbox", .key = "display",
	 .acts = ACTS_START, .asked = ASKED_LENT, .reaches = REACHES_WRITING, .deny = "display",
	 .type = SCHEMA_WORD, .closed = "none", .value = "none", .words = "none wayland x11",
	 .help = "lend the display"},
	[KEY_GPU] = {.section = "sandbox", .key = "gpu",
	 .acts = ACTS_START, .asked = ASKED_LENT, .reaches = REACHES_KERNEL, .deny = "gpu",
	 .type = SCHEMA_BOOL, .value = "no",
	 .help = "lend the GPU"},
	[KEY_CA] = {.section = "sandbox", .key = "ca",
	 .acts = ACTS_START_AND_SESSION, .asked = ASKED_VALUE, .reaches = REACHES_A_BIT,
	 .deny = "ca", .steps = true, .type = SCHEMA_BOOL, .value = "no",
	 .help = "trust the authorities that the host trusts"},
	[KEY_PROXY_PASSWORD] = {.section = "sandbox", .key = "proxy-password",
	 .acts = ACTS_START_AND_SESSION, .asked = ASKED_VALUE, .reaches = REACHES_SECRETS,
	 .deny = "proxy-password", .steps = true, .type = SCHEMA_BOOL, .value = "no",
	 .help = "give the names and passwords in the host's proxy variables"},
	[KEY_DEVICES] = {.section = "sandbox", .key = "devices",
	 .acts = ACTS_START, .asked = ASKED_LENT, .reaches = REACHES_WRITING, .deny = "devices",
	 .type = SCHEMA_LIST, .check_value = check_devices,
	 .help = "lend device nodes: names below /dev, with '*', or '?' at the end of one that may be missing"},
	[KEY_DBUS] = {.section = "sandbox", .key = "dbus",
	 .acts = ACTS_START, .asked = ASKED_LENT, .reaches = REACHES_HOME, .deny = "dbus",
	 .type = SCHEMA_BOOL, .value = "no",
	 .help = "lend the session's D-Bus"},

	[KEY_ENV] = {.section = "env", .key = "*",
	 .acts = ACTS_SESSION, .asked = ASKED_NEVER, .check_key = check_env_key,
	 .check_value = check_env_value,
	 .help = "a variable; $NAME is the environment so far"},
	[KEY_MOUNTS] = {.section = "mounts", .key = "*",
	 .acts = ACTS_START, .asked = ASKED_MOUNT, .deny = "mounts caches", .programs = true,
	 .check_key = check_mount_target, .check_value = check_mount_value,
	 .help = "target = PATH, cache:NAME, volume:NAME, tmpfs or text:MODE:TEXT; ro, rw, overlay, size=SIZE"},
	[KEY_MATRIX] = {.section = "matrix", .key = "*",
	 .acts = ACTS_USE, .asked = ASKED_THERE, .deny = "", .check_key = check_name,
	 .check_value = check_image,
	 .help = "an environment of sandbox matrix: its name = its image"},
	[KEY_APT] = {.section = "packages", .key = "apt",
	 .acts = ACTS_PREPARE, .asked = ASKED_NEVER, .deny = "packages", .programs = true,
	 .type = SCHEMA_LIST, .check_value = check_packages,
	 .help = "Debian packages"},
	[KEY_APK] = {.section = "packages", .key = "apk",
	 .acts = ACTS_PREPARE, .asked = ASKED_NEVER, .deny = "packages", .programs = true,
	 .type = SCHEMA_LIST, .check_value = check_packages,
	 .help = "Alpine packages"},
	[KEY_DNF] = {.section = "packages", .key = "dnf",
	 .acts = ACTS_PREPARE, .asked = ASKED_NEVER, .deny = "packages", .programs = true,
	 .type = SCHEMA_LIST, .check_value = check_packages,
	 .help = "Fedora packages"},
	[KEY_PIP] = {.section = "packages", .key = "pip",
	 .acts = ACTS_PREPARE, .asked = ASKED_NEVER, .deny = "packages", .programs = true,
	 .type = SCHEMA_LIST, .check_value = check_packages,
	 .help = "Python packages"},
	[KEY_NPM] = {.section = "packages", .key = "npm",
	 .acts = ACTS_PREPARE, .asked = ASKED_NEVER, .deny = "packages", .programs = true,
	 .type = SCHEMA_LIST, .check_value = check_packages,
	 .help = "Node packages"},
	[KEY_CARGO] = {.section = "packages", .key = "cargo",
	 .acts = ACTS_PREPARE, .asked = ASKED_NEVER, .deny = "packages", .programs = true,
	 .type = SCHEMA_LIST, .check_value = check_packages,
	 .help = "Rust packages"},
	[KEY_RUN] = {.section = "run", .key = "*",
	 .acts = ACTS_PREPARE, .asked = ASKED_NEVER, .deny = "run", .programs = true,
	 .type = SCHEMA_SCRIPT, .check_key = check_step, .check_value = check_not_empty,
	 .help = "a step of preparing the box, in the order of the numbers"},
	[KEY_NETWORK_DEFAULT] = {.section = "network", .key = "default",
	 .acts = ACTS_START, .asked = ASKED_NEVER, .type = SCHEMA_WORD, .closed = "closed",
	 .value = "open", .words = "open closed",
	 .help = "what happens to traffic that no rule is about"},
	[KEY_NETWORK_ALLOW] = {.section = "network", .key = "allow",
	 .acts = ACTS_START, .asked = ASKED_RULES, .reaches = REACHES_NETWORK, .deny = "network",
	 .type = SCHEMA_LIST, .check_value = check_rules,
	 .help = "what the box may reach: names, '*.NAME', addresses, networks, each with ':PORT' or without"},
	[KEY_NETWORK_DENY] = {.section = "network", .key = "deny",
	 .acts = ACTS_START, .asked = ASKED_NEVER, .type = SCHEMA_LIST, .check_value = check_rules,
	 .help = "what the box may not reach, whatever else is allowed"},
	[KEY_NETWORK_LINKS] = {.section = "network", .key = "links",
	 .acts = ACTS_START, .asked = ASKED_WORDS, .reaches = REACHES_PROJECTS, .deny = "network",
	 .type = SCHEMA_LIST, .check_value = check_not_empty,
	 .help = "directories of other projects that this one reaches by name, if they name it too"},
	[KEY_NETWORK_ALIASES] = {.section = "network", .key = "aliases",
	 .acts = ACTS_START, .asked = ASKED_NEVER, .type = SCHEMA_LIST,
	 .check_value = host_names_check_aliases,
	 .help = "names by which the project's services reach its boxes"},
	[KEY_NETWORK_HOSTS] = {.section = "network", .key = "hosts",
	 .acts = ACTS_START, .asked = ASKED_NEVER, .type = SCHEMA_LIST,
	 .check_value = host_names_check_hosts,
	 .help = "lines of /etc/hosts: NAME:ADDRESS, or NAME:host.sandbox"},
	[KEY_FORWARD] = {.section = "ports", .key = "forward",
	 .acts = ACTS_START, .asked = ASKED_VALUE, .reaches = REACHES_NETWORK, .deny = "ports",
	 .type = SCHEMA_WORD, .closed = "no", .value = "no", .words = "no auto",
	 .help = "whether ports that listen in the box appear on the host"},
	[KEY_PORTS] = {.section = "ports", .key = "*",
	 .acts = ACTS_START, .asked = ASKED_PORT, .reaches = REACHES_A_BIT,
	 .deny = "ports public-ports", .type = SCHEMA_LIST, .check_both = check_ports,
	 .help = "port of the host = port of the box"},
	[KEY_LIMITS_MEMORY] = {.section = "limits", .key = "memory",
	 .acts = ACTS_START, .asked = ASKED_NEVER, .type = SCHEMA_SIZE, .pending = true,
	 .help = "memory of the box"},
	[KEY_LIMITS_CPUS] = {.section = "limits", .key = "cpus",
	 .acts = ACTS_START, .asked = ASKED_NEVER, .pending = true, .check_value = check_cpus,
	 .help = "processor time of the box, in CPUs"},
	[KEY_LIMITS_PIDS] = {.section = "limits", .key = "pids",
	 .acts = ACTS_START, .asked = ASKED_NEVER, .type = SCHEMA_NUMBER, .pending = true,
	 .help = "processes and threads of the box"},
	[KEY_HOOKS_INITIALIZE] = {.section = "hooks", .key = "initialize",
	 .acts = ACTS_USE, .asked = ASKED_COMMAND, .reaches = REACHES_ALL, .deny = "initialize",
	 .type = SCHEMA_SCRIPT,
	 .help = "run on this machine, not in the box, once, before the box is made"},
	[KEY_HOOKS_CREATE] = {.section = "hooks", .key = "create",
	 .acts = ACTS_CREATE, .asked = ASKED_NEVER, .deny = "hooks", .programs = true,
	 .type = SCHEMA_SCRIPT,
	 .help = "run once after the box was created"},
	[KEY_HOOKS_START] = {.section = "hooks", .key = "start",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .deny = "hooks", .programs = true,
	 .type = SCHEMA_SCRIPT,
	 .help = "run when the box starts"},
	[KEY_HOOKS_ENTER] = {.section = "hooks", .key = "enter",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .deny = "hooks", .programs = true,
	 .type = SCHEMA_SCRIPT,
	 .help = "run before each session of enter"},
	[KEY_HOOKS_EXIT] = {.section = "hooks", .key = "exit",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .deny = "hooks", .programs = true,
	 .type = SCHEMA_SCRIPT,
	 .help = "run before the box stops"},
	[KEY_SERVICE_IMAGE] = {.section = "service", .key = "image",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .check_value = check_image,
	 .help = "the image of the service"},
	[KEY_SERVICE_COMMAND] = {.section = "service", .key = "command",
	 .acts = ACTS_USE, .asked = ASKED_NEVER,
	 .check_value = check_service_words,
	 .help = "its command, split as a shell does; default: the image's"},
	[KEY_SERVICE_ENTRYPOINT] = {.section = "service", .key = "entrypoint",
	 .acts = ACTS_USE, .asked = ASKED_NEVER,
	 .check_value = check_service_words,
	 .help = "what the command is given to; empty: nothing; default: the image's"},
	[KEY_SERVICE_ENV] = {.section = "service", .key = "env.*",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .check_key = check_service_env_key,
	 .check_value = check_env_value,
	 .help = "a variable; $NAME is the environment so far"},
	[KEY_SERVICE_ENV_FILE] = {.section = "service", .key = "env-file",
	 .acts = ACTS_USE, .asked = ASKED_UP, .reaches = REACHES_SECRETS,
	 .deny = "secrets", .type = SCHEMA_LIST,
	 .check_value = check_not_empty,
	 .help = "files with lines NAME=VALUE"},
	[KEY_SERVICE_PORTS] = {.section = "service", .key = "ports",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .type = SCHEMA_LIST,
	 .check_value = check_service_ports,
	 .help = "published ports: BOX, HOST:BOX or ADDRESS:HOST:BOX, and /udp"},
	[KEY_SERVICE_NETWORK] = {.section = "service", .key = "network",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .check_value = service_network_check,
	 .help = "whose network it is in: project, its boxes' own, or service:NAME; default: its own"},
	[KEY_SERVICE_LOCALHOST] = {.section = "service", .key = "localhost",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .type = SCHEMA_LIST,
	 .check_value = service_localhost_check,
	 .help = "its ports that are at 127.0.0.1 of the project's boxes, too"},
	[KEY_SERVICE_ALIASES] = {.section = "service", .key = "aliases",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .type = SCHEMA_LIST,
	 .check_value = host_names_check_aliases,
	 .help = "other names by which the project's boxes and services reach it"},
	[KEY_SERVICE_HOSTS] = {.section = "service", .key = "hosts",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .type = SCHEMA_LIST,
	 .check_value = host_names_check_hosts,
	 .help = "lines of its /etc/hosts: NAME:ADDRESS, or NAME:host.sandbox"},
	[KEY_SERVICE_VOLUMES] = {.section = "service", .key = "volumes",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .type = SCHEMA_LIST,
	 .check_value = check_service_volumes,
	 .help = "NAME:TARGET, PATH:TARGET or TARGET, and :ro"},
	[KEY_SERVICE_FILE] = {.section = "service", .key = "file.*",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .check_key = check_service_file_key,
	 .check_value = check_service_file,
	 .help = "a file: file.TARGET = text:MODE:TEXT"},
	[KEY_SERVICE_TMPFS] = {.section = "service", .key = "tmpfs",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .type = SCHEMA_LIST,
	 .check_value = check_service_tmpfs,
	 .help = "directories in memory, empty at each start"},
	[KEY_SERVICE_USER] = {.section = "service", .key = "user",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .check_value = check_not_empty,
	 .help = "the user it runs as; default: the image's"},
	[KEY_SERVICE_WORKDIR] = {.section = "service", .key = "workdir",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .check_value = check_workdir,
	 .help = "where it is started; default: the image's"},
	[KEY_SERVICE_NEEDS] = {.section = "service", .key = "needs",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .type = SCHEMA_LIST,
	 .check_value = service_needs_check,
	 .help = "services that come before: NAME, NAME:started, NAME:healthy or NAME:completed"},
	[KEY_SERVICE_HEALTH] = {.section = "service", .key = "health",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .check_value = check_service_health,
	 .help = "a command, port N, http://..., log TEXT, or none; default: the image's"},
	[KEY_SERVICE_HEALTH_INTERVAL] = {.section = "service", .key = "health-interval",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .type = SCHEMA_DURATION,
	 .check_value = check_lasting, .value = "10s",
	 .help = "the time between two checks of a healthy service"},
	[KEY_SERVICE_HEALTH_TIMEOUT] = {.section = "service", .key = "health-timeout",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .type = SCHEMA_DURATION,
	 .check_value = check_lasting, .value = "10s",
	 .help = "how long one check may take"},
	[KEY_SERVICE_HEALTH_RETRIES] = {.section = "service", .key = "health-retries",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .type = SCHEMA_NUMBER, .value = "3",
	 .help = "so many failed checks in a row make it unhealthy"},
	[KEY_SERVICE_HEALTH_START_PERIOD] = {.section = "service", .key = "health-start-period",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .type = SCHEMA_DURATION,
	 .value = "30s",
	 .help = "how long failed checks do not count after a start"},
	[KEY_SERVICE_RESTART] = {.section = "service", .key = "restart",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .value = "no",
	 .check_value = check_service_restart,
	 .help = "no, on-failure, on-failure:N, always or unless-stopped"},
	[KEY_SERVICE_STOP_SIGNAL] = {.section = "service", .key = "stop-signal",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .check_value = check_signal,
	 .help = "the signal that stops it; default: the image's, else TERM"},
	[KEY_SERVICE_STOP_TIMEOUT] = {.section = "service", .key = "stop-timeout",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .type = SCHEMA_DURATION, .value = "10s",
	 .help = "how long it may take to stop"},
	[KEY_SERVICE_PROFILES] = {.section = "service", .key = "profiles",
	 .acts = ACTS_USE, .asked = ASKED_NEVER, .type = SCHEMA_LIST,
	 .check_value = check_names,
	 .help = "starts only with one of these: sandbox up --with NAME"},
};
/* clang-format on */
