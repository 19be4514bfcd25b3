/*
 * run.h - the flows of enter, run and exec: find or make the box, start it or join it, run one
 * session, return its status.
 */
#ifndef FLOW_RUN_H
#define FLOW_RUN_H

#include "base/err.h"
#include "base/mem.h"
#include "config/settings.h"
#include "grant/reach.h"
#include "start/assembly.h"
#include "start/session.h"

struct enter_options {
	const char *project;	  /* box, directory, or NULL: the current directory's project */
	bool no_note;		  /* the note about `project` was already printed */
	bool no_hook;		  /* skip the hook `enter` */
	bool rebuild;		  /* make a new root, from what the project asks for now */
	bool rescue;		  /* open a shell even if a step or a hook has failed */
	bool initialize;	  /* run the project's command for this machine once more */
	bool trial;		  /* use the box of the project's trial */
	struct reach_asker asker; /* for what the project asks for of the host */
	struct strv *learned;	  /* --learn: the rules that it would have needed */
	const char *name;	  /* for a new box; NULL: [sandbox] name, else the directory's */
	struct settings_request settings;
	struct session_options session;
};

struct run_options {
	const char *image;
	const char *entrypoint; /* instead of the image's; "": none; NULL: the image's */
	const char *name;	/* NULL: its id */
	const char *hostname;	/* NULL: the name */
	bool disk;		/* keep the box's files on disk, not in memory, while it runs */
	bool detach;
	struct strv *learned; /* as above */
	const struct extra_mount *mounts;
	size_t n_mounts;
	struct settings_request settings;
	struct session_options session;
};

/*
 * Each returns 0 with the command's exit status, or an error. With detach, run_throwaway() sets
 * *ret_name to the box's name, which the caller frees; else it is untouched.
 */
int enter_run(struct enter_options *o, int *ret_status, struct err *e);
int run_throwaway(struct run_options *o, char **ret_name, int *ret_status, struct err *e);
int run_exec(const char *name, const struct session_options *o, int *ret_status, struct err *e);

#endif
