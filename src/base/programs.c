/*
 * programs.c - finding our own programs beside this one, installed or in the build tree.
 */
#include "base/programs.h"

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/proc.h"

static char *beside_self(const char *relative)
{
	const char *self = proc_self();

	return path_normalize(self ? self : "/", relative);
}

/* Are we a helper program ourselves? */
static bool is_helper(void)
{
	const char *self = proc_self();
	cleanup_free char *dir = path_normalize(self ? self : "/", "..");

	return ends_with(dir, "/libexec/sandbox");
}

char *program_path(const char *name)
{
	cleanup_free char *relative = xasprintf(is_helper() ? "../%s" : "../../libexec/sandbox/%s",
						name);

	return beside_self(relative);
}

char *program_sandbox(void)
{
	return beside_self("../../../bin/sandbox");
}
