/*
 * layer_stack.c - names and places of an image's layers.
 *
 * Refuses a layer without its sidecar: it would be used without the owners and modes in it.
 */
#include "image/store/layer_stack.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "image/name/hash.h"

void layer_chain_id(const struct digest *below, const struct digest *diff_id, struct digest *ret)
{
	cleanup_free char *text = NULL;

	if (!below->hex[0]) {
		*ret = *diff_id;
		return;
	}
	text = xasprintf("%s %s", digest_text(below).s, digest_text(diff_id).s);
	hash_bytes(text, strlen(text), ret);
}

static bool is_layer(int storefd, const char *path, struct stat *ret)
{
	cleanup_free char *meta = xasprintf("%s" LAYER_META, path);

	return fstatat(storefd, meta, ret, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(ret->st_mode) &&
	       fstatat(storefd, path, ret, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(ret->st_mode);
}

void layer_note_whole(int meta_fd)
{
	const struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = SEEN_WHOLE}};

	/* Without the mark it is checked again. */
	if (meta_fd >= 0)
		futimens(meta_fd, times);
}

bool layer_is_untouched(const struct image_store *s, const char *path, const struct digest *blob,
			uint64_t size)
{
	cleanup_free char *meta = xasprintf("%s" LAYER_META, path);
	cleanup_close int fd = -1;
	struct stat m, b;
	struct err none;

	return fstatat(s->fd, meta, &m, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(m.st_mode) &&
	       m.st_mtim.tv_sec == SEEN_WHOLE && blob_open(s, blob, &fd, &none) == 0 &&
	       fstat(fd, &b) == 0 && (uint64_t)b.st_size == size &&
	       (b.st_ctim.tv_sec < m.st_ctim.tv_sec ||
		(b.st_ctim.tv_sec == m.st_ctim.tv_sec && b.st_ctim.tv_nsec <= m.st_ctim.tv_nsec));
}

char *layer_find(const struct image_store *s, const struct digest *chain)
{
	cleanup_free char *path = xasprintf("layers/%s", chain->hex);
	struct stat st;

	if (is_layer(s->fd, path, &st))
		return take_ptr(path);
	/* Another user's lower layer could neither be read fully nor copied up. */
	for (size_t i = 0; i < s->lender_paths.n; i++)
		if (is_layer(s->lender_fds[i], path, &st) && st.st_uid == geteuid() &&
		    st.st_gid == getegid())
			return path_join(s->lender_paths.v[i], path);
	return NULL;
}
