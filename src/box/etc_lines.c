/*
 * etc_lines.c - the text of what launch/etc.c puts into a box.
 */
#include "box/etc_lines.h"

#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/mem.h"

#define RESOLV_CONF_MAX (64u << 10)

char *etc_lines_passwd(const struct user *u, const char *home)
{
	return xasprintf("%s:x:%u:%u::%s:/bin/sh", u->name, u->uid, u->gid, home);
}

char *etc_lines_group(const struct user *u)
{
	return xasprintf("%s:x:%u:", u->name, u->gid);
}

char *etc_lines_hosts(const char *hostname)
{
	return xasprintf("127.0.0.1\tlocalhost\n127.0.1.1\t%s\n::1\tlocalhost\n", hostname);
}

char *etc_lines_resolv(void)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct err ignored;

	if (file_read(AT_FDCWD, "/etc/resolv.conf", RESOLV_CONF_MAX, &text, &ignored) < 0)
		return NULL;
	return buf_detach(&text);
}

bool etc_lines_has(const char *name)
{
	return streq(name, "passwd") || streq(name, "group") || streq(name, "hosts") ||
	       streq(name, "resolv.conf");
}

static bool is_with_line(const char *was, const char *now, const char *line)
{
	const char *newline = *was && !ends_with(was, "\n") ? "\n" : "";
	cleanup_free char *expected = xasprintf("%s%s%s\n", was, newline, line);

	return streq(now, expected);
}

/* Whatever the box was called. */
static bool is_hosts(const char *now)
{
	const char *name = strchr(now, '\n') ? strchr(now, '\n') + strlen("\n127.0.1.1\t") : now;
	cleanup_free char *hostname = NULL, *expected = NULL;

	if (strlen(now) < (size_t)(name - now))
		return false;
	hostname = xstrndup(name, strcspn(name, "\n"));
	expected = etc_lines_hosts(hostname);
	return streq(now, expected);
}

bool etc_lines_made(const char *name, const char *was, const char *now, const struct user *u,
		    const char *home)
{
	cleanup_free char *text = NULL;

	if (streq(name, "hosts"))
		return !*was && is_hosts(now);
	if (streq(name, "resolv.conf"))
		return (text = etc_lines_resolv()) && streq(now, text);
	text = streq(name, "passwd") ? etc_lines_passwd(u, home) : etc_lines_group(u);
	return is_with_line(was, now, text);
}
