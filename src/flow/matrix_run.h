/*
 * matrix_run.h - one environment of a matrix.
 */
#ifndef FLOW_MATRIX_RUN_H
#define FLOW_MATRIX_RUN_H

#include "flow/matrix.h"
#include "store/store.h"

/* The settings of an environment: the project's, with its image. */
int matrix_settings(const struct matrix_options *o, const struct matrix_row *row,
		    const struct setting *from, struct settings *ret, struct err *e);

/* Prepares the environment, runs the command in a throw-away box, removes it. */
int matrix_run(const struct store *s, const struct matrix_options *o, struct settings *settings,
	       const struct strv *granted, const struct matrix_row *row, int *ret_status,
	       struct err *e);

#endif
