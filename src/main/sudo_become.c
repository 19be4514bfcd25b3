/*
 * sudo_become.c - from box-root to another user of the box.
 */
#include "main/sudo_become.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

#define MAX_GROUPS 64 /* of the target user */

int sudo_cannot_run(const char *program, int errnum)
{
	if (errnum == ENOENT) {
		fprintf(stderr, "sudo: %s: command not found\n", program);
		return 127;
	}
	fprintf(stderr, "sudo: unable to execute %s: %s\n", program, strerror(errnum));
	return 126;
}

char *become_identity(const struct account *to, bool keep_groups)
{
	struct buf out = BUF_INIT;

	buf_addf(&out, "%u:%u:%s", to->uid, to->gid, keep_groups ? "keep" : "");
	for (size_t i = 0; i < to->n_groups && i < MAX_GROUPS && !keep_groups; i++)
		buf_addf(&out, "%s%u", i ? "," : "", to->groups[i]);
	return buf_detach(&out);
}

static bool parse_identity(const char *text, uid_t *uid, gid_t *gid, gid_t *groups, int *n)
{
	int read = 0;

	if (sscanf(text, "%u:%u:%n", uid, gid, &read) != 2 || !read)
		return false;
	*n = -1;
	if (streq(text + read, "keep"))
		return true;
	for (*n = 0, text += read; *text && *n < MAX_GROUPS; (*n)++) {
		groups[*n] = (gid_t)strtoul(text, (char **)&text, 10);
		text += *text == ',';
	}
	return !*text;
}

/*
 * Detects a call that reports success and changes nothing, as the filter does for programs that
 * need it: nothing meant for another user may run as root.
 */
int become_exec(char **argv)
{
	gid_t gid, groups[MAX_GROUPS];
	uid_t uid;
	int n;

	if (!parse_identity(argv[0], &uid, &gid, groups, &n)) {
		fputs("sudo: " BECOME_OPTION " is for its own use\n", stderr);
		return 1;
	}
	if ((n >= 0 && setgroups((size_t)n, groups) < 0) || setresgid(gid, gid, gid) < 0 ||
	    setresuid(uid, uid, uid) < 0) {
		fprintf(stderr, "sudo: unable to change to uid %u, gid %u: %s\n", uid, gid,
			strerror(errno));
		return 1;
	}
	if (getuid() != uid || geteuid() != uid || getgid() != gid || getegid() != gid) {
		fprintf(stderr, "sudo: unable to change to uid %u, gid %u in this box\n", uid, gid);
		return 1;
	}
	execvp(argv[1], argv + 2);
	return sudo_cannot_run(argv[1], errno);
}
