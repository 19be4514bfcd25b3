/*
 * cdi.h - a Container Device Interface specification: what a container needs to use a device.
 *
 * Format: cncf-tags/container-device-interface, SPEC.md, versions 0.3 to 1; YAML or JSON, both read
 * by libyaml. The files belong to the administrator, in /etc/cdi and /run/cdi, and are read
 * strictly: the results are absolute paths without "..", and text without control characters.
 */
#ifndef IMAGE_DOCUMENT_CDI_H
#define IMAGE_DOCUMENT_CDI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

#define CDI_MAX	      (1u << 20) /* bytes of a file; NVIDIA's for a machine with 8 GPUs has 50 KB */
#define CDI_EDITS_MAX 4096	 /* of a file; NVIDIA's has 300 */

enum cdi_what {
	CDI_NODE,  /* a device: host, path */
	CDI_MOUNT, /* host, path, read_only */
	CDI_LINK,  /* a symlink made by a hook of NVIDIA's: host is its target, path its place */
	CDI_ENV,   /* host is NAME=VALUE */
	CDI_NOTE,  /* host describes what was skipped, and where */
};

struct cdi_edit {
	enum cdi_what what;
	char *host, *path;
	bool read_only;
	size_t device; /* index in devices; devices.n: for every device of the file */
};

struct cdi_spec {
	char *kind; /* "nvidia.com/gpu" */
	struct strv devices;
	struct cdi_edit *v;
	size_t n;
};

/*
 * Parses len bytes of text; name is for messages, which contain the line: EBADMSG. If the kind is
 * not a GPU, nothing else is looked at. Release *spec on failure too.
 */
int cdi_parse(const char *text, size_t len, const char *name, struct cdi_spec *spec, struct err *e);
void cdi_clear(struct cdi_spec *spec);

/* Is it VENDOR/gpu, other than for managing GPUs? */
bool cdi_is_gpu(const char *kind);

/*
 * What the GPUs of all specs need, a line each, words separated by tabs, for lend_cdi.c:
 *
 *	node HOST PATH
 *	mount ro|rw HOST PATH
 *	library HOST NAME	one name of a library, as its loader looks for it
 *	env NAME=VALUE
 *	note TEXT
 *
 * The device "all" of a kind stands for all of them. If two specs define a device, the first wins.
 * Reads the library directories of this machine, for the names that ldconfig(8) made there.
 */
int cdi_list(const struct cdi_spec *specs, size_t n, struct strv *out, struct err *e);

#endif
