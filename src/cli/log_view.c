/*
 * log_view.c - printing the lines of boxes' logs.
 */
#include "cli/log_view.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

#define FOLLOW_MS 100 /* between two looks at a log that is followed */

static void json_line(const struct log_source *s, struct json *j, const struct box_log_line *line)
{
	cleanup_free char *text = xstrndup(line->text, line->len);

	jsonout_object_begin(j, NULL);
	if (s->name)
		jsonout_string(j, "name", s->name);
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

void log_view_line(const struct box_log_line *line, void *arg)
{
	const struct log_source *source = arg;
	struct log_view *v = source->view;
	cleanup_free char *text = NULL;

	if (line->time && line->time < v->since)
		return;
	v->n++;
	if (v->json) {
		struct json one = JSON_INIT;

		json_line(source, v->j ? v->j : &one, line);
		if (v->j)
			jsonout_flush(v->j);
		else
			jsonout_print(&one);
		return;
	}
	if (v->width && source->name)
		printf("%-*s | ", v->width, source->name);
	if (v->timestamps)
		print_time(line);
	if (v->terminal) {
		text = for_terminal(line);
		puts(text);
	} else {
		fwrite(line->text, 1, line->len, stdout);
		putchar('\n');
	}
}

int log_view_open(struct log_source *v, size_t n, long tail, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = box_log_reader_open(&v[i].box, tail, &v[i].reader, log_view_line, &v[i], e);
	return r;
}

int log_view_follow(struct log_source *v, size_t n, bool (*over)(void *arg), void *arg,
		    struct err *e)
{
	int r = 0;

	while (r == 0) {
		bool last = over(arg);

		if (fflush(stdout) != 0)
			return err_sys(e, errno, "cannot write the output");
		/* Then it is complete: its writers end with the box. */
		if (last)
			usleep(FOLLOW_MS * 1000);
		for (size_t i = 0; r == 0 && i < n; i++)
			r = box_log_reader_more(&v[i].reader, log_view_line, &v[i], e);
		if (last)
			break;
		usleep(FOLLOW_MS * 1000);
	}
	return r;
}

struct log_source *log_sources_make(size_t n, struct log_view *view)
{
	struct log_source *v = xcalloc(n, sizeof(*v));

	for (size_t i = 0; i < n; i++)
		v[i] = (struct log_source){
			.view = view, .box = BOX_INIT, .reader = BOX_LOG_READER_INIT};
	return v;
}

void log_sources_clear(struct log_source *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		box_log_reader_clear(&v[i].reader);
		box_close(&v[i].box);
	}
	free(v);
}
