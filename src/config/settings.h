/*
 * settings.h - the settings of a project: every value and where it came from.
 *
 * Merged from the lowest to the highest: built-in, profiles in order, devcontainer.json,
 * project file (with its variant), environment (SANDBOX_*), flags. A later source overrides a single value and appends to
 * a list. Every file is checked against the schema while it is read: unknown section or key and bad
 * value are errors of the form `file:line: message`, with the nearest known word.
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"
#include "config/keys.h"

struct schema_key; /* schema.h */

/* One value. section is "sandbox", "env", "service db", ...; source is "file:line", "flag", ... */
struct setting {
	const struct schema_key *row; /* NULL: of sandbox.conf */
	char *section;
	char *key;
	char *value;
	char *source;
	char *dir;  /* what relative paths in value are relative to; absolute */
	bool users; /* the user's own word, from a flag or a variable: source is for messages */
	enum { SETTING_FROM_FILE, SETTING_FROM_SHIPPED, SETTING_FROM_PROJECT } from;
	bool users_file; /* from a profile that a flag or variable names, or a policy: theirs too */
	char *variables; /* names of those of the host whose values it contains, or NULL */
	bool shared; /* a shipped profile's cache that the user lets this project share (reach.h) */
};

struct settings {
	struct setting *v; /* in order of precedence, lowest first; a single value occurs once */
	size_t n;
	char *project_dir;		/* absolute; NULL if there is no project directory */
	char *project_file;		/* its sandbox.ini; NULL if there is none */
	char project_sha256[65];	/* of project_file, hexadecimal; "" if there is none */
	char *devcontainer;		/* the devcontainer.json that is a part of these; or NULL */
	char *devcontainer_image;	/* its image, if that is not here yet */
	char *devcontainer_cannot;	/* why no box can be made from it; or NULL */
	struct strv devcontainer_build; /* how its image is built: words of `image build` */
	struct strv service_builds;	/* of services: IMAGE, newline, a word of `image build` */
	struct strv notes;		/* what it says that has no effect */
	char *network_denied;		/* where a policy denies the network, or NULL */
	bool learns;			/* by --learn: what is reached is recorded by name */
	bool no_repository;	/* policy or user deny what the checkout points to outside */
	struct strv files;	/* profiles and includes: name and "sha256:..." alternating */
	struct strv file_paths; /* the path of each of these */
	enum {
		SETTINGS_LOCK_UNKNOWN,
		SETTINGS_LOCKED,
		SETTINGS_NO_LOCK
	} lock;			      /* once looked for */
	struct mount_source **mounts; /* of the first n_mounts of v, once used; mount_value.h */
	size_t n_mounts;
};

/* The request of settings_load(); everything may be NULL or empty. */
struct settings_request {
	const char *project_dir;     /* absolute directory of the project */
	const char *variant;	     /* --variant: the [env:NAME] section to apply */
	struct strv profiles;	     /* --profile, added after the project's own */
	struct strv overrides;	     /* "key=value" of [sandbox], from flags */
	struct strv ports;	     /* --publish: port_value.h */
	bool learn;		     /* --learn: a gateway, closed to nothing that it can record */
	const struct setting *above; /* one setting above all others, below only a policy */
};

/* Reads and merges everything. On failure *ret is untouched. */
int settings_load(const struct settings_request *req, struct settings *ret, struct err *e);
void settings_clear(struct settings *s);
#define cleanup_settings __attribute__((cleanup(settings_clear)))

/* Appends a copy of one setting, with the highest precedence. */
void settings_add(struct settings *s, const struct setting *st);

/* A setting for settings_add() whose source is no file. Owns nothing; not for free keys. */
struct setting setting_of(enum schema_id id, const char *value, const char *source);

/* Does it set this key; for a section with free keys, one of them? */
bool setting_is(const struct setting *st, enum schema_id id);

/* The single value of a key, its built-in default, or NULL. Points into s. */
const char *settings_get(const struct settings *s, enum schema_id id);
/* The setting behind that value, for its source and dir; NULL if no source sets the key. */
const struct setting *settings_find(const struct settings *s, enum schema_id id);
/* The next setting of a key after st, lowest first; st NULL: the first. NULL: no more. */
const struct setting *settings_next(const struct settings *s, const struct setting *st,
				    enum schema_id id);
/* Did the user set this key, by a flag or a variable, above what any file says? */
bool settings_is_users(const struct settings *s, enum schema_id id);
/* Appends the words of a list, from all its sources, lowest first. */
void settings_list(const struct settings *s, enum schema_id id, struct strv *out);
/*
 * path as meant in the value of st: absolute, "~/..." in the host's home, else relative to the
 * directory of st's file. The caller frees it.
 */
char *settings_path(const struct setting *st, const char *path);
bool settings_lend_agent(const struct settings *s); /* to the steps of a build? */
/* Is the project's whole git directory protected: does [sandbox] protect contain ".git"? */
bool settings_protects_git(const struct settings *s);
bool settings_bool(const struct settings *s, enum schema_id id);
/* Milliseconds of a duration such as 10s, 500ms, 2m; -1 for "forever". */
long settings_duration_ms(const struct settings *s, enum schema_id id);

/* Appends a note, "file:line: ...", for what is known and not implemented, and for s->notes. */
void settings_pending(const struct settings *s, struct strv *out);

/* Applies [env] in order to env, a list of NAME=value; $NAME is of the environment so far. */
int settings_apply_env(const struct settings *s, struct strv *env, struct err *e);
bool settings_user_is_root(const char *user); /* a value of [sandbox] user */

/* Is it a valid box name: [A-Za-z0-9][A-Za-z0-9_.-]*, at most 63 bytes (a hostname label)? */
bool box_name_valid(const char *name);

#endif
