/*
 * run_mounts.h - the mounts on the command line of `sandbox run`.
 *
 *	--mount SOURCE:TARGET[:ro]	a file or directory; a backslash escapes a colon
 *	--mount type=bind,source=SOURCE,target=TARGET[,readonly]	the same, in Docker's form
 *	--volume SOURCE:TARGET[:OPTIONS]	in Docker's form: a SOURCE without a slash is a name
 */
#ifndef CLI_RUN_MOUNTS_H
#define CLI_RUN_MOUNTS_H

#include "base/err.h"
#include "base/mem.h"
#include "start/assembly.h"

struct run_mounts {
	struct extra_mount *v;
	size_t n;
};

/* Release *out on failure too. */
int run_mounts_parse(const struct strv *mounts, const struct strv *volumes, struct run_mounts *out,
		     struct err *e);
void run_mounts_clear(struct run_mounts *m);
#define cleanup_run_mounts __attribute__((cleanup(run_mounts_clear)))

#endif
