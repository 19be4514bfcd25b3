/*
 * fuzz_layer.c - any bytes as a layer, unpacked beside a canary and settled on top of a layer with
 * directories, files and symlinks (dir/lower); both must stay the same.
 */
#include <dirent.h>
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
#include "image/layer/layer.h"

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

/*
 * dir/canary, a file, dir/lower, and dir/root, where the layer goes: nothing else may appear in
 * dir. The names in lower are short, so that a fuzzer finds them.
 */
static int scratch(void)
{
	static char dir[] = "/tmp/fuzz-layer-XXXXXX";
	static int fd = -1;
	struct err e;

	if (fd >= 0)
		return fd;
	if (!mkdtemp(dir) || (fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 ||
	    file_write_atomic(fd, "canary", "sings", 5, 0600, &e) < 0 ||
	    mkdirat(fd, "lower", 0755) < 0 || mkdirat(fd, "lower/d", 0750) < 0 ||
	    mkdirat(fd, "lower/d/e", 0755) < 0 || symlinkat("d/e", fd, "lower/l") < 0 ||
	    symlinkat("../..", fd, "lower/d/u") < 0 || symlinkat("/d", fd, "lower/a") < 0 ||
	    file_write_atomic(fd, "lower/f", "sings", 5, 0644, &e) < 0)
		abort();
	return fd;
}

static void check_file(int fd, const char *name, mode_t mode)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct stat st;
	struct err e;

	if (file_read(fd, name, 100, &text, &e) < 0 || strcmp(text.data, "sings") != 0 ||
	    fstatat(fd, name, &st, 0) < 0 || st.st_nlink != 1 || st.st_mode != (S_IFREG | mode))
		abort();
}

/* entries: including "." and "..". */
static void check_folder(int fd, const char *path, int entries)
{
	struct dirent **names;

	if (scandirat(fd, path, &names, NULL, NULL) != entries)
		abort();
	for (int i = 0; i < entries; i++)
		free(names[i]);
	free(names);
}

static void check_canaries(int fd)
{
	check_file(fd, "canary", 0600);
	check_file(fd, "lower/f", 0644);
	check_folder(fd, ".", 4);
	check_folder(fd, "lower", 6);
	check_folder(fd, "lower/d", 4);
	check_folder(fd, "lower/d/e", 2);
}

static void settle(int dir, const char *upon, const struct layer_request *req,
		   const struct layer_notes *notes)
{
	cleanup_close int lower = openat(dir, upon, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct err e;

	layer_settle(req->dirfd, req->meta_fd, notes, &lower, &req->meta_fd, 1, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = {data, size};
	struct layer_notes notes = {0};
	struct layer_request req = {.packed = {read_bytes, &b},
				    .limits = {.max_bytes = 1 << 20, .max_entries = 1000}};
	int dir = scratch();
	struct err e;

	if (mkdirat(dir, "root", 0700) < 0)
		abort();
	req.dirfd = openat(dir, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	req.meta_fd = memfd_create("meta", MFD_CLOEXEC);
	if (layer_unpack(&req, &notes, NULL, NULL, &e) == 0) {
		settle(dir, "lower", &req, &notes);
		/* Again, on top of itself: links and whiteouts then have something below. */
		settle(dir, "root", &req, &notes);
	}
	layer_notes_clear(&notes);
	close(req.dirfd);
	close(req.meta_fd);
	if (file_remove_tree(dir, "root", &e) < 0)
		abort();
	check_canaries(dir);
	return 0;
}
