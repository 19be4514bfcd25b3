/*
 * protocol.h - the messages on the control socket of a box (and on the sudo socket inside it).
 *
 * SOCK_SEQPACKET, one message a packet, fixed size. A connection carries one request:
 *	client                                pid 1
 *	SESSION + fds  ------------------->
 *	               <-------------------   ACCEPTED [+ the pty's master]   or   ERROR
 *	(report pipe: end of file means the command was executed, a struct err that it was not)
 *	SIGNAL ...     ------------------->
 *	               <-------------------   STOPPED ...
 *	               <-------------------   EXIT
 *	STOP           ------------------->   (the box ends; the connection closes with it)
 *	STOP_IDLE      ------------------->   (the same, or ERROR: there are sessions)
 *	MOUNTS         <------------------>   MOUNTS + its mount namespace   (see added.c)
 *
 * STOPPED carries the signal that stopped the command; SIGTTIN and SIGTTOU mean that it is in the
 * background of its pty and wants to read or set it. For a session with a pty, SIGNAL may be
 * SIGCONT (continue in the foreground) or SIGTTIN (continue in the background).
 *
 * A client that closes the connection ends its session, unless that is detached. Before ACCEPTED
 * nothing has been run, so a request whose connection closes before it may be repeated.
 *
 * Descriptors of SESSION, in order: a memfd with the payload; the report pipe's write end; with
 * SESSION_TOOLS the mount of their root; with SESSION_WATCHED the record; those of stdin, stdout,
 * stderr whose bit in `terminals` is clear; those for the numbers in `more`.
 *
 * Payload: struct session_payload, then NUL-terminated strings: the working directory, argc
 * arguments, envc NAME=value, sharedc paths of the box, facts of the host (settle.h, etc.h) in the
 * order of enum payload_fact, "" for none; then *_size bytes. Only the session's process reads it.
 */
#ifndef LAUNCH_PROTOCOL_H
#define LAUNCH_PROTOCOL_H

#include <stdint.h>
#include <sys/ioctl.h>

#include "base/err.h"
#include "launch/box_paths.h"
#include "launch/identity_ids.h"

#define PROTOCOL_MAGIC	     0x53424f06u /* "SBO", version 6: raise it if old peers misread it */
#define PROTOCOL_MAX_MORE    8		 /* descriptors beyond stdio */
#define PROTOCOL_MAX_FDS     (7 + PROTOCOL_MAX_MORE)
#define PROTOCOL_MAX_PAYLOAD (4u << 20) /* execve(2) takes less: a quarter of an 8 MiB stack */

enum message_type {
	MESSAGE_SESSION = 1,
	MESSAGE_SIGNAL,
	MESSAGE_STOP,
	MESSAGE_ACCEPTED,
	MESSAGE_STOPPED,
	MESSAGE_EXIT,
	MESSAGE_ERROR,
	MESSAGE_MAPPED, /* only between launcher and pid 1; see start.c */
	MESSAGE_NAMESPACES,
	MESSAGE_STOP_IDLE,
	MESSAGE_LISTENER, /* between sessions and the identity supervisor; see identity.c */
	MESSAGE_SPACE,
	MESSAGE_MOUNTS,
};

enum session_flags {
	SESSION_ROOT = 1u << 0,	      /* as box-root instead of you */
	SESSION_BACKGROUND = 1u << 1, /* in the background of its pty; see STOPPED above */
	SESSION_DETACHED = 1u << 2,   /* outlives its client */
	SESSION_AT_EXIT = 1u << 3,    /* deferred: runs when the box ends by itself or is stopped */
	SESSION_TOOLS = 1u << 4,      /* in a root of tools: only as you, from outside, attached */
	SESSION_WATCHED = 1u << 5,    /* what it is refused is recorded (watch.h): from outside */
};

#define EXIT_LAST      (1 << 16) /* added to EXIT's status: nothing else runs in the box */
#define ACCEPTED_WAITS 1	 /* ACCEPTED's value: pid 1 reads nothing until the execve */

struct message {
	uint32_t magic;
	uint32_t type;
	union {
		struct {
			uint32_t flags;	    /* enum session_flags */
			uint32_t terminals; /* bit n: descriptor n is the session's pty */
			uint8_t more[PROTOCOL_MAX_MORE]; /* numbers from 3 on; 0 ends the list */
			struct winsize size;
		} session;
		int32_t value; /* SIGNAL, STOPPED: signal; EXIT: exit status; STOP, STOP_IDLE: ms */
		struct err error;
		struct ids space; /* SPACE: the ids whose user namespace is requested */
	};
};

struct session_payload {
	uint32_t argc; /* 0: the user's shell */
	uint32_t envc;
	uint32_t sharedc; /* with SESSION_TOOLS: directories of the box that the tools also see */
	uint32_t umask;
	uint32_t terminfo_size, authorities_size, files_size;
};

enum payload_fact {
	FACT_NAMES,
	FACT_ZONE,
	FACT_LOCALE,
	FACT_OTHERS,
	FACT_RESOLV_CONF,
	FACT_USER, /* with SESSION_ROOT: the USER[:GROUP] of the box to become */
	N_PAYLOAD_FACTS
};

/* Sends the bytes of m that its type uses, with n descriptors; 0 or -errno. flags: of send(2). */
int message_send(int fd, const struct message *m, const int *fds, int n_fds, int flags);

/*
 * Receives one message and at most PROTOCOL_MAX_FDS close-on-exec descriptors into fds (the rest
 * are -1). Returns 1, 0 at the end of the connection, -EPROTO for anything but a message of this
 * version, or -errno. On 0 and errors no descriptor is left open.
 */
int message_receive(int fd, struct message *m, int *fds, int *ret_n_fds, int flags);

#endif
