/*
 * fuzz_layer.c - any bytes as a layer, unpacked beside a canary that must stay as it is.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "image/layer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
	const uint8_t *data;
	size_t size;
};

static ssize_t read_bytes(void *ctx, void *buf, size_t size, struct err *e)
{
	struct bytes *b = ctx;

	(void)e;
	if (size > b->size)
		size = b->size;
	memcpy(buf, b->data, size);
	b->data += size;
	b->size -= size;
	return (ssize_t)size;
}

/* dir/canary, a file, and dir/root, where the layer goes: nothing else may come to be in dir. */
static int scratch(void)
{
	static char dir[] = "/tmp/fuzz-layer-XXXXXX";
	static int fd = -1;
	struct err e;

	if (fd >= 0)
		return fd;
	if (!mkdtemp(dir) || (fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 ||
	    file_write_atomic(fd, "canary", "sings", 5, 0600, &e) < 0)
		abort();
	return fd;
}

static void check_canary(int fd)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct stat st;
	struct err e;

	if (file_read(fd, "canary", 100, &text, &e) < 0 || strcmp(text.data, "sings") != 0 ||
	    fstatat(fd, "canary", &st, 0) < 0 || st.st_nlink != 1 ||
	    st.st_mode != (S_IFREG | 0600) || fstat(fd, &st) < 0 || st.st_nlink != 3)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = {data, size};
	struct layer_notes notes = {0};
	struct layer_request req = {.packed = {read_bytes, &b},
				    .limits = {.max_bytes = 1 << 20, .max_entries = 1000}};
	int dir = scratch(), settled = -1;
	struct err e;

	if (size && data[0] < 3)
		req.compression = (enum compression)data[0];
	if (mkdirat(dir, "root", 0700) < 0)
		abort();
	req.dirfd = openat(dir, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	req.meta_fd = memfd_create("meta", MFD_CLOEXEC);
	if (layer_unpack(&req, &notes, NULL, NULL, &e) == 0) {
		layer_settle(req.dirfd, req.meta_fd, &notes, NULL, NULL, 0, &e);
		/* Once more, upon itself: links and whiteouts meet something below. */
		settled = openat(dir, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
		layer_settle(req.dirfd, req.meta_fd, &notes, &settled, &req.meta_fd, 1, &e);
	}
	layer_notes_clear(&notes);
	close_fd(&settled);
	close(req.dirfd);
	close(req.meta_fd);
	if (file_remove_tree(dir, "root", &e) < 0)
		abort();
	if (mkdirat(dir, "root", 0700) < 0)
		abort();
	check_canary(dir);
	unlinkat(dir, "root", AT_REMOVEDIR);
	return 0;
}
