/*
 * lock_file.h - sandbox.lock: what the environment of a project was made of, so that it can be made
 * again.
 *
 * One fact a line, words separated by one blank, so that changes merge and read well:
 *
 *	version 1
 *	machine x86_64
 *	time 2026-11-24T10:00:00Z		when packages were last resolved
 *	image debian:bookworm sha256:...	"-": the image has no digest
 *	base linux/amd64 docker.io/library/debian:12 sha256:...	what that image is built from
 *	profile dev sha256:...			a file that sandbox.ini was merged with
 *	asked apt gcc				what [packages] asks for
 *	package apt gcc:amd64 4:12.2.0-3 ...	what was installed: name, version, hash ("-": none)
 *
 * It comes with a project and may be a stranger's: every field must be a printable word without
 * blanks that does not look like an option.
 */
#ifndef CONFIG_LOCK_FILE_H
#define CONFIG_LOCK_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#define LOCK_FILE      "sandbox.lock"
#define LOCK_MAX_BYTES (4u << 20)
#define LOCK_MAX_LINES 20000
#define LOCK_NONE      "-" /* for a digest or hash that is not available */

/* Of one package manager. */
struct lock_manager {
	char *name;
	struct strv asked;
	struct strv packages; /* three words each: name, version, hash */
};

struct lock_file {
	char *machine, *time;
	char *image, *digest;
	struct strv bases;    /* of its build; three words each: platform, name, digest */
	struct strv profiles; /* two words each: name, hash */
	struct lock_manager *managers;
	size_t n_managers;
};

/* Parses text; name is for messages ("name:line: ..."). *ret must be released on failure too. */
int lock_parse(const char *text, size_t len, const char *name, struct lock_file *ret,
	       struct err *e);
void lock_write(const struct lock_file *l, struct buf *out);

/*
 * Reads DIR/sandbox.lock. Returns 1, or 0 if there is none. Refuses one that belongs to another
 * uid.
 */
int lock_read(const char *dir, struct lock_file *ret, struct err *e);
void lock_clear(struct lock_file *l);
#define cleanup_lock __attribute__((cleanup(lock_clear)))

/* The manager of that name, or NULL. lock_manager_add() adds it if missing. */
struct lock_manager *lock_manager(const struct lock_file *l, const char *name);
struct lock_manager *lock_manager_add(struct lock_file *l, const char *name);
void lock_manager_remove(struct lock_file *l, const char *name);

/*
 * The digest of a base image, as it is in bases, or NULL. platform: "linux/amd64"; name: in the form
 * of ref_name().
 */
const char *lock_base(const struct strv *bases, const char *platform, const char *name);

/* Is it a valid word of a lock: printable ASCII without blanks, no leading dash? */
bool lock_word(const char *word);

#endif
