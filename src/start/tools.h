/*
 * tools.h - `exec --tools`: an image whose programs work on a running box.
 */
#ifndef START_TOOLS_H
#define START_TOOLS_H

#include "rootfs/image.h"
#include "start/session.h"

struct box_tools {
	struct image_root root; /* its lease keeps the layers while the session lasts */
	struct strv shared;
	char *cwd;
	struct session_tools session;
};

#define BOX_TOOLS_INIT                                            \
	{                                                         \
		.root = IMAGE_ROOT_INIT, .session = {.tree = -1}, \
	}

/*
 * Makes the root of the tools that s->options asks for, and makes s a session in it, with the
 * environment of the tools' image. The box's /proc, /dev, /sys, /tmp, /run, home and project are
 * there too; any other working directory is the one of the box beneath /box. *tools must live as
 * long as s; release it with box_tools_clear(), on failure too.
 */
int box_tools_make(const struct store *st, struct box_session *s, struct box_tools *tools,
		   struct err *e);
void box_tools_clear(struct box_tools *t);
#define cleanup_box_tools __attribute__((cleanup(box_tools_clear)))

#endif
