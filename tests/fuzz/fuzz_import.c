/*
 * fuzz_import.c - any bytes as the index.json or manifest.json of an archive of images, imported
 * into a separate store: refused or imported, no crash, and no name that does not resolve.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "image/archive/import.h"
#include "image/document/image_config.h"
#include "image/install.h"
#include "image/layer/libarchive.h"
#include "image/load.h"
#include "image/name/hash.h"
#include "image/name/ref.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/tmp/fuzz-import-XXXXXX";
static struct image_store store = IMAGE_STORE_INIT;
static struct image_conf conf;

static void remove_store(void)
{
	struct err ignored;

	image_store_close(&store);
	file_remove_tree(AT_FDCWD, folder, &ignored);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err e;

	(void)argc;
	(void)argv;
	if (!mkdtemp(folder) || setenv("XDG_DATA_HOME", folder, 1) < 0 ||
	    image_conf_load(&conf, &e) < 0 || image_store_open(&store, &conf, &e) < 0)
		abort();
	atexit(remove_store);
	return 0;
}

static void add(struct archive *a, const char *name, const void *data, size_t len)
{
	struct archive_entry *entry = la.archive_entry_new();

	la.archive_entry_set_pathname(entry, name);
	la.archive_entry_set_filetype(entry, AE_IFREG);
	la.archive_entry_set_size(entry, (la_int64_t)len);
	la.archive_write_header(a, entry);
	la.archive_write_data(a, data, len);
	la.archive_entry_free(entry);
}

/*
 * A layer without entries, its config and its manifest, and the document; the seeds refer to them.
 */
static void write_archive(int fd, const char *document, const uint8_t *data, size_t size)
{
	static const char layer[1024];
	struct digest diff_id, d;
	cleanup_free char *config = NULL, *name = NULL;
	struct archive *a;
	struct err e;

	if (libarchive_writer(&a, &e) < 0)
		abort();
	hash_bytes(layer, sizeof(layer), &diff_id);
	config = xasprintf("{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":"
			   "\"layers\",\"diff_ids\":[\"%s\"]}}",
			   digest_text(&diff_id).s);
	hash_bytes(config, strlen(config), &d);
	name = xasprintf("blobs/sha256/%s", d.hex);
	la.archive_write_set_format_pax_restricted(a);
	la.archive_write_open_fd(a, fd);
	add(a, document, data, size);
	add(a, "c.json", config, strlen(config));
	add(a, "a/layer.tar", layer, sizeof(layer));
	add(a, name, config, strlen(config));
	la.archive_write_close(a);
	la.archive_write_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_close int fd = memfd_create("fuzz", MFD_CLOEXEC);
	cleanup_free char *path = xasprintf("/proc/self/fd/%d", fd);
	struct import_request req = {.store = &store, .conf = &conf, .source = path};
	cleanup_strv struct strv names = {0}, all = {0};
	struct err e;

	if (fd < 0 || size < 1)
		return 0;
	write_archive(fd, data[0] == '{' ? "index.json" : "manifest.json", data, size);
	image_import(&req, &names, &e);
	if (ref_list(store.fd, &all, &e) < 0)
		abort();
	for (size_t i = 0; i < all.n; i++) {
		cleanup_manifest struct manifest m = {0};
		cleanup_config struct image_config c = {0};
		struct ref ref;

		if (ref_read(store.fd, all.v[i], &ref, &e) < 0 ||
		    image_load(&store, &ref.manifest, &m, &c, &e) < 0)
			abort();
		ref_remove(store.fd, all.v[i], &e);
	}
	return 0;
}
