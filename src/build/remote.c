/*
 * remote.c - what a source of ADD is, by its text.
 */
#include "build/remote.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

/* USER@HOST:PATH, as ssh writes it. */
static bool is_scp(const char *s)
{
	size_t user = strcspn(s, "@/:"), host;

	if (user == 0 || s[user] != '@')
		return false;
	host = strcspn(s + user + 1, "/:@");
	return host > 0 && s[user + 1 + host] == ':' && s[user + 2 + host];
}

enum remote_kind remote_kind(const char *source)
{
	if (starts_with(source, "http://") || starts_with(source, "https://")) {
		size_t path = strcspn(source, "?#");

		return path > 4 && strncmp(source + path - 4, ".git", 4) == 0 ? REMOTE_GIT
									      : REMOTE_URL;
	}
	if (starts_with(source, "git://") || starts_with(source, "ssh://") || is_scp(source))
		return REMOTE_GIT;
	return REMOTE_NONE;
}

bool remote_is_context(const char *context)
{
	return remote_kind(context) == REMOTE_GIT || starts_with(context, REMOTE_GITHUB);
}
