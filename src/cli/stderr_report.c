/*
 * stderr_report.c - lines on stderr, and the running step.
 *
 * On a terminal a step has one line, which is redrawn; elsewhere only its beginning is printed, so
 * that a log stays short.
 */
#include "cli/stderr_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"

#define DRAW_EVERY_MS 100

/* The step on display. */
static struct {
	bool drawing;
	long long last; /* clock_ms() */
} shown;

bool stderr_can_draw(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && !streq(term, "dumb");
}

void stderr_size(int *ret_width, int *ret_height)
{
	struct winsize ws = {0};
	bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col;

	if (ret_width)
		*ret_width = known ? ws.ws_col : 80;
	if (ret_height)
		*ret_height = known && ws.ws_row ? ws.ws_row : 24;
}

void stderr_line(enum report_kind kind, const char *text)
{
	static const char *const before[] = {
		[REPORT_WARNING] = "sandbox: warning: ",
		[REPORT_NOTE] = "sandbox: ",
		[REPORT_DEBUG] = "sandbox: debug: ",
		[REPORT_WAITING] = "",
		[REPORT_OUTPUT] = "  | ",
	};

	fprintf(stderr, "%s%s\n", before[kind], text);
}

/* Waiting is shown with the transfers that wait (image/progress.h); without them it is not. */
static void line_outside_transfers(enum report_kind kind, const char *text)
{
	if (kind != REPORT_WAITING)
		stderr_line(kind, text);
}

/* "[2/4] apt: cmake gcc  12 s  Unpacking gcc ...", as wide as the terminal. */
static void draw(const struct report_step *s, const char *line)
{
	char text[1024], quoted[1024];
	int width;

	if (!shown.drawing || clock_ms() - shown.last < DRAW_EVERY_MS)
		return;
	shown.last = clock_ms();
	stderr_size(&width, NULL);
	snprintf(text, sizeof(text), "[%zu/%zu] %.*s  %lld s  %s", s->number, s->of, width / 2,
		 s->title, (clock_ms() - s->began) / 1000, line);
	fprintf(stderr, "\r\033[K%.*s", width - 1, err_quote(quoted, sizeof(quoted), text));
	fflush(stderr);
}

static void step(const struct report_step *s, const char *line)
{
	if (line) {
		draw(s, line);
		return;
	}
	shown.drawing = !report_is_quiet() && stderr_can_draw();
	shown.last = 0;
	if (!shown.drawing)
		log_note("%s %zu/%zu: %s", s->doing, s->number, s->of, s->title);
}

static void step_end(void)
{
	if (shown.drawing)
		fputs("\r\033[K", stderr);
	shown.drawing = false;
}

void stderr_report(bool quiet)
{
	static struct report report = {
		.line = line_outside_transfers, .step = step, .step_end = step_end};

	report.quiet = quiet;
	report_to(&report);
}
