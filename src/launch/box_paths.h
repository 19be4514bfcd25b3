/*
 * box_paths.h - what of ours stands where in every box.
 */
#ifndef LAUNCH_BOX_PATHS_H
#define LAUNCH_BOX_PATHS_H

/* In the box: what is lent of the host, sudo's socket, sudo. */
#define BOX_HOST_DIR	"/run/host"
#define BOX_CA_FILE	BOX_HOST_DIR "/ca-certificates.crt"
#define BOX_RUN_DIR	"/run/sandbox"
#define BOX_SUDO_SOCKET BOX_RUN_DIR "/sudo.sock"
#define BOX_SUDO_BIN	BOX_RUN_DIR "/bin/sudo"
#define BOX_GIT_BIN	BOX_RUN_DIR "/bin/git" /* sudo's program, which is git too */
#define BOX_SUDO_LINK	"usr/local/bin/sudo"   /* of /, to BOX_SUDO_BIN */

#endif
