/*
 * cmd_console.c - `sandbox console`: a prompt for the commands. sandbox-ask reads the lines.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/programs.h"
#include "cli/commands.h"
#include "cli/shim.h"
#include "store/store.h"

static int run(const struct args *args, int *ret_status, struct err *e)
{
	cleanup_free char *helper = program_path("sandbox-ask"), *self = NULL, *history = NULL;
	cleanup_store struct store s = STORE_INIT;
	int r = store_open(&s, e);

	(void)args;
	(void)ret_status;
	if (r == 0)
		r = shim_self(&self, e);
	if (r < 0)
		return r;
	history = path_join(s.data, "console_history");
	execl(helper, helper, "--console", self, history, (char *)NULL);
	return err_sys(e, errno, "cannot run '%s'", helper);
}

const struct command cmd_console = {
	.name = "console",
	.summary = "a prompt over these commands, with history and completion",
	.usage = "",
	.run = run,
};
