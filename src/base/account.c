/*
 * account.c - reading /etc/passwd and /etc/group of the process's root.
 *
 * A box writes these files. One that is not regular, or is longer than any real one, is treated as
 * empty (CVE-2024-9676).
 */
#include "base/account.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/mem.h"

#define FILE_MAX (16u << 20)
/* fgetpwent(3) and fgetgrent(3) read a line again for each KiB by which it exceeds their buffer. */
#define LINE_MAX_LEN (1u << 20)
#define MAX_GROUPS   1024 /* a hostile file names millions, and each is compared with all others */

void account_clear(struct account *a)
{
	free(a->name);
	free(a->home);
	free(a->shell);
	free(a->groups);
	*a = (struct account){0};
}

/* Parses "#123". */
static bool is_number(const char *text, unsigned int *ret)
{
	char *end;
	unsigned long n;

	if (text[0] != '#' || text[1] < '0' || text[1] > '9')
		return false;
	n = strtoul(text + 1, &end, 10);
	if (*end || n >= (unsigned int)-1)
		return false;
	*ret = (unsigned int)n;
	return true;
}

static bool has_long_line(const struct buf *text)
{
	const char *line = text->data, *end = text->data + text->len, *next;

	for (; (size_t)(end - line) > LINE_MAX_LEN; line = next + 1)
		if (!(next = memchr(line, '\n', LINE_MAX_LEN)))
			return true;
	return false;
}

/* The stream reads from text, which must outlive it. */
static FILE *open_accounts(const char *path, struct buf *text)
{
	struct err ignored;

	if (file_read(AT_FDCWD, path, FILE_MAX, text, &ignored) < 0 || text->len == 0 ||
	    has_long_line(text))
		return NULL;
	return fmemopen(text->data, text->len, "r");
}

static void add_group(struct account *a, gid_t gid)
{
	if (a->n_groups == MAX_GROUPS)
		return;
	for (size_t i = 0; i < a->n_groups; i++)
		if (a->groups[i] == gid)
			return;
	a->groups = xrealloc(a->groups, a->n_groups + 1, sizeof(*a->groups));
	a->groups[a->n_groups++] = gid;
}

static void add_groups(struct account *a)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_fclose FILE *f = open_accounts("/etc/group", &text);
	const struct group *g;

	add_group(a, a->gid);
	while (f && (g = fgetgrent(f)))
		for (char **m = g->gr_mem; *m; m++)
			if (streq(*m, a->name))
				add_group(a, g->gr_gid);
}

/* Looks up an entry: by name, or by uid if name is NULL. */
static bool find(const char *name, uid_t uid, struct account *ret)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_fclose FILE *f = open_accounts("/etc/passwd", &text);
	const struct passwd *p;

	while (f && (p = fgetpwent(f))) {
		if (name ? !streq(p->pw_name, name) : p->pw_uid != uid)
			continue;
		*ret = (struct account){
			.uid = p->pw_uid,
			.gid = p->pw_gid,
			.name = xstrdup(p->pw_name),
			.home = xstrdup(*p->pw_dir ? p->pw_dir : "/"),
			.shell = xstrdup(*p->pw_shell ? p->pw_shell : "/bin/sh"),
		};
		add_groups(ret);
		return true;
	}
	return false;
}

/* Makes an account that has no entry. */
static void make(const char *name, uid_t uid, gid_t gid, const char *home, struct account *ret)
{
	*ret = (struct account){.uid = uid,
				.gid = gid,
				.name = name ? xstrdup(name) : xasprintf("#%u", uid),
				.home = xstrdup(home),
				.shell = xstrdup("/bin/sh")};
	add_groups(ret);
}

bool account_find(const char *user, struct account *ret)
{
	unsigned int uid;

	if (find(user, 0, ret))
		return true;
	if (is_number(user, &uid)) {
		if (!find(NULL, uid, ret))
			make(NULL, uid, uid == 0 ? 0 : getgid(), uid == 0 ? "/root" : "/", ret);
		return true;
	}
	if (!streq(user, "root"))
		return false;
	make("root", 0, 0, "/root", ret); /* BusyBox images may have no /etc/passwd */
	return true;
}

void account_self(struct account *ret)
{
	const char *home = getenv("HOME"), *user = getenv("USER");

	if (!find(NULL, getuid(), ret))
		make(user ? user : "user", getuid(), getgid(), home ? home : "/", ret);
}

bool group_find(const char *group, gid_t *ret)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_fclose FILE *f = open_accounts("/etc/group", &text);
	const struct group *g;

	while (f && (g = fgetgrent(f)))
		if (streq(g->gr_name, group)) {
			*ret = g->gr_gid;
			return true;
		}
	return is_number(group, ret);
}
