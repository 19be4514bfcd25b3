/*
 * step_log.c - the output of a step of preparing.
 *
 * Promises that no output moves the cursor or changes the terminal: lines are shown with everything
 * but printing characters quoted. The file has the original bytes.
 */
#include "prepare/step_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"

int step_log_open(struct step_log *l, int dirfd, const char *path, struct err *e)
{
	int fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	l->file = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (!l->file)
		return err_sys(e, errno, "cannot make the log '%s'", path);
	l->step.began = clock_ms();
	report_step(&l->step, NULL);
	return 0;
}

static void end_line(struct step_log *l)
{
	char **slot = &l->tail[l->n_lines % STEP_LOG_TAIL];

	l->line[l->len] = '\0';
	l->len = 0;
	if (!l->line[0])
		return;
	free(*slot);
	*slot = xstrdup(l->line);
	l->n_lines++;
	report_step(&l->step, l->line);
}

/* Of a log that is too long, the end is what matters. */
static void begin_anew(struct step_log *l, size_t len)
{
	l->bytes += len;
	if (l->bytes <= STEP_LOG_MAX)
		return;
	if (fflush(l->file) == 0 && ftruncate(fileno(l->file), 0) == 0)
		rewind(l->file);
	l->bytes = len;
	fputs("[what came before was too much to keep]\n", l->file);
}

void step_log_add(struct step_log *l, const char *data, size_t len)
{
	begin_anew(l, len);
	fwrite(data, 1, len, l->file);
	for (size_t i = 0; i < len; i++)
		if (data[i] == '\n' || data[i] == '\r')
			end_line(l);
		else if (l->len < sizeof(l->line) - 1)
			l->line[l->len++] = data[i];
}

static void report_tail(const struct step_log *l)
{
	size_t first = l->n_lines > STEP_LOG_TAIL ? l->n_lines - STEP_LOG_TAIL : 0;

	for (size_t i = first; i < l->n_lines; i++) {
		char quoted[2000];

		report_line(REPORT_OUTPUT,
			    err_quote(quoted, sizeof(quoted), l->tail[i % STEP_LOG_TAIL]));
	}
}

int step_log_close(struct step_log *l, bool done, struct err *e)
{
	int r = 0;

	end_line(l);
	report_step_end();
	if (done)
		log_note("%s %zu/%zu: %s (%.1f s)", l->step.done, l->step.number, l->step.of,
			 l->step.title, (double)(clock_ms() - l->step.began) / 1000);
	else
		report_tail(l);
	if (fclose(l->file) != 0 && done)
		r = err_sys(e, errno, "cannot write the step's log");
	for (size_t i = 0; i < STEP_LOG_TAIL; i++)
		free(l->tail[i]);
	*l = (struct step_log){0};
	return r;
}
