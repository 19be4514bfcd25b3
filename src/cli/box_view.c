/*
 * box_view.c - how commands show a box.
 */
#include "cli/box_view.h"

#include <stdlib.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/path.h"
#include "cli/ports_view.h"

const char *box_view_state(const struct box *b, struct err *e)
{
	bool running;

	if (box_find_running(b, &running, e) < 0)
		return "unknown";
	return running ? "running" : "stopped";
}

long long box_view_size(const struct store *s, const struct box *b)
{
	cleanup_free char *path = path_join("boxes", b->id);
	struct err ignored;
	uint64_t bytes;
	bool whole;

	if (usage_of_tree(s->data_fd, path, &bytes, &whole, &ignored) < 0)
		return -1;
	if (!whole)
		log_note("box '%s' cannot be read completely: it is larger", b->name);
	return (long long)bytes;
}

struct size_text box_view_size_text(long long size)
{
	const struct size_text none = {"-"};

	return size < 0 ? none : size_text((uint64_t)size);
}

void box_view_json_size(struct json *j, long long size)
{
	if (size < 0)
		jsonout_string(j, "size", NULL);
	else
		jsonout_number(j, "size", size);
}

const char *box_view_created(const struct box *b, char *dst, size_t size)
{
	time_t t = (time_t)b->created;
	struct tm tm;

	localtime_r(&t, &tm);
	strftime(dst, size, "%Y-%m-%d %H:%M", &tm);
	return dst;
}

int box_view_json_members(struct json *j, const struct box *b, struct err *e)
{
	struct err why = {0};
	const char *state = box_view_state(b, &why);

	jsonout_string(j, "name", b->name);
	jsonout_string(j, "id", b->id);
	jsonout_string(j, "state", state);
	jsonout_number(j, "pid", streq(state, "running") ? box_pid(b) : 0);
	jsonout_string(j, "image", b->image);
	jsonout_string(j, "project", box_belongs_to(b));
	jsonout_bool(j, "gone", box_project_gone(b));
	jsonout_bool(j, "temporary", b->temporary);
	jsonout_number(j, "created", b->created);
	ports_view_json_member(j, b);
	if (b->damaged)
		jsonout_string(j, "damaged", b->why);
	/* For a damaged one that was already reported. */
	if (!why.code || b->damaged)
		return 0;
	*e = why;
	return -why.code;
}
