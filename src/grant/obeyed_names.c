/*
 * obeyed_names.c - tables of what the host runs or obeys later, and the search in them.
 */
#include "grant/obeyed_names.h"

#include <stddef.h>
#include <string.h>

#include "base/mem.h"

#define WORKSPACE ".code-workspace" /* ends the name of an editor's file */

/* gitrepository-layout(5). */
const char *const obeyed_git_files[] = {
	"config",	   "config.worktree",	      "commondir",
	"info/attributes", "objects/info/alternates", NULL,
};

/* Files, and directories with everything in them: of editors, git's helpers, shells, agents. */
static const char *const of_project[] = {
	".envrc",
	".githooks",
	".vscode",
	".idea",
	".husky",
	".devcontainer",
	".devcontainer.json",
	".zed",
	".cursor",
	".claude",
	".mcp.json",
	".mise.toml",
	"mise.toml",
	".lefthook.yml",
	".exrc",
	".nvimrc",
	".nvim.lua",
	".vimrc",
	".dir-locals.el",
	"lefthook.yml",
	".pre-commit-config.yaml",
};

/* In a home: of shells, logins, sessions. */
static const char *const of_home[] = {
	".bashrc",	   ".bash_profile",	".bash_login",
	".bash_logout",	   ".profile",		".zshrc",
	".zshenv",	   ".zprofile",		".zlogin",
	".xprofile",	   ".config/autostart", ".config/fish",
	".config/sandbox", ".config/systemd",	".ssh",
	".gitconfig",
};

/* In a root. */
static const char *const of_system[] = {
	"etc/profile.d",
	"etc/cron.d",
	"etc/systemd",
	"etc/xdg/autostart",
};

/* Does path contain in ("" or a directory with its slash), then name, as whole components? */
static bool has(const char *path, const char *in, const char *name)
{
	size_t in_len = strlen(in), len = strlen(name);

	for (const char *at = path; (at = strchr(at, '/'));) {
		at++;
		if (strncmp(at, in, in_len) == 0 && strncmp(at + in_len, name, len) == 0 &&
		    (at[in_len + len] == '\0' || at[in_len + len] == '/'))
			return true;
	}
	return false;
}

static bool has_any(const char *path, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (has(path, "", names[i]))
			return true;
	return false;
}

bool obeyed_is_path(const char *path)
{
	if (has(path, ".git/", OBEYED_GIT_HOOKS))
		return true;
	for (size_t i = 0; obeyed_git_files[i]; i++)
		if (has(path, ".git/", obeyed_git_files[i]))
			return true;
	return has_any(path, of_project, ARRAY_SIZE(of_project)) ||
	       has_any(path, of_home, ARRAY_SIZE(of_home)) ||
	       has_any(path, of_system, ARRAY_SIZE(of_system)) || ends_with(path, WORKSPACE);
}

bool obeyed_is_name(const char *name)
{
	return is_among(name, of_project, ARRAY_SIZE(of_project)) || ends_with(name, WORKSPACE);
}
