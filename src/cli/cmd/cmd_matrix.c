/*
 * cmd_matrix.c - `sandbox matrix`: one command in several environments, with one table of results.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/path.h"
#include "cli/commands.h"
#include "cli/consent.h"
#include "cli/junit.h"
#include "cli/overrides.h"
#include "flow/matrix.h"

#define LAST_LINE_MAX 8192 /* twice the size of our messages */

struct matrix_cli {
	bool root, accept, json;
	const char *junit, *logs, *network, *variant;
	long jobs;
	struct strv images, profiles, env;
};

static const struct opt options[] = {
	{.letter = 'i',
	 .name = "image",
	 .arg = "[NAME=]IMAGE",
	 .help = "use this environment instead of those of [matrix]",
	 .word = WORD_IMAGE,
	 OPT_LIST(struct matrix_cli, images)},
	{.letter = 'j',
	 .name = "jobs",
	 .arg = "N",
	 .help = "how many to run in parallel; default: the number of processors",
	 OPT_NUMBER(struct matrix_cli, jobs)},
	{.name = "junit",
	 .arg = "FILE",
	 .help = "write the results as JUnit XML",
	 .word = WORD_FILE,
	 OPT_STRING(struct matrix_cli, junit)},
	{.name = "logs",
	 .arg = "DIR",
	 .help = "write the output to DIR/NAME.log",
	 .word = WORD_DIR,
	 OPT_STRING(struct matrix_cli, logs)},
	OPT_ROOT(struct matrix_cli, root),
	OPT_NETWORK(struct matrix_cli, network),
	OPT_PROFILE(struct matrix_cli, profiles),
	OPT_ENV(struct matrix_cli, env),
	OPT_VARIANT(struct matrix_cli, variant),
	OPT_ACCEPT(struct matrix_cli, accept),
	OPT_JSON(struct matrix_cli, json),
	OPTS_END,
};

static const char *result(const struct matrix_row *row, char text[32])
{
	if (!row->done)
		return "not run";
	if (row->status == 0)
		return "ok";
	if (row->status == 125)
		return "error";
	snprintf(text, 32, "status %d", row->status);
	return text;
}

/*
 * The last line of a log, with the reason why an environment could not be prepared. A longer line
 * is not ours.
 */
static char *last_line(const char *path)
{
	cleanup_buf struct buf b = BUF_INIT;
	char *line;

	file_read_end(path, LAST_LINE_MAX, &b);
	while (b.len && b.data[b.len - 1] == '\n')
		b.data[--b.len] = '\0';
	line = b.len ? memrchr(b.data, '\n', b.len) : NULL;
	if (!b.len)
		return NULL;
	line = line ? line + 1 : b.data;
	return err_quote_all(starts_with(line, "sandbox: ") ? line + strlen("sandbox: ") : line);
}

static void say_ended(const struct matrix_row *row, void *arg)
{
	cleanup_free char *why = row->status == 125 ? last_line(row->log) : NULL;
	char text[32];

	(void)arg;
	log_note("%s: %s (%.1f s)%s%s", row->name, result(row, text), row->seconds, why ? ": " : "",
		 why ? why : "");
}

static void print_table(const struct matrix *m)
{
	int name = 11, image = 5;
	char quoted[256], text[32];

	for (size_t i = 0; i < m->n; i++) {
		if ((int)strlen(m->v[i].name) > name)
			name = (int)strlen(m->v[i].name);
		if ((int)strlen(m->v[i].image) > image)
			image = (int)strlen(m->v[i].image);
	}
	printf("%-*s  %-*s  %-10s  %8s  %s\n", name, "ENVIRONMENT", image, "IMAGE", "RESULT",
	       "SECONDS", "LOG");
	for (size_t i = 0; i < m->n; i++)
		printf("%-*s  %-*s  %-10s  %8.1f  %s\n", name, m->v[i].name, image,
		       err_quote(quoted, sizeof(quoted), m->v[i].image), result(&m->v[i], text),
		       m->v[i].seconds, m->v[i].log);
}

static void print_json(const struct matrix *m)
{
	struct json j = JSON_INIT;

	jsonout_array_begin(&j, NULL);
	for (size_t i = 0; i < m->n; i++) {
		const struct matrix_row *row = &m->v[i];

		jsonout_object_begin(&j, NULL);
		jsonout_string(&j, "name", row->name);
		jsonout_string(&j, "image", row->image);
		jsonout_bool(&j, "ran", row->done && row->status != 125);
		jsonout_number(&j, "status", row->status);
		jsonout_number(&j, "milliseconds", (long long)(row->seconds * 1000));
		jsonout_string(&j, "log", row->log);
		jsonout_object_end(&j);
	}
	jsonout_array_end(&j);
	jsonout_print(&j);
}

/* 125 if one could not be run, else 1 if a command failed. */
static int overall(const struct matrix *m)
{
	int status = 0;

	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].status == 125)
			return 125;
		else if (m->v[i].status != 0)
			status = 1;
	return status;
}

static int report(const struct matrix_cli *cli, const struct matrix *m, struct err *e)
{
	if (cli->json)
		print_json(m);
	else
		print_table(m);
	return cli->junit ? junit_write(m, path_basename(m->project), cli->junit, e) : 0;
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct matrix_cli *cli = args->options;
	cleanup_matrix struct matrix m = {0};
	const struct consent consent = {.accept = cli->accept, .command = "matrix"};
	struct matrix_options o = {
		.project = args->n ? args->v[0] : NULL,
		.images = cli->images,
		.logs = cli->logs,
		.jobs = cli->jobs,
		.root = cli->root,
		.argv = args->program,
		.env = cli->env,
		.settings = {.variant = cli->variant, .profiles = cli->profiles},
		.asker = consent_asker(&consent),
		.ended = say_ended,
	};
	struct err failed;
	int r;

	if (!args->program)
		return err_set(e, ERR_USAGE, "no command given: sandbox matrix -- COMMAND");
	r = cli->junit ? junit_check(cli->junit, e) : 0;
	if (r < 0)
		return r;
	overrides_add(&o.settings.overrides, KEY_NETWORK, cli->network);
	r = matrix_run(&o, &m, e);
	strv_clear(&o.settings.overrides);
	/* After an interruption, reports what has ended until then. */
	if (r == 0 || (m.n && m.v[0].log))
		if (report(cli, &m, r == 0 ? e : &failed) < 0 && r == 0)
			r = -e->code;
	if (r == 0)
		*ret_status = overall(&m);
	return r;
}

const struct command cmd_matrix = {
	.name = "matrix",
	.summary = "run one command of a project in several environments",
	.usage = "[OPTIONS] [PROJECT] -- COMMAND...",
	.options = options,
	.options_size = sizeof(struct matrix_cli),
	.program = PROGRAM_AFTER_DASHES,
	.max_words = 1,
	.words = {WORD_PROJECT},
	.run = run,
};
