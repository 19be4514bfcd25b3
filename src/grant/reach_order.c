/*
 * reach_order.c - ranking of things of the host by how far they reach.
 *
 * What reaches furthest is shown next to the question, so that a project cannot push it off the
 * screen with others.
 */
#include "grant/reach_order.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/path.h"
#include "config/port_value.h"
#include "config/schema.h"
#include "config/xdg.h"
#include "grant/reach_line.h"

/* Lines of no key, and values that reach further than others of their key. */
static const struct {
	const char *begins;
	int rank;
} table[] = {
	{"image = dir:", REACHES_READING},  {"shown ", REACHES_WRITING},
	{"no longer:", REACHES_UNBOUND},    {"box =", REACHES_SECRETS},
	{"display = x11", REACHES_SECRETS}, {"/run/secrets/", REACHES_SECRETS},
	{REACH_VARIABLE, REACHES_SECRETS},  {REACH_SCRIPT, REACHES_ALL},
	{REACH_COMMAND, REACHES_ALL},
};

/* Does it belong to the system, or do its services listen there? */
static bool is_system(const char *path)
{
	static const char *const folders[] = {"/etc",  "/run",	"/var", "/dev", "/proc", "/sys",
					      "/root", "/boot", "/usr", "/lib", "/bin",	 "/sbin"};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (path_is_beneath(path, folders[i]))
			return true;
	return false;
}

static int rank_of_path(const char *path, bool read_only)
{
	cleanup_free char *home = xdg_home(), *real = realpath(home, NULL);
	cleanup_free char *quoted = err_quote_all(real ? real : home);

	if (path_is_beneath(quoted, path))
		return REACHES_ALL;
	/* Where keys, logins and shell startup files are. */
	if (path_is_beneath(path, quoted) && path[strlen(quoted) + 1] == '.')
		return REACHES_HOME;
	if (is_system(path))
		return REACHES_SYSTEM;
	return read_only ? REACHES_READING : REACHES_WRITING;
}

static int rank_of_mount(const char *line)
{
	const char *source = strstr(line, " = ");
	cleanup_free char *path = NULL;
	bool read_only = ends_with(line, " ro");

	source = source ? source + strlen(" = ") : line;
	if (starts_with(source, "cache:"))
		return REACHES_PROJECTS;
	path = xstrndup(source, strlen(source) - (read_only ? strlen(" ro") : 0));
	return rank_of_path(path, read_only);
}

/* Is it a port that other machines can reach? */
static bool is_public_port(const char *section, const char *key, const char *value)
{
	struct port_value port;
	struct err ignored;

	return streq(section, schema_keys[KEY_PORTS].section) &&
	       port_value_parse(key, value, &port, &ignored) == 0 && port_value_is_public(&port);
}

/* "key = ..." of [sandbox], or "[section] key = ...". */
static int rank_of_key(const char *line)
{
	size_t n = *line == '[' ? strcspn(line, "]") : 0;
	cleanup_free char *section = n ? xstrndup(line + 1, n - 1) : xstrdup("sandbox");
	const char *begin = line + n + strspn(line + n, "] "), *end = strstr(begin, " = ");
	cleanup_free char *key = end ? xstrndup(begin, (size_t)(end - begin)) : xstrdup("");
	const struct schema_key *row = schema_find(section, key);

	if (end && is_public_port(section, key, end + strlen(" = ")))
		return REACHES_UNBOUND;
	return row && row->reaches ? (int)row->reaches : REACHES_WRITING;
}

static int rank_of(const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (starts_with(line, table[i].begins))
			return table[i].rank;
	return *line == '/' ? rank_of_mount(line) : rank_of_key(line);
}

struct ranked {
	size_t at;
	int rank;
};

static int by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

size_t reach_order(const struct strv *lines, struct strv *out)
{
	cleanup_free struct ranked *v = xcalloc(lines->n + 1, sizeof(*v));
	size_t far = 0;
	int from;

	for (size_t i = 0; i < lines->n; i++)
		v[i] = (struct ranked){i, rank_of(lines->v[i])};
	qsort(v, lines->n, sizeof(*v), by_rank);
	from = lines->n && v[lines->n - 1].rank < REACHES_FAR ? v[lines->n - 1].rank : REACHES_FAR;
	for (size_t i = 0; i < lines->n; i++) {
		strv_push(out, lines->v[v[i].at]);
		far += v[i].rank >= from;
	}
	return far;
}
