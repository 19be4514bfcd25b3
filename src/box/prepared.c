/*
 * prepared.c - finding and sealing the layers of steps.
 *
 * The order of sealing, so that being killed in between leaves nothing that looks complete: the
 * layer gets its name, then its text. A layer without a text belongs to nobody and is removed when
 * the same text is sealed next.
 */
#include "box/prepared.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "launch/protocol.h"
#include "store/lease.h"

#define TEXT_MAX    (64u << 20)
#define FAILURE_MAX 8192
#define SLOTS	    8 /* as STORE_PROJECT_SLOTS */
#define KEY_LEN	    18
#define LOCK_FILE   "prepare.lock"

struct key {
	char s[KEY_LEN + 1];
};

static struct key key_of(const char *text, int slot)
{
	struct key key;

	snprintf(key.s, sizeof(key.s), "%016llx-%d", (unsigned long long)store_hash(text), slot);
	return key;
}

char *prepared_log(const char *text)
{
	return xasprintf("steps/%s.log", key_of(text, 1).s);
}

char *prepared_layer_log(const char *layer)
{
	return xasprintf("steps/%.16s-1.log", layer + strlen("layers/step-"));
}

/* Two projects with one hash share it, so it names its project. */
static char *failure_path(const char *dir)
{
	return xasprintf("steps/failed-%016llx", (unsigned long long)store_hash(dir));
}

void prepared_set_failure(const struct store *s, const char *dir, const char *log)
{
	cleanup_free char *path = failure_path(dir), *text = NULL;
	struct err ignored;

	if (!log) {
		unlinkat(s->data_fd, path, 0);
		return;
	}
	text = xasprintf("%s\n%s", log, dir);
	file_write_atomic(s->data_fd, path, text, strlen(text), 0600, &ignored);
}

char *prepared_failure(const struct store *s, const char *dir)
{
	cleanup_free char *path = failure_path(dir);
	cleanup_buf struct buf text = BUF_INIT;
	struct err ignored;
	char *newline;

	if (file_read(s->data_fd, path, FAILURE_MAX, &text, &ignored) < 0 ||
	    !(newline = strchr(text.data, '\n')) || !streq(newline + 1, dir))
		return NULL;
	*newline = '\0';
	return xstrdup(text.data);
}

bool prepared_valid(const char *layer)
{
	const char *prefix = "layers/step-", *key = layer + strlen(prefix);

	return starts_with(layer, prefix) && strspn(key, "0123456789abcdef") == 16 &&
	       key[16] == '-' && key[17] >= '1' && key[17] <= '0' + SLOTS && !key[18];
}

/* 0: the slot holds this text; 1: another one; -ENOENT: it is free. */
static int look(const struct store *s, const struct key *key, const char *text, struct err *e)
{
	cleanup_free char *path = path_join("steps", key->s);
	cleanup_buf struct buf have = BUF_INIT;
	int r = file_read(s->data_fd, path, TEXT_MAX, &have, e);

	return r < 0 ? r : !streq(have.data, text);
}

static char *layer_name(const struct key *key)
{
	return xasprintf("layers/step-%s", key->s);
}

int prepared_find(const struct store *s, const char *text, char **ret_layer, struct err *e)
{
	for (int slot = 1; slot <= SLOTS; slot++) {
		struct key key = key_of(text, slot);
		cleanup_free char *layer = layer_name(&key);
		int r = look(s, &key, text, e);

		if (r < 0)
			return r;
		if (r == 0 && faccessat(s->data_fd, layer, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			return err_set(e, ENOENT, "the layer '%s' is gone", layer);
		if (r == 0) {
			*ret_layer = take_ptr(layer);
			return 0;
		}
	}
	return err_set(e, ENOENT, "there is no such layer");
}

/* Removes the launcher's files, so that the image's files of these names are visible again. */
static int remove_launchers(const struct store *s, const char *upper, struct err *e)
{
	static const char *const names[] = {"hosts", "resolv.conf"};
	cleanup_free char *path = path_join(upper, "etc");
	cleanup_close int etc = -1;
	int r = path_open_nolinks(s->data_fd, path, O_RDONLY | O_DIRECTORY, 0, &etc, e);

	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR || r == -ELOOP ? 0 : r;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (unlinkat(etc, names[i], 0) < 0 && errno != ENOENT)
			return err_sys(e, errno, "cannot remove '/etc/%s' of the layer", names[i]);
	return 0;
}

/* A symlink that a session makes if the image has no certificates (settle.c). */
static void remove_ca_link(const struct store *s, const char *upper)
{
	cleanup_free char *path = path_join(upper, "etc/ssl/certs");
	static const char name[] = "ca-certificates.crt";
	cleanup_close int certs = -1;
	char target[sizeof(BOX_CA_FILE)];
	struct err ignored;

	if (path_open_nolinks(s->data_fd, path, O_RDONLY | O_DIRECTORY, 0, &certs, &ignored) < 0)
		return;
	if (readlinkat(certs, name, target, sizeof(target)) == sizeof(BOX_CA_FILE) - 1 &&
	    memcmp(target, BOX_CA_FILE, sizeof(BOX_CA_FILE) - 1) == 0)
		unlinkat(certs, name, 0);
}

static int make_folders(const struct store *s, struct err *e)
{
	static const char *const names[] = {"steps", "layers"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (mkdirat(s->data_fd, names[i], 0700) < 0 && errno != EEXIST)
			return err_sys(e, errno, "cannot make '%s/%s'", s->data, names[i]);
	return 0;
}

static int seal_as(const struct store *s, const struct key *key, const char *text,
		   const char *upper, char **ret_layer, struct err *e)
{
	cleanup_free char *layer = layer_name(key), *path = path_join("steps", key->s);
	int r = store_discard(s, layer, e);

	if (r < 0)
		return r;
	if (renameat(s->data_fd, upper, s->data_fd, layer) < 0)
		return err_sys(e, errno, "cannot make '%s/%s'", s->data, layer);
	r = file_write_atomic(s->data_fd, path, text, strlen(text), 0600, e);
	if (r == 0)
		*ret_layer = take_ptr(layer);
	return r;
}

int prepared_seal(const struct store *s, const char *text, const char *upper, char **ret_layer,
		  struct err *e)
{
	int r = make_folders(s, e);

	if (r == 0)
		r = remove_launchers(s, upper, e);
	if (r == 0)
		remove_ca_link(s, upper);
	for (int slot = 1; r == 0 && slot <= SLOTS; slot++) {
		struct key key = key_of(text, slot);
		int found = look(s, &key, text, e);

		if (found == 1)
			continue;
		return found < 0 && found != -ENOENT ? found
						     : seal_as(s, &key, text, upper, ret_layer, e);
	}
	return r < 0 ? r : err_set(e, EEXIST, "too many steps have the same hash");
}

static void say_busy(void)
{
	log_note("another command is preparing the same environment: waiting for it");
}

int prepared_lock(const struct store *s, const char *text, int *ret_fd, struct err *e)
{
	struct key key = key_of(text, 1);
	const struct store_work work = {.file = LOCK_FILE, .key = key.s, .busy = say_busy};

	return store_work_lock(s->data_fd, s->data, &work, ret_fd, e);
}
