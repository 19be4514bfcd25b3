/*
 * net_note.c - tells, after a session, that connections ended with a gateway that was killed.
 */
#include "flow/net_note.h"

#include <stdint.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/report.h"
#include "netpolicy/journal.h"
#include "start/holder.h"

#define SHORT_MS 100 /* the start of a box is measured with sessions that end at once */

/* The last time that one was killed since then, in ms of CLOCK_REALTIME; 0: none was. */
static int64_t last_killed(const struct net_event *v, size_t n, const struct timespec *since)
{
	int64_t from = (int64_t)since->tv_sec * 1000 + since->tv_nsec / 1000000;

	while (n-- > 0)
		if (v[n].reason == REASON_KILLED && v[n].time >= from)
			return v[n].time;
	return 0;
}

void net_note_say(const struct store *s, const struct box *b, const struct obeyed_session *session)
{
	cleanup_free struct net_event *v = NULL;
	cleanup_close int fd = -1;
	char clock[16];
	time_t seconds;
	struct err ignored;
	struct tm tm;
	size_t n = 0;

	if (session->failed || report_is_quiet() || clock_ms() - session->entered < SHORT_MS ||
	    holder_open_journal(s, b, false, &fd, &ignored) < 0 ||
	    net_journal_read(fd, 0, &v, &n, &ignored) < 0)
		return;
	seconds = (time_t)(last_killed(v, n, &session->began) / 1000);
	if (seconds && localtime_r(&seconds, &tm) && strftime(clock, sizeof(clock), "%T", &tm))
		log_note("at %s the gateway of the project's network was killed and replaced: the "
			 "connections that it had were ended",
			 clock);
}
