/*
 * assemble_mounts.h - the mounts that the user or the project asked for; for assemble.c.
 */
#ifndef START_ASSEMBLE_MOUNTS_H
#define START_ASSEMBLE_MOUNTS_H

#include "start/assemble.h"

/* The string now belongs to the assembly. */
char *assembly_keep(struct assembly *a, char *s);
void assembly_add_mount(struct assembly *a, struct plan_mount m);

/* What is lent, [mounts], the command line's, what is protected; with their lines of reach. */
int assemble_mounts(const struct assemble_request *req, struct assembly *a, struct err *e);

/* Does what is written in the project's directory stay in the box? */
static inline bool assemble_overlays_project(const struct assemble_request *req)
{
	return req->project_overlay || req->box->trial;
}

/*
 * A directory of the host whose changes stay in the box: in memory with those of its root, else in its
 * directory on disk. source and target are the assembly's.
 */
int assemble_overlay(const struct assemble_request *req, struct assembly *a, const char *source,
		     const char *target, struct err *e);

#endif
