/*
 * load.h - shared by the parts of settings_load(). Nobody else includes it.
 *
 * load_files.c reads and merges files, load_devcontainer.c a devcontainer.json; load.c decides the
 * order, and adds environment and flags.
 */
#ifndef CONFIG_LOAD_H
#define CONFIG_LOAD_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "config/ini.h"
#include "config/schema.h"
#include "config/settings.h"

/* Far above what anyone writes, low enough to end quickly. */
#define LOAD_MAX_DEPTH	  16
#define LOAD_MAX_FILES	  64
#define LOAD_MAX_SETTINGS 4096

struct file_id {
	dev_t dev;
	ino_t ino;
	bool open; /* its includes are being read */
};

struct loader {
	const struct settings_request *req;
	struct settings *out;
	struct file_id files[LOAD_MAX_FILES];
	size_t n_files;
	struct strv chain;    /* names of the files that are open, outermost first */
	struct strv variants; /* all variants seen */
	size_t cap;
	bool users;	    /* the file being read was named by a flag or a variable */
	char cwd[PATH_MAX]; /* "" if unknown */
	struct err *e;
};

/* A file that is being loaded. */
struct load_file {
	char *name; /* as shown in messages */
	char *path;
	char *dir;
	struct ini ini;
	int from; /* as in struct setting */
};

void load_file_clear(struct load_file *f);
#define cleanup_load_file __attribute__((cleanup(load_file_clear)))

/*
 * Reads and checks the file at path. project: it is the sandbox.ini. system: it came with the
 * program. where names the place that asked for it, for messages; NULL: none. Returns 1 if the file
 * is already merged, 0 if it is new: then call load_close() once its includes are loaded.
 */
int load_open(struct loader *ld, const char *path, bool project, bool system, const char *where,
	      struct load_file *ret);
void load_close(struct loader *ld, const struct load_file *f);

/* Loads each profile or file named in list, with its includes; from may be NULL. */
int load_names(struct loader *ld, const char *list, const char *where, const char *dir,
	       const char *from);

/* Loads what a file names under KEY_PROFILE or KEY_INCLUDE. */
int load_key(struct loader *ld, const struct load_file *f, enum schema_id id);

/* Adds what a file sets: first everything but variants, then the requested variant. */
int load_merge(struct loader *ld, const struct load_file *f);

/*
 * Adds the settings of the project's devcontainer.json, unless devcontainer = no. project: its
 * sandbox.ini, which may be empty.
 */
int load_devcontainer(struct loader *ld, const struct load_file *project);

/* path as the user would write it; the caller frees it. */
char *load_display_name(const struct loader *ld, const char *path);

bool load_is_entry_of(const struct ini_entry *entry, enum schema_id id);

/* The part of the flag "key=value" after "key=", or NULL if it sets another key. */
const char *load_override(const char *override, const char *key);

/* Adds one setting of a file; with file NULL, of the user. Takes ownership of source. */
int load_setting(struct loader *ld, const struct schema_key *row, const char *section,
		 const char *key, const char *value, char *source, const char *dir,
		 const struct load_file *file);

#endif
