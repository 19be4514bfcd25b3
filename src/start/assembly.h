/*
 * assembly.h - a plan while it is put together from a project, an image and a network.
 */
#ifndef START_ASSEMBLY_H
#define START_ASSEMBLY_H

#include "base/proc.h"
#include "box/box.h"
#include "config/settings.h"
#include "launch/plan.h"
#include "rootfs/image.h"

/* A plan with everything it points to. */
struct assembly {
	struct plan plan;
	const struct image_root *root; /* the request's */
	struct strv reach;   /* what of the host files of the project ask for; see reach.h */
	struct strv own;     /* of that, what flags and variables of this call ask for */
	struct strv guarded; /* protected paths of the host that are visible in it */
	struct strv git;     /* where the project's git data from elsewhere is, for the notes */
	struct strv strings; /* owns paths and lines that only the plan needs */
	struct plan_mount *mounts;
	size_t n_mounts, cap;
	const char *etc_note; /* for the start's notes, or NULL; see etc_lines.h */
	struct strv missing;  /* directories of the project that are made before the start */
	char *home;	      /* of the user inside; owned by strings */
	char *project;	      /* the project's directory inside, or NULL */
	struct strv volumes;  /* ids of the project's that it gets */
	bool locks_volumes;   /* volumes_lock is volume_lock() */
	bool fills;	      /* filling is the lock of volume_begin() */
	int volumes_lock, filling;
};

/* A mount from the command line. */
struct extra_mount {
	char *source, *target;
	bool read_only;
	bool cache;		 /* source is a cache's name */
	bool memory;		 /* it has no source */
	unsigned long long size; /* of memory, in bytes; 0: the kernel's default */
	const char *unfilled;	 /* of a volume: as in struct plan_mount */
};

struct assemble_request {
	const struct store *store;
	const struct box *box;
	const struct settings *settings;
	const struct user *user;       /* as the box should know them */
	const struct image_root *root; /* of the image; must outlive the assembly */
	struct repository
		*repository; /* of the project, if it was looked up; reduced to what the box gets */
	const struct extra_mount *mounts;
	size_t n_mounts;
	const char *hostname;	 /* NULL: the box's name */
	const char *stop_signal; /* of a box whose program is the image's; NULL: the image's */
	bool in_memory;		 /* the upper directory is lost with the box */
	bool project_overlay;	 /* writes in the project stay in the box */
	bool sealed;		 /* writes become a layer: nothing of this user goes into it */
	bool bare;		 /* no memory on /tmp and /run, nothing but what is asked for */
};

void assembly_clear(struct assembly *a);
#define cleanup_assembly __attribute__((cleanup(assembly_clear)))

/* Gives the string to the assembly; returns it. */
char *assembly_keep(struct assembly *a, char *s);
void assembly_add_mount(struct assembly *a, struct plan_mount m);

/* Do writes in the project's directory stay in the box? */
static inline bool assembly_overlays_project(const struct assemble_request *req)
{
	return req->project_overlay || req->box->trial;
}

/*
 * A directory of the host whose changes stay in the box: in memory if those of its root do, else in
 * its directory on disk. source and target belong to the assembly.
 */
int assembly_overlay(const struct assemble_request *req, struct assembly *a, const char *source,
		     const char *target, struct err *e);

#endif
