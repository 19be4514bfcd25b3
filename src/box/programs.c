/*
 * programs.c - finding our own programs beside this one, installed or in the build tree.
 */
#include "box/programs.h"

#include <limits.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"

static char *beside_self(const char *relative)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	return path_normalize(n > 0 ? self : "/", relative);
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
