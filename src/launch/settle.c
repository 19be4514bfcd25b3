/*
 * settle.c - adapting variables that come from the host to what exists in the box.
 *
 * Runs in the session's own process, in the box's root, so that the image is looked at with the
 * rights of the command. Promises to look only at names, and at no contents except the index of
 * glibc's locales. Refuses names with a '/': a variable must not become a path into the box.
 */
#include "launch/settle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/locale_archive.h"
#include "base/mem.h"
#include "base/path.h"
#include "launch/protocol.h"

#define TERMINFO_DIR BOX_HOST_DIR "/terminfo"
#define LOCALE_DIR   "/usr/lib/locale"

static char **find(char **envp, const char *name)
{
	size_t n = strlen(name);

	for (; *envp; envp++)
		if (strncmp(*envp, name, n) == 0 && (*envp)[n] == '=')
			return envp;
	return NULL;
}

static const char *get(char *const *envp, const char *name)
{
	char **at = find((char **)envp, name);

	return at ? *at + strlen(name) + 1 : NULL;
}

static void set(char ***envp, const char *name, const char *value)
{
	char **at = find(*envp, name), *entry = xasprintf("%s=%s", name, value);
	size_t n = 0;

	if (at) {
		*at = entry;
		return;
	}
	while ((*envp)[n])
		n++;
	at = xcalloc(n + 2, sizeof(*at));
	memcpy(at, *envp, n * sizeof(*at));
	at[n] = entry;
	*envp = at;
}

static void unset(char **envp, const char *name)
{
	char **at = find(envp, name);

	for (; at && *at; at++)
		at[0] = at[1];
}

void settle_default(char ***envp, const char *name, const char *value)
{
	if (!get(*envp, name))
		set(envp, name, value);
}

/* What the user has set stays. */
static bool is_hosts(const struct settle_facts *facts, const char *name)
{
	cleanup_free char *word = xasprintf(" %s ", name);

	return strstr(facts->names, word);
}

const char *settle_shell(char *const *envp)
{
	const char *candidates[] = {get(envp, "SHELL"), "/bin/bash", "/bin/sh"};

	for (size_t i = 0; i < ARRAY_SIZE(candidates); i++)
		if (candidates[i] && candidates[i][0] == '/' && access(candidates[i], X_OK) == 0)
			return candidates[i];
	return "/bin/sh"; /* if it is missing, that is the error to report */
}

static bool has_entry(const char *folder, const char *term)
{
	cleanup_free char *path = xasprintf("%s/%c/%s", folder, term[0], term);

	return access(path, R_OK) == 0;
}

/* Looks where terminfo(5) of ncurses, as distributions build it, looks. */
static bool has_term(char *const *envp, const char *term)
{
	static const char *const folders[] = {"/usr/share/terminfo", "/lib/terminfo",
					      "/etc/terminfo", "/usr/lib/terminfo"};
	const char *home = get(envp, "HOME"), *own = get(envp, "TERMINFO");
	cleanup_free char *users = xasprintf("%s/.terminfo", home ? home : "");

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (has_entry(folders[i], term))
			return true;
	return has_entry(users, term) || (own && has_entry(own, term));
}

/* Writes the description where only this box sees it. An image without ncurses does not need it. */
static bool lend_term(char ***envp, const char *term, const struct settle_facts *facts)
{
	cleanup_free char *folder = xasprintf(TERMINFO_DIR "/%c", term[0]);
	const char *others = get(*envp, "TERMINFO_DIRS");
	cleanup_free char *dirs = xasprintf("%s:" TERMINFO_DIR, others ? others : "");
	cleanup_close int fd = -1;
	struct err ignored;

	if (!facts->terminfo_size)
		return false;
	if (!has_entry(TERMINFO_DIR, term)) {
		if (file_mkdirs(folder, 0755, &ignored) < 0)
			return false;
		fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 || file_write_passing(fd, term, facts->terminfo, facts->terminfo_size,
						 0644, &ignored) < 0)
			return false;
	}
	set(envp, "TERMINFO_DIRS", dirs);
	return true;
}

/* Uses the box's own description, else the host's, else the nearest that the box has. */
static void settle_term(char ***envp, const struct settle_facts *facts)
{
	static const char *const nearest[] = {"xterm-256color", "xterm", "vt100", "linux"};
	const char *term = get(*envp, "TERM");

	if (!term || !*term || strchr(term, '/') || *term == '.' || streq(term, "dumb") ||
	    has_term(*envp, term) || lend_term(envp, term, facts))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(nearest); i++)
		if (has_term(*envp, nearest[i])) {
			set(envp, "TERM", nearest[i]);
			return;
		}
	set(envp, "TERM", nearest[0]);
}

/* musl accepts any locale name and means UTF-8; programs without a C library do not ask. */
static bool has_glibc(void)
{
	struct utsname u;
	cleanup_free char *musl = NULL;

	uname(&u);
	musl = xasprintf("/lib/ld-musl-%s.so.1", u.machine);
	return access(LOCALE_DIR, F_OK) == 0 ||
	       (access(musl, F_OK) < 0 && (access("/lib64/ld-linux-x86-64.so.2", F_OK) == 0 ||
					   access("/lib/ld-linux-aarch64.so.1", F_OK) == 0));
}

bool settle_has_locale(const char *name)
{
	cleanup_free char *folder = NULL, *plain = NULL;

	if (streq(name, "C") || streq(name, "POSIX"))
		return true;
	if (!*name || strchr(name, '/') || *name == '.')
		return false;
	plain = locale_normalize(name);
	folder = xasprintf(LOCALE_DIR "/%s/LC_CTYPE", plain);
	if (access(folder, R_OK) == 0)
		return true;
	free(folder);
	folder = xasprintf(LOCALE_DIR "/%s/LC_CTYPE", name);
	return access(folder, R_OK) == 0 || locale_archive_has(LOCALE_DIR "/locale-archive", plain);
}

/* Since glibc 2.35 C.UTF-8 works without a file. */
static const char *stand_in_locale(const struct settle_facts *facts)
{
	if (*facts->locale && settle_has_locale(facts->locale))
		return facts->locale;
	return !settle_has_locale("C.UTF-8") && settle_has_locale("en_US.UTF-8") ? "en_US.UTF-8"
										 : "C.UTF-8";
}

/* Drops each that does not exist; LANG then decides. */
static bool drop_categories(char **envp, const struct settle_facts *facts)
{
	bool dropped = false;

	while (*envp) {
		size_t n = strcspn(*envp, "=");
		cleanup_free char *name = xstrndup(*envp, n);

		if (starts_with(name, "LC_") && !streq(name, "LC_ALL") && is_hosts(facts, name) &&
		    (*envp)[n + 1] && !settle_has_locale(*envp + n + 1)) {
			unset(envp, name);
			dropped = true;
			continue;
		}
		envp++;
	}
	return dropped;
}

/* Replaces LC_ALL and LANG, which decide for all others, if they do not exist. */
static void settle_locale(char ***envp, const struct settle_facts *facts)
{
	static const char *const decide[] = {"LC_ALL", "LANG"};
	bool dropped = drop_categories(*envp, facts);

	for (size_t i = 0; i < ARRAY_SIZE(decide); i++) {
		const char *value = get(*envp, decide[i]);

		if (value && *value && is_hosts(facts, decide[i]) && !settle_has_locale(value)) {
			set(envp, decide[i], stand_in_locale(facts));
			if (is_hosts(facts, "LANGUAGE"))
				unset(*envp, "LANGUAGE");
		}
	}
	if (dropped && !get(*envp, "LANG"))
		set(envp, "LANG", stand_in_locale(facts));
}

/* A zone name needs a file in the box; a rule does not. */
static void settle_zone(char ***envp, const struct settle_facts *facts)
{
	const char *zone = get(*envp, "TZ");
	cleanup_free char *path = NULL;

	if (!zone || !*facts->zone)
		return;
	zone += *zone == ':';
	path = *zone == '/' ? xstrdup(zone) : xasprintf("/usr/share/zoneinfo/%s", zone);
	if (access(path, R_OK) < 0)
		set(envp, "TZ", facts->zone);
}

/*
 * If the box has no certificates of its own, makes the system's file a symlink to the host's, for
 * programs that ignore the variables. A package that brings the file replaces it.
 */
static void link_authorities(void)
{
	static const char dir[] = "/etc/ssl/certs", file[] = "/etc/ssl/certs/ca-certificates.crt";
	struct err ignored;

	if (faccessat(AT_FDCWD, file, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT &&
	    file_mkdirs(dir, 0755, &ignored) == 0)
		(void)!symlink(BOX_CA_FILE, file);
}

static void write_authorities(const struct settle_facts *facts)
{
	const char *name = path_basename(BOX_CA_FILE);
	cleanup_close int dir = -1;
	struct err ignored;

	if (file_mkdirs(BOX_HOST_DIR, 0755, &ignored) < 0)
		return;
	dir = open(BOX_HOST_DIR, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0 && !file_holds(dir, name, facts->authorities, facts->authorities_size))
		file_write_passing(dir, name, facts->authorities, facts->authorities_size, 0644,
				   &ignored);
	link_authorities();
}

void settle_env(char ***envp, const struct settle_facts *facts)
{
	if (is_hosts(facts, "SHELL"))
		set(envp, "SHELL", settle_shell(*envp));
	if (is_hosts(facts, "TERM"))
		settle_term(envp, facts);
	if ((strstr(facts->names, " LANG") || strstr(facts->names, " LC_")) && has_glibc())
		settle_locale(envp, facts);
	if (is_hosts(facts, "TZ"))
		settle_zone(envp, facts);
	if (facts->authorities_size)
		write_authorities(facts);
}
