/*
 * box_paths.h - paths of our own files inside every box.
 */
#ifndef LAUNCH_BOX_PATHS_H
#define LAUNCH_BOX_PATHS_H

/* In the box: files of the host, sudo's socket, the program sudo. */
#define BOX_HOST_DIR	"/run/host"
#define BOX_CA_FILE	BOX_HOST_DIR "/ca-certificates.crt"
#define BOX_RUN_DIR	"/run/sandbox"
#define BOX_SUDO_SOCKET BOX_RUN_DIR "/sudo.sock"
#define BOX_REFUSALS	BOX_RUN_DIR "/refused" /* what the gateway refused, and why */
#define BOX_SUDO_BIN	BOX_RUN_DIR "/bin/sudo"
/* BOX_SUDO_BIN with this as its first argument: "port NUMBER" or "http URL", see sudo_probe.h. */
#define BOX_PROBE_OPTION "--sandbox-probe"
#define BOX_GIT_BIN	 BOX_RUN_DIR "/bin/git" /* the program sudo; it serves as git too */
#define BOX_SUDO_LINK	 "usr/local/bin/sudo"	/* relative to /; symlink to BOX_SUDO_BIN */

#endif
