/*
 * settings.h - what holds for a project: every value with where it came from.
 *
 * Settings are merged from the lowest to the highest: built-in, profiles in order, project
 * file (with its variant), environment (SANDBOX_*), flags. A later source overrides a single value
 * and adds to a list. Every file is checked against the schema as it is read: unknown section or
 * key and bad value are errors of the form `file:line: message`, with the nearest known word.
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

/* One value. section is "sandbox", "env", "service db", ...; source is "file:line", "flag", ... */
struct setting {
	char *section;
	char *key;
	char *value;
	char *source;
	char *dir; /* directory that relative paths in value are relative to; absolute */
	bool users; /* a flag's or a variable's, the user's own word: what source says is for people */
	enum { SETTING_FROM_FILE, SETTING_FROM_SHIPPED, SETTING_FROM_PROJECT } from;
	bool users_file; /* of a profile that a flag or a variable names, or of a policy: theirs as well */
	bool shared; /* of a shipped profile's cache: the user lets this project share it (reach.h) */
};

struct settings {
	struct setting *v; /* in order of precedence, lowest first; a single value stands once */
	size_t n;
	char *project_dir;	 /* absolute, NULL when there is no project directory */
	char *project_file;	 /* its sandbox.ini, NULL when there is none */
	char project_sha256[65]; /* of project_file, hexadecimal; "" when there is none */
	char *network_denied;	 /* where a policy denies the network, or NULL */
	bool no_repository; /* what the checkout points to outside the project: denied, or not agreed to */
	struct strv files;	/* profiles and includes: name and "sha256:..." in turn */
	struct strv file_paths; /* of each of these, where it is */
	enum {
		SETTINGS_LOCK_UNKNOWN,
		SETTINGS_LOCKED,
		SETTINGS_NO_LOCK
	} lock; /* once looked for */
	struct mount_source *
		*mounts; /* of the first n_mounts of v, NULL until asked for; mount_value.h */
	size_t n_mounts;
};

/* What settings_load() is asked for; everything may be NULL or empty. */
struct settings_request {
	const char *project_dir;     /* absolute directory of the project */
	const char *variant;	     /* --variant: the [env:NAME] section that applies */
	struct strv profiles;	     /* --profile, added after the project's own */
	struct strv overrides;	     /* "key=value" of [sandbox], from flags */
	const struct setting *above; /* one that lies above all others, below a policy alone */
};

/* Reads and merges everything. On failure *ret is untouched. */
int settings_load(const struct settings_request *req, struct settings *ret, struct err *e);
void settings_clear(struct settings *s);
#define cleanup_settings __attribute__((cleanup(settings_clear)))

/* Appends a copy of one setting, as the highest there is. */
void settings_add(struct settings *s, const struct setting *st);

/* The single value of a key, its built-in default, or NULL. Points into s. */
const char *settings_get(const struct settings *s, const char *section, const char *key);
/* The setting behind it, or NULL when no source sets the key: for its source and dir. */
const struct setting *settings_find(const struct settings *s, const char *section, const char *key);
/* Is the key of [sandbox] set by the user, with a flag or a variable, above what any file says? */
bool settings_is_users(const struct settings *s, const char *key);
/* Appends the words of a list, from all its sources, lowest first. */
void settings_list(const struct settings *s, const char *section, const char *key,
		   struct strv *out);
/*
 * path as the value of st means it: absolute, "~/..." in the host's home, else relative to the
 * directory of st's file. The caller frees.
 */
char *settings_path(const struct setting *st, const char *path);
/* Is git's directory of the project protected as a whole: a word of [sandbox] protect is ".git"? */
bool settings_protects_git(const struct settings *s);
bool settings_bool(const struct settings *s, const char *section, const char *key);
/* Milliseconds of a duration such as 10s, 500ms, 2m; -1 for "forever". */
long settings_duration_ms(const struct settings *s, const char *section, const char *key);

/*
 * Notes, one a section or key that is known and not acted on yet, as "file:line: [packages] is not
 * acted on yet". Appends to out.
 */
void settings_pending(const struct settings *s, struct strv *out);

/*
 * Applies [env] (and [env:VARIANT]) in order to env, a list of NAME=value: $NAME and ${NAME} mean
 * the environment so far, $$ a dollar sign.
 */
int settings_apply_env(const struct settings *s, struct strv *env, struct err *e);

/* True for a valid box name: [A-Za-z0-9][A-Za-z0-9_.-]*, at most 63 bytes (a hostname label). */
bool box_name_valid(const char *name);

#endif
