/*
 * zone.c - the host's time zone, by name and as a rule.
 */
#include "grant/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/mem.h"

#define ZONE_DIR      "/usr/share/zoneinfo/"
#define LOCALTIME     "/etc/localtime"
#define ZONE_FILE_MAX (256u << 10)

/* The last line of a file of version 2 or later; version 1 has none. */
static char *read_rule(const char *path)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct err ignored;
	char *line;

	if (file_read(AT_FDCWD, path, ZONE_FILE_MAX, &text, &ignored) < 0 || text.len < 44 ||
	    memcmp(text.data, "TZif", 4) != 0 || text.data[4] < '2' ||
	    text.data[text.len - 1] != '\n')
		return NULL;
	text.data[text.len - 1] = '\0';
	line = memrchr(text.data, '\n', text.len - 1);
	return line && line[1] ? xstrdup(line + 1) : NULL;
}

static const char *strip(const char *zone)
{
	zone += *zone == ':';
	if (starts_with(zone, ZONE_DIR))
		zone += strlen(ZONE_DIR);
	return zone;
}

char *zone_rule(const char *zone)
{
	const char *name = strip(zone);
	cleanup_free char *path = *name == '/' ? xstrdup(name) : xasprintf(ZONE_DIR "%s", name);

	if (!*name || strstr(name, ".."))
		return NULL;
	return read_rule(path);
}

static bool is_utc(const char *zone)
{
	static const char *const names[] = {"UTC",  "Etc/UTC", "UCT",	    "Etc/UCT", "Zulu",
					    "UTC0", "GMT0",    "Universal", "GMT",     "Etc/Zulu"};

	return is_among(zone, names, ARRAY_SIZE(names));
}

/* A symlink into the zone directory has the name; a copy only the rule. */
static char *of_localtime(void)
{
	cleanup_free char *real = NULL;
	char link[PATH_MAX] = "";
	const char *at;

	/* realpath(3) looks at each directory on the way: this is cheaper, for every session. */
	if (readlink(LOCALTIME, link, sizeof(link) - 1) < 0 && errno == ENOENT)
		return NULL;
	at = strstr(link, "/zoneinfo/");
	if (!at && (real = realpath(LOCALTIME, NULL)))
		at = strstr(real, "/zoneinfo/");
	if (!at)
		return real ? read_rule(real) : NULL;
	at += strlen("/zoneinfo/");
	if (starts_with(at, "posix/"))
		at += strlen("posix/");
	return xstrdup(at);
}

char *zone_name(void)
{
	const char *tz = getenv("TZ");
	char *zone;

	if (tz && !streq(strip(tz), LOCALTIME))
		return xstrdup(tz);
	zone = of_localtime();
	if (zone && is_utc(zone)) {
		free(zone);
		return NULL;
	}
	return zone;
}
