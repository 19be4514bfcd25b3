/*
 * box_view.c - how commands show a box.
 */
#include "cli/box_view.h"

#include "box/moved.h"

#include <stdlib.h>
#include <time.h>

const char *box_view_state(const struct box *b)
{
	return box_is_running(b) ? "running" : "stopped";
}

const char *box_view_created(const struct box *b, char *dst, size_t size)
{
	time_t t = (time_t)b->created;
	struct tm tm;

	localtime_r(&t, &tm);
	strftime(dst, size, "%Y-%m-%d %H:%M", &tm);
	return dst;
}

void box_view_json_members(struct json *j, const struct box *b)
{
	jsonout_string(j, "name", b->name);
	jsonout_string(j, "id", b->id);
	jsonout_string(j, "state", box_view_state(b));
	jsonout_number(j, "pid", box_is_running(b) ? box_pid(b) : 0);
	jsonout_string(j, "image", b->image);
	jsonout_string(j, "project", b->project);
	jsonout_bool(j, "gone", box_project_gone(b));
	jsonout_bool(j, "temporary", b->temporary);
	jsonout_number(j, "created", b->created);
}

void box_view_json(struct json *j, const struct box *b)
{
	jsonout_object_begin(j, NULL);
	box_view_json_members(j, b);
	jsonout_object_end(j);
}
