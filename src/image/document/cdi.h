/*
 * cdi.h - a specification of the Container Device Interface: what of a machine makes a device work.
 *
 * Format: cncf-tags/container-device-interface, SPEC.md, versions 0.3 to 1; YAML or JSON, both read
 * by libyaml. The files are the administrator's, in /etc/cdi and /run/cdi, and read strictly: what
 * comes out are absolute paths without "..", and text without control characters.
 */
#ifndef IMAGE_DOCUMENT_CDI_H
#define IMAGE_DOCUMENT_CDI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

#define CDI_MAX	      (1u << 20) /* bytes of a file; NVIDIA's of a machine with 8 GPUs has 50 KB */
#define CDI_EDITS_MAX 4096	 /* of a file; that one has 300 */

enum cdi_what {
	CDI_NODE,  /* a device: host, path */
	CDI_MOUNT, /* host, path, read_only */
	CDI_LINK,  /* a symlink that a hook of NVIDIA's makes: host is its text, path where it is */
	CDI_ENV,   /* host is NAME=VALUE */
	CDI_NOTE,  /* host is what was passed over, and where */
};

struct cdi_edit {
	enum cdi_what what;
	char *host, *path;
	bool read_only;
	size_t device; /* of devices; devices.n: every device of the file has it */
};

struct cdi_spec {
	char *kind; /* "nvidia.com/gpu" */
	struct strv devices;
	struct cdi_edit *v;
	size_t n;
};

/*
 * Parses len bytes of text; name is for messages, which have the line: EBADMSG. Of a kind that
 * is no GPU nothing else is looked at. On failure too *ret is to be released.
 */
int cdi_parse(const char *text, size_t len, const char *name, struct cdi_spec *ret, struct err *e);
void cdi_clear(struct cdi_spec *spec);

/* VENDOR/gpu, and not for managing them. */
bool cdi_is_gpu(const char *kind);

/*
 * What the GPUs of all specs take, a line each, its words separated by tabs, for lend_cdi.c:
 *
 *	node HOST PATH
 *	mount ro|rw HOST PATH
 *	library HOST NAME	one name of a library, as its loader looks for it
 *	env NAME=VALUE
 *	note TEXT
 *
 * The device "all" of a kind stands for all of them. Of a device that two specs have it is the
 * first's. Looks at the directories of libraries on this machine, for the names that ldconfig(8)
 * made there.
 */
int cdi_list(const struct cdi_spec *specs, size_t n, struct strv *out, struct err *e);

#endif
