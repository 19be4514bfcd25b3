/*
 * idmap.c - writing the id maps of user namespaces.
 *
 * Owns the three ways a map is written: by a process for itself (one id, needs nothing), by
 * newuidmap for a child (a range), by a short-lived helper for the "you" namespace. Formats and
 * permission rules: user_namespaces(7).
 */
#include "launch/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/mem.h"

/* A range beyond the first id when a subid range is mapped: what newuidmap grants by convention. */
#define SUBID_COUNT 65536u

static int write_proc(const char *path, const char *text, struct err *e)
{
	cleanup_close int fd = open(path, O_WRONLY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return err_sys(e, errno, "cannot open '%s'", path);
	r = write_all(fd, text, strlen(text));
	if (r < 0)
		return err_sys(e, -r, "cannot write '%s'", path);
	return 0;
}

static int write_maps(const char *uid_map, const char *gid_map, struct err *e)
{
	int r = write_proc("/proc/self/uid_map", uid_map, e);

	if (r == 0)
		r = write_proc("/proc/self/setgroups", "deny", e);
	if (r == 0)
		r = write_proc("/proc/self/gid_map", gid_map, e);
	return r;
}

int idmap_write_single(uid_t outer_uid, gid_t outer_gid, struct err *e)
{
	char uid_map[32], gid_map[32];

	snprintf(uid_map, sizeof(uid_map), "0 %u 1\n", outer_uid);
	snprintf(gid_map, sizeof(gid_map), "0 %u 1\n", outer_gid);
	return write_maps(uid_map, gid_map, e);
}

/* Finds `name:first:count` or `uid:first:count` in /etc/subuid or /etc/subgid; see subuid(5). */
static int find_subid_range(const char *path, unsigned *ret_first, unsigned *ret_count,
			    struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	const char *name = getenv("USER");
	char uid[16], *save = NULL;
	int r = file_read(AT_FDCWD, path, 1u << 20, &text, e);

	if (r < 0)
		return r;
	snprintf(uid, sizeof(uid), "%u", getuid());
	for (char *line = strtok_r(text.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *colon = strchr(line, ':');
		unsigned first, count;

		if (!colon || sscanf(colon, ":%u:%u", &first, &count) != 2)
			continue;
		*colon = '\0';
		if (!streq(line, uid) && !(name && streq(line, name)))
			continue;
		*ret_first = first;
		*ret_count = count < SUBID_COUNT ? count : SUBID_COUNT;
		return 0;
	}
	return err_set(e, ENOENT, "'%s' grants no range to this user: add one with usermod(8) or "
		       "use idmap = single", path);
}

static int run_newidmap(const char *program, pid_t child, unsigned id, const char *file,
			struct err *e)
{
	char pid_s[16], id_s[16], first_s[16], count_s[16], name[16], zero[] = "0", one[] = "1";
	char *argv[] = {name, pid_s, zero, id_s, one, one, first_s, count_s, NULL};
	unsigned first, count;
	int status, r = find_subid_range(file, &first, &count, e);
	pid_t helper;

	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "%s", program);
	snprintf(pid_s, sizeof(pid_s), "%d", child);
	snprintf(id_s, sizeof(id_s), "%u", id);
	snprintf(first_s, sizeof(first_s), "%u", first);
	snprintf(count_s, sizeof(count_s), "%u", count);
	r = posix_spawnp(&helper, program, NULL, NULL, argv, environ);
	if (r != 0)
		return err_sys(e, r, "cannot run '%s' (package uidmap)", program);
	while (waitpid(helper, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(e, EPERM, "'%s' refused the range of '%s'", program, file);
	return 0;
}

int idmap_write_subid(pid_t child, struct err *e)
{
	int r = run_newidmap("newuidmap", child, getuid(), "/etc/subuid", e);

	return r < 0 ? r : run_newidmap("newgidmap", child, getgid(), "/etc/subgid", e);
}

struct you_request {
	char uid_map[96], gid_map[96];
	int fd;
	struct err err;
};

/*
 * Runs in pid 1's memory and descriptor table (CLONE_VM | CLONE_FILES) but in the new namespace:
 * the descriptor it opens is pid 1's. No copy of the address space is made for it.
 */
static int you_helper(void *arg)
{
	struct you_request *req = arg;

	if (write_maps(req->uid_map, req->gid_map, &req->err) < 0)
		return 1;
	req->fd = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	if (req->fd < 0)
		err_sys(&req->err, errno, "cannot open '/proc/self/ns/user'");
	return 0;
}

/* inside outside count: yourself, and with a range the others around you. */
static void format_you_map(char *map, size_t size, unsigned id, bool subid)
{
	if (!subid || id == 0)
		snprintf(map, size, "%u 0 %u\n", id, subid ? SUBID_COUNT : 1);
	else if (id < SUBID_COUNT)
		snprintf(map, size, "0 1 %u\n%u 0 1\n%u %u %u\n", id, id, id + 1, id + 1,
			 SUBID_COUNT - id);
	else
		snprintf(map, size, "0 1 %u\n%u 0 1\n", SUBID_COUNT, id);
}

int idmap_make_you(uid_t uid, gid_t gid, bool subid, int *ret_fd, struct err *e)
{
	_Alignas(16) static char stack[16384];
	struct you_request req = {.fd = -1};
	pid_t pid;

	format_you_map(req.uid_map, sizeof(req.uid_map), uid, subid);
	format_you_map(req.gid_map, sizeof(req.gid_map), gid, subid);
	pid = clone(you_helper, stack + sizeof(stack),
		    CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_NEWUSER | SIGCHLD, &req);
	if (pid < 0)
		return err_sys(e, errno, "cannot make the nested user namespace");
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (req.fd < 0) {
		*e = req.err;
		return err_add(e, "cannot make the nested user namespace");
	}
	*ret_fd = req.fd;
	return 0;
}
