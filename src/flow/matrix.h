/*
 * matrix.h - one command of a project in several environments at once.
 *
 * Each has its own throw-away box, made from its image with the project's packages and steps. The
 * project's directory is an overlay there: writes are discarded afterwards, so that the runs cannot
 * disturb each other.
 */
#ifndef FLOW_MATRIX_H
#define FLOW_MATRIX_H

#include "base/err.h"
#include "base/mem.h"
#include "config/settings.h"
#include "grant/reach.h"

struct matrix_row {
	char *name, *image;
	char *log;  /* file with its output */
	int status; /* of the command; 125: it was not run, the log's last line has the reason */
	double seconds;
	bool done;
};

struct matrix_options {
	const char *project; /* as for enter */
	struct strv images;  /* NAME=IMAGE or IMAGE, instead of [matrix] */
	const char *logs;    /* directory; NULL: one of ours, overwritten by the next run */
	long jobs;	     /* at once; 0: the number of processors */
	bool root;
	char **argv;
	struct strv env;
	struct settings_request settings;
	struct reach_asker asker;
	/* Called for each one that has ended. */
	void (*ended)(const struct matrix_row *row, void *arg);
	void *arg;
};

struct matrix {
	char *project; /* its directory */
	struct matrix_row *v;
	size_t n;
};

/* Runs all of them. A failing command is not an error. Release *m on failure too. */
int matrix_run(struct matrix_options *o, struct matrix *m, struct err *e);
void matrix_clear(struct matrix *m);
#define cleanup_matrix __attribute__((cleanup(matrix_clear)))

#endif
