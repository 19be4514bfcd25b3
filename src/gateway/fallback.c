/*
 * fallback.c - what carries a network's traffic: a gateway, or pasta(1) where there can be none.
 *
 * Nobody probes: the start of the first gateway is the try. What it found missing is then known
 * until the boot ends, since looking again takes the kernel 11 ms for each module that it has not.
 * Pasta takes the place only of a gateway that would enforce nothing and publish nothing; for any
 * other, that there is no gateway stays an error.
 */
#include "gateway/fallback.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "gateway/links.h"
#include "gateway/pasta.h"

void fallback_read(struct networks *all)
{
	struct err *missing = &all->missing;
	cleanup_close int fd = openat(GATEWAY_CACHE_FD, GATEWAY_MISSING,
				      O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, missing->msg, sizeof(missing->msg) - 1);

	missing->msg[n < 0 ? 0 : n] = '\0';
	missing->code = n > 0 ? ENOTSUP : 0;
}

/* Why pasta cannot carry what a gateway was to; NULL: it can. */
static const char *why_not_pasta(const struct networks *all, const struct network *n)
{
	cleanup_free char *program = pasta_find();

	return !program					    ? "is not installed (package passt)"
	       : *n->name				    ? "carries no network of a service"
	       : n->ports.n				    ? "publishes no ports"
	       : links_any(all)				    ? "reaches no other project"
	       : n->policy && !netpolicy_is_open(n->policy) ? "enforces no policy"
							    : NULL;
}

bool fallback_choose(const struct networks *all, struct network *n, enum gateway_driver driver,
		     bool used)
{
	if (used)
		return n->asked == driver;
	n->asked = n->driver = driver;
	if (driver == DRIVER_GATEWAY && all->missing.code && !why_not_pasta(all, n))
		n->driver = DRIVER_PASTA;
	return true;
}

/* A family, a protocol or an expression that the kernel does not have, or lets nobody have. */
static bool is_missing(int code)
{
	static const int codes[] = {ENOENT,	  EOPNOTSUPP,  EPROTONOSUPPORT,
				    EAFNOSUPPORT, ENOPROTOOPT, ESOCKTNOSUPPORT,
				    ENOSYS,	  EPERM,       EACCES};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i] == code)
			return true;
	return false;
}

static void remember_missing(struct networks *all, const struct err *e)
{
	cleanup_close int fd = openat(GATEWAY_CACHE_FD, GATEWAY_MISSING,
				      O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	all->missing = *e;
	if (fd >= 0)
		(void)!write(fd, e->msg, strlen(e->msg));
}

bool fallback_take(struct networks *all, struct network *n, struct err *e)
{
	const char *why;

	if (n->driver == DRIVER_PASTA || !is_missing(e->code))
		return false;
	remember_missing(all, e);
	why = why_not_pasta(all, n);
	if (why)
		err_set(e, e->code, "%s; pasta, which could do without, %s", all->missing.msg, why);
	else
		n->driver = DRIVER_PASTA;
	return !why;
}
