/*
 * progress.c - rows of bars on a terminal, lines elsewhere.
 *
 * Unfinished rows stay at the bottom and are redrawn; a finished one moves above them for good.
 * Without a terminal only finished rows are printed, so that a log stays short.
 */
#include "cli/image/progress.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/image/progress_row.h"
#include "cli/stderr_report.h"

#define DRAW_EVERY_MS 100

static struct {
	pthread_mutex_t lock;
	bool bars;
	struct progress_row *rows;
	int n;
	int drawn; /* lines on the screen to draw over */
	long long last_ms;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void clear_drawn(void)
{
	if (state.drawn)
		fprintf(stderr, "\033[%dA\033[J", state.drawn);
	state.drawn = 0;
}

/* With the lock held. Waiting rows are left out if there is no room. */
static void draw(bool now)
{
	int width, height;
	char line[PROGRESS_ROW_MAX];

	if (!state.bars || (!now && clock_ms() - state.last_ms < DRAW_EVERY_MS))
		return;
	state.last_ms = clock_ms();
	stderr_size(&width, &height);
	clear_drawn();
	for (int i = 0; i < state.n && state.drawn < height - 1; i++) {
		if (state.rows[i].finished)
			continue;
		progress_row_format(&state.rows[i], width - 1, line, sizeof(line));
		fprintf(stderr, "%s\n", line);
		state.drawn++;
	}
	fflush(stderr);
}

static int add(const char *label, const char *word, uint64_t total)
{
	int row;

	pthread_mutex_lock(&state.lock);
	state.rows = xrealloc(state.rows, (size_t)state.n + 1, sizeof(*state.rows));
	row = state.n++;
	state.rows[row] = (struct progress_row){.word = word, .total = total};
	snprintf(state.rows[row].label, sizeof(state.rows[row].label), "%s", label);
	draw(false);
	pthread_mutex_unlock(&state.lock);
	return row;
}

static void set_word(int row, const char *word)
{
	pthread_mutex_lock(&state.lock);
	if (row < state.n)
		state.rows[row].word = word;
	draw(false);
	pthread_mutex_unlock(&state.lock);
}

static void set_done(int row, uint64_t done)
{
	pthread_mutex_lock(&state.lock);
	if (row < state.n)
		state.rows[row].done = done;
	draw(false);
	pthread_mutex_unlock(&state.lock);
}

static void finish(int row, const char *word)
{
	pthread_mutex_lock(&state.lock);
	if (row < state.n && !state.rows[row].finished) {
		state.rows[row].finished = true;
		clear_drawn();
		if (!report_is_quiet())
			fprintf(stderr, "%s: %s\n", state.rows[row].label, word);
		draw(true);
	}
	pthread_mutex_unlock(&state.lock);
}

static void line(enum report_kind kind, const char *text)
{
	pthread_mutex_lock(&state.lock);
	clear_drawn();
	stderr_line(kind, text);
	draw(true);
	pthread_mutex_unlock(&state.lock);
}

void progress_start(bool quiet)
{
	static struct report report = {
		.line = line,
		.transfer = add,
		.transfer_word = set_word,
		.transfer_done = set_done,
		.transfer_end = finish,
	};

	state.bars = !quiet && stderr_can_draw();
	report.quiet = quiet;
	report_to(&report);
}

void progress_end(void)
{
	pthread_mutex_lock(&state.lock);
	clear_drawn();
	fflush(stderr);
	free(state.rows);
	state.rows = NULL;
	state.n = 0;
	pthread_mutex_unlock(&state.lock);
}
