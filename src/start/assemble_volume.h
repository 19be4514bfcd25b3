/*
 * assemble_volume.h - mounting volumes of the project (box/volume.h) in its own boxes.
 */
#ifndef START_ASSEMBLE_VOLUME_H
#define START_ASSEMBLE_VOLUME_H

#include "config/mounts.h"
#include "start/assembly.h"

/* `volume:NAME` of [mounts]; makes it, if it is new. */
int assemble_volume(const struct assemble_request *req, struct assembly *a,
		    const struct mount_setting *ms, struct err *e);

/* After all of them: from the start on, a box that is kept has them. */
int assemble_volumes_used(const struct assemble_request *req, struct assembly *a, struct err *e);

/* When pid 1 has started: waits until it has filled the new ones, or has ended. */
void assemble_volumes_filled(struct assembly *a, int pidfd);

#endif
