/*
 * matrix.h - one command of a project in several environments at once.
 *
 * Each has a throw-away box of its own, made from its image with the project's packages and steps. The
 * project's directory is an overlay there: what is written into it is gone afterwards, so that they cannot
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
	char *log;  /* file with what it said */
	int status; /* of the command; 125: it was not run, the log's last line tells why */
	double seconds;
	bool done;
};

struct matrix_options {
	const char *project; /* as for enter */
	struct strv images;  /* NAME=IMAGE or IMAGE, in place of [matrix] */
	const char *logs;    /* directory; NULL: one of ours, that the next run writes over */
	long jobs;	     /* at once; 0: as many as there are processors */
	bool root;
	char **argv;
	struct strv env;
	struct settings_request settings;
	struct reach_asker asker;
	/* Called when one has ended. */
	void (*ended)(const struct matrix_row *row, void *arg);
	void *arg;
};

struct matrix {
	char *project; /* its directory */
	struct matrix_row *v;
	size_t n;
};

/* Runs all of them. That a command fails is no error. *ret is to be released after a failure too. */
int matrix_run(struct matrix_options *o, struct matrix *ret, struct err *e);
void matrix_clear(struct matrix *m);
#define cleanup_matrix __attribute__((cleanup(matrix_clear)))

#endif
