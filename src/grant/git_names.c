/*
 * git_names.c - names and small files of git, checked at least as strictly as git does.
 */
#include "grant/git_names.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"

/* Code points that HFS+ ignores in names, as UTF-8; git's utf8.c. */
static const char *const ignored[] = {
	"\xe2\x80\x8c", "\xe2\x80\x8d", "\xe2\x80\x8e", "\xe2\x80\x8f",
	"\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xac", "\xe2\x80\xad",
	"\xe2\x80\xae", "\xe2\x81\xaa", "\xe2\x81\xab", "\xe2\x81\xac",
	"\xe2\x81\xad", "\xe2\x81\xae", "\xe2\x81\xaf", "\xef\xbb\xbf",
};

static bool is_ignored(const char *p, size_t len)
{
	for (size_t i = 0; len >= 3 && i < ARRAY_SIZE(ignored); i++)
		if (memcmp(p, ignored[i], 3) == 0)
			return true;
	return false;
}

bool git_is_dot_git(const char *name, size_t len)
{
	char plain[16];
	size_t n = 0;

	for (size_t i = 0; i < len && n < sizeof(plain) - 1;) {
		if (is_ignored(name + i, len - i))
			i += 3;
		else
			plain[n++] = name[i++];
	}
	plain[n] = '\0';
	/* NTFS ignores trailing dots and blanks, and everything after a colon. */
	n = strcspn(plain, ":");
	while (n && (plain[n - 1] == '.' || plain[n - 1] == ' '))
		n--;
	plain[n] = '\0';
	return strcasecmp(plain, ".git") == 0 || strncasecmp(plain, "git~", 4) == 0;
}

/* git-check-ref-format(1); also refuses what a prompt or a careless script would execute. */
static bool is_ref_component(const char *p, size_t len)
{
	if (!len || *p == '.' || *p == '-' || p[len - 1] == '.' ||
	    (len >= 5 && memcmp(p + len - 5, ".lock", 5) == 0))
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)p[i] <= ' ' || p[i] == 0x7f ||
		    strchr("~^:?*[\\$`;|&<>(){}'\"!", p[i]) ||
		    (i + 1 < len && p[i] == '.' && p[i + 1] == '.') || (p[i] == '@' && len == 1))
			return false;
	return true;
}

bool git_is_ref_name(const char *name)
{
	if (!starts_with(name, "refs/"))
		return false;
	for (const char *p = name;; p++) {
		size_t len = strcspn(p, "/");

		if (!is_ref_component(p, len))
			return false;
		p += len;
		if (!*p)
			return true;
	}
}

bool git_is_hash(const char *text, size_t len)
{
	return (len == 40 || len == 64) && strspn(text, "0123456789abcdef") >= len;
}

bool git_is_ref(const char *text)
{
	size_t len = strcspn(text, "\n");
	cleanup_strv struct strv name = {0};

	if (text[len] && text[len + 1])
		return false;
	if (!starts_with(text, "ref: "))
		return git_is_hash(text, len);
	strv_push_take(&name, xstrndup(text + 5, len - 5));
	return git_is_ref_name(name.v[0]);
}

static bool is_packed_line(const char *line, size_t len)
{
	cleanup_strv struct strv name = {0};
	const char *blank = memchr(line, ' ', len);

	if (*line == '#')
		return true;
	if (*line == '^')
		return git_is_hash(line + 1, len - 1);
	if (!blank || !git_is_hash(line, (size_t)(blank - line)))
		return false;
	strv_push_take(&name, xstrndup(blank + 1, len - (size_t)(blank + 1 - line)));
	return git_is_ref_name(name.v[0]);
}

bool git_is_packed_refs(const char *text)
{
	for (; *text; text++) {
		size_t len = strcspn(text, "\n");

		if (!text[len] || !is_packed_line(text, len))
			return false;
		text += len;
	}
	return true;
}
