/*
 * progress.h - shows transfers on stderr: one bar a layer on a terminal, plain lines otherwise,
 * nothing with --quiet. Drawn at most ten times a second.
 */
#ifndef CLI_IMAGE_PROGRESS_H
#define CLI_IMAGE_PROGRESS_H

#include <stdbool.h>

/* Shows all reports on stderr from now on (base/report.h), transfers too. */
void progress_start(bool quiet);

/*
 * Leaves the cursor below the rows. Call it before anything else is printed; calling it twice is
 * safe.
 */
void progress_end(void);

#endif
