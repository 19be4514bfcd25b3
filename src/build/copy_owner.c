/*
 * copy_owner.c - looks names up in the files of a stage, which are never executed or trusted.
 */
#include "build/copy_owner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "image/store/view.h"

#define ACCOUNTS_MAX (10u << 20)

/* A number below 2^32 - 1, which chown(2) would take as "leave it". */
static bool read_id(const char *text, uint32_t *ret)
{
	size_t n = strspn(text, "0123456789");
	unsigned long id = strtoul(text, NULL, 10);

	if (!n || text[n] || n > 10 || id >= UINT32_MAX)
		return false;
	*ret = (uint32_t)id;
	return true;
}

/* Finds the line NAME:x:ID[:ID2]; ret_second may be NULL. */
static bool find_name(char *text, const char *name, uint32_t *ret, uint32_t *ret_second)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		char *words[4] = {0};

		for (size_t i = 0; i < ARRAY_SIZE(words) && line; i++)
			words[i] = strsep(&line, ":");
		if (words[2] && streq(words[0], name) && read_id(words[2], ret) &&
		    (!ret_second || (words[3] && read_id(words[3], ret_second))))
			return true;
	}
	return false;
}

static int look_up(const struct copy_tree *stage, const char *what, const char *file,
		   const char *name, uint32_t *ret, uint32_t *ret_second, struct err *e)
{
	const struct view view = {.layers = stage ? stage->layers : NULL,
				  .n = stage ? stage->n : 0};
	cleanup_buf struct buf text = BUF_INIT;
	int r = view_read(&view, file, ACCOUNTS_MAX, &text, e);

	if (r < 0 && r != -ENOENT && r != -ENOTDIR)
		return r;
	if (r < 0 || !find_name(text.data, name, ret, ret_second))
		log_warn("/%s of the stage has no %s '%s': %s is used, as in Docker", file, what,
			 name, ret_second ? "root" : "that of the user");
	return 0;
}

/* As BuildKit does, "root" needs no file. */
static bool is_id(const char *text, uint32_t *ret)
{
	if (streq(text, "root")) {
		*ret = 0;
		return true;
	}
	return read_id(text, ret);
}

int copy_owner(const struct copy_tree *stage, const char *text, struct owner *ret, struct err *e)
{
	const char *colon = strchr(text, ':'), *group = colon ? colon + 1 : "";
	cleanup_free char *user = xstrndup(text, strcspn(text, ":"));
	struct owner o = {0};
	int r = 0;

	if (is_id(user, &o.uid))
		o.gid = o.uid;
	else if (*user)
		r = look_up(stage, "user", "etc/passwd", user, &o.uid, &o.gid, e);
	if (r == 0 && *group && !is_id(group, &o.gid))
		r = look_up(stage, "group", "etc/group", group, &o.gid, NULL, e);
	if (r == 0)
		*ret = o;
	return r;
}

bool copy_owner_inherits(int dir, uint32_t *ret_gid)
{
	char text[OWNER_MAX];
	struct owner o = {0};
	struct stat st;
	ssize_t n;

	if (fstat(dir, &st) < 0 || !(st.st_mode & S_ISGID))
		return false;
	n = fgetxattr(dir, OWNER_XATTR, text, sizeof(text));
	if (n > 0)
		owner_parse(text, (size_t)n, &o);
	*ret_gid = o.gid;
	return true;
}
