/*
 * image_commands.h - the command lines of sandbox-image: `sandbox` checks, explains and completes
 * them from the same tables that sandbox-image parses them with.
 */
#ifndef CLI_IMAGE_COMMANDS_H
#define CLI_IMAGE_COMMANDS_H

#include "cli/options.h"

#define IMAGE_PROGRAM "sandbox-image"

struct pull_cli {
	bool json;
	const char *platform;
};

struct images_cli {
	bool json, digests, names;
};

struct login_cli {
	bool password_stdin;
	const char *user;
};

struct pack_cli {
	const char *from;
};

struct export_cli {
	const char *format;
};

struct bootstrap_cli {
	const char *name, *mirror, *variant;
	struct strv include;
};

struct build_cli {
	bool json, print, no_cache, pull, debug_shell, bases, lock_partial;
	const char *file, *target, *platform, *timestamp, *devcontainer, *features_in, *lock, *text,
		*inside;
	struct strv names, build_args, build_contexts, checksums, secrets, agents, outputs,
		cache_from, cache_to;
};

struct tree_cli {
	bool json, dot;
};

struct prune_cli {
	bool json, dry_run, all, caches;
};

struct verify_cli {
	bool json, repair;
};

struct image_json_cli {
	bool json;
};

extern const struct command cmd_pull;
extern const struct command cmd_push;
extern const struct command cmd_images;
extern const struct command cmd_login;
extern const struct command cmd_logout;

/* `sandbox image`, and its subcommands. */
extern const struct command cmd_image;
extern const struct command cmd_image_import;
extern const struct command cmd_image_export;
extern const struct command cmd_image_bootstrap;
extern const struct command cmd_image_build;
extern const struct command cmd_image_prepare;
extern const struct command cmd_image_prebuilt;
extern const struct command cmd_image_seal;
extern const struct command cmd_image_devcontainer;
extern const struct command cmd_image_lock;
extern const struct command cmd_image_cdi;
extern const struct command cmd_image_pack;
extern const struct command cmd_image_tag;
extern const struct command cmd_image_rm;
extern const struct command cmd_image_inspect;
extern const struct command cmd_image_history;
extern const struct command cmd_image_tree;
extern const struct command cmd_image_prune;
extern const struct command cmd_image_df;
extern const struct command cmd_image_verify;
extern const struct command cmd_image_ls;

#endif
