/*
 * cmd_image.c - the tables of all commands about images. sandbox-image implements them, with the
 * libraries that they need; this file is linked into both.
 */
#include "cli/image_commands.h"

static const struct opt json_options[] = {
	OPT_JSON(struct image_json_cli, json),
	OPTS_END,
};

static const struct opt pull_options[] = {
	{.name = "platform",
	 .arg = "OS/ARCH[/VARIANT]",
	 .help = "take the image for another platform, such as linux/arm64",
	 OPT_STRING(struct pull_cli, platform)},
	OPT_JSON(struct pull_cli, json),
	OPTS_END,
};

const struct command cmd_pull = {
	.name = "pull",
	.summary = "download images from a registry",
	.usage = "[OPTIONS] IMAGE...",
	.options = pull_options,
	.options_size = sizeof(struct pull_cli),
	.min_words = 1,
	.max_words = -1,
	.words = {WORD_IMAGE},
	.program_name = IMAGE_PROGRAM,
};

const struct command cmd_push = {
	.name = "push",
	.summary = "upload an image to a registry",
	.usage = "[OPTIONS] IMAGE [DESTINATION]",
	.options = json_options,
	.options_size = sizeof(struct image_json_cli),
	.min_words = 1,
	.max_words = 2,
	.words = {WORD_IMAGE, WORD_ANY},
	.program_name = IMAGE_PROGRAM,
};

static const struct opt images_options[] = {
	{.name = "digests", .help = "show full digests", OPT_FLAG(struct images_cli, digests)},
	{.name = "names", .help = "print only the names", OPT_FLAG(struct images_cli, names)},
	OPT_JSON(struct images_cli, json),
	OPTS_END,
};

const struct command cmd_images = {
	.name = "images",
	.summary = "list the images",
	.usage = "[OPTIONS]",
	.options = images_options,
	.options_size = sizeof(struct images_cli),
	.program_name = IMAGE_PROGRAM,
};

static const struct opt login_options[] = {
	{.letter = 'u',
	 .name = "username",
	 .arg = "NAME",
	 .help = "the user name; default: ask for it",
	 OPT_STRING(struct login_cli, user)},
	{.name = "password-stdin",
	 .help = "read the password from standard input",
	 OPT_FLAG(struct login_cli, password_stdin)},
	OPTS_END,
};

const struct command cmd_login = {
	.name = "login",
	.summary = "store a user name and password for a registry",
	.usage = "[OPTIONS] HOST[/PATH]",
	.options = login_options,
	.options_size = sizeof(struct login_cli),
	.min_words = 1,
	.max_words = 1,
	.words = {WORD_ANY},
	.program_name = IMAGE_PROGRAM,
};

const struct command cmd_logout = {
	.name = "logout",
	.summary = "remove the user name and password for a registry",
	.usage = "HOST[/PATH]",
	.min_words = 1,
	.max_words = 1,
	.words = {WORD_ANY},
	.program_name = IMAGE_PROGRAM,
};

const struct command cmd_image_import = {
	.name = "image import",
	.summary = "import an image from an archive or a directory",
	.usage = "SOURCE[:TAG] [NAME]",
	.min_words = 1,
	.max_words = 2,
	.words = {WORD_FILE, WORD_ANY},
	.program_name = IMAGE_PROGRAM,
};

static const struct opt export_options[] = {
	{.name = "format",
	 .arg = "FORMAT",
	 .help = "oci (default), docker, or tar: only the files",
	 .word = WORD_CHOICE,
	 .choices = "oci docker tar",
	 OPT_STRING(struct export_cli, format)},
	OPTS_END,
};

const struct command cmd_image_export = {
	.name = "image export",
	.summary = "write an image to an archive",
	.usage = "[OPTIONS] IMAGE FILE",
	.options = export_options,
	.options_size = sizeof(struct export_cli),
	.min_words = 2,
	.max_words = 2,
	.words = {WORD_IMAGE, WORD_FILE},
	.program_name = IMAGE_PROGRAM,
};

static const struct opt bootstrap_options[] = {
	{.name = "name",
	 .arg = "NAME",
	 .help = "name of the image; default: DISTRO:SUITE",
	 OPT_STRING(struct bootstrap_cli, name)},
	{.name = "mirror",
	 .arg = "URL",
	 .help = "the mirror to download packages from",
	 OPT_STRING(struct bootstrap_cli, mirror)},
	{.name = "variant",
	 .arg = "VARIANT",
	 .help = "mmdebstrap's variant; default: minbase",
	 OPT_STRING(struct bootstrap_cli, variant)},
	{.name = "include",
	 .arg = "PACKAGE",
	 .help = "an additional package; may be repeated",
	 OPT_LIST(struct bootstrap_cli, include)},
	OPTS_END,
};

const struct command cmd_image_bootstrap = {
	.name = "image bootstrap",
	.summary = "create a base image from a Debian mirror",
	.usage = "[OPTIONS] DISTRO:SUITE",
	.options = bootstrap_options,
	.options_size = sizeof(struct bootstrap_cli),
	.min_words = 1,
	.max_words = 1,
	.words = {WORD_ANY},
	.program_name = IMAGE_PROGRAM,
};

const struct command cmd_image_prepare = {
	.name = "image prepare",
	.summary = "make an image ready to run, pulling it if it is not here",
	.usage = "IMAGE",
	.min_words = 1,
	.max_words = 1,
	.words = {WORD_IMAGE},
	.hidden = true,
	.program_name = IMAGE_PROGRAM,
};

const struct command cmd_image_prebuilt = {
	.name = "image prebuilt",
	.summary = "pull an image without naming it, and print its digest; status 1: there is none",
	.usage = "IMAGE",
	.min_words = 1,
	.max_words = 1,
	.words = {WORD_IMAGE},
	.hidden = true,
	.program_name = IMAGE_PROGRAM,
};

const struct command cmd_image_seal = {
	.name = "image seal",
	.summary = "make an image of a base and layers of steps, for 'sandbox seal'",
	.usage = "[--json] DIGEST IMAGE [LAYER TITLE]...",
	.options = json_options,
	.options_size = sizeof(struct image_json_cli),
	.min_words = 2,
	.max_words = -1,
	.words = {WORD_ANY},
	.hidden = true,
	.program_name = IMAGE_PROGRAM,
};

const struct command cmd_image_devcontainer = {
	.name = "image devcontainer",
	.summary = "resolve a project's devcontainer.json, for its settings",
	.usage = "DIR KEY CONFIG IMAGE",
	.min_words = 4,
	.max_words = 4,
	.words = {WORD_ANY},
	.hidden = true,
	.program_name = IMAGE_PROGRAM,
};

const struct command cmd_image_lock = {
	.name = "image lock",
	.summary = "the versions of a devcontainer.json's features, for 'sandbox lock'",
	.usage = "FILE PROJECT check|missing|all|complete",
	.min_words = 3,
	.max_words = 3,
	.words = {WORD_ANY},
	.hidden = true,
	.program_name = IMAGE_PROGRAM,
};

const struct command cmd_image_cdi = {
	.name = "image cdi",
	.summary = "what CDI specifications say of GPUs, for 'gpu = yes'",
	.usage = "FILE...",
	.min_words = 1,
	.max_words = -1,
	.words = {WORD_FILE},
	.hidden = true,
	.program_name = IMAGE_PROGRAM,
};

static const struct opt pack_options[] = {
	{.name = "from",
	 .arg = "PATH",
	 .help = "only what is beneath PATH, relative to it",
	 OPT_STRING(struct pack_cli, from)},
	OPTS_END,
};

const struct command cmd_image_pack = {
	.name = "image pack",
	.summary = "what a box has changed as a tar, for 'sandbox apply'",
	.usage = "[OPTIONS] BOX FILE",
	.options = pack_options,
	.options_size = sizeof(struct pack_cli),
	.min_words = 2,
	.max_words = 2,
	.words = {WORD_BOX, WORD_FILE},
	.hidden = true,
	.program_name = IMAGE_PROGRAM,
};

static const struct opt build_options[] = {
	{.letter = 'f',
	 .name = "file",
	 .arg = "FILE",
	 .help = "the Dockerfile; default: Dockerfile or Containerfile in DIR",
	 .word = WORD_FILE,
	 OPT_STRING(struct build_cli, file)},
	{.letter = 't',
	 .name = "tag",
	 .arg = "NAME",
	 .help = "the image's name; may be repeated",
	 OPT_LIST(struct build_cli, names)},
	{.name = "target",
	 .arg = "STAGE",
	 .help = "the stage to build; default: the last one",
	 OPT_STRING(struct build_cli, target)},
	{.name = "build-arg",
	 .arg = "NAME[=VALUE]",
	 .help = "the value of an ARG; without VALUE that of the environment",
	 OPT_LIST(struct build_cli, build_args)},
	{.name = "build-context",
	 .arg = "NAME=VALUE",
	 .help = "what NAME means in FROM and --from",
	 OPT_LIST(struct build_cli, build_contexts)},
	{.name = "cache-from",
	 .arg = "NAME|type=...,...",
	 .help = "use layers of a registry (ref=), or of a directory (local, src=)",
	 OPT_LIST(struct build_cli, cache_from)},
	{.name = "cache-to",
	 .arg = "NAME|type=...,...",
	 .help = "write the layers of steps there, for --cache-from (local: dest=)",
	 OPT_LIST(struct build_cli, cache_to)},
	{.name = "devcontainer",
	 .arg = "FILE",
	 .help = "install the features of a devcontainer.json; without DIR in its image",
	 .word = WORD_FILE,
	 OPT_STRING(struct build_cli, devcontainer)},
	{.name = "features-in",
	 .arg = "IMAGE",
	 .help = "with --devcontainer, and without DIR: in this image instead",
	 .word = WORD_IMAGE,
	 OPT_STRING(struct build_cli, features_in)},
	{.name = "file-text",
	 .arg = "TEXT",
	 .help = "what the Dockerfile says, instead of a file",
	 OPT_STRING(struct build_cli, text)},
	{.name = "checksum",
	 .arg = "FILE=sha256:HEX",
	 .help = "refuse this file, which the build reads, if it has another checksum",
	 OPT_LIST(struct build_cli, checksums)},
	{.name = "inside",
	 .arg = "DIR",
	 .help = "read the Dockerfile and contexts in this directory alone",
	 .word = WORD_DIR,
	 OPT_STRING(struct build_cli, inside)},
	{.name = "lock",
	 .arg = "FILE",
	 .help = "take base images by the digests that this sandbox.lock has",
	 .word = WORD_FILE,
	 OPT_STRING(struct build_cli, lock)},
	{.name = "lock-partial",
	 .help = "look for base images that the lock lacks, and tell them",
	 OPT_FLAG(struct build_cli, lock_partial)},
	{.name = "bases",
	 .help = "print the digests of the images that it is built from, too",
	 OPT_FLAG(struct build_cli, bases)},
	{.name = "platform",
	 .arg = "OS/ARCH[/VARIANT]",
	 .help = "the platform to build for, such as linux/arm64",
	 OPT_STRING(struct build_cli, platform)},
	{.name = "secret",
	 .arg = "id=ID[,src=FILE]",
	 .help = "a file, or a variable (env=NAME), for RUN --mount=type=secret",
	 OPT_LIST(struct build_cli, secrets)},
	{.name = "ssh",
	 .arg = "ID[=SOCKET]",
	 .help = "an SSH agent for RUN --mount=type=ssh; default: $SSH_AUTH_SOCK",
	 OPT_LIST(struct build_cli, agents)},
	{.letter = 'o',
	 .name = "output",
	 .arg = "DIR|type=...,dest=...",
	 .help = "write the files, or an archive (oci, docker, tar), too; - is a tar",
	 OPT_LIST(struct build_cli, outputs)},
	{.name = "no-cache",
	 .help = "run every step, also those that were run before",
	 OPT_FLAG(struct build_cli, no_cache)},
	{.name = "pull",
	 .help = "look for newer base images in their registries",
	 OPT_FLAG(struct build_cli, pull)},
	{.name = "timestamp",
	 .arg = "SECONDS",
	 .help = "the time of the image, and the latest of its new files",
	 OPT_STRING(struct build_cli, timestamp)},
	{.name = "debug-shell",
	 .help = "if a step fails, open a shell in the state before it",
	 OPT_FLAG(struct build_cli, debug_shell)},
	{.name = "print",
	 .help = "show stages and steps, run nothing",
	 OPT_FLAG(struct build_cli, print)},
	OPT_JSON(struct build_cli, json),
	OPTS_END,
};

const struct command cmd_image_build = {
	.name = "image build",
	.summary = "build an image from a Dockerfile",
	.usage = "[OPTIONS] [DIR|REPOSITORY]",
	.options = build_options,
	.options_size = sizeof(struct build_cli),
	.max_words = 1,
	.words = {WORD_DIR},
	.program_name = IMAGE_PROGRAM,
};

const struct command cmd_image_tag = {
	.name = "image tag",
	.summary = "give an image an additional name",
	.usage = "IMAGE NAME",
	.min_words = 2,
	.max_words = 2,
	.words = {WORD_IMAGE, WORD_ANY},
	.program_name = IMAGE_PROGRAM,
};

const struct command cmd_image_rm = {
	.name = "image rm",
	.summary = "remove names, and what nothing needs any more",
	.usage = "IMAGE...",
	.min_words = 1,
	.max_words = -1,
	.words = {WORD_IMAGE},
	.program_name = IMAGE_PROGRAM,
};

const struct command cmd_image_inspect = {
	.name = "image inspect",
	.summary = "show the manifest, config and layers of an image",
	.usage = "[--json] IMAGE",
	.options = json_options,
	.options_size = sizeof(struct image_json_cli),
	.min_words = 1,
	.max_words = 1,
	.words = {WORD_IMAGE},
	.program_name = IMAGE_PROGRAM,
};

const struct command cmd_image_history = {
	.name = "image history",
	.summary = "show the steps that made an image",
	.usage = "[--json] IMAGE",
	.options = json_options,
	.options_size = sizeof(struct image_json_cli),
	.min_words = 1,
	.max_words = 1,
	.words = {WORD_IMAGE},
	.program_name = IMAGE_PROGRAM,
};

static const struct opt tree_options[] = {
	{.name = "dot",
	 .help = "print the graph for Graphviz's dot",
	 OPT_FLAG(struct tree_cli, dot)},
	OPT_JSON(struct tree_cli, json),
	OPTS_END,
};

const struct command cmd_image_tree = {
	.name = "image tree",
	.summary = "show which images share which layers",
	.usage = "[OPTIONS]",
	.options = tree_options,
	.options_size = sizeof(struct tree_cli),
	.program_name = IMAGE_PROGRAM,
};

static const struct opt prune_options[] = {
	{.name = "all",
	 .help = "also remove images that no box uses",
	 OPT_FLAG(struct prune_cli, all)},
	{.name = "caches",
	 .help = "also remove the caches of projects",
	 OPT_FLAG(struct prune_cli, caches)},
	{.name = "dry-run",
	 .help = "remove nothing, print what would be removed",
	 OPT_FLAG(struct prune_cli, dry_run)},
	OPT_JSON(struct prune_cli, json),
	OPTS_END,
};

const struct command cmd_image_prune = {
	.name = "image prune",
	.summary = "remove layers and blobs that nothing needs",
	.usage = "[OPTIONS]",
	.options = prune_options,
	.options_size = sizeof(struct prune_cli),
	.program_name = IMAGE_PROGRAM,
};

const struct command cmd_image_df = {
	.name = "image df",
	.summary = "show the disk space of images, boxes and caches",
	.usage = "[--json]",
	.options = json_options,
	.options_size = sizeof(struct image_json_cli),
	.program_name = IMAGE_PROGRAM,
};

static const struct opt verify_options[] = {
	{.name = "repair",
	 .help = "repair what can be repaired from the store",
	 OPT_FLAG(struct verify_cli, repair)},
	OPT_JSON(struct verify_cli, json),
	OPTS_END,
};

const struct command cmd_image_verify = {
	.name = "image verify",
	.summary = "read everything and compare it with its digest",
	.usage = "[--repair] [--json] [IMAGE...]",
	.options = verify_options,
	.options_size = sizeof(struct verify_cli),
	.max_words = -1,
	.words = {WORD_IMAGE},
	.program_name = IMAGE_PROGRAM,
};

const struct command cmd_image_ls = {
	.name = "image ls",
	.summary = "list the images, as `sandbox images` does",
	.usage = "[OPTIONS]",
	.options = images_options,
	.options_size = sizeof(struct images_cli),
	.program_name = IMAGE_PROGRAM,
};

static const struct command *const subcommands[] = {
	&cmd_image_ls,	      &cmd_image_import,   &cmd_image_export,
	&cmd_image_bootstrap, &cmd_image_build,	   &cmd_image_tag,
	&cmd_image_rm,	      &cmd_image_inspect,  &cmd_image_history,
	&cmd_image_tree,      &cmd_image_df,	   &cmd_image_prune,
	&cmd_image_verify,    &cmd_image_prepare,  &cmd_image_devcontainer,
	&cmd_image_lock,      &cmd_image_prebuilt, &cmd_image_seal,
	&cmd_image_pack,      &cmd_image_cdi,	   NULL,
};

const struct command cmd_image = {
	.name = "image",
	.summary = "work with images: import, export, bootstrap, tag, rm, prune, ...",
	.usage = "COMMAND [ARGUMENTS]",
	.program = PROGRAM_VERBATIM,
	.max_words = 1,
	.words = {WORD_COMMAND},
	.subs = subcommands,
};
