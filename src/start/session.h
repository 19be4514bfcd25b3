/*
 * session.h - one session in a running box, the first one (boot.h) or a later one (join.h).
 */
#ifndef START_SESSION_H
#define START_SESSION_H

#include <stdbool.h>

#include "base/err.h"
#include "base/proc.h"
#include "box/record.h"
#include "config/settings.h"
#include "image/store/plan.h"
#include "launch/request.h"

/* Options of a session. */
struct session_options {
	bool root;
	const char *user; /* instead: USER[:GROUP] of the box; NULL: you, or root */
	const char
		*workdir;  /* inside the box; NULL: the caller's directory, or the project, or / */
	struct strv env;   /* NAME=value, or NAME */
	bool only_env;	   /* it gets nothing but env */
	char **argv;	   /* NULL: the shell */
	bool detach;	   /* of exec: leave it running */
	const int *record; /* as in struct session_request */
	const char *tools; /* an image to be the session's root; NULL: that of the box */
	const struct strv *notes; /* printed once the running box has accepted it, unless NULL */
};

/* What a session needs to know about its box. */
struct box_session {
	const struct box *box;
	const struct settings *settings;
	const struct user *user;
	const struct session_options *options;
	const struct image_plan *plan; /* what the image says about its sessions */
	const char *home;	       /* inside */
	const char *cwd;	       /* inside; --workdir overrides it */
	const char *project;	       /* inside, where hooks start; NULL: home */
	bool detach, at_exit;	       /* as in struct session_request */
	const int *output;	       /* as there */
	const char *joins; /* the notes of the running box's start; NULL: it is starting */
	int pid1;	   /* as in struct session_request */
	bool step;	   /* see facts.h */
	bool *ret_last;	   /* as in struct session_request */
	const char *agent; /* value for SSH_AUTH_SOCK, unless NULL */
	const struct session_tools *tools;
	void (*accepted)(void *arg); /* unless NULL: called when pid 1 has accepted the request */
	void *arg;
};

/* Runs the session over a connection to pid 1; returns as client_run() does. */
int box_session_run(const struct box_session *s, int connection, int *ret_status, struct err *e);

/*
 * The same for a session that is left running: returns when the command has been executed. Its
 * output is logged under source (box_log.h).
 */
int box_session_detach(const struct box_session *s, const char *source, int connection,
		       struct err *e);

/*
 * The directory a session starts in: the caller's own if it is beneath the project (at `project`
 * inside, NULL for none), else [sandbox] workdir, else the project, else home. The caller frees it.
 */
char *box_session_cwd(const struct box *b, const struct settings *settings, const char *project,
		      const char *home);

/*
 * Makes sessions those of [sandbox] user, unless the options name somebody; also hooks, which have
 * no say.
 */
void session_set_user(const struct settings *settings, struct session_options *o);

/* If the caller is root on this machine, warns about what that means. */
void session_warn_host_root(const struct user *u);

#endif
