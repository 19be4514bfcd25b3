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

/* A plan with all it points to. */
struct assembly {
	struct plan plan;
	const struct image_root *root; /* the request's */
	struct strv reach; /* what of the host the box gets by files of the project; see reach.h */
	struct strv own;   /* of that, what flags and variables ask for in this call */
	struct strv guarded; /* paths of the host that are protected in it */
	struct strv git; /* where it has git's data of the project from elsewhere, for the notes */
	struct strv strings; /* paths and lines that only the plan needs */
	struct plan_mount *mounts;
	size_t n_mounts, cap;
	const char *etc_note; /* for the start's notes, or NULL; see etc_lines.h */
	char *home;	      /* of the user inside; owned by strings */
	char *project;	      /* where the project's directory is inside, or NULL */
};

/* A mount from the command line. */
struct extra_mount {
	char *source, *target;
	bool read_only;
	bool cache; /* source is the name of one */
};

struct assemble_request {
	const struct store *store;
	const struct box *box;
	const struct settings *settings;
	const struct user *user;       /* as the box is to know them */
	const struct image_root *root; /* of the image; to outlive the assembly */
	struct repository
		*repository; /* of the project, when it was looked for; cut down to what it has */
	const struct extra_mount *mounts;
	size_t n_mounts;
	const char *hostname; /* NULL: the box's name */
	bool in_memory;	      /* the upper directory vanishes with the box */
	bool project_overlay; /* what is written in the project stays in the box */
	bool sealed; /* what is written becomes a layer: nothing of this user goes into it */
};

void assembly_clear(struct assembly *a);
#define cleanup_assembly __attribute__((cleanup(assembly_clear)))

/* The string now belongs to the assembly. */
char *assembly_keep(struct assembly *a, char *s);
void assembly_add_mount(struct assembly *a, struct plan_mount m);

/* Does what is written in the project's directory stay in the box? */
static inline bool assembly_overlays_project(const struct assemble_request *req)
{
	return req->project_overlay || req->box->trial;
}

/*
 * A directory of the host whose changes stay in the box: in memory with those of its root, else in its
 * directory on disk. source and target are the assembly's.
 */
int assembly_overlay(const struct assemble_request *req, struct assembly *a, const char *source,
		     const char *target, struct err *e);

#endif
