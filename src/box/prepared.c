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
#include "image/name/digest.h"
#include "launch/protocol.h"
#include "store/lease.h"

#define FAILURE_MAX 8192
#define LOCK_FILE   "prepare.lock"

#define PREFIX	"layers/step-"
#define OLD_LEN 16 /* of a name of format 2, and then its slot: "-1" to "-8" */

char *prepared_log(const char *text)
{
	return xasprintf("steps/%s.log", store_key(text).hex);
}

char *prepared_layer_log(const char *layer)
{
	const char *key = layer + strlen(PREFIX);

	return digest_valid_hex(key) ? xasprintf("steps/%s.log", key)
				     : xasprintf("steps/%.*s-1.log", OLD_LEN, key);
}

static char *failure_path(const char *dir)
{
	return xasprintf("steps/failed-%s", store_key(dir).hex);
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

	if (file_read(s->data_fd, path, FAILURE_MAX, &text, &ignored) < 0)
		return NULL;
	text.data[strcspn(text.data, "\n")] = '\0';
	return xstrdup(text.data);
}

bool prepared_valid(const char *layer)
{
	const char *key = layer + strlen(PREFIX);

	if (!starts_with(layer, PREFIX))
		return false;
	return digest_valid_hex(key) ||
	       (strspn(key, "0123456789abcdef") == OLD_LEN && key[OLD_LEN] == '-' &&
		key[OLD_LEN + 1] >= '1' && key[OLD_LEN + 1] <= '8' && !key[OLD_LEN + 2]);
}

char *prepared_target(const struct store *s, const char *layer)
{
	char name[sizeof("step-") + STORE_KEY_LEN];
	ssize_t n = readlinkat(s->data_fd, layer, name, sizeof(name) - 1);

	if (n < 0)
		return NULL;
	name[n] = '\0';
	return path_join("layers", name);
}

int prepared_find(const struct store *s, const char *text, char **ret_layer, struct err *e)
{
	struct store_key key = store_key(text);
	cleanup_free char *layer = xasprintf(PREFIX "%s", key.hex);
	cleanup_free char *path = path_join("steps", key.hex);

	if (faccessat(s->data_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? err_set(e, ENOENT, "there is no such layer")
				       : err_sys(e, errno, "cannot look at '%s/%s'", s->data, path);
	if (faccessat(s->data_fd, layer, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, errno, "cannot use the layer '%s'", layer);
	*ret_layer = take_ptr(layer);
	return 0;
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

int prepared_seal(const struct store *s, const char *text, const char *upper, char **ret_layer,
		  struct err *e)
{
	struct store_key key = store_key(text);
	cleanup_free char *layer = xasprintf(PREFIX "%s", key.hex);
	cleanup_free char *path = path_join("steps", key.hex);
	int r = make_folders(s, e);

	if (r == 0)
		r = remove_launchers(s, upper, e);
	if (r == 0)
		remove_ca_link(s, upper);
	if (r == 0)
		r = store_discard(s, layer, e);
	if (r == 0 && renameat(s->data_fd, upper, s->data_fd, layer) < 0)
		r = err_sys(e, errno, "cannot make '%s/%s'", s->data, layer);
	if (r == 0)
		r = file_write_atomic(s->data_fd, path, text, strlen(text), 0600, e);
	if (r == 0)
		*ret_layer = take_ptr(layer);
	return r;
}

static void say_busy(void)
{
	log_note("another command is preparing the same environment: waiting for it");
}

int prepared_lock(const struct store *s, const char *text, int *ret_fd, struct err *e)
{
	struct store_key key = store_key(text);
	const struct store_work work = {.file = LOCK_FILE, .key = key.hex, .busy = say_busy};

	return store_work_lock(s->data_fd, s->data, &work, ret_fd, e);
}
