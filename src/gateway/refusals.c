/*
 * refusals.c - a file with the last refusals, which programs in the box can read.
 *
 * The holder has opened it, and the gateway can open no other. It is text from end to end at any
 * time: what is written over it is longer, or is cut off at once.
 */
#include "gateway/refusals.h"

#include <unistd.h>

#include "base/cleanup.h"

static int file = -1;
static struct net_refusals list;
static bool changed;

void refusals_init(int fd)
{
	file = fd;
}

void refusals_add(const struct net_event *event)
{
	if (file < 0)
		return;
	net_refusals_add(&list, event);
	changed = true;
}

void refusals_write(void)
{
	cleanup_buf struct buf text = BUF_INIT;

	if (!changed)
		return;
	changed = false;
	for (size_t i = 0; i < list.n; i++)
		net_refusals_explain(&list.at[i], &text);
	if (pwrite(file, text.data, text.len, 0) == (ssize_t)text.len)
		(void)!ftruncate(file, (off_t)text.len);
}
