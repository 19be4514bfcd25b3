/* Names of files that the host runs or obeys later: where they count, and only as a whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "grant/obeyed_names.h"

static void paths(void **state)
{
	static const char *const obeyed[] = {
		"/root/.bashrc",
		"/home/a/.config/fish/config.fish",
		"/.envrc",
		"/p/.git/hooks",
		"/p/.git/hooks/pre-commit",
		"/p/.git/config",
		"/p/.git/config.worktree",
		"/p/.git/objects/info/alternates",
		"/p/sub/.vscode/tasks.json",
		"/p/.zed/tasks.json",
		"/p/mise.toml",
		"/p/a.code-workspace",
		"/etc/profile.d/x.sh",
		"/box/root/etc/systemd/system/x.service",
		"/p/.config/systemd/user/x.y",
	};
	static const char *const others[] = {
		"/",
		"/p/envrc",
		"/p/.envrc2",
		"/p/x.envrc",
		"/p/.git/configs",
		"/p/.git/HEAD",
		"/p/git/hooks/x",
		"/p/x.git/hooks/x",
		"/p/.git/info/exclude",
		"/etc/profile",
		"/home/a/.config/x",
		"/p/code-workspace",
		"/p/.vscode-x/y.z",
		"/.git",
		"/p/.git/x/config",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(obeyed); i++)
		if (!obeyed_is_path(obeyed[i]))
			fail_msg("%s", obeyed[i]);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (obeyed_is_path(others[i]))
			fail_msg("%s", others[i]);
}

/* `diff` marks every name that a session reports at the top of a project. */
static void names(void **state)
{
	static const char *const obeyed[] = {".envrc", ".zed", "lefthook.yml", "x.code-workspace"};
	static const char *const others[] = {".git", ".bashrc", ".envrc2", "envrc", "Makefile", ""};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(obeyed); i++) {
		char *path = xasprintf("/p/%s", obeyed[i]);

		assert_true(obeyed_is_name(obeyed[i]));
		assert_true(obeyed_is_path(path));
		free(path);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(obeyed_is_name(others[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
