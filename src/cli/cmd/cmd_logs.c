/*
 * cmd_logs.c - `sandbox logs`: the output of detached commands, hooks and steps.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "box/box_log_read.h"
#include "box/prepared.h"
#include "box/target.h"
#include "cli/commands.h"
#include "prepare/step_log.h"

#define FOLLOW_MS      100 /* between two looks at a log that is followed */
#define LOOKS_A_SECOND (1000 / FOLLOW_MS)

struct logs_cli {
	bool follow, timestamps, steps, json;
	long tail;
};

static const struct logs_cli defaults = {.tail = -1};

static const struct opt options[] = {
	{.letter = 'f',
	 .name = "follow",
	 .help = "continue until the box ends",
	 OPT_FLAG(struct logs_cli, follow)},
	{.letter = 'n',
	 .name = "tail",
	 .arg = "N",
	 .help = "print only the last N lines",
	 OPT_NUMBER(struct logs_cli, tail)},
	{.letter = 't',
	 .name = "timestamps",
	 .help = "put time and source before each line",
	 OPT_FLAG(struct logs_cli, timestamps)},
	{.name = "steps",
	 .help = "print the output of the steps that made the environment",
	 OPT_FLAG(struct logs_cli, steps)},
	OPT_JSON(struct logs_cli, json),
	OPTS_END,
};

struct showing {
	const struct logs_cli *cli;
	struct json *j; /* of the array; NULL: each line is a separate document */
	bool terminal;
	size_t n;
};

static void json_line(struct json *j, const struct box_log_line *line)
{
	cleanup_free char *text = xstrndup(line->text, line->len);

	jsonout_object_begin(j, NULL);
	jsonout_number(j, "time", line->time);
	jsonout_string(j, "source", line->source);
	jsonout_string(j, "text", text);
	jsonout_object_end(j);
}

/*
 * The final text that a terminal would show, made printable: no colours, no intermediate states of
 * progress bars.
 */
static char *for_terminal(const struct box_log_line *line)
{
	cleanup_free char *text = xstrndup(line->text, line->len);
	char *from = text, *to = text, *last;
	size_t len = strlen(text);

	while (len && text[len - 1] == '\r')
		text[--len] = '\0';
	last = strrchr(text, '\r');
	if (last)
		from = last + 1;
	while (*from) {
		size_t colour = starts_with(from, "\033[") ? 2 + strspn(from + 2, "0123456789;:")
							   : 0;

		if (colour && (from[colour] == 'm' || from[colour] == 'K'))
			from += colour + 1;
		else
			*to++ = *from++;
	}
	*to = '\0';
	return err_quote_all(text);
}

static void print_time(const struct box_log_line *line)
{
	time_t seconds = (time_t)(line->time / 1000);
	char text[32] = "-";
	struct tm tm;

	if (line->time && localtime_r(&seconds, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	printf("%s  %s  ", text, line->source);
}

static void show(const struct box_log_line *line, void *arg)
{
	struct showing *s = arg;
	cleanup_free char *text = NULL;

	s->n++;
	if (s->cli->json) {
		struct json one = JSON_INIT;

		json_line(s->j ? s->j : &one, line);
		if (s->j)
			jsonout_flush(s->j);
		else
			jsonout_print(&one);
		return;
	}
	if (s->cli->timestamps)
		print_time(line);
	if (s->terminal) {
		text = for_terminal(line);
		puts(text);
	} else {
		fwrite(line->text, 1, line->len, stdout);
		putchar('\n');
	}
}

/* Until the box ends, or our output is no longer read. */
static int follow(const struct box *b, struct box_log_reader *reader, struct showing *s,
		  struct err *e)
{
	int r = 0;

	for (unsigned look = 0; r == 0; look++) {
		bool running = look % LOOKS_A_SECOND || box_is_running(b);

		if (fflush(stdout) != 0)
			return err_sys(e, errno, "cannot write the output");
		/* Then it is complete: its writers end with the box. */
		if (!running)
			usleep(FOLLOW_MS * 1000);
		r = box_log_reader_more(reader, show, s, e);
		if (!running)
			break;
		usleep(FOLLOW_MS * 1000);
	}
	return r;
}

static int show_box(const struct box *b, struct showing *s, struct err *e)
{
	cleanup_box_log_reader struct box_log_reader reader = BOX_LOG_READER_INIT;
	int r = box_log_reader_open(b, s->cli->tail, &reader, show, s, e);

	if (r == 0 && s->cli->follow)
		return follow(b, &reader, s, e);
	if (r == 0 && s->n == 0 && reader.file < 0)
		log_note("box '%s' has no log: only detached commands and hooks have one; 'sandbox "
			 "logs --steps' shows its preparation",
			 b->name);
	return r;
}

/* A step's log has no times except that of its end. */
static int show_step(const struct store *store, const char *path, size_t number, struct showing *s,
		     struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_free char *source = xasprintf("step %zu", number);
	int r = file_read(store->data_fd, path, STEP_LOG_MAX + 1024, &text, e);
	char *start = text.data, *end;

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (s->cli->tail >= 0)
		start += box_log_tail(&text, s->cli->tail);
	for (; (end = strchrnul(start, '\n')) > start || *end; start = end + 1) {
		struct box_log_line line = {
			.source = source, .text = start, .len = (size_t)(end - start)};

		show(&line, s);
		if (!*end)
			break;
	}
	return 0;
}

static int show_steps(const struct store *store, const struct box *b, const char *dir,
		      struct showing *s, struct err *e)
{
	cleanup_free char *failed = dir ? prepared_failure(store, dir) : NULL;
	size_t n = b ? b->prepared.n : 0;
	int r = 0;

	for (size_t i = n; r == 0 && i-- > 0;) {
		cleanup_free char *path = prepared_layer_log(b->prepared.v[i]);

		r = show_step(store, path, n - i, s, e);
	}
	if (r == 0 && failed)
		r = show_step(store, failed, n + 1, s, e);
	if (r == 0 && s->n == 0)
		log_note("no step of it has a log: there were none, or 'sandbox image prune' has "
			 "removed their output");
	return r;
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct logs_cli *cli = args->options;
	cleanup_store struct store store = STORE_INIT;
	cleanup_target struct target t = TARGET_INIT;
	cleanup_box struct box b = BOX_INIT;
	struct json j = JSON_INIT;
	bool array = cli->json && !cli->follow, steps = cli->steps;
	struct showing s = {.cli = cli, .j = array ? &j : NULL, .terminal = isatty(STDOUT_FILENO)};
	int r = store_open(&store, e), found;

	(void)ret_status;
	if (r == 0)
		r = target_resolve(&store, args->v[0], &t, e);
	if (r < 0)
		return r;
	found = target_box(&store, &t, &b, e);
	/* A step that failed leaves no box. */
	if (found == -ENOENT && t.dir) {
		cleanup_free char *failed = prepared_failure(&store, t.dir);

		steps |= failed != NULL;
	}
	if (found < 0 && (found != -ENOENT || !steps))
		return found;
	if (array)
		jsonout_array_begin(&j, NULL);
	r = steps ? show_steps(&store, found == 0 ? &b : NULL, t.dir ? t.dir : b.project, &s, e)
		  : show_box(&b, &s, e);
	if (array)
		jsonout_array_end(&j);
	if (array && r == 0)
		jsonout_print(&j);
	return r;
}

const struct command cmd_logs = {
	.name = "logs",
	.summary = "show the output of detached commands, hooks and steps",
	.usage = "[OPTIONS] [PROJECT]",
	.options = options,
	.options_size = sizeof(struct logs_cli),
	.defaults = &defaults,
	.max_words = 1,
	.words = {WORD_PROJECT},
	.run = run,
};
