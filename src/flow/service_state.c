/*
 * service_state.c - what the services of a project do.
 *
 * The state is replaced as a whole, without waiting for the disk: after a power cut nothing runs,
 * and the boxes say the rest. On a full disk it is written over.
 */
#include "flow/service_state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/kv.h"
#include "base/proc.h"

#define SERVICES "services"
#define STATE	 "state"
#define LOCK	 "lock"
#define GIVEN	 "given"
#define HOLD_MS	 1000

static const char *const statuses[N_SERVICE_STATUS] = {
	[SERVICE_WAITING] = "waiting", [SERVICE_STARTING] = "starting",
	[SERVICE_RUNNING] = "running", [SERVICE_RESTARTING] = "restarting",
	[SERVICE_EXITED] = "exited",   [SERVICE_STOPPED] = "stopped",
	[SERVICE_FAILED] = "failed",
};

static const char *const healths[N_SERVICE_HEALTHY] = {
	[SERVICE_UNCHECKED] = "",
	[SERVICE_CHECKING] = "starting",
	[SERVICE_HEALTHY] = "healthy",
	[SERVICE_UNHEALTHY] = "unhealthy",
};

const char *service_status_word(enum service_status status)
{
	return statuses[status];
}

const char *service_healthy_word(enum service_healthy healthy)
{
	return healths[healthy];
}

void services_state_clear(struct services_state *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->v[i].name);
		free(s->v[i].error);
	}
	free(s->v);
	free(s->project);
	*s = (struct services_state){0};
}

struct service_state *services_state_find(const struct services_state *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (streq(s->v[i].name, name))
			return &s->v[i];
	return NULL;
}

int services_state_none(struct err *e)
{
	return err_set(e, ENOENT, "no service of this project was started");
}

int services_state_open(const struct store *s, const char *mark, bool make, int *ret_fd,
			struct err *e)
{
	cleanup_free char *path = xasprintf(SERVICES "/%s", mark);
	int fd;

	if (make && ((mkdirat(s->data_fd, SERVICES, 0700) < 0 && errno != EEXIST) ||
		     (mkdirat(s->data_fd, path, 0700) < 0 && errno != EEXIST)))
		return err_sys(e, errno, "cannot make '%s/%s'", s->data, path);
	fd = openat(s->data_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return services_state_none(e);
	if (fd < 0)
		return err_sys(e, errno, "cannot open '%s/%s'", s->data, path);
	*ret_fd = fd;
	return 0;
}

int services_state_given_write(int dirfd, const struct strv *lines, struct err *e)
{
	cleanup_kv struct kv kv = {0};

	for (size_t i = 0; i < lines->n; i++)
		kv_add(&kv, "line", lines->v[i]);
	return kv_write(&kv, dirfd, GIVEN, e);
}

int services_state_given_read(int dirfd, struct strv *out, struct err *e)
{
	cleanup_kv struct kv kv = {0};
	int r = kv_read(&kv, dirfd, GIVEN, e);

	for (size_t i = 0; r == 0 && i < kv.values.n; i++)
		strv_push(out, kv.values.v[i]);
	return r == -ENOENT ? 0 : r;
}

/* NAME STATUS HEALTHY RESTARTS EXIT SINCE HASH DEPTH STOP ERROR */
static bool take_line(const char *line, struct service_state *ret)
{
	unsigned status, healthy;
	int used = 0;
	char name[64];

	if (sscanf(line, "%63s %u %u %u %d %lld %llx %u %ld %n", name, &status, &healthy,
		   &ret->restarts, &ret->exit, &ret->since, &ret->hash, &ret->depth, &ret->stop_ms,
		   &used) != 9 ||
	    !used || status >= N_SERVICE_STATUS || healthy >= N_SERVICE_HEALTHY)
		return false;
	ret->status = (enum service_status)status;
	ret->healthy = (enum service_healthy)healthy;
	ret->name = xstrdup(name);
	ret->error = line[used] ? xstrdup(line + used) : NULL;
	return true;
}

int services_state_read(int dirfd, struct services_state *ret, struct err *e)
{
	struct services_state s = {0};
	cleanup_kv struct kv kv = {0};
	int r = kv_read(&kv, dirfd, STATE, e);

	if (r < 0)
		return r;
	s.project = xstrdup(kv_get(&kv, "project"));
	s.lingers = kv_get(&kv, "lingers") != NULL;
	s.v = xcalloc(kv.keys.n + 1, sizeof(*s.v));
	for (size_t i = 0; i < kv.keys.n; i++)
		if (streq(kv.keys.v[i], "service"))
			s.n += take_line(kv.values.v[i], &s.v[s.n]);
	*ret = s;
	return 0;
}

int services_state_write(int dirfd, const struct services_state *s, struct err *e)
{
	cleanup_kv struct kv kv = {0};
	int r;

	kv_set(&kv, "project", s->project);
	kv_set(&kv, "lingers", s->lingers ? "yes" : NULL);
	for (size_t i = 0; i < s->n; i++) {
		const struct service_state *v = &s->v[i];
		cleanup_free char *line = xasprintf("%s %u %u %u %d %lld %llx %u %ld %s", v->name,
						    (unsigned)v->status, (unsigned)v->healthy,
						    v->restarts, v->exit, v->since, v->hash,
						    v->depth, v->stop_ms, v->error ? v->error : "");

		kv_add(&kv, "service", line);
	}
	r = kv_write_passing(&kv, dirfd, STATE, e);
	/* What a service fills must not hide what becomes of it. */
	return r == -ENOSPC || r == -EDQUOT ? kv_write_over(&kv, dirfd, STATE, e) : r;
}

int services_state_hold(int dirfd, int *ret_lock, struct err *e)
{
	cleanup_close int fd = openat(dirfd, LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(e, errno, "cannot open the lock of the services");
	/* Whoever looks for a holder has the lock for a moment. */
	for (int waited = 0; !file_trylock(fd); waited++) {
		if (waited >= HOLD_MS)
			return err_set(e, EBUSY,
				       "another process holds the services of this project");
		usleep(1000);
	}
	if (ftruncate(fd, 0) < 0 || dprintf(fd, "%d\n", getpid()) < 0)
		return err_sys(e, errno, "cannot record who holds the services");
	*ret_lock = take_fd(&fd);
	return 0;
}

int services_state_holder(int dirfd, pid_t *ret_pid)
{
	cleanup_close int fd = openat(dirfd, LOCK, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_buf struct buf text = BUF_INIT;
	struct err ignored;
	int pidfd, pid = 0;

	if (fd < 0 || file_trylock(fd) || file_read_fd(fd, LOCK, 64, &text, &ignored) < 0 ||
	    sscanf(text.data, "%d", &pid) != 1 || pid <= 0)
		return -1;
	pidfd = proc_pidfd(pid);
	/* Still held: so the pid was not reused meanwhile. */
	if (pidfd >= 0 && file_trylock(fd))
		close_fd(&pidfd);
	if (pidfd >= 0 && ret_pid)
		*ret_pid = pid;
	return pidfd < 0 ? -1 : pidfd;
}
