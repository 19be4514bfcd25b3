/*
 * programs.c - finding our own programs beside this one, installed or in the build tree.
 */
#include "rootfs/programs.h"

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/proc.h"

static char *beside_self(const char *relative)
{
	const char *self = proc_self();

	return path_normalize(self ? self : "/", relative);
}

char *program_path(const char *name)
{
	cleanup_free char *relative = xasprintf("../../libexec/sandbox/%s", name);

	return beside_self(relative);
}

char *program_sandbox(void)
{
	return beside_self("../../../bin/sandbox");
}
