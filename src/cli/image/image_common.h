/*
 * image_common.h - shared by the commands of sandbox-image: the store with its configuration, names
 * as people write them, and one function a command.
 */
#ifndef CLI_IMAGE_IMAGE_COMMON_H
#define CLI_IMAGE_IMAGE_COMMON_H

#include "cli/options.h"
#include "image/name/conf.h"
#include "image/name/ref.h"
#include "image/store/store.h"

struct image_tools {
	struct image_conf conf;
	struct image_store store;
};

#define IMAGE_TOOLS_INIT                  \
	{                                 \
		.store = IMAGE_STORE_INIT \
	}

int image_tools_open(struct image_tools *t, struct err *e);
void image_tools_close(struct image_tools *t);
#define cleanup_image_tools __attribute__((cleanup(image_tools_close)))

/*
 * Finds the name of a local image: by name, or by the unique beginning of a manifest's digest (at
 * least 4 digits). ENOENT suggests the nearest name. The caller frees *ret_name.
 */
int image_tools_find(const struct image_tools *t, const char *word, char **ret_name,
		     struct ref *ret, struct err *e);

/* A name for display; the caller frees it. */
char *image_tools_short(const struct image_tools *t, const char *name);

/* Prints each of them on a line. */
void image_tools_print_names(const struct image_tools *t, const struct strv *names);

int image_cmd_pull(const struct args *args, int *ret_status, struct err *e);
int image_cmd_push(const struct args *args, int *ret_status, struct err *e);
int image_cmd_images(const struct args *args, int *ret_status, struct err *e);
int image_cmd_login(const struct args *args, int *ret_status, struct err *e);
int image_cmd_logout(const struct args *args, int *ret_status, struct err *e);
int image_cmd_import(const struct args *args, int *ret_status, struct err *e);
int image_cmd_export(const struct args *args, int *ret_status, struct err *e);
int image_cmd_bootstrap(const struct args *args, int *ret_status, struct err *e);
int image_cmd_build(const struct args *args, int *ret_status, struct err *e);
int image_cmd_cdi(const struct args *args, int *ret_status, struct err *e);
int image_cmd_devcontainer(const struct args *args, int *ret_status, struct err *e);
int image_cmd_lock(const struct args *args, int *ret_status, struct err *e);
int image_cmd_pack(const struct args *args, int *ret_status, struct err *e);
int image_cmd_prepare(const struct args *args, int *ret_status, struct err *e);
int image_cmd_prebuilt(const struct args *args, int *ret_status, struct err *e);
int image_cmd_seal(const struct args *args, int *ret_status, struct err *e);
int image_cmd_tag(const struct args *args, int *ret_status, struct err *e);
int image_cmd_rm(const struct args *args, int *ret_status, struct err *e);
int image_cmd_inspect(const struct args *args, int *ret_status, struct err *e);
int image_cmd_history(const struct args *args, int *ret_status, struct err *e);
int image_cmd_tree(const struct args *args, int *ret_status, struct err *e);
int image_cmd_prune(const struct args *args, int *ret_status, struct err *e);
int image_cmd_df(const struct args *args, int *ret_status, struct err *e);
int image_cmd_verify(const struct args *args, int *ret_status, struct err *e);

#endif
